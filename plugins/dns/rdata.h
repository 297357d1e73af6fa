/* The data of a record, in one canonical form that can be compared byte by byte.
 *
 * Three spellings meet here: what a playbook writes (host names absolute, TXT bare), what a zone file holds
 * (names relative to an origin, TXT in quoted strings) and the canonical form between them: names in lower
 * case without a final dot (the root is "."), addresses as inet_ntop prints them, numbers in decimal, TXT as
 * one string with escapes. */
#pragma once

#include "kit.h"

/* One word of a value or a zone file; `text` is not ended by NUL and, where quoted, lacks its quotes. */
struct rdata_word {
    const char *text;
    size_t len;
    bool quoted;
};

/* The types a playbook may ask for. */
bool rdata_is_known(const char *type);
/* "A, AAAA, ..." for messages. */
const char *rdata_known_types(void);

/* From the words of a zone file.  Types not known are kept word by word. */
bool rdata_from_words(const struct kit *kit, struct lf_op *op, const char *type,
                      const struct rdata_word *words, size_t count, const char *origin, const char **rdata,
                      const char **why);
/* From the text in which a server tells it: the words of a zone file, with every name whole. */
bool rdata_from_text(const struct kit *kit, struct lf_op *op, const char *type, const char *text, size_t len,
                     const char **rdata, const char **why);
/* From a playbook's value, strictly. */
bool rdata_from_value(const struct kit *kit, struct lf_op *op, const char *type, const char *value,
                      size_t len, const char **rdata, const char **why);
/* As a playbook would write it. */
const struct lf_value *rdata_to_value(const struct kit *kit, struct lf_op *op, const char *type,
                                      const char *rdata);
/* As a zone file wants it, added to `text`. */
void rdata_print(const struct kit *kit, struct lf_op *op, const char *type, const char *rdata,
                 struct kit_text *text);
