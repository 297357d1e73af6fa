#include "cli/args.h"
#include "cli/commands.h"
#include "cli/noticing.h"
#include "cli/planning.h"
#include "cli/session.h"
#include "cli/suggest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "plan/plan.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "run/evidence.h"
#include "store/store.h"

/* done: a human step is done when somebody says so, with a name and evidence.  What it was declared with is
 * part of the record: a changed text asks for a new signature. */

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
static bool find_step(struct session *s, const struct plan *plan, const char *address, uint32_t *out,
                      struct err *err)
{
    uint32_t i = plan_find(plan, address);
    const struct plan_step *step = i == UINT32_MAX ? NULL : &plan->steps[i];
    if (!step || !step->decl || step->decl->kind != DECL_HUMAN)
        return no_such_step(s, address, err);
    if (!step->inputs) {
        err_set(err, "done.too_early", "'%s' refers to what other steps have still to make", address);
        return err_advise(err, "first: landfall apply %s", args_word(s->args, 0));
    }
    *out = i;
    return true;
}

static bool check_options(const struct args *args, struct err *err)
{
    const char *by = args_text(args, OPTION_BY, ""), *evidence = args_text(args, OPTION_EVIDENCE, "");
    if (by[0] && evidence[0])
        return true;
    err_set(err, "usage.missing", "who did it, and what proves it? --by WHO --evidence PROOF");
    return err_advise(err, "landfall done %s %s --by 'Ada Byron' --evidence https://...", args_word(args, 0),
                      args_word(args, 1));
}

/* Who said so before does not lose the signature to whoever comes next.  A changed text asks for a new one
 * anyway, and says nothing here. */
static bool check_unsigned(struct session *s, const struct plan_step *step, struct err *err)
{
    const char *by = value_get_text(step->stored, "by", NULL), *digest;
    if (!step->row || !by || !str_equal(step->row->inputs, step->inputs) || args_has(s->args, OPTION_YES))
        return true;
    digest = value_get_text(step->stored, "digest", NULL);
    err_set(err, "done.already", "'%s' is done already: by '%s' at %s, with '%s'%s", step->address, by,
            value_get_text(step->stored, "at", "?"), value_get_text(step->stored, "evidence", "?"),
            digest ? arena_print(s->mem, " (%.12s)", digest) : "");
    return err_advise(err,
                      "nothing was recorded; to put yours in its place, add --yes: the audit chain keeps "
                      "both");
}

static bool read_proof(struct session *s, const struct args *args, struct evidence *out, struct err *err)
{
    const char *typed = args_text(args, OPTION_EVIDENCE, "");
    return evidence_read(s->mem, typed, session_file(s, typed), out, err);
}

static const char *deed_text(struct session *s, const char *address, const char *by,
                             const struct evidence *proof)
{
    if (!proof->is_file)
        return arena_print(s->mem, "%s is done, by %s", address, by);
    return arena_print(s->mem, "%s is done, by %s; %s is known by its digest %.12s, keep it", address, by,
                       proof->text, proof->digest);
}

bool cmd_done_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *address = args_word(args, 1);
    struct planning planning = {.no_refresh = true};
    struct plan *plan;
    struct evidence proof;
    uint32_t step = 0;
    if (!check_options(args, err) || !session_open_region(s, region, err) || !session_open_drivers(s, err) ||
        !planning_make(s, &planning, &plan, err) || !find_step(s, plan, address, &step, err) ||
        !check_unsigned(s, &plan->steps[step], err) || !read_proof(s, args, &proof, err))
        return false;
    s->noticing = noticing_new(s);
    noticing_know(s->noticing, plan);
    struct evidence_ask ask = {.loop = s->loop,
                               .http = s->http,
                               .registry = s->registry,
                               .plan = plan,
                               .step = step,
                               .keep = noticing_keep,
                               .keep_user = s->noticing,
                               .by = args_text(args, OPTION_BY, ""),
                               .proof = &proof};
    if (!evidence_check(&ask, err) || !session_lock(s, plan->lineage, "done", err))
        return false;
    ask.writer = s->writer;
    if (!evidence_record(&ask, err))
        return false;
    struct facts_deed deed = {.command = "done",
                              .region = region,
                              .address = address,
                              .what = deed_text(s, address, ask.by, &proof),
                              .next = arena_print(s->mem, "landfall resume %s", region)};
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    noticing_send(s->noticing, false);
    noticing_finish(s->noticing, NOTICING_LINGER_MS);
    *exit_code = COMMAND_OK;
    return true;
}
