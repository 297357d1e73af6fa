/* fake-fake: the driver of the fake service (fake.h).  Settings: `world`, the file it lives in. */

#include <fcntl.h>
#include <landfall/plugin.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_service.h"

/* ---- schema ---------------------------------------------------------------------------------- */

#define COMMON                                                                                               \
    {"size", LF_KIND_INT, 0, "a size, in gigabytes", NULL, "1", 0, 1},                                       \
        {"engine", LF_KIND_TEXT, LF_ATTR_FIXED, "another one is another object", NULL, NULL, 0, 1},          \
        {"ref", LF_KIND_ANY, 0, "anything, mostly of other steps", NULL, NULL, 0, 1},                        \
        {"lane", LF_KIND_TEXT, 0, "a digit: requests of one lane never overlap", NULL, NULL, 0, 1},          \
        {"tags", LF_KIND_LIST, LF_ATTR_UNORDERED, "texts in any order", NULL, NULL, LF_KIND_TEXT, 1},        \
        {"place", LF_KIND_TEXT, LF_ATTR_PLACE, "where it lives", NULL, NULL, 0, 1},                          \
        {"serial", LF_KIND_TEXT, LF_ATTR_COMPUTED, "given by the service", NULL, NULL, 0, 1},                \
        {"secret", LF_KIND_TEXT, LF_ATTR_SECRET, "never told again", NULL, NULL, 0, 1},

static const struct lf_attr keyed_attrs[] = {{"name", LF_KIND_TEXT,
                                              LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
                                              "its natural name", NULL, NULL, 0, 1},
                                             COMMON};
static const struct lf_attr plain_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED, "what people call it", NULL, NULL, 0, 1}, COMMON};
static const struct lf_attr value_attrs[] = {
    {"value", LF_KIND_TEXT, LF_ATTR_REQUIRED, "any text", NULL, NULL, 0, 1}};
static const struct lf_attr reply_attrs[] = {
    {"n", LF_KIND_INT, LF_ATTR_REQUIRED, "which call it was", NULL, NULL, 0, 1}};
