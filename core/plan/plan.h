/* The plan: everything a build would do, with the reason for each step and its cost.  Making one writes
 * nothing, anywhere.  The same inputs give the same bytes in any process.  Immutable once made; lives in its
 * arena; run/ executes it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/schema.h"
#include "plan/graph.h"

struct arena;
struct contract_type;
struct diag;
struct diags;
struct driver;
struct err;
struct loop;
struct plan_reference;
struct policy;
struct price_books;
struct region;
struct registry;
struct store_op;
struct store_res;
struct store_snapshot;
struct taken_others;
struct waiver;
struct waivers;

/* The first five are LF_DO_*, number for number; their order is their strength. */
enum plan_action {
    PLAN_KEEP = 1,
    PLAN_UPDATE = 2,
    PLAN_CREATE = 3,
    PLAN_REPLACE = 4,
    PLAN_DESTROY = 5,
    PLAN_LOOKUP = 6, /* existing: found, or to be looked up when its inputs are known */
    PLAN_RUN = 7,    /* action */
    PLAN_CHECK = 8,  /* check */
    PLAN_WAIT = 9,   /* human */
    PLAN_TODO = 10,
    PLAN_FORGET = 11, /* in the store, gone in the world and no longer declared: only the row goes */
};
const char *plan_action_name(enum plan_action a); /* "create" */

/* What a step costs, in millionths of the region's currency (model/money); low <= expected <= high. */
struct plan_cost {
    int64_t once_low, once_expected, once_high;
    int64_t month_low, month_expected, month_high;
    bool priced;         /* false: not estimated, `why_not` says why; never zero by default */
    bool guess;          /* priced by a person's guess and not by a price book: kept apart in every sum */
    const char *why_not; /* also NULL where there is nothing to price: a check, a lookup */
};

/* What a part of a step's cost is made of: a quantity, and what one of it costs where. */
struct plan_cost_line {
    const char *what, *sku, *unit;                 /* what: or NULL */
    int64_t low_milli, expected_milli, high_milli; /* thousandths of the unit */
    const char *per;                               /* "once", "hour", "month" */
    int64_t price;                                 /* of one unit, in `currency` */
    const char *currency, *rate;                   /* rate: of the currency in the region's, or NULL */
    const char *book;                              /* prices/eur.yaml */
    int64_t low, expected, high;                   /* what it comes to, in the region's currency */
};

/* What stands under the name of a step that makes a new object. */
struct plan_taken {
    bool ours; /* it carries the very marker the new object would get: apply takes it up.  Else a conflict */
    const char *id, *marker; /* as found, or NULL */
    const char *reason;      /* whose it is, in words */
    const char *detail;      /* what else is known of it, or NULL */
    const char *advice;      /* NULL where it is ours */
};

struct plan_step {
    const char *address;
    const struct decl *decl; /* NULL: no longer declared */
    enum plan_action action;
    const char *reason; /* "new", "size: db.m -> db.t", "storage_gb changed outside landfall", "no longer
                           declared" ... */
    const char *const *because; /* attribute paths; ends with NULL; or NULL */
    const struct schema_diff *diffs;
    uint32_t diff_count;
    const struct value
        *desired; /* evaluated, fallbacks filled; unknowns where not known yet; NULL to destroy */
    const struct value *promise;  /* what it will be; known parts are binding */
    const struct value *observed; /* as read now; NULL: not there */
    const struct value *stored;   /* as last seen, from the store; NULL: never */
    const char *id;               /* of what is there, or NULL */
    const char *observed_marker;  /* as read back, or NULL */
    const struct value *memo;     /* as read now or as stored */
    const struct store_res *row;  /* live row, or NULL */
    const struct driver *driver;  /* NULL for kinds without one */
    const struct contract_type *type;
    const char *inputs; /* action, check, human: digest of the inputs when all are known, else NULL */
    struct plan_cost cost;
    const struct plan_cost_line
        *cost_lines; /* where they were asked for and a price book prices it; or NULL */
    uint32_t cost_line_count;
    int64_t generation;             /* the one that will exist afterwards */
    uint32_t deposed_left;          /* older generations still to be destroyed */
    bool gone;                      /* stored, and read as definitely not there */
    bool damaged;                   /* there, but not right */
    const struct plan_taken *taken; /* a new object's name is not free; NULL: it is, or nobody was asked */
    const struct store_op *pending; /* an operation of it that is not settled (resume first), or NULL */
    bool broken;                    /* its declaration has an error: the plan will not be made */
    bool unknown;                   /* something of it is known only later */
    bool may_replace;               /* a fixed attribute is unknown */
    bool shared, create_first;
    bool by_word;  /* dry by the driver's word: its transport is its own */
    bool targeted; /* false: left out by --target */
};

struct plan_totals {
    uint32_t by_action[16]; /* indexed by enum plan_action; targeted steps only */
    uint32_t shared;
    uint32_t conflicts;     /* names that somebody else has: nothing is applied while one is left */
    struct plan_cost cost;  /* sums without guesses; priced is true when at least one step is */
    struct plan_cost guess; /* sums of the guesses, the same way */
    /* Steps that may cost something: priceable = priced + guessed + those that nobody can estimate. */
    uint32_t priced, guessed, priceable;
};

/* A row that was found under its old address and belongs to the new one from now on. */
struct plan_move {
    const char *from, *to;
};

/* What rules say of a plan: plan/policy. */
enum plan_level { PLAN_ADVISORY = 1, PLAN_MUST, PLAN_MUST_WITH_WAIVER };
enum plan_verdict {
    PLAN_BROKEN = 1,
    PLAN_CANNOT_TELL, /* hangs on a value that is not known yet; decided before the step starts */
    PLAN_WAIVED,
    PLAN_AT_APPLY, /* asked for when it is applied: not met yet, and nothing wrong with the plan */
};
const char *plan_level_name(enum plan_level l);     /* "must_with_waiver" */
const char *plan_verdict_name(enum plan_verdict v); /* "cannot_tell" */

