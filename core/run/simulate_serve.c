#include <string.h>

#include "base/buf.h"
#include "model/schema.h"
#include "model/value.h"
#include "model/value_json.h"
#include "run/invent.h"
#include "run/simulate_state.h"

/* The service: what it does with a request that reaches it, each type by its own word of settlement. */

static struct ledger *ledger_of(const struct simulate_errand *e)
{
    return e->driver->owner->life.ledger;
}

static struct arena *memory(const struct simulate_errand *e)
{
    return op_arena(e->op);
}

static const struct value *parse(const struct simulate_errand *e, const char *json)
{
    const struct value *v = NULL;
    struct err err;
    return json && value_json_parse(memory(e), json, strlen(json), &v, &err) ? v : NULL;
}

/* A step's name is its address behind the last dot. */
static const char *name_of(const struct simulate_errand *e)
{
    const char *dot = strrchr(e->req->address, '.');
    return dot ? dot + 1 : e->req->address;
}

static bool is_markless(const struct simulate_errand *e)
{
    return (e->type->facts.traits & CATALOG_MARKLESS) != 0;
}

/* What the service knows the object by, or NULL when it has no natural name. */
static const char *natural_key(const struct simulate_errand *e, const struct value *v)
{
    const struct schema *schema = e->type->facts.schema;
    struct buf key;
    bool any = false;
    buf_init(&key, 0);
    for (size_t i = 0; i < schema->count; i++) {
        if (!(schema->attrs[i].flags & SCHEMA_KEY))
            continue;
        buf_char(&key, ' ');
        value_json_print(&key, value_get(v, schema->attrs[i].name));
        any = true;
    }
    const char *text = any ? buf_keep(&key, memory(e)) : NULL;
    buf_done(&key);
    return text;
}

