#include "cli/approving.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/planning.h"
#include "cli/session.h"
#include "io/loop.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan.h"
#include "plan/plan_file.h"
#include "plan/signature.h"
#include "region/approvals.h"
#include "region/project.h"
#include "region/region.h"
#include "report/brief.h"
#include "store/store.h"

const char *approving_who(const struct session *s)
{
    const char *who = args_text(s->args, OPTION_BY, NULL);
    const struct passwd *me = who ? NULL : getpwuid(geteuid());
    if (who && *who)
        return who;
    return me && me->pw_name[0] ? arena_text(s->mem, me->pw_name)
                                : arena_print(s->mem, "uid %u", (unsigned)geteuid());
}

const char *approving_options(struct session *s)
{
    const struct approvals *config = &s->project->approvals;
    return arena_print(s->mem, "--why TEXT%s%s", config->person_count ? " --by WHO" : "",
                       config->is_signed ? " --sign KEY" : "");
}

const char *approving_command(struct session *s, const char *file)
{
    return arena_print(s->mem, "landfall approve %s %s", str_word(s->mem, file), approving_options(s));
}

const char *approving_way(struct session *s, const struct planning *p, const char *region, const char *does)
{
    const char *file = arena_print(s->mem, "%s.plan", region);
    return arena_print(s->mem, "%s; %s; landfall %s %s", planning_command(s->mem, p, region, file),
                       approving_command(s, file), does, file);
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* What ssh-keygen needs to find itself, a person's keys and an agent; and no more. */
static const char *const *tool_env(struct arena *mem)
{
    static const char *const names[] = {"PATH", "HOME", "SSH_AUTH_SOCK"};
    const char **env = ARENA_ARRAY(mem, const char *, COUNT_OF(names) + 1);
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (value)
            env[count++] = arena_print(mem, "%s=%s", names[i], value);
    }
    return env;
}

/* A loop of its own: the session's may not be there, and has other work when it is. */
static bool verify(void *user, const struct approval *a, const char **key, struct err *err)
{
    struct session *s = user;
    const char *allowed = s->project->approvals.allowed_signers;
    if (!allowed) {
        err_set(err, "approval.no_signers",
                "the approval of '%s' (line %zu) is signed, and nothing says with whose key", a->by,
                a->number);
        return err_advise(err, "name a file of allowed signers in landfall.yaml: approvals: allowed_signers");
    }
    struct signature_tool tool = {.loop = loop_new(), .env = tool_env(s->mem)};
    bool ok = signature_check(s->mem, &tool, allowed, a->by, a->signed_text, a->signature, key, err);
    loop_free(tool.loop);
    return ok || err_wrap(err, "line %zu of the approvals", a->number);
}

bool approving_sign(struct session *s, const char *key, const char *text, const char **out, struct err *err)
{
    struct signature_tool tool = {.loop = loop_new(), .env = tool_env(s->mem)};
    bool ok = signature_make(s->mem, &tool, key, text, out, err);
    loop_free(tool.loop);
    return ok;
}

/* ---- a plan file and its approvals ----------------------------------------------------------- */

bool approving_open(struct session *s, const struct plan_file *file, const char *path, struct approving *out,
                    struct err *err)
{
    struct approving a = {.s = s, .path = arena_print(s->mem, "%s" APPROVAL_SUFFIX, path)};
    if (!approval_subject_of(s->mem, file, &a.subject, err) ||
        !approval_load(s->mem, a.path, &a.at, &a.count, err) ||
        !store_read_approvals(s->mem, s->store_path, &a.spent, &a.spent_count, err))
        return false;
    *out = a;
    out->terms = (struct approval_terms){.config = &s->project->approvals,
                                         .subject = &out->subject,
                                         .spent = a.spent,
                                         .spent_count = a.spent_count,
                                         .now_ms = session_wall_ms(),
                                         .verify = verify,
                                         .user = s};
    return true;
}

bool approving_judge(struct approving *a, struct err *err)
{
    return approval_judge(a->s->mem, &a->terms, a->at, a->count, &a->set, err);
}

