#include "plugin/op_state.h"

#include <string.h>

#include "base/str.h"
#include "model/value.h"
#include "plugin/host_secret.h"
#include "plugin/registry.h"

#define ID_MAX         4096 /* the longest names of real services (ARNs, URLs) are under 2 KiB */
#define MARKER_MAX     512
#define BECAUSE_MAX    256
#define COSTS_MAX      1000
#define RETRY_AFTER_MS 3600000u /* an hour, as for HTTP's Retry-After */

/* What 1.0 knew of each struct: the least a plugin may hand over. */
#define END_OF(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))
#define RESULT_1_0          END_OF(lf_result, cost_size)
#define COST_1_0            END_OF(lf_cost, high_milli)

/* One result being checked. */
struct taking {
    struct op *op;
    size_t i;
    uint32_t verb;
    struct op_result *out;
};

/* Names the mistake and makes the status the verb's doubt: the truth is asked for before anything else. */
static void broke(struct taking *t, const char *what)
{
    const struct lf_plugin *plugin = t->op->ask.driver->plugin;
    if (!t->out->broke)
        t->out->broke = arena_print(t->op->mem, "plugin %s-%s %s", plugin->subsystem, plugin->name, what);
    t->out->status = op_verb_doubt(t->op, t->i);
}

/* Texts are copied, because a plugin's live on its stack; a text that no store could hold counts as none. */
static const char *take_text(struct taking *t, const char *text, size_t most, const char *complaint)
{
    if (!text)
        return NULL;
    size_t count = strnlen(text, most + 1);
    if (count <= most && str_is_utf8(text, count))
        return arena_text_n(t->op->mem, text, count);
    broke(t, complaint);
    return NULL;
}

static const struct value *take_value(struct taking *t, const struct lf_value *given, bool unknowns_are_fine,
                                      const char *complaint)
{
    const struct value *v = (const struct value *)given;
    if (!v)
        return NULL;
    if (!value_has_expr(v) && (unknowns_are_fine || !value_has_unknown(v)))
        return v;
    broke(t, complaint);
    return NULL;
}

/* Values are not copied: they belong to the operation already.  Only a plan may promise what is not yet
 * known. */
static void take_values(struct taking *t, const struct lf_result *given)
{
    bool plan = t->verb == LF_VERB_PLAN;
    t->out->state = take_value(t, given->state, plan, "gave a state that is not fully known");
    t->out->reply = take_value(t, given->reply, false, "gave a reply that is not fully known");
    t->out->memo = take_value(t, given->memo, false, "gave a memo that is not fully known");
    if (t->out->state && value_kind(t->out->state) != VALUE_MAP) {
        broke(t, "gave a state that is not a map");
        t->out->state = NULL;
    }
    const struct op_ask *ask = &t->op->ask;
    const char *address = ask->items[t->i].address;
    if (t->out->state && ask->type)
        t->out->state =
            host_secret_hide(t->op->mem, t->op->host, ask->type->facts.schema, address, t->out->state);
    if (t->out->reply && ask->call)
        t->out->reply =
            host_secret_hide(t->op->mem, t->op->host, ask->call->facts.reply, address, t->out->reply);
}

/* Reasons explain a plan; a bad one is left out, and named. */
static void take_because(struct taking *t, const char *const *given)
{
    size_t count = 0;
    if (!given)
        return;
    while (given[count] && count < BECAUSE_MAX)
        count++;
    const char **kept = ARENA_ARRAY(t->op->mem, const char *, count + 1);
    size_t good = 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = take_text(t, given[i], ID_MAX, "gave a reason that is not text");
        if (path)
            kept[good++] = path;
    }
    t->out->because = kept;
}

/* A price built on nonsense would be believed: rather none at all. */
static bool cost_is_sane(const struct lf_cost *c)
{
    bool ordered =
        c->low_milli >= 0 && c->low_milli <= c->expected_milli && c->expected_milli <= c->high_milli;
    return c->sku && c->unit && c->per >= LF_PER_ONCE && c->per <= LF_PER_MONTH && ordered;
}

/* By the plugin's stride, into the shape of this core. */
static void take_costs(struct taking *t, const struct lf_result *given)
{
    size_t count = given->cost_count, stride = given->cost_size;
    if (count == 0)
        return;
    if (!given->costs || stride < COST_1_0 || stride % 8 != 0 || count > COSTS_MAX) {
        broke(t, "gave costs that cannot be read");
        return;
    }
    struct lf_cost *kept = ARENA_ARRAY(t->op->mem, struct lf_cost, count);
    for (size_t i = 0; i < count; i++) {
        const char *from = (const char *)given->costs + i * stride;
        memcpy(&kept[i], from, stride < sizeof(kept[i]) ? stride : sizeof(kept[i]));
        if (!cost_is_sane(&kept[i])) {
            broke(t, "gave a cost without sku, unit or period, or with low, expected and high out of order");
            return;
        }
        kept[i].what = take_text(t, kept[i].what, ID_MAX, "gave a cost that is not text");
        kept[i].sku = take_text(t, kept[i].sku, ID_MAX, "gave a cost that is not text");
        kept[i].unit = take_text(t, kept[i].unit, ID_MAX, "gave a cost that is not text");
    }
    t->out->costs = kept;
    t->out->cost_count = count;
}