static const struct lf_attr setting_attrs[] = {
    {"world", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the file the service lives in", NULL, NULL, 0, 1}};
static const struct lf_schema keyed_schema = LF_SCHEMA(1, keyed_attrs);
static const struct lf_schema plain_schema = LF_SCHEMA(1, plain_attrs);
static const struct lf_schema value_schema = LF_SCHEMA(1, value_attrs);
static const struct lf_schema reply_schema = LF_SCHEMA(1, reply_attrs);
static const struct lf_schema setting_schema = LF_SCHEMA(1, setting_attrs);

/* ---- one request ------------------------------------------------------------------------------ */

struct request {
    struct fake *fake;
    struct lf_op *op;
    const struct lf_request *req;
    const struct fake_manners *manners;
    const char *key;
    uint32_t fault;
    int64_t ms;
    struct lf_result answer;
};

static const char *text_of(const struct request *r, const struct lf_value *map, const char *name)
{
    const struct lf_values *v = r->fake->host->values;
    return v->as_text(v->get(map, name), NULL);
}

static const char *json_of(const struct request *r, const struct lf_value *v)
{
    return r->fake->host->values->to_json(r->op, v, NULL);
}

static const struct lf_value *state_of(const struct request *r, const struct fake_object *o)
{
    const struct lf_values *v = r->fake->host->values;
    return v->with(r->op, v->from_json(r->op, o->state, strlen(o->state)), "serial",
                   v->of_text(r->op, o->id, strlen(o->id)));
}

static void note(const struct request *r, const char *code, const char *path, const char *summary)
{
    struct lf_diag d = {.struct_size = sizeof(d),
                        .severity = LF_DIAG_ERROR,
                        .code = code,
                        .path = path,
                        .summary = summary,
                        .advice = "look at the fake service"};
    r->fake->host->ops->note(r->op, &d);
}

static void fill(struct request *r, uint32_t status, const struct fake_object *o)
{
    const struct lf_ops *ops = r->fake->host->ops;
    r->answer.status = status;
    if (!o)
        return;
    char *id = ops->scratch(r->op, sizeof(o->id)), *marker = ops->scratch(r->op, sizeof(o->marker));
    memcpy(id, o->id, sizeof(o->id));
    memcpy(marker, o->marker, sizeof(o->marker));
    r->answer.id = id;
    r->answer.marker = marker[0] ? marker : NULL;
    r->answer.state = state_of(r, o);
    const struct lf_values *v = r->fake->host->values;
    if (strcmp(o->type, "conditional") == 0)
        r->answer.memo = v->with(r->op, NULL, "etag", v->of_int(r->op, o->etag));
}

static struct request enter(struct fake *fake, struct lf_op *op, const struct lf_request *req,
                            const struct fake_manners *m)
{
    struct request r = {.fake = fake, .op = op, .req = req, .manners = m};
    struct fake_world *w = fake->world;
    r.answer.struct_size = sizeof(r.answer);
    fake_service_pass_time(w, fake->host->ops->now_ms(op));
    w->asked[req->verb]++;
    r.key = text_of(&r, req->desired, "name");
    if (!r.key)
        r.key = text_of(&r, req->prior, "name");
    if (!r.key)
        r.key = text_of(&r, req->args, "value");
    r.fault = fake_service_fault(w, req->verb, r.key, &r.ms);
    return r;
}

/* Faults that come before the service saw anything; true when that is the answer. */
static bool fails_before(struct request *r)
{
    switch (r->fault) {
    case FAKE_LOST_BEFORE:
        fill(r, LF_END_UNSURE, NULL);
        return true;
    case FAKE_RETRY:
        r->answer.retry_after_ms = (uint32_t)r->ms;
        fill(r, LF_END_RETRY, NULL);
        return true;
    case FAKE_REFUSE:
        note(r, "fake.refused", "name", "the fake service refuses it");
        fill(r, LF_END_REFUSED, NULL);
        return true;
    case FAKE_FAIL:
        note(r, "fake.failed", NULL, "the fake service broke");
        fill(r, LF_END_FAILED, NULL);
        return true;
    case FAKE_FOREIGN:
        r->answer.marker = FAKE_FOREIGN_MARKER;
        fill(r, LF_END_EXISTS, NULL);
        return true;
    case FAKE_STALE:
        fill(r, LF_END_GONE, NULL);
        return true;
    case FAKE_CANNOT_TELL:
        fill(r, LF_END_CANNOT_TELL, NULL);
        return true;
    case FAKE_MANY:
        note(r, "fake.many", NULL, "three objects carry the marker: a, b, c");
        fill(r, LF_END_MANY, NULL);
        return true;
    default:
        return false;
    }
}

/* Faults on the way back. */
static void fails_after(struct request *r, struct fake_object *o)
{
    const struct lf_values *v = r->fake->host->values;
    if (r->fault == FAKE_LOST_AFTER) {
        r->answer = (struct lf_result){.struct_size = sizeof(r->answer), .status = LF_END_UNSURE};
    } else if (r->fault == FAKE_LIE) {
        r->answer.state = v->with(r->op, r->answer.state, "size", v->of_int(r->op, 4711));
    } else if (r->fault == FAKE_DAMAGE && o) {
        o->damaged = 1;
        note(r, "fake.damaged", NULL, "it came up broken");
        r->answer.status = LF_END_DAMAGED;
    } else if (r->fault == FAKE_SILENT) {
        r->answer.state = NULL;
    }
}

/* The object as it is asked for. */
static struct fake_object wanted(const struct request *r)
{
    const struct lf_values *v = r->fake->host->values;
    struct fake_object o = {0};
    const struct lf_value *state = v->with(r->op, r->req->desired, "secret", NULL);
    fake_service_copy(o.type, sizeof(o.type), r->manners->type);
    fake_service_copy(o.key, sizeof(o.key), r->key);
    fake_service_copy(o.marker, sizeof(o.marker), r->manners->markless ? "" : r->req->marker);
    fake_service_copy(o.token, sizeof(o.token), r->req->token);
    fake_service_copy(o.id, sizeof(o.id), r->req->id);
    o.etag = v->as_int(v->get(r->req->memo, "etag"), 0);
    fake_service_copy(o.state, sizeof(o.state), json_of(r, state));
    return o;
}

static void come_late(struct request *r)
{
    struct fake_world *w = r->fake->world;
    for (uint32_t i = 0; i < FAKE_LATES; i++) {
        if (w->lates[i].verb)
            continue;
        fake_service_send_late(w, i, r->ms, r->req->verb, wanted(r));
        fill(r, LF_END_UNSURE, NULL);
        return;
    }
    abort();
}

/* ---- changes ----------------------------------------------------------------------------------- */

static bool is_ours(const struct request *r, const struct fake_object *o)
{
    const struct lf_values *v = r->fake->host->values;
    const char *was = text_of(r, r->req->memo, "was");
    bool adopts = v->as_bool(v->get(r->req->memo, "adopt"), 0) && was && strcmp(was, o->marker) == 0;
    bool is_free = r->req->verb == LF_VERB_CREATE && r->manners->takes_unmarked && !o->marker[0];
    return adopts || is_free || r->manners->markless || strcmp(o->marker, r->req->marker) == 0;
}

static void create(struct request *r)
{
    struct fake_world *w = r->fake->world;
    struct fake_object want = wanted(r), *o = NULL;
    if (w->token_count < 64)
        fake_service_copy(w->tokens[w->token_count++], sizeof(w->tokens[0]), r->req->token);
    if (r->manners->by_key)
        o = fake_service_by_key(w, want.type, want.key);
    else if (r->manners->by_token)
        o = fake_service_by_token(w, want.type, want.token);
    if (o && !is_ours(r, o)) {
        fill(r, LF_END_EXISTS, o);
        return;
    }
    o = fake_service_make(w, o, &want);
    fake_service_point(w);
    fill(r, LF_END_OK, o);
    fails_after(r, o);
}

static void update(struct request *r)
{
    struct fake_world *w = r->fake->world;
    const struct lf_values *v = r->fake->host->values;
    struct fake_object *o = fake_service_by_id(w, r->req->id), want = wanted(r);
    if (!o) {
        fill(r, LF_END_GONE, NULL);
        return;
    }
    if (!is_ours(r, o)) {
        fill(r, LF_END_EXISTS, o);
        return;
    }
    if (strcmp(o->type, "conditional") == 0 && v->as_int(v->get(r->req->memo, "etag"), o->etag) != o->etag) {
        note(r, "fake.changed", NULL, "somebody changed it meanwhile");
        fill(r, LF_END_FAILED, NULL);
        return;
    }
    fake_service_update(w, o, &want);
    fake_service_point(w);
    fill(r, LF_END_OK, o);
    fails_after(r, o);
}

static void destroy(struct request *r)
{
    struct fake_object *o = fake_service_by_id(r->fake->world, r->req->id);
    if (!o) {
        fill(r, LF_END_GONE, NULL);
        return;
    }
    if (!is_ours(r, o)) {
        fill(r, LF_END_EXISTS, o);
        return;
    }
    o->alive = 0;
    fake_service_point(r->fake->world);
    fill(r, LF_END_OK, NULL);
    fails_after(r, NULL);
}

/* False: no answer will come. */
static bool change(struct request *r)
{
    struct fake_world *w = r->fake->world;
    if (w->lands_after_death_ms && w->points + 1 == w->kill_at) {
        r->ms = w->lands_after_death_ms;
        come_late(r);
    }
    fake_service_change(w);
    fake_service_copy(w->last_token, sizeof(w->last_token), r->req->token);
    if (r->fault == FAKE_HANG)
        return false;
    if (fails_before(r))
        return true;
    if (r->fault == FAKE_LATE)
        come_late(r);
    else if (r->req->verb == LF_VERB_CREATE)
        create(r);
    else if (r->req->verb == LF_VERB_UPDATE)
        update(r);
    else
        destroy(r);
    return true;
}

/* ---- looking ------------------------------------------------------------------------------------ */

static void look(struct request *r)
{
    struct fake_world *w = r->fake->world;
    struct fake_object *o = fake_service_by_id(w, r->req->id);
    uint32_t count = 0;
    fake_service_point(w);
    if (fails_before(r))
        return;
    bool by_name = r->req->verb == LF_VERB_FIND || r->manners->by_key;
    if (!r->req->id && by_name)
        o = fake_service_by_key(w, r->manners->type, r->key);
    else if (!r->req->id)
        o = fake_service_by_marker(w, r->manners->type, r->req->marker, &count);
    if (count > 1) {
        note(r, "fake.many", NULL, "several objects carry the marker");
        fill(r, LF_END_MANY, NULL);
    } else if (!o) {
        fill(r, LF_END_GONE, NULL);
    } else if (r->req->verb == LF_VERB_RECOVER && !is_ours(r, o)) {
        fill(r, LF_END_EXISTS, o);
    } else {
        o->damaged |= r->fault == FAKE_DAMAGE;
        fill(r, o->damaged ? LF_END_DAMAGED : LF_END_OK, o);
    }
}

static void answer_one(struct fake *fake, struct lf_op *op, const struct lf_request *req,
                       const struct fake_manners *m)
{
    struct request r = enter(fake, op, req, m);
    bool changes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE || req->verb == LF_VERB_DESTROY;
    if (changes && !change(&r))
        return;
    if (!changes)
        look(&r);
    fake->host->ops->finish(op, &r.answer);
}

static void owned(struct fake *fake, struct lf_op *op, const struct lf_request *req,
                  const struct fake_manners *m)
{
    struct request r = enter(fake, op, req, m);
    for (uint32_t i = 0; i < fake->world->object_count; i++) {
        const struct fake_object *o = &fake->world->objects[i];
        if (!o->alive || strcmp(o->type, m->type) != 0 || strncmp(o->marker, "lf1.", 4) != 0)
            continue;
        struct request one = r;
        fill(&one, LF_END_OK, o);
        fake->host->ops->found(op, &one.answer);
    }
    if (!fails_before(&r))
        fill(&r, LF_END_OK, NULL);
    fake->host->ops->finish(op, &r.answer);
}

/* Of no type there is nothing to list. */
static void preflight(void *self, struct lf_op *op, const struct lf_request *req)
{
    owned(self, op, req, &(const struct fake_manners){.type = ""});
}

/* ---- estimates and plans --------------------------------------------------------------------------- */

#define UNBOUNDED_SIZE 13

static void estimate(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fake *fake = self;
    const struct lf_values *v = fake->host->values;
    int64_t size = v->as_int(v->get(req->desired, "size"), 1);
    const struct lf_cost costs[] = {{.what = "storage",
                                     .sku = "fake.storage",
                                     .unit = "gb",
                                     .per = LF_PER_MONTH,
                                     .flags = size == UNBOUNDED_SIZE ? LF_COST_UNBOUNDED : 0,
                                     .low_milli = size * 1000,
                                     .expected_milli = size * 1000,
                                     .high_milli = size * 2000},
                                    {.what = "setup",
                                     .sku = "fake.setup",
                                     .unit = "piece",
                                     .per = LF_PER_ONCE,
                                     .low_milli = 1000,
                                     .expected_milli = 1000,
                                     .high_milli = 1000}};
    struct lf_result result = {.struct_size = sizeof(result), .status = LF_END_OK, .costs = costs};
    result.cost_count = 2;
    result.cost_size = sizeof(costs[0]);
    fake->host->ops->finish(op, &result);
}

/* Shrinking is a new object, a negative size is refused, a text in `ref` is promised in another way. */
static void plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fake *fake = self;
    static const char *const because[] = {"size", NULL};
    static const struct fake_manners planned = {.type = "planned", .by_key = true};
    struct request r = enter(fake, op, req, &planned);
    const struct lf_values *v = fake->host->values;
    const struct lf_value *size = v->get(req->desired, "size");
    int64_t now = v->as_int(size, 1), was = v->as_int(v->get(req->prior, "size"), 1);
    bool unknown = v->kind(size) == LF_KIND_UNKNOWN;
    bool refused = !unknown && now < 0;
    if (refused) {
        note(&r, "fake.bad_size", "size", "a size below zero");
        fill(&r, LF_END_REFUSED, NULL);
    }
    if (refused || fails_before(&r)) {
        fake->host->ops->finish(op, &r.answer);
        return;
    }
    r.answer.status = LF_END_OK;
    r.answer.action = !req->prior  ? LF_DO_CREATE
                      : unknown    ? LF_DO_UPDATE
                      : now < was  ? LF_DO_REPLACE
                      : now == was ? LF_DO_KEEP
                                   : LF_DO_UPDATE;
    if (r.answer.action == LF_DO_REPLACE)
        r.answer.because = because;
    bool fresh = r.answer.action == LF_DO_CREATE || r.answer.action == LF_DO_REPLACE;
    r.answer.state = v->with(op, req->desired, "serial",
                             fresh ? v->unknown(op, LF_KIND_TEXT) : v->get(req->prior, "serial"));
    if (r.fault == FAKE_LIE)
        r.answer.state = v->with(op, r.answer.state, "size", v->of_int(op, 4711));
    fake->host->ops->finish(op, &r.answer);
}

/* ---- what takes a while ---------------------------------------------------------------------------- */

struct building {
    struct fake *fake;
    const struct lf_request *req;
    char id[32];
};

static const struct fake_manners slow_manners = {.type = "slow"};

static void poll_building(struct lf_op *op, void *user, int canceled)
{
    struct building *b = user;
    const struct lf_ops *ops = b->fake->host->ops;
    if (canceled) {
        struct lf_result result = {.struct_size = sizeof(result), .status = LF_END_UNSURE};
        ops->finish(op, &result);
        return;
    }
    fake_service_pass_time(b->fake->world, ops->now_ms(op));
    fake_service_point(b->fake->world);
    struct fake_object *o = fake_service_by_id(b->fake->world, b->id);
    struct request r = {.fake = b->fake, .op = op, .req = b->req, .manners = &slow_manners};
    r.answer.struct_size = sizeof(r.answer);
    if (o && o->ready_ms > b->fake->world->clock_ms) {
        ops->after(op, 1000, poll_building, b);
        return;
    }
    r.key = o ? o->key : NULL;
    struct fake_fault *f = &b->fake->world->faults[0];
    if (o && f->times && f->kind == FAKE_FAIL_IN_BUILD) {
        f->times--;
        note(&r, "fake.build_failed", NULL, "it could not be built");
        fill(&r, LF_END_FAILED, NULL);
    } else {
        fill(&r, o ? LF_END_OK : LF_END_GONE, o);
    }
    ops->finish(op, &r.answer);
}

static void wait_for(struct fake *fake, struct lf_op *op, const struct lf_request *req, const char *id)
{
    struct building *b = fake->host->ops->scratch(op, sizeof(*b));
    b->fake = fake;
    b->req = req;
    fake_service_copy(b->id, sizeof(b->id), id);
    fake->host->ops->after(op, 1, poll_building, b);
}

static void slow_create(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fake *fake = self;
    const struct lf_values *v = fake->host->values;
    const char *saved = v->as_text(v->get(req->saved, "id"), NULL);
    struct request r = enter(fake, op, req, &slow_manners);
    if (r.fault == FAKE_FAIL_IN_BUILD)
        fake->world->faults[0].times++; /* for the end of the build */
    if (saved) {
        wait_for(fake, op, req, saved);
        return;
    }
    if (!change(&r))
        return;
    struct fake_object *o =
        r.answer.status == LF_END_OK ? fake_service_by_id(fake->world, r.answer.id) : NULL;
    if (!o) {
        fake->host->ops->finish(op, &r.answer);
        return;
    }
    o->ready_ms = fake->world->clock_ms + FAKE_BUILD_MS;
    struct building *b = fake->host->ops->scratch(op, sizeof(*b));
    b->fake = fake;
    b->req = req;
    fake_service_copy(b->id, sizeof(b->id), o->id);
    fake->host->ops->save(op, o->id, v->with(op, NULL, "id", v->of_text(op, o->id, strlen(o->id))),
                          poll_building, b);
}

static void slow_recover(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fake *fake = self;
    struct request r = enter(fake, op, req, &slow_manners);
    look(&r);
    if (r.answer.status == LF_END_OK && req->desired)
        wait_for(fake, op, req, r.answer.id);
    else
        fake->host->ops->finish(op, &r.answer);
}

/* ---- many at a time --------------------------------------------------------------------------------- */

static const struct fake_manners many_manners = {.type = "many", .by_key = true};

struct crowd {
    struct fake *fake;
    const struct lf_request *const *reqs;
    size_t count;
    uint32_t lane;
};

static void answer_all(struct crowd *c, struct lf_op *op)
{
    for (size_t i = 0; i < c->count; i++) {
        struct request r = enter(c->fake, op, c->reqs[i], &many_manners);
        bool changes = c->reqs[i]->verb >= LF_VERB_CREATE && c->reqs[i]->verb <= LF_VERB_DESTROY;
        if (!changes)
            look(&r);
        else if (!change(&r))
            continue; /* the core takes what was left out for unsure */
        c->fake->host->ops->item(op, i, &r.answer);
    }
    struct lf_result result = {.struct_size = sizeof(result), .status = LF_END_OK};
    c->fake->host->ops->finish(op, &result);
}

static void many_waited(struct lf_op *op, void *user, int canceled)
{
    struct crowd *c = user;
    (void)canceled;
    c->fake->world->busy[c->lane]--;
    answer_all(c, op);
}

static const char *many_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_values *v = ((struct fake *)self)->host->values;
    (void)op;
    const char *lane = v->as_text(v->get(req->desired ? req->desired : req->prior, "lane"), NULL);
    return lane ? lane : "0";
}

