#include "launch/parity_decls.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "launch/parity_words.h"
#include "model/decl.h"
#include "model/path.h"
#include "model/value.h"

struct compare {
    struct arena *mem, *tmp; /* tmp: of one step */
    void (*fn)(void *user, const struct parity_place *place);
    void *user;
    struct parity_place place;
    struct buf path;
};

/* The keys around a value, innermost first: most values are the same, and need no path. */
struct trail {
    const struct trail *up; /* NULL: the attributes */
    const char *key;
};

/* ---- settings ------------------------------------------------------------------------------------- */

static void print_trail(struct buf *out, const struct trail *at)
{
    if (at == NULL)
        return;
    print_trail(out, at->up);
    path_print_key(out, at->key, at->up == NULL);
}

static void tell(struct compare *c, const char *setting, const struct value *left, const struct value *right)
{
    struct parity_place place = c->place;
    place.setting = setting;
    place.left = left;
    place.right = right;
    c->fn(c->user, &place);
}

/* Maps key by key; a list is one setting, since what it holds has no names to tell apart by. */
static void compare_values(struct compare *c, const struct trail *at, const struct value *left,
                           const struct value *right)
{
    if (left == right)
        return;
    if (value_kind(left) != VALUE_MAP || value_kind(right) != VALUE_MAP) {
        if (left != NULL && right != NULL && parity_words_alike(left, right))
            return;
        buf_clear(&c->path);
        print_trail(&c->path, at);
        tell(c, c->path.at, left, right);
        return;
    }
    for (size_t i = 0, j = 0; i < left->count || j < right->count;) {
        int order = i == left->count    ? 1
                    : j == right->count ? -1
                                        : strcmp(left->pairs[i].key, right->pairs[j].key);
        const struct trail inside = {at, order <= 0 ? left->pairs[i].key : right->pairs[j].key};
        compare_values(c, &inside, order <= 0 ? left->pairs[i].value : NULL,
                       order >= 0 ? right->pairs[j].value : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

static const struct value *text_or_null(struct arena *mem, const char *text)
{
    return text != NULL && *text != '\0' ? value_text(mem, text) : NULL;
}

static const struct value *texts_or_null(struct arena *mem, const char *const *texts, size_t count)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = value_text(mem, texts[i]);
    return count > 0 ? value_list(mem, items, count) : NULL;
}

static bool are_same_texts(const char *const *left, size_t left_count, const char *const *right,
                           size_t right_count)
{
    bool same = left_count == right_count;
    for (size_t i = 0; same && i < left_count; i++)
        same = str_equal(left[i], right[i]);
    return same;
}

/* As it is nearly always: then no value need be made of anything. */
static bool has_same_meta(const struct decl *left, const struct decl *right)
{
    const struct decl_meta *l = &left->meta, *r = &right->meta;
    return left->version == right->version && l->protect == r->protect && l->shared == r->shared &&
           str_equal(left->instance, right->instance) && str_equal(l->owner, r->owner) &&
           str_equal(l->blocks, r->blocks) &&
           are_same_texts(l->holds, l->holds_count, r->holds, r->holds_count);
}

/* What every step may say beside its attributes, in the words of `step = { ... }`.  `after` and `timeout` are
 * about how it is built, and `guess` about what it may cost: none of them is left when it stands. */
static void compare_meta(struct compare *c, const struct decl *left, const struct decl *right)
{
    const struct decl_meta *l = &left->meta, *r = &right->meta;
    struct arena *mem = c->tmp;
    const struct {
        const char *name;
        const struct value *left, *right;
    } metas[] = {
        {"step.driver", text_or_null(mem, left->instance), text_or_null(mem, right->instance)},
        {"step.holds", texts_or_null(mem, l->holds, l->holds_count),
         texts_or_null(mem, r->holds, r->holds_count)},
        {"step.owner", text_or_null(mem, l->owner), text_or_null(mem, r->owner)},
        {"step.blocks", text_or_null(mem, l->blocks), text_or_null(mem, r->blocks)},
        {"step.protect", value_bool(l->protect), value_bool(r->protect)},
        {"step.shared", value_bool(l->shared), value_bool(r->shared)},
        {"step.version", value_int(mem, left->version), value_int(mem, right->version)},
    };
    for (size_t i = 0; i < COUNT_OF(metas); i++) {
        if (!value_equal(metas[i].left, metas[i].right))
            tell(c, metas[i].name, metas[i].left ? value_copy(c->mem, metas[i].left) : NULL,
                 metas[i].right ? value_copy(c->mem, metas[i].right) : NULL);
    }
    arena_reset(mem);
}

/* ---- steps ---------------------------------------------------------------------------------------- */

/* The step of the right region that has the left one's name with its own words in it. */
static const struct decl *namesake(const struct decls *right, const char *address,
                                   const struct parity_words *words)
{
    struct buf name;
    if (words == NULL)
        return NULL;
    buf_init(&name, 0);
    parity_words_translate(words, &name, address);
    const struct decl *other = str_equal(name.at, address) ? NULL : decl_find(right, name.at);
    buf_done(&name);
    return other;
}

static void compare_steps(struct compare *c, const struct decl *left, const struct decl *right)
{
    const struct decl *some = left != NULL ? left : right;
    c->place = (struct parity_place){.address = some->address, .left_decl = left, .right_decl = right};
    if (left == NULL || right == NULL) {
        c->fn(c->user, &c->place);
        return;
    }
    compare_values(c, NULL, left->attrs, right->attrs);
    if (!has_same_meta(left, right))
        compare_meta(c, left, right);
}

/* Which step of the right region each of the left one's is, or NULL.  Of two that lay claim to one the first
 * has it. */
struct pairing {
    const struct decl **other; /* of each on the left */
    bool *paired;              /* each on the right */
};

static void pair(struct pairing *p, struct arena *mem, const struct decls *left, const struct decls *right,
                 const struct parity_words *words)
{
    p->other = ARENA_ARRAY(mem, const struct decl *, left->count + 1);
    p->paired = ARENA_ARRAY(mem, bool, right->count + 1);
    for (size_t i = 0, j = 0; i < left->count; i++) {
        const char *address = left->at[i].address;
        int order = 1;
        while (j < right->count && (order = strcmp(right->at[j].address, address)) < 0)
            j++;
        bool named = j < right->count && order == 0;
        const struct decl *other = named ? &right->at[j] : namesake(right, address, words);
        if (other == NULL || p->paired[other - right->at])
            continue;
        p->paired[other - right->at] = true;
        p->other[i] = other;
    }
}

void parity_decls_compare(struct arena *mem, const struct decls *left, const struct decls *right,
                          const struct parity_words *words,
                          void (*fn)(void *user, const struct parity_place *place), void *user)
{
    struct compare c = {.mem = mem, .tmp = arena_new(), .fn = fn, .user = user};
    struct arena *own = arena_new();
    struct pairing p;
    pair(&p, own, left, right, words);
    buf_init(&c.path, 0);
    for (size_t i = 0, j = 0; i < left->count || j < right->count;) {
        if (j < right->count && p.paired[j]) {
            j++;
        } else if (j == right->count ||
                   (i < left->count && strcmp(left->at[i].address, right->at[j].address) < 0)) {
            compare_steps(&c, &left->at[i], p.other[i]);
            i++;
        } else {
            compare_steps(&c, NULL, &right->at[j]);
            j++;
        }
    }
    buf_done(&c.path);
    arena_free(own);
    arena_free(c.tmp);
}
