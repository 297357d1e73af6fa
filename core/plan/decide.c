#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/planner.h"
#include "plan/taken.h"
#include "plugin/host_secret.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

/* A reason names at most this many changed attributes; the rest is in the diff. */
#define REASON_PATHS 3
#define REASON_VALUE 48 /* characters of one value in a reason */

static void broken(struct planner *p, uint32_t i)
{
    p->plan->steps[i].broken = true;
    planner_decided(p, i);
}

/* ---- rows nobody declares ------------------------------------------------------------------- */

static bool is_foreign(struct planner *p, uint32_t i);
static bool has_drifted(struct planner *p, uint32_t i);

static void decide_undeclared(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    const struct store_res *row = s->row;
    bool has_object = row && row->kind == DECL_RESOURCE && !s->gone;
    s->action = has_object || s->deposed_left > 0 ? PLAN_DESTROY : PLAN_FORGET;
    s->shared = row && row->shared;
    s->reason = p->ask->destroy ? "destroy was asked for"
                : s->gone       ? "no longer declared, and gone already"
                                : "no longer declared";
    if (row && row->kind == DECL_RESOURCE) {
        s->driver = registry_find(p->ask->registry, row->subsystem, row->instance);
        s->type = driver_type(s->driver, row->type);
        s->by_word = (s->type->facts.traits & CATALOG_OWN_TRANSPORT) != 0;
    }
    s->broken = has_object && (is_foreign(p, i) || has_drifted(p, i));
    planner_decided(p, i);
}

/* ---- reasons -------------------------------------------------------------------------------- */

static void print_short(struct buf *out, const struct value *v)
{
    struct buf text;
    buf_init(&text, 0);
    if (!v)
        buf_text(&text, "nothing");
    else if (v->kind == VALUE_UNKNOWN)
        buf_text(&text, "known later");
    else if (v->kind == VALUE_TEXT)
        buf_add(&text, v->text, v->count);
    else
        value_json_print(&text, v);
    if (text.count > REASON_VALUE) {
        size_t cut = REASON_VALUE;
        while (cut > 0 && ((unsigned char)text.at[cut] & 0xc0) == 0x80)
            cut--;
        buf_add(out, text.at, cut);
        buf_text(out, "...");
    } else {
        buf_add(out, text.at, text.count);
    }
    buf_done(&text);
}

/* Did the world move away from what we last saw, at that place? */
static bool drifted(struct planner *p, const struct plan_step *s, const char *path)
{
    if (!s->stored || !s->observed || s->stored == s->observed)
        return false;
    return !value_equal(path_get_text(p->mem, s->stored, path), path_get_text(p->mem, s->observed, path));
}

static const char *describe_diffs(struct planner *p, const struct plan_step *s)
{
    struct buf text;
    buf_init(&text, 0);
    for (uint32_t k = 0; k < s->diff_count && k < REASON_PATHS; k++) {
        const struct schema_diff *d = &s->diffs[k];
        buf_print(&text, "%s%s", k ? "; " : "", d->path);
        if (d->secret) {
            buf_text(&text, " (secret) changes");
        } else {
            buf_text(&text, ": ");
            print_short(&text, d->before);
            buf_text(&text, " -> ");
            print_short(&text, d->after);
        }
        if (drifted(p, s, d->path))
            buf_text(&text, " (changed outside landfall)");
    }
    if (s->diff_count > REASON_PATHS)
        buf_print(&text, "; and %u more", s->diff_count - REASON_PATHS);
    const char *kept = buf_keep(&text, p->mem);
    buf_done(&text);
    return kept;
}

static const char *const *diff_paths(struct planner *p, const struct plan_step *s)
{
    if (s->diff_count == 0)
        return NULL;
    const char **paths = ARENA_ARRAY(p->mem, const char *, s->diff_count + 1);
    for (uint32_t k = 0; k < s->diff_count; k++)
        paths[k] = s->diffs[k].path;
    return paths;
}

