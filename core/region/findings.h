/* The findings: everything wrong with a set of YAML files, collected while they are read and checked, so that
 * a person mends it in one go.  Also the files themselves: a finding shows their lines.  Lives during one
 * load; what it reports lives in its arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/attr.h"
#include "model/diag.h"
#include "model/origins.h"

struct err;
struct value;

/* One file that was read; digest is hex. */
struct findings_source {
    const char *name, *text, *digest;
};

struct finding {
    enum diag_severity severity;
    const char *code;
    uint32_t where;   /* origin; 0: none */
    bool key;         /* point at the key, not at the value */
    const char *path; /* or NULL */
    const char *advice;
};

struct findings_item {
    struct diag diag;
    size_t source, order;
    uint32_t at; /* origin; 0: the diag says where itself */
    uint32_t line, column;
    bool key;
};

struct findings {
    struct arena *mem;
    struct origins *origins;
    ARRAY(struct findings_source) sources;
    ARRAY(struct findings_item) items;
    size_t errors;
};

void findings_init(struct findings *f, struct arena *mem, struct origins *origins);
void findings_done(struct findings *f);
/* Reads and parses <folder>/<name>; `name` is how findings call the file.  False: the reason is a finding. */
MUST_USE bool findings_read(struct findings *f, const char *folder, const char *name,
                            const struct value **out);
/* Code and advice are borrowed for mem's life. */
void findings_add(struct findings *f, const struct finding *one, const char *fmt, ...) PRINTF(3, 4);
/* An error at the value, and at the key in front of it. */
void findings_error(struct findings *f, const char *code, const struct value *at, const char *advice,
                    const char *fmt, ...) PRINTF(5, 6);
void findings_error_key(struct findings *f, const char *code, const struct value *at, const char *advice,
                        const char *fmt, ...) PRINTF(5, 6);
/* What another unit said of the value: its code, summary and advice, at the value's place. */
void findings_add_err(struct findings *f, const struct value *at, const struct err *err);
/* Where the value stands, and its line with a caret, for what is found about it after the load. */
void findings_place(struct findings *f, const struct value *at, const char **where, const char **detail);
/* A secret somebody wrote down: no finding shows it, whatever line it is about.  Messages land in logs that
 * many read. */
void findings_hide(struct findings *f, const struct value *at);
/* Adds all to `out`, by file in the order of reading, line and column.  False when one is an error; err is
 * then the first. */
MUST_USE bool findings_report(struct findings *f, struct diags *out, struct err *err);
