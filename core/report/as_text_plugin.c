#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "landfall/plugin.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/contract.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

#define NAME_COLUMNS  22
#define VALUE_COLUMNS 40

/* "  name                  what it is": the second part wraps behind its own margin. */
static void entry(struct out *o, size_t indent, const char *name, const char *text)
{
    size_t column = indent + NAME_COLUMNS, used = strlen(name);
    out_fill(o, ' ', indent);
    out_painted(o, OUT_BOLD, name);
    if (used >= NAME_COLUMNS) {
        out_text(o, "  ");
        column = indent + used + 2;
    } else {
        out_fill(o, ' ', NAME_COLUMNS - used);
    }
    cell_paragraph(o, column, indent + NAME_COLUMNS, text ? text : "");
}

static void heading(struct out *o, const char *text)
{
    out_char(o, '\n');
    out_painted(o, OUT_BOLD, text);
    out_char(o, '\n');
}

/* ---- lists ----------------------------------------------------------------------------------- */

void as_text_plugins(struct out *o, const struct facts_plugin *at, size_t count)
{
    struct buf text;
    /* Not an error: the folders may simply be wrong, and that is what the person has to know. */
    if (count == 0) {
        out_text(o, "No plugin was found: `plugins` in landfall.yaml names the folders that are searched.\n");
        return;
    }
    buf_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        const struct lf_plugin *p = at[i].plugin;
        buf_clear(&text);
        if (!p) {
            out_painted(o, OUT_RED, "refused");
            out_text(o, "  ");
            out_safe(o, at[i].path);
            out_text(o, "\n         ");
            cell_paragraph(o, 9, 9, at[i].refusal);
            continue;
        }
        buf_print(&text, "%s-%s %s", p->subsystem, p->name, p->version);
        cell_pad(o, text.at, 28);
        out_text(o, "  ");
        out_safe(o, p->doc);
        out_char(o, '\n');
        out_paint(o, OUT_DIM);
        out_print(o, "  contract %u, ABI %u.%u, ", p->contract_version, p->abi_major, p->abi_minor);
        out_safe(o, at[i].path);
        out_paint(o, OUT_PLAIN);
        out_char(o, '\n');
    }
    buf_done(&text);
}

void as_text_subsystems(struct out *o, const struct facts_plugin *at, size_t count)
{
    struct buf name;
    buf_init(&name, 0);
    for (size_t i = 0; i < count; i++) {
        const struct facts_plugin *p = &at[i];
        if (!p->plugin || !p->contract)
            continue;
        buf_clear(&name);
        buf_print(&name, "%s-%s", p->plugin->subsystem, p->plugin->name);
        entry(o, 0, name.at, p->plugin->doc);
        for (size_t k = 0; k < p->contract->type_count; k++) {
            buf_clear(&name);
            buf_print(&name, "%s.%s", p->plugin->subsystem, p->contract->types[k].facts.name);
            entry(o, 2, name.at, p->contract->types[k].facts.doc);
        }
    }
    out_text(o, "\nMore: landfall describe SUBSYSTEM, landfall describe SUBSYSTEM.TYPE\n");
    buf_done(&name);
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* Said as what it means to somebody who writes a playbook. */
struct flag_word {
    uint32_t flag;
    const char *word;
};

static const struct flag_word flag_words[] = {
    {SCHEMA_REQUIRED, "required"},
    {SCHEMA_COMPUTED, "set by the service where left out"},
    {SCHEMA_FIXED, "a change replaces the object"},
    {SCHEMA_SECRET, "secret"},
    {SCHEMA_UNORDERED, "in any order"},
    {SCHEMA_PLACE, "says where data lives"},
    {SCHEMA_KEY, "part of its natural name"},
};

/* "list of map": the map's own attributes follow, further in. */
static void add_kind(struct buf *text, const struct schema_attr *a)
{
    if (a->kind != VALUE_LIST) {
        buf_text(text, value_kind_name(a->kind));
        return;
    }
    buf_text(text, "list of ");
    buf_text(text, a->of ? "map" : a->of_kind ? value_kind_name(a->of_kind) : "anything");
}

static void attributes(struct out *o, const struct schema *s, size_t indent)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; s && i < s->count; i++) {
        const struct schema_attr *a = &s->attrs[i];
        entry(o, indent, a->name, a->doc);
        buf_clear(&text);
        add_kind(&text, a);
        for (size_t k = 0; k < COUNT_OF(flag_words); k++)
            if (a->flags & flag_words[k].flag)
                buf_print(&text, ", %s", flag_words[k].word);
        if (a->fallback) {
            buf_text(&text, ", default ");
            brief_value(&text, o, a->fallback, VALUE_COLUMNS);
        }
        out_fill(o, ' ', indent + NAME_COLUMNS);
        out_paint(o, OUT_DIM);
        cell_paragraph(o, indent + NAME_COLUMNS, indent + NAME_COLUMNS, text.at);
        out_paint(o, OUT_PLAIN);
        attributes(o, a->of, indent + 2);
    }
    buf_done(&text);
}

