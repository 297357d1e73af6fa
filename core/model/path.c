#include "model/path.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/value.h"
#include "model/value_json.h"

/* No value is deeper, so a longer path can lead nowhere. */
#define PATH_DEPTH VALUE_JSON_DEPTH
/* More digits than any list has items; keeps the index far from overflow. */
#define INDEX_DIGITS 9

struct reader {
    struct arena *mem;
    const char *text;
    const char *at;
    struct err *err;
};

/* Bytes that need no quotes: everything but the syntax itself, blanks and control characters. */
static bool is_bare(char c)
{
    return (unsigned char)c > ' ' && c != 0x7F && !strchr(".[]\"*\\", c);
}

/* Always false.  The place counts bytes, from 1. */
static bool refuse(struct reader *r, const char *what)
{
    err_set(r->err, "path.syntax", "cannot read path '%s': %s at character %zu", r->text, what,
            (size_t)(r->at - r->text) + 1);
    return err_advise(r->err, "write it as a.b.\"odd key\"[0]");
}

static bool read_bare(struct reader *r, struct path_part *part)
{
    const char *start = r->at;
    while (*r->at && is_bare(*r->at))
        r->at++;
    if (r->at == start)
        return refuse(r, *r->at ? "unexpected character" : "a key is missing");
    *part = (struct path_part){.kind = PATH_KEY, .key = arena_text_n(r->mem, start, (size_t)(r->at - start))};
    return true;
}

/* Two escapes are all that is needed: every other byte stands for itself. */
static bool read_quoted(struct reader *r, struct path_part *part)
{
    char *key = arena_alloc(r->mem, strlen(r->at));
    size_t count = 0;
    for (r->at++; *r->at != '"'; r->at++) {
        if (*r->at == '\\' && (r->at[1] == '"' || r->at[1] == '\\'))
            r->at++;
        else if (*r->at == '\\')
            return refuse(r, "only \\\" and \\\\ are known escapes,");
        if (!*r->at)
            return refuse(r, "the quote is not closed");
        key[count++] = *r->at;
    }
    r->at++;
    *part = (struct path_part){.kind = PATH_KEY, .key = key};
    return true;
}

/* [*] is taken for a star too, because people write it. */
static bool read_index(struct reader *r, struct path_part *part)
{
    const char *start = ++r->at;
    if (*r->at == '*') {
        r->at++;
        *part = (struct path_part){.kind = PATH_ANY};
    } else {
        size_t index = 0;
        for (; *r->at >= '0' && *r->at <= '9' && r->at - start < INDEX_DIGITS; r->at++)
            index = index * 10 + (size_t)(*r->at - '0');
        if (r->at == start || (*start == '0' && r->at - start > 1))
            return refuse(r, "an index is a whole number,");
        *part = (struct path_part){.kind = PATH_INDEX, .index = index};
    }
    if (*r->at != ']')
        return refuse(r, "']' is missing");
    r->at++;
    return true;
}

static bool read_part(struct reader *r, bool first, struct path_part *part)
{
    if (*r->at == '[')
        return read_index(r, part);
    if (!first) {
        if (*r->at != '.')
            return refuse(r, "'.' or '[' is missing");
        r->at++;
    }
    if (*r->at == '"')
        return read_quoted(r, part);
    if (*r->at == '*') {
        r->at++;
        *part = (struct path_part){.kind = PATH_ANY};
        return true;
    }
    return read_bare(r, part);
}

/* The parts are collected on the stack and copied once they are all good. */
bool path_parse(struct arena *mem, const char *text, struct path *out, struct err *err)
{
    struct reader r = {.mem = mem, .text = text, .at = text, .err = err};
    struct path_part parts[PATH_DEPTH];
    size_t count = 0;
    do {
        if (count == PATH_DEPTH)
            return refuse(&r, "the path is too long,");
        if (!read_part(&r, count == 0, &parts[count]))
            return false;
        count++;
    } while (*r.at);
    *out = (struct path){.at = arena_copy(mem, parts, count * sizeof(*parts)), .count = count};
    return true;
}

void path_print_key(struct buf *out, const char *key, bool first)
{
    if (!first)
        buf_char(out, '.');
    bool bare = *key != '\0';
    for (const char *c = key; *c && bare; c++)
        bare = is_bare(*c);
    if (bare) {
        buf_text(out, key);
        return;
    }
    buf_char(out, '"');
    for (; *key; key++) {
        if (*key == '"' || *key == '\\')
            buf_char(out, '\\');
        buf_char(out, *key);
    }
    buf_char(out, '"');
}

void path_print_index(struct buf *out, size_t index)
{
    buf_print(out, "[%zu]", index);
}

/* One step down; NULL when there is nothing.  What is inside of an unknown is unknown, not nothing. */
static const struct value *enter(const struct value *v, const struct path_part *part)
{
    if (value_kind(v) == VALUE_UNKNOWN && part->kind != PATH_ANY)
        return value_unknown(VALUE_ANY);
    switch (part->kind) {
    case PATH_KEY:
        return value_get(v, part->key);
    case PATH_INDEX:
        return value_item(v, part->index);
    default:
        return NULL;
    }
}

const struct value *path_get(const struct value *v, const struct path *path)
{
    for (size_t i = 0; i < path->count && v; i++)
        v = enter(v, &path->at[i]);
    return v;
}

