#include "kit_edit.h"

struct edit_run {
    struct kit_edit edit;
    const char *subsystem;
    kit_edit_fn *fn;
    bool removing;
};

#define STATUS_OK        200u
#define STATUS_REFUSED   403u
#define STATUS_MISSING   404u
#define STATUS_OUTDATED  412u
#define STATUS_UNCHANGED 503u
#define STATUS_NO_ROOM   507u

static const char *reason(const struct edit_run *run, const struct lf_reply *reply)
{
    const struct kit_batch *batch = run->edit.batch;
    size_t len = 0;
    const char *text = batch->kit->host->http->body(reply, &len);
    return kit_copy(batch->kit, batch->op, text, text ? len : 0);
}

/* The file could not be read: nothing has happened and nothing is known. */
static void unreadable(const struct edit_run *run, const struct lf_reply *reply)
{
    struct kit_batch *batch = run->edit.batch;
    bool stopped = batch->kit->host->http->sent(reply) == LF_SENT_CANCELED;
    const char *code = kit_format(batch->kit, batch->op, "%s.file_unreadable", run->subsystem);
    const char *summary = kit_format(batch->kit, batch->op, "cannot read '%s'", run->edit.path);
    const char *detail = stopped ? NULL : reason(run, reply);
    for (size_t i = 0; i < batch->count; i++) {
        if (stopped) {
            kit_batch_status(batch, i, LF_END_CANCELED);
            continue;
        }
        kit_batch_note(batch, i, code, NULL, summary, detail,
                       "make the file readable for this user, then try again");
        kit_batch_status(batch, i, kit_changes(batch->reqs[i]) ? LF_END_FAILED : LF_END_CANNOT_TELL);
    }
    kit_batch_end(batch);
}

static void written(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    (void)op;
    const struct edit_run *run = user;
    struct kit_batch *batch = run->edit.batch;
    const struct lf_http *http = batch->kit->host->http;
    uint32_t status = http->sent(reply) == LF_SENT_REPLY ? http->status(reply) : 0;
    if (status == STATUS_OK || (status == STATUS_MISSING && run->removing)) {
        kit_batch_end(batch);
        return;
    }
    const char *code = kit_format(batch->kit, batch->op, "%s.file_unwritable", run->subsystem);
    const char *summary = kit_format(batch->kit, batch->op, "cannot write '%s'", run->edit.path);
    const char *detail = http->sent(reply) == LF_SENT_REPLY ? reason(run, reply) : "the write was stopped";
    if (status == STATUS_NO_ROOM)
        kit_batch_spoil(batch, LF_END_FAILED, code, summary, detail, "free some space, then resume");
    else if (status == STATUS_REFUSED)
        kit_batch_spoil(batch, LF_END_REFUSED, code, summary, detail,
                        "make the folder writable for this user");
    else if (status == STATUS_UNCHANGED)
        kit_batch_spoil(batch, LF_END_FAILED, code, summary, detail,
                        "nothing was changed; mend what the message names, then resume");
    else if (status == STATUS_OUTDATED || http->sent(reply) == LF_SENT_NOT)
        kit_batch_spoil(batch, LF_END_RETRY, code, summary, detail, NULL);
    else
        kit_batch_spoil(batch, LF_END_UNSURE, code, summary, detail,
                        "the file is read again before anything else");
    kit_batch_end(batch);
}

static void was_read(struct lf_op *op, const struct lf_reply *reply, void *user)
{
    struct edit_run *run = user;
    const struct kit *kit = run->edit.batch->kit;
    uint32_t status = kit->host->http->sent(reply) == LF_SENT_REPLY ? kit->host->http->status(reply) : 0;
    if (status == STATUS_OK) {
        size_t len = 0;
        const char *bytes = kit->host->http->body(reply, &len);
        run->edit.text = kit_copy(kit, op, bytes, len);
        run->edit.len = len;
    } else if (status != STATUS_MISSING) {
        unreadable(run, reply);
        return;
    }
    uint32_t wish = run->fn(&run->edit);
    run->removing = wish == KIT_EDIT_REMOVE;
    if (wish == KIT_EDIT_WRITE)
        kit->host->files->replace(op, run->edit.path, run->edit.text, run->edit.len, written, run);
    else if (wish == KIT_EDIT_REMOVE)
        kit->host->files->remove(op, run->edit.path, written, run);
    else
        kit_batch_end(run->edit.batch);
}

void kit_edit(struct kit_batch *batch, const char *subsystem, const char *path, size_t cap, kit_edit_fn *fn)
{
    struct edit_run *run = batch->kit->ops->scratch(batch->op, sizeof(*run));
    run->edit.batch = batch;
    run->edit.path = path;
    run->subsystem = subsystem;
    run->fn = fn;
    batch->kit->host->files->read(batch->op, path, cap, was_read, run);
}
