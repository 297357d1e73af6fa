/* Fine in C++, but four bytes lie hidden between the fields. */
#pragma once

#include <stdint.h>

struct lf_padded {
    uint32_t size;
    const char *name;
};