bool approving_require(struct approving *a, const char *plan, struct err *err)
{
    if (approval_covers(a->s->mem, &a->terms, &a->set, err))
        return true;
    if (!err->advice[0])
        err_advise(err, "have it approved: %s", approving_command(a->s, plan));
    return false;
}

bool approving_is_asked(const struct session *s, const struct plan *plan)
{
    uint32_t classes = approval_classes_of(plan);
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if ((classes & APPROVALS_BIT(c)) && s->project->approvals.need[c] > 0)
            return true;
    }
    return false;
}

bool approving_is_free(struct session *s, const struct plan *plan, const struct planning *planning,
                       struct err *err)
{
    uint32_t classes = approval_classes_of(plan);
    struct buf needs;
    buf_init(&needs, 0);
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        uint32_t need = s->project->approvals.need[c];
        if (need > 0 && (classes & APPROVALS_BIT(c)))
            buf_print(&needs, needs.count ? ", %s ones of %u %s" : "%s changes need the approval of %u %s",
                      approvals_class_name(c), need, need == 1 ? "person" : "people");
    }
    bool is_free = needs.count == 0;
    if (!is_free) {
        err_set(err, "approval.needed", "nothing was done: %s", needs.at);
        err_advise(err, "%s", approving_way(s, planning, plan->region->name, "apply"));
    }
    buf_done(&needs);
    return is_free;
}

/* ---- terms ----------------------------------------------------------------------------------- */

static const char *names_of(struct arena *mem, const struct approval *const *at, size_t count)
{
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < count; i++)
        buf_print(&out, "%s%s", i ? ", " : "", at[i]->by);
    const char *text = buf_keep(&out, mem);
    buf_done(&out);
    return text;
}

const struct value *approving_facts(struct arena *mem, const struct approval *const *at, size_t count)
{
    const struct value *classes[APPROVALS_CLASS_COUNT];
    const struct value **by = ARENA_ARRAY(mem, const struct value *, count + 1);
    uint32_t bits = 0;
    size_t n = 0;
    if (count == 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        by[i] = value_text(mem, at[i]->by);
        bits |= at[i]->classes;
    }
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (bits & APPROVALS_BIT(c))
            classes[n++] = value_text(mem, approvals_class_name(c));
    }
    const struct pair pairs[] = {{"by", value_list(mem, by, count)},
                                 {"classes", value_list(mem, classes, n)}};
    return value_map(mem, pairs, COUNT_OF(pairs));
}

void approving_terms(const struct approving *a, struct purse_terms *out)
{
    struct arena *mem = a->s->mem;
    if (a->set.count == 0)
        return;
    struct store_approval *spend = ARENA_ARRAY(mem, struct store_approval, a->set.count);
    for (size_t i = 0; i < a->set.count; i++)
        spend[i] = (struct store_approval){
            .nonce = a->set.at[i]->nonce, .plan_digest = a->set.at[i]->digest, .json = a->set.at[i]->line};
    *out = (struct purse_terms){
        .limit = a->set.limit,
        .limit_by = arena_print(mem, "the approval of %s", names_of(mem, a->set.at, a->set.count)),
        .asked_with = approving_options(a->s),
        .digest = a->subject.digest,
        .approvals = spend,
        .approval_count = a->set.count};
}

/* Those of a run; NULL: all. */
static bool read_spent(struct session *s, const char *run_id, struct store_approval **out, size_t *count,
                       struct err *err)
{
    return run_id ? store_read_approvals_of_run(s->mem, s->store_path, run_id, out, count, err)
                  : store_read_approvals(s->mem, s->store_path, out, count, err);
}

bool approving_last_spent(struct session *s, const char *run_id, const struct approval ***out, size_t *count,
                          struct err *err)
{
    struct store_approval *spent = NULL;
    size_t all = 0, found = 0;
    if (!read_spent(s, run_id, &spent, &all, err))
        return false;
    const struct approval **at = ARENA_ARRAY(s->mem, const struct approval *, all + 1);
    const char *digest = all > 0 ? spent[all - 1].plan_digest : NULL;
    for (size_t i = 0; digest && i < all; i++) {
        struct approval *a = ARENA_NEW(s->mem, struct approval);
        if (!str_equal(spent[i].plan_digest, digest))
            continue;
        if (!approval_parse(s->mem, spent[i].json, a, err))
            return false;
        at[found++] = a;
    }
    *out = at;
    *count = found;
    return true;
}

