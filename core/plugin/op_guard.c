#include "plugin/op_state.h"

#include "base/str.h"

/* ---- whose turn it is -------------------------------------------------------------------------------- */

struct op *op_guard_enter(struct op *op)
{
    struct op *before = op->host->current;
    op->host->current = op;
    return before;
}

void op_guard_leave(struct op *op, struct op *before)
{
    op->host->current = before;
}

/* ---- may a plugin do that? ---------------------------------------------------------------------------- */

/* Nothing of an operation is safe to look at from another thread, but for the flag. */
static bool on_engine_thread(struct op *op)
{
    if (pthread_equal(op->host->thread, pthread_self()))
        return true;
    /* Nothing else of the op may be touched from here; the engine names it when it next looks. */
    atomic_store(&op->trespass, true);
    return false;
}

/* Operations of one driver may end each other: a driver that batches on its own connection does just that. */
static bool is_foreign(const struct op *op)
{
    const struct op *current = op->host->current;
    return current && current->ask.driver != op->ask.driver;
}

/* The words a person will read in the report; `what` is the function as plugin.h calls it. */
static bool name_mistake(struct op *op, const char *what)
{
    bool over = op_is_over(op);
    if (is_foreign(op))
        op_event_broke(op, "used an operation of another driver");
    else if (op->stage == OP_QUEUED || op->stage == OP_LEAVING)
        op_event_broke(op, "called %s() before its verb was asked", what);
    else if (str_equal(what, "finish"))
        op_event_broke(op, op->timed_out ? "finished after its deadline" : "finished twice");
    else
        op_event_broke(op, "called %s() after its operation %s", what,
                       op->timed_out || !over ? "ran out of time" : "had ended");
    return false;
}

/* The common case is one comparison of threads and one of stages. */
bool op_guard_may_act(struct op *op, const char *what)
{
    if (!on_engine_thread(op))
        return false;
    if (op->stage == OP_RUNNING && !is_foreign(op))
        return true;
    return op->late ? false : name_mistake(op, what);
}

/* After its end an operation's memory may live on under a job; making a value in it then does no harm. */
bool op_guard_may_make(struct op *op, const char *what)
{
    if (!on_engine_thread(op))
        return false;
    if (op->mem && !is_foreign(op))
        return true;
    return name_mistake(op, what);
}