/* ---- declared resources --------------------------------------------------------------------- */

/* A `--replace`, a damaged object, another driver: reasons for a new object whatever the attributes say. */
static const char *forced_replacement(struct planner *p, uint32_t i)
{
    const struct plan_step *s = &p->plan->steps[i];
    if (select_is_replaced(p, i))
        return "replacement was asked for";
    if (s->damaged)
        return "it exists, but it is not right";
    if (strcmp(s->row->driver, s->driver->name) != 0 || strcmp(s->row->instance, s->driver->instance) != 0)
        return arena_print(p->mem, "its driver changes: %s%s%s -> %s%s%s", s->row->driver,
                           s->row->instance[0] ? "/" : "", s->row->instance, s->driver->name,
                           s->driver->instance[0] ? "/" : "", s->driver->instance);
    return NULL;
}

static void decide_new(struct planner *p, uint32_t i, const char *reason)
{
    struct plan_step *s = &p->plan->steps[i];
    struct schema_diffs diffs = {0};
    schema_compare(p->mem, s->type->facts.schema, NULL, s->desired, &diffs, &s->promise);
    s->action = PLAN_CREATE;
    s->reason = reason;
    if (s->gone)
        s->generation = s->row->generation + 1;
}

/* The ways on from what was ours and is not: to take it, where that can be, and to let it go. */
static const char *advise_foreign(struct planner *p, const struct plan_step *s, const struct taken *t)
{
    const char *forget = arena_print(p->mem, "`landfall resolve %s %s --forget --why TEXT` to let it go",
                                     t->region, t->address);
    struct taken_owner owner;
    if (taken_is_others(t, &owner))
        return arena_print(p->mem, "type %s; then %s", forget, taken_apart(p->mem, t, &owner));
    if (!s->decl || t->hindrance)
        return arena_print(p->mem, "somebody replaced it or took it over: look at it, then %s%s%s", forget,
                           t->hindrance ? "; " : "", t->hindrance ? t->hindrance : "");
    return arena_print(p->mem, "somebody replaced it or took it over: look at it; %s, or %s",
                       taken_adoption(p->mem, t), forget);
}

/* What is not ours is never changed.  marker: what it carries, or NULL. */
static void report_foreign(struct planner *p, uint32_t i, const char *marker, const char *what)
{
    const struct plan_step *s = &p->plan->steps[i];
    const struct taken taken = {.region = p->plan->region->name,
                                .address = s->address,
                                .driver = s->driver,
                                .marker = marker,
                                .own = names_generation(p->plan, s, marker) > 0,
                                .hindrance = taken_hindrance(s->type),
                                .others = p->ask->others};
    struct taken_owner unused;
    if (taken_is_others(&taken, &unused))
        what = taken_whose(p->mem, &taken);
    planner_error(
        p, i, "plan.foreign", NULL,
        arena_print(p->mem, "'%s' is there (%s), but %s", s->address, s->id ? s->id : "no id", what),
        advise_foreign(p, s, &taken));
}

/* Whose is it?  What carries another's marker is never touched. */
static bool is_foreign(struct planner *p, uint32_t i)
{
    const struct plan_step *s = &p->plan->steps[i];
    if (p->ask->adopting && strcmp(p->ask->adopting, s->address) == 0)
        return false;
    if ((s->type->facts.traits & CATALOG_MARKLESS) != 0 || !s->row->marker || p->ask->no_refresh)
        return false;
    if (s->observed_marker && strcmp(s->observed_marker, s->row->marker) == 0)
        return false;
    report_foreign(p, i, s->observed_marker,
                   s->observed_marker
                       ? arena_print(p->mem, "it carries '%s' instead of our marker", s->observed_marker)
                       : "our marker is gone from it: somebody edited or replaced it");
    return true;
}

