/* The inside of the simulator, shared by its units: simulate.c (stand-ins and lives), simulate_send.c (what
 * becomes of a request on its way), simulate_serve.c (what the service does with it), simulate_check.c. */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "landfall/plugin.h"
#include "plugin/contract.h"
#include "plugin/op.h"
#include "run/simulate.h"

struct loop_timer;

/* One stand-in: one instance of one driver. */
struct simulate_driver {
    struct simulate *owner;
    const struct lf_plugin *real;
    void *real_self; /* NULL: it could not be opened */
    bool opened;
    const char *subsystem, *instance, *name, *place;
    struct contract contract; /* of the real one */
    struct lf_plugin plugin;  /* what is called instead */
};

/* Answers of one call of many. */
struct simulate_crowd {
    size_t open;
};

/* One request on its way; lives in its operation. */
struct simulate_errand {
    struct simulate_driver *driver;
    struct op *op;
    struct simulate_crowd *crowd; /* NULL: alone */
    size_t index;
    const struct lf_request *req;
    const struct contract_type *type; /* or */
    const struct contract_call *call;
    const char *scope;
    struct lf_settle settle;
    struct ledger_unit *unit;
    struct lf_result answer;
    int64_t took_ms;
    bool dies; /* it is this one around which the process dies */
    /* Of a check over HTTP, which is no operation: */
    http_reply_fn *reply;
    void *reply_user;
    const struct http_ask *http;
};

struct simulate {
    struct host *host;
    const struct lf_host *table;
    const char *place;
    simulate_span_fn *span;
    void *span_user;
    struct registry_stand_in stand_in;
    struct look_web web;
    struct arena *mem;
    ARRAY(const char *) unopened;
    ARRAY(struct simulate_driver *) drivers;

    struct simulate_life life;
    ARRAY(struct simulate_errand *) held; /* they wait for the death */
    struct loop_timer *quiet;
    int64_t least_deadline_ms;
    uint32_t dies_in;    /* turns; 0: not yet */
    bool dying;          /* one death is enough for a process */
    bool dies_when_done; /* with the next step that is */
};

/* simulate.c */
int64_t simulate_now(const struct simulate *s); /* the build's wall clock */
/* Ends the process as kill -9 would, if that left a word behind. */
_Noreturn void simulate_die(struct simulate *s);
struct simulate_errand *simulate_errand(struct simulate_driver *d, struct op *op,
                                        const struct lf_request *req);
void simulate_answer(struct simulate_errand *e);
/* simulate_send.c */
void simulate_answer_after(struct simulate_errand *e, int64_t ms); /* at once when it is 0 */
void simulate_send(struct simulate_errand *e); /* a change, a call or a check: with its fate */
/* simulate_serve.c */
/* What the service does with it, and its answer.  late_ms over 0: it happens so much later. */
void simulate_serve(struct simulate_errand *e, int64_t late_ms);
void simulate_look(struct simulate_errand *e);                               /* read, find, recover */
void simulate_tell(struct simulate_errand *e, const struct ledger_thing *t); /* it is this one */
/* simulate_check.c */
bool simulate_is_check(const struct simulate_errand *e);
const struct value *simulate_check_reply(struct simulate_errand *e, const struct value *made_up);
void simulate_check_http(void *user, const char *address, const struct http_ask *ask, http_reply_fn *fn,
                         void *fn_user);
void simulate_check_answer(struct simulate_errand *e);
void simulate_check_fail(struct simulate_errand *e);
void simulate_check_reply_now(struct simulate_errand *e);
