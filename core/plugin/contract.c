#include "plugin/contract.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "plugin/contract_schema.h"

#define TYPES_MAX     1000  /* a bridge to a big provider learns its types at run time instead */
#define BATCH_DEFAULT 1000  /* items: a plan of 10 000 records is ten calls */
#define BATCH_MAX     10000 /* beyond it one batch would hold the loop for longer than a callback may */

/* What 1.0 knew of each struct: the least a plugin may declare. */
#define END_OF(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))
#define RESOURCE_1_0        END_OF(lf_resource, max_batch)
#define CALL_1_0            END_OF(lf_call, recover)
#define SETTLE_1_0          END_OF(lf_settle, reserved)

/* Every refusal names the plugin, the thing and the field: the reader is as often the author of the plugin as
 * its user. */
static bool bad(const struct lf_plugin *p, const char *thing, struct err *err, const char *what)
{
    err_set(err, "plugin.bad_descriptor", "plugin %s-%s: %s %s", p->subsystem, p->name, thing, what);
    return err_advise(err, "report it to whoever wrote the plugin");
}

/* ---- how a doubt is settled ------------------------------------------------------------------------- */

/* A way of settling this core does not know yet is as good as none: a person looks. */
static bool take_way(const struct lf_plugin *p, const char *thing, const char *verb, uint32_t *way,
                     struct err *err)
{
    if (*way >= LF_SETTLE_NAMED && *way <= LF_SETTLE_BLIND)
        return true;
    if (*way > LF_SETTLE_BLIND && p->abi_minor > LF_ABI_MINOR) {
        *way = LF_SETTLE_BLIND;
        return true;
    }
    err_set(err, "plugin.bad_descriptor", "plugin %s-%s: %s does not say how a doubt about %s is settled",
            p->subsystem, p->name, thing, verb);
    return err_advise(err, "set lf_settle.%s to one of LF_SETTLE_*", verb);
}

/* A copy as wide as this core knows: what an older plugin left out reads as zero, which is no promise. */
static bool take_settle(const struct lf_plugin *p, const char *thing, const struct lf_settle *from,
                        struct lf_settle *out, struct err *err)
{
    if (!from)
        return bad(p, thing, err, "has no settle");
    if (from->struct_size < SETTLE_1_0)
        return bad(p, thing, err, "has a settle whose struct_size is not set");
    *out = (struct lf_settle){0};
    memcpy(out, from, from->struct_size < sizeof(*out) ? from->struct_size : sizeof(*out));
    out->struct_size = sizeof(*out);
    return take_way(p, thing, "create", &out->create, err);
}

/* ---- types --------------------------------------------------------------------------------------------- */

/* What no type can do without.  The rest of the verbs are optional and only recorded as there or not. */
static bool check_type(const struct lf_plugin *p, const struct lf_resource *raw, const char *thing,
                       struct err *err)
{
    if (!raw->doc || !raw->doc[0])
        return bad(p, thing, err, "has no doc");
    if (!raw->schema)
        return bad(p, thing, err, "has no schema");
    if (!raw->read || !raw->create || !raw->destroy)
        return bad(p, thing, err, "lacks one of read, create and destroy");
    return true;
}

static size_t batch_of(const struct lf_resource *raw)
{
    if (raw->max_batch == 0)
        return BATCH_DEFAULT;
    return raw->max_batch < BATCH_MAX ? (size_t)raw->max_batch : BATCH_MAX;
}

/* Without a pool of its own a type shares one with all of its plugin, so that an operator always has a name
 * to limit. */
static void fill_type(struct arena *mem, const struct lf_plugin *p, const struct lf_resource *raw,
                      struct contract_type *out)
{
    out->raw = raw;
    out->facts.subsystem = p->subsystem;
    out->facts.name = raw->name;
    out->facts.doc = raw->doc;
    out->facts.traits = raw->traits; /* LF_TRAIT_* are CATALOG_*, number for number */
    out->facts.can_find = raw->find != NULL;
    out->pool = raw->pool && raw->pool[0] ? raw->pool : arena_print(mem, "%s-%s", p->subsystem, p->name);
    out->max_batch = batch_of(raw);
    out->has_update = raw->update != NULL;
    out->has_plan = raw->plan != NULL;
    out->has_recover = raw->recover != NULL;
    out->has_estimate = raw->estimate != NULL;
    out->has_find = raw->find != NULL;
    out->has_owned = raw->owned != NULL;
    out->has_upgrade = raw->upgrade != NULL;
    out->has_read_many = raw->read_many != NULL;
    out->has_change_many = raw->change_many != NULL;
    out->has_recover_many = raw->recover_many != NULL;
    out->has_find_many = raw->find && LF_HAS(struct lf_resource, raw, find_many) && raw->find_many;
}

bool contract_names_are_unique(const struct contract_type *type)
{
    const struct schema *schema = type->facts.schema;
    uint32_t create = type->settle.create;
    bool named = false;
    for (size_t k = 0; k < schema->count; k++)
        named |= (schema->attrs[k].flags & SCHEMA_KEY) != 0;
    return named && (create == LF_SETTLE_NAMED || create == LF_SETTLE_CONDITIONAL);
}

/* The settle of an update counts only where there is one: a type whose every change is a replacement has no
 * such doubt. */