struct plan_finding {
    const char *rule, *why;
    enum plan_level level;
    enum plan_verdict verdict;
    const char *address; /* of the step it is about, or NULL: the whole plan */
    const char *message;
    const char *advice;          /* what to do, or NULL */
    const char *where;           /* of the step's declaration, or NULL */
    const char *rule_where;      /* "policies/ours.lua:12" */
    const struct waiver *waiver; /* that covers it, or NULL */
    const struct waiver *ended;  /* one that covered it and has ended, or NULL */
    bool blocks;                 /* nothing is applied while it stands */
};

struct plan {
    const struct region *region;
    const struct decls *decls;
    const struct store_snapshot *truth;
    struct graph *graph;
    struct plan_step *steps; /* one per graph node, same index */
    uint32_t count;
    struct plan_totals totals;
    const struct price_books *prices; /* what it was priced with, or NULL */
    const bool *prices_used;          /* per file of them: a price of it counts */
    const struct plan_reference
        *reference;                /* what it is compared with, or NULL: added by who wants to compare */
    const struct plan_move *moves; /* those that apply */
    size_t move_count;
    const struct value *outputs; /* evaluated, unknowns inside; or NULL */
    const char *lineage;         /* of the store, or minted for the first apply */
    const char *body;            /* canonical JSON: what the digest is of; NULL unless it was asked for */
    size_t body_count;
    /* Kept with the run, so that a resume after an edit can say what differs from what was started.  JSON:
     * { "files": { path: digest }, "region_files": { path: digest }, "steps": { address: "create DIGEST" } }
     * with the steps that are not kept, each with a digest of what is declared ("-": nothing is). */
    const char *outline;
    const char *digest; /* hex of body */
    const char *playbook;
    bool refresh_only, destroy; /* how it was asked for */
    const struct diag *notes;   /* warnings of drivers and of the plan */
    size_t note_count;
    const struct plan_finding *findings; /* in the order of the rules, then of addresses */
    size_t finding_count;
    uint32_t rules;                    /* how many were asked; 0: no policy is on */
    const struct waivers *waivers;     /* of the region, also ended ones; or NULL */
    const struct taken_others *others; /* as it was asked with; or NULL */
    int64_t judged_ms;                 /* the time waivers were measured by */
};

struct plan_ask {
    struct loop *loop;
    const struct region *region;
    const struct decls *decls;
    const struct store_snapshot *truth;
    struct registry *registry;
    const struct price_books *prices; /* or NULL: nothing is priced */
    /* landfall.map functions: fits expr_world.call. */
    bool (*call)(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                 const struct value **out, struct err *err);
    void *call_user;
    const char *const *targets; /* addresses or prefixes of whole segments; each with all it needs */
    size_t target_count;
    const char *const *replaces; /* --replace */
    size_t replace_count;
    const char *adopting; /* an address whose object may be another's: `landfall adopt`; or NULL */
    bool refresh_only;
    bool destroy;    /* plan the destruction of everything in the store */
    bool keep_body;  /* for a plan file */
    bool keep_lines; /* what each step's cost is made of */
    bool no_refresh; /* trust the stored observation (tests and resume's first look) */
    int64_t wall_ms; /* now, by which price books are stale, deadlines over and waivers ended: no part of the
                        digest; 0: none is */
    /* With no_refresh: not one question to a service.  What would have to be looked up or planned by a driver
     * is taken to be as it was when the store last heard of it.  For reading only: nothing may be built from
     * it. */
    bool offline;
    bool names; /* ask drivers whether the names of new objects are free */
    bool held;  /* made by a run that holds the region's lock: drivers may tidy what a crash cut off */
    const char *playbook;              /* for the header */
    uint32_t parallel;                 /* reads in flight; 0: 256 */
    struct policy *policy;             /* the rules it is judged by; or NULL */
    const struct waivers *waivers;     /* or NULL */
    const struct taken_others *others; /* whose marks may be met besides ours; or NULL */
};

/* Runs the loop until every answer is in.  All errors of the declarations against the contracts are collected
 * in `diags`. */
MUST_USE bool plan_make(struct arena *mem, const struct plan_ask *ask, struct plan **out, struct diags *diags,
                        struct err *err);
/* Is the name it would make its object under somebody else's? */
bool plan_is_conflict(const struct plan_step *s);
/* How many findings keep it from being applied. */
size_t plan_broken_rules(const struct plan *p);
/* Does applying it change anything?  Waiting people, todos and lookups are no change. */
bool plan_has_changes(const struct plan *p);
/* Is it planned as a change in place, and may turn out to be a replacement once its inputs are known? */
bool plan_may_replace(const struct plan_step *s);
/* Is a value of the step known, as "id" or "url", whether or not the plan holds it? */
bool plan_knows(const struct plan_step *s, const char *path);
/* Does the step destroy an object that holds data, or may it?  A replacement loses it as surely as a
 * destruction, and nobody is asked again when one turns out to be needed. */
bool plan_loses_data(const struct plan_step *s);
/* Can a new object of this step stand beside the old one?  Yes where the service tells objects apart by more
 * than their natural name, or where that changes. */
bool plan_stands_beside(const struct plan_step *s, const struct value *desired);
/* Index of an address, UINT32_MAX when there is none. */
uint32_t plan_find(const struct plan *p, const char *address);
/* The reader's order: stages as the playbook has them, addresses inside; steps no longer declared last. count
 * entries in mem. */
const uint32_t *plan_order(struct arena *mem, const struct plan *p);
