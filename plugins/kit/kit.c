#include "kit.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void kit_init(struct kit *kit, const struct lf_host *host)
{
    kit->host = host;
    kit->values = host->values;
    kit->ops = host->ops;
}

char *kit_copy(const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    /* scratch memory is zeroed, which ends the text. */
    char *copy = kit->ops->scratch(op, len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *kit_format(const struct kit *kit, struct lf_op *op, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    char *text = kit->ops->scratch(op, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

/* Room for `more` bytes and the final NUL.  Scratch memory cannot be given back, so it doubles: all the
 * outgrown pieces together are smaller than the last. */
static void text_reserve(const struct kit *kit, struct lf_op *op, struct kit_text *text, size_t more)
{
    if (text->len + more + 1 <= text->room)
        return;
    size_t room = text->room > 0 ? text->room : 256;
    while (room < text->len + more + 1)
        room *= 2;
    char *bytes = kit->ops->scratch(op, room);
    if (text->len > 0)
        memcpy(bytes, text->bytes, text->len);
    text->bytes = bytes;
    text->room = room;
}

void kit_text_add(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char *bytes,
                  size_t len)
{
    text_reserve(kit, op, text, len);
    if (len > 0)
        memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
}

void kit_text_print(const struct kit *kit, struct lf_op *op, struct kit_text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    text_reserve(kit, op, text, (size_t)len);
    va_start(args, format);
    (void)vsnprintf(text->bytes + text->len, (size_t)len + 1, format, args);
    va_end(args);
    text->len += (size_t)len;
}

struct lf_result kit_result(uint32_t status)
{
    return (struct lf_result){.struct_size = sizeof(struct lf_result), .status = status};
}

void kit_finish(const struct kit *kit, struct lf_op *op, uint32_t status)
{
    struct lf_result result = kit_result(status);
    kit->ops->finish(op, &result);
}

void kit_ok(const struct kit *kit, struct lf_op *op, const char *id, const char *marker,
            const struct lf_value *state)
{
    struct lf_result result = kit_result(LF_END_OK);
    result.id = id;
    result.marker = marker;
    result.state = state;
    kit->ops->finish(op, &result);
}

static struct lf_diag error_diag(const char *code, const char *path, const char *summary, const char *detail,
                                 const char *advice)
{
    return (struct lf_diag){.struct_size = sizeof(struct lf_diag),
                            .severity = LF_DIAG_ERROR,
                            .code = code,
                            .path = path,
                            .summary = summary,
                            .detail = detail,
                            .advice = advice};
}

void kit_note(const struct kit *kit, struct lf_op *op, const char *code, const char *path,
              const char *summary, const char *detail, const char *advice)
{
    struct lf_diag diag = error_diag(code, path, summary, detail, advice);
    kit->ops->note(op, &diag);
}

void kit_refuse(const struct kit *kit, struct lf_op *op, const char *code, const char *path,
                const char *summary, const char *detail, const char *advice)
{
    kit_note(kit, op, code, path, summary, detail, advice);
    kit_finish(kit, op, LF_END_REFUSED);
}

/* ---- batches ------------------------------------------------------------------------------ */

struct kit_held_note {
    struct kit_held_note *before;
    struct lf_diag diag;
};

static struct kit_batch *batch_new(const struct kit *kit, void *self, struct lf_op *op, size_t count)
{
    struct kit_batch *batch = kit->ops->scratch(op, sizeof(*batch));
    batch->kit = kit;
    batch->self = self;
    batch->op = op;
    batch->count = count;
    batch->answers = kit->ops->scratch(op, (count > 0 ? count : 1) * sizeof(*batch->answers));
    batch->notes = kit->ops->scratch(op, (count > 0 ? count : 1) * sizeof(*batch->notes));
    return batch;
}

struct kit_batch *kit_batch_one(const struct kit *kit, void *self, struct lf_op *op,
                                const struct lf_request *req)
{
    struct kit_batch *batch = batch_new(kit, self, op, 1);
    const struct lf_request **reqs = kit->ops->scratch(op, sizeof(const struct lf_request *));
    reqs[0] = req;
    batch->reqs = reqs;
    batch->single = true;
    return batch;
}

struct kit_batch *kit_batch_many(const struct kit *kit, void *self, struct lf_op *op,
                                 const struct lf_request *const *reqs, size_t count)
{
    struct kit_batch *batch = batch_new(kit, self, op, count);
    batch->reqs = reqs;
    return batch;
}

void kit_batch_answer(struct kit_batch *batch, size_t i, const struct lf_result *result)
{
    assert(i < batch->count);
    batch->answers[i] = *result;
}

void kit_batch_status(struct kit_batch *batch, size_t i, uint32_t status)
{
    struct lf_result result = kit_result(status);
    kit_batch_answer(batch, i, &result);
}

void kit_batch_note(struct kit_batch *batch, size_t i, const char *code, const char *path,
                    const char *summary, const char *detail, const char *advice)
{
    assert(i < batch->count);
    struct kit_held_note *note = batch->kit->ops->scratch(batch->op, sizeof(*note));
    note->diag = error_diag(code, path, summary, detail, advice);
    note->before = batch->notes[i];
    batch->notes[i] = note;
}

void kit_batch_refuse(struct kit_batch *batch, size_t i, const char *code, const char *path,
                      const char *summary, const char *detail, const char *advice)
{
    kit_batch_note(batch, i, code, path, summary, detail, advice);
    kit_batch_status(batch, i, LF_END_REFUSED);
}

bool kit_changes(const struct lf_request *req)
{
    return req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE || req->verb == LF_VERB_DESTROY;
}

bool kit_may_change(const struct kit *kit, const struct lf_request *req, const char *marker)
{
    if (marker && req->marker && strcmp(marker, req->marker) == 0)
        return true;
    if (req->verb != LF_VERB_UPDATE || !kit_get_bool(kit, req->memo, "adopt", false))
        return false;
    const char *was = kit_get_text(kit, req->memo, "was");
    return strcmp(was ? was : "", marker ? marker : "") == 0;
}

void kit_batch_spoil(struct kit_batch *batch, uint32_t status, const char *code, const char *summary,
                     const char *detail, const char *advice)
{
    for (size_t i = 0; i < batch->count; i++) {
        uint32_t was = batch->answers[i].status;
        if (!kit_changes(batch->reqs[i]) || (was != LF_END_OK && was != LF_END_GONE && was != 0))
            continue;
        kit_batch_note(batch, i, code, NULL, summary, detail, advice);
        kit_batch_status(batch, i, status);
    }
}

/* Notes are held last first; people read them first first. */
static void give_notes(struct kit_batch *batch, const struct kit_held_note *last)
{
    size_t count = 0;
    for (const struct kit_held_note *note = last; note; note = note->before)
        count++;
    for (size_t back = count; back > 0; back--) {
        const struct kit_held_note *note = last;
        for (size_t i = 1; i < back; i++)
            note = note->before;
        batch->kit->ops->note(batch->op, &note->diag);
    }
}

void kit_batch_end(struct kit_batch *batch)
{
    const struct kit *kit = batch->kit;
    struct lf_op *op = batch->op;
    if (batch->single) {
        if (batch->answers[0].status == 0)
            kit_batch_status(batch, 0, LF_END_UNSURE);
        give_notes(batch, batch->notes[0]);
        kit->ops->finish(op, &batch->answers[0]);
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        give_notes(batch, batch->notes[i]);
        if (batch->answers[i].status != 0)
            kit->ops->item(op, i, &batch->answers[i]);
    }
    kit_finish(kit, op, LF_END_OK);
}