static bool compile_type(struct arena *mem, const struct lf_plugin *p, const struct lf_resource *raw,
                         struct contract_type *out, struct err *err)
{
    if (raw->struct_size < RESOURCE_1_0)
        return bad(p, "a resource", err, "whose struct_size is not set");
    if (!raw->name || !addr_name_is_valid(raw->name))
        return bad(p, "a resource", err, "has no valid name ([a-z0-9][a-z0-9_-]*)");
    const char *thing = arena_print(mem, "type '%s'", raw->name);
    if (!check_type(p, raw, thing, err) || !take_settle(p, thing, raw->settle, &out->settle, err) ||
        !take_way(p, thing, "destroy", &out->settle.destroy, err))
        return false;
    if (raw->update && !take_way(p, thing, "update", &out->settle.update, err))
        return false;
    fill_type(mem, p, raw, out);
    return contract_schema_compile(mem, p, thing, raw->schema, &out->facts.schema, err);
}

/* Lists are short (a handful of types), and this runs once per plugin. */
static bool is_repeated(const struct contract *c, const char *name)
{
    for (size_t i = 0; i < c->type_count; i++) {
        if (str_equal(c->types[i].facts.name, name))
            return true;
    }
    for (size_t i = 0; i < c->call_count; i++) {
        if (str_equal(c->calls[i].facts.name, name))
            return true;
    }
    return false;
}

static bool repeated(const struct lf_plugin *p, const char *name, struct err *err)
{
    err_set(err, "plugin.bad_descriptor", "plugin %s-%s declares '%s' twice", p->subsystem, p->name, name);
    return err_advise(err, "types and calls of a plugin share one space of names");
}

/* A list that lost its NULL would be read far past its end: the cap turns most such lists into a sentence. */
static bool compile_types(struct arena *mem, const struct lf_plugin *p, struct contract *out, struct err *err)
{
    size_t count = 0;
    while (p->resources && p->resources[count] && count <= TYPES_MAX)
        count++;
    if (count > TYPES_MAX)
        return bad(p, "the list of resources", err, "does not end with NULL");
    struct contract_type *types = ARENA_ARRAY(mem, struct contract_type, count);
    out->types = types;
    for (size_t i = 0; i < count; i++) {
        if (!compile_type(mem, p, p->resources[i], &types[i], err))
            return false;
        if (is_repeated(out, types[i].facts.name))
            return repeated(p, types[i].facts.name, err);
        out->type_count = i + 1;
    }
    return true;
}

/* ---- calls --------------------------------------------------------------------------------------------- */

/* A call is journaled like a create, so only that part of its settle counts. */
static bool compile_call(struct arena *mem, const struct lf_plugin *p, const struct lf_call *raw,
                         struct contract_call *out, struct err *err)
{
    struct lf_settle settle;
    if (raw->struct_size < CALL_1_0)
        return bad(p, "a call", err, "whose struct_size is not set");
    if (!raw->name || !addr_name_is_valid(raw->name))
        return bad(p, "a call", err, "has no valid name ([a-z0-9][a-z0-9_-]*)");
    const char *thing = arena_print(mem, "call '%s'", raw->name);
    if (!raw->doc || !raw->doc[0])
        return bad(p, thing, err, "has no doc");
    if (!raw->run)
        return bad(p, thing, err, "has no run");
    if (!raw->args)
        return bad(p, thing, err, "has no schema of its arguments");
    if (!take_settle(p, thing, raw->settle, &settle, err) ||
        !contract_schema_compile(mem, p, thing, raw->args, &out->facts.args, err))
        return false;
    if (raw->reply && !contract_schema_compile(mem, p, thing, raw->reply, &out->facts.reply, err))
        return false;
    out->raw = raw;
    out->facts.subsystem = p->subsystem;
    out->facts.name = raw->name;
    out->facts.doc = raw->doc;
    out->settle = settle.create;
    out->retention_s = settle.token_retention_s;
    out->max_inflight_ms = settle.max_inflight_ms;
    out->pool = raw->pool && raw->pool[0] ? raw->pool : arena_print(mem, "%s-%s", p->subsystem, p->name);
    out->has_recover = raw->recover != NULL;
    return true;
}

static bool compile_calls(struct arena *mem, const struct lf_plugin *p, struct contract *out, struct err *err)
{
    size_t count = 0;
    while (p->calls && p->calls[count] && count <= TYPES_MAX)
        count++;
    if (count > TYPES_MAX)
        return bad(p, "the list of calls", err, "does not end with NULL");
    struct contract_call *calls = ARENA_ARRAY(mem, struct contract_call, count);
    out->calls = calls;
    for (size_t i = 0; i < count; i++) {
        if (!compile_call(mem, p, p->calls[i], &calls[i], err))
            return false;
        if (is_repeated(out, calls[i].facts.name))
            return repeated(p, calls[i].facts.name, err);
        out->call_count = i + 1;
    }
    return true;
}

/* Nothing is handed out before all of it is sound: a half-checked contract would be found out in a run. */
bool contract_compile(struct arena *mem, const struct lf_plugin *plugin, struct contract *out,
                      struct err *err)
{
    struct contract made = {0};
    bool offers = (plugin->resources && plugin->resources[0]) || (plugin->calls && plugin->calls[0]);
    if (!offers && !plugin->types)
        return bad(plugin, "it", err, "offers no resources, no calls and no types()");
    if (plugin->settings &&
        !contract_schema_compile(mem, plugin, "settings", plugin->settings, &made.settings, err))
        return false;
    if (!compile_types(mem, plugin, &made, err) || !compile_calls(mem, plugin, &made, err))
        return false;
    *out = made;
    return true;
}
