/* The inside of a rehearsal, shared by its units: rehearsal.c (which builds there are), rehearsal_build.c
 * (one of them, from process to process), rehearsal_judge.c (what is there afterwards), rehearsal_times.c. */
#pragma once

#include "base/array.h"
#include "run/rehearsal.h"

struct rehearsal_work {
    struct rehearsal *out;
    const struct rehearsal_ask *ask;
    struct arena *mem;
    struct diags *diags;
    uint32_t builds;
    ARRAY(struct rehearsal_finding) findings;
    const char *const *lines; /* of the typical build */
    size_t line_count;
};

enum rehearsal_way { REHEARSAL_TYPICAL = 1, REHEARSAL_ROUND, REHEARSAL_SWEEP };

struct rehearsal_build {
    enum rehearsal_way way;
    enum ledger_point point;
    uint64_t seed;
    uint64_t *deaths; /* of a round: the sendings around which it dies, ascending */
    uint32_t death_count;
    struct ledger *ledger;
    const char *store_path;
    int64_t machine_ms;
    bool ended;
};

/* rehearsal_build.c: b->ledger is new.  False: nothing could be built at all, or somebody stopped it. */
MUST_USE bool rehearsal_build(struct rehearsal_work *w, struct rehearsal_build *b, struct err *err);
/* rehearsal_judge.c: adds what is wrong to the findings. */
void rehearsal_find(struct rehearsal_work *w, const struct rehearsal_build *b,
                    const struct rehearsal_finding *one);
MUST_USE bool rehearsal_judge(struct rehearsal_work *w, const struct rehearsal_build *b, struct err *err);
/* rehearsal_times.c: what the typical build was like. */
void rehearsal_times(struct rehearsal_work *w);
