#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/planning.h"
#include "cli/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "base/zone.h"
#include "model/money.h"
#include "model/value.h"
#include "plan/plan_file.h"
#include "region/approvals.h"
#include "region/project.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* approve: shows a plan file from its digested body alone, so that whoever approves needs neither drivers nor
 * the passwords of services, and writes one line beside it. */

/* Broken rules that are named before the rest is only counted. */
#define BROKEN_MOST 5

struct approve {
    struct session *s;
    const char *file; /* as it was typed */
    struct plan_file plan;
    struct approving has;
    struct approval mine;
    struct spend_limit budget; /* where the project holds every run to it */
    uint32_t missing[APPROVALS_CLASS_COUNT];
};

/* ---- what is said ---------------------------------------------------------------------------- */

static bool read_ceiling(struct approve *a, enum option_id option, const char *what, int64_t high,
                         int64_t *out, struct err *err)
{
    const char *text = args_text(a->s->args, option, NULL);
    *out = money_round_up(high, a->has.subject.currency);
    if (!text)
        return true;
    if (!money_parse(text, out, err))
        return err_wrap(err, "the %s ceiling", what);
    if (*out >= high)
        return true;
    struct buf most;
    buf_init(&most, 0);
    money_print(&most, money_round_up(high, a->has.subject.currency), a->has.subject.currency, true);
    err_set(err, "approval.ceiling", "the %s cost of this plan may come to %s, which is more than %s", what,
            most.at, text);
    buf_done(&most);
    return err_advise(err, "apply would refuse it: give a higher ceiling, or have something smaller planned");
}

/* Where the budget is a ceiling of every run, more than that is not said yes to: apply would not go there. */
static bool keep_in_budget(struct approve *a, struct err *err)
{
    const struct spend_limit *budget = &a->budget;
    if (!approving_budget(a->s, value_get_bool(a->plan.body, "destroy", false), &a->has.subject.spend,
                          &a->budget, err))
        return false;
    if (budget->has_month && a->mine.ceiling_month > budget->month)
        a->mine.ceiling_month = budget->month;
    if (budget->has_once && a->mine.ceiling_once > budget->once)
        a->mine.ceiling_once = budget->once;
    return true;
}

static bool read_expiry(struct approve *a, struct err *err)
{
    const char *text = args_text(a->s->args, OPTION_EXPIRES, NULL);
    int64_t longest = a->mine.given_ms + a->s->project->approvals.valid_ms;
    a->mine.expires_ms = longest;
    if (!text)
        return true;
    if (!zone_day_end(a->s->region->timezone, text, &a->mine.expires_ms)) {
        err_set(err, "usage.time", "'%s' is neither a date nor a time", text);
        return err_advise(err, "write 2027-03-31, which ends at midnight of %s, or 2027-03-31T18:00:00Z",
                          a->s->region->timezone);
    }
    if (a->mine.expires_ms <= a->mine.given_ms)
        return err_set(err, "approval.expired", "'%s' is over already", text);
    if (a->mine.expires_ms <= longest)
        return true;
    err_set(err, "approval.too_long",
            "'%s' is later than the project lets an approval hold: %" PRId64 " days", text,
            a->s->project->approvals.valid_ms / 86400000);
    return err_advise(err, "give an earlier --expires; landfall.yaml has 'valid_days'");
}

static bool make_mine(struct approve *a, struct err *err)
{
    const struct approval_subject *subject = &a->has.subject;
    char *nonce = arena_alloc(a->s->mem, 33);
    digest_random_hex(16, nonce);
    a->mine = (struct approval){.digest = subject->digest,
                                .region = subject->region,
                                .lineage = subject->lineage,
                                .planned_by = subject->planned_by,
                                .currency = subject->currency,
                                .unpriced = subject->spend.unpriced,
                                .by = approving_who(a->s),
                                .why = args_text(a->s->args, OPTION_REASON, ""),
                                .nonce = nonce,
                                .given_ms = a->has.terms.now_ms,
                                .after = approval_seen(a->s->mem, a->has.at, a->has.count, subject->digest)};
    if (!a->mine.why[0]) {
        err_set(err, "usage.why", "an approval says why");
        return err_advise(err, "add --why TEXT: it is what an auditor reads");
    }
    a->mine.classes = approval_may(&a->has.terms, a->mine.by, err);
    return a->mine.classes != 0 &&
           read_ceiling(a, OPTION_CEILING_MONTHLY, "monthly", subject->spend.month_high,
                        &a->mine.ceiling_month, err) &&
           read_ceiling(a, OPTION_CEILING_ONE_OFF, "one-off", subject->spend.once_high, &a->mine.ceiling_once,
                        err) &&
           keep_in_budget(a, err) && read_expiry(a, err);
}

