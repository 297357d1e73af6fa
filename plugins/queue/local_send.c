/* The call `send`: the message and the row that remembers the token are one transaction, so that a token
 * seen twice answers what it answered the first time. */
#include "local_rows.h"

#include <landfall/queue.h>
#include <string.h>

/* The contract's bound on a body, which is SQS's too. */
#define BODY_MAX 262144

/* The rules that need no file. */
static bool check_send(const struct kit *kit, struct lf_op *op, const struct lf_value *args,
                       struct kit_sql_note *bad)
{
    size_t len = 0;
    const struct lf_value *body = kit_get(kit, args, "body");
    const char *text = body ? kit->values->as_text(body, &len) : NULL;
    if (kit_has(kit, args, "queue") == kit_has(kit, args, "topic")) {
        *bad = (struct kit_sql_note){"queue.where_to", "queue", "a message goes to one queue or to one topic",
                                     kit_has(kit, args, "queue") ? "both are given" : "neither is given",
                                     "give either `queue` or `topic`"};
        return false;
    }
    if (!text || len > BODY_MAX || strlen(text) != len) {
        *bad = (struct kit_sql_note){
            "queue.bad_body", "body", "the body cannot be sent",
            kit_format(kit, op, "it must be text without NUL of at most %d bytes, and has %zu", BODY_MAX,
                       len),
            "store what is large elsewhere and send where it is"};
        return false;
    }
    return true;
}

static const struct kit_sql_range send_ranges[] = {{"delay_s", 0, 900}, {NULL, 0, 0}};

/* First column of a row: what is missing. */
static const char no_target[] =
    "select 'no queue ''' || (:want->>'$.queue') || '''' where :want->>'$.queue' is not null"
    " and not exists (select 1 from queue where name = :want->>'$.queue')"
    " union all select 'no topic ''' || (:want->>'$.topic') || '''' where :want->>'$.topic' is not null"
    " and not exists (select 1 from topic where name = :want->>'$.topic')";

/* Each statement does nothing when it is not meant: the arguments name a queue or a topic, never both.  The
 * last one is the ledger row, with what was made. */
static const char send_sql[] =
    "insert into message (queue, body, attributes, visible_at)"
    " select :want->>'$.queue', :want->>'$.body', coalesce(nullif(:want->'$.attributes', 'null'), '{}'),"
    " unixepoch() + coalesce(:want->>'$.delay_s', 0) where :want->>'$.queue' is not null;"
    "insert into publish (topic, body, attributes, delay_s)"
    " select :want->>'$.topic', :want->>'$.body', nullif(:want->'$.attributes', 'null'), :want->>'$.delay_s'"
    " where :want->>'$.topic' is not null;"
    /* :text is the greatest id before: the transaction is alone, so what is above it is ours. */
    "insert into landfall_calls (token, reply) select :token,"
    " json_object('ids', json_group_array(cast(id as text))) from message where id > :text + 0;";

/* Token first: a call that was answered before is answered the same way again and sends nothing. */
static void act_send(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    const char *how = NULL;
    if (kit_sql_look(job, db, item)) {
        item->reply = item->state;
        item->status = LF_END_OK;
        return;
    }
    if (item->status != 0)
        return;
    if (item->verb == LF_VERB_RECOVER) {
        item->status = LF_END_GONE;
        return;
    }
    if (!item->may_settle) {
        kit_sql_refuse(item, "queue.only_reads", NULL, "a check may only read, and a message sent is sent",
                       NULL, "send it in an action");
        return;
    }
    if (kit_sql_ask(job, db, item, no_target, &how))
        kit_sql_refuse(item, "queue.no_target", NULL, "there is nowhere to send to", how,
                       "declare it, and let the action come after it");
    if (item->status != 0)
        return;
    (void)kit_sql_ask(job, db, item, "select coalesce(max(id), 0) from message", &item->text);
    int rc = item->status == 0 ? kit_sql_run(db, item, send_sql) : SQLITE_OK;
    if (rc != SQLITE_OK)
        kit_sql_fail(job, db, item, rc);
    else if (item->status == 0 && kit_sql_look(job, db, item)) {
        item->reply = item->state;
        item->status = LF_END_OK;
    }
}

const struct kit_sql_type local_send_rows = {
    .subsystem = "queue",
    .noun = "send",
    .pool = LOCAL_POOL,
    .contract = &lf_queue_send_args,
    .table = "landfall_calls",
    .one = "select null, null, null, reply from landfall_calls where token = :token",
    .file = local_file,
    .ranges = send_ranges,
    .check = check_send,
    .act = act_send,
};