/* ---- one driver, type, call ------------------------------------------------------------------ */

void as_text_driver(struct out *o, const struct facts_plugin *p)
{
    const struct contract *c = p->contract;
    struct buf name;
    buf_init(&name, 0);
    buf_print(&name, "%s-%s %s", p->plugin->subsystem, p->plugin->name, p->plugin->version);
    entry(o, 0, name.at, p->plugin->doc);
    heading(o, "Settings (under `drivers` in the region file)");
    if (c->settings && c->settings->count > 0)
        attributes(o, c->settings, 2);
    else
        out_text(o, "  none\n");
    heading(o, "Types");
    for (size_t k = 0; k < c->type_count; k++) {
        buf_clear(&name);
        buf_print(&name, "%s.%s", p->plugin->subsystem, c->types[k].facts.name);
        entry(o, 2, name.at, c->types[k].facts.doc);
    }
    if (c->call_count > 0)
        heading(o, "Calls (from actions)");
    for (size_t k = 0; k < c->call_count; k++) {
        buf_clear(&name);
        buf_print(&name, "%s.%s", p->plugin->subsystem, c->calls[k].facts.name);
        entry(o, 2, name.at, c->calls[k].facts.doc);
    }
    buf_done(&name);
}

/* What a person should know before building on it. */
static void traits(struct out *o, const struct contract_type *t)
{
    if (t->facts.traits & CATALOG_HOLDS_DATA)
        out_text(o, "  Holds data: destroying it asks twice.\n");
    if (t->facts.traits & CATALOG_TELLS_PLACE)
        out_text(o, "  Its service tells where it is: residency is seen, and not only declared.\n");
    if (t->facts.traits & CATALOG_MARKLESS)
        out_text(o, "  Cannot carry a marker: landfall knows it by its natural name alone.\n");
    if (t->facts.traits & CATALOG_TAKES_UNMARKED)
        out_text(o, "  Stands ready at its service: what nobody has marked is taken into use.\n");
    if (t->facts.traits & CATALOG_OWN_TRANSPORT)
        out_text(o, "  Reaches its service by itself: a dry run is dry by the driver's word.\n");
    if (!t->has_update)
        out_text(o, "  Every change replaces the object.\n");
    if (t->facts.can_find)
        out_text(o, "  Can be looked up with :existing.\n");
}

/* Whose description this is: two drivers of one contract may differ in their extras. */
static void title(struct out *o, const struct facts_plugin *p, const char *name, const char *doc)
{
    struct buf text;
    buf_init(&text, 0);
    buf_print(&text, "%s.%s", p->plugin->subsystem, name);
    entry(o, 0, text.at, doc);
    out_paint(o, OUT_DIM);
    out_print(o, "  by %s-%s %s, contract %u", p->plugin->subsystem, p->plugin->name, p->plugin->version,
              p->plugin->contract_version);
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
    buf_done(&text);
}

void as_text_type(struct out *o, const struct facts_plugin *p, const struct contract_type *type)
{
    title(o, p, type->facts.name, type->facts.doc);
    traits(o, type);
    heading(o, "Attributes");
    attributes(o, type->facts.schema, 2);
}

void as_text_call(struct out *o, const struct facts_plugin *p, const struct contract_call *call)
{
    title(o, p, call->facts.name, call->facts.doc);
    heading(o, "Arguments");
    attributes(o, call->facts.args, 2);
    heading(o, "Reply");
    attributes(o, call->facts.reply, 2);
}
