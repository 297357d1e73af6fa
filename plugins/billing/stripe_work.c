/* A change: look, decide, send, and look again when what came back is the answer to an earlier request.
 *
 * Stripe keeps the first answer to each Idempotency-Key for 24 hours, a 500 as well as a success, and gives
 * it again to whoever repeats the request.  A kept answer tells that the earlier request is over, and no
 * more: the object may have changed since.  So it is followed by a new look, and where that finds the work
 * still undone, by a request under the next key. */
#include "stripe_work.h"

#include "kit_plan.h"
#include "stripe_api.h"
#include "stripe_look.h"

#include <string.h>

/* Keys of one change: each but the last was used up by a request that is over and did nothing. */
#define KEYS_MOST 8u

#define ADDRESS_MOST 500 /* of a value in metadata */

enum act { ACT_CREATE, ACT_UPDATE, ACT_RETIRE, ACT_DELETE };

struct work {
    struct look *look;
    struct kit_batch *batch; /* of one */
    const struct lf_request *req;
    enum act act;
    bool was_sent; /* something that changes: from here on "nothing happened" is no longer certain */
    bool clashed;  /* the name was taken when the create came */
    bool is_kept;  /* it has or had prices, so it cannot be deleted */
    unsigned keys; /* used up */
};

static void look_again(struct work *work);

/* ---- ending ------------------------------------------------------------------------------- */

static void end_as(struct work *work, uint32_t status)
{
    kit_batch_status(work->batch, 0, status);
    kit_batch_end(work->batch);
}

static void end_good(struct work *work, const struct lf_value *row)
{
    struct seen seen = look_row(work->look, row);
    struct lf_result result = kit_result(LF_END_OK);
    result.id = seen.id;
    result.marker = seen.marker;
    result.state = work->look->kind->state(work->look, row, work->req->desired);
    kit_batch_answer(work->batch, 0, &result);
    kit_batch_end(work->batch);
}

static void end_taken(struct work *work, const struct seen *seen)
{
    struct lf_result result = kit_result(LF_END_EXISTS);
    result.id = seen->id;
    result.marker = seen->marker;
    kit_batch_answer(work->batch, 0, &result);
    kit_batch_end(work->batch);
}

static const char *name_of(const struct work *work)
{
    const char *code = kit_get_text(work->look->kit, look_subject(work->req), "code");
    return code ? code : work->req->id ? work->req->id : "";
}

static const char *doing(const struct work *work)
{
    static const char *const verbs[] = {
        [ACT_CREATE] = "create", [ACT_UPDATE] = "change", [ACT_RETIRE] = "archive", [ACT_DELETE] = "delete"};
    return kit_format(work->look->kit, work->look->op, "%s %s '%s'", verbs[work->act], work->look->kind->noun,
                      name_of(work));
}

/* ---- what is sent ------------------------------------------------------------------------- */

static void add_mark(const struct work *work, struct kit_text *form)
{
    const struct look *look = work->look;
    bool retires = work->act == ACT_RETIRE;
    const char *address = work->req->address ? work->req->address : "";
    kind_field(look, form, "metadata[" MARK_KEY "]", retires ? "" : work->req->marker);
    kind_field(look, form, "metadata[" ADDRESS_KEY "]",
               retires ? "" : kit_format(look->kit, look->op, "%.*s", ADDRESS_MOST, address));
    if (work->act != ACT_CREATE)
        kind_field(look, form, "metadata[" RETIRED_KEY "]", retires ? work->req->marker : "");
}

/* One key for each request that this change may need, and a new one for each that is used up. */
static const char *key_of(const struct work *work)
{
    static const char *const suffixes[] = {
        [ACT_CREATE] = "", [ACT_UPDATE] = "-update", [ACT_RETIRE] = "-retire"};
    const char *key =
        kit_format(work->look->kit, work->look->op, "%s%s", work->req->token, suffixes[work->act]);
    if (work->keys == 0)
        return key;
    return kit_format(work->look->kit, work->look->op, "%s-%u", key, work->keys + 1);
}

static void replied(struct lf_op *op, const struct kit_http_reply *reply, void *user);

