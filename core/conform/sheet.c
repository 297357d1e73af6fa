#include "conform/sheet.h"

#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/str.h"
#include "conform/fill.h"
#include "conform/samples.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/value.h"
#include "model/value_yaml.h"
#include "region/findings.h"
#include "region/keys.h"

#define KILLS_MAX 10000
#define LAG_MAX   3600000

static const struct keys_rule top_rules[] = {
    {"settings", KEYS_MAP, false}, {"proxy", KEYS_TEXT, false}, {"kills", KEYS_INT, false},
    {"lag_ms", KEYS_INT, false},   {"words", KEYS_MAP, false},  {"skip", KEYS_MAP, false},
    {"types", KEYS_MAP, false},
};
static const struct keys top_keys = {"conform", "a file for plugin test", top_rules, COUNT_OF(top_rules)};

static const struct keys_rule type_rules[] = {
    {"create", KEYS_MAP, false},   {"update", KEYS_MAP, false},
    {"replace", KEYS_MAP, false},  {"needs", KEYS_MAP | KEYS_LIST, false},
    {"skip", KEYS_TEXT, false},    {"alone", KEYS_BOOL, false},
    {"foreign", KEYS_LIST, false}, {"foreign_remove", KEYS_LIST, false},
};
static const struct keys type_keys = {"conform", "a type's samples", type_rules, COUNT_OF(type_rules)};

/* Words that stand in every sample; settings know fewer. */
static const char *const always[] = {"name", "NAME", "folder", "secret", "proxy", "proxy_port"};

struct reading {
    struct findings *f;
    struct arena *mem;
    struct sheet *sheet;
};

/* ---- the shipped samples --------------------------------------------------------------------------------
 */

/* They are part of the program: a mistake in them is one of landfall's. */
static bool read_samples(struct reading *r, const char *subsystem, const struct value **out, struct err *err)
{
    *out = NULL;
    for (const struct samples *s = samples_table; s->subsystem; s++) {
        if (strcmp(s->subsystem, subsystem) != 0)
            continue;
        const char *name = arena_print(r->mem, "samples of %s", subsystem);
        return value_yaml_parse(r->mem, r->sheet->origins, name, s->text, s->count, out, err);
    }
    return true;
}

/* Key by key: who gives `create` keeps the shipped `update`, and may take it away with {}. */
static const struct value *overlay(struct arena *mem, const struct value *under, const struct value *over)
{
    const struct value *types = value_map(mem, NULL, 0);
    for (size_t i = 0; value_kind(under) == VALUE_MAP && i < under->count; i++)
        types = value_with_key(mem, types, under->pairs[i].key, under->pairs[i].value);
    for (size_t i = 0; value_kind(over) == VALUE_MAP && i < over->count; i++) {
        const struct value *one = over->pairs[i].value, *base = value_get(types, over->pairs[i].key);
        for (size_t k = 0; base && value_kind(one) == VALUE_MAP && k < one->count; k++)
            base = value_with_key(mem, base, one->pairs[k].key, one->pairs[k].value);
        if (base)
            one = value_at_origin(mem, base, over->pairs[i].value->where);
        types = value_with_key(mem, types, over->pairs[i].key, one);
    }
    return types;
}

/* ---- types ----------------------------------------------------------------------------------------------
 */

static void add_need(struct reading *r, struct sheet_type *t, const char *name, const struct value *type)
{
    if (!keys_check_kind(r->f, "conform", "a need", KEYS_TEXT, type))
        return;
    struct sheet_need *longer = ARENA_ARRAY(r->mem, struct sheet_need, t->need_count + 1);
    for (size_t i = 0; i < t->need_count; i++)
        longer[i] = t->needs[i];
    longer[t->need_count++] = (struct sheet_need){name ? name : type->text, type->text};
    t->needs = longer;
}

