#include "tryton_look.h"

#include "tryton.h"

#include <string.h>

#define OWNED_PAGE 500

struct looking {
    struct look *look;
    size_t piece;
    look_fn *fn;
    void *user;
};

const struct lf_value *look_subject(const struct lf_request *req)
{
    bool past = req->verb == LF_VERB_READ || req->verb == LF_VERB_DESTROY;
    if (past)
        return req->prior ? req->prior : req->desired;
    return req->desired ? req->desired : req->prior;
}

struct look *look_new(struct tryton *tryton, struct lf_op *op, const struct kind *kind,
                      const struct lf_request *const *reqs, size_t count)
{
    struct look *look = tryton->kit.ops->scratch(op, sizeof(*look));
    *look = (struct look){
        .tryton = tryton, .kit = &tryton->kit, .op = op, .kind = kind, .reqs = reqs, .count = count};
    return look;
}

/* ---- asking ------------------------------------------------------------------------------- */

/* What became of a destroy is asked of the object that was there, not of one that has its name by now. */
static bool is_by_name(const struct lf_request *req)
{
    bool recovers = req->verb == LF_VERB_RECOVER && req->desired;
    return req->verb == LF_VERB_CREATE || recovers || req->verb == LF_VERB_FIND || !req->id;
}

static const struct lf_value *main_domain(const struct look *look)
{
    const struct kit *kit = look->kit;
    struct wire_any any = {0};
    for (size_t i = 0; i < look->count; i++) {
        const struct lf_request *req = look->reqs[i];
        int64_t id = kind_number(req->id);
        if (id > 0)
            wire_any_add(kit, look->op, &any,
                         wire_clause(kit, look->op, "id", "=", kit->values->of_int(look->op, id)));
        if (req->marker && req->verb != LF_VERB_READ && req->verb != LF_VERB_FIND)
            wire_any_add(kit, look->op, &any, look->kind->by_marker(look, req->marker));
        if (is_by_name(req))
            look->kind->by_name(look, look_subject(req), &any);
    }
    return wire_any_domain(kit, look->op, &any);
}

static void next_piece(struct looking *looking);

static void piece_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct looking *looking = user;
    (void)op;
    if (reply->status != LF_END_OK) {
        looking->fn(looking->look, reply, looking->user);
        return;
    }
    looking->look->pieces[looking->piece++] = reply->result;
    next_piece(looking);
}

static void next_piece(struct looking *looking)
{
    struct look *look = looking->look;
    if (looking->piece == KIND_PIECES || !look->kind->pieces[looking->piece].model) {
        looking->fn(look, NULL, looking->user);
        return;
    }
    const struct kind_piece *piece = &look->kind->pieces[looking->piece];
    struct rpc_search search = {
        .model = piece->model, .domain = piece->domain(look), .fields = piece->fields};
    rpc_find(look->tryton, look->op, &search, piece_read, looking);
}

static void main_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct looking *looking = user;
    (void)op;
    if (reply->status != LF_END_OK) {
        looking->fn(looking->look, reply, looking->user);
        return;
    }
    looking->look->rows = reply->result;
    next_piece(looking);
}

static void books_there(struct lf_op *op, const struct rpc_reply *failed, void *user)
{
    struct looking *looking = user;
    struct look *look = looking->look;
    if (failed) {
        looking->fn(look, failed, looking->user);
        return;
    }
    struct rpc_search search = {
        .model = look->kind->model, .domain = main_domain(look), .fields = look->kind->fields};
    rpc_find(look->tryton, op, &search, main_read, looking);
}

void look_fill(struct look *look, look_fn *fn, void *user)
{
    struct looking *looking = look->kit->ops->scratch(look->op, sizeof(*looking));
    *looking = (struct looking){.look = look, .fn = fn, .user = user};
    books_need(look->tryton, look->op, books_there, looking);
}

/* ---- seeing ------------------------------------------------------------------------------- */

static const struct lf_value *row_of_id(const struct look *look, int64_t id)
{
    for (size_t i = 0; id > 0 && i < kind_rows(look, look->rows); i++) {
        const struct lf_value *row = kind_row(look, look->rows, i);
        if (kind_id(look, row) == id)
            return row;
    }
    return NULL;
}

/* The first of the rows with this mark; *many is how many there are. */
static const struct lf_value *row_of_marker(const struct look *look, const char *marker, size_t *many)
{
    const struct lf_value *first = NULL;
    *many = 0;
    for (size_t i = 0; marker && i < kind_rows(look, look->rows); i++) {
        const struct lf_value *row = kind_row(look, look->rows, i);
        const char *theirs = look->kind->marker(look, row);
        if (!theirs || strcmp(theirs, marker) != 0)
            continue;
        first = first ? first : row;
        ++*many;
    }
    return first;
}

