/* The document: one JSON text written piece by piece, indented by two spaces, keys in the order given.  A
 * text that is NULL leaves its key out.  Characters that could play tricks on a terminal are escaped, which
 * JSON allows anywhere in a string; bytes that are no UTF-8 become U+FFFD. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct diag;
struct out;
struct value;

#define DOC_DEPTH 32

struct doc {
    struct out *out;
    struct buf text; /* not handed to the sink yet */
    int depth;
    bool begun[DOC_DEPTH]; /* something stands at that depth already */
    char end[DOC_DEPTH];   /* the bracket that closes it */
};

/* Opens the map with "format": `format`. */
void doc_begin(struct doc *d, struct out *o, const char *format);
/* Closes the map, ends the line, hands everything to the sink. */
void doc_end(struct doc *d);

/* key NULL: an item of a list. */
void doc_map(struct doc *d, const char *key);
void doc_list(struct doc *d, const char *key);
void doc_close(struct doc *d); /* the map or list opened last */

void doc_text(struct doc *d, const char *key, const char *text);
void doc_flag(struct doc *d, const char *key, bool flag);
void doc_count(struct doc *d, const char *key, uint64_t count);  /* below 2^53 */
void doc_number(struct doc *d, const char *key, int64_t number); /* as text */
void doc_time(struct doc *d, const char *key, int64_t wall_ms);  /* RFC 3339; 0: left out */
void doc_money(struct doc *d, const char *key, int64_t millionths, const char *currency);
void doc_value(struct doc *d, const char *key, const struct value *v); /* NULL: left out */
/* JSON text as the store keeps it; NULL: left out. */
void doc_json(struct doc *d, const char *key, const char *json);
/* A list of texts that ends with NULL, or has `count`; left out when empty. */
void doc_texts(struct doc *d, const char *key, const char *const *texts, size_t count);
void doc_diag(struct doc *d, const struct diag *one); /* an item of a list */