/* ---- whether it may be ----------------------------------------------------------------------- */

/* What makes the same plan anew, in place of this one. */
static const char *again(struct approve *a)
{
    struct planning p = planning_of_value(a->s->mem, value_get(a->plan.envelope, "options"));
    return planning_command(a->s->mem, &p, a->plan.region, a->file);
}

/* A yes to what will be refused would be worth nothing, and look like a yes.  A line for each, out of the
 * envelope; false when there is one. */
static bool has_none(struct approve *a, const char *key, size_t *count, const char **lines)
{
    const struct value *found = value_get(a->plan.envelope, key);
    struct buf text;
    *count = value_kind(found) == VALUE_LIST ? found->count : 0;
    if (*count == 0)
        return true;
    buf_init(&text, 0);
    for (size_t i = 0; i < *count && i < BROKEN_MOST; i++)
        buf_print(&text, "%s\n", value_as_text(found->items[i]) ? found->items[i]->text : "");
    if (*count > BROKEN_MOST)
        buf_print(&text, "and %zu more\n", *count - BROKEN_MOST);
    *lines = buf_keep(&text, a->s->mem);
    buf_done(&text);
    return false;
}

static bool check_rules(struct approve *a, struct err *err)
{
    const char *lines;
    size_t count;
    if (has_none(a, "broken_rules", &count, &lines))
        return true;
    err_set(err, "policy.broken", "this plan breaks rules in %zu place%s, and apply would refuse it", count,
            count == 1 ? "" : "s");
    err_detail(err, "%s", lines);
    return err_advise(err, "mend or waive what it names, then plan again: %s", again(a));
}

static bool check_names(struct approve *a, struct err *err)
{
    const char *lines;
    size_t count;
    if (has_none(a, "conflicts", &count, &lines))
        return true;
    err_set(err, "plan.conflict", "this plan needs %zu name%s that %s taken, and apply would refuse it",
            count, count == 1 ? "" : "s", count == 1 ? "was" : "were");
    err_detail(err, "%s", lines);
    return err_advise(err, "plan again, which says what to do about it: %s", again(a));
}

/* Two stores may hold the same rows, and a plan is of the one it was made for.  Who approves may sit at a
 * machine without any: only apply can tell then. */
static bool check_lineage(struct approve *a, struct err *err)
{
    const struct store_snapshot *here = &a->s->truth;
    if (!here->exists || strcmp(here->lineage, a->plan.lineage) == 0)
        return true;
    err_set(err, "plan.stale",
            "this plan was made for another store of region '%s', and apply would refuse it here",
            a->plan.region);
    err_detail(err, "made for lineage %s; the store here, %s, is of lineage %s", a->plan.lineage,
               a->s->store_path, here->lineage);
    return err_advise(err,
                      "if this store was begun anew, plan again: %s; if it is the plan of another project, "
                      "approve it there",
                      again(a));
}

/* What apply refuses for certain, as far as the store alone knows. */
static bool check_current(struct approve *a, struct err *err)
{
    const struct store_run *used, *last = a->s->truth.last_run;
    if (!store_read_run_of_plan(a->s->mem, a->s->store_path, a->plan.digest, &used, err))
        return false;
    if (used) {
        err_set(err, "plan.used", "this plan was applied already");
        if (strcmp(used->state, "done") != 0)
            return err_advise(err, "that run is not finished: landfall resume %s", a->plan.region);
        return err_advise(err, "make a new plan: %s", again(a));
    }
    if (!last || str_equal(last->run_id, value_get_text(a->plan.body, "follows", NULL)))
        return true;
    err_set(err, "plan.stale", "region '%s' went on since this plan was made, and apply would refuse it",
            a->plan.region);
    char begun[TICK_TEXT];
    tick_print(last->started_ms, begun);
    err_detail(err, "made at %s; %s began at %s", a->plan.made, last->command, begun);
    return err_advise(err, "look again: %s", again(a));
}

/* Of nothing there is nobody who may approve it: that is asked first. */
static bool check_work(struct approve *a, struct err *err)
{
    if (a->has.subject.classes != 0)
        return true;
    err_set(err, "approval.nothing", "this plan changes nothing: there is nothing to approve");
    return err_advise(err, "it needs no yes: landfall apply %s", str_word(a->s->mem, a->file));
}

static bool check_open(struct approve *a, struct err *err)
{
    for (size_t i = 0; i < a->has.set.count; i++) {
        if (strcmp(a->has.set.at[i]->by, a->mine.by) == 0)
            return err_set(err, "approval.given", "'%s' has approved this plan already", a->mine.by);
    }
    return true;
}

