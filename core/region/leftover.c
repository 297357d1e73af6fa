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

struct word {
    const char *text, *code, *what;
    const char *region;
};

struct search {
    struct findings *f;
    const struct spec *spec;
    struct word *words;
    size_t count;
    struct buf path;
};

/* Bytes of other scripts count as letters, so that no word is cut in the middle of a character. */
static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || ((unsigned char)c & 0x80);
}

/* As a whole word or label: "us" stands in "us-queue" and "db.us.acme.example", not in "status". */
static bool holds_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[length]))
            return true;
    return false;
}

/* What both regions share is no leftover. */
static void add_word(struct search *s, const struct spec *from, const char *text, const char *code,
                     const char *what)
{
    const struct spec *own = s->spec;
    if (text == NULL || str_equal(text, own->name) || str_equal(text, own->place) ||
        str_equal(text, own->domain))
        return;
    s->words[s->count++] = (struct word){text, code, what, from->name};
}

/* A warning and no error: "in the us" may be meant.  Overriding it with the same text says so. */
static void found(struct search *s, const struct value *v, const struct word *word, bool key)
{
    struct finding one = {
        .severity = DIAG_WARNING,
        .code = word->code,
        .where = origins_text_of(s->f->origins, v->where),
        .key = key,
        .path = buf_keep(&s->path, s->f->mem),
        .advice = arena_print(s->f->mem, "override it in %s, shrink it to another value, or make it absent",
                              s->spec->file),
    };
    findings_add(s->f, &one, "the copied %s '%s' holds '%s', the %s of '%s'", key ? "key" : "text",
                 s->path.at, word->text, word->what, word->region);
}

/* One warning per text: the most telling word comes first in the list. */
static void search_text(struct search *s, const struct value *v, const char *text, bool key)
{
    for (size_t i = 0; i < s->count; i++) {
        if (holds_word(text, s->words[i].text)) {
            found(s, v, &s->words[i], key);
            return;
        }
    }
}

/* Only what is still a plain copy: a value that was shrunk or overridden is the new region's own decision. */
static void search(struct search *s, const struct value *v)
{
    const struct origin *origin = origins_get(s->f->origins, v->where);
    size_t length = s->path.count;
    if (v->kind == VALUE_TEXT && origin != NULL && origin->kind == ORIGIN_COPIED)
        search_text(s, v, v->text, false);
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->count; i++) {
        path_print_index(&s->path, i);
        search(s, v->items[i]);
        s->path.count = length;
        s->path.at[length] = '\0';
    }
    for (size_t i = 0; v->kind == VALUE_MAP && i < v->count; i++) {
        const struct value *one = v->pairs[i].value;
        origin = origins_get(s->f->origins, one->where);
        path_print_key(&s->path, v->pairs[i].key, false);
        if (origin != NULL && origin->kind == ORIGIN_COPIED)
            search_text(s, one, v->pairs[i].key, true);
        search(s, one);
        s->path.count = length;
        s->path.at[length] = '\0';
    }
}

void leftover_check(struct findings *f, const struct spec *spec, struct spec *const *from, size_t count,
                    const struct value *services)
{
    struct search s = {.f = f, .spec = spec, .words = ARENA_ARRAY(f->mem, struct word, count * 3)};
    /* The domain first, then the place: each often holds the name as a label. */
    for (size_t i = 0; i < count; i++)
        add_word(&s, from[i], from[i]->domain, "region.copied_domain", "domain");
    for (size_t i = 0; i < count; i++)
        add_word(&s, from[i], from[i]->place, "region.copied_place", "place");
    for (size_t i = 0; i < count; i++)
        add_word(&s, from[i], from[i]->name, "region.copied_name", "name");
    buf_init(&s.path, 0);
    buf_text(&s.path, "services");
    search(&s, services);
    buf_done(&s.path);
}
