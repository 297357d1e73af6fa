#include "cli/listener.h"

#include <signal.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/args.h"
#include "cli/session.h"
#include "report/progress.h"

/* A summary of more than this is no summary; all of it is in the history. */
#define TROUBLES_MOST 1000

void listener_open(struct listener *l, struct session *s, const struct plan *plan)
{
    *l = (struct listener){.mem = s->mem};
    struct progress_ask ask = {.out = s->json ? &s->err : &s->out,
                               .loop = s->loop,
                               .plan = plan,
                               .live = s->live,
                               .quiet = s->quiet,
                               .verbose = s->verbose};
    l->progress = progress_new(&ask);
    l->crash_after = args_number(s->args, OPTION_CRASH_AFTER, 0);
}

void listener_close(struct listener *l)
{
    progress_free(l->progress);
    l->progress = NULL;
    ARRAY_DONE(&l->troubles);
}

/* What a person has to do something about, now or some day. */
static bool is_trouble(enum event_kind kind)
{
    return kind == EVENT_STEP_FAILED || kind == EVENT_STEP_CONFLICT || kind == EVENT_STEP_HELD ||
           kind == EVENT_STEP_CEILING || kind == EVENT_STEP_BLOCKED || kind == EVENT_STEP_WAITS;
}

/* An event lives as long as the call that tells it. */
static void keep(struct listener *l, const struct event *e)
{
    struct event copy = *e;
    copy.run_id = arena_text(l->mem, e->run_id);
    copy.address = arena_text(l->mem, e->address);
    copy.verb = arena_text(l->mem, e->verb);
    copy.text = arena_text(l->mem, e->text);
    copy.code = arena_text(l->mem, e->code);
    copy.advice = arena_text(l->mem, e->advice);
    copy.where = arena_text(l->mem, e->where);
    ARRAY_PUSH(&l->troubles, copy);
}

void listener_tell(void *user, const struct event *e)
{
    struct listener *l = user;
    progress_tell(l->progress, e);
    if (is_trouble(e->kind) && l->troubles.count < TROUBLES_MOST)
        keep(l, e);
    l->finished += e->kind == EVENT_STEP_DONE;
    /* SIGKILL and not exit: nothing may be tidied up, or the drill would prove nothing. */
    if (l->crash_after > 0 && e->kind == EVENT_STEP_DONE && l->finished == l->crash_after)
        kill(getpid(), SIGKILL);
}
