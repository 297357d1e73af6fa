#include "cli/policies.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/session.h"
#include "cli/slips.h"
#include "model/diag.h"
#include "plan/plan.h"
#include "region/folder.h"
#include "region/project.h"
#include "region/region.h"
#include "region/waiver.h"

#define FOLDER "policies"
/* Findings an error names before the rest is only counted. */
#define NAMED_MOST 5

/* ---- files ------------------------------------------------------------------------------------------ */

/* Where it is installed, and in the tree it was built in; NULL when it came with none. */
static const char *shipped_folder(struct session *s)
{
    static const char *const ours[] = {"../share/landfall/policies", "../policies"};
    const char *program = file_real(s->mem, "/proc/self/exe");
    for (size_t i = 0; program && i < COUNT_OF(ours); i++) {
        const char *folder = file_real(s->mem, file_join(s->mem, file_folder(s->mem, program), ours[i]));
        if (folder && file_is_folder(folder))
            return folder;
    }
    return NULL;
}

/* `shown` is how people and plans know the folder, wherever it lies on this machine. */
static struct policies_found found_of(struct arena *mem, const char *folder, const char *shown,
                                      const char *name)
{
    const char *file = arena_print(mem, "%s.lua", name), *tests = arena_print(mem, "tests/%s.lua", name);
    struct policies_found f = {
        .at = {.folder = folder, .name = file, .path = arena_print(mem, "%s/%s", shown, file)}};
    if (file_exists(file_join(mem, folder, tests)))
        f.tests = (struct policy_at){
            .folder = folder, .name = tests, .path = arena_print(mem, "%s/%s", shown, tests)};
    return f;
}

