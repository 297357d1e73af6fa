/* The launch: what still stands between a region and its milestones - which steps are open and hold one back,
 * what each of them unlocks, who owns it, when all are done, and what would change if some things were
 * otherwise.  Made from a plan and the history of stores; writes nothing; the same inputs give the same
 * bytes. Lives in its arena; borrows the plan, the history and the extras. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "launch/calendar.h"
#include "launch/what_if.h"
#include "plan/cost_table.h"

struct arena;
struct err;
struct forecast;
struct history;
struct plan;

/* Why a step is open: who has to move. */
enum launch_need {
    LAUNCH_OURS = 1, /* landfall does it as soon as it may begin                */
    LAUNCH_PERSON,   /* a human step                                            */
    LAUNCH_TODO,     /* nobody has written it                                   */
    LAUNCH_TROUBLE,  /* it failed, or its name is taken: somebody looks         */
    LAUNCH_HELD,     /* landfall resolve                                        */
};
const char *launch_need_name(enum launch_need need); /* "person" */

/* An open step that a milestone waits for. */
struct launch_item {
    uint32_t step; /* of the plan */
    const char *address;
    enum launch_need need;
    const char *owner;     /* or NULL */
    const char *milestone; /* its own; NULL: it may follow, and is needed all the same */
    const char *why;       /* "waits for a person", "failed: no space", "new" */
    const char *ask;       /* what somebody is asked to do; of a taken name, the plan's advice; or NULL */
    uint32_t unlocks;      /* open steps that wait for nothing but this one: see blockers.h */
    const char *after; /* what it waits for itself: the address of one open step; NULL: it can be done now */
    bool after_more;   /* and others */
    bool behind_gate;  /* what it waits for needs somebody, or waits for one who does */
    const struct forecast *forecast; /* how long it still takes */
    int64_t start_ms, end_ms;        /* wall clock, by P50 of each step */
    int64_t slack_ms;                /* how much later it may end without moving the milestone */
    bool critical;                   /* it is on the longest chain */
    const char *deadline;            /* a date, or NULL */
    int64_t deadline_ms;             /* wall clock: its end; 0: none */
    bool overdue;                    /* the deadline is over */
    bool late;                       /* end_ms is behind it */
    /* Reminders: one every so many days from when it first waits. */
    uint32_t remind_days; /* 0: none are asked for */
    uint32_t reminder;    /* the number of the newest that is due: 1 is the first; 0: none is yet */
};

/* Whose the open steps are. */
struct launch_owner {
    const char *name;      /* NULL: nobody's */
    uint32_t open;         /* steps */
    const uint32_t *gates; /* of those, the items that need somebody, in the order of the items */
    uint32_t gate_count;
};

/* A milestone and its date. */
struct launch_milestone {
    const char *name;
    uint32_t steps, open; /* that it waits for, and how many of them are not done */
    uint32_t unknown; /* of the open ones: nobody knows how long; then the dates are the earliest possible */
    int64_t p50_ms, p90_ms; /* wall clock; now when nothing is open */
    char p50[CALENDAR_DATE], p90[CALENDAR_DATE];
    const char *target;              /* as the region file has it, or NULL */
    char target_date[CALENDAR_DATE]; /* "" without */
    int64_t late_p50, late_p90;      /* days behind the target; negative: to spare */
};

/* What else stands in the way and is no step: an unexplained difference, a broken rule, an open waiver. */
struct launch_extra {
    const char *kind;    /* "parity", "residency", "rule", "waiver": those that block first, then by kind,
                            subject and text */
    const char *subject; /* an address, a setting's path, a rule's name */
    const char *text;    /* one line */
    const char *owner;   /* or NULL */
    const char *until;   /* a date, or NULL */
    const char *where;   /* file:line, or NULL */
    bool blocks;         /* launch, and nobody knows for how long */
    bool ended;          /* a waiver: the rule holds again */
};
/* A rule that somebody bent by a waiver: to be read before launch, and not in its way.  These stand last. */
bool launch_extra_is_bent(const struct launch_extra *e);

/* What a what-if comes to: the same milestone, and what is saved. */
struct launch_change {
    const struct what_if_part *parts;
    size_t part_count;
    const struct launch_milestone *milestones; /* same order and count as the launch's */
    struct cost_table_sum saved;               /* by what is left out */
    uint32_t
        timeless; /* open steps that are to be so many times faster, and nobody knows how long they take */
};

struct launch {
    const char *milestone;                     /* the one that was asked for */
    const struct launch_milestone *milestones; /* launch first, then by name */
    uint32_t milestone_count, asked;           /* milestones[asked] */
    /* Of the milestone that was asked for.  Gates first; each part by unlocks, most first, then by the length
     * of what hangs behind it, then by address. */
    const struct launch_item *items;
    uint32_t item_count, gate_count;
    const uint32_t *path; /* items on the critical path, first one first */
    uint32_t path_count;
    const struct launch_owner *owners; /* by their first item */
    uint32_t owner_count;
    const char *const *can_follow; /* open steps that the region lets follow and nothing needs, by address */
    uint32_t can_follow_count;
    const char *const *strays; /* in can_follow, and no step has that address */
    size_t stray_count;
    const struct launch_extra *extras;
    size_t extra_count, extra_blocks; /* extra_blocks: how many of them block launch */
    int64_t now_ms;
    const char *today; /* in the region's time zone */
    uint32_t trials;
    const struct launch_change *change; /* NULL: no what-if was asked */
};

struct launch_ask {
    const struct plan *plan;
    const struct history *history;     /* or NULL: guesses alone */
    int64_t now_ms;                    /* wall clock */
    const char *milestone;             /* NULL: launch */
    const struct what_if_ask *what_if; /* or NULL */
    const struct launch_extra *extras;
    size_t extra_count;
};

/* Errors: launch.no_milestone; those of what_if_read. */
MUST_USE bool launch_make(struct arena *mem, const struct launch_ask *ask, struct launch **out,
                          struct err *err);