/* What cannot carry a marker is ours only while it is as we left it: otherwise it may be another's by now. */
static bool has_drifted(struct planner *p, uint32_t i)
{
    const struct plan_step *s = &p->plan->steps[i];
    bool adopts = p->ask->adopting && strcmp(p->ask->adopting, s->address) == 0;
    if (adopts || (s->type->facts.traits & CATALOG_MARKLESS) == 0 || s->stored == s->observed ||
        value_equal(s->stored, s->observed))
        return false;
    report_foreign(p, i, NULL, "it cannot carry a marker, and it is not as we left it");
    return true;
}

/* A new object promises nothing of the old one's. */
static void promise_anew(struct planner *p, struct plan_step *s, const struct value *promise)
{
    struct schema_diffs unused = {0};
    s->promise = promise;
    if (!promise)
        schema_compare(p->mem, s->type->facts.schema, NULL, s->desired, &unused, &s->promise);
    s->create_first = s->create_first && plan_stands_beside(s, s->desired);
    s->generation = s->row->generation + 1;
}

static enum plan_action action_of(enum schema_change change)
{
    return change == SCHEMA_SAME ? PLAN_KEEP : change == SCHEMA_UPDATE ? PLAN_UPDATE : PLAN_REPLACE;
}

/* What nobody was asked for is unknown, and no reason to think that it differs. */
static enum schema_change believe(struct schema_diffs *diffs)
{
    enum schema_change change = SCHEMA_SAME;
    size_t count = 0;
    for (size_t k = 0; k < diffs->count; k++) {
        if (value_has_unknown(diffs->at[k].after))
            continue;
        diffs->at[count++] = diffs->at[k];
        if (change != SCHEMA_REPLACE)
            change = diffs->at[k].fixed ? SCHEMA_REPLACE : SCHEMA_UPDATE;
    }
    diffs->count = count;
    diffs->may_replace = false;
    return change;
}

void decide_finish(struct planner *p, uint32_t i, uint32_t action, const struct value *promise,
                   const char *const *because)
{
    struct plan_step *s = &p->plan->steps[i];
    struct schema_diffs diffs = {0};
    const struct value *by_schema = NULL;
    enum schema_change change =
        schema_compare(p->mem, s->type->facts.schema, s->observed, s->desired, &diffs, &by_schema);
    if (p->ask->offline) {
        change = believe(&diffs);
        by_schema = change == SCHEMA_SAME ? s->observed : by_schema;
    }
    s->diffs = diffs.at;
    s->diff_count = (uint32_t)diffs.count;
    s->may_replace = diffs.may_replace;
    if (!action)
        action = action_of(change);
    const char *forced = forced_replacement(p, i);
    bool turned = forced || (action == PLAN_UPDATE && !s->type->has_update);
    if (turned)
        action = PLAN_REPLACE;
    s->broken = action != PLAN_KEEP && has_drifted(p, i);
    s->action = (enum plan_action)action;
    s->promise = promise ? promise : by_schema;
    s->because = because ? because : diff_paths(p, s);
    if (action == PLAN_KEEP)
        s->reason = "as declared";
    else
        s->reason = forced ? forced : s->diff_count == 0 ? "its driver asks for it" : describe_diffs(p, s);
    if (action == PLAN_REPLACE)
        promise_anew(p, s, turned ? NULL : promise);
}

static const struct value *keep_ignored(struct planner *p, uint32_t i, const struct value *desired)
{
    const struct plan_step *s = &p->plan->steps[i];
    for (size_t k = 0; s->observed && k < s->decl->meta.ignore_count; k++) {
        struct path path;
        struct err err;
        const struct value *is;
        if (!path_parse(p->mem, s->decl->meta.ignore[k], &path, &err)) {
            planner_error(p, i, err.code, s->decl->meta.ignore[k], arena_text(p->mem, err.summary),
                          arena_text(p->mem, err.advice));
            continue;
        }
        is = path_get(s->observed, &path);
        if (is && !path_with(p->mem, desired, &path, is, &desired, &err))
            planner_error(p, i, err.code, s->decl->meta.ignore[k], arena_text(p->mem, err.summary), NULL);
    }
    return desired;
}

