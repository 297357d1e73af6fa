#include "tryton_preflight.h"

#include "tryton.h"
#include "tryton_kind.h"

#include <string.h>

#define VERSION "6.0."

struct flight {
    struct tryton *tryton;
    struct kit_batch *batch; /* of one */
    bool refused;
    int64_t user; /* the number of landfall's user */
};

static const char *const modules[] = {
    "party",
    "company",
    "currency",
    "country",
    "product",
    "account",
    "account_product",
    "account_invoice",
    "product_price_list",
    "sale_price_list",
    "sale_subscription",
    "account_tax_rule_country",
    NULL,
};

/* What landfall makes, changes and deletes. */
static const char *const models[] = {
    "party.party",
    "party.identifier",
    "party.address",
    "company.company",
    "ir.sequence.strict",
    "product.template",
    "product.product",
    "product.identifier",
    "product.price_list.line",
    "account.tax",
    "account.tax.rule.line",
    "sale.subscription.service",
    NULL,
};

static void refuse(struct flight *flight, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    kit_batch_note(flight->batch, 0, code, path, summary, detail, advice);
    flight->refused = true;
}

static void end(struct flight *flight)
{
    kit_batch_status(flight->batch, 0, flight->refused ? LF_END_REFUSED : LF_END_OK);
    kit_batch_end(flight->batch);
}

/* True: the preflight is over. */
static bool stops(struct flight *flight, const struct rpc_reply *reply)
{
    if (reply->status == LF_END_OK)
        return false;
    if (reply->code)
        kit_batch_note(flight->batch, 0, reply->code, NULL, reply->summary, reply->detail, reply->advice);
    struct lf_result result = kit_result(reply->status);
    result.retry_after_ms = reply->retry_after_ms;
    kit_batch_answer(flight->batch, 0, &result);
    kit_batch_end(flight->batch);
    return true;
}

static const char *join(const struct flight *flight, const char *so_far, const char *more)
{
    const struct kit *kit = &flight->tryton->kit;
    return so_far ? kit_format(kit, flight->batch->op, "%s, %s", so_far, more) : more;
}

/* ---- the books ---------------------------------------------------------------------------- */

static void check_lists(struct flight *flight)
{
    const struct tryton *tryton = flight->tryton;
    const struct kit *kit = &tryton->kit;
    struct lf_op *op = flight->batch->op;
    for (size_t i = 0; i < TRYTON_INTERVALS; i++) {
        if (tryton->lists[i] && tryton->books.lists[i].id == 0)
            refuse(flight, "tryton.price_list", kit_format(kit, op, "price_lists.%s", tryton_intervals[i]),
                   kit_format(kit, op, "Tryton's company '%s' has no price list '%s'", tryton->company,
                              tryton->lists[i]),
                   NULL, "make it in Tryton, under Product, Price Lists");
        if (tryton->recurrences[i] && tryton->books.recurrences[i] == 0)
            refuse(flight, "tryton.recurrence", kit_format(kit, op, "recurrences.%s", tryton_intervals[i]),
                   kit_format(kit, op, "Tryton has no recurrence rule set '%s'", tryton->recurrences[i]),
                   NULL, "make it in Tryton, under Subscriptions, Configuration, Recurrence Rule Sets");
    }
}

static void check_books(struct flight *flight)
{
    const struct tryton *tryton = flight->tryton;
    struct look look = {.tryton = flight->tryton, .kit = &tryton->kit, .op = flight->batch->op};
    struct terms_problem problem = {0};
    if (!entity_kind.allow(&look, NULL, &problem)) {
        refuse(flight, problem.code, "company", problem.summary, problem.detail, problem.advice);
        return; /* all else belongs to the company */
    }
    if (tryton->books.tax_account == 0)
        refuse(flight, "tryton.tax_account", "tax_account",
               kit_format(&tryton->kit, look.op, "Tryton's company '%s' has no account '%s'", tryton->company,
                          tryton->tax_account),
               "there is none of that code or name, or more than one", "choose an account of its chart");
    if (tryton->books.tax_rule == 0)
        refuse(flight, "tryton.tax_rule", "tax_rule",
               kit_format(&tryton->kit, look.op, "Tryton's company '%s' has no tax rule '%s'",
                          tryton->company, tryton->tax_rule),
               "there is none of that name, or more than one",
               "make it in Tryton, under Financial, Configuration, Taxes, Rules");
    if (tryton->books.countries.count == 0)
        refuse(flight, "tryton.country", NULL, "Tryton knows no countries", NULL,
               "run trytond_import_countries on its database");
    check_lists(flight);
}

static void user_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct flight *flight = user;
    const struct tryton *tryton = flight->tryton;
    const struct kit *kit = &tryton->kit;
    const char *key = NULL;
    if (stops(flight, reply))
        return;
    const struct lf_value *row = kit->values->at(reply->result, 0, &key);
    const struct lf_value *companies = kit_get(kit, row, "companies");
    bool sees_all = kind_is_text(kit_get_text(kit, row, "company_filter"), "all");
    bool is_in = kit_get_int(kit, row, "company", 0) == tryton->books.company;
    for (size_t i = 0; sees_all && companies && i < kit->values->count(companies); i++)
        is_in |= kit->values->as_int(kit->values->at(companies, i, &key), 0) == tryton->books.company;
    if (!is_in)
        refuse(flight, "tryton.user_company", "user",
               kit_format(kit, op, "the user '%s' does not work in the company '%s'", tryton->user,
                          tryton->company),
               "Tryton shows a user the accounts, taxes and price lists of his own company alone",
               "choose it as the user's current company in Tryton, under Administration, Users");
    end(flight);
}

