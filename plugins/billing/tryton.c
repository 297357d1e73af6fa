/* billing-tryton: legal entities, products, prices and taxes in Tryton 6.0, an open-source ERP, over
 * JSON-RPC. */
#include "tryton.h"

#include "tryton_kind.h"
#include "tryton_look.h"
#include "tryton_preflight.h"
#include "tryton_work.h"

#include <landfall/billing.h>
#include <stdlib.h>
#include <string.h>

const char *const tryton_intervals[TRYTON_INTERVALS + 1] = {
    [TRYTON_MONTH] = "month", [TRYTON_YEAR] = "year", [TRYTON_ONE_TIME] = "one_time"};

/* ---- verbs -------------------------------------------------------------------------------- */

/* A company costs what its hoster charges for one; all else is a row in a database that is there anyway. */
static void entity_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct tryton *tryton = self;
    struct lf_result result = kit_result(LF_END_OK);
    struct lf_cost cost = {
        .what = "a company in Tryton",
        .sku = "tryton.company",
        .unit = "company",
        .per = LF_PER_MONTH,
        .low_milli = 1000,
        .expected_milli = 1000,
        .high_milli = 1000,
    };
    if (req->desired) {
        result.costs = &cost;
        result.cost_count = 1;
        result.cost_size = sizeof(cost);
    }
    tryton->kit.ops->finish(op, &result);
}

static void no_estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct tryton *tryton = self;
    (void)req;
    kit_finish(&tryton->kit, op, LF_END_OK);
}

#define product_estimate no_estimate
#define price_estimate   no_estimate
#define tax_estimate     no_estimate

/* A verb is told its type by being its own function.  One lane for each type: two entities may want one
 * invoice prefix, and two taxes one country on the same day, which Tryton itself does not mind. */
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
    }                                                                                                        \
    static const char *type##_lane(void *self, struct lf_op *op, const struct lf_request *req)               \
    {                                                                                                        \
        (void)self;                                                                                          \
        (void)op;                                                                                            \
        (void)req;                                                                                           \
        return #type;                                                                                        \
    }

VERBS(entity)
VERBS(product)
VERBS(price)
VERBS(tax)

/* A request that was sent is given 20 s to be answered, and a server that has read it may still finish it
 * after its sender is gone.  A delete says which state of which record it means, and ids are never used
 * again. */
static const struct lf_settle settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_FINDABLE,
    .update = LF_SETTLE_FINDABLE,
    .destroy = LF_SETTLE_CONDITIONAL,
    .max_inflight_ms = 20000,
};

#define MANY 100 /* a search of Tryton's with this many clauses is still one small statement */

#define RESOURCE(type, text)                                                                                 \
    {                                                                                                        \
        .struct_size = sizeof(struct lf_resource), .name = #type, .doc = text, .schema = &lf_billing_##type, \
        .settle = &settle, .pool = "billing-tryton", .lane = type##_lane, .read = type##_look,               \
        .create = type##_work, .destroy = type##_work, .update = type##_work, .plan = type##_plan,           \
        .recover = type##_look, .estimate = type##_estimate, .find = type##_look, .owned = type##_owned,     \
        .read_many = type##_many, .recover_many = type##_many, .max_batch = MANY,                            \
    }

static const struct lf_resource entity = RESOURCE(entity, "a legal entity that invoices, with its numbering");
static const struct lf_resource product = RESOURCE(product, "something that is sold");
static const struct lf_resource price = RESOURCE(price, "what a product costs in one currency");
static const struct lf_resource tax = RESOURCE(tax, "the rate of tax in a jurisdiction, for a time");
static const struct lf_resource *const resources[] = {&entity, &product, &price, &tax, NULL};

static void tryton_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    preflight_verb(self, op, req);
}

/* ---- settings ----------------------------------------------------------------------------- */

static const struct lf_attr list_attrs[] = {
    {"month", LF_KIND_TEXT, 0, "name of the list for what is paid every month", NULL, NULL, 0, 1},
    {"year", LF_KIND_TEXT, 0, "name of the list for what is paid every year", NULL, NULL, 0, 1},
    {"one_time", LF_KIND_TEXT, 0, "name of the list for what is paid once", NULL, NULL, 0, 1},
};
static const struct lf_schema list_schema = LF_SCHEMA(1, list_attrs);

static const struct lf_attr recurrence_attrs[] = {
    {"month", LF_KIND_TEXT, 0, "name of the rule set that comes round every month", NULL, NULL, 0, 1},
    {"year", LF_KIND_TEXT, 0, "name of the rule set that comes round every year", NULL, NULL, 0, 1},
};
static const struct lf_schema recurrence_schema = LF_SCHEMA(1, recurrence_attrs);

