/* billing-local: legal entities, products, prices and tax rules in one documented JSON file. */
#include "currency.h"
#include "kit_edit.h"
#include "kit_plan.h"
#include "local_catalog.h"
#include "local_rules.h"
#include "terms.h"

#include <landfall/billing.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)64 << 20)

struct local {
    struct kit kit;
    char *file; /* <folder>/catalogue.json */
};

static const struct lf_schema *const schemas[CATALOG_SECTIONS] = {
    [CATALOG_ENTITIES] = &lf_billing_entity,
    [CATALOG_PRODUCTS] = &lf_billing_product,
    [CATALOG_PRICES] = &lf_billing_price,
    [CATALOG_TAXES] = &lf_billing_tax,
};

/* The catalogue one batch works on; all its requests are of one type. */
struct desk {
    struct kit_batch *batch;
    struct catalog *catalog;
    uint32_t section;
};

static const struct lf_value *subject(const struct lf_request *req)
{
    bool past = req->verb == LF_VERB_READ || req->verb == LF_VERB_DESTROY;
    if (past)
        return req->prior ? req->prior : req->desired;
    return req->desired ? req->desired : req->prior;
}

static void refuse(struct kit_batch *batch, size_t i, const struct terms_problem *problem)
{
    kit_batch_refuse(batch, i, problem->code, problem->path, problem->summary, problem->detail,
                     problem->advice);
}

static void taken(struct kit_batch *batch, size_t i, const char *marker)
{
    struct lf_result result = kit_result(LF_END_EXISTS);
    result.marker = marker;
    kit_batch_answer(batch, i, &result);
}

/* ---- between a declaration and its entry in the file -------------------------------------- */

static bool is_set(const struct kit *kit, const struct lf_value *value)
{
    return value && kit->values->kind(value) != LF_KIND_NULL;
}

/* An amount that means the same as in `spelled` keeps that spelling; else it has the spelling's kind. */
static const struct lf_value *spell_amount(const struct desk *desk, const struct lf_value *thing,
                                           const struct lf_value *spelled)
{
    const struct kit *kit = desk->batch->kit;
    const struct lf_value *amount = kit_get(kit, spelled, "amount");
    int64_t minor = terms_minor(kit, thing);
    if (is_set(kit, amount) && terms_minor(kit, spelled) == minor)
        return amount;
    if (is_set(kit, amount) && kit->values->kind(amount) == LF_KIND_INT)
        return kit->values->of_int(desk->batch->op, minor);
    return kit_get(kit, thing, "amount");
}

/* The truth, as the schema names it.  What else people keep in an entry is theirs. */
static const struct lf_value *state_of(const struct desk *desk, const struct lf_value *thing,
                                       const struct lf_value *spelled)
{
    const struct kit *kit = desk->batch->kit;
    const struct lf_schema *schema = schemas[desk->section];
    const struct lf_value *state = kit_map(kit, desk->batch->op);
    for (uint32_t i = 0; i < schema->attr_count; i++) {
        const char *name = schema->attrs[i].name;
        const struct lf_value *value = kit_get(kit, thing, name);
        if (desk->section == CATALOG_PRICES && strcmp(name, "amount") == 0)
            value = spell_amount(desk, thing, spelled);
        else if (desk->section == CATALOG_PRICES && strcmp(name, "amount_minor") == 0)
            value = kit->values->of_int(desk->batch->op, terms_minor(kit, thing));
        if (is_set(kit, value))
            state = kit_put(kit, desk->batch->op, state, name, value);
    }
    return state;
}

/* An entry without the key `name`.  The host's values cannot take a key away, so the rest is copied. */
static const struct lf_value *without(const struct desk *desk, const struct lf_value *thing, const char *name)
{
    const struct kit *kit = desk->batch->kit;
    if (!kit_get(kit, thing, name))
        return thing;
    struct kit_text text = {0};
    size_t count = kit->values->count(thing);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(thing, i, &key);
        if (strcmp(key, name) == 0)
            continue;
        const struct lf_value *quoted = kit->values->of_text(desk->batch->op, key, strlen(key));
        kit_text_print(kit, desk->batch->op, &text, "%s%s:%s", text.len > 0 ? "," : "{",
                       kit->values->to_json(desk->batch->op, quoted, NULL),
                       kit->values->to_json(desk->batch->op, value, NULL));
    }
    kit_text_print(kit, desk->batch->op, &text, "%s}", text.len > 0 ? "" : "{");
    return kit->values->from_json(desk->batch->op, text.bytes, text.len);
}