/* A changed secret is seen by its digest.  One that cannot be found is told now, before anything is taken
 * down to make room for what needs it; the place is that of the region file. */
static bool digest_secrets(struct planner *p, uint32_t i, struct arena *mem)
{
    struct plan_step *s = &p->plan->steps[i];
    struct err err;
    uint32_t where = 0;
    if (!s->targeted || host_secret_digests(mem, s->driver->host, s->desired, &s->desired, &where, &err))
        return true;
    const struct origin *at = origins_get(p->plan->region->origins, where);
    struct diag one = {.severity = DIAG_ERROR,
                       .code = err.code,
                       .address = s->address,
                       .where = at ? arena_print(p->scratch, "%s:%u:%u", at->file, at->line, at->column)
                                   : planner_where(p, i),
                       .summary = err.summary,
                       .advice = err.advice[0] ? err.advice : NULL};
    diag_add(p->diags, &one);
    return false;
}

/* Evaluates and checks what is asked; false when it is broken (and reported). */
static bool evaluate(struct planner *p, uint32_t i, struct arena *mem)
{
    struct plan_step *s = &p->plan->steps[i];
    struct err err;
    const struct value *v;
    if (!expr_eval(mem, s->decl->attrs, &p->world, &v, &err)) {
        struct diag one = {.severity = DIAG_ERROR,
                           .code = err.code,
                           .address = s->address,
                           .where = err.where[0] ? err.where : planner_where(p, i),
                           .summary = err.summary,
                           .detail = err.detail[0] ? err.detail : NULL,
                           .advice = err.advice[0] ? err.advice : NULL};
        diag_add(p->diags, &one);
        return false;
    }
    if (s->type) {
        size_t before = p->diags->errors;
        const char *where = arena_print(p->scratch, "%s:%u", s->decl->file, s->decl->line);
        v = schema_check(mem, s->type->facts.schema, v, s->address, where, p->diags);
        if (p->diags->errors > before)
            return false;
        v = keep_ignored(p, i, v);
    }
    s->desired = v;
    s->unknown = value_has_unknown(v);
    return s->decl->kind != DECL_RESOURCE || digest_secrets(p, i, mem);
}

static bool attach_driver(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    const struct decl *d = s->decl;
    s->driver = registry_find(p->ask->registry, d->subsystem, d->instance);
    s->type = s->driver ? driver_type(s->driver, d->type) : NULL;
    if (!s->type) {
        planner_error(p, i, "plan.no_type", NULL,
                      arena_print(p->mem, "no driver of '%s%s%s' offers the type '%s'", d->subsystem,
                                  d->instance[0] ? "/" : "", d->instance, d->type),
                      "look at the region's drivers block and at `landfall plugin list`");
        return false;
    }
    s->shared = d->meta.shared || s->driver->shared;
    s->create_first = d->meta.replace != NULL;
    s->by_word = (s->type->facts.traits & CATALOG_OWN_TRANSPORT) != 0;
    return true;
}

/* `v` with the secrets it leaves out: what was last set stands for what is there. */
static const struct value *fill_secrets(struct planner *p, const struct schema *schema,
                                        const struct value *set, const struct value *v)
{
    for (size_t k = 0; v && k < schema->count; k++) {
        const struct schema_attr *a = &schema->attrs[k];
        bool told = !(a->flags & SCHEMA_SECRET) || (a->flags & SCHEMA_COMPUTED) || value_get(v, a->name);
        if (!told && value_get(set, a->name))
            v = value_with_key(p->mem, v, a->name, value_get(set, a->name));
    }
    return v;
}

static bool has_untold_secret(const struct schema *schema, const struct value *v)
{
    for (size_t k = 0; k < schema->count; k++) {
        const struct schema_attr *a = &schema->attrs[k];
        if ((a->flags & SCHEMA_SECRET) && !(a->flags & SCHEMA_COMPUTED) && !value_get(v, a->name))
            return true;
    }
    return false;
}

