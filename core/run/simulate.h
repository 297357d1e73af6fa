/* The simulator: drivers without drivers.  It stands in for every driver of a region, with the types, calls
 * and words of settlement that the real one declares, and answers from a ledger: objects with natural keys,
 * tokens and markers as each type promises, made-up attributes, durations in virtual time, faults and deaths.
 * Of a real driver it asks nothing but what only looks at the request: what an object would cost, and how a
 * doubt about it is settled.
 *
 * Made once, before processes are forked; each of them tells it what it lives for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/registry.h"
#include "run/fate.h"
#include "run/ledger.h"
#include "run/look.h"

struct decls;
struct expr_world;
struct host;
struct loop;

/* How long something takes: half of all times less than p50. */
struct simulate_span {
    int64_t p50_ms, p90_ms;
};

/* subsystem.type and subsystem.call, or "check"; driver is "" there. */
typedef void simulate_span_fn(void *user, const char *address, const char *what, const char *driver,
                              struct simulate_span *out);

/* The process dies at one point of every unit that has not died there yet, as many at once as will: it holds
 * them there until nothing moves any more. */
struct simulate_sweep {
    bool on;
    enum ledger_point point;
};

struct simulate_life {
    struct ledger *ledger;
    struct loop *loop;
    const struct decls *decls; /* for what checks expect */
    bool (*call)(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                 const struct value **out, struct err *err); /* landfall.map, with call_user */
    void *call_user;
    struct fate_odds odds;
    bool typical; /* everything takes its median, and nothing goes wrong */
    struct simulate_sweep sweep;
    /* The process dies around the first sending from this one on, counted over all lives; 0: around none. */
    uint64_t death_at;
    enum ledger_point death_point;
};

struct simulate;

/* Everything borrowed for the simulator's life. */
struct simulate *simulate_new(struct host *host, const char *place, simulate_span_fn *span, void *span_user);
void simulate_free(struct simulate *s); /* before its registry and its host */
/* For registry_add. */
const struct registry_stand_in *simulate_stand_in(const struct simulate *s);
/* From here on this process lives that life; before anything is asked of a driver. */
void simulate_begin(struct simulate *s, const struct simulate_life *life);
/* Drivers that cannot be opened here cannot say what their objects cost: their names, in order. */
const char *const *simulate_unopened(const struct simulate *s, size_t *count);
/* Answers checks. */
const struct look_web *simulate_web(const struct simulate *s);
/* A step is done, and that is durable. */
void simulate_done(struct simulate *s, const char *address);
/* Before the store's own hook: at the end of every turn. */
void simulate_turn_end(struct simulate *s);
/* How a process ends that died on purpose. */
#define SIMULATE_DIED 70
