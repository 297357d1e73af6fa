/* The units of actions that were recorded, in memory per address, for the loop's thread: what is committed is
 * read once, at the first use of an address, and every later put keeps up with it.  So an answer needs no
 * disk and includes what is still on its way to it.  Private to store. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/attr.h"
#include "store/store.h"

struct err;
struct store_calls;

struct store_calls *store_calls_new(const char *path); /* path is borrowed for its life */
void store_calls_free(struct store_calls *c);          /* NULL is fine */

/* Borrowed until the next change of that address; *out NULL: not recorded. */
MUST_USE bool store_calls_find(struct store_calls *c, const char *address, const char *key,
                               const struct store_call **out, struct err *err);
MUST_USE bool store_calls_put(struct store_calls *c, const struct store_call *call, struct err *err);
MUST_USE bool store_calls_drop(struct store_calls *c, const char *address, const char *key_prefix,
                               struct err *err);
MUST_USE bool store_calls_rename(struct store_calls *c, const char *from, const char *to, struct err *err);