static void send(struct work *work, enum act act, const char *id)
{
    const struct look *look = work->look;
    const struct kind *kind = look->kind;
    struct kit_text form = {0};
    const char *path =
        id ? kit_format(look->kit, look->op, "%s/%s", kind->path, kit_http_encode(look->kit, look->op, id))
           : kind->path;
    work->act = act;
    work->was_sent = true;
    if (act == ACT_DELETE) {
        api_delete(look->stripe, look->op, path, replied, work);
        return;
    }
    if (act == ACT_CREATE)
        kind->create(look, work->req->desired, &form);
    else if (act == ACT_UPDATE)
        kind->update(look, work->req->desired, &form);
    else if (kind->retire)
        kind->retire(look, &form);
    if (act != ACT_CREATE)
        kind_field(look, &form, "active", act == ACT_UPDATE ? "true" : "false");
    add_mark(work, &form);
    api_post(look->stripe, look->op, path, &form, key_of(work), replied, work);
}

/* ---- what came back ----------------------------------------------------------------------- */

static void use_up_key(struct work *work)
{
    if (++work->keys < KEYS_MOST) {
        look_again(work);
        return;
    }
    kit_batch_note(
        work->batch, 0, "stripe.trouble", NULL,
        kit_format(work->look->kit, work->look->op, "Stripe failed %u times to %s", KEYS_MOST, doing(work)),
        "each request is over, and the object is not there as asked",
        "look at status.stripe.com and at the requests in Stripe's dashboard, then apply again");
    end_as(work, LF_END_FAILED);
}

/* Stripe's answer to a code or lookup key that an object has already.  For a lookup key there is no code of
 * an error, only the parameter or a sentence. */
static bool is_clash(const struct work *work, const struct kit_http_reply *reply)
{
    const struct stripe *stripe = work->look->stripe;
    return work->act != ACT_DELETE && reply->status == 400 &&
           (strcmp(api_error(stripe, reply, "code"), "resource_already_exists") == 0 ||
            strcmp(api_error(stripe, reply, "param"), "lookup_key") == 0 ||
            strstr(api_error(stripe, reply, "message"), "lookup key") != NULL);
}

static void refuse_missing_product(struct work *work, const struct kit_http_reply *reply)
{
    const struct kit *kit = work->look->kit;
    kit_batch_refuse(work->batch, 0, "billing.product_missing", "product",
                     kit_format(kit, work->look->op, "there is no product '%s'",
                                terms_text(kit, work->req->desired, "product", "")),
                     api_error(work->look->stripe, reply, "message"),
                     "declare it as a billing.product and write `product = <its variable>.id`");
    kit_batch_end(work->batch);
}

/* It was there a moment ago.  For a create that is no end: now it is not there, so it is made. */
static void gone(struct work *work)
{
    work->look->id = NULL;
    if (work->req->verb == LF_VERB_CREATE)
        look_again(work);
    else
        end_as(work, LF_END_GONE);
}

static void failed(struct work *work, const struct kit_http_reply *reply)
{
    const struct stripe *stripe = work->look->stripe;
    bool is_answer = reply->sent == LF_SENT_REPLY;
    if (is_answer && api_is_replay(stripe, reply)) {
        use_up_key(work);
    } else if (is_answer && is_clash(work, reply) && !work->clashed) {
        work->clashed = true;
        work->look->id = NULL;
        look_again(work);
    } else if (is_answer && work->act == ACT_DELETE && reply->status == 400) {
        work->is_kept = true;
        look_again(work);
    } else if (api_is_missing(stripe, reply) && work->act != ACT_CREATE) {
        gone(work);
    } else if (is_answer && strcmp(api_error(stripe, reply, "code"), "resource_missing") == 0 &&
               strcmp(api_error(stripe, reply, "param"), "product") == 0) {
        refuse_missing_product(work, reply);
    } else {
        api_fail(stripe, work->batch, 0, reply, doing(work));
        kit_batch_end(work->batch);
    }
}

static void replied(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *work = user;
    (void)op;
    if (!api_is_good(work->look->stripe, reply)) {
        failed(work, reply);
    } else if (work->req->verb == LF_VERB_DESTROY && !api_is_replay(work->look->stripe, reply)) {
        end_as(work, LF_END_GONE);
    } else if (api_is_replay(work->look->stripe, reply)) {
        work->look->id = kit_get_text(work->look->kit, reply->json, "id");
        use_up_key(work);
    } else if (work->act == ACT_RETIRE) {
        work->look->id = NULL;
        look_again(work);
    } else {
        end_good(work, reply->json);
    }
}

/* ---- deciding ----------------------------------------------------------------------------- */

