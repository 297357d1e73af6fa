#include "region/keys.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "region/findings.h"

#define LISTED_MAX 24 /* more names than that help nobody */

/* Naming all there is helps only where nothing comes near, and only while it fits a line or two. */
const char *keys_advice(struct findings *f, const char *word, const char *const *known, size_t count)
{
    const char *near = str_nearest(word, known, count);
    if (near != NULL)
        return arena_print(f->mem, "did you mean '%s'?", near);
    if (count == 0)
        return "there are none here";
    struct buf list;
    buf_init(&list, 0);
    for (size_t i = 0; i < count && i < LISTED_MAX; i++)
        buf_print(&list, "%s%s", i == 0 ? "there is: " : ", ", known[i]);
    if (count > LISTED_MAX)
        buf_text(&list, ", ...");
    const char *advice = buf_keep(&list, f->mem);
    buf_done(&list);
    return advice;
}

const char *keys_advice_of_map(struct findings *f, const char *word, const struct value *map)
{
    size_t count = value_kind(map) == VALUE_MAP ? map->count : 0;
    const char **known = ARENA_ARRAY(f->mem, const char *, count);
    for (size_t i = 0; i < count; i++)
        known[i] = map->pairs[i].key;
    return keys_advice(f, word, known, count);
}

static const char *phrase(enum value_kind kind)
{
    static const char *const phrases[] = {
        [VALUE_BOOL] = "true or false",
        [VALUE_INT] = "a whole number",
        [VALUE_REAL] = "a number with a point",
        [VALUE_LIST] = "a list",
        [VALUE_MAP] = "a map",
        [VALUE_SECRET] = "a secret",
    };
    return (size_t)kind < COUNT_OF(phrases) && phrases[kind] ? phrases[kind] : value_kind_name(kind);
}

/* The kinds as a reader calls them: "a whole number or text". */
static const char *kinds_text(struct findings *f, uint32_t kinds)
{
    struct buf text;
    buf_init(&text, 0);
    for (unsigned kind = VALUE_NULL; kind < VALUE_ANY; kind++)
        if (kinds & (1u << kind))
            buf_print(&text, "%s%s", text.count > 0 ? " or " : "", phrase((enum value_kind)kind));
    const char *kept = buf_keep(&text, f->mem);
    buf_done(&text);
    return kept;
}

bool keys_check_kind(struct findings *f, const char *code, const char *name, uint32_t kinds,
                     const struct value *v)
{
    enum value_kind kind = value_kind(v);
    if (!(kinds & (1u << kind))) {
        const char *wanted = kinds_text(f, kinds);
        const char *advice = kinds == KEYS_SECRET ? "write !secret env:NAME or !secret file:PATH"
                             : kinds == KEYS_LIST ? "write it in brackets: [a, b]"
                             : kinds == KEYS_MAP  ? "write its keys and values: { key: value }"
                                                  : arena_print(f->mem, "write %s here", wanted);
        findings_error(f, arena_print(f->mem, "%s.wrong_kind", code), v, advice, "'%s' must be %s, not %s",
                       name, wanted, phrase(kind));
        if (kinds == KEYS_SECRET)
            findings_hide(f, v);
        return false;
    }
    /* An empty text is a key somebody meant to fill in; taking it would be a silent default. */
    if (kind == VALUE_TEXT && v->count == 0) {
        findings_error(f, arena_print(f->mem, "%s.empty_text", code), v, "write something, or remove the key",
                       "'%s' is empty", name);
        return false;
    }
    return true;
}

/* The tables have at most twenty rules, so a scan beats an index. */
static const struct keys_rule *find_rule(const struct keys *keys, const char *name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->rules[i].name, name) == 0)
            return &keys->rules[i];
    return NULL;
}

/* At the key: the value behind it is not what is wrong. */
static void unknown_key(struct findings *f, const struct keys *keys, const struct pair *pair)
{
    const char **known = ARENA_ARRAY(f->mem, const char *, keys->count);
    for (size_t i = 0; i < keys->count; i++)
        known[i] = keys->rules[i].name;
    findings_error_key(f, arena_print(f->mem, "%s.unknown_key", keys->code), pair->value,
                       keys_advice(f, pair->key, known, keys->count), "'%s' is not a key of %s", pair->key,
                       keys->what);
}

bool keys_check(struct findings *f, const struct keys *keys, const struct value *v)
{
    size_t before = f->errors;
    if (value_kind(v) != VALUE_MAP) {
        findings_error(f, arena_print(f->mem, "%s.wrong_kind", keys->code), v, "write its keys and values",
                       "%s must be a map, not %s", keys->what, phrase(value_kind(v)));
        return false;
    }
    for (size_t i = 0; i < v->count; i++) {
        const struct keys_rule *rule = find_rule(keys, v->pairs[i].key);
        if (rule == NULL)
            unknown_key(f, keys, &v->pairs[i]);
        else
            keys_check_kind(f, keys->code, rule->name, rule->kinds, v->pairs[i].value);
    }
    /* What is missing has no place of its own; the map's beginning is where it would go. */
    for (size_t i = 0; i < keys->count; i++) {
        const char *name = keys->rules[i].name;
        if (keys->rules[i].required && value_get(v, name) == NULL)
            findings_error(f, arena_print(f->mem, "%s.missing_key", keys->code), v,
                           arena_print(f->mem, "add '%s: ...'; there is no default", name), "%s needs '%s'",
                           keys->what, name);
    }
    return f->errors == before;
}
