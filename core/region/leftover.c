#include "region/leftover.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/spec.h"

struct search {
    const struct leftover_word *words;
    size_t count;
    struct buf path;
    bool (*is_copy)(void *user, const struct value *v);
    leftover_fn *fn;
    void *user;
};

struct check {
    struct findings *f;
    const struct spec *spec;
    struct leftover_word *words;
    size_t count;
};

/* Bytes of other scripts count as letters, so that no word is cut in the middle of a character. */
static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || ((unsigned char)c & 0x80);
}

/* NULL, or what stands behind the word. */
static const char *behind_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[length]))
            return at + length;
    return NULL;
}

bool leftover_holds(const char *text, const char *word)
{
    return behind_word(text, word) != NULL;
}

/* Clouds call their places by the part of the world, the quarter of it, and a number: us-west-2,
 * europe-north1, us-gov-east-1. */
static bool is_rest_of_place(const char *rest)
{
    static const char *const quarters[] = {"north", "south", "east", "west", "central"};
    if (str_starts(rest, "-gov-"))
        rest += strlen("-gov");
    if (*rest++ != '-')
        return false;
    /* Twice: northeast. */
    size_t found = 0;
    for (size_t i = 0; i < 2 * COUNT_OF(quarters); i++) {
        const char *quarter = quarters[i % COUNT_OF(quarters)];
        if (str_starts(rest, quarter)) {
            rest += strlen(quarter);
            found++;
        }
    }
    rest += *rest == '-';
    return found > 0 && isdigit((unsigned char)*rest);
}

/* One call for each text: the most telling word comes first in the list. */
static void search_text(struct search *s, const struct value *v, const char *text, bool key)
{
    for (size_t i = 0; i < s->count; i++) {
        const char *rest = behind_word(text, s->words[i].text);
        if (!rest)
            continue;
        const struct leftover one = {.path = s->path.at,
                                     .value = v,
                                     .word = &s->words[i],
                                     .key = key,
                                     .place = is_rest_of_place(rest)};
        s->fn(s->user, &one);
        return;
    }
}

static bool counts(const struct search *s, const struct value *v)
{
    return !s->is_copy || s->is_copy(s->user, v);
}

static void search(struct search *s, const struct value *v)
{
    size_t length = s->path.count;
    if (v->kind == VALUE_TEXT && counts(s, v))
        search_text(s, v, v->text, false);
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->count; i++) {
        path_print_index(&s->path, i);
        search(s, v->items[i]);
        s->path.count = length;
        s->path.at[length] = '\0';
    }
    for (size_t i = 0; v->kind == VALUE_MAP && i < v->count; i++) {
        const struct value *one = v->pairs[i].value;
        path_print_key(&s->path, v->pairs[i].key, false);
        if (counts(s, one))
            search_text(s, one, v->pairs[i].key, true);
        search(s, one);
        s->path.count = length;
        s->path.at[length] = '\0';
    }
}

void leftover_each(const struct value *services, const struct leftover_word *words, size_t count,
                   bool (*is_copy)(void *user, const struct value *v), leftover_fn *fn, void *user)
{
    struct search s = {.words = words, .count = count, .is_copy = is_copy, .fn = fn, .user = user};
    buf_init(&s.path, 0);
    buf_text(&s.path, "services");
    search(&s, services);
    buf_done(&s.path);
}

/* What both regions share is no leftover. */
static void add_word(struct check *c, const struct spec *from, const char *text, const char *code,
                     const char *what)
{
    const struct spec *own = c->spec;
    if (text == NULL || str_equal(text, own->name) || str_equal(text, own->place) ||
        str_equal(text, own->domain))
        return;
    c->words[c->count++] = (struct leftover_word){text, code, what, from->name};
}

/* Only what is still a plain copy: a value that was shrunk or overridden is the new region's own decision. */
static bool is_copied(void *user, const struct value *v)
{
    const struct check *c = user;
    const struct origin *origin = origins_get(c->f->origins, v->where);
    return origin != NULL && origin->kind == ORIGIN_COPIED;
}

/* Where data of some category may live has been decided by hand. */
static bool is_allowed_place(const struct spec *spec, const char *text)
{
    const struct value *map = value_get(spec->root, "residency");
    for (size_t i = 0; value_kind(map) == VALUE_MAP && i < map->count; i++) {
        const struct value *places = map->pairs[i].value;
        for (size_t k = 0; value_kind(places) == VALUE_LIST && k < places->count; k++)
            if (str_equal(value_as_text(places->items[k]), text))
                return true;
    }
    return false;
}

/* A warning and no error: "in the us" may be meant.  Overriding it with the same text says so. */
static void warn(void *user, const struct leftover *found)
{
    struct check *c = user;
    if (found->place && !found->key && is_allowed_place(c->spec, found->value->text))
        return;
    struct finding one = {
        .severity = DIAG_WARNING,
        .code = found->word->code,
        .where = origins_text_of(c->f->origins, found->value->where),
        .key = found->key,
        .path = arena_text(c->f->mem, found->path),
        .advice = arena_print(c->f->mem, "override it in %s, shrink it to another value, or make it absent",
                              c->spec->file),
    };
    if (found->place)
        findings_add(c->f, &one, "the copied %s '%s' holds a place named like '%s'",
                     found->key ? "key" : "text", found->path, found->word->region);
    else
        findings_add(c->f, &one, "the copied %s '%s' holds '%s', the %s of '%s'", found->key ? "key" : "text",
                     found->path, found->word->text, found->word->what, found->word->region);
}

void leftover_check(struct findings *f, const struct spec *spec, struct spec *const *from, size_t count,
                    const struct value *services)
{
    struct check c = {
        .f = f, .spec = spec, .words = ARENA_ARRAY(f->mem, struct leftover_word, count * 3 + 1)};
    /* The domain first, then the place: each often holds the name as a label. */
    for (size_t i = 0; i < count; i++)
        add_word(&c, from[i], from[i]->domain, "region.copied_domain", "domain");
    for (size_t i = 0; i < count; i++)
        add_word(&c, from[i], from[i]->place, "region.copied_place", "place");
    for (size_t i = 0; i < count; i++)
        add_word(&c, from[i], from[i]->name, "region.copied_name", "name");
    leftover_each(services, c.words, c.count, is_copied, warn, &c);
}