static void books_read(struct lf_op *op, const struct rpc_reply *failed, void *user)
{
    static const char *const fields[] = {"company", "companies", "company_filter", NULL};
    struct flight *flight = user;
    const struct kit *kit = &flight->tryton->kit;
    if (failed) {
        (void)stops(flight, failed);
        return;
    }
    check_books(flight);
    if (flight->tryton->books.company == 0) {
        end(flight);
        return;
    }
    struct rpc_search search = {
        .model = "res.user",
        .domain =
            wire_list(kit, op, 1, wire_clause(kit, op, "id", "=", kit->values->of_int(op, flight->user))),
        .fields = fields,
        /* Of a user's company Tryton says the one in the context, whatever is set. */
        .context = kit_map(kit, op),
    };
    rpc_find(flight->tryton, op, &search, user_read, flight);
}

/* ---- rights ------------------------------------------------------------------------------- */

static void access_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    static const char *const rights[] = {"read", "create", "write", "delete", NULL};
    struct flight *flight = user;
    const struct kit *kit = &flight->tryton->kit;
    if (stops(flight, reply))
        return;
    for (size_t i = 0; models[i]; i++) {
        const struct lf_value *access = wire_get(kit, op, reply->result, models[i]);
        const char *missing = NULL;
        for (size_t r = 0; rights[r]; r++) {
            const struct lf_value *right = kit_get(kit, access, rights[r]);
            if (!right || (!kit->values->as_bool(right, 0) && kit->values->as_int(right, 0) == 0))
                missing = join(flight, missing, rights[r]);
        }
        if (missing)
            refuse(flight, "tryton.access", "user",
                   kit_format(kit, op, "the user '%s' may not %s '%s'", flight->tryton->user, missing,
                              models[i]),
                   NULL, "give it the groups that the driver's README names");
    }
    books_need(flight->tryton, op, books_read, flight);
}

static void modules_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct flight *flight = user;
    struct tryton *tryton = flight->tryton;
    const struct kit *kit = &tryton->kit;
    struct look look = {.tryton = tryton, .kit = kit, .op = op};
    const char *missing = NULL;
    if (stops(flight, reply))
        return;
    for (size_t m = 0; modules[m]; m++) {
        bool is_there = false;
        for (size_t i = 0; i < kind_rows(&look, reply->result); i++)
            is_there |=
                kind_is_text(kit_get_text(kit, kind_row(&look, reply->result, i), "name"), modules[m]);
        if (!is_there)
            missing = join(flight, missing, modules[m]);
    }
    if (missing) {
        refuse(flight, "tryton.modules", "database",
               kit_format(kit, op, "the database '%s' lacks modules of Tryton", tryton->database_name),
               kit_format(kit, op, "not active: %s", missing),
               "install them beside the server and activate them with trytond-admin -u");
        end(flight);
        return;
    }
    struct rpc_ask ask = {
        .method = "model.ir.model.access.get_access",
        .params = wire_list(kit, op, 2, wire_texts(kit, op, models), rpc_context(tryton, op)),
        .doing = "ask for the rights of landfall's user",
    };
    rpc_call(tryton, op, &ask, access_read, flight);
}

/* ---- the server and the login ------------------------------------------------------------- */

static void logged_in(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    static const char *const fields[] = {"name", NULL};
    struct flight *flight = user;
    const struct kit *kit = &flight->tryton->kit;
    if (stops(flight, reply))
        return;
    flight->user = kit->values->as_int(reply->result, 0);
    struct rpc_search search = {
        .model = "ir.module",
        .domain = wire_list(kit, op, 1, wire_clause_text(kit, op, "state", "=", "activated")),
        .fields = fields,
    };
    rpc_find(flight->tryton, op, &search, modules_read, flight);
}

static void version_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct flight *flight = user;
    const struct kit *kit = &flight->tryton->kit;
    if (stops(flight, reply))
        return;
    const char *version = kit->values->as_text(reply->result, NULL);
    if (!version || strncmp(version, VERSION, strlen(VERSION)) != 0) {
        refuse(flight, "tryton.version", "url",
               kit_format(kit, op, "Tryton at '%s' has the version %s", flight->tryton->server,
                          version ? version : "unknown"),
               "this driver speaks with series 6.0", "use a server of that series");
        end(flight);
        return;
    }
    rpc_login(flight->tryton, op, logged_in, flight);
}

void preflight_verb(struct tryton *tryton, struct lf_op *op, const struct lf_request *req)
{
    struct flight *flight = tryton->kit.ops->scratch(op, sizeof(*flight));
    *flight = (struct flight){.tryton = tryton, .batch = kit_batch_one(&tryton->kit, tryton, op, req)};
    rpc_server(tryton, op, "common.server.version", "ask for its version", version_read, flight);
}
