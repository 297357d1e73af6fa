#include <stddef.h>

#include "io/loop.h"
#include "plugin/op_state.h"

/* lf_ops: the thin side of op, where a plugin's calls come in. */

static void finish(struct lf_op *lf, const struct lf_result *result)
{
    struct op *op = (struct op *)lf;
    if (op_guard_may_act(op, "finish"))
        op_finish(op, result);
}

static void item(struct lf_op *lf, size_t i, const struct lf_result *result)
{
    struct op *op = (struct op *)lf;
    if (op_guard_may_act(op, "item"))
        op_settle(op, i, result);
}

/* Finds are checked like results: an object without marker or id can be neither claimed nor shown. */
static void found(struct lf_op *lf, const struct lf_result *result)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "found"))
        return;
    if (op->ask.items[0].verb != LF_VERB_OWNED) {
        op_event_broke(op, "called found() while %s", op_verb_doing(op->ask.items[0].verb));
        return;
    }
    struct op_result *taken = ARENA_NEW(op->mem, struct op_result);
    if (op_result_take_found(op, result, taken))
        op_event_found(op, taken);
}

/* Saving makes an identity durable that only a change can bring forth.  A save in the wrong place is named,
 * and its callback still comes: the breach must not turn into a hang as well. */
static void item_save(struct lf_op *lf, size_t i, const char *id, const struct lf_value *progress,
                      lf_after_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (!op_guard_may_act(op, "save"))
        return;
    if (i >= op->ask.count)
        op_event_broke(op, "saved item %zu of %zu", i, op->ask.count);
    else if (op->slots[i].settled)
        op_event_broke(op, "saved item %zu after settling it", i);
    else if (!op_verb_changes(op->ask.items[i].verb))
        op_event_broke(op, "saved progress while %s", op_verb_doing(op->ask.items[i].verb));
    else {
        op_save_start(op, i, id, (const struct value *)progress, fn, user);
        return;
    }
    /* Whatever it hoped for, it must not wait for ever. */
    if (fn)
        op_pend_after(op, 0, fn, user);
}

static void save(struct lf_op *lf, const char *id, const struct lf_value *progress, lf_after_fn *fn,
                 void *user)
{
    struct op *op = (struct op *)lf;
    if (!op->many)
        item_save(lf, 0, id, progress, fn, user);
    else if (op_guard_may_act(op, "save"))
        op_event_broke(op, "called save() in a batch, where item_save() says which item");
}

/* "The password cannot be used" would hide that its variable is not set. */
static void say(struct op *op, const struct lf_diag *diag)
{
    if (op->unrevealed)
        op->unrevealed = false;
    else
        op_event_note(op, op_event_diag(op, diag));
}

static void note(struct lf_op *lf, const struct lf_diag *diag)
{
    struct op *op = (struct op *)lf;
    bool asked = op->stage == OP_QUEUED || op->stage == OP_EXPIRED; /* from lane(), or while called off */
    if (!(asked ? op_guard_may_make(op, "note") : op_guard_may_act(op, "note")))
        return;
    if (!diag || diag->struct_size < offsetof(struct lf_diag, advice) + sizeof(diag->advice))
        op_event_broke(op, "gave a note whose struct_size is not set");
    else
        say(op, diag);
}

static void after(struct lf_op *lf, uint64_t ms, lf_after_fn *fn, void *user)
{
    struct op *op = (struct op *)lf;
    if (op_guard_may_act(op, "after"))
        op_pend_after(op, ms, fn, user);
}

/* Never NULL by contract, so a plugin that asks for a dead operation gets memory nobody misses. */
static void *scratch(struct lf_op *lf, size_t size)
{
    struct op *op = (struct op *)lf;
    return op_guard_may_make(op, "scratch") ? arena_alloc(op->mem, size) : host_limbo_alloc(op->host, size);
}

/* The loop's clock, which a test may own; reading it harms nobody, so there is no guard. */
static int64_t now_ms(struct lf_op *lf)
{
    return loop_now_ms(host_loop(((struct op *)lf)->host));
}

const struct lf_ops *host_ops_table(void)
{
    static const struct lf_ops table = {
        .struct_size = sizeof(table),
        .finish = finish,
        .item = item,
        .found = found,
        .save = save,
        .item_save = item_save,
        .note = note,
        .after = after,
        .scratch = scratch,
        .now_ms = now_ms,
    };
    return &table;
}
