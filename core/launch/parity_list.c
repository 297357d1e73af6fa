#include "launch/parity_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "model/decl.h"
#include "model/origins.h"
#include "region/region.h"

/* A region that is compared with the one it is copied from has its own entries; what both have inherited from
 * a third is about neither. */
static bool reads(const struct region *region, const char *file)
{
    for (size_t i = 0; i < region->file_count; i++)
        if (str_equal(region->files[i].path, file))
            return true;
    return false;
}

static void add_rules(struct parity_list *l, const struct region *region, const struct region *other,
                      bool left)
{
    for (size_t i = 0; i < region->differs_count; i++) {
        const struct region_differs *d = &region->differs[i];
        const struct origin *at = origins_get(region->origins, d->where);
        if (!d->of_steps || at == NULL || reads(other, at->file))
            continue;
        struct parity_list_rule *rule = &l->step_rules[l->step_rule_count++];
        const char *mark = strchr(d->what, '#');
        const char *where = arena_print(l->mem, "%s:%u", at->file, at->line);
        rule->address = mark ? arena_text_n(l->mem, d->what, (size_t)(mark - d->what)) : d->what;
        rule->setting = mark ? mark + 1 : NULL;
        rule->cause = (struct parity_cause){.by = PARITY_DIFFERS,
                                            .what = d->what,
                                            .why = d->why,
                                            .owner = d->owner,
                                            .revisit = d->revisit,
                                            .left = left ? where : NULL,
                                            .right = left ? NULL : where};
    }
}

void parity_list_init(struct parity_list *l, struct arena *mem, const struct region *left,
                      const struct region *right)
{
    *l = (struct parity_list){.mem = mem};
    l->step_rules = ARENA_ARRAY(mem, struct parity_list_rule, left->differs_count + right->differs_count + 1);
    add_rules(l, left, right, true);
    add_rules(l, right, left, false);
}

void parity_list_done(struct parity_list *l)
{
    ARRAY_DONE(&l->found);
}

/* Whole segments, as --target has them; a setting with all that lies below it. */
static bool begins(const char *text, const char *with, const char *ends)
{
    size_t length = strlen(with);
    return strncmp(text, with, length) == 0 && (text[length] == '\0' || strchr(ends, text[length]));
}

bool parity_list_covers(const struct parity_list_rule *rule, const char *address, const char *setting)
{
    if (!begins(address, rule->address, "."))
        return false;
    return rule->setting == NULL || (setting != NULL && begins(setting, rule->setting, ".["));
}

void parity_list_add(struct parity_list *l, const struct parity_difference *d)
{
    ARRAY_PUSH(&l->found, *d);
}

const char *parity_list_kind(struct arena *mem, const struct decl *decl)
{
    if (decl->subsystem != NULL)
        return arena_print(mem, "%s.%s", decl->subsystem, decl->type);
    return arena_text_n(mem, decl->address, strcspn(decl->address, "."));
}

/* ---- the result ------------------------------------------------------------------------------------- */

static int by_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int by_kind(const void *a, const void *b)
{
    const struct parity_difference *x = a, *y = b;
    int order = by_text(x->kind, y->kind);
    if (order == 0)
        order = by_text(x->setting, y->setting);
    if (order == 0)
        order = by_text(x->address, y->address);
    return order != 0 ? order : by_text(x->built, y->built);
}

/* In the order of a reader's interest: whose word it is, then where it stands. */
static int by_rule(const void *a, const void *b)
{
    const struct parity_cause *x = *(const struct parity_cause *const *)a,
                              *y = *(const struct parity_cause *const *)b;
    if (x->by != y->by)
        return x->by < y->by ? -1 : 1;
    int order = by_text(x->what, y->what);
    if (order == 0)
        order = by_text(x->left, y->left);
    return order != 0 ? order : by_text(x->right, y->right);
}

static void keep_causes(struct parity_list *l, struct parity *out)
{
    struct map *seen = map_new();
    ARRAY(const struct parity_cause *) causes = {0};
    for (size_t i = 0; i < l->found.count; i++) {
        const struct parity_difference *d = &l->found.at[i];
        for (size_t k = 0; k < d->cause_count; k++) {
            const char *key = arena_print(l->mem, "%p", (const void *)d->causes[k]);
            if (map_put(seen, key, (void *)d->causes[k]) == NULL)
                ARRAY_PUSH(&causes, d->causes[k]);
        }
    }
    map_free(seen);
    if (causes.count > 0)
        qsort(causes.at, causes.count, sizeof(*causes.at), by_rule);
    out->cause_count = causes.count;
    out->causes = ARRAY_KEEP(&causes, l->mem);
    ARRAY_DONE(&causes);
}

static void keep_idle(struct parity_list *l, struct parity *out)
{
    const char **idle = ARENA_ARRAY(l->mem, const char *, l->step_rule_count + 1);
    for (size_t i = 0; i < l->step_rule_count; i++) {
        const struct parity_list_rule *rule = &l->step_rules[i];
        if (!rule->used)
            idle[out->idle++] = arena_print(l->mem, "'%s' (%s)", rule->cause.what,
                                            rule->cause.left ? rule->cause.left : rule->cause.right);
    }
    out->idle_at = idle;
}

void parity_list_keep(struct parity_list *l, struct parity *out)
{
    if (l->found.count > 0)
        qsort(l->found.at, l->found.count, sizeof(*l->found.at), by_kind);
    for (size_t i = 0; i < l->found.count; i++)
        out->unexplained += !l->found.at[i].explained;
    keep_causes(l, out);
    keep_idle(l, out);
    out->count = l->found.count;
    out->at = ARRAY_KEEP(&l->found, l->mem);
}