static const struct lf_value *put_amount(const struct desk *desk, const struct lf_value *thing,
                                         const struct lf_value *desired)
{
    const struct kit *kit = desk->batch->kit;
    uint32_t decimals = 0;
    char text[CURRENCY_TEXT];
    int64_t minor = terms_minor(kit, desired);
    (void)currency_find(kit_get_text(kit, desired, "currency"), &decimals);
    currency_print(minor, decimals, text);
    thing = kit_put_text(kit, desk->batch->op, thing, "amount", text);
    return kit_put_int(kit, desk->batch->op, thing, "amount_minor", minor);
}

/* The entry that is asked for: what was there with every attribute of the schema replaced.  The number of
 * the next invoice stays, whatever else changes. */
static const struct lf_value *entry_for(const struct desk *desk, const struct lf_value *old,
                                        const struct lf_request *req)
{
    const struct kit *kit = desk->batch->kit;
    struct lf_op *op = desk->batch->op;
    const struct lf_schema *schema = schemas[desk->section];
    const struct lf_value *thing = old ? old : kit_map(kit, op);
    for (uint32_t i = 0; i < schema->attr_count; i++) {
        const struct lf_attr *attr = &schema->attrs[i];
        const struct lf_value *value = kit_get(kit, req->desired, attr->name);
        if (strcmp(attr->name, "options") == 0 || (attr->flags & LF_ATTR_COMPUTED))
            continue;
        if (!is_set(kit, value) && attr->fallback)
            value = kit->values->from_json(op, attr->fallback, strlen(attr->fallback));
        thing = is_set(kit, value) ? kit_put(kit, op, thing, attr->name, value)
                                   : without(desk, thing, attr->name);
    }
    if (desk->section == CATALOG_ENTITIES && !kit_has(kit, thing, "next_invoice"))
        thing = kit_put(kit, op, thing, "next_invoice", kit_get(kit, thing, "first_invoice"));
    if (desk->section == CATALOG_PRICES)
        thing = put_amount(desk, thing, req->desired);
    const struct lf_value *mark = kit_put_text(kit, op, kit_map(kit, op), "marker", req->marker);
    mark = kit_put_text(kit, op, mark, "address", req->address);
    return kit_put(kit, op, thing, "landfall", mark);
}

/* ---- one item ----------------------------------------------------------------------------- */

static void answer(const struct desk *desk, size_t i, const char *code, const struct lf_value *spelled)
{
    const struct lf_value *thing = catalog_find(desk->catalog, desk->section, code);
    struct lf_result result = kit_result(LF_END_OK);
    result.id = code;
    result.marker = catalog_marker(desk->catalog, thing);
    result.state = state_of(desk, thing, spelled);
    kit_batch_answer(desk->batch, i, &result);
}

static void change(const struct desk *desk, size_t i, const char *code)
{
    const struct lf_request *req = desk->batch->reqs[i];
    const struct lf_value *old = catalog_find(desk->catalog, desk->section, code);
    const char *marker = old ? catalog_marker(desk->catalog, old) : NULL;
    struct terms_problem problem;
    const struct rules *rules = rules_of(desk->section);
    if (!old && req->verb == LF_VERB_UPDATE) {
        kit_batch_status(desk->batch, i, LF_END_GONE);
        return;
    }
    if (old && !kit_may_change(desk->batch->kit, req, marker)) {
        taken(desk->batch, i, marker);
        return;
    }
    if (!rules->alone(desk->batch->kit, desk->batch->op, "local", req->desired, &problem) ||
        (rules->beside && !rules->beside(desk->catalog, code, req->desired, &problem))) {
        refuse(desk->batch, i, &problem);
        return;
    }
    catalog_put(desk->catalog, desk->section, code, entry_for(desk, old, req));
    answer(desk, i, code, req->desired);
}