static const struct lf_value *row_of_name(const struct look *look, const struct lf_value *asked)
{
    for (size_t i = 0; i < kind_rows(look, look->rows); i++) {
        const struct lf_value *row = kind_row(look, look->rows, i);
        if (look->kind->is_named(look, row, asked))
            return row;
    }
    return NULL;
}

struct seen look_seen(const struct look *look, const struct lf_request *req)
{
    struct seen seen = {0};
    const struct lf_value *asked = look_subject(req);
    const struct lf_value *marked = row_of_marker(look, req->marker, &seen.many);
    seen.row = row_of_id(look, kind_number(req->id));
    if (!seen.row && req->verb != LF_VERB_READ && req->verb != LF_VERB_FIND)
        seen.row = marked;
    if (!seen.row && is_by_name(req))
        seen.row = row_of_name(look, asked);
    if (!seen.row)
        return seen;
    seen.id = kit_format(look->kit, look->op, "%lld", (long long)kind_id(look, seen.row));
    seen.marker = look->kind->marker(look, seen.row);
    seen.state = look->kind->state(look, &seen, asked);
    return seen;
}

bool look_remains(const struct look *look, const char *marker)
{
    for (size_t p = 0; look->kind->remains && marker && p < KIND_PIECES; p++) {
        const char *model = look->kind->pieces[p].model;
        for (size_t i = 0;
             model && strcmp(model, look->kind->remains) == 0 && i < kind_rows(look, look->pieces[p]); i++) {
            const struct lf_value *row = kind_row(look, look->pieces[p], i);
            const char *theirs = kind_label_marker(look, kit_get_text(look->kit, row, "name"));
            if (theirs && strcmp(theirs, marker) == 0)
                return true;
        }
    }
    return false;
}

/* ---- the verbs that only look ------------------------------------------------------------- */

static bool is_ours(const struct seen *seen, const struct lf_request *req)
{
    return seen->marker && req->marker && strcmp(seen->marker, req->marker) == 0;
}

static void tell(struct kit_batch *batch, size_t i, const struct rpc_reply *failed)
{
    struct lf_result result = kit_result(failed->status);
    result.retry_after_ms = failed->retry_after_ms;
    if (failed->code)
        kit_batch_note(batch, i, failed->code, NULL, failed->summary, failed->detail, failed->advice);
    kit_batch_answer(batch, i, &result);
}

static void answer_many(struct kit_batch *batch, size_t i, const struct look *look, const struct seen *seen)
{
    kit_batch_note(batch, i, "tryton.many", NULL,
                   kit_format(look->kit, look->op, "%zu records of '%s' carry the marker of %s", seen->many,
                              look->kind->model, look->kind->noun),
                   "records that are copied in Tryton are copied with their marks",
                   "take the mark out of the copies in Tryton, or delete them");
    kit_batch_status(batch, i, LF_END_MANY);
}

static void answer(struct kit_batch *batch, size_t i, const struct look *look)
{
    const struct lf_request *req = batch->reqs[i];
    struct seen seen = look_seen(look, req);
    struct lf_result result = kit_result(LF_END_OK);
    struct terms_problem problem = {0};
    bool recovers = req->verb == LF_VERB_RECOVER;
    if (recovers && seen.many > 1) {
        answer_many(batch, i, look, &seen);
        return;
    }
    if (!seen.row && recovers && look_remains(look, req->marker)) {
        result.id = req->id;
        result.marker = req->marker;
    } else if (!seen.row) {
        result.status = LF_END_GONE;
    } else if (req->verb == LF_VERB_READ && look->kind->is_blind &&
               look->kind->is_blind(look, &seen, req, &problem)) {
        kit_batch_note(batch, i, problem.code, problem.path, problem.summary, problem.detail, problem.advice);
        result.status = LF_END_CANNOT_TELL;
    } else {
        result.status = recovers && !is_ours(&seen, req) ? LF_END_EXISTS : LF_END_OK;
        result.id = seen.id;
        result.marker = seen.marker;
        result.state = seen.state;
    }
    kit_batch_answer(batch, i, &result);
}

static void looked(struct look *look, const struct rpc_reply *failed, void *user)
{
    struct kit_batch *batch = user;
    for (size_t i = 0; i < batch->count; i++) {
        if (failed)
            tell(batch, i, failed);
        else
            answer(batch, i, look);
    }
    kit_batch_end(batch);
}