static const struct lf_attr setting_attrs[] = {
    {"url", LF_KIND_TEXT, LF_ATTR_REQUIRED, "address of the server: \"https://tryton.acme.example\"", NULL,
     NULL, 0, 1},
    {"database", LF_KIND_TEXT, LF_ATTR_REQUIRED, "name of its database", NULL, NULL, 0, 1},
    {"user", LF_KIND_TEXT, LF_ATTR_REQUIRED, "login of landfall's own user", NULL, NULL, 0, 1},
    {"password", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_SECRET, "its password", NULL, NULL, 0, 1},
    {"company", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "code or name of the party whose company keeps the books: taxes and price lists are made in it", NULL,
     NULL, 0, 1},
    {"tax_account", LF_KIND_TEXT, LF_ATTR_REQUIRED, "code or name of the account that taxes are booked to",
     NULL, NULL, 0, 1},
    {"tax_rule", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "name of the tax rule that customers have; each tax adds its line to it", NULL, NULL, 0, 1},
    {"price_lists", LF_KIND_MAP, LF_ATTR_REQUIRED, "the price list for each interval", &list_schema, NULL, 0,
     1},
    {"recurrences", LF_KIND_MAP, 0,
     "the recurrence rule set for each interval; without one no subscription services are made",
     &recurrence_schema, NULL, 0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static void tryton_close(void *self)
{
    struct tryton *tryton = self;
    for (size_t i = 0; i < TRYTON_INTERVALS; i++) {
        free(tryton->lists[i]);
        free(tryton->recurrences[i]);
    }
    free(tryton->server);
    free(tryton->database);
    free(tryton->database_name);
    free(tryton->user);
    free(tryton->company);
    free(tryton->tax_account);
    free(tryton->tax_rule);
    free(tryton->session);
    books_free(&tryton->books);
    free(tryton);
}

static bool keep(const struct kit *kit, const struct lf_value *settings, const char *path, char **out)
{
    const char *text = kit_get_text(kit, settings, path);
    if (!text)
        return true;
    *out = strdup(text);
    return *out != NULL;
}

/* "http://127.0.0.1:8000" and "acme": the server is asked at "http://127.0.0.1:8000/", its database below. */
static bool keep_urls(struct tryton *tryton, const char *url)
{
    size_t len = strlen(url), name = strlen(tryton->database_name);
    while (len > 0 && url[len - 1] == '/')
        len--;
    tryton->server = calloc(1, len + 2);
    tryton->database = calloc(1, len + name + 3);
    if (!tryton->server || !tryton->database)
        return false;
    memcpy(tryton->server, url, len);
    tryton->server[len] = '/';
    memcpy(tryton->database, tryton->server, len + 1);
    memcpy(tryton->database + len + 1, tryton->database_name, name);
    tryton->database[len + 1 + name] = '/';
    return true;
}

static bool keep_all(struct tryton *tryton, const struct lf_value *settings)
{
    const struct kit *kit = &tryton->kit;
    const struct {
        const char *path;
        char **out;
    } texts[] = {
        {"database", &tryton->database_name},
        {"user", &tryton->user},
        {"company", &tryton->company},
        {"tax_account", &tryton->tax_account},
        {"tax_rule", &tryton->tax_rule},
        {"price_lists.month", &tryton->lists[TRYTON_MONTH]},
        {"price_lists.year", &tryton->lists[TRYTON_YEAR]},
        {"price_lists.one_time", &tryton->lists[TRYTON_ONE_TIME]},
        {"recurrences.month", &tryton->recurrences[TRYTON_MONTH]},
        {"recurrences.year", &tryton->recurrences[TRYTON_YEAR]},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!keep(kit, settings, texts[i].path, texts[i].out))
            return false;
    tryton->password = kit_get(kit, settings, "password");
    return keep_urls(tryton, kit_get_text(kit, settings, "url"));
}

static bool is_among(const char *text, const char *chars)
{
    return text && text[0] && strspn(text, chars) == strlen(text);
}

/* What is wrong with the settings in themselves. */
static bool check_settings(const struct kit *kit, const struct lf_value *settings, struct lf_diag *why)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *url = kit_get_text(kit, settings, "url");
    const char *user = kit_get_text(kit, settings, "user");
    why->code = "tryton.settings";
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)) {
        why->path = "url";
        why->summary = "'url' is the address of a Tryton server";
        why->advice = "write it with its scheme: https://tryton.acme.example";
        return false;
    }
    if (!is_among(kit_get_text(kit, settings, "database"), letters)) {
        why->path = "database";
        why->summary = "the name of a database has letters, digits, '_' and '-'";
        return false;
    }
    /* The session's header is "user:number:session". */
    if (!user || !user[0] || strchr(user, ':')) {
        why->path = "user";
        why->summary = "a login is not empty and holds no ':'";
        return false;
    }
    return true;
}

/* Two intervals in one list would be two lines for one product, of which Tryton only ever asks the first. */
static bool check_lists(const struct tryton *tryton, struct lf_diag *why)
{
    for (size_t a = 0; a < TRYTON_INTERVALS; a++)
        for (size_t b = a + 1; b < TRYTON_INTERVALS; b++) {
            bool lists =
                tryton->lists[a] && tryton->lists[b] && strcmp(tryton->lists[a], tryton->lists[b]) == 0;
            bool recurrences = tryton->recurrences[a] && tryton->recurrences[b] &&
                               strcmp(tryton->recurrences[a], tryton->recurrences[b]) == 0;
            if (!lists && !recurrences)
                continue;
            why->path = lists ? "price_lists" : "recurrences";
            why->summary = lists ? "each interval needs a price list of its own"
                                 : "each interval needs a recurrence of its own";
            why->advice = "a product has one price in a list";
            return false;
        }
    return true;
}

static int tryton_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                       struct lf_diag *why)
{
    struct kit kit;
    kit_init(&kit, host);
    if (!check_settings(&kit, settings, why))
        return -1;
    struct tryton *tryton = calloc(1, sizeof(*tryton));
    if (!tryton) {
        why->summary = "out of memory";
        return -1;
    }
    tryton->kit = kit;
    bool is_kept = keep_all(tryton, settings);
    if (!is_kept)
        why->summary = "out of memory";
    if (!is_kept || !check_lists(tryton, why)) {
        tryton_close(tryton);
        return -1;
    }
    *self = tryton;
    return 0;
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "billing",
    .name = "tryton",
    .version = "1.0.0",
    .doc = "entities, products, prices and taxes in Tryton 6.0",
    .contract_version = LF_BILLING_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = tryton_open,
    .close = tryton_close,
    .preflight = tryton_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
