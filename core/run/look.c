#include "run/look.h"

#include <string.h>

#include "base/arena.h"
#include "io/http.h"
#include "model/diag.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/op.h"
#include "plugin/registry.h"

#define HTTP_TIMEOUT_MS 10000 /* a call has the time of any read: 60 seconds */
#define SEEN_MAX        160   /* characters of a reply that a message repeats */

struct look {
    struct arena *mem;
    struct look_ask ask;
    look_fn *fn;
    void *user;
    struct op_item item;
    uint32_t status; /* of the call */
    const char *broke;
    const struct value *reply;
    struct diag note;
};

static void pass(struct look *l)
{
    l->fn(l->user, true, NULL, NULL);
}

static void fail(struct look *l, const char *what, const char *advice)
{
    l->fn(l->user, false, what, advice);
}

/* ---- http ------------------------------------------------------------------------------------------- */

static const char *shorten(struct arena *mem, const char *bytes, size_t count)
{
    return arena_text_n(mem, bytes, count < SEEN_MAX ? count : SEEN_MAX);
}

static void on_reply(void *user, const struct http_reply *reply)
{
    struct look *l = user;
    struct arena *mem = l->mem;
    const struct value *http = value_get(l->ask.asked, "http");
    int64_t expect = value_get_int(http, "expect", 200);
    const char *url = value_get_text(http, "url", ""), *contains = value_get_text(http, "contains", NULL);
    if (reply->sent != HTTP_REPLY)
        fail(l, arena_print(mem, "%s does not answer: %s", url, reply->error ? reply->error : "no reply"),
             NULL);
    else if (reply->status != expect)
        fail(l,
             arena_print(mem, "%s answered %u instead of %lld: %s", url, reply->status, (long long)expect,
                         shorten(mem, reply->body, reply->body_count)),
             NULL);
    else if (contains && !memmem(reply->body, reply->body_count, contains, strlen(contains)))
        fail(l,
             arena_print(mem, "%s answered without '%s': %s", url, contains,
                         shorten(mem, reply->body, reply->body_count)),
             NULL);
    else
        pass(l);
}

static void try_http(struct look *l, const struct value *http)
{
    struct http_ask ask = {
        .method = "GET", .url = value_get_text(http, "url", ""), .timeout_ms = HTTP_TIMEOUT_MS};
    if (l->ask.web)
        l->ask.web->send(l->ask.web->user, l->ask.address, &ask, on_reply, l);
    else
        http_send(l->ask.http, &ask, on_reply, l);
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
    struct look *l = user;
    l->status = result->status;
    l->broke = arena_text(l->mem, result->broke);
    l->reply = result->reply ? value_copy(l->mem, result->reply) : NULL;
}

static void on_end(void *user, struct op *op)
{
    (void)op;
    struct look *l = user;
    struct arena *mem = l->mem;
    const struct value *expect = value_get(l->ask.asked, "expect");
    const char *text = l->reply ? value_json_text(mem, l->reply) : "nothing";
    if (l->status != LF_END_OK)
        fail(l,
             l->note.summary ? l->note.summary
             : l->broke      ? l->broke
                             : "the call did not succeed",
             l->note.advice);
    else if (expect && !matches(expect, l->reply))
        fail(l,
             arena_print(mem, "expected %s and saw %s",
                         shorten(mem, value_json_text(mem, expect), strlen(value_json_text(mem, expect))),
                         shorten(mem, text, strlen(text))),
             NULL);
    else
        pass(l);
}

static void on_note(void *user, struct op *op, const struct diag *note)
{
    (void)op;
    struct look *l = user;
    struct arena *mem = l->mem;
    if (note->severity == DIAG_ERROR)
        l->note =
            (struct diag){.summary = note->detail ? arena_print(mem, "%s: %s", note->summary, note->detail)
                                                  : arena_text(mem, note->summary),
                          .advice = arena_text(mem, note->advice)};
}

static void try_call(struct look *l, const struct value *call)
{
    static const struct op_events events = {.item = on_item, .note = on_note, .end = on_end};
    const char *subsystem = value_get_text(call, "subsystem", ""), *name = value_get_text(call, "call", "");
    const struct driver *driver =
        registry_find(l->ask.registry, subsystem, value_get_text(call, "instance", ""));
    const struct contract_call *contract = driver ? driver_call(driver, name) : NULL;
    if (!contract) {
        fail(l, arena_print(l->mem, "no driver of '%s' offers the call '%s'", subsystem, name),
             "see `landfall plugin list`");
        return;
    }
    l->item = (struct op_item){.verb = LF_VERB_CALL,
                               .attempt = 1,
                               .address = l->ask.address,
                               .args = value_get(l->ask.asked, "args")};
    struct op_ask ask = {
        .driver = driver, .call = contract, .items = &l->item, .count = 1, .read_only = true};
    op_start(&ask, &events, l);
}

void look_start(struct arena *mem, const struct look_ask *ask, look_fn *fn, void *user)
{
    struct look *l = ARENA_NEW(mem, struct look);
    *l = (struct look){.mem = mem, .ask = *ask, .fn = fn, .user = user};
    const struct value *http = value_get(ask->asked, "http");
    if (http)
        try_http(l, http);
    else
        try_call(l, value_get(ask->asked, "call"));
}
