#include "cli/args.h"
#include "cli/commands.h"
#include "cli/planning.h"
#include "cli/session.h"
#include "cli/suggest.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "io/loop.h"
#include "model/event.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* ---- which step ------------------------------------------------------------------------------ */

static bool no_such_step(struct session *s, const char *address, struct err *err)
{
    const struct decls *decls = session_decls(s);
    const char **names = ARENA_ARRAY(s->mem, const char *, decls->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < decls->count; i++) {
        if (decls->at[i].kind == DECL_HUMAN)
            names[count++] = decls->at[i].address;
    }
    const char *near = str_nearest(address, names, count);
    err_set(err, "done.no_step", "there is no human step '%s'%s", address, suggest_text(s->mem, near));
    return err_advise(err, "landfall status %s lists what waits for a person", args_word(s->args, 0));
}

/* What it is done on has to be known: a signature under a text that is still to be written is none. */
static bool find_step(struct session *s, const struct plan *plan, const char *address,
                      const struct plan_step **out, struct err *err)
{
    uint32_t i = plan_find(plan, address);
    const struct plan_step *step = i == UINT32_MAX ? NULL : &plan->steps[i];
    if (!step || !step->decl || step->decl->kind != DECL_HUMAN)
        return no_such_step(s, address, err);
    if (!step->inputs) {
        err_set(err, "done.too_early", "'%s' refers to what other steps have still to make", address);
        return err_advise(err, "first: landfall apply %s", args_word(s->args, 0));
    }
    *out = step;
    return true;
}

/* ---- the record ------------------------------------------------------------------------------ */

static const char *needs_json(struct session *s, const struct plan *plan, const struct plan_step *step)
{
    const struct graph *g = plan->graph;
    uint32_t i = (uint32_t)(step - plan->steps);
    struct buf out;
    buf_init(&out, 0);
    buf_char(&out, '[');
    for (uint32_t e = g->needs_at[i]; e < g->needs_at[i + 1]; e++) {
        const char *address = g->nodes[g->needs[e]].address;
        if (e > g->needs_at[i])
            buf_char(&out, ',');
        value_json_print_text(&out, address, strlen(address));
    }
    buf_char(&out, ']');
    const char *text = buf_keep(&out, s->mem);
    buf_done(&out);
    return text;
}

static const char *evidence_json(struct session *s, const struct args *args)
{
    char now[TICK_TEXT];
    tick_print(session_wall_ms(), now);
    struct pair pairs[] = {
        {"by", value_text(s->mem, args_text(args, OPTION_BY, ""))},
        {"evidence", value_text(s->mem, args_text(args, OPTION_EVIDENCE, ""))},
        {"at", value_text(s->mem, now)},
    };
    return value_json_text(s->mem, value_map(s->mem, pairs, COUNT_OF(pairs)));
}

struct commit {
    bool ok;
    struct err err;
};

static void on_commit(void *user, bool ok, const struct err *err)
{
    struct commit *c = user;
    c->ok = ok;
    if (!ok)
        c->err = *err;
}

static bool record(struct session *s, const struct args *args, const struct plan *plan,
                   const struct plan_step *step, struct err *err)
{
    struct commit commit = {0};
    struct store_res row = {.address = step->address,
                            .generation = step->generation,
                            .kind = DECL_HUMAN,
                            .subsystem = "",
                            .type = "",
                            .instance = "",
                            .driver = "",
                            .driver_version = "",
                            .observed = evidence_json(s, args),
                            .depends_on = needs_json(s, plan, step),
                            .inputs = step->inputs,
                            .declared_at = arena_print(s->mem, "%s:%u", step->decl->file, step->decl->line)};
    struct event event = {.kind = EVENT_RESOLVED,
                          .wall_ms = session_wall_ms(),
                          .address = step->address,
                          .verb = "done",
                          .text = arena_print(s->mem, "done by %s: %s", args_text(args, OPTION_BY, ""),
                                              args_text(args, OPTION_EVIDENCE, ""))};
    store_put_res(s->writer, &row);
    store_put_event(s->writer, &event);
    store_after_commit(s->writer, on_commit, &commit);
    loop_run(s->loop);
    if (!commit.ok)
        *err = commit.err;
    return commit.ok;
}

static bool check_options(const struct args *args, struct err *err)
{
    const char *by = args_text(args, OPTION_BY, ""), *evidence = args_text(args, OPTION_EVIDENCE, "");
    if (by[0] && evidence[0])
        return true;
    err_set(err, "usage.missing", "who did it, and what proves it? --by WHO --evidence TEXT");
    return err_advise(err, "landfall done %s %s --by 'Ada Byron' --evidence https://...", args_word(args, 0),
                      args_word(args, 1));
}

bool cmd_done_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *address = args_word(args, 1);
    struct planning planning = {.no_refresh = true};
    const struct plan_step *step = NULL;
    struct plan *plan;
    if (!check_options(args, err) || !session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make(s, &planning, &plan, err) || !find_step(s, plan, address, &step, err))
        return false;
    const char *lineage = s->truth.exists ? s->truth.lineage : plan->lineage;
    if (!session_open_writer(s, lineage, "done", err) || !record(s, args, plan, step, err))
        return false;
    struct facts_deed deed = {.command = "done",
                              .region = region,
                              .address = address,
                              .what = arena_print(s->mem, "done by %s", args_text(args, OPTION_BY, "")),
                              .next = arena_print(s->mem, "landfall resume %s", region)};
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    *exit_code = COMMAND_OK;
    return true;
}