bool approving_used(struct session *s, const char *run_id, const struct facts_used **out, size_t *count,
                    struct err *err)
{
    struct store_approval *spent = NULL;
    size_t all = 0, found = 0;
    if (!read_spent(s, run_id, &spent, &all, err))
        return false;
    struct facts_used *used = ARENA_ARRAY(s->mem, struct facts_used, all + 1);
    for (size_t i = 0; i < all; i++) {
        struct approval *a = ARENA_NEW(s->mem, struct approval);
        if (!approval_parse(s->mem, spent[i].json, a, err))
            return false;
        used[found++] = (struct facts_used){spent[i].run_id, a};
    }
    *out = used;
    *count = found;
    return true;
}

bool approving_terms_of_run(struct session *s, const char *run_id, struct purse_terms *out, struct err *err)
{
    const struct approval **at;
    size_t count;
    if (!approving_last_spent(s, run_id, &at, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct spend_limit one = {
            .has_month = true, .month = at[i]->ceiling_month, .has_once = true, .once = at[i]->ceiling_once};
        spend_limit_narrow(&out->limit, &one);
    }
    if (count > 0) {
        out->limit_by = arena_print(s->mem, "the approval of %s", names_of(s->mem, at, count));
        out->asked_with = approving_options(s);
        out->digest = at[0]->digest;
    }
    /* Walks over every operation of the run: only where somebody counts. */
    if (count == 0 && !s->project->approvals.within_budget)
        return true;
    return purse_read_spent(s->store_path, run_id, out->digest ? out->digest : "", &out->spent_once, err);
}

static bool over_budget(struct session *s, const char *what, int64_t high, int64_t budget, struct err *err)
{
    struct buf text;
    const char *currency = s->region->currency;
    buf_init(&text, 0);
    money_print(&text, money_round_up(high, currency), currency, true);
    buf_text(&text, ", and the region's budget is ");
    money_print(&text, budget, currency, true);
    err_set(err, "plan.over_budget", "nothing was done: the %s cost may come to %s", what,
            arena_text(s->mem, text.at));
    buf_done(&text);
    return err_advise(
        err,
        "raise `budget` in regions/%s.yaml, or plan something smaller; landfall.yaml asks for this "
        "with approvals: within_budget",
        s->region->name);
}

bool approving_budget(struct session *s, bool destroys, const struct spend *spend, struct spend_limit *out,
                      struct err *err)
{
    *out = (struct spend_limit){0};
    if (!s->project->approvals.within_budget || destroys)
        return true;
    out->has_month = brief_amount(value_get(s->region->budget, "monthly"), &out->month);
    out->has_once = brief_amount(value_get(s->region->budget, "one_off"), &out->once);
    if (out->has_month && spend->month_high > out->month)
        return over_budget(s, "monthly", spend->month_high, out->month, err);
    if (out->has_once && spend->once_high > out->once)
        return over_budget(s, "one-off", spend->once_high, out->once, err);
    return true;
}

bool approving_add_budget(struct session *s, const struct plan *plan, struct purse_terms *out,
                          struct err *err)
{
    struct spend_limit budget, before = out->limit;
    struct spend spend;
    if (!s->project->approvals.within_budget || plan->destroy)
        return true;
    if (!spend_of_plan(plan, &spend, err) || !approving_budget(s, false, &spend, &budget, err))
        return false;
    spend_limit_narrow(&out->limit, &budget);
    bool narrower = out->limit.month != before.month || out->limit.once != before.once;
    if (!out->limit_by)
        out->limit_by = "the region's budget";
    else if (narrower)
        out->limit_by = arena_print(s->mem, "%s and the region's budget", out->limit_by);
    return true;
}
