/* Names of the domain name system, as text: lower case, without a final dot.
 *
 * Names are compared and stored in this one form; only what is printed into a zone file or sent gets its
 * dot back. */
#pragma once

#include "kit.h"

#define NAME_HOST                                                                                            \
    (1u << 0) /* letters, digits and hyphens only: an address or a mail server may live there                \
               */
#define NAME_WILDCARD                                                                                        \
    (1u << 1) /* the first label may be "*"                                                   */

/* Checks a name and gives its one form.  On failure *why is a sentence that names what is wrong. */
bool name_parse(const struct kit *kit, struct lf_op *op, const char *text, size_t len, uint32_t flags,
                const char **name, const char **why);

/* The absolute form of a name in a zone file, where names without a final dot are relative to `origin` and
 * "@" is the origin.  Escapes are kept as they are.  The root is "". */
const char *name_absolute(const struct kit *kit, struct lf_op *op, const char *text, size_t len,
                          const char *origin);

/* "api" in "acme.example" is "api.acme.example"; "@" is the zone. */
const char *name_in_zone(const struct kit *kit, struct lf_op *op, const char *relative, const char *zone);

/* The name is the zone or lies below it. */
bool name_is_in(const char *name, const char *zone);

/* "a.b" has two labels, "" has none. */
size_t name_labels(const char *name);
