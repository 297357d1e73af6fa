/* JSON and values.  Printing is canonical: sorted keys, no spaces, shortest round-trip reals, so equal
 * values are equal bytes.  What JSON lacks is a one-key map: {"$unknown":"text"}, {"$secret":{"source":..,
 * "digest":..}}, {"$expr":...} (print only); a user's map key that begins with $ gets one more
 * $. Secrets never print their bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"

struct buf;
struct map;
struct err;
struct value;

#define VALUE_JSON_DEPTH 64

/* Limits of security.md: duplicate keys, depth over 64, integers out of range and bad UTF-8 are errors with
 * line and column. */
MUST_USE bool value_json_parse(struct arena *mem, const char *text, size_t count, const struct value **out,
                               struct err *err);
/* The same for many texts with the same keys: `keys` (one map for all of them, text to itself) lets them
 * share the texts of their keys; all values must live in one arena. */
MUST_USE bool value_json_parse_rows(struct arena *mem, const char *text, size_t count, struct map *keys,
                                    const struct value **out, struct err *err);
/* The same for what a service said: there a key that begins with $ is a key like any other, so that no reply
 * can pass for a secret or an unknown. */
MUST_USE bool value_json_parse_plain(struct arena *mem, const char *text, size_t count,
                                     const struct value **out, struct err *err);
void value_json_print(struct buf *out, const struct value *v);
/* Indented by two spaces, for files a person edits or reviews.  `indent`: how many levels deep the line
 * already is that the value starts on, 0 for a file of its own. */
void value_json_print_pretty(struct buf *out, const struct value *v, int indent);
/* One JSON string with quotes and escapes. */
void value_json_print_text(struct buf *out, const char *text, size_t count);
const char *value_json_text(struct arena *mem, const struct value *v);
/* The same, and each secret with its sealed bytes: for what is stored, and nothing else.  Plans and reports
 * tell of a secret by source and digest only. */
const char *value_json_stored(struct arena *mem, const struct value *v);
