#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "landfall/plugin.h"
#include "model/value.h"
#include "model/value_json.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "store/store.h"

#define SETTLING_MAX 8 /* operations named that settle themselves */

static const char *verb_word(uint32_t verb)
{
    return verb == LF_VERB_CREATE    ? "create"
           : verb == LF_VERB_UPDATE  ? "update"
           : verb == LF_VERB_DESTROY ? "destroy"
                                     : "run";
}

/* What each state means to somebody who reads it for the first time. */
static const char *state_meaning(enum store_op_state s)
{
    return s == STORE_OP_HELD       ? "held: a person has to look"
           : s == STORE_OP_CONFLICT ? "conflict: something foreign is there"
           : s == STORE_OP_SETTLING ? "settling: made, not ready yet"
                                    : "in doubt: may or may not have happened";
}

/* Whole and on a line of its own, so that it can be copied. */
static void command(struct out *o, const char *region, const char *address, const char *how, const char *id)
{
    out_fill(o, ' ', 6);
    out_text(o, "landfall resolve ");
    out_safe(o, region);
    out_char(o, ' ');
    out_safe(o, address);
    out_char(o, ' ');
    out_text(o, how);
    out_safe(o, id);
    out_char(o, '\n');
}

/* One --keep for each object that carries our marker, so that the right one can be copied. */
static void held_commands(struct out *o, const char *region, const struct store_op *op)
{
    struct arena *tmp = arena_new();
    struct err unused;
    const struct value *ids = NULL;
    bool any = op->candidates &&
               value_json_parse(tmp, op->candidates, strlen(op->candidates), &ids, &unused) &&
               value_kind(ids) == VALUE_LIST && ids->count > 0;
    for (size_t i = 0; any && i < ids->count; i++) {
        const char *id = value_as_text(ids->items[i]);
        if (id)
            command(o, region, op->address, "--keep ", id);
    }
    if (!any)
        command(o, region, op->address, "--keep ", op->ext_id ? op->ext_id : "ID");
    command(o, region, op->address, "--retry", NULL);
    command(o, region, op->address, "--forget --why TEXT", NULL);
    arena_free(tmp);
}

static bool is_for_person(const struct store_op *op)
{
    return op->state == STORE_OP_HELD || op->state == STORE_OP_CONFLICT;
}

static void print_op(struct out *o, const char *region, const struct store_op *op)
{
    bool for_person = is_for_person(op);
    out_text(o, "  ");
    out_painted(o, OUT_BOLD, op->address);
    out_print(o, "  %s  ", verb_word(op->verb));
    out_painted(o, for_person ? OUT_RED : OUT_YELLOW, state_meaning(op->state));
    out_char(o, '\n');
    if (op->reason) {
        out_fill(o, ' ', 6);
        cell_paragraph(o, 6, 6, op->reason);
    }
    if (for_person)
        held_commands(o, region, op);
}

/* What a person must decide is told in full; what settles itself is named until the list gets long: a run
 * that was killed leaves hundreds. */
void as_text_pending(struct out *o, const char *region, const struct store_snapshot *truth)
{
    size_t settling = 0;
    struct buf text;
    if (!truth || truth->op_count == 0)
        return;
    buf_init(&text, 0);
    brief_count(&text, truth->op_count, "change");
    buf_text(&text, truth->op_count == 1 ? " is not settled:" : " are not settled:");
    out_painted(o, OUT_BOLD, text.at);
    out_char(o, '\n');
    for (size_t i = 0; i < truth->op_count; i++) {
        const struct store_op *op = &truth->ops[i];
        if (is_for_person(op) || settling++ < SETTLING_MAX)
            print_op(o, region, op);
    }
    if (settling > SETTLING_MAX)
        out_print(o, "  and %zu more in doubt\n", settling - SETTLING_MAX);
    if (settling > 0 && !truth->holder) { /* else it may be under way right now */
        buf_clear(&text);
        buf_print(&text, "What became of what is in doubt is found out first by: landfall resume %s", region);
        out_text(o, "  ");
        cell_paragraph(o, 2, 2, text.at);
    }
    buf_done(&text);
}
