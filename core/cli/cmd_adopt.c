#include "cli/args.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/listener.h"
#include "cli/planning.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "plan/plan.h"
#include "region/approvals.h"
#include "region/project.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "run/adopt.h"

/* adopt: a plan of the one step tells what is there and whose it is; taking it over is a change like any
 * other, under the lock and through the store. */

/* Taking over may change a thing, and then it is a change like any other: where those have to be approved,
 * what differs is not taken over.  There is no plan that could be said yes to, but that of the change
 * afterwards. */
static bool asks_approval(const struct session *s, const struct plan *plan, const char *address)
{
    uint32_t i = plan_find(plan, address);
    bool shared = i != UINT32_MAX && plan->steps[i].shared;
    return s->project->approvals.need[shared ? APPROVALS_SHARED : APPROVALS_LOCAL] > 0;
}

static bool adopt(struct session *s, const struct plan *plan, const char *address, struct err *err)
{
    struct listener listener;
    char run_id[33];
    digest_random_hex(16, run_id);
    listener_open(&listener, s, plan);
    struct adopt_ask ask = {.loop = s->loop,
                            .registry = s->registry,
                            .writer = s->writer,
                            .plan = plan,
                            .address = address,
                            .lineage = args_text(s->args, OPTION_LINEAGE, NULL),
                            .as_it_is = asks_approval(s, plan, address),
                            .run_id = run_id,
                            .tell = listener_tell,
                            .tell_user = &listener};
    bool ok = adopt_run(&ask, err);
    listener_close(&listener);
    return ok;
}

bool cmd_adopt_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *address = args_word(args, 1);
    struct planning planning = {.targets = &address, .target_count = 1, .adopting = address};
    struct plan *plan;
    if (!session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make(s, &planning, &plan, err))
        return false;
    /* Part of the question: whether it becomes ours is known when all checks are through. */
    if (s->can_ask && !args_has(args, OPTION_YES))
        out_print(&s->out, "%s becomes ours%s.\n", address,
                  asks_approval(s, plan, address) ? ", where it is as the playbook declares it"
                                                  : ", and is brought to what the playbook declares");
    if (!confirm_yes(s, "Adopt it", err))
        return false;
    if (!session_lock(s, plan->lineage, "adopt", err) || !adopt(s, plan, address, err))
        return false;
    struct facts_deed deed = {
        .command = "adopt",
        .region = region,
        .address = address,
        .what = arena_print(s->mem, "%s is ours now, and as the playbook declares it", address),
        .next = arena_print(s->mem, "landfall plan %s", region)};
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    *exit_code = COMMAND_OK;
    return true;
}