/* {zone: zone}, or [zone] where the name is the type's. */
static void read_needs(struct reading *r, struct sheet_type *t, const struct value *v,
                       const struct value *all)
{
    for (size_t i = 0; value_kind(v) == VALUE_MAP && i < v->count; i++)
        add_need(r, t, v->pairs[i].key, v->pairs[i].value);
    for (size_t i = 0; value_kind(v) == VALUE_LIST && i < v->count; i++)
        add_need(r, t, NULL, v->items[i]);
    for (size_t i = 0; i < t->need_count; i++) {
        if (!value_get(all, t->needs[i].type))
            findings_error(r->f, "conform.unknown_type", v, keys_advice_of_map(r->f, t->needs[i].type, all),
                           "'%s' needs '%s', and there are no samples of that type", t->name,
                           t->needs[i].type);
    }
}

static void check_argv(struct reading *r, const char *key, const struct value *v)
{
    for (size_t i = 0; value_kind(v) == VALUE_LIST && i < v->count; i++)
        keys_check_kind(r->f, "conform", key, KEYS_TEXT, v->items[i]);
    if (value_kind(v) == VALUE_LIST && v->count == 0)
        findings_error(r->f, "conform.no_command", v, "write the program, then its arguments: [./make, x]",
                       "'%s' names no program", key);
}

/* All words a sample may use; what they are is not known yet. */
static struct fill words_of(struct reading *r, const struct sheet_type *t)
{
    const struct value *own = r->sheet->words;
    size_t mine = value_kind(own) == VALUE_MAP ? own->count : 0, needs = t ? t->need_count : 0;
    struct fill_word *words = ARENA_ARRAY(r->mem, struct fill_word, COUNT_OF(always) + mine + needs);
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(always); i++)
        words[count++].name = always[i];
    for (size_t i = 0; i < mine; i++)
        words[count++].name = own->pairs[i].key;
    for (size_t i = 0; i < needs; i++)
        words[count++].name = t->needs[i].name;
    return (struct fill){words, count};
}

static void check_words(struct reading *r, const struct sheet_type *t, const struct value *v)
{
    const struct fill fill = words_of(r, t);
    struct err err;
    uint32_t where = 0;
    if (!v || fill_check(r->mem, &fill, v, &where, &err))
        return;
    const struct value at = {.where = where ? where : v->where};
    findings_add_err(r->f, &at, &err);
}

static void read_type(struct reading *r, struct sheet_type *t, const char *name, const struct value *v,
                      const struct value *all)
{
    *t = (struct sheet_type){
        .name = name,
        .create = value_get(v, "create"),
        .update = value_get(v, "update"),
        .replace = value_get(v, "replace"),
        .foreign = value_get(v, "foreign"),
        .foreign_remove = value_get(v, "foreign_remove"),
        .skip = value_get_text(v, "skip", NULL),
        .alone = value_get_bool(v, "alone", false),
        .where = v->where,
    };
    read_needs(r, t, value_get(v, "needs"), all);
    check_argv(r, "foreign", t->foreign);
    check_argv(r, "foreign_remove", t->foreign_remove);
    if (!t->create && !t->skip)
        findings_error(r->f, "conform.missing_key", v, "write `create`, or say why not: skip: <reason>",
                       "the samples of '%s' lack what to create", name);
    check_words(r, t, t->create);
    check_words(r, t, t->update);
    check_words(r, t, t->replace);
    check_words(r, t, t->foreign);
    check_words(r, t, t->foreign_remove);
}

static void read_types(struct reading *r, const struct value *all, const struct value *given)
{
    struct sheet_type *types = ARENA_ARRAY(r->mem, struct sheet_type, all->count + 1);
    for (size_t i = 0; i < all->count; i++) {
        const struct pair *p = &all->pairs[i];
        if (!keys_check(r->f, &type_keys, p->value))
            continue;
        read_type(r, &types[r->sheet->type_count], p->key, p->value, all);
        types[r->sheet->type_count++].given = value_get(given, p->key) != NULL;
    }
    r->sheet->types = types;
}

/* ---- the rest -------------------------------------------------------------------------------------------
 */

