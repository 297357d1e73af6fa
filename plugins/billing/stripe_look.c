#include "stripe_look.h"

#include "stripe_api.h"

#include <string.h>

struct looking {
    struct look *look;
    look_fn *fn;
    void *user;
    const char *query; /* of the list under way */
    size_t next;       /* request whose own read comes next */
};

const struct lf_value *look_subject(const struct lf_request *req)
{
    bool past = req->verb == LF_VERB_READ || req->verb == LF_VERB_DESTROY;
    if (past)
        return req->prior ? req->prior : req->desired;
    return req->desired ? req->desired : req->prior;
}

struct look *look_new(const struct stripe *stripe, struct lf_op *op, const struct kind *kind,
                      const struct lf_request *const *reqs, size_t count)
{
    struct look *look = stripe->kit.ops->scratch(op, sizeof(*look));
    *look = (struct look){
        .stripe = stripe, .kit = &stripe->kit, .op = op, .kind = kind, .reqs = reqs, .count = count};
    return look;
}

/* ---- asking ------------------------------------------------------------------------------- */

static void add_row(struct look *look, const struct lf_value *row)
{
    if (look->row_count == look->row_room) {
        size_t room = look->row_room > 0 ? look->row_room * 2 : 16;
        const struct lf_value **rows = look->kit->ops->scratch(look->op, room * sizeof(*rows));
        if (look->row_count > 0)
            memcpy(rows, look->rows, look->row_count * sizeof(*rows));
        look->rows = rows;
        look->row_room = room;
    }
    look->rows[look->row_count++] = row;
}

static const struct lf_value *row_of_id(const struct look *look, const char *id)
{
    for (size_t i = 0; id && i < look->row_count; i++) {
        const char *theirs = kit_get_text(look->kit, look->rows[i], "id");
        if (theirs && strcmp(theirs, id) == 0)
            return look->rows[i];
    }
    return NULL;
}

/* The id under which Stripe has the object, as far as that is known before looking. */
static const char *id_of(const struct look *look, const struct lf_request *req)
{
    if (look->id)
        return look->id;
    if (look->kind->is_named)
        return req->id ? req->id : kit_get_text(look->kit, look_subject(req), "code");
    bool by_name = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_FIND;
    return by_name ? NULL : req->id;
}

static void read_next(struct looking *looking);

static void was_read(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct looking *looking = user;
    struct look *look = looking->look;
    (void)op;
    if (api_is_good(look->stripe, reply)) {
        if (!kit_get_bool(look->kit, reply->json, "deleted", false))
            add_row(look, reply->json);
    } else if (!api_is_missing(look->stripe, reply)) {
        looking->fn(look, reply, looking->user);
        return;
    }
    looking->next++;
    read_next(looking);
}

/* What a list did not show is asked for by its id: only then is it definitely not there. */
static void read_next(struct looking *looking)
{
    struct look *look = looking->look;
    for (; looking->next < look->count; looking->next++) {
        const char *id = id_of(look, look->reqs[looking->next]);
        if (!id || row_of_id(look, id))
            continue;
        const char *path = kit_format(look->kit, look->op, "%s/%s", look->kind->path,
                                      kit_http_encode(look->kit, look->op, id));
        api_get(look->stripe, look->op, path, was_read, looking);
        return;
    }
    looking->fn(look, NULL, looking->user);
}

static void listed(struct lf_op *op, const struct kit_http_reply *reply, void *user)
{
    struct looking *looking = user;
    struct look *look = looking->look;
    const struct lf_value *data = kit_get(look->kit, reply->json, "data");
    const char *key = NULL, *last = NULL;
    if (!api_is_good(look->stripe, reply) || look->kit->values->kind(data) != LF_KIND_LIST) {
        looking->fn(look, reply, looking->user);
        return;
    }
    size_t count = look->kit->values->count(data);
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *row = look->kit->values->at(data, i, &key);
        add_row(look, row);
        last = kit_get_text(look->kit, row, "id");
    }
    if (kit_get_bool(look->kit, reply->json, "has_more", false) && last) {
        api_get(look->stripe, op,
                kit_format(look->kit, op, "%s&starting_after=%s", looking->query,
                           kit_http_encode(look->kit, op, last)),
                listed, looking);
        return;
    }
    read_next(looking);
}

static void list(struct looking *looking, const char *query)
{
    const struct look *look = looking->look;
    looking->query = kit_format(look->kit, look->op, "%s?limit=%d%s", look->kind->path, LOOK_PAGE, query);
    api_get(look->stripe, look->op, looking->query, listed, looking);
}

/* A lone request whose id is known needs no list. */
void look_fill(struct look *look, look_fn *fn, void *user)
{
    struct looking *looking = look->kit->ops->scratch(look->op, sizeof(*looking));
    *looking = (struct looking){.look = look, .fn = fn, .user = user};
    look->row_count = 0;
    if (look->count == 1 && id_of(look, look->reqs[0]))
        read_next(looking);
    else
        list(looking, look->kind->list(look));
}