/* A path that cannot be read leads nowhere, which is all the caller asks. */
const struct value *path_get_text(struct arena *tmp, const struct value *v, const char *path)
{
    struct path parsed;
    struct err ignored;
    return path_parse(tmp, path, &parsed, &ignored) ? path_get(v, &parsed) : NULL;
}

static const char *text_of(struct arena *mem, const struct path *path, size_t count)
{
    struct buf text;
    buf_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        if (path->at[i].kind == PATH_KEY)
            path_print_key(&text, path->at[i].key, i == 0);
        else if (path->at[i].kind == PATH_INDEX)
            path_print_index(&text, path->at[i].index);
        else
            buf_text(&text, i ? ".*" : "*");
    }
    const char *kept = buf_keep(&text, mem);
    buf_done(&text);
    return kept;
}

/* What path_with is about, and how deep it is. */
struct change {
    struct arena *mem;
    const struct path *path;
    const struct value *v;
    struct err *err;
};

static bool change_at(struct change *c, const struct value *base, size_t depth, const struct value **out);

/* Removing what is not there changes nothing; setting it is an error, because a list has no gaps. */
static bool change_item(struct change *c, const struct value *list, size_t depth, const struct value **out)
{
    size_t index = c->path->at[depth].index;
    if (value_kind(list) != VALUE_LIST || index >= list->count) {
        if (!c->v) {
            *out = list;
            return true;
        }
        size_t count = value_kind(list) == VALUE_LIST ? list->count : 0;
        return err_set(c->err, "path.no_item", "there is no '%s': the list has %zu items",
                       text_of(c->mem, c->path, depth + 1), count);
    }
    const struct value *item;
    if (!change_at(c, list->items[index], depth + 1, &item))
        return false;
    const struct value **items = ARENA_ARRAY(c->mem, const struct value *, list->count);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct value *kept = i == index ? item : list->items[i];
        if (kept)
            items[count++] = kept;
    }
    *out = value_at_origin(c->mem, value_list(c->mem, items, count), list->where);
    return true;
}

/* *out NULL: what was there is removed. */
static bool change_at(struct change *c, const struct value *base, size_t depth, const struct value **out)
{
    if (depth == c->path->count) {
        *out = c->v;
        return true;
    }
    const struct path_part *part = &c->path->at[depth];
    if (part->kind == PATH_ANY)
        return err_set(c->err, "path.pattern", "'%s' is a pattern: it names no single place",
                       text_of(c->mem, c->path, c->path->count));
    if (part->kind == PATH_INDEX)
        return change_item(c, base, depth, out);
    if (!value_is_null(base) && value_kind(base) != VALUE_MAP) {
        if (!c->v) {
            *out = base;
            return true;
        }
        return err_set(c->err, "path.not_a_map", "cannot set '%s': '%s' is %s, not a map",
                       text_of(c->mem, c->path, c->path->count), text_of(c->mem, c->path, depth),
                       value_kind_name(value_kind(base)));
    }
    const struct value *inner = value_get(base, part->key);
    if (!inner && !c->v) {
        *out = base;
        return true;
    }
    if (!change_at(c, inner, depth + 1, &inner))
        return false;
    *out = value_with_key(c->mem, value_is_null(base) ? NULL : base, part->key, inner);
    return true;
}

bool path_with(struct arena *mem, const struct value *base, const struct path *path, const struct value *v,
               const struct value **out, struct err *err)
{
    struct change c = {.mem = mem, .path = path, .v = v, .err = err};
    return change_at(&c, base, 0, out);
}

/* Text and path of the place the walk is at grow and shrink together with it. */
struct walk {
    const struct path *pattern;
    struct path concrete;
    struct buf text;
    path_match_fn *fn;
    void *user;
};

static bool walk_from(struct walk *w, const struct value *v);

static bool walk_into(struct walk *w, struct path_part part, const struct value *v)
{
    if (!v)
        return true;
    size_t mark = w->text.count;
    if (part.kind == PATH_KEY)
        path_print_key(&w->text, part.key, mark == 0);
    else
        path_print_index(&w->text, part.index);
    w->concrete.at[w->concrete.count++] = part;
    bool more = walk_from(w, v);
    w->concrete.count--;
    w->text.count = mark;
    w->text.at[mark] = '\0';
    return more;
}

static bool walk_from(struct walk *w, const struct value *v)
{
    if (w->concrete.count == w->pattern->count)
        return w->fn(w->user, w->text.at, &w->concrete, v);
    struct path_part part = w->pattern->at[w->concrete.count];
    if (part.kind != PATH_ANY)
        return walk_into(w, part, enter(v, &part));
    if (value_kind(v) == VALUE_MAP) {
        for (size_t i = 0; i < v->count; i++) {
            part = (struct path_part){.kind = PATH_KEY, .key = v->pairs[i].key};
            if (!walk_into(w, part, v->pairs[i].value))
                return false;
        }
    } else if (value_kind(v) == VALUE_LIST) {
        for (size_t i = 0; i < v->count; i++) {
            part = (struct path_part){.kind = PATH_INDEX, .index = i};
            if (!walk_into(w, part, v->items[i]))
                return false;
        }
    }
    return true;
}

bool path_each(const struct value *v, const struct path *pattern, path_match_fn *fn, void *user)
{
    struct arena *tmp = arena_new();
    struct walk w = {.pattern = pattern, .fn = fn, .user = user};
    w.concrete.at = ARENA_ARRAY(tmp, struct path_part, pattern->count);
    buf_init(&w.text, 0);
    bool more = walk_from(&w, v);
    buf_done(&w.text);
    arena_free(tmp);
    return more;
}
