/* What every fuzz target shares: the function libFuzzer and replay.c call, and the check that ends the
 * process with its own text when something that must hold does not. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Unlike assert it stays in release builds, where the corpus is replayed too. */
#define MUST_HOLD(condition)                                                                                 \
    ((condition) ? (void)0                                                                                   \
                 : (fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition), abort()))