/* ---- seeing ------------------------------------------------------------------------------- */

struct seen look_row(const struct look *look, const struct lf_value *row)
{
    return (struct seen){
        .row = row,
        .id = kit_get_text(look->kit, row, "id"),
        .marker = kind_meta(look, row, MARK_KEY),
        .is_live = kit_get_bool(look->kit, row, "active", true),
    };
}

struct seen look_seen(const struct look *look, const struct lf_request *req)
{
    const char *id = id_of(look, req);
    const struct lf_value *row = row_of_id(look, id), *named = NULL;
    size_t many = 0;
    for (size_t i = 0; !id && i < look->row_count; i++) {
        const char *marker = kind_meta(look, look->rows[i], MARK_KEY);
        if (marker && req->marker && strcmp(marker, req->marker) == 0) {
            row = row ? row : look->rows[i];
            many++;
        } else if (!named && look->kind->is_same_name(look, look->rows[i], look_subject(req))) {
            named = look->rows[i];
        }
    }
    /* A name is looked up for whoever has it. */
    if (!row ||
        (req->verb == LF_VERB_FIND && named && !look->kind->is_same_name(look, row, look_subject(req))))
        row = named;
    if (!row)
        return (struct seen){0};
    struct seen seen = look_row(look, row);
    seen.many = many;
    return seen;
}

/* ---- the verbs that only look ------------------------------------------------------------- */

static const char *doing(const struct look *look)
{
    return kit_format(look->kit, look->op, "look at %s", look->kind->noun);
}

static void answer(struct kit_batch *batch, size_t i, const struct look *look)
{
    const struct lf_request *req = batch->reqs[i];
    struct seen seen = look_seen(look, req);
    struct lf_result result = kit_result(LF_END_OK);
    bool recovers = req->verb == LF_VERB_RECOVER;
    if (recovers && seen.many > 1) {
        kit_batch_note(batch, i, "stripe.many", NULL,
                       kit_format(look->kit, look->op, "%zu objects carry the marker of %s", seen.many,
                                  look->kind->noun),
                       "their metadata has the same 'landfall'",
                       "take it out of all but one, or archive the others, in Stripe's dashboard");
        result.status = LF_END_MANY;
    } else if (!seen.row || !seen.is_live) {
        result.status = LF_END_GONE;
    } else {
        bool ours = seen.marker && req->marker && strcmp(seen.marker, req->marker) == 0;
        result.status = recovers && !ours ? LF_END_EXISTS : LF_END_OK;
        result.id = seen.id;
        result.marker = seen.marker;
        result.state = look->kind->state(look, seen.row, look_subject(req));
    }
    kit_batch_answer(batch, i, &result);
}

static void looked(struct look *look, const struct kit_http_reply *failed, void *user)
{
    struct kit_batch *batch = user;
    for (size_t i = 0; i < batch->count; i++) {
        if (failed)
            api_fail(look->stripe, batch, i, failed, doing(look));
        else
            answer(batch, i, look);
    }
    kit_batch_end(batch);
}

void look_verb(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
               const struct lf_request *const *reqs, size_t count, bool single)
{
    const struct kit *kit = &stripe->kit;
    struct kit_batch *batch =
        single ? kit_batch_one(kit, NULL, op, reqs[0]) : kit_batch_many(kit, NULL, op, reqs, count);
    look_fill(look_new(stripe, op, kind, batch->reqs, batch->count), looked, batch);
}

/* ---- the sweep ---------------------------------------------------------------------------- */

static void swept(struct look *look, const struct kit_http_reply *failed, void *user)
{
    struct kit_batch *batch = user;
    if (failed) {
        api_fail(look->stripe, batch, 0, failed, doing(look));
        kit_batch_end(batch);
        return;
    }
    for (size_t i = 0; i < look->row_count; i++) {
        struct seen seen = look_row(look, look->rows[i]);
        struct lf_result result = kit_result(LF_END_OK);
        const char *address = kind_meta(look, seen.row, ADDRESS_KEY);
        if (!seen.marker)
            continue;
        result.id = seen.id;
        result.marker = seen.marker;
        result.state = look->kind->state(look, seen.row, NULL);
        if (address)
            result.memo = kit_put_text(look->kit, look->op, kit_map(look->kit, look->op), "address", address);
        look->kit->ops->found(look->op, &result);
    }
    kit_batch_status(batch, 0, LF_END_OK);
    kit_batch_end(batch);
}

/* The list of all; single reads are not asked for, as there is no request to read for. */
void look_owned(const struct kind *kind, const struct stripe *stripe, struct lf_op *op,
                const struct lf_request *req)
{
    const struct kit *kit = &stripe->kit;
    struct looking *looking = kit->ops->scratch(op, sizeof(*looking));
    struct look *look = look_new(stripe, op, kind, NULL, 0);
    *looking = (struct looking){.look = look, .fn = swept, .user = kit_batch_one(kit, NULL, op, req)};
    list(looking, "&active=true");
}