static bool no_such_policy(const struct project_policy *p, const char *const *names, size_t count,
                           struct err *err)
{
    const char *near = str_nearest(p->name, names, count);
    err_set(err, "policy.unknown", "landfall came with no policy '%s'", p->name);
    if (p->where)
        err_at(err, p->where, 0, 0);
    if (p->detail)
        err_detail(err, "%s", p->detail);
    if (near)
        return err_advise(err, "did you mean '%s'?", near);
    struct buf list;
    buf_init(&list, 0);
    for (size_t i = 0; i < count; i++)
        buf_print(&list, "%s%s", i ? ", " : "", names[i]);
    err_advise(err, count ? "there is: %s" : "it came without any%s", list.at);
    buf_done(&list);
    return false;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* diags NULL: the first name that is unknown ends it; else each is told there, and left out. */
static bool find_all(struct session *s, struct diags *diags, struct policies_found **out, size_t *count,
                     struct err *err)
{
    const char *const *own, *const *shipped;
    size_t own_count, shipped_count = 0, n = 0;
    const char *folder = file_join(s->mem, s->project->folder, FOLDER), *ours = shipped_folder(s);
    if (!folder_list(s->mem, folder, ".lua", &own, &own_count, err) ||
        (ours && !folder_list(s->mem, ours, ".lua", &shipped, &shipped_count, err)))
        return false;
    struct policies_found *at =
        ARENA_ARRAY(s->mem, struct policies_found, own_count + s->project->policy_count + 1);
    for (size_t i = 0; i < own_count; i++)
        at[n++] = found_of(s->mem, folder, FOLDER, own[i]);
    for (size_t i = 0; i < s->project->policy_count; i++) {
        const struct project_policy *p = &s->project->policies[i];
        if (shipped_count == 0 || !has_name(shipped, shipped_count, p->name)) {
            struct err one;
            no_such_policy(p, shipped_count ? shipped : NULL, shipped_count, diags ? &one : err);
            if (!diags)
                return false;
            diag_add_err(diags, DIAG_ERROR, NULL, &one);
            continue;
        }
        at[n] = found_of(s->mem, ours, "landfall/" FOLDER, p->name);
        at[n++].shipped = true;
    }
    *out = at;
    *count = n;
    return true;
}

bool policies_find(struct session *s, struct policies_found **out, size_t *count, struct err *err)
{
    return find_all(s, NULL, out, count, err);
}

/* ---- opening ---------------------------------------------------------------------------------------- */

/* A waiver without any rule is an error too: it would look as if it bent one. */
bool policies_open(struct session *s, struct err *err)
{
    struct policies_found *found;
    size_t count;
    if (s->waivers)
        return true;
    if (!policies_find(s, &found, &count, err) ||
        !waiver_load(s->mem, s->project->folder, s->region->name, s->region->timezone, &s->waivers, &s->diags,
                     err))
        return false;
    struct policy_at *files = ARENA_ARRAY(s->mem, struct policy_at, count + 1);
    for (size_t i = 0; i < count; i++)
        files[i] = found[i].at;
    if (count == 0 && s->waivers->count == 0)
        return true;
    if (!policy_load(s->mem, files, count, (struct script_limits){0}, &s->policy, err))
        return false;
    slips_of_rules(s, &s->diags);
    return true;
}

void policies_check(struct session *s, const char *region)
{
    const char *timezone =
        s->region ? s->region->timezone : "UTC"; /* which day ends when is not asked here */
    struct diags *diags = &s->diags;
    struct policies_found *found;
    struct waivers *waivers = NULL;
    struct err err;
    size_t count, before = diags->errors;
    if (!find_all(s, diags, &found, &count, &err)) {
        diag_add_err(diags, DIAG_ERROR, NULL, &err);
        count = 0;
    }
    const size_t of_rules = diags->errors;
    if (!waiver_load(s->mem, s->project->folder, region, timezone, &waivers, diags, &err))
        diag_add_untold(diags, of_rules, &err);
    struct policy_at *files = ARENA_ARRAY(s->mem, struct policy_at, count + 1);
    for (size_t i = 0; i < count; i++)
        files[i] = found[i].at;
    bool loaded = policy_load(s->mem, files, count, (struct script_limits){0}, &s->policy, &err);
    /* Where a file of rules is missing, waivers of its rules would seem to name none. */
    if (!loaded || (diags->errors == before && !policy_check_waivers(s->policy, waivers, &err)))
        diag_add_err(diags, DIAG_ERROR, NULL, &err);
}

const struct waivers *policies_waivers(struct session *s, const char *region, const char *timezone)
{
    struct waivers *all;
    struct diags unsaid;
    struct err none;
    diag_init(&unsaid, s->mem);
    return waiver_load(s->mem, s->project->folder, region, timezone, &all, &unsaid, &none) ? all : NULL;
}

/* ---- allowing --------------------------------------------------------------------------------------- */

static void print_broken(struct buf *out, const struct plan_finding *f)
{
    buf_print(out, "%s%s%s: %s\n", f->address ? f->address : "the plan", f->where ? " at " : "",
              f->where ? f->where : "", f->message);
    buf_print(out, "    rule '%s' (%s): %s\n", f->rule, f->rule_where, f->why);
    if (f->ended)
        buf_print(out, "    the waiver '%s' of %s ended on %s\n", f->ended->name, f->ended->owner,
                  f->ended->expires);
}

static bool refuse(const struct plan_finding *at, size_t count, size_t broken, struct err *err)
{
    struct buf text;
    size_t shown = 0;
    const struct plan_finding *first = NULL;
    buf_init(&text, 0);
    for (size_t i = 0; i < count && shown < NAMED_MOST; i++) {
        if (!at[i].blocks)
            continue;
        first = first ? first : &at[i];
        print_broken(&text, &at[i]);
        shown++;
    }
    if (broken > shown)
        buf_print(&text, "and %zu more\n", broken - shown);
    err_set(err, "policy.broken", "this plan breaks rules in %zu place%s, and nothing was done", broken,
            broken == 1 ? "" : "s");
    err_detail(err, "%s", text.at);
    buf_done(&text);
    if (first && first->ended)
        return err_advise(err, "mend what breaks the rule, or renew %s: its owner is %s", first->ended->file,
                          first->ended->owner);
    if (first && first->advice)
        return err_advise(err, "%s", first->advice);
    return err_advise(err,
                      first && first->level == PLAN_MUST
                          ? "mend what breaks the rule: it is a must, and no waiver bends it"
                          : "mend what breaks the rule, or bend it for a while: waivers/NAME.yaml (README)");
}

static size_t count_broken(const struct plan_finding *at, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += at[i].blocks;
    return n;
}

bool policies_allow(struct session *s, const struct plan *plan, const struct value *approval, struct err *err)
{
    struct policy_ask ask = {.plan = plan,
                             .waivers = plan->waivers,
                             .now_ms = plan->judged_ms,
                             .at_apply = true,
                             .approval = approval,
                             .all = true};
    const struct plan_finding *found;
    size_t count, broken = plan_broken_rules(plan);
    if (broken > 0)
        return refuse(plan->findings, plan->finding_count, broken, err);
    if (!s->policy)
        return true;
    if (!policy_judge(s->mem, s->policy, &ask, &found, &count, &s->diags, err))
        return false;
    broken = count_broken(found, count);
    return broken == 0 || refuse(found, count, broken, err);
}
