/* What a test needs of the world outside landfall: commands whose output it judges by, free ports, and a word
 * when a program is missing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Runs a shell command; its output, cut to `room`.  An end that is not good fails the test. */
__attribute__((format(printf, 3, 4))) const char *server_run(char *out, size_t room, const char *format, ...);
/* The same for a command that may fail: gives its exit status. */
__attribute__((format(printf, 3, 4))) int server_try(char *out, size_t room, const char *format, ...);

/* A loopback port that is free for TCP and UDP now. */
int server_port(void);

/* 0: all of `programs` (ends with NULL) are there.  Otherwise what main ends with: 77, skipped, or with
 * CI=true a failure; `packages` is said to whoever wants them. */
int server_missing(const char *const *programs, const char *packages);
