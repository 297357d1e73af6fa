/* Secrets inside values: a reference becomes one with a keyed digest, to notice a change by, or one with its
 * bytes.  Nothing here prints, and nothing is kept beyond `mem`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct arena;
struct err;
struct host;
struct schema;
struct value;

/* `v` with the keyed digest in every secret that has none; `v` itself where nothing is missing.  Also without
 * a key to make digests with, every reference is looked up: what cannot be found is told before anything is
 * changed for it.  *where: origin of the secret that cannot be looked up, 0: unknown. */
MUST_USE bool host_secret_digests(struct arena *mem, struct host *h, const struct value *v,
                                  const struct value **out, uint32_t *where, struct err *err);
/* `v` with the bytes of every secret; the error names the path. */
MUST_USE bool host_secret_bytes(struct arena *mem, struct host *h, const struct value *v,
                                const struct value **out, struct err *err);
/* Does a driver make secrets of this shape?  They are worth nothing unless they can be kept. */
bool host_secret_is_made(const struct schema *schema);
/* Can secrets that drivers make be kept?  False: says why not. */
MUST_USE bool host_secret_can_keep(const struct host *h, struct err *err);
/* The secret a driver made for the step at `address`: with its digest, and sealed where there is a key.  Arms
 * the output filter. */
const struct value *host_secret_new(struct arena *mem, const struct host *h, const char *address,
                                    const char *bytes, size_t count);
/* A driver's map, with every text that the schema marks as secret made one: what a service told stays shut
 * however it came. */
const struct value *host_secret_hide(struct arena *mem, const struct host *h, const struct schema *schema,
                                     const char *address, const struct value *v);
