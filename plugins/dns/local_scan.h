/* A zone file taken apart into entries: a record or directive with all its continued lines, a line that is
 * only a comment, or a blank line.  Knows quotes, parentheses, escapes and comments, and nothing about names
 * or types.  Words point into the text scanned. */
#pragma once

#include "rdata.h"

#define SCAN_END       1u
#define SCAN_BLANK     2u
#define SCAN_COMMENT   3u
#define SCAN_DIRECTIVE 4u
#define SCAN_RECORD    5u
#define SCAN_BROKEN    6u /* see scan->why */

struct scan_entry {
    size_t begin;  /* first byte of its first line                     */
    size_t end;    /* past the line feed of its last line              */
    size_t line;   /* of its first line, from 1                        */
    bool indented; /* begins with a blank: the owner is the last one's */
    const struct rdata_word *words;
    size_t count;
};

struct scan {
    const struct kit *kit;
    struct lf_op *op;
    const char *text;
    size_t len;
    size_t at;
    size_t line;
    struct rdata_word *words;
    size_t count;
    size_t room;
    const char *why;
};

void scan_start(struct scan *scan, const struct kit *kit, struct lf_op *op, const char *text, size_t len);
/* The next entry; its words are valid until the next call.  Gives SCAN_*. */
uint32_t scan_next(struct scan *scan, struct scan_entry *entry);