static void destroy(const struct desk *desk, size_t i, const char *code)
{
    const struct lf_value *old = catalog_find(desk->catalog, desk->section, code);
    const char *marker = old ? catalog_marker(desk->catalog, old) : NULL;
    const struct rules *rules = rules_of(desk->section);
    struct terms_problem problem;
    if (!old) {
        kit_batch_status(desk->batch, i, LF_END_GONE);
    } else if (!kit_may_change(desk->batch->kit, desk->batch->reqs[i], marker)) {
        taken(desk->batch, i, marker);
    } else if (rules->remove && !rules->remove(desk->catalog, code, old, &problem)) {
        refuse(desk->batch, i, &problem);
    } else {
        catalog_remove(desk->catalog, desk->section, code);
        kit_batch_status(desk->batch, i, LF_END_GONE);
    }
}

static void look(const struct desk *desk, size_t i, const char *code)
{
    const struct lf_request *req = desk->batch->reqs[i];
    const struct lf_value *thing = catalog_find(desk->catalog, desk->section, code);
    const char *marker = thing ? catalog_marker(desk->catalog, thing) : NULL;
    if (!thing)
        kit_batch_status(desk->batch, i, LF_END_GONE);
    else if (req->verb == LF_VERB_RECOVER && !(marker && strcmp(marker, req->marker) == 0))
        taken(desk->batch, i, marker);
    else
        answer(desk, i, code, subject(req));
}

static void settle_item(const struct desk *desk, size_t i)
{
    const struct lf_request *req = desk->batch->reqs[i];
    const char *code = kit_get_text(desk->batch->kit, subject(req), "code");
    if (!code)
        kit_batch_refuse(desk->batch, i, "billing.code", "code", "the code is missing", NULL, NULL);
    else if (req->verb == LF_VERB_DESTROY)
        destroy(desk, i, code);
    else if (kit_changes(req))
        change(desk, i, code);
    else
        look(desk, i, code);
}

/* ---- the file ----------------------------------------------------------------------------- */

static uint32_t edit_catalog(struct kit_edit *edit)
{
    struct kit_batch *batch = edit->batch;
    struct desk *desk = batch->user;
    const char *why = NULL;
    if (!catalog_parse(batch->kit, batch->op, edit->text, edit->len, &desk->catalog, &why)) {
        const char *summary = kit_format(batch->kit, batch->op, "'%s' is not a catalogue", edit->path);
        for (size_t i = 0; i < batch->count; i++) {
            kit_batch_note(batch, i, "billing.catalogue_syntax", NULL, summary, why,
                           "mend the file; it is not written as long as it cannot be read whole");
            kit_batch_status(batch, i, kit_changes(batch->reqs[i]) ? LF_END_FAILED : LF_END_CANNOT_TELL);
        }
        return KIT_EDIT_KEEP;
    }
    for (size_t i = 0; i < batch->count; i++)
        settle_item(desk, i);
    if (!desk->catalog->changed)
        return KIT_EDIT_KEEP;
    edit->text = catalog_print(desk->catalog, &edit->len);
    return KIT_EDIT_WRITE;
}

static void start(struct kit_batch *batch, uint32_t section)
{
    const struct local *local = batch->self;
    struct desk *desk = local->kit.ops->scratch(batch->op, sizeof(*desk));
    desk->batch = batch;
    desk->section = section;
    batch->user = desk;
    kit_edit(batch, "billing", local->file, FILE_MOST, edit_catalog);
}

/* ---- planning ----------------------------------------------------------------------------- */

struct plan_ask {
    const struct kit *kit;
    struct lf_op *op;
    const struct lf_request *req;
};

