#include <string.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/rehearsing.h"
#include "cli/session.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "region/project.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "run/rehearsal.h"

/* rehearse: the whole build against simulators.  The region's own store is not opened for writing, and its
 * services are not asked. */

#define ROUNDS       20
#define ROUNDS_MOST  10000
#define FAULTS_MILLI 50
#define SEED         1
#define CRASHES      1
#define CRASHES_MOST 1000

/* "5%" or "0.5%", in thousandths of all. */
static bool share(const struct args *args, enum option_id id, uint32_t otherwise, uint32_t *milli,
                  struct err *err)
{
    const char *text = args_text(args, id, NULL), *c = text;
    uint32_t whole = 0, tenth = 0;
    *milli = otherwise;
    if (!text)
        return true;
    for (; *c >= '0' && *c <= '9' && whole <= 100; c++)
        whole = whole * 10 + (uint32_t)(*c - '0');
    bool any = c != text;
    if (*c == '.' && c[1] >= '0' && c[1] <= '9') {
        tenth = (uint32_t)(c[1] - '0');
        c += 2;
    }
    c += *c == '%';
    if (!any || *c || whole * 10 + tenth > 1000) {
        err_set(err, "usage.share", "'--%s %s' is not a share", option_get(id)->name, text);
        return err_advise(err, "write a percentage from 0%% to 100%%, such as 5%% or 0.5%%");
    }
    *milli = whole * 10 + tenth;
    return true;
}

static bool number(const struct args *args, enum option_id id, int64_t otherwise, int64_t least, int64_t most,
                   int64_t *out, struct err *err)
{
    const char *text = args_text(args, id, NULL);
    *out = otherwise;
    if (!text || (str_to_int(text, out) && *out >= least && *out <= most))
        return true;
    err_set(err, "usage.number", "'--%s %s' is not a number from %lld to %lld", option_get(id)->name, text,
            (long long)least, (long long)most);
    return false;
}

static bool read_options(const struct args *args, struct rehearsal_ask *ask, struct err *err)
{
    int64_t rounds, seed, crashes;
    if (!number(args, OPTION_ROUNDS, ROUNDS, 1, ROUNDS_MOST, &rounds, err) ||
        !number(args, OPTION_SEED, SEED, 1, INT64_MAX / 2, &seed, err) ||
        !number(args, OPTION_CRASHES, CRASHES, 0, CRASHES_MOST, &crashes, err) ||
        !share(args, OPTION_FAULTS, FAULTS_MILLI, &ask->faults_milli, err) ||
        !share(args, OPTION_THROTTLE, 0, &ask->throttle_milli, err))
        return false;
    ask->rounds = (uint32_t)rounds;
    ask->seed = (uint64_t)seed;
    ask->crashes = (uint32_t)crashes;
    return true;
}

/* On a terminal somebody waits. */
static void progress(void *user, uint32_t done, uint32_t all)
{
    struct session *s = user;
    if (!s->live || s->quiet)
        return;
    if (done < all)
        out_print(&s->err, "\rrehearsing: %u of %u builds", done, all);
    else
        out_text(&s->err, "\r                                        \r");
    out_flush(&s->err);
}

static bool stopped(void *user)
{
    return rehearsing_is_stopped(user);
}

static void tell(struct session *s, struct rehearsing *r, const struct rehearsal *rehearsal)
{
    struct facts_rehearsal f = {
        .region = s->region, .playbook = s->project->playbook, .rehearsal = rehearsal};
    f.spans = rehearsing_spans(r, rehearsal, &f.span_count);
    f.drivers = rehearsing_drivers(r, &f.driver_count);
    f.unopened = rehearsing_unopened(r, &f.unopened_count);
    if (s->json)
        as_json_rehearsal(&s->out, &f);
    else
        as_text_rehearsal(&s->out, &f, s->quiet ? AS_TEXT_BRIEF : s->verbose ? AS_TEXT_FULL : AS_TEXT_NORMAL);
}

bool cmd_rehearse_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct rehearsal_ask ask = {.stop = stopped, .progress = progress, .user = s};
    struct rehearsing *r = NULL;
    struct rehearsal *rehearsal = NULL;
    if (!read_options(args, &ask, err) || !session_open_region(s, args_word(args, 0), err) ||
        !rehearsing_open(s, &r, err))
        return false;
    ask.world = rehearsing_world(r);
    ask.folder = rehearsing_folder(r);
    bool ok = rehearsal_run(s->mem, &ask, &rehearsal, &s->diags, err);
    if (ok) {
        tell(s, r, rehearsal);
        *exit_code = rehearsal->complete && rehearsal->finding_count == 0 ? COMMAND_OK : COMMAND_PARTIAL;
    }
    rehearsal_free(rehearsal);
    rehearsing_close(r);
    return ok;
}