/* By its name; what has neither name nor marker is known by what made it, to whoever looks. */
static struct ledger_thing *known_as(const struct simulate_errand *e, const struct value *v)
{
    const struct ledger *l = ledger_of(e);
    const char *key = natural_key(e, v);
    return key              ? ledger_by_key(l, e->scope, key)
           : is_markless(e) ? ledger_by_address(l, e->scope, e->req->address)
                            : NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static void say(struct simulate_errand *e, const char *code, const char *summary)
{
    struct lf_diag d = {
        .struct_size = sizeof(d), .severity = LF_DIAG_ERROR, .code = code, .summary = summary};
    e->driver->owner->table->ops->note((struct lf_op *)e->op, &d);
}

static void answer_thing(struct simulate_errand *e, uint32_t status, const struct ledger_thing *t)
{
    e->answer.status = status;
    if (!t)
        return;
    e->answer.id = t->id;
    e->answer.marker = t->marker && t->marker[0] ? t->marker : NULL;
    e->answer.state = (const struct lf_value *)parse(e, t->state);
}

void simulate_tell(struct simulate_errand *e, const struct ledger_thing *t)
{
    answer_thing(e, LF_END_OK, t);
}

/* ---- changes ---------------------------------------------------------------------------------------------
 */

static bool is_ours(const struct simulate_errand *e, const struct ledger_thing *t)
{
    return is_markless(e) || (t->marker && strcmp(t->marker, e->req->marker) == 0);
}

static const char *state_json(const struct simulate_errand *e)
{
    struct invent_ask ask = {.seed = arena_print(memory(e), "%s\n%s", e->scope, e->req->address),
                             .name = name_of(e),
                             .place = e->driver->place};
    const struct value *desired = (const struct value *)e->req->desired;
    return value_json_text(memory(e), invent_state(memory(e), e->type->facts.schema, desired, &ask));
}

/* The same object may be on its way already, from a try whose sender died or gave up. */
static struct ledger_thing *on_its_way(const struct simulate_errand *e)
{
    for (const struct ledger_late *late = ledger_of(e)->lates; late; late = late->next) {
        const struct ledger_thing *t = late->thing;
        if (t && strcmp(t->scope, e->scope) == 0 && strcmp(t->address, e->req->address) == 0 && is_ours(e, t))
            return late->thing;
    }
    return NULL;
}

static struct ledger_thing *build(struct simulate_errand *e, const char *key, int64_t late_ms)
{
    struct ledger *l = ledger_of(e);
    bool tokened = e->settle.create == LF_SETTLE_TOKENED;
    struct ledger_thing like = {.scope = e->scope,
                                .address = e->req->address,
                                .key = key,
                                .marker = is_markless(e) ? NULL : e->req->marker,
                                .token = tokened ? e->req->token : NULL,
                                .state = state_json(e),
                                .ready_ms = l->now_ms + e->took_ms,
                                .visible_ms = l->now_ms + late_ms + e->settle.visible_after_ms};
    if (tokened && e->settle.token_retention_s)
        like.token_until_ms = l->now_ms + (int64_t)e->settle.token_retention_s * 1000;
    struct ledger_thing *t = ledger_thing_new(l, &like, e->type->facts.name);
    if (late_ms > 0)
        ledger_come_later(l, l->now_ms + late_ms, t);
    else
        ledger_land(l, t);
    return t;
}

/* What the service takes a create for: the name is taken, or it knows this very request.  Whether asking
 * twice makes two is the type's own word: that is what a build's protocol has to live with. */
static struct ledger_thing *there_before(const struct simulate_errand *e, const char *key)
{
    struct ledger *l = ledger_of(e);
    uint32_t way = e->settle.create;
    struct ledger_thing *t = ledger_by_key(l, e->scope, key);
    if (t || way == LF_SETTLE_FINDABLE || way == LF_SETTLE_BLIND)
        return t;
    if (way == LF_SETTLE_TOKENED)
        t = ledger_by_token(l, e->scope, e->req->token);
    else if (way == LF_SETTLE_NAMED && !key)
        t = is_markless(e) ? ledger_by_address(l, e->scope, e->req->address)
                           : ledger_by_marker(l, e->scope, e->req->marker);
    if (!t && (t = on_its_way(e)))
        ledger_land(l, t);
    return t;
}

static void create(struct simulate_errand *e, int64_t late_ms)
{
    const char *key = natural_key(e, (const struct value *)e->req->desired);
    struct ledger_thing *t = there_before(e, key);
    if (t && !is_ours(e, t))
        say(e, "rehearsal.taken", arena_print(memory(e), "'%s' made it", t->address));
    if (t && (!is_ours(e, t) || e->settle.create == LF_SETTLE_CONDITIONAL)) {
        answer_thing(e, LF_END_EXISTS, t);
        return;
    }
    if (t)
        ledger_set_state(ledger_of(e), t, state_json(e));
    else
        t = build(e, key, late_ms);
    answer_thing(e, LF_END_OK, t);
}

static struct ledger_thing *the_one(const struct simulate_errand *e)
{
    struct ledger *l = ledger_of(e);
    struct ledger_thing *t = ledger_by_id(l, e->scope, e->req->id);
    const struct value *prior = (const struct value *)e->req->prior;
    return t || e->req->id ? t : known_as(e, prior);
}

static void update(struct simulate_errand *e)
{
    struct ledger_thing *t = the_one(e);
    if (t && is_ours(e, t))
        ledger_set_state(ledger_of(e), t, state_json(e));
    answer_thing(e, !t ? LF_END_GONE : is_ours(e, t) ? LF_END_OK : LF_END_EXISTS, t);
}

static void destroy(struct simulate_errand *e)
{
    struct ledger_thing *t = the_one(e);
    bool ours = t && is_ours(e, t);
    if (ours)
        ledger_remove(ledger_of(e), t);
    answer_thing(e, t && !ours ? LF_END_EXISTS : LF_END_GONE, t && !ours ? t : NULL);
}

/* ---- calls
 * ------------------------------------------------------------------------------------------------- */

/* What tells the service that it has done this: the token, or what is done. */
static const char *once_by(const struct simulate_errand *e, const char *args)
{
    uint32_t way = e->call->settle;
    if (way == LF_SETTLE_NAMED || way == LF_SETTLE_CONDITIONAL)
        return arena_print(memory(e), "%s %s %s", e->req->address, e->scope, args);
    return way == LF_SETTLE_TOKENED ? e->req->token : NULL;
}

static const char *args_json(const struct simulate_errand *e)
{
    return e->req->args ? value_json_text(memory(e), (const struct value *)e->req->args) : "{}";
}

static void reply_to(struct simulate_errand *e, const char *args)
{
    struct invent_ask ask = {.seed = arena_print(memory(e), "%s\n%s\n%s", e->scope, e->req->address, args),
                             .name = name_of(e),
                             .place = e->driver->place};
    const struct schema *schema = e->call->facts.reply;
    const struct value *reply = schema ? invent_reply(memory(e), schema, &ask) : value_null();
    if (simulate_is_check(e))
        reply = simulate_check_reply(e, reply);
    else if (schema)
        ledger_count_reply(ledger_of(e), e->req->address, e->scope);
    e->answer.status = LF_END_OK;
    e->answer.reply = (const struct lf_value *)reply;
}

static void run_call(struct simulate_errand *e, int64_t late_ms)
{
    struct ledger *l = ledger_of(e);
    const char *args = args_json(e);
    reply_to(e, args);
    if (simulate_is_check(e))
        return;
    struct ledger_deed *deed = ledger_deed_get(l, e->req->address, e->scope, args);
    if (late_ms > 0)
        ledger_happen_later(l, l->now_ms + late_ms, deed, e->req->token, once_by(e, args));
    else
        ledger_happen(l, deed, e->req->token, once_by(e, args));
}

void simulate_serve(struct simulate_errand *e, int64_t late_ms)
{
    if (e->http)
        simulate_check_answer(e);
    else if (e->call)
        run_call(e, late_ms);
    else if (e->req->verb == LF_VERB_CREATE)
        create(e, late_ms);
    else if (e->req->verb == LF_VERB_UPDATE)
        update(e);
    else
        destroy(e);
}

/* ---- looking
 * --------------------------------------------------------------------------------------------------- */

/* As many as a list of the service's shows by now; *found: the oldest of them. */
static uint32_t count_ours(const struct simulate_errand *e, struct ledger_thing **found)
{
    struct ledger *l = ledger_of(e);
    uint32_t count = 0;
    *found = NULL;
    for (struct ledger_thing *t = ledger_by_marker(l, e->scope, e->req->marker); t; t = t->same_marker) {
        if (!t->alive || t->visible_ms > l->now_ms)
            continue;
        *found = t;
        count++;
    }
    return count;
}

/* By name where it cannot be by marker, or where somebody else has the name. */
static void recover(struct simulate_errand *e)
{
    struct ledger *l = ledger_of(e);
    struct ledger_thing *found;
    const struct value *is = (const struct value *)(e->req->desired ? e->req->desired : e->req->prior);
    struct ledger_thing *named = known_as(e, is);
    if (is_markless(e) || (named && !is_ours(e, named))) {
        answer_thing(e, named ? LF_END_OK : LF_END_GONE, named);
        return;
    }
    uint32_t count = count_ours(e, &found);
    if (count > 1) {
        say(e, "rehearsal.many", "several objects carry its marker");
        answer_thing(e, LF_END_MANY, NULL);
        return;
    }
    answer_thing(e, found ? LF_END_OK : LF_END_GONE, found);
    if (found && e->req->desired && found->ready_ms > l->now_ms)
        e->took_ms = found->ready_ms - l->now_ms;
}

/* What is only looked up is there: who plans on it knows it, and a rehearsal asks nobody. */
static void look_up(struct simulate_errand *e)
{
    struct ledger *l = ledger_of(e);
    const char *key = natural_key(e, (const struct value *)e->req->desired);
    struct ledger_thing *t = known_as(e, (const struct value *)e->req->desired);
    if (!t) {
        struct ledger_thing like = {.scope = e->scope,
                                    .address = e->req->address,
                                    .key = key,
                                    .state = state_json(e),
                                    .foreign = true};
        t = ledger_thing_new(l, &like, e->type->facts.name);
        ledger_land(l, t);
    }
    answer_thing(e, LF_END_OK, t);
}

void simulate_look(struct simulate_errand *e)
{
    if (e->call && e->call->settle == LF_SETTLE_BLIND) {
        e->answer.status = LF_END_CANNOT_TELL; /* its own word */
    } else if (e->call && ledger_token_is_used(ledger_of(e), e->req->token)) {
        reply_to(e, args_json(e));
    } else if (e->call) {
        e->answer.status = LF_END_GONE;
    } else if (e->req->verb == LF_VERB_RECOVER) {
        recover(e);
    } else if (e->req->verb == LF_VERB_FIND) {
        look_up(e);
    } else {
        const struct ledger_thing *t = the_one(e);
        answer_thing(e, t ? LF_END_OK : LF_END_GONE, t);
    }
    simulate_answer_after(e, e->took_ms);
}
