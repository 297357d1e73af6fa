#include "cli/approving.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/listener.h"
#include "cli/noticing.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/err.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "run/verdict.h"

/* resolve: a person's word, where no answer of a service settles what became of a call.  The word is taken
 * and kept in the history and the audit chain; nothing is guessed from it, and nothing there is changed, so
 * that it asks for no approval. */

/* Exactly one of the three, and a reason to let go. */
static bool verdict_of(const struct args *args, const char *by, struct verdict_ask *out, struct err *err)
{
    const char *region = args_word(args, 0), *address = args_word(args, 1);
    int given = args_has(args, OPTION_KEEP) + args_has(args, OPTION_RETRY) + args_has(args, OPTION_FORGET);
    out->region = region;
    out->address = address;
    out->id = args_text(args, OPTION_KEEP, NULL);
    out->by = by;
    out->why = args_text(args, OPTION_REASON, NULL);
    out->verdict = out->id ? VERDICT_KEEP : args_has(args, OPTION_RETRY) ? VERDICT_RETRY : VERDICT_FORGET;
    if (given != 1) {
        err_set(err, "usage.choose", "say what is true: one of --keep ID, --retry, --forget --why TEXT");
        return err_advise(err, "landfall status %s tells what is known of %s", region, address);
    }
    if (out->id && !out->id[0]) {
        err_set(err, "usage.missing", "--keep needs the id of what is there");
        return err_advise(err,
                          "landfall status %s tells what is known of %s; without an object it is --retry or "
                          "--forget",
                          region, address);
    }
    if (out->verdict == VERDICT_FORGET && (!out->why || !out->why[0])) {
        err_set(err, "usage.missing", "--forget needs a reason, for those who read the history: --why TEXT");
        return err_advise(err, "landfall resolve %s %s --forget --why 'removed by hand, ticket 4711'", region,
                          address);
    }
    return true;
}

static void tell(struct session *s, const struct verdict_ask *ask)
{
    static const char *const what[] = {
        [VERDICT_KEEP] = "this object is it, and landfall keeps it",
        [VERDICT_RETRY] = "it did not happen, and is planned anew",
        [VERDICT_FORGET] = "landfall lets go of it; what is there stays there",
    };
    struct facts_deed deed = {.command = "resolve",
                              .region = ask->region,
                              .address = ask->address,
                              .id = ask->id,
                              .next = arena_print(s->mem, "landfall plan %s", ask->region)};
    deed.what = arena_print(s->mem, "%s: %s", ask->address, what[ask->verdict]);
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
}

bool cmd_resolve_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct verdict_ask ask = {0};
    struct listener listener;
    if (!verdict_of(args, approving_who(s), &ask, err) || !session_open_region(s, ask.region, err) ||
        !session_open_drivers(s, err))
        return false;
    if (!s->truth.exists) {
        err_set(err, "resolve.nothing", "nothing was ever applied to '%s'", ask.region);
        return err_advise(err, "there is nothing to resolve");
    }
    ask.truth = &s->truth;
    if (!verdict_check(&ask, err) || !session_open_writer(s, s->truth.lineage, "resolve", err) ||
        !session_read_store(s, err))
        return false;
    listener_open(&listener, s, NULL);
    ask.loop = s->loop;
    ask.registry = s->registry;
    ask.writer = s->writer;
    ask.tell = listener_tell;
    ask.tell_user = &listener;
    s->noticing = noticing_new(s);
    ask.keep = noticing_keep;
    ask.keep_user = s->noticing;
    bool ok = verdict_run(&ask, err);
    listener_close(&listener);
    if (!ok)
        return false;
    tell(s, &ask);
    noticing_send(s->noticing, false);
    noticing_finish(s->noticing, NOTICING_LINGER_MS);
    *exit_code = COMMAND_OK;
    return true;
}