/* 4900 and "49.00" are one amount. */
static bool same_amount(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct plan_ask *ask = self;
    if (strcmp(name, "amount") != 0)
        return false;
    int64_t left = terms_minor(ask->kit, kit_put(ask->kit, ask->op, ask->req->desired, name, a));
    int64_t right = terms_minor(ask->kit, kit_put(ask->kit, ask->op, ask->req->desired, name, b));
    return left >= 0 && left == right;
}

static void plan(void *self, struct lf_op *op, const struct lf_request *req, uint32_t section)
{
    const struct local *local = self;
    const struct kit *kit = &local->kit;
    struct terms_problem problem;
    if (req->desired && !rules_of(section)->alone(kit, op, "local", req->desired, &problem)) {
        kit_refuse(kit, op, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
        return;
    }
    const struct lf_value *computed = kit_map(kit, op);
    int64_t minor = section == CATALOG_PRICES ? terms_minor(kit, req->desired) : -1;
    if (minor >= 0)
        computed = kit_put_int(kit, op, computed, "amount_minor", minor);
    struct plan_ask ask = {kit, op, req};
    kit_plan(kit, &ask, op, req, schemas[section], computed, same_amount);
}

/* ---- the sweep ---------------------------------------------------------------------------- */

static void give_found(const struct desk *desk, const struct catalog_thing *thing)
{
    const struct kit *kit = desk->batch->kit;
    struct lf_op *op = desk->batch->op;
    const char *marker = catalog_marker(desk->catalog, thing->value);
    if (!marker)
        return;
    const char *address = kit_get_text(kit, kit_get(kit, thing->value, "landfall"), "address");
    struct lf_result result = kit_result(LF_END_OK);
    result.marker = marker;
    result.id = thing->code;
    result.state = state_of(desk, thing->value, NULL);
    result.memo = kit_put_text(kit, op, kit_map(kit, op), "address", address);
    kit->ops->found(op, &result);
}

static uint32_t sweep_catalog(struct kit_edit *edit)
{
    struct kit_batch *batch = edit->batch;
    struct desk *desk = batch->user;
    const char *why = NULL;
    if (!catalog_parse(batch->kit, batch->op, edit->text, edit->len, &desk->catalog, &why)) {
        kit_batch_note(batch, 0, "billing.catalogue_syntax", NULL,
                       kit_format(batch->kit, batch->op, "'%s' is not a catalogue", edit->path), why, NULL);
        kit_batch_status(batch, 0, LF_END_CANNOT_TELL);
        return KIT_EDIT_KEEP;
    }
    const struct catalog_section *section = &desk->catalog->sections[desk->section];
    for (size_t i = 0; i < section->count; i++)
        give_found(desk, &section->things[i]);
    kit_batch_status(batch, 0, LF_END_OK);
    return KIT_EDIT_KEEP;
}

static void owned(void *self, struct lf_op *op, const struct lf_request *req, uint32_t section)
{
    const struct local *local = self;
    struct kit_batch *batch = kit_batch_one(&local->kit, self, op, req);
    struct desk *desk = local->kit.ops->scratch(op, sizeof(*desk));
    desk->batch = batch;
    desk->section = section;
    batch->user = desk;
    kit_edit(batch, "billing", local->file, FILE_MOST, sweep_catalog);
}

/* ---- verbs -------------------------------------------------------------------------------- */

/* One writer for the whole file, whatever the type. */
static const char *lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    (void)op;
    (void)req;
    return local->file;
}

/* A line in a file costs nothing. */
static void estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    (void)req;
    kit_finish(&local->kit, op, LF_END_OK);
}

/* A verb is told its type by being its own function. */
#define VERBS(type, section)                                                                                 \
    static void type##_verb(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        start(kit_batch_one(&((struct local *)self)->kit, self, op, req), section);                          \
    }                                                                                                        \
    static void type##_many(void *self, struct lf_op *op, const struct lf_request *const *reqs,              \
                            size_t count)                                                                    \
    {                                                                                                        \
        start(kit_batch_many(&((struct local *)self)->kit, self, op, reqs, count), section);                 \
    }                                                                                                        \
    static void type##_plan(void *self, struct lf_op *op, const struct lf_request *req)                      \
    {                                                                                                        \
        plan(self, op, req, section);                                                                        \
    }                                                                                                        \
    static void type##_owned(void *self, struct lf_op *op, const struct lf_request *req)                     \
    {                                                                                                        \
        owned(self, op, req, section);                                                                       \
    }