/* The contract's schema with what Stripe cannot change marked so. */
static const struct lf_schema *stricter(const struct kit *kit, struct lf_op *op, const struct kind *kind)
{
    const struct lf_schema *of = kind->schema;
    struct lf_schema *schema = kit->ops->scratch(op, sizeof(*schema));
    struct lf_attr *attrs = kit->ops->scratch(op, of->attr_count * sizeof(*attrs));
    memcpy(attrs, of->attrs, of->attr_count * sizeof(*attrs));
    for (size_t f = 0; kind->fixed && kind->fixed[f]; f++)
        for (uint32_t i = 0; i < of->attr_count; i++)
            if (strcmp(attrs[i].name, kind->fixed[f]) == 0)
                attrs[i].flags |= LF_ATTR_FIXED;
    *schema = *of;
    schema->attrs = attrs;
    return schema;
}

/* An archived object that a destroy of landfall's left behind, as it could not be deleted. */
static bool is_retired(const struct work *work, const struct seen *seen)
{
    return !seen->is_live && !seen->marker && kind_meta(work->look, seen->row, RETIRED_KEY);
}

/* Whether what Stripe could change (or, with `fixed`, what it never will) is as it was asked for. */
static bool matches(const struct work *work, const struct seen *seen, bool fixed)
{
    const struct look *look = work->look;
    const struct lf_schema *schema = stricter(look->kit, look->op, look->kind);
    const struct lf_value *asked = work->req->desired;
    const struct lf_value *state = look->kind->state(look, seen->row, asked);
    for (uint32_t i = 0; i < schema->attr_count; i++) {
        const struct lf_attr *attr = &schema->attrs[i];
        const struct lf_value *value = kit_get(look->kit, asked, attr->name);
        if ((attr->flags & LF_ATTR_COMPUTED) || ((attr->flags & LF_ATTR_FIXED) != 0) != fixed)
            continue;
        if (!kit_has(look->kit, asked, attr->name) && attr->fallback)
            value = look->kit->values->from_json(look->op, attr->fallback, strlen(attr->fallback));
        if (!kit_is_same(look->kit, value, kit_get(look->kit, state, attr->name)))
            return false;
    }
    return true;
}

static bool is_as_asked(const struct work *work, const struct seen *seen)
{
    return seen->is_live && seen->marker && strcmp(seen->marker, work->req->marker) == 0 &&
           matches(work, seen, false) && matches(work, seen, true);
}

/* Ours, and archived by people: it comes back, unless it could never be what is asked for now.  Then it gives
 * its name away. */
static bool is_outdated(const struct work *work, const struct seen *seen)
{
    return !seen->is_live && !matches(work, seen, true);
}

static void create(struct work *work, const struct seen *seen)
{
    if (!seen->row)
        send(work, ACT_CREATE, NULL);
    else if (is_as_asked(work, seen))
        end_good(work, seen->row);
    else if (!kit_may_change(work->look->kit, work->req, seen->marker) && !is_retired(work, seen))
        end_taken(work, seen);
    else
        send(work, is_outdated(work, seen) ? ACT_RETIRE : ACT_UPDATE, seen->id);
}

static void update(struct work *work, const struct seen *seen)
{
    if (!seen->row || !seen->is_live)
        end_as(work, LF_END_GONE);
    else if (!kit_may_change(work->look->kit, work->req, seen->marker))
        end_taken(work, seen);
    else if (is_as_asked(work, seen))
        end_good(work, seen->row);
    else
        send(work, ACT_UPDATE, seen->id);
}

/* Archived, a product would go on being sold at prices that are not. */
static void prices_listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct work *work = user;
    const struct kit *kit = work->look->kit;
    const struct lf_value *data = kit_get(kit, reply->json, "data");
    const char *key = NULL;
    if (!api_is_good(work->look->stripe, reply) || kit->values->kind(data) != LF_KIND_LIST) {
        api_fail(work->look->stripe, work->batch, 0, reply, "look at the prices of the product");
        kit_batch_end(work->batch);
    } else if (kit->values->count(data) > 0) {
        const struct lf_value *price = kit->values->at(data, 0, &key);
        kit_batch_refuse(work->batch, 0, "billing.product_in_use", NULL,
                         kit_format(kit, op, "product '%s' still has the price '%s'", name_of(work),
                                    terms_text(kit, price, "lookup_key", terms_text(kit, price, "id", ""))),
                         "it is active at Stripe", "remove its prices first");
        kit_batch_end(work->batch);
    } else {
        send(work, ACT_RETIRE, work->req->id ? work->req->id : name_of(work));
    }
}

