#include "stripe_account.h"

#include "kit_plan.h"
#include "stripe_api.h"
#include "terms.h"

#include <landfall/billing.h>
#include <string.h>

/* ---- the entity --------------------------------------------------------------------------- */

/* What invoices print of it is in the dashboard; the API tells these two. */
static const struct lf_value *entity_state(const struct stripe *stripe, struct lf_op *op,
                                           const struct lf_value *account, const struct lf_value *asked)
{
    const struct kit *kit = &stripe->kit;
    const char *name = kit_get_text(kit, account, "business_profile.name");
    const char *shown = kit_get_text(kit, account, "settings.dashboard.display_name");
    const struct lf_value *state = kit_map(kit, op);
    state = kit_put_text(kit, op, state, "code", kit_get_text(kit, asked, "code"));
    state = kit_put_text(kit, op, state, "name", name ? name : shown);
    return kit_put_text(kit, op, state, "country", kit_get_text(kit, account, "country"));
}

/* An account in another country is another entity, whatever the playbook calls it. */
static bool is_elsewhere(struct kit_batch *batch, const struct lf_value *account)
{
    const struct kit *kit = batch->kit;
    const char *asked = kit_get_text(kit, batch->reqs[0]->desired, "country");
    const char *country = terms_text(kit, account, "country", "");
    if (!asked || batch->reqs[0]->verb != LF_VERB_FIND || strcmp(asked, country) == 0)
        return false;
    kit_batch_refuse(batch, 0, "stripe.country", "country",
                     kit_format(kit, batch->op, "the account '%s' is not established in '%s'",
                                terms_text(kit, account, "id", ""), asked),
                     kit_format(kit, batch->op, "Stripe has it in '%s'", country),
                     "give the key of this entity's own account");
    return true;
}

static void account_read(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct kit_batch *batch = user;
    const struct stripe *stripe = batch->self;
    const struct lf_request *req = batch->reqs[0];
    if (!api_is_good(stripe, reply)) {
        api_fail(stripe, batch, 0, reply, "look at the account");
    } else if (!is_elsewhere(batch, reply->json)) {
        const char *id = kit_get_text(&stripe->kit, reply->json, "id");
        bool is_other = req->id && (!id || strcmp(req->id, id) != 0);
        struct lf_result result = kit_result(is_other ? LF_END_GONE : LF_END_OK);
        if (!is_other) {
            result.id = id;
            result.state = entity_state(stripe, op, reply->json, req->prior ? req->prior : req->desired);
        }
        kit_batch_answer(batch, 0, &result);
    }
    kit_batch_end(batch);
}

void account_look(struct stripe *stripe, struct lf_op *op, const struct lf_request *req)
{
    api_get(stripe, op, "/v1/account", account_read, kit_batch_one(&stripe->kit, stripe, op, req));
}

void account_refuse(const struct stripe *stripe, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &stripe->kit;
    if (req->verb == LF_VERB_PLAN && !req->desired) {
        kit_plan(kit, NULL, op, req, &lf_billing_entity, NULL, NULL);
        return;
    }
    kit_refuse(kit, op, "stripe.entity", NULL, "landfall neither opens nor closes accounts at Stripe",
               "Stripe's legal entity is the account, and opening one is a contract between people",
               "open it at Stripe, give landfall its key, and write billing.entity:existing in the playbook");
}

/* ---- preflight ---------------------------------------------------------------------------- */

struct flight {
    const struct stripe *stripe;
    struct kit_batch *batch; /* of one */
    size_t next;             /* of `reads` */
    bool is_live;
    bool refused;
};

static const struct {
    const char *path;
    const char *doing;
    const char *permission; /* as Stripe's dashboard calls it */
} reads[] = {
    {"/v1/products?limit=1", "list products", "Products"},
    {"/v1/prices?limit=1", "list prices", "Prices"},
    {"/v1/tax_rates?limit=1", "list tax rates", "Tax Rates"},
};

static void warn(const struct flight *flight, const char *code, const char *summary, const char *detail,
                 const char *advice)
{
    struct lf_diag diag = {.struct_size = sizeof(diag),
                           .severity = LF_DIAG_WARNING,
                           .code = code,
                           .summary = summary,
                           .detail = detail,
                           .advice = advice};
    flight->stripe->kit.ops->note(flight->batch->op, &diag);
}

static void refuse(struct flight *flight, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    kit_batch_refuse(flight->batch, 0, code, path, summary, detail, advice);
    flight->refused = true;
}

