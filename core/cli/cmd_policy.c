#include "cli/args.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "cli/session.h"
#include "cli/slips.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "plan/policy_case.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* policy: the rules that hold in a project, and their tests.  Neither needs a region. */

static bool list(struct session *s, const struct policies_found *found, size_t count, struct err *err)
{
    struct policy_at *files = ARENA_ARRAY(s->mem, struct policy_at, count + 1);
    for (size_t i = 0; i < count; i++)
        files[i] = found[i].at;
    if (!policy_load(s->mem, files, count, (struct script_limits){0}, &s->policy, err))
        return false;
    struct diags slips;
    diag_init(&slips, s->mem);
    if (!slips_of_rules_anywhere(s, &slips, err))
        return false;
    size_t rules;
    const struct policy_rule *at = policy_rules(s->policy, &rules);
    if (s->json)
        as_json_rules(&s->out, at, rules);
    else
        as_text_rules(&s->out, at, rules);
    as_text_diags(&s->err, &slips);
    return true;
}

typedef ARRAY(struct policy_case) case_list;

/* Each file of rules by itself: its tests must not hang on what else a project holds. */
static bool test_one(struct session *s, const struct policies_found *found, case_list *all, struct err *err)
{
    struct policy *policy;
    const struct policy_case *cases = NULL;
    size_t count = 0;
    if (!policy_load(s->mem, &found->at, 1, (struct script_limits){0}, &policy, err))
        return false;
    bool ok = policy_case_run(s->mem, policy, &found->tests, (struct script_limits){0}, &cases, &count, err);
    policy_free(policy);
    for (size_t i = 0; i < count; i++)
        ARRAY_PUSH(all, cases[i]);
    return ok;
}

static bool test(struct session *s, const struct policies_found *found, size_t count, int *exit_code,
                 struct err *err)
{
    case_list all = {0};
    struct buf untested;
    bool ok = true;
    buf_init(&untested, 0);
    for (size_t i = 0; i < count && ok; i++) {
        if (found[i].tests.name)
            ok = test_one(s, &found[i], &all, err);
        else
            buf_print(&untested, "%s%s", untested.count ? ", " : "", found[i].at.path);
    }
    struct facts_cases facts = {.at = all.at,
                                .count = all.count,
                                .untested = untested.count ? untested.at : NULL,
                                .only_failed = s->quiet};
    for (size_t i = 0; i < all.count; i++)
        facts.failed += !all.at[i].passed;
    if (ok && s->json)
        as_json_cases(&s->out, &facts);
    else if (ok)
        as_text_cases(&s->out, &facts);
    *exit_code = facts.failed ? COMMAND_FAILED : COMMAND_OK;
    buf_done(&untested);
    ARRAY_DONE(&all);
    return ok;
}

bool cmd_policy_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct policies_found *found;
    size_t count;
    *exit_code = COMMAND_OK;
    if (!session_open_project(s, err) || !policies_find(s, &found, &count, err))
        return false;
    if (strcmp(args_word(args, 0), "test") == 0)
        return test(s, found, count, exit_code, err);
    return list(s, found, count, err);
}
