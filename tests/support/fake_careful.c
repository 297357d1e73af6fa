#include <string.h>

#include "fake_service.h"

struct errand {
    struct fake *fake;
    const struct lf_request *req;
    const char *value;
};

static uint32_t ledger_of(const struct fake_world *w, const char *token)
{
    uint32_t i = 0;
    while (i < FAKE_CALLS && strcmp(w->ledgers[i], token) != 0)
        i++;
    return i;
}

static uint32_t call_of(const struct fake_world *w, const char *token)
{
    uint32_t n = 0;
    while (n < FAKE_CALLS && w->calls[n].times && strcmp(w->calls[n].token, token) != 0)
        n++;
    return n;
}

static void end(const struct errand *e, struct lf_op *op, uint32_t status)
{
    const struct lf_values *v = e->fake->host->values;
    struct lf_result result = {.struct_size = sizeof(result), .status = status};
    if (status == LF_END_OK)
        result.reply = v->with(op, NULL, "n", v->of_int(op, call_of(e->fake->world, e->req->token)));
    e->fake->host->ops->finish(op, &result);
}

static void take_effect(struct lf_op *op, void *user, int canceled)
{
    static const uint32_t ends[] = {[FAKE_LOST_BEFORE] = LF_END_UNSURE, [FAKE_RETRY] = LF_END_RETRY};
    const struct errand *e = user;
    struct fake_world *w = e->fake->world;
    if (canceled) {
        end(e, op, LF_END_CANCELED);
        return;
    }
    int64_t ms = 0;
    uint32_t fault = fake_service_fault(w, e->req->verb, e->value, &ms);
    fake_service_change(w);
    if (fault == FAKE_HANG)
        return;
    if (fault < sizeof(ends) / sizeof(*ends) && ends[fault]) {
        end(e, op, ends[fault]);
        return;
    }
    fake_service_call(w, &w->calls[call_of(w, e->req->token)], true, "careful", e->req->token, e->value);
    fake_service_point(w);
    end(e, op, fault == FAKE_LOST_AFTER ? LF_END_UNSURE : LF_END_OK);
}

static void cannot_tell(const struct errand *e, struct lf_op *op)
{
    struct lf_diag d = {.struct_size = sizeof(d),
                        .severity = LF_DIAG_ERROR,
                        .code = "fake.ledger_lost",
                        .summary = "the ledger is gone",
                        .advice = "put the ledger back"};
    e->fake->host->ops->note(op, &d);
    end(e, op, e->req->verb == LF_VERB_RECOVER ? LF_END_CANNOT_TELL : LF_END_REFUSED);
}

static void begin(struct errand *e, struct lf_op *op, bool ledger)
{
    struct fake_world *w = e->fake->world;
    const struct lf_values *v = e->fake->host->values;
    if (!ledger) {
        fake_hold(w);
        fake_service_copy(w->ledgers[ledger_of(w, "")], sizeof(w->ledgers[0]), e->req->token);
        fake_let_go(w);
        fake_service_point(w);
    }
    e->fake->host->ops->save(op, NULL, v->with(op, NULL, "ledger", v->of_bool(op, 1)),
                             w->hasty ? NULL : take_effect, e);
    if (w->hasty)
        take_effect(op, e, 0);
}

void fake_careful(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fake *fake = self;
    struct fake_world *w = fake->world;
    const struct lf_values *v = fake->host->values;
    struct errand *e = fake->host->ops->scratch(op, sizeof(*e));
    *e = (struct errand){fake, req, v->as_text(v->get(req->args, "value"), NULL)};
    fake_service_pass_time(w, fake->host->ops->now_ms(op));
    w->asked[req->verb]++;
    w->handed[req->verb] += req->saved != NULL;
    fake_service_point(w);
    bool ledger = ledger_of(w, req->token) < FAKE_CALLS;
    if (req->saved && !ledger)
        cannot_tell(e, op);
    else if (ledger && w->calls[call_of(w, req->token)].times)
        end(e, op, LF_END_OK);
    else if (req->verb == LF_VERB_RECOVER)
        end(e, op, LF_END_GONE);
    else if (req->saved)
        take_effect(op, e, 0);
    else
        begin(e, op, ledger);
}