static bool check_signed(struct approve *a, struct err *err)
{
    const struct approvals *config = &a->s->project->approvals;
    const char *key = args_text(a->s->args, OPTION_SIGN, NULL);
    if (key && !config->allowed_signers) {
        err_set(err, "approval.no_signers",
                "landfall.yaml names no allowed signers: a signature could not be checked");
        return err_advise(err, "add 'allowed_signers: FILE' under 'approvals', or leave --sign out");
    }
    if (key || !config->is_signed)
        return true;
    err_set(err, "approval.not_signed", "this project counts signed approvals only");
    return err_advise(err, "add --sign KEY: your SSH key, or its .pub when an agent holds it");
}

/* ---- telling --------------------------------------------------------------------------------- */

static struct facts_approval facts_of(struct approve *a, const struct facts_since *since)
{
    const char *file = str_word(a->s->mem, a->file);
    bool is_whole = true;
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        a->missing[c] = approval_missing(&a->has.terms, &a->has.set, c);
        is_whole = is_whole && a->missing[c] == 0;
    }
    const struct store_run *last = a->s->truth.last_run;
    bool destroys = value_get_bool(a->plan.body, "destroy", false);
    bool goes_on = is_whole && last && strcmp(last->state, "done") != 0 &&
                   destroys == (strcmp(last->command, "destroy") == 0);
    return (struct facts_approval){
        .file = a->file,
        .plan = &a->plan,
        .subject = &a->has.subject,
        .config = &a->s->project->approvals,
        .set = &a->has.set,
        .missing = a->missing,
        .mine = &a->mine,
        .budget = a->s->region->budget,
        .held = &a->budget,
        .since = since,
        .is_blind = !a->s->truth.exists && value_get(a->plan.body, "follows"),
        .approvals = arena_print(a->s->mem, "%s" APPROVAL_SUFFIX, a->file),
        .next = is_whole ? arena_print(a->s->mem, "landfall %s %s", goes_on ? "resume" : "apply", file)
                         : approving_command(a->s, a->file)};
}

static bool show_and_ask(struct approve *a, struct err *err)
{
    const struct facts_since *since;
    const char *path = session_file(a->s, a->file);
    if (!approving_since(a->s, a->plan.body, a->plan.digest, path, &since, err))
        return false;
    struct facts_approval facts = facts_of(a, since);
    if (!a->s->json && !a->s->quiet)
        as_text_approval(&a->s->out, &facts, a->s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL);
    return confirm_yes(a->s, "Approve this", err);
}

/* Signed last, so that nobody's key is used for what he says no to; and judged as apply will judge it, so
 * that nothing is written that would be refused. */
static bool write_down(struct approve *a, struct err *err)
{
    const char *key = args_text(a->s->args, OPTION_SIGN, NULL);
    if (key && !approving_sign(a->s, session_file(a->s, key), approval_print(a->s->mem, &a->mine),
                               &a->mine.signature, err))
        return false;
    const char *line = approval_print(a->s->mem, &a->mine);
    struct approval *all = ARENA_ARRAY(a->s->mem, struct approval, a->has.count + 1);
    for (size_t i = 0; i < a->has.count; i++)
        all[i] = a->has.at[i];
    if (!approval_parse(a->s->mem, line, &all[a->has.count], err))
        return false;
    all[a->has.count].number = a->has.count + 1;
    a->has.at = all;
    a->has.count++;
    return approving_judge(&a->has, err) && approval_add(a->has.path, line, err);
}

static bool open_plan(struct approve *a, struct err *err)
{
    struct session *s = a->s;
    const char *path = session_file(s, a->file);
    return plan_file_load(s->mem, path, &a->plan, err) && session_open_region(s, a->plan.region, err) &&
           check_lineage(a, err) && approving_open(s, &a->plan, path, &a->has, err) &&
           approving_judge(&a->has, err);
}

bool cmd_approve_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct approve a = {.s = s, .file = args_word(args, 0)};
    (void)exit_code;
    if (!session_open_project(s, err) || !open_plan(&a, err) || !check_current(&a, err) ||
        !check_rules(&a, err) || !check_names(&a, err) || !check_work(&a, err) || !make_mine(&a, err) ||
        !check_open(&a, err) || !check_signed(&a, err) || !show_and_ask(&a, err) || !write_down(&a, err))
        return false;
    struct facts_approval facts = facts_of(&a, NULL);
    if (s->json)
        as_json_approval(&s->out, &facts);
    else
        as_text_approved(&s->out, &facts);
    return true;
}
