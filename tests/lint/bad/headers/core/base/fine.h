/* Compiles alone. */
#pragma once

#include <stddef.h>

size_t fine_count(void);
