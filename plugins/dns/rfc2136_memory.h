/* Memory of one job: a worker thread may use nothing of the host, so what it makes is kept here until its
 * answers are given.  One thread at a time; running out of it ends the program, as it does in the core. */
#pragma once

#include <stddef.h>

struct memory;

struct memory *memory_new(void);
/* Zeroes everything before it is given back: a job holds its key. */
void memory_free(struct memory *memory);
/* Zeroed. */
void *memory_get(struct memory *memory, size_t size);
/* A copy that ends with NUL. */
char *memory_text(struct memory *memory, const char *text, size_t len);
__attribute__((format(printf, 2, 3))) char *memory_print(struct memory *memory, const char *format, ...);