VERBS(entity, CATALOG_ENTITIES)
VERBS(product, CATALOG_PRODUCTS)
VERBS(price, CATALOG_PRICES)
VERBS(tax, CATALOG_TAXES)

static const struct lf_settle named = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
};

#define RESOURCE(type, text)                                                                                 \
    {                                                                                                        \
        .struct_size = sizeof(struct lf_resource), .name = #type, .doc = text, .schema = &lf_billing_##type, \
        .settle = &named, .pool = "billing-local", .lane = lane, .read = type##_verb, .create = type##_verb, \
        .destroy = type##_verb, .update = type##_verb, .plan = type##_plan, .recover = type##_verb,          \
        .estimate = estimate, .find = type##_verb, .owned = type##_owned, .read_many = type##_many,          \
        .change_many = type##_many, .recover_many = type##_many, .find_many = type##_many,                   \
    }

static const struct lf_resource entity = RESOURCE(entity, "a legal entity that invoices, with its numbering");
static const struct lf_resource product = RESOURCE(product, "something that is sold");
static const struct lf_resource price = RESOURCE(price, "what a product costs in one currency");
static const struct lf_resource tax = RESOURCE(tax, "the rate of tax in a jurisdiction, for a time");
static const struct lf_resource *const resources[] = {&entity, &product, &price, &tax, NULL};

static uint32_t preflight_catalog(struct kit_edit *edit)
{
    struct kit_batch *batch = edit->batch;
    struct catalog *catalog = NULL;
    const char *why = NULL;
    if (catalog_parse(batch->kit, batch->op, edit->text, edit->len, &catalog, &why)) {
        kit_batch_status(batch, 0, LF_END_OK);
        return KIT_EDIT_KEEP;
    }
    kit_batch_note(batch, 0, "billing.catalogue_syntax", "path",
                   kit_format(batch->kit, batch->op, "'%s' is not a catalogue", edit->path), why, NULL);
    kit_batch_status(batch, 0, LF_END_FAILED);
    return KIT_EDIT_KEEP;
}

static void local_preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct local *local = self;
    kit_edit(kit_batch_one(&local->kit, self, op, req), "billing", local->file, FILE_MOST, preflight_catalog);
}

static const struct lf_attr setting_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, "folder of catalogue.json, relative to the project", NULL, NULL,
     0, 1},
};
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

static void local_close(void *self)
{
    struct local *local = self;
    free(local->file);
    free(local);
}

static int local_open(const struct lf_host *host, const struct lf_value *settings, void **self,
                      struct lf_diag *why)
{
    static const char name[] = "/catalogue.json";
    struct kit kit;
    kit_init(&kit, host);
    const char *path = kit_get_text(&kit, settings, "path");
    why->code = "billing.settings";
    if (!path || !path[0]) {
        why->path = "path";
        why->summary = "driver 'local' needs the folder of its catalogue";
        why->advice = "write `billing: { use: local, path: out/eu/billing }`";
        return -1;
    }
    struct local *local = calloc(1, sizeof(*local));
    char *file = malloc(strlen(path) + sizeof(name));
    if (!local || !file) {
        free(local);
        free(file);
        why->summary = "out of memory";
        return -1;
    }
    memcpy(file, path, strlen(path));
    memcpy(file + strlen(path), name, sizeof(name));
    *local = (struct local){.kit = kit, .file = file};
    *self = local;
    return 0;
}

static const struct lf_plugin plugin = {
    .struct_size = sizeof(struct lf_plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 0,
    .subsystem = "billing",
    .name = "local",
    .version = "1.0.0",
    .doc = "entities, products, prices and taxes in one JSON file",
    .contract_version = LF_BILLING_VERSION,
    .settings = &setting_schema,
    .resources = resources,
    .open = local_open,
    .close = local_close,
    .preflight = local_preflight,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
