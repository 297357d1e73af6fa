#include "conform/fill.h"

#include <stdint.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/path.h"
#include "model/value.h"

struct filling {
    struct arena *mem;
    const struct fill *fill;
    bool only_check;
    uint32_t where; /* of the text at fault */
    struct err *err;
};

/* ---- one word -------------------------------------------------------------------------------------------
 */

static const struct fill_word *find(const struct fill *fill, const char *name)
{
    for (size_t i = 0; i < fill->count; i++) {
        if (strcmp(fill->words[i].name, name) == 0)
            return &fill->words[i];
    }
    return NULL;
}

static bool unknown_word(struct filling *f, const char *word)
{
    const char **names = ARENA_ARRAY(f->mem, const char *, f->fill->count + 1);
    struct buf known;
    buf_init(&known, 0);
    for (size_t i = 0; i < f->fill->count; i++) {
        names[i] = f->fill->words[i].name;
        buf_print(&known, "%s${%s}", i ? ", " : "", names[i]);
    }
    const char *near = str_nearest(word, names, f->fill->count);
    err_set(f->err, "conform.unknown_word", "'${%s}' stands for nothing", word);
    if (near)
        err_advise(f->err, "did you mean '${%s}'?", near);
    else
        err_advise(f->err, "there is %s", known.at);
    buf_done(&known);
    return false;
}

/* "zone.id": the word, then a path into its value. */
static bool look_up(struct filling *f, const char *inside, const struct value **out)
{
    const char *dot = strchr(inside, '.');
    const char *name = dot ? arena_text_n(f->mem, inside, (size_t)(dot - inside)) : inside;
    const struct fill_word *word = find(f->fill, name);
    if (!word)
        return unknown_word(f, name);
    if (f->only_check) {
        *out = value_null();
        return true;
    }
    *out = dot ? path_get_text(f->mem, word->value, dot + 1) : word->value;
    if (*out)
        return true;
    return err_set(f->err, "conform.no_such_part", "'%s' has nothing at '%s'", name, dot ? dot + 1 : name);
}

/* ---- texts ----------------------------------------------------------------------------------------------
 */

static bool add_text(struct filling *f, struct buf *out, const char *inside, const struct value *v)
{
    if (f->only_check)
        return true;
    if (value_kind(v) == VALUE_TEXT)
        buf_add(out, v->text, v->count);
    else if (value_kind(v) == VALUE_INT)
        buf_print(out, "%lld", (long long)v->number);
    else
        return err_set(f->err, "conform.word_form", "'${%s}' is %s and cannot stand inside a text", inside,
                       value_kind_name(value_kind(v)));
    return true;
}

static bool fill_pieces(struct filling *f, const struct value *v, struct buf *out, const struct value **whole)
{
    const char *at = v->text;
    for (const char *open; (open = strstr(at, "${"));) {
        const char *close = strchr(open, '}');
        const struct value *found;
        if (!close)
            return err_set(f->err, "conform.word_form", "'%s' opens a '${' and does not close it", v->text);
        const char *inside = arena_text_n(f->mem, open + 2, (size_t)(close - open - 2));
        if (!look_up(f, inside, &found))
            return false;
        if (open == v->text && close[1] == '\0') {
            *whole = found;
            return true;
        }
        buf_add(out, at, (size_t)(open - at));
        if (!add_text(f, out, inside, found))
            return false;
        at = close + 1;
    }
    buf_text(out, at);
    return true;
}

static bool fill_text(struct filling *f, const struct value *v, const struct value **out)
{
    struct buf text;
    const struct value *whole = NULL;
    *out = v;
    if (!strstr(v->text, "${"))
        return true;
    buf_init(&text, 0);
    bool good = fill_pieces(f, v, &text, &whole);
    if (good)
        *out = value_at_origin(f->mem, whole ? whole : value_text_n(f->mem, text.at, text.count), v->where);
    else if (!f->where)
        f->where = v->where;
    buf_done(&text);
    return good;
}

/* ---- values ---------------------------------------------------------------------------------------------
 */

/* As deep as YAML allows, which is bounded (VALUE_YAML_DEPTH). */
static bool walk(struct filling *f, const struct value *v, const struct value **out)
{
    *out = v;
    if (value_kind(v) == VALUE_TEXT)
        return fill_text(f, v, out);
    if (value_kind(v) == VALUE_LIST) {
        const struct value **items = ARENA_ARRAY(f->mem, const struct value *, v->count + 1);
        for (size_t i = 0; i < v->count; i++) {
            if (!walk(f, v->items[i], &items[i]))
                return false;
        }
        *out = value_list_borrow(f->mem, items, v->count, v->where);
    } else if (value_kind(v) == VALUE_MAP) {
        struct pair *pairs = ARENA_ARRAY(f->mem, struct pair, v->count + 1);
        for (size_t i = 0; i < v->count; i++) {
            pairs[i].key = v->pairs[i].key;
            if (!walk(f, v->pairs[i].value, &pairs[i].value))
                return false;
        }
        *out = value_map_borrow(f->mem, pairs, v->count, v->where);
    }
    return true;
}

bool fill_value(struct arena *mem, const struct fill *fill, const struct value *v, const struct value **out,
                uint32_t *where, struct err *err)
{
    struct filling f = {.mem = mem, .fill = fill, .err = err};
    const struct value *filled;
    bool good = walk(&f, v, &filled);
    if (good)
        *out = filled;
    else if (where)
        *where = f.where;
    return good;
}

bool fill_check(struct arena *mem, const struct fill *fill, const struct value *v, uint32_t *where,
                struct err *err)
{
    struct filling f = {.mem = mem, .fill = fill, .only_check = true, .err = err};
    const struct value *unused;
    bool good = walk(&f, v, &unused);
    *where = f.where;
    return good;
}

bool fill_mentions(const struct value *v, const char *word)
{
    if (value_kind(v) == VALUE_TEXT) {
        size_t count = strlen(word);
        for (const char *at = v->text; (at = strstr(at, "${")); at += 2) {
            if (strncmp(at + 2, word, count) == 0 && (at[2 + count] == '}' || at[2 + count] == '.'))
                return true;
        }
    }
    for (size_t i = 0; value_kind(v) == VALUE_LIST && i < v->count; i++) {
        if (fill_mentions(v->items[i], word))
            return true;
    }
    for (size_t i = 0; value_kind(v) == VALUE_MAP && i < v->count; i++) {
        if (fill_mentions(v->pairs[i].value, word))
            return true;
    }
    return false;
}
