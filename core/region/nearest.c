#include "region/nearest.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/path.h"
#include "model/value.h"

#define LISTED_MAX 24 /* more names than that help nobody */

struct walk {
    struct arena *mem;
    const struct path *path;
    const char **keys;         /* the path that is meant, as far as it goes */
    const struct value *stuck; /* where the longest way left the tree */
    size_t stuck_at;
};

static const char *nearest_key(struct arena *mem, const char *word, const struct value *map)
{
    const char **known = ARENA_ARRAY(mem, const char *, map->count);
    for (size_t i = 0; i < map->count; i++)
        known[i] = map->pairs[i].key;
    return str_nearest(word, known, map->count);
}

static bool walk_from(struct walk *w, const struct value *v, size_t at);

/* The branches in order; the first that leads to the end wins, which keeps the advice the same every time. */
static bool walk_any(struct walk *w, const struct value *v, size_t at)
{
    bool map = value_kind(v) == VALUE_MAP;
    for (size_t i = 0; i < v->count; i++)
        if (walk_from(w, map ? v->pairs[i].value : v->items[i], at + 1))
            return true;
    return false;
}

/* The key as written, or else one that comes near; NULL where neither is there. */
static const struct value *step_key(struct walk *w, const struct value *map, size_t at)
{
    const char *key = w->path->at[at].key;
    w->keys[at] = value_get(map, key) != NULL ? key : nearest_key(w->mem, key, map);
    return w->keys[at] != NULL ? value_get(map, w->keys[at]) : NULL;
}

/* Depth first; no path leads deeper than a file may nest, so the recursion is bounded. */
static bool walk_from(struct walk *w, const struct value *v, size_t at)
{
    if (at == w->path->count)
        return true;
    const struct path_part *part = &w->path->at[at];
    enum value_kind kind = value_kind(v);
    const struct value *next = NULL;
    if (part->kind == PATH_ANY && (kind == VALUE_MAP || kind == VALUE_LIST))
        return walk_any(w, v, at);
    if (part->kind == PATH_INDEX)
        next = kind == VALUE_LIST ? value_item(v, part->index) : NULL;
    else if (part->kind == PATH_KEY && kind == VALUE_MAP)
        next = step_key(w, v, at);
    if (next != NULL && walk_from(w, next, at + 1))
        return true;
    /* The longest way is the one the reader meant; the advice lists what is there. */
    if (w->stuck == NULL || at > w->stuck_at) {
        w->stuck = v;
        w->stuck_at = at;
    }
    return false;
}

static void print_path(const struct walk *w, struct buf *text)
{
    for (size_t i = 0; i < w->path->count; i++) {
        if (w->path->at[i].kind == PATH_INDEX)
            path_print_index(text, w->path->at[i].index);
        else if (w->path->at[i].kind == PATH_ANY)
            buf_text(text, i == 0 ? "*" : ".*");
        else
            path_print_key(text, w->keys[i], i == 0);
    }
}

static void print_stuck(const struct walk *w, struct buf *text)
{
    const struct value *v = w->stuck;
    if (value_kind(v) != VALUE_MAP) {
        buf_text(text, "nothing of that name comes near");
        return;
    }
    for (size_t i = 0; i < v->count && i < LISTED_MAX; i++)
        buf_print(text, "%s%s", i == 0 ? "there is: " : ", ", v->pairs[i].key);
    if (v->count == 0)
        buf_text(text, "there is nothing");
    else if (v->count > LISTED_MAX)
        buf_text(text, ", ...");
}

const char *nearest_advice(struct arena *mem, const struct value *root, const struct path *path)
{
    struct walk w = {.mem = mem, .path = path, .keys = ARENA_ARRAY(mem, const char *, path->count)};
    struct buf text;
    buf_init(&text, 0);
    if (walk_from(&w, root, 0)) {
        buf_text(&text, "did you mean '");
        print_path(&w, &text);
        buf_text(&text, "'?");
    } else {
        print_stuck(&w, &text);
    }
    const char *advice = buf_keep(&text, mem);
    buf_done(&text);
    return advice;
}
