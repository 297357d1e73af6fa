#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "io/http.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "run/executor_state.h"

/* Checks: a probe that must pass - an HTTP request or a driver's call that only reads - tried until it does,
 * or `within` is over. */

#define PAUSE_MS        1000  /* between two tries                                    */
#define HTTP_TIMEOUT_MS 10000 /* of one try                                          */
#define SEEN_MAX        160   /* characters of a reply that a message repeats         */

struct probe {
    struct step_run *r;
    const char *inputs;
    const struct value *asked; /* the check's attributes, all known */
    int64_t until_ms;
    struct op_item item;
    uint32_t status; /* of the last call */
    const char *broke;
    const struct value *reply;
    struct diag note;
};

static void try_once(void *user);

static void pass(struct probe *p)
{
    executor_finish_step(p->r, p->asked, p->inputs, NULL);
}

static void fail(struct probe *p, const char *what, const char *advice)
{
    struct step_run *r = p->r;
    struct loop *loop = r->x->ask.loop;
    if (r->x->stopping) {
        executor_end_step(r, STEP_END_STOPPED);
        return;
    }
    if (loop_now_ms(loop) + PAUSE_MS <= p->until_ms) {
        executor_pause(r->x, PAUSE_MS, try_once, p);
        executor_tell(r, EVENT_STEP_RETRY, what, NULL, NULL);
        return;
    }
    struct err err;
    err_set(&err, "check.failed", "%s", what);
    err_advise(&err, "%s", advice ? advice : "mend what the check looks at, then `landfall resume`");
    executor_fail_step(r, &err);
}

/* ---- http ------------------------------------------------------------------------------------------- */

static const char *shorten(struct arena *mem, const char *bytes, size_t count)
{
    return arena_text_n(mem, bytes, count < SEEN_MAX ? count : SEEN_MAX);
}

static void on_reply(void *user, const struct http_reply *reply)
{
    struct probe *p = user;
    struct arena *mem = p->r->mem;
    const struct value *http = value_get(p->asked, "http");
    int64_t expect = value_get_int(http, "expect", 200);
    const char *url = value_get_text(http, "url", ""), *contains = value_get_text(http, "contains", NULL);
    if (reply->sent != HTTP_REPLY)
        fail(p, arena_print(mem, "%s does not answer: %s", url, reply->error ? reply->error : "no reply"),
             NULL);
    else if (reply->status != expect)
        fail(p,
             arena_print(mem, "%s answered %u instead of %lld: %s", url, reply->status, (long long)expect,
                         shorten(mem, reply->body, reply->body_count)),
             NULL);
    else if (contains && !memmem(reply->body, reply->body_count, contains, strlen(contains)))
        fail(p,
             arena_print(mem, "%s answered without '%s': %s", url, contains,
                         shorten(mem, reply->body, reply->body_count)),
             NULL);
    else
        pass(p);
}

static void try_http(struct probe *p, const struct value *http)
{
    struct http_ask ask = {
        .method = "GET", .url = value_get_text(http, "url", ""), .timeout_ms = HTTP_TIMEOUT_MS};
    http_send(p->r->x->ask.http, &ask, on_reply, p);
}

/* ---- a call that reads -------------------------------------------------------------------------------- */

/* Everything that is expected is there: maps may hold more, lists and leaves may not. */
static bool matches(const struct value *expected, const struct value *seen)
{
    if (value_kind(expected) == VALUE_MAP) {
        for (size_t k = 0; k < expected->count; k++) {
            if (!matches(expected->pairs[k].value, value_get(seen, expected->pairs[k].key)))
                return false;
        }
        return value_kind(seen) == VALUE_MAP;
    }
    if (value_kind(expected) != VALUE_LIST)
        return value_equal(expected, seen);
    if (value_kind(seen) != VALUE_LIST || seen->count != expected->count)
        return false;
    for (size_t k = 0; k < expected->count; k++) {
        if (!matches(expected->items[k], seen->items[k]))
            return false;
    }
    return true;
}

static void on_item(void *user, struct op *op, size_t n, const struct op_result *result)
{
    (void)op;
    (void)n;
    struct probe *p = user;
    p->status = result->status;
    p->broke = arena_text(p->r->mem, result->broke);
    p->reply = result->reply ? value_copy(p->r->mem, result->reply) : NULL;
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct probe *p = user;
    struct arena *mem = p->r->mem;
    const struct value *expect = value_get(p->asked, "expect");
    const char *text = p->reply ? value_json_text(mem, p->reply) : "nothing";
    if (p->status != LF_END_OK)
        fail(p,
             p->note.summary ? p->note.summary
             : p->broke      ? p->broke
                             : "the call did not succeed",
             p->note.advice);
    else if (expect && !matches(expect, p->reply))
        fail(p,
             arena_print(mem, "expected %s and saw %s",
                         shorten(mem, value_json_text(mem, expect), strlen(value_json_text(mem, expect))),
                         shorten(mem, text, strlen(text))),
             NULL);
    else
        pass(p);
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct probe *p = user;
    struct arena *mem = p->r->mem;
    if (note->severity == DIAG_ERROR)
        p->note =
            (struct diag){.summary = note->detail ? arena_print(mem, "%s: %s", note->summary, note->detail)
                                                  : arena_text(mem, note->summary),
                          .advice = arena_text(mem, note->advice)};
}

static void try_call(struct probe *p, const struct value *call)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    struct executor *x = p->r->x;
    const char *subsystem = value_get_text(call, "subsystem", ""), *name = value_get_text(call, "call", "");
    const struct driver *driver =
        registry_find(x->ask.registry, subsystem, value_get_text(call, "instance", ""));
    const struct contract_call *contract = driver ? driver_call(driver, name) : NULL;
    if (!contract) {
        fail(p, arena_print(p->r->mem, "no driver of '%s' offers the call '%s'", subsystem, name),
             "see `landfall plugin list`");
        return;
    }
    p->item = (struct op_item){.verb = LF_VERB_CALL,
                               .attempt = 1,
                               .address = x->plan->steps[p->r->i].address,
                               .args = value_get(p->asked, "args")};
    struct op_ask ask = {
        .driver = driver, .call = contract, .items = &p->item, .count = 1, .read_only = true};
    op_start(&ask, &events, p);
}

static void try_once(void *user)
{
    struct probe *p = user;
    if (p->r->x->stopping) {
        executor_end_step(p->r, STEP_END_STOPPED);
        return;
    }
    p->note = (struct diag){0};
    const struct value *http = value_get(p->asked, "http");
    if (http)
        try_http(p, http);
    else
        try_call(p, value_get(p->asked, "call"));
}

void probe_begin(struct step_run *r)
{
    const struct plan_step *s = &r->x->plan->steps[r->i];
    const char *inputs = resolve_inputs(r);
    if (!inputs)
        return;
    struct probe *p = ARENA_NEW(r->mem, struct probe);
    p->r = r;
    p->inputs = inputs;
    p->asked = s->inputs ? s->desired : r->desired;
    p->until_ms = loop_now_ms(r->x->ask.loop) + value_get_int(p->asked, "within", 0) * 1000;
    executor_run_anew(r);
    executor_tell(r, EVENT_STEP_STARTED, NULL, NULL, NULL);
    try_once(p);
}
