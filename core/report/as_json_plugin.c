#include <string.h>

#include "landfall/plugin.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/contract.h"
#include "report/as_json.h"
#include "report/doc.h"

/* A refused plugin is not trusted with more than its path. */
static void head(struct doc *d, const struct facts_plugin *p)
{
    doc_text(d, "path", p->path);
    if (!p->plugin) {
        doc_text(d, "refused", p->refusal);
        return;
    }
    doc_text(d, "subsystem", p->plugin->subsystem);
    doc_text(d, "driver", p->plugin->name);
    doc_text(d, "version", p->plugin->version);
    doc_text(d, "doc", p->plugin->doc);
    doc_count(d, "contract", p->plugin->contract_version);
    doc_count(d, "abi_major", p->plugin->abi_major);
    doc_count(d, "abi_minor", p->plugin->abi_minor);
}

void as_json_plugins(struct out *o, const struct facts_plugin *at, size_t count)
{
    struct doc d;
    doc_begin(&d, o, "landfall.plugins/1");
    doc_list(&d, "plugins");
    for (size_t i = 0; i < count; i++) {
        doc_map(&d, NULL);
        head(&d, &at[i]);
        doc_close(&d);
    }
    doc_close(&d);
    doc_end(&d);
}

/* ---- describe -------------------------------------------------------------------------------- */

/* Nested shapes are told in full, as deep as the schema goes; doc.h bounds the depth. */
static void attributes(struct doc *d, const char *key, const struct schema *s)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {
        {SCHEMA_REQUIRED, "required"}, {SCHEMA_COMPUTED, "computed"},   {SCHEMA_FIXED, "fixed"},
        {SCHEMA_SECRET, "secret"},     {SCHEMA_UNORDERED, "unordered"}, {SCHEMA_PLACE, "place"},
        {SCHEMA_KEY, "key"},
    };
    doc_list(d, key);
    for (size_t i = 0; s && i < s->count; i++) {
        const struct schema_attr *a = &s->attrs[i];
        doc_map(d, NULL);
        doc_text(d, "name", a->name);
        doc_text(d, "kind", value_kind_name(a->kind));
        if (a->kind == VALUE_LIST && a->of_kind)
            doc_text(d, "of", value_kind_name(a->of_kind));
        for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
            if (a->flags & flags[k].flag)
                doc_flag(d, flags[k].name, true);
        doc_value(d, "default", a->fallback);
        doc_text(d, "doc", a->doc);
        doc_count(d, "since", a->since);
        if (a->of)
            attributes(d, "attributes", a->of);
        doc_close(d);
    }
    doc_close(d);
}

static void describe_type(struct doc *d, const struct contract_type *t)
{
    doc_map(d, NULL);
    doc_text(d, "name", t->facts.name);
    doc_text(d, "doc", t->facts.doc);
    doc_flag(d, "can_update", t->has_update);
    doc_flag(d, "can_find", t->facts.can_find);
    doc_flag(d, "holds_data", (t->facts.traits & CATALOG_HOLDS_DATA) != 0);
    doc_flag(d, "markless", (t->facts.traits & CATALOG_MARKLESS) != 0);
    doc_flag(d, "tells_place", (t->facts.traits & CATALOG_TELLS_PLACE) != 0);
    doc_flag(d, "takes_unmarked", (t->facts.traits & CATALOG_TAKES_UNMARKED) != 0);
    doc_flag(d, "own_transport", (t->facts.traits & CATALOG_OWN_TRANSPORT) != 0);
    attributes(d, "attributes", t->facts.schema);
    doc_close(d);
}

static void describe_call(struct doc *d, const struct contract_call *c)
{
    doc_map(d, NULL);
    doc_text(d, "name", c->facts.name);
    doc_text(d, "doc", c->facts.doc);
    attributes(d, "args", c->facts.args);
    attributes(d, "reply", c->facts.reply);
    doc_close(d);
}

/* `describe dns.zone --json` asks for one name; types and calls share a name space. */
static bool is_asked(const char *wanted, const char *name)
{
    return !wanted || strcmp(wanted, name) == 0;
}

void as_json_describe(struct out *o, const struct facts_plugin *at, size_t count, const char *type)
{
    struct doc d;
    doc_begin(&d, o, "landfall.describe/1");
    doc_list(&d, "drivers");
    for (size_t i = 0; i < count; i++) {
        const struct contract *c = at[i].contract;
        doc_map(&d, NULL);
        head(&d, &at[i]);
        if (c) {
            attributes(&d, "settings", c->settings);
            doc_list(&d, "types");
            for (size_t k = 0; k < c->type_count; k++)
                if (is_asked(type, c->types[k].facts.name))
                    describe_type(&d, &c->types[k]);
            doc_close(&d);
            doc_list(&d, "calls");
            for (size_t k = 0; k < c->call_count; k++)
                if (is_asked(type, c->calls[k].facts.name))
                    describe_call(&d, &c->calls[k]);
            doc_close(&d);
        }
        doc_close(&d);
    }
    doc_close(&d);
    doc_end(&d);
}
