#include "launch/parity_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"
#include "launch/parity_causes.h"
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
        rule->causes = parity_causes_one(l->mem, &rule->cause);
    }
}

void parity_list_init(struct parity_list *l, struct arena *mem, const struct region *left,
                      const struct region *right, bool brief)
{
    *l = (struct parity_list){.mem = mem, .brief = brief, .settings = map_new()};
    l->step_rules = ARENA_ARRAY(mem, struct parity_list_rule, left->differs_count + right->differs_count + 1);
    add_rules(l, left, right, true);
    add_rules(l, right, left, false);
}

void parity_list_done(struct parity_list *l)
{
    ARRAY_DONE(&l->found);
    ARRAY_DONE(&l->sets);
    map_free(l->settings);
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

/* Steps come by address, and so by kind; most of a kind are declared on one line, in a loop. */
const struct parity_list_decl *parity_list_decl_of(struct parity_list *l, const struct decl *decl)
{
    const struct decl *last = l->last.of;
    bool same_place = last != NULL && last->line == decl->line && str_equal(last->file, decl->file);
    bool same_kind = last != NULL && last->subsystem != NULL && decl->subsystem != NULL &&
                     str_equal(last->subsystem, decl->subsystem) && str_equal(last->type, decl->type);
    if (!same_place)
        l->last.declared = arena_print(l->mem, "%s:%u", decl->file, decl->line);
    if (!same_kind)
        l->last.kind = decl->subsystem != NULL
                           ? arena_print(l->mem, "%s.%s", decl->subsystem, decl->type)
                           : arena_text_n(l->mem, decl->address, strcspn(decl->address, "."));
    l->last.of = decl;
    return &l->last;
}

const char *parity_list_setting(struct parity_list *l, const char *setting)
{
    char *kept = setting != NULL ? map_find(l->settings, setting) : NULL;
    if (kept != NULL || setting == NULL)
        return kept;
    kept = arena_text(l->mem, setting);
    map_put(l->settings, kept, kept);
    return kept;
}

/* ---- the result ------------------------------------------------------------------------------------- */

static int by_text(const char *a, const char *b)
{
    if (a == b)
        return 0;
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

void parity_list_add(struct parity_list *l, struct parity_difference *d, struct parity_causes *causes)
{
    d->causes = causes->at;
    d->cause_count = causes->count;
    d->explained = causes->explained;
    l->count++;
    l->unexplained += !d->explained;
    if (!l->brief)
        ARRAY_PUSH(&l->found, *d);
    if (causes->first == NULL) {
        causes->first = arena_copy(l->mem, d, sizeof(*d));
        ARRAY_PUSH(&l->sets, causes);
    } else if (by_kind(d, causes->first) < 0) {
        *causes->first = *d;
    }
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

static int by_first(const void *a, const void *b)
{
    return by_kind((*(struct parity_causes *const *)a)->first, (*(struct parity_causes *const *)b)->first);
}

/* Those of one rank stand in the order in which somebody who reads all differences meets them. */
static void keep_causes(struct parity_list *l, struct parity *out)
{
    struct map *seen = map_new();
    ARRAY(const struct parity_cause *) causes = {0};
    if (l->sets.count > 0)
        qsort(l->sets.at, l->sets.count, sizeof(*l->sets.at), by_first);
    for (size_t i = 0; i < l->sets.count; i++) {
        const struct parity_causes *set = l->sets.at[i];
        for (size_t k = 0; k < set->count; k++) {
            const char *key = arena_print(l->mem, "%p", (const void *)set->at[k]);
            if (map_put(seen, key, (void *)set->at[k]) == NULL)
                ARRAY_PUSH(&causes, set->at[k]);
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
    keep_causes(l, out);
    keep_idle(l, out);
    out->count = l->count;
    out->unexplained = l->unexplained;
    out->at = ARRAY_KEEP(&l->found, l->mem);
}
