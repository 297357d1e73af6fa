/* Fine in C, but a word of C++ is a name. */
#pragma once

#include <stdint.h>

struct lf_only {
    uint64_t template;
};