static void many_change(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    struct fake *fake = self;
    struct crowd *c = fake->host->ops->scratch(op, sizeof(*c));
    *c = (struct crowd){fake, reqs, count, (uint32_t)(many_lane(self, op, reqs[0])[0] - '0') % FAKE_LANES};
    fake->world->batches++;
    if (count > fake->world->biggest_batch)
        fake->world->biggest_batch = (uint32_t)count;
    if (fake->world->busy[c->lane]++)
        fake->world->overlaps++;
    fake->host->ops->after(op, 10, many_waited, c);
}

static void many_look(void *self, struct lf_op *op, const struct lf_request *const *reqs, size_t count)
{
    struct crowd c = {self, reqs, count, 0};
    c.fake->world->look_batches++;
    answer_all(&c, op);
}

/* ---- calls ------------------------------------------------------------------------------------------- */

static void run_call(struct fake *fake, struct lf_op *op, const struct lf_request *req, const char *name)
{
    static const struct fake_manners none = {.type = ""};
    struct fake_world *w = fake->world;
    const struct lf_values *v = fake->host->values;
    struct request r = enter(fake, op, req, &none);
    uint32_t n = 0;
    (req->verb == LF_VERB_RECOVER ? fake_service_point : fake_service_change)(w);
    if (r.fault == FAKE_HANG)
        return;
    if (!fails_before(&r)) {
        bool keyed = strcmp(name, "shout") != 0;
        while (n < FAKE_CALLS && w->calls[n].times && !(keyed && strcmp(w->calls[n].token, req->token) == 0))
            n++;
        struct fake_call *c = &w->calls[n];
        bool asks = req->verb == LF_VERB_RECOVER;
        if (asks && !c->times) {
            fill(&r, LF_END_GONE, NULL);
        } else {
            bool counts = !asks && (!c->times || strcmp(name, "asks") == 0);
            fake_service_call(w, c, counts, name, req->token, r.key);
            fake_service_point(w);
            r.answer.status = LF_END_OK;
            r.answer.reply = v->with(op, NULL, "n", v->of_int(op, n));
            fails_after(&r, NULL);
        }
    }
    fake->host->ops->finish(op, &r.answer);
}

