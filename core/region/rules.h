/* The rules: the `shrink`, `absent` and `differs` lists of one region file, checked; the first two are ready
 * for derive to apply.  They say nothing of what they match; only the copy knows that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/path.h"
#include "region/decimal.h"

struct findings;
struct value;

struct rules_shrink {
    const char *match;
    struct path path;
    const struct value *to;      /* as written: two rules with equal `to` do not quarrel */
    const struct value *literal; /* NULL: computed from the copied integer */
    struct decimal times;
    int64_t at_least, at_most;
    const char *why;
    const char *grow_back; /* or NULL */
    size_t matches;        /* values it was applied to */
    size_t hits;           /* of these, how many it changed */
    const struct value *at;
};

struct rules_absent {
    const char *what, *why, *owner;
    const char *revisit; /* or NULL */
    struct path path;
    const struct value *at; /* `what` */
};

/* A deliberate difference: of a value below `services` and all below it, or - once there is a plan - of a
 * step, of all steps below a prefix, or of one setting of theirs (dns.record.apex-a#values). */
struct rules_differs {
    const char *what, *why, *owner;
    const char *revisit; /* or NULL */
    struct path path;    /* of a value; empty for steps */
    const struct value *at;
};

/* `list` may be NULL; that it is a list is for the caller to say.  What is wrong is a finding and not in the
 * result. */
struct rules_shrink *rules_parse_shrink(struct findings *f, const struct value *list, size_t *count);
struct rules_absent *rules_parse_absent(struct findings *f, const struct value *list, size_t *count);
struct rules_differs *rules_parse_differs(struct findings *f, const struct value *list, size_t *count);
