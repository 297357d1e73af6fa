#include "launch/parity_built.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "launch/parity_causes.h"
#include "launch/parity_list.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/path.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/region.h"
#include "store/store.h"

struct built {
    struct arena *mem, *tmp; /* tmp: of one row */
    struct buf text;         /* a declaration as the store would keep it */
    const struct parity_ask *ask;
    struct parity_list *list;
    const struct region *region;
    const struct store_snapshot *truth;
    const struct decls *decls;
    size_t unbuilt;
};

static const struct value *keep(struct built *b, const struct value *v)
{
    return v != NULL ? value_copy(b->mem, v) : NULL;
}

static void add(struct built *b, const struct store_res *row, const struct decl *decl,
                const struct schema_diff *diff, const char *why)
{
    struct parity_cause *cause = ARENA_NEW(b->mem, struct parity_cause);
    *cause = (struct parity_cause){.by = PARITY_BUILT, .why = why, .what = b->region->name};
    bool left = b->region == b->ask->left;
    *(left ? &cause->left : &cause->right) = row->declared_at;
    struct parity_difference d = {
        .address = row->address,
        .kind = arena_print(b->mem, "%s.%s", row->subsystem, row->type),
        .setting = diff != NULL ? arena_text(b->mem, diff->path) : NULL,
        .left = keep(b, diff != NULL && !diff->secret ? diff->after : NULL),
        .right = keep(b, diff != NULL && !diff->secret ? diff->before : NULL),
        .declared = decl != NULL ? arena_print(b->mem, "%s:%u", decl->file, decl->line) : row->declared_at,
        .built = b->region->name,
    };
    parity_list_add(b->list, &d, parity_causes_one(b->mem, cause));
}

/* As a plan would ask for it, with what the type fills in. */
static const struct value *filled(struct arena *mem, const struct schema *schema, const struct decl *decl)
{
    struct diags unsaid; /* mistakes are told by whoever plans */
    diag_init(&unsaid, mem);
    return schema_check(mem, schema, decl->attrs, decl->address, NULL, &unsaid);
}

/* Only what is known of a declaration without building it: the rest is another step's, and is compared
 * there. */
static const struct value *known_part(struct arena *mem, const struct value *attrs, const struct value *built)
{
    const struct value *known = built;
    for (size_t i = 0; value_kind(attrs) == VALUE_MAP && i < attrs->count; i++) {
        const struct value *v = attrs->pairs[i].value;
        if (!value_has_expr(v) && !value_has_unknown(v) && !value_has_secret(v))
            known = value_with_key(mem, known, attrs->pairs[i].key, v);
    }
    return known;
}

static bool is_ignored(const struct decl *decl, const char *path)
{
    for (size_t i = 0; i < decl->meta.ignore_count; i++) {
        size_t length = strlen(decl->meta.ignore[i]);
        if (strncmp(path, decl->meta.ignore[i], length) == 0 && strchr(".[", path[length]))
            return true;
    }
    return false;
}

static bool has_diff(const struct schema_diffs *diffs, const char *path)
{
    for (size_t i = 0; i < diffs->count; i++)
        if (strcmp(diffs->at[i].path, path) == 0)
            return true;
    return false;
}

/* Nearly every row was asked for just as it is declared, and then nothing has to be read. */
static bool was_asked(struct built *b, const struct store_res *row, const struct value *declared)
{
    buf_clear(&b->text);
    value_json_print(&b->text, declared);
    return strcmp(b->text.at, row->desired) == 0;
}

static bool diffs_of(struct built *b, const struct store_res *row, const char *text,
                     const struct schema *schema, const struct value *declared, struct schema_diffs *out,
                     struct err *err)
{
    const struct value *v = NULL;
    if (!value_json_parse(b->tmp, text, strlen(text), &v, err))
        return err_wrap(err, "reading '%s' of region '%s'", row->address, b->region->name);
    schema_compare(b->tmp, schema, v, known_part(b->tmp, declared, v), out, NULL);
    return true;
}

