/* Record data as wire.h has it and as rdata.h has it: the one as in a zone file, the other in the form that
 * is compared. */
#pragma once

#include "kit.h"
#include "rdata.h"
#include "rfc2136_wire.h"

/* A character string in quotes, with everything unusual escaped. */
void text_add_string(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char *bytes,
                     size_t len);
/* The words of one record's data; quoted ones without their quotes. */
struct rdata_word *text_words(const struct kit *kit, struct lf_op *op, const char *data, size_t *count);
/* All data of a set in canonical form; NULL, and *why, where one cannot be understood. */
const char **text_canonical(const struct kit *kit, struct lf_op *op, const struct wire_set *set,
                            const char **why);
/* A set from canonical data. */
struct wire_set *text_set(const struct kit *kit, struct lf_op *op, const char *owner, const char *type,
                          uint32_t ttl, const char *const *rdata, size_t count);
/* The most a record of the set takes up in a message, summed up. */
size_t text_size(const struct wire_set *set);