#define RUN(n)                                                                                               \
    static void run_##n(void *self, struct lf_op *op, const struct lf_request *req)                          \
    {                                                                                                        \
        run_call(self, op, req, #n);                                                                         \
    }
RUN(send)
RUN(shout)
RUN(asks)

/* A call that reads: it counts how often it was asked. */
static void run_ping(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct fake *fake = self;
    const struct lf_values *v = fake->host->values;
    struct lf_result result = {.struct_size = sizeof(result), .status = LF_END_OK + fake->world->ping_worse};
    (void)req;
    result.reply =
        v->with(op, NULL, "n", v->of_int(op, ++fake->world->pings > fake->world->ping_passes_after ? 1 : 0));
    if (!fake->world->ping_hangs)
        fake->host->ops->finish(op, &result);
}

/* ---- the plugin ------------------------------------------------------------------------------ */

#define TYPE(n)                                                                                              \
    static void n##_verb(void *self, struct lf_op *op, const struct lf_request *req)                         \
    {                                                                                                        \
        if (req->verb == LF_VERB_OWNED)                                                                      \
            owned(self, op, req, fake_service_manners(#n));                                                  \
        else                                                                                                 \
            answer_one(self, op, req, fake_service_manners(#n));                                             \
    }
TYPE(named)
TYPE(tokened)
TYPE(findable)
TYPE(blind)
TYPE(conditional)
TYPE(markless)
TYPE(slow)
TYPE(planned)
TYPE(secretive)
TYPE(no_update)
TYPE(ready)
TYPE(many)

#define SETTLE(n, c, u, d)                                                                                   \
    static const struct lf_settle n = {.struct_size = sizeof(struct lf_settle),                              \
                                       .create = (c),                                                        \
                                       .update = (u),                                                        \
                                       .destroy = (d),                                                       \
                                       .token_retention_s = 3600,                                            \
                                       .max_inflight_ms = 2000,                                              \
                                       .visible_after_ms = 500};
SETTLE(by_name, LF_SETTLE_NAMED, LF_SETTLE_NAMED, LF_SETTLE_NAMED)
SETTLE(by_token_settle, LF_SETTLE_TOKENED, LF_SETTLE_NAMED, LF_SETTLE_NAMED)
SETTLE(by_list, LF_SETTLE_FINDABLE, LF_SETTLE_NAMED, LF_SETTLE_NAMED)
SETTLE(blindly, LF_SETTLE_BLIND, LF_SETTLE_NAMED, LF_SETTLE_NAMED)
SETTLE(by_condition, LF_SETTLE_CONDITIONAL, LF_SETTLE_CONDITIONAL, LF_SETTLE_CONDITIONAL)

#define RESOURCE(n, s, how, ...)                                                                             \
    static const struct lf_resource n##_type = {.struct_size = sizeof(struct lf_resource),                   \
                                                .name = #n,                                                  \
                                                .doc = "a fake object",                                      \
                                                .schema = &(s),                                              \
                                                .settle = &(how),                                            \
                                                .pool = "fake",                                              \
                                                .read = n##_verb,                                            \
                                                .destroy = n##_verb,                                         \
                                                .find = n##_verb,                                            \
                                                .owned = n##_verb,                                           \
                                                __VA_ARGS__}
RESOURCE(named, keyed_schema, by_name, .create = named_verb, .update = named_verb, .recover = named_verb,
         .estimate = estimate);
RESOURCE(tokened, plain_schema, by_token_settle, .create = tokened_verb, .update = tokened_verb,
         .recover = tokened_verb, .estimate = estimate);
RESOURCE(findable, plain_schema, by_list, .create = findable_verb, .update = findable_verb,
         .recover = findable_verb);
RESOURCE(blind, plain_schema, blindly, .create = blind_verb, .update = blind_verb);
RESOURCE(conditional, keyed_schema, by_condition, .create = conditional_verb, .update = conditional_verb,
         .recover = conditional_verb);
RESOURCE(markless, keyed_schema, by_name, .create = markless_verb, .update = markless_verb,
         .recover = markless_verb, .traits = LF_TRAIT_MARKLESS);
RESOURCE(slow, plain_schema, by_list, .create = slow_create, .update = slow_verb, .recover = slow_recover);
RESOURCE(planned, keyed_schema, by_name, .create = planned_verb, .update = planned_verb,
         .recover = planned_verb, .plan = plan);
RESOURCE(secretive, keyed_schema, by_name, .create = secretive_verb, .update = secretive_verb,
         .recover = secretive_verb);
RESOURCE(no_update, keyed_schema, by_name, .create = no_update_verb, .recover = no_update_verb);
RESOURCE(ready, keyed_schema, by_name, .create = ready_verb, .update = ready_verb, .recover = ready_verb,
         .traits = LF_TRAIT_TAKES_UNMARKED);
RESOURCE(many, keyed_schema, by_name, .create = many_verb, .update = many_verb, .recover = many_verb,
         .lane = many_lane, .read_many = many_look, .change_many = many_change, .recover_many = many_look,
         .find_many = many_look);

static const struct lf_resource *const resources[] = {
    &named_type, &tokened_type, &findable_type,  &blind_type,     &conditional_type, &markless_type,
    &slow_type,  &planned_type, &secretive_type, &no_update_type, &ready_type,       &many_type,
    NULL};

#define CALL(n, how, ...)                                                                                    \
    static const struct lf_call n##_call = {.struct_size = sizeof(struct lf_call),                           \
                                            .name = #n,                                                      \
                                            .doc = "a fake call",                                            \
                                            .args = &value_schema,                                           \
                                            .reply = &reply_schema,                                          \
                                            .settle = &(how),                                                \
                                            .pool = "fake",                                                  \
                                            .run = run_##n __VA_ARGS__}
CALL(send, by_token_settle);
CALL(shout, blindly);
CALL(asks, by_list, , .recover = run_asks);
CALL(ping, by_name);
#define run_careful  fake_careful
#define run_ledgered fake_careful
CALL(careful, by_list, , .recover = fake_careful);
CALL(ledgered, by_token_settle, , .recover = fake_careful);

static const struct lf_call *const calls[] = {&send_call,    &shout_call,    &asks_call, &ping_call,
                                              &careful_call, &ledgered_call, NULL};

static int open_fake(const struct lf_host *host, const struct lf_value *settings, void **self,
                     struct lf_diag *why)
{
    const char *path = host->values->as_text(host->values->get(settings, "world"), NULL);
    struct fake *fake = calloc(1, sizeof(*fake));
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd < 0 || !fake ? MAP_FAILED
                               : mmap(NULL, sizeof(*fake->world), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (at == MAP_FAILED) {
        why->summary = "cannot map the world";
        free(fake);
        return -1;
    }
    fake->host = host;
    fake->world = at;
    fake->world->rebase = 1;
    memset(fake->world->busy, 0, sizeof(fake->world->busy));
    *self = fake;
    return 0;
}

static void close_fake(void *self)
{
    struct fake *fake = self;
    (void)munmap(fake->world, sizeof(*fake->world));
    free(fake);
}

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    static const struct lf_plugin plugin = {.struct_size = sizeof(plugin),
                                            .abi_major = LF_ABI_MAJOR,
                                            .abi_minor = LF_ABI_MINOR,
                                            .subsystem = "fake",
                                            .name = "fake",
                                            .version = "1.0.0",
                                            .doc = "a service in a file",
                                            .contract_version = 1,
                                            .settings = &setting_schema,
                                            .resources = resources,
                                            .calls = calls,
                                            .open = open_fake,
                                            .close = close_fake,
                                            .preflight = preflight};
    return &plugin;
}