/* A service never gives a password back, so neither what is seen nor what was seen may miss it. */
static void carry_secrets(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    const struct schema *schema = s->type->facts.schema;
    const struct value *set = NULL;
    struct err err;
    if (!s->observed || !s->row->desired || !has_untold_secret(schema, s->observed))
        return;
    if (!value_json_parse(p->mem, s->row->desired, strlen(s->row->desired), &set, &err)) {
        planner_error(p, i, err.code, NULL, arena_text(p->mem, err.summary), NULL);
        return;
    }
    bool same = s->stored == s->observed;
    s->observed = fill_secrets(p, schema, set, s->observed);
    s->stored = same ? s->observed : fill_secrets(p, schema, set, s->stored);
}

static void decide_resource(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    if (s->row && !s->gone)
        carry_secrets(p, i);
    if (s->row && !s->gone && is_foreign(p, i)) {
        broken(p, i);
        return;
    }
    if (s->type->has_plan && !p->ask->offline) {
        decide_ask_plan(p, i);
        return;
    }
    if (!s->row)
        decide_new(p, i, "new");
    else if (s->gone)
        decide_new(p, i, planner_gone(s));
    else
        decide_finish(p, i, 0, NULL, NULL);
    planner_decided(p, i);
}

/* Most steps of most plans are kept: those are judged in memory that is taken back, since nothing of what
 * they ask differs from what is observed.  False: not kept, or not to be told this way; decide it in full. */
static bool decide_kept(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    if (s->type->has_plan || s->decl->meta.ignore_count > 0 || forced_replacement(p, i))
        return false;
    carry_secrets(p, i);
    if (is_foreign(p, i) || !evaluate(p, i, p->scratch)) {
        broken(p, i);
        return true;
    }
    struct schema_diffs diffs = {0};
    enum schema_change change =
        schema_compare(p->scratch, s->type->facts.schema, s->observed, s->desired, &diffs, NULL);
    bool kept = change == SCHEMA_SAME && !s->unknown;
    s->desired = NULL;
    s->unknown = false;
    if (!kept)
        return false;
    s->action = PLAN_KEEP;
    s->reason = "as declared";
    s->promise = s->observed;
    planner_decided(p, i);
    return true;
}

/* Under --refresh-only nothing changes but what the store remembers. */
static void decide_refresh_only(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    if (s->row && s->row->kind == DECL_RESOURCE) {
        s->driver = registry_find(p->ask->registry, s->row->subsystem, s->row->instance);
        s->type = driver_type(s->driver, s->row->type);
        carry_secrets(p, i);
    }
    bool same = s->row && !s->gone && (s->stored == s->observed || value_equal(s->stored, s->observed));
    s->action = !s->row || same ? PLAN_KEEP : s->gone ? PLAN_FORGET : PLAN_UPDATE;
    s->reason = !s->row   ? "not built yet"
                : s->gone ? planner_gone(s)
                : same    ? "as remembered"
                          : "changed outside landfall";
    s->promise = s->observed;
    planner_decided(p, i);
}

void decide_step(struct planner *p, uint32_t i)
{
    struct plan_step *s = &p->plan->steps[i];
    if (p->ask->refresh_only) {
        decide_refresh_only(p, i);
        return;
    }
    if (!s->decl) {
        decide_undeclared(p, i);
        return;
    }
    bool has_driver = s->decl->kind == DECL_RESOURCE || s->decl->kind == DECL_EXISTING;
    arena_reset(p->scratch);
    if (has_driver && !attach_driver(p, i)) {
        broken(p, i);
        return;
    }
    if (s->row && !s->gone && s->decl->kind == DECL_RESOURCE && decide_kept(p, i))
        return;
    if (!evaluate(p, i, p->mem)) {
        broken(p, i);
        return;
    }
    if (s->decl->kind == DECL_EXISTING)
        decide_ask_find(p, i);
    else if (s->decl->kind == DECL_RESOURCE)
        decide_resource(p, i);
    else
        decide_by_inputs(p, i);
}