/* Against what was last asked for, and against what was last seen: a service may show a thing in other words
 * than it was asked in, or not at all, and what it filled in by itself may have been written down since. Only
 * what is neither is another thing.  A change behind landfall's back is the plan's to find. */
static bool compare_states(struct built *b, const struct store_res *row, const struct decl *decl,
                           const struct schema *schema, struct err *err)
{
    const struct value *declared = filled(b->tmp, schema, decl);
    struct schema_diffs seen, last;
    if (was_asked(b, row, declared))
        return true;
    if (!diffs_of(b, row, row->desired, schema, declared, &last, err))
        return false;
    if (last.count == 0)
        return true;
    if (!diffs_of(b, row, row->observed, schema, declared, &seen, err))
        return false;
    for (size_t i = 0; i < seen.count; i++)
        if (has_diff(&last, seen.at[i].path) && !is_ignored(decl, seen.at[i].path))
            add(b, row, decl, &seen.at[i], "what stands is not what is declared");
    return true;
}

static bool compare_row(struct built *b, const struct store_res *row, const struct decl *decl,
                        struct err *err)
{
    const struct catalog *catalog = &b->ask->catalog;
    const struct catalog_type *type;
    struct err none;
    if (row->damaged)
        add(b, row, decl, NULL, "it stands, and is not right");
    /* A type that no driver here knows cannot be judged; the plan of that region says so. */
    if (row->observed == NULL || row->desired == NULL ||
        !catalog->type(catalog->user, row->subsystem, row->instance, row->type, &type, &none))
        return true;
    bool good = compare_states(b, row, decl, type->schema, err);
    arena_reset(b->tmp);
    return good;
}

/* Rows and declarations are both sorted by address: one walk. */
static bool compare_region(struct built *b, struct err *err)
{
    size_t at = 0;
    for (size_t i = 0; i < b->truth->res_count; i++) {
        const struct store_res *row = &b->truth->res[i];
        if (row->deposed || row->kind != DECL_RESOURCE)
            continue;
        for (; at < b->decls->count && strcmp(b->decls->at[at].address, row->address) < 0; at++)
            b->unbuilt += b->decls->at[at].kind == DECL_RESOURCE;
        bool declared = at < b->decls->count && strcmp(b->decls->at[at].address, row->address) == 0;
        if (!declared)
            add(b, row, NULL, NULL, "it stands, and is no longer declared");
        else if (!compare_row(b, row, &b->decls->at[at], err))
            return false;
        at += declared;
    }
    for (; at < b->decls->count; at++)
        b->unbuilt += b->decls->at[at].kind == DECL_RESOURCE;
    return true;
}

static bool is_built(const struct store_snapshot *truth)
{
    return truth != NULL && truth->exists && truth->res_count > 0;
}

static bool compare_side(struct built *b, const struct region *region, const struct store_snapshot *truth,
                         const struct decls *decls, size_t *unbuilt, struct err *err)
{
    b->region = region;
    b->truth = truth;
    b->decls = decls;
    b->unbuilt = 0;
    if (!compare_region(b, err))
        return false;
    *unbuilt = b->unbuilt;
    return true;
}

bool parity_built_compare(struct arena *mem, const struct parity_ask *ask, const struct decls *left,
                          const struct decls *right, struct parity_list *list, struct parity *out,
                          struct err *err)
{
    struct built b = {.mem = mem, .tmp = arena_new(), .ask = ask, .list = list};
    buf_init(&b.text, 0);
    out->left_built = is_built(ask->left_truth);
    out->right_built = is_built(ask->right_truth);
    bool good =
        (!out->left_built || compare_side(&b, ask->left, ask->left_truth, left, &out->left_unbuilt, err)) &&
        (!out->right_built ||
         compare_side(&b, ask->right, ask->right_truth, right, &out->right_unbuilt, err));
    buf_done(&b.text);
    arena_free(b.tmp);
    return good;
}
