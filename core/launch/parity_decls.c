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

/* ---- settings ------------------------------------------------------------------------------------- */

/* Spelled, and not by value_equal: a function of the script has another number as soon as there is one more
 * step before it, and is the same function. */
static bool is_same(const struct value *left, const struct value *right)
{
    static const struct parity_words none = {0};
    return value_equal(left, right) || parity_words_same(&none, left, right);
}

static void tell(struct compare *c, const struct value *left, const struct value *right)
{
    struct parity_place place = c->place;
    place.setting = buf_keep(&c->path, c->mem);
    place.left = left;
    place.right = right;
    c->fn(c->user, &place);
}

/* Maps key by key; a list is one setting, since what it holds has no names to tell apart by. */
static void compare_values(struct compare *c, const struct value *left, const struct value *right)
{
    if (left == right || (left != NULL && right != NULL && is_same(left, right)))
        return;
    if (value_kind(left) != VALUE_MAP || value_kind(right) != VALUE_MAP) {
        tell(c, left, right);
        return;
    }
    size_t length = c->path.count;
    for (size_t i = 0, j = 0; i < left->count || j < right->count;) {
        int order = i == left->count    ? 1
                    : j == right->count ? -1
                                        : strcmp(left->pairs[i].key, right->pairs[j].key);
        path_print_key(&c->path, order <= 0 ? left->pairs[i].key : right->pairs[j].key, length == 0);
        compare_values(c, order <= 0 ? left->pairs[i].value : NULL,
                       order >= 0 ? right->pairs[j].value : NULL);
        i += order <= 0;
        j += order >= 0;
        c->path.count = length;
        c->path.at[length] = '\0';
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
        buf_clear(&c->path);
        buf_text(&c->path, metas[i].name);
        if (!value_equal(metas[i].left, metas[i].right))
            tell(c, metas[i].left ? value_copy(c->mem, metas[i].left) : NULL,
                 metas[i].right ? value_copy(c->mem, metas[i].right) : NULL);
    }
    buf_clear(&c->path);
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
    compare_values(c, left->attrs, right->attrs);
    compare_meta(c, left, right);
}

void parity_decls_compare(struct arena *mem, const struct decls *left, const struct decls *right,
                          const struct parity_words *words,
                          void (*fn)(void *user, const struct parity_place *place), void *user)
{
    struct compare c = {.mem = mem, .tmp = arena_new(), .fn = fn, .user = user};
    bool *paired = ARENA_ARRAY(mem, bool, right->count + 1);
    buf_init(&c.path, 0);
    for (size_t i = 0; i < left->count; i++) {
        const struct decl *step = &left->at[i], *other = decl_find(right, step->address);
        if (other == NULL)
            other = namesake(right, step->address, words);
        /* Of two that lay claim to it the first has it. */
        if (other != NULL && paired[other - right->at])
            other = NULL;
        if (other != NULL)
            paired[other - right->at] = true;
        compare_steps(&c, step, other);
    }
    for (size_t i = 0; i < right->count; i++)
        if (!paired[i])
            compare_steps(&c, NULL, &right->at[i]);
    buf_done(&c.path);
    arena_free(c.tmp);
}
