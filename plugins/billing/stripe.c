/* billing-stripe: products, prices and tax rates in one account at Stripe. */
#include "stripe.h"

#include "stripe_account.h"
#include "stripe_api.h"
#include "stripe_look.h"
#include "stripe_work.h"

#include <landfall/billing.h>
#include <stdlib.h>
#include <string.h>

const char *stripe_tax_code(const struct stripe *stripe, const char *category)
{
    for (size_t i = 0; i < stripe->code_count; i++)
        if (strcmp(stripe->codes[i].category, category) == 0)
            return stripe->codes[i].code;
    return NULL;
}

/* ---- costs -------------------------------------------------------------------------------- */

/* Nothing is charged for what stands in the catalogue; what is sold through it costs a share. */
static void nothing(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct stripe *stripe = self;
    (void)req;
    kit_finish(&stripe->kit, op, LF_END_OK);
}

static void price_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct stripe *stripe = self;
    const char *interval = kit_get_text(&stripe->kit, req->desired, "interval");
    bool is_once = interval && strcmp(interval, "one_time") == 0;
    struct lf_result result = kit_result(LF_END_OK);
    struct lf_cost cost = {
        .what = is_once ? "what is invoiced through Stripe" : "what is charged through Stripe Billing",
        .sku = is_once ? "stripe.invoicing" : "stripe.billing",
        .unit = "unit of currency",
        .per = LF_PER_MONTH,
        .flags = LF_COST_UNBOUNDED,
    };
    if (req->desired) {
        result.costs = &cost;
        result.cost_count = 1;
        result.cost_size = sizeof(cost);
    }
    stripe->kit.ops->finish(op, &result);
}

#define product_estimate nothing
#define tax_estimate     nothing

/* ---- types -------------------------------------------------------------------------------- */

/* A verb is told its type by being its own function. */
#define VERBS(type)                                                                                          \
    static void type##_look(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        look_verb(&type##_kind, self, op, &req, 1, true);                                                    \
    }                                                                                                        \
    static void type##_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,              \
                            size_t count)                                                                    \
    {                                                                                                        \
        look_verb(&type##_kind, self, op, reqs, count, false);                                               \
    }                                                                                                        \
    static void type##_owned(void *self, struct lf_op *op, const struct lf_request *req)                     \
    {                                                                                                        \
        look_owned(&type##_kind, self, op, req);                                                             \
    }                                                                                                        \
    static void type##_work(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        work_verb(&type##_kind, self, op, req);                                                              \
    }                                                                                                        \
    static void type##_plan(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        work_plan(&type##_kind, self, op, req);                                                              \
    }

VERBS(product)
VERBS(price)
VERBS(tax)

static void entity_look(void *self, struct lf_op *op, const struct lf_request *req)
{
    account_look(self, op, req);
}

static void entity_refuse(void *self, struct lf_op *op, const struct lf_request *req)
{
    account_refuse(self, op, req);
}

static void stripe_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    account_preflight(self, op, req);
}

/* Stripe keeps keys for at least 24 hours; an hour is left for clocks and queues. */
#define RETENTION_S (23u * 3600u)

/* A repeat under the same key is answered with what the first request did, so it need not wait for a request
 * whose sender died, and when that one comes late it finds its key used. */
static const struct lf_settle keyed = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_TOKENED,
    .destroy = LF_SETTLE_TOKENED,
    .token_retention_s = RETENTION_S,
    .max_inflight_ms = API_TIMEOUT_MS,
};

/* A DELETE has no key, and the id of a product may be used again: a late one must have come before that. */
static const struct lf_settle named = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_TOKENED,
    .update = LF_SETTLE_TOKENED,
    .destroy = LF_SETTLE_NAMED,
    .token_retention_s = RETENTION_S,
    .max_inflight_ms = API_TIMEOUT_MS,
};

#define RESOURCE(type, how, most, text)                                                                      \
    {                                                                                                        \
        .struct_size = sizeof(struct lf_resource), .name = #type, .doc = text, .schema = &lf_billing_##type, \
        .settle = &(how), .pool = "billing-stripe", .read = type##_look, .create = type##_work,              \
        .destroy = type##_work, .update = type##_work, .plan = type##_plan, .recover = type##_look,          \
        .estimate = type##_estimate, .find = type##_look, .owned = type##_owned, .read_many = type##_many,   \
        .recover_many = type##_many, .max_batch = (most),                                                    \
    }

/* The most that one list answers for: ids of products and lookup keys of prices are limited by Stripe. */
static const struct lf_resource product = RESOURCE(product, named, 100, "something that is sold");
static const struct lf_resource price = RESOURCE(price, keyed, 10, "what a product costs in one currency");
static const struct lf_resource tax = RESOURCE(tax, keyed, 1000, "the rate of tax in a jurisdiction");
static const struct lf_resource entity = {
    .struct_size = sizeof(struct lf_resource),
    .traits = LF_TRAIT_MARKLESS,
    .name = "entity",
    .doc = "the account at Stripe; it is looked at, never made",
    .schema = &lf_billing_entity,
    .settle = &named,
    .pool = "billing-stripe",
    .read = entity_look,
    .create = entity_refuse,
    .destroy = entity_refuse,
    .plan = entity_refuse,
    .find = entity_look,
    .estimate = nothing,
    .owned = nothing, /* none of them is landfall's */
};
static const struct lf_resource *const resources[] = {&entity, &product, &price, &tax, NULL};