/* Only to this machine: the bytes of a production service have no business in a test. */
static void read_proxy(struct reading *r, const struct value *v)
{
    const char *text = value_as_text(v), *colon = text ? strrchr(text, ':') : NULL;
    int64_t port = 0;
    if (!text)
        return;
    if (!colon || !str_to_int(colon + 1, &port) || port < 1 || port > UINT16_MAX) {
        findings_error(r->f, "conform.proxy", v, "write 127.0.0.1:PORT, where the service listens",
                       "'%s' is no address with a port", text);
        return;
    }
    r->sheet->proxy_host = arena_text_n(r->mem, text, (size_t)(colon - text));
    r->sheet->proxy_port = (uint16_t)port;
}

/* A count from 0 to `max`, or `otherwise` where the file says none. */
static int64_t count_of(struct reading *r, const struct value *root, const char *key, int64_t max,
                        int64_t otherwise)
{
    const struct value *v = value_get(root, key);
    if (value_kind(v) != VALUE_INT || (v->number >= 0 && v->number <= max))
        return value_kind(v) == VALUE_INT ? v->number : otherwise;
    findings_error(r->f, "conform.range", v,
                   arena_print(r->mem, "write a number from 0 to %lld", (long long)max), "'%s' is %lld", key,
                   (long long)v->number);
    return otherwise;
}

/* Both maps hold texts alone. */
static void check_texts(struct reading *r, const char *what, const struct value *map)
{
    for (size_t i = 0; value_kind(map) == VALUE_MAP && i < map->count; i++)
        keys_check_kind(r->f, "conform", arena_print(r->mem, "%s.%s", what, map->pairs[i].key), KEYS_TEXT,
                        map->pairs[i].value);
}

static bool read_all(struct reading *r, const struct value *root, const char *subsystem, struct err *err)
{
    struct sheet *s = r->sheet;
    const struct value *samples;
    if (!read_samples(r, subsystem, &samples, err))
        return false;
    if (!keys_check(r->f, &top_keys, root))
        return true;
    s->settings = value_get(root, "settings");
    s->skip = value_get(root, "skip");
    s->words = value_merge(r->mem, value_get(samples, "words"), value_get(root, "words"));
    check_texts(r, "words", value_get(root, "words"));
    check_texts(r, "skip", s->skip);
    read_proxy(r, value_get(root, "proxy"));
    s->kills = (uint32_t)count_of(r, root, "kills", KILLS_MAX, SHEET_KILLS);
    s->lag_ms = count_of(r, root, "lag_ms", LAG_MAX, -1);
    check_words(r, NULL, s->settings);
    read_types(r, overlay(r->mem, value_get(samples, "types"), value_get(root, "types")),
               value_get(root, "types"));
    bool through = fill_mentions(s->settings, "proxy") || fill_mentions(s->settings, "proxy_port");
    if (through && !s->proxy_host)
        findings_error(r->f, "conform.no_proxy", s->settings,
                       "say where the service listens: proxy: 127.0.0.1:PORT",
                       "the settings use ${proxy}, and there is no `proxy`");
    return true;
}

bool sheet_load(struct arena *mem, const char *folder, const char *name, const char *subsystem,
                struct sheet **out, struct diags *diags, struct err *err)
{
    struct findings f;
    const struct value *root;
    struct sheet *s = ARENA_NEW(mem, struct sheet);
    struct reading r = {&f, mem, s};
    s->name = arena_text(mem, name);
    s->origins = ARENA_NEW(mem, struct origins);
    origins_init(s->origins, mem);
    findings_init(&f, mem, s->origins);
    bool read = !findings_read(&f, folder, name, &root) || read_all(&r, root, subsystem, err);
    bool good = read && findings_report(&f, diags, err);
    findings_done(&f);
    if (good)
        *out = s;
    return good;
}

const struct sheet_type *sheet_find(const struct sheet *s, const char *type)
{
    for (size_t i = 0; i < s->type_count; i++) {
        if (strcmp(s->types[i].name, type) == 0)
            return &s->types[i];
    }
    return NULL;
}

const char *sheet_place(const struct sheet *s, struct arena *mem, uint32_t where)
{
    const struct origin *at = origins_get(s->origins, where);
    return at ? arena_print(mem, "%s:%u:%u", at->file, at->line, at->column) : NULL;
}
