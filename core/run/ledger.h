/* The ledger: the world that a rehearsal builds in, and all that is known of it - objects, calls that took
 * effect, what is still on its way, how each step went.  It lies in memory that every simulated process
 * shares, so it outlives their deaths as a real service does, and it knows nothing of the store: by it the
 * end of a build is judged.
 *
 * One process at a time writes it.  Everything in it is made once and never freed; it goes whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct arena;
struct diag;
struct diags;

/* Where a process can die around one unit of work: a change, a call, a check. */
enum ledger_point {
    LEDGER_UNSENT = 0, /* its intent is durable, nothing was sent             */
    LEDGER_SENT,       /* it happened, and no reply came                      */
    LEDGER_LATE,       /* it was sent, and happens only after the death       */
    LEDGER_SAVED,      /* its id is durable, and it is not ready              */
    LEDGER_REPLIED,    /* the reply came, and its outcome is not durable      */
    LEDGER_DONE,       /* its outcome is durable, and what follows not begun  */
    LEDGER_POINTS,
};

/* What befell the build, by kind. */
enum ledger_mishap {
    LEDGER_THROTTLED = 0,
    LEDGER_UNREACHED, /* the connection was refused: for certain nothing happened */
    LEDGER_LOST_REQUEST,
    LEDGER_LOST_REPLY,
    LEDGER_LANDED_LATE,
    LEDGER_SERVER_ERROR, /* a 500: it happened or not */
    LEDGER_CHECK_FAILED,
    LEDGER_CRASH,
    LEDGER_MISHAPS,
};

/* One object of a service. */
struct ledger_thing {
    const char *scope;   /* "dns/parent.record" */
    const char *address; /* of the step that made it; of an assumed one: that looked for it */
    const char *key;     /* its natural name there, or NULL */
    const char *id, *marker, *token;
    const char *state; /* JSON */
    int64_t token_until_ms;
    int64_t ready_ms;   /* built by then */
    int64_t visible_ms; /* lists may miss it until then */
    bool alive, foreign;
    struct ledger_thing *same_marker; /* another that carries its marker */
    struct ledger_thing *older;       /* among all */
};

/* A call that took effect. */
struct ledger_deed {
    const char *address, *call, *args; /* args: JSON */
    uint32_t times;
    struct ledger_deed *older;
};

/* What is on its way and takes effect when it is due. */
struct ledger_late {
    int64_t due_ms;
    struct ledger_thing *thing; /* comes to be, or */
    struct ledger_deed *deed;   /* happens once more */
    const char *token, *once;   /* of the deed */
    struct ledger_late *next;
};

/* One unit of work, in all the lives of the build. */
struct ledger_unit {
    const char *address, *what; /* "create", "database.query ..." */
    uint32_t tries;
    uint32_t can, died; /* a bit for each ledger_point: there is one around it; it died there */
    struct ledger_unit *older;
};

/* How a step went, by the build's own clock; 0: not. */
struct ledger_step {
    const char *address;
    int64_t started_ms, done_ms, due_ms;            /* due: when the person will have done it */
    const char *code, *text, *advice, *where;       /* of its last failure */
    bool failed, held, blocked, waits, todo, asked; /* asked: a person had to look */
    struct ledger_step *older;
};

/* A reply that the simulator made up, counted by step and call. */
struct ledger_reply {
    const char *address, *call;
    uint32_t count;
    struct ledger_reply *older;
};

struct ledger_money {
    bool priced;
    uint32_t priced_count, priceable;
    int64_t once_low, once_high, month_low, month_high;
    uint32_t guessed_count; /* by people; not in the sums above */
    int64_t guess_once_low, guess_once_high, guess_month_low, guess_month_high;
};

struct ledger_slot;

struct ledger {
    size_t size, used;
    struct ledger_slot *slots;
    size_t slot_count, slot_room;
    int64_t began_ms, now_ms; /* the build's wall clock */
    struct ledger_thing *things;
    struct ledger_deed *deeds;
    struct ledger_late *lates;
    struct ledger_unit *units;
    struct ledger_step *steps;
    struct ledger_reply *replies;
    uint64_t mishaps[LEDGER_MISHAPS];
    uint64_t points[LEDGER_POINTS]; /* units that died there */
    uint64_t sendings;              /* changes and calls that reached the service, so far */
    uint32_t doubles;        /* moments at which there were two objects of one marker, or of one step */
    uint32_t lives, persons; /* persons: times one had to look */
    /* Of the last life that came to its end: */
    uint32_t total, done, failed, held, conflict, blocked, waits, todos;
    uint32_t step_count;
    struct ledger_money money;
    bool no_run; /* it could not: err says why, and so do the diags */
    struct err err;
    struct diag *diags;
    size_t diag_count;
};

/* NULL: the system has no room for it. */
struct ledger *ledger_new(int64_t began_ms);
void ledger_free(struct ledger *l);

/* Memory of the ledger.  When none is left the process ends with LEDGER_FULL. */
#define LEDGER_FULL 71
void *ledger_alloc(struct ledger *l, size_t size);
const char *ledger_text(struct ledger *l, const char *text); /* NULL stays NULL */

/* Makes them when they are not there. */
struct ledger_unit *ledger_unit_get(struct ledger *l, const char *address, const char *what);
struct ledger_step *ledger_step_get(struct ledger *l, const char *address);
struct ledger_deed *ledger_deed_get(struct ledger *l, const char *address, const char *call,
                                    const char *args);
void ledger_count_reply(struct ledger *l, const char *address, const char *call);

/* NULL: there is none. */
struct ledger_step *ledger_step_find(const struct ledger *l, const char *address);
struct ledger_thing *ledger_by_id(const struct ledger *l, const char *scope, const char *id);
struct ledger_thing *ledger_by_key(const struct ledger *l, const char *scope, const char *key);
struct ledger_thing *ledger_by_token(const struct ledger *l, const char *scope, const char *token);
struct ledger_thing *ledger_by_marker(const struct ledger *l, const char *scope, const char *marker);
struct ledger_thing *ledger_by_address(const struct ledger *l, const char *scope, const char *address);
bool ledger_token_is_used(const struct ledger *l, const char *token);

/* An object with an id of its own, made of what it is and of how many there were of it before; it is there
 * when it lands. `like`: everything but id and links, texts copied. */
struct ledger_thing *ledger_thing_new(struct ledger *l, const struct ledger_thing *like, const char *type);
void ledger_land(struct ledger *l, struct ledger_thing *thing);
void ledger_remove(struct ledger *l, struct ledger_thing *thing);
void ledger_set_state(struct ledger *l, struct ledger_thing *thing, const char *state);
/* Once more, unless `once` says that it has happened already; NULL: every sending is another one. */
void ledger_happen(struct ledger *l, struct ledger_deed *deed, const char *token, const char *once);
void ledger_come_later(struct ledger *l, int64_t due_ms, struct ledger_thing *thing);
void ledger_happen_later(struct ledger *l, int64_t due_ms, struct ledger_deed *deed, const char *token,
                         const char *once);
/* It is now: what was due has come. */
void ledger_pass_time(struct ledger *l, int64_t now_ms);

/* Its process could not go on. */
void ledger_could_not(struct ledger *l, const struct err *err, const struct diags *diags);

/* What there is at the end, the same for builds that ended alike: sorted lines, one for each object and deed.
 */
const char *const *ledger_lines(const struct ledger *l, struct arena *mem, size_t *count);