void look_verb(const struct kind *kind, struct tryton *tryton, struct lf_op *op,
               const struct lf_request *const *reqs, size_t count, bool single)
{
    struct kit_batch *batch = single ? kit_batch_one(&tryton->kit, tryton, op, reqs[0])
                                     : kit_batch_many(&tryton->kit, tryton, op, reqs, count);
    look_fill(look_new(tryton, op, kind, batch->reqs, batch->count), looked, batch);
}

/* ---- the sweep ---------------------------------------------------------------------------- */

struct sweep {
    struct look *look;
    struct kit_batch *batch;
    int64_t offset;
    bool remains; /* main records are done: now the pieces that outlived theirs */
    const char **markers;
    size_t count;
    size_t room;
};

static void sweep_page(struct lf_op *op, struct sweep *sweep);

/* False: it was told of already. */
static bool is_new(struct sweep *sweep, const char *marker)
{
    const struct look *look = sweep->look;
    for (size_t i = 0; sweep->remains && i < sweep->count; i++)
        if (strcmp(sweep->markers[i], marker) == 0)
            return false;
    if (sweep->count == sweep->room) {
        size_t room = sweep->room > 0 ? sweep->room * 2 : 64;
        const char **markers = look->kit->ops->scratch(look->op, room * sizeof(*markers));
        if (sweep->count > 0)
            memcpy(markers, sweep->markers, sweep->count * sizeof(*markers));
        sweep->markers = markers;
        sweep->room = room;
    }
    sweep->markers[sweep->count++] = marker;
    return true;
}

static void give_found(struct sweep *sweep, const struct lf_value *row)
{
    const struct look *look = sweep->look;
    struct lf_result result = kit_result(LF_END_OK);
    result.marker = sweep->remains ? kind_label_marker(look, kit_get_text(look->kit, row, "name"))
                                   : look->kind->marker(look, row);
    result.id = kit_format(look->kit, look->op, "%s%lld", sweep->remains ? "remains-" : "",
                           (long long)kind_id(look, row));
    if (result.marker && is_new(sweep, result.marker))
        look->kit->ops->found(look->op, &result);
}

static void swept(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct sweep *sweep = user;
    const struct look *look = sweep->look;
    if (reply->status != LF_END_OK) {
        tell(sweep->batch, 0, reply);
        kit_batch_end(sweep->batch);
        return;
    }
    size_t count = kind_rows(look, reply->result);
    for (size_t i = 0; i < count; i++)
        give_found(sweep, kind_row(look, reply->result, i));
    sweep->offset += OWNED_PAGE;
    if (count < OWNED_PAGE && look->kind->remains && !sweep->remains) {
        sweep->remains = true;
        sweep->offset = 0;
        count = OWNED_PAGE;
    }
    if (count == OWNED_PAGE) {
        sweep_page(op, sweep);
        return;
    }
    kit_batch_status(sweep->batch, 0, LF_END_OK);
    kit_batch_end(sweep->batch);
}

static void sweep_page(struct lf_op *op, struct sweep *sweep)
{
    const struct look *look = sweep->look;
    static const char *const label[] = {"name", NULL};
    bool remains = sweep->remains;
    struct rpc_search search = {
        .model = remains ? look->kind->remains : look->kind->model,
        .domain = wire_list(look->kit, op, 1,
                            remains ? wire_clause_text(look->kit, op, "name", "like", "%[lf1.%]")
                                    : look->kind->by_marker(look, "lf1.%")),
        .fields = remains ? label : look->kind->fields,
        .offset = sweep->offset,
        .limit = OWNED_PAGE,
    };
    rpc_find(look->tryton, op, &search, swept, sweep);
}

static void sweep_with_books(struct lf_op *op, const struct rpc_reply *failed, void *user)
{
    struct sweep *sweep = user;
    if (!failed) {
        sweep_page(op, sweep);
        return;
    }
    tell(sweep->batch, 0, failed);
    kit_batch_end(sweep->batch);
}

void look_owned(const struct kind *kind, struct tryton *tryton, struct lf_op *op,
                const struct lf_request *req)
{
    struct sweep *sweep = tryton->kit.ops->scratch(op, sizeof(*sweep));
    sweep->batch = kit_batch_one(&tryton->kit, tryton, op, req);
    sweep->look = look_new(tryton, op, kind, sweep->batch->reqs, 1);
    books_need(tryton, op, sweep_with_books, sweep);
}