static void read_next(struct flight *flight);

static void was_read(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct flight *flight = user;
    const struct stripe *stripe = flight->stripe;
    const struct kit *kit = &stripe->kit;
    if (reply->sent == LF_SENT_REPLY && reply->status == 403) {
        refuse(flight, "stripe.forbidden", "api_key",
               kit_format(kit, op, "Stripe does not allow this key to %s", reads[flight->next].doing),
               api_error(stripe, reply, "message"),
               kit_format(kit, op, "give the restricted key 'Write' for %s in Stripe's dashboard",
                          reads[flight->next].permission));
    } else if (!api_is_good(stripe, reply)) {
        api_fail(stripe, flight->batch, 0, reply, reads[flight->next].doing);
        kit_batch_end(flight->batch);
        return;
    }
    flight->next++;
    read_next(flight);
}

static void read_next(struct flight *flight)
{
    if (flight->next < sizeof(reads) / sizeof(reads[0])) {
        api_get(flight->stripe, flight->batch->op, reads[flight->next].path, was_read, flight);
        return;
    }
    if (!flight->refused)
        kit_batch_status(flight->batch, 0, LF_END_OK);
    kit_batch_end(flight->batch);
}

static void check_account(struct flight *flight, struct lf_op *op, const struct lf_value *account)
{
    const struct stripe *stripe = flight->stripe;
    const struct kit *kit = &stripe->kit;
    const char *id = terms_text(kit, account, "id", "");
    if (stripe->account && strcmp(stripe->account, id) != 0)
        refuse(flight, "stripe.account", "account",
               kit_format(kit, op, "the key is not of the account '%s'", stripe->account),
               kit_format(kit, op, "it is of '%s'", id),
               "give the key of that account, or write the other account into the drivers block");
    if (flight->is_live && !kit_get_bool(kit, account, "charges_enabled", true))
        warn(flight, "stripe.not_activated",
             kit_format(kit, op, "the account '%s' cannot charge anybody yet", id),
             "Stripe has not activated it: charges_enabled is false",
             "answer what Stripe still asks, in its dashboard");
}

static void account_seen(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct flight *flight = user;
    const struct stripe *stripe = flight->stripe;
    bool is_unseen = reply->sent == LF_SENT_REPLY && reply->status == 403;
    if (is_unseen && stripe->account) {
        refuse(flight, "stripe.forbidden", "api_key", "Stripe does not tell this key of which account it is",
               api_error(stripe, reply, "message"),
               "give the restricted key 'Read' for Accounts, or leave 'account' out of the drivers block");
    } else if (!is_unseen && !api_is_good(stripe, reply)) {
        api_fail(stripe, flight->batch, 0, reply, "look at the account");
        kit_batch_end(flight->batch);
        return;
    } else if (!is_unseen) {
        check_account(flight, op, reply->json);
    }
    read_next(flight);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "sk_live_...", "rk_test_...": what kind of key it is stands at its beginning. */
static bool check_key(struct flight *flight, const char *key)
{
    bool is_secret = key[0] == 's' || key[0] == 'r';
    bool is_test = is_secret && begins(key + 1, "k_test_");
    flight->is_live = is_secret && begins(key + 1, "k_live_");
    if (!is_test && !flight->is_live) {
        refuse(flight, "stripe.key", "api_key", "this is no secret key of Stripe's",
               "one begins with sk_live_, rk_live_, sk_test_ or rk_test_",
               "take it from Developers, API keys, in Stripe's dashboard");
        return false;
    }
    if (is_test)
        warn(flight, "stripe.test_mode", "the key is of Stripe's test mode",
             "what is made with it is seen in test mode alone, and nobody is ever charged",
             "give a live key where customers are to be charged");
    return true;
}

void account_preflight(const struct stripe *stripe, struct lf_op *op, const struct lf_request *req)
{
    struct flight *flight = stripe->kit.ops->scratch(op, sizeof(*flight));
    const char *key = stripe->kit.values->reveal(op, stripe->api_key, NULL);
    bool is_there = key && key[0];
    *flight = (struct flight){.stripe = stripe, .batch = kit_batch_one(&stripe->kit, NULL, op, req)};
    if (check_key(flight, is_there ? key : "?"))
        api_get(stripe, op, "/v1/account", account_seen, flight);
    else
        kit_batch_end(flight->batch);
}
