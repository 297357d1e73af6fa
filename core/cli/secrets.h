/* The secrets: where "env:NAME" and "file:PATH" become bytes, and where those that drivers make are sealed.
 * Resolved once per process, when a driver or a setting needs them; every one that was shown arms the output
 * filter. */
#pragma once

#include <stdint.h>

#include "plugin/host.h"

struct out_filter;
struct secrets;
struct value;

struct secrets *secrets_new(struct out_filter *filter); /* filter: borrowed */
void secrets_free(struct secrets *s);                   /* NULL is fine */
/* How the host reaches them.  Good until secrets_free. */
struct host_secrets secrets_for_host(struct secrets *s);
/* The reference to the project's key, which seals what drivers make: `key:` of landfall.yaml, borrowed, NULL:
 * there is none.  It is looked up when it is first needed. */
void secrets_set_key(struct secrets *s, const struct value *key);
/* The store's key, from which digests of secrets that drivers make are derived; copied.  Before it there are
 * no digests, and such secrets compare by where they come from. */
void secrets_set_digest_key(struct secrets *s, const uint8_t *key);