static void destroy(struct work *work, const struct seen *seen)
{
    const struct look *look = work->look;
    const char *retired = seen->row ? kind_meta(look, seen->row, RETIRED_KEY) : NULL;
    if (!seen->row || (is_retired(work, seen) && strcmp(retired, work->req->marker) == 0)) {
        end_as(work, LF_END_GONE);
    } else if (!kit_may_change(look->kit, work->req, seen->marker)) {
        end_taken(work, seen);
    } else if (look->kind->may_vanish && !work->is_kept) {
        send(work, ACT_DELETE, seen->id);
    } else if (look->kind->may_vanish) {
        const char *path = kit_format(look->kit, look->op, "/v1/prices?limit=1&active=true&product=%s",
                                      kit_http_encode(look->kit, look->op, seen->id));
        api_get(look->stripe, look->op, path, prices_listed, work);
    } else {
        send(work, ACT_RETIRE, seen->id);
    }
}

/* A look that fails changes nothing; whether anything happened before it is another question. */
static void look_failed(struct work *work, const struct kit_http_reply *reply)
{
    api_fail(work->look->stripe, work->batch, 0, reply,
             kit_format(work->look->kit, work->look->op, "look at %s '%s'", work->look->kind->noun,
                        name_of(work)));
    uint32_t status = work->batch->answers[0].status;
    if (work->was_sent && status != LF_END_REFUSED)
        status = LF_END_UNSURE;
    else if (status == LF_END_UNSURE)
        status = LF_END_RETRY;
    work->batch->answers[0].status = status;
    kit_batch_end(work->batch);
}

static void looked(struct look *look, const struct kit_http_reply *reply, void *user)
{
    struct work *work = user;
    if (reply) {
        look_failed(work, reply);
        return;
    }
    struct seen seen = look_seen(look, work->req);
    if (seen.many > 1) {
        kit_batch_note(work->batch, 0, "stripe.many", NULL,
                       kit_format(look->kit, look->op, "%zu objects carry the marker of %s '%s'", seen.many,
                                  look->kind->noun, name_of(work)),
                       "their metadata has the same 'landfall'",
                       "take it out of all but one, or archive the others, in Stripe's dashboard");
        end_as(work, LF_END_UNSURE);
    } else if (work->clashed && !seen.row) {
        kit_batch_refuse(
            work->batch, 0, "stripe.name_taken", "code",
            kit_format(look->kit, look->op, "Stripe has another object named '%s'", name_of(work)),
            "it is archived or deleted, and keeps its name",
            "take the lookup key off it in Stripe's dashboard, or choose another code");
        kit_batch_end(work->batch);
    } else if (work->req->verb == LF_VERB_CREATE) {
        create(work, &seen);
    } else if (work->req->verb == LF_VERB_UPDATE) {
        update(work, &seen);
    } else {
        destroy(work, &seen);
    }
}

static void look_again(struct work *work)
{
    look_fill(work->look, looked, work);
}

void work_verb(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
               const struct lf_request *req)
{
    struct work *work = stripe->kit.ops->scratch(op, sizeof(*work));
    struct terms_problem problem = {0};
    work->req = req;
    work->batch = kit_batch_one(&stripe->kit, NULL, op, req);
    work->look = look_new(stripe, op, kind, work->batch->reqs, 1);
    if (req->verb != LF_VERB_DESTROY && !kind->terms(stripe, op, req->desired, &problem)) {
        kit_batch_refuse(work->batch, 0, problem.code, problem.path, problem.summary, problem.detail,
                         problem.advice);
        kit_batch_end(work->batch);
        return;
    }
    look_again(work);
}

/* ---- planning ----------------------------------------------------------------------------- */

struct planning {
    const struct kit *kit;
    const struct kind *kind;
    const struct lf_request *req;
};

static bool plan_same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct planning *planning = self;
    (void)a;
    (void)b;
    return planning->kind->is_same &&
           planning->kind->is_same(planning->kit, name, planning->req->desired, planning->req->prior);
}

void work_plan(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
               const struct lf_request *req)
{
    const struct kit *kit = &stripe->kit;
    struct planning planning = {kit, kind, req};
    struct lf_request asks = *req;
    struct terms_problem problem = {0};
    if (req->desired && !kind->terms(stripe, op, req->desired, &problem)) {
        kit_refuse(kit, op, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
        return;
    }
    /* Options left out, and options at their defaults, are the same. */
    if (req->desired && req->prior && kind->is_same &&
        kind->is_same(kit, "options", req->desired, req->prior)) {
        const struct lf_value *options = kit_get(kit, req->prior, "options");
        asks.desired =
            kit_put(kit, op, req->desired, "options", options ? options : kit->values->of_null(op));
    }
    const struct lf_value *computed =
        req->desired && kind->computed ? kind->computed(stripe, op, req->desired) : NULL;
    kit_plan(kit, &planning, op, &asks, stricter(kit, op, kind), computed, plan_same);
}