/* ---- settings ----------------------------------------------------------------------------- */

static const struct lf_attr setting_attrs[] = {
    {"api_key", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_SECRET, "a secret or restricted key of the account",
     NULL, NULL, 0, 1},
    {"account", LF_KIND_TEXT, 0, "the account the key must be of: \"acct_1032D82eZvKYlo2C\"", NULL, NULL, 0,
     1},
    {"tax_codes", LF_KIND_MAP, 0,
     "Stripe's tax code for each category of products: { standard: txcd_10103001 }; left out: codes are left "
     "alone",
     NULL, NULL, 0, 1},
    {"url", LF_KIND_TEXT, 0, "where the API is", NULL, "\"https://api.stripe.com\"", 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static void stripe_close(void *self)
{
    struct stripe *stripe = self;
    for (size_t i = 0; i < stripe->code_count; i++) {
        free(stripe->codes[i].category);
        free(stripe->codes[i].code);
    }
    free(stripe->codes);
    free(stripe->account);
    free(stripe->url);
    free(stripe);
}

static bool refuse(struct lf_diag *why, const char *path, const char *summary, const char *advice)
{
    why->code = "stripe.settings";
    why->path = path;
    why->summary = summary;
    why->advice = advice;
    return false;
}

/* The key goes with every request, so it goes in the clear to this machine alone. */
static bool is_safe_url(const char *url)
{
    static const char *const here[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    if (strncmp(url, "https://", 8) == 0)
        return url[8] != '\0' && !strpbrk(url, "?#@ ");
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        size_t len = strlen(here[i]);
        if (strncmp(url, here[i], len) == 0 && strchr(":/", url[len]) && !strpbrk(url, "?#@ "))
            return true;
    }
    return false;
}

static bool check_codes(const struct kit *kit, const struct lf_value *codes, struct lf_diag *why)
{
    size_t count = codes ? kit->values->count(codes) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *category = NULL;
        const char *code = kit->values->as_text(kit->values->at(codes, i, &category), NULL);
        if (!code || strncmp(code, "txcd_", 5) != 0 || code[5 + strspn(code + 5, "0123456789")] != '\0')
            return refuse(why, "tax_codes", "a tax code of Stripe's is 'txcd_' and digits",
                          "docs.stripe.com/tax/tax-codes lists them");
    }
    return true;
}

static bool check_settings(const struct kit *kit, const struct lf_value *settings, struct lf_diag *why)
{
    const char *url = kit_get_text(kit, settings, "url"), *account = kit_get_text(kit, settings, "account");
    if (url && !is_safe_url(url))
        return refuse(why, "url", "'url' is an https address; plain http is for this machine alone",
                      "leave it out to speak to https://api.stripe.com");
    if (account && (strncmp(account, "acct_", 5) != 0 || !account[5]))
        return refuse(why, "account", "an account of Stripe's is named 'acct_...'",
                      "take it from Settings, Account details, in Stripe's dashboard");
    return check_codes(kit, kit_get(kit, settings, "tax_codes"), why);
}

static bool keep_codes(struct stripe *stripe, const struct lf_value *codes)
{
    const struct lf_values *values = stripe->kit.values;
    size_t count = codes ? values->count(codes) : 0;
    stripe->codes = calloc(count + 1, sizeof(*stripe->codes));
    for (size_t i = 0; stripe->codes && i < count; i++) {
        const char *category = NULL;
        const char *code = values->as_text(values->at(codes, i, &category), NULL);
        struct stripe_code *kept = &stripe->codes[stripe->code_count++];
        kept->category = strdup(category);
        kept->code = strdup(code);
        if (!kept->category || !kept->code)
            return false;
    }
    return stripe->codes != NULL;
}

static bool keep_all(struct stripe *stripe, const struct lf_value *settings)
{
    const char *url = kit_get_text(&stripe->kit, settings, "url");
    const char *account = kit_get_text(&stripe->kit, settings, "account");
    stripe->api_key = kit_get(&stripe->kit, settings, "api_key");
    stripe->url = strdup(url ? url : "https://api.stripe.com");
    stripe->account = account ? strdup(account) : NULL;
    for (size_t len = stripe->url ? strlen(stripe->url) : 0; len > 0 && stripe->url[len - 1] == '/'; len--)
        stripe->url[len - 1] = '\0';
    return stripe->url && (stripe->account || !account) &&
           keep_codes(stripe, kit_get(&stripe->kit, settings, "tax_codes"));
}

static int stripe_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                       struct lf_diag *why)
{
    struct kit kit;
    kit_init(&kit, host);
    if (!check_settings(&kit, settings, why))
        return -1;
    struct stripe *stripe = calloc(1, sizeof(*stripe));
    if (stripe)
        stripe->kit = kit;
    if (!stripe || !keep_all(stripe, settings)) {
        why->summary = "out of memory";
        if (stripe)
            stripe_close(stripe);
        return -1;
    }
    *self = stripe;
    return 0;
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "billing",
    .name = "stripe",
    .version = "1.0.0",
    .doc = "products, prices and tax rates in an account at Stripe",
    .contract_version = LF_BILLING_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = stripe_open,
    .close = stripe_close,
    .preflight = stripe_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
