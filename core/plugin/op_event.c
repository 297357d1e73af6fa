#include "plugin/op_state.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "plugin/host.h"
#include "plugin/registry.h"

#define NOTES_MAX 200  /* of one operation, and one more per item: as many as a person may still read */
#define TEXT_MAX  4000 /* bytes of one part of a note: a service's error page is not a message */
#define LOOK_MAX                                                                                             \
    65536 /* and of what is looked through for secrets before it is cut: half of one is not found */

/* Queues are linked through memory of the operation: no event costs a malloc of its own. */
static void append(struct op_event_list *list, struct op_event *e)
{
    e->next = NULL;
    if (list->last)
        list->last->next = e;
    else
        list->first = e;
    list->last = e;
}

static void move_all(struct op_event_list *to, struct op_event_list *from)
{
    if (!from->first)
        return;
    if (to->last)
        to->last->next = from->first;
    else
        to->first = from->first;
    to->last = from->last;
    *from = (struct op_event_list){0};
}

static struct op_event *event_new(struct op *op, enum op_event_kind kind)
{
    struct op_event *e = ARENA_NEW(op->mem, struct op_event);
    e->kind = kind;
    return e;
}

void op_event_item(struct op *op, size_t i)
{
    struct op_slot *slot = &op->slots[i];
    /* What was said since the last item was said of this one. */
    for (struct op_event *e = op->held.first; e; e = e->next)
        e->diag->address = op->ask.items[i].address;
    move_all(&op->ready, &op->held);
    slot->event = (struct op_event){.kind = OP_EVENT_ITEM, .i = i, .result = &slot->result};
    append(&op->ready, &slot->event);
    op_schedule(op);
}

/* Notes beyond the cap are dropped in silence: a plugin in a loop must not fill the report of a run. */
void op_event_note(struct op *op, struct diag *diag)
{
    if (op->notes++ >= NOTES_MAX + op->ask.count)
        return;
    struct op_event *e = event_new(op, OP_EVENT_NOTE);
    e->diag = diag;
    if (op->many) {
        append(&op->held, e);
        return;
    }
    if (op->ask.count)
        diag->address = op->ask.items[0].address;
    append(&op->ready, e);
    op_schedule(op);
}

void op_event_found(struct op *op, const struct op_result *result)
{
    struct op_event *e = event_new(op, OP_EVENT_FOUND);
    e->result = result;
    append(&op->ready, e);
    op_schedule(op);
}

void op_event_let_go(struct op *op)
{
    move_all(&op->ready, &op->held);
}

static struct diag broken(const char *text)
{
    return (struct diag){.severity = DIAG_ERROR,
                         .code = "plugin.broke_contract",
                         .summary = text,
                         .advice = "report it to whoever wrote the plugin"};
}

/* One breach fits into the result; a second one goes ahead of it as a note. */
static void deliver_item(struct op *op, size_t i)
{
    struct op_result *result = &op->slots[i].result;
    if (!result->broke) {
        result->broke = op->broke;
    } else if (op->broke && op->events.note) {
        const struct diag d = broken(op->broke);
        op->events.note(op->user, op, &d);
    }
    op->broke = NULL;
    op->events.item(op->user, op, i, result);
}

/* The head is taken off before its callback runs, which may add more. */
void op_event_flush(struct op *op)
{
    while (op->ready.first) {
        struct op_event *e = op->ready.first;
        op->ready.first = e->next;
        if (!e->next)
            op->ready.last = NULL;
        if (e->kind == OP_EVENT_ITEM) {
            deliver_item(op, e->i);
        } else if (e->kind == OP_EVENT_NOTE && op->events.note) {
            op->events.note(op->user, op, e->diag);
        } else if (e->kind == OP_EVENT_FOUND && op->events.found) {
            op->events.found(op->user, op, e->result);
        }
    }
}

/* ---- saying things ------------------------------------------------------------------------------- */

/* NULL stays NULL.  Never longer than TEXT_MAX, always UTF-8, without any secret that was shown. */
static const char *printable(struct op *op, const char *said)
{
    if (!said)
        return NULL;
    const char *text = host_mask(op->host, op->mem, said, strnlen(said, LOOK_MAX));
    size_t count = strnlen(text, TEXT_MAX + 1);
    if (count > TEXT_MAX) {
        count = TEXT_MAX;
        while (count > TEXT_MAX - 4 && ((unsigned char)text[count] & 0xC0) == 0x80)
            count--;
    }
    if (str_is_utf8(text, count))
        return arena_text_n(op->mem, text, count);
    struct buf safe;
    buf_init(&safe, 0);
    str_safe(&safe, text, count);
    const char *kept = buf_keep(&safe, op->mem);
    buf_done(&safe);
    return kept;
}

void op_event_say(struct op *op, const char *code, const char *advice, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct diag *d = ARENA_NEW(op->mem, struct diag);
    *d = (struct diag){.severity = DIAG_ERROR, .code = code, .advice = advice};
    /* A URL or a path in it may hold one. */
    d->summary = printable(op, arena_vprint(op->mem, fmt, args));
    va_end(args);
    op_event_note(op, d);
}

/* Where it is told depends on who is left to hear it.  The texts are short and made on the stack, for an
 * ended operation has no memory. */
void op_event_broke(struct op *op, const char *fmt, ...)
{
    char what[400], text[560];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    const struct lf_plugin *plugin = op->ask.driver->plugin;
    snprintf(text, sizeof(text), "plugin %s-%s %s", plugin->subsystem, plugin->name, what);
    const struct diag d = broken(text);
    if (op->stage == OP_IDLE || op->stage == OP_ENDED)
        host_tell_broke(op->host, &d);
    else if (!op->many && !op->broke)
        op->broke = printable(op, text);
    else
        op_event_say(op, d.code, d.advice, "%s", text);
}

void op_event_gate(struct op *op, const char *attempt, const char *target)
{
    const struct lf_plugin *plugin = op->ask.driver->plugin;
    op_event_say(op, "plugin.broke_contract", "looking at the world must leave it as it is",
                 "plugin %s-%s tried to %s '%s' while %s: refused, nothing was changed", plugin->subsystem,
                 plugin->name, attempt, target, op_verb_doing(op->ask.items[0].verb));
}

/* A field that is missing does not make a note worthless. */
struct diag *op_event_diag(struct op *op, const struct lf_diag *from)
{
    struct diag *d = ARENA_NEW(op->mem, struct diag);
    bool known = from->severity >= LF_DIAG_ERROR && from->severity <= LF_DIAG_TRACE;
    d->severity = known ? (enum diag_severity)from->severity : DIAG_ERROR;
    d->code = from->code ? printable(op, from->code) : "plugin.note";
    d->path = printable(op, from->path);
    d->summary = from->summary ? printable(op, from->summary) : "the plugin gave a reason without words";
    d->detail = printable(op, from->detail);
    d->advice = printable(op, from->advice);
    return d;
}