/* A resource that is there has a name in its service, or it is lost at the next crash. */
static bool needs_id(const struct taking *t)
{
    if (!t->op->ask.type)
        return false;
    if (t->verb == LF_VERB_CREATE)
        return t->out->status == LF_END_OK || t->out->status == LF_END_DAMAGED;
    return t->out->status == LF_END_OK && (t->verb == LF_VERB_FIND || t->verb == LF_VERB_RECOVER);
}

/* Verbs that speak of the object they were asked about: its name is known without being repeated. */
static bool names_known(uint32_t verb)
{
    return verb == LF_VERB_CREATE || verb == LF_VERB_UPDATE || verb == LF_VERB_READ ||
           verb == LF_VERB_RECOVER;
}

static void take_id(struct taking *t, const struct lf_result *given)
{
    t->out->id = take_text(t, given->id, ID_MAX, "gave an id that is not text, or too long");
    t->out->marker = take_text(t, given->marker, MARKER_MAX, "gave a marker that is not text, or too long");
    if (t->out->id || !names_known(t->verb))
        return;
    const char *saved = t->op->slots[t->i].saved_id;
    t->out->id = saved ? saved : t->op->ask.items[t->i].id;
}

/* A status can be wrong in itself, for its verb, or for what is known of the operation. */
static void take_status(struct taking *t, uint32_t status)
{
    const struct op *op = t->op;
    bool changes = op_verb_doubt(op, t->i) == LF_END_UNSURE;
    t->out->status = status;
    if (status == 0 || status > LF_END_CANCELED)
        broke(t, arena_print(op->mem, "ended with the unknown status %u", status));
    else if (!op_verb_allows(t->verb, status))
        broke(t, arena_print(op->mem, "ended with status %u, which makes no sense when %s", status,
                             op_verb_doing(t->verb)));
    else if (status == LF_END_CANCELED && !op->cancel_asked)
        broke(t, "said it was canceled, but nobody had asked it to stop");
    else if (status == LF_END_UNSURE && !changes)
        t->out->status = LF_END_CANNOT_TELL;
    else if ((status == LF_END_RETRY || status == LF_END_CANCELED) && changes && op->change_dropped)
        t->out->status = LF_END_UNSURE; /* a request was called off on its way: nobody can be so certain */
}

/* All of it is checked even after the first breach: the state of a doubtful create still helps a person. */
void op_result_take(struct op *op, size_t i, const struct lf_result *given, struct op_result *out)
{
    struct taking t = {.op = op, .i = i, .verb = op->ask.items[i].verb, .out = out};
    if (!given || given->struct_size < RESULT_1_0) {
        broke(&t, given ? "ended with a result whose struct_size is not set" : "ended without a result");
        return;
    }
    take_status(&t, given->status);
    uint32_t wait = given->retry_after_ms;
    out->retry_after_ms = wait < RETRY_AFTER_MS ? wait : RETRY_AFTER_MS;
    out->action = t.verb == LF_VERB_PLAN ? given->action : 0;
    take_id(&t, given);
    take_values(&t, given);
    if (given->because)
        take_because(&t, given->because);
    take_costs(&t, given);
    if (t.verb == LF_VERB_PLAN && out->status == LF_END_OK &&
        (out->action < LF_DO_KEEP || out->action > LF_DO_DESTROY))
        broke(&t, arena_print(op->mem, "planned the unknown action %u", out->action));
    if (!out->id && needs_id(&t))
        broke(&t, arena_print(op->mem, "said that %s went well but gave no id", op_verb_doing(t.verb)));
}

bool op_result_take_found(struct op *op, const struct lf_result *given, struct op_result *out)
{
    struct taking t = {.op = op, .i = 0, .verb = LF_VERB_OWNED, .out = out};
    out->status = LF_END_OK;
    if (!given || given->struct_size < RESULT_1_0) {
        broke(&t, "reported a find without a result");
    } else {
        take_id(&t, given);
        take_values(&t, given);
        if (!out->broke && (!out->id || !out->marker))
            broke(&t, "reported a find without id or marker");
    }
    if (out->broke)
        op_event_say(op, "plugin.broke_contract", "report it to whoever wrote the plugin", "%s", out->broke);
    return !out->broke;
}
