/* The residence: where the data of one step is - what was asked for, what was told and by whom - judged by
 * what the region allows.  Three kinds of knowledge are kept apart: seen (the service said so of that very
 * object), declared (somebody wrote it into the driver's settings, and the service was not asked), and untold
 * (the type has no place to tell).  What nobody told is never made up.
 *
 * An entry of it is what the store's audit chain keeps under "residency.seen". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct contract_type;
struct driver;
struct plan;
struct plan_step;
struct region;
struct value;

enum residence_how { RESIDENCE_SEEN = 1, RESIDENCE_DECLARED, RESIDENCE_UNTOLD };
const char *residence_how_name(enum residence_how how); /* "seen" */

enum residence_verdict {
    RESIDENCE_FINE = 1,  /* told, as asked, allowed for all it holds */
    RESIDENCE_OPEN,      /* nobody tells where it is */
    RESIDENCE_UNRULED,   /* the region has no `residency` at all */
    RESIDENCE_ELSEWHERE, /* told, and not where it was asked for; allowed there, as it happens */
    RESIDENCE_FORBIDDEN, /* told, and something it holds may not be there */
};
const char *residence_verdict_name(enum residence_verdict v); /* "fine" */

struct residence {
    const char *asked;    /* a place; NULL: nobody asked for one */
    const char *asked_by; /* "step", "driver" (its settings), "region" */
    const char *told;     /* NULL: untold */
    enum residence_how how;
    enum residence_verdict verdict;
    const char *why; /* one line, when it is ELSEWHERE or FORBIDDEN; else NULL */
};

struct residence_ask {
    const struct region *region;
    const struct driver *driver;
    const struct contract_type *type;
    const char *address;
    const struct value *holds; /* list of categories */
    const struct value *asked; /* the step's attributes as they were asked for, or NULL */
    const struct value *state; /* what was told, or NULL */
};

void residence_judge(struct arena *mem, const struct residence_ask *ask, struct residence *out);
/* Does it block the launch, and the steps that would fill it? */
bool residence_is_wrong(const struct residence *r);

/* What an entry says beside it. */
struct residence_facts {
    int64_t generation;
    const char *id;     /* of the object, or NULL */
    const char *run_id; /* or NULL */
    bool shared;
    bool existing; /* looked up, never written */
};

/* The entry, a map.  It repeats what the region allowed at that time and where that stood, so that it can be
 * read when the region file is another. */
const struct value *residence_entry(struct arena *mem, const struct residence_ask *ask,
                                    const struct residence *r, const struct residence_facts *facts);
/* The ask for a step of a plan that holds data and is there; false: it is none. */
bool residence_of_step(struct arena *mem, const struct plan *plan, const struct plan_step *step,
                       struct residence_ask *ask, struct residence_facts *facts);
