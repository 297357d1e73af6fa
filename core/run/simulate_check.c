#include <string.h>

#include "io/http.h"
#include "io/loop.h"
#include "model/decl.h"
#include "model/expr.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_json.h"
#include "run/simulate_state.h"

/* Checks: what they look at is simulated as well, so they see what they expect - unless a fault says they do
 * not. */

bool simulate_is_check(const struct simulate_errand *e)
{
    return e->call && strncmp(e->req->address, "check.", 6) == 0;
}

/* References in what a check expects are answered from the ledger, as the run answers them from its own
 * knowledge. */
static bool find(void *user, const struct expr *ref, const struct value **out, struct err *err)
{
    struct simulate_errand *e = user;
    struct ledger *l = e->driver->owner->life.ledger;
    struct arena *mem = op_arena(e->op);
    const struct value *state;
    *out = NULL;
    for (const struct ledger_thing *t = l->things; t; t = t->older) {
        if (!t->alive || strcmp(t->address, ref->address) != 0)
            continue;
        if (strcmp(ref->path, "id") == 0) {
            *out = value_text(mem, t->id);
            return true;
        }
        if (!value_json_parse(mem, t->state, strlen(t->state), &state, err))
            return false;
        *out = path_get_text(mem, state, ref->path);
        return true;
    }
    return true;
}

static bool call(void *user, uint32_t fn, const struct value *arg, struct arena *mem,
                 const struct value **out, struct err *err)
{
    const struct simulate_errand *e = user;
    const struct simulate_life *life = &e->driver->owner->life;
    return life->call(life->call_user, fn, arg, mem, out, err);
}

const struct value *simulate_check_reply(struct simulate_errand *e, const struct value *made_up)
{
    const struct simulate_life *life = &e->driver->owner->life;
    struct arena *mem = op_arena(e->op);
    const struct decl *d = decl_find(life->decls, e->req->address);
    const struct value *expect = d ? value_get(d->attrs, "expect") : NULL;
    struct expr_world world = {.user = e, .find = find, .call = call};
    struct err err;
    /* What it expects and cannot be known is left to what is made up. */
    if (!expect || (value_has_expr(expect) && !expr_eval(mem, expect, &world, &expect, &err)) ||
        value_has_unknown(expect))
        return made_up;
    return value_kind(expect) == VALUE_MAP && value_kind(made_up) == VALUE_MAP
               ? value_merge(mem, made_up, expect)
               : expect;
}

/* ---- over HTTP -------------------------------------------------------------------------------------------
 */

void simulate_check_http(void *user, const char *address, const struct http_ask *ask, http_reply_fn *fn,
                         void *fn_user)
{
    struct simulate *s = user;
    struct simulate_driver *d = ARENA_NEW(s->mem, struct simulate_driver);
    struct simulate_errand *e = ARENA_NEW(s->mem, struct simulate_errand);
    *d = (struct simulate_driver){.owner = s, .subsystem = "check", .name = ""};
    *e = (struct simulate_errand){
        .driver = d, .scope = address, .http = ask, .reply = fn, .reply_user = fn_user};
    ledger_pass_time(s->life.ledger, simulate_now(s));
    simulate_send(e);
}

/* `http` is borrowed only while it is sent; what the check is, its declaration says. */
void simulate_check_answer(struct simulate_errand *e)
{
    e->answer.status = LF_END_OK;
}

void simulate_check_fail(struct simulate_errand *e)
{
    struct lf_diag d = {.struct_size = sizeof(d),
                        .severity = LF_DIAG_ERROR,
                        .code = "rehearsal.fault",
                        .summary = "it does not look as expected: a fault of the rehearsal"};
    if (!e->http)
        e->driver->owner->table->ops->note((struct lf_op *)e->op, &d);
    e->answer.status = LF_END_FAILED;
}

void simulate_check_reply_now(struct simulate_errand *e)
{
    const struct decl *d = decl_find(e->driver->owner->life.decls, e->scope);
    const struct value *http = d ? value_get(d->attrs, "http") : NULL;
    const char *body = value_get_text(http, "contains", "");
    struct http_reply reply = {.sent = HTTP_REPLY,
                               .status = (uint32_t)value_get_int(http, "expect", 200),
                               .body = body,
                               .body_count = strlen(body),
                               .certificate_left_s = -1};
    if (e->answer.status != LF_END_OK)
        reply = (struct http_reply){
            .sent = HTTP_REPLY, .status = 503, .body = "a fault of the rehearsal", .body_count = 24};
    e->reply(e->reply_user, &reply);
}
