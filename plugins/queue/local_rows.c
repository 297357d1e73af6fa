/* How namespaces, queues, topics and subscriptions are kept in queues.db.  The tables are public: the
 * README documents them for programs in other languages, so they change only with a new format number. */
#include "local_rows.h"

#include <landfall/queue.h>
#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* clang-format off */
/* Times are whole Unix seconds of SQLite's own clock: the programs that receive use the same statements, so
 * both sides go by one clock.  Views and triggers carry the rules that every program must follow; what is
 * left to a program is one short statement each. */
static const char tables[] =
    "create table namespace (name text primary key not null, marker text, address text) without rowid;"
    "create table queue ("
    "  name text primary key not null,"
    "  namespace text,"
    "  visibility_timeout_s integer not null default 30,"
    "  retention_s integer not null default 345600,"
    "  max_receives integer,"
    "  dead_letter text,"
    "  monthly_requests integer,"
    "  place text, marker text, address text) without rowid;"
    "create table topic (name text primary key not null, namespace text, marker text, address text)"
    "  without rowid;"
    "create table subscription (topic text not null, queue text not null, filter text, marker text,"
    "  address text, primary key (topic, queue)) without rowid;"
    "create table message ("
    "  id integer primary key autoincrement,"
    "  queue text not null,"
    "  body text not null,"
    "  attributes text not null default '{}',"
    "  sent_at integer not null default (unixepoch()),"
    "  visible_at integer not null default (unixepoch()),"
    "  received integer not null default 0,"
    "  receipt text,"
    "  dead_from text);"
    /* One for each question a receive asks, so that its cost does not grow with the queue. */
    "create index message_due on message (queue, visible_at);"
    "create index message_sent on message (queue, sent_at);"
    "create index message_received on message (queue, received) where received > 0;"
    "create table landfall_calls (token text primary key not null, reply text not null) without rowid;"
    /* A message for a queue nobody has would lie there for ever. */
    "create trigger message_has_queue before insert on message"
    "  when not exists (select 1 from queue where name = new.queue)"
    "  begin select raise(abort, 'no such queue'); end;"
    /* What may be given out now. */
    "create view due as select m.* from message m join queue q on q.name = m.queue"
    "  where m.visible_at <= unixepoch() and m.sent_at > unixepoch() - q.retention_s"
    "  and (q.dead_letter is null or q.max_receives is null or m.received < q.max_receives);"
    /* What should not be there any more: old messages go, dead letters move on. */
    "create view tidy as select null as queue where false;"
    "create trigger tidy_queue instead of insert on tidy begin"
    "  delete from message where queue = new.queue"
    "    and sent_at <= unixepoch() - (select retention_s from queue where name = new.queue);"
    "  update message set dead_from = queue, received = 0, receipt = null, visible_at = unixepoch(),"
    "    queue = (select dead_letter from queue where name = new.queue)"
    "  where queue = new.queue and visible_at <= unixepoch() and received > 0 and received >="
    "    (select max_receives from queue where name = new.queue and dead_letter is not null);"
    " end;"
    /* All keys of a filter must hold; a list holds when one of its values does. */
    "create view publish as select null as topic, null as body, null as attributes, null as delay_s where false;"
    "create trigger publish_fans_out instead of insert on publish begin"
    "  select raise(abort, 'no such topic') where not exists (select 1 from topic where name = new.topic);"
    "  insert into message (queue, body, attributes, visible_at)"
    "    select s.queue, new.body, coalesce(new.attributes, '{}'), unixepoch() + coalesce(new.delay_s, 0)"
    "    from subscription s where s.topic = new.topic and not exists ("
    "      select 1 from json_each(coalesce(s.filter, '{}')) wanted where not exists ("
    "        select 1 from json_each(case wanted.type when 'array' then wanted.value"
    "                                else json_array(wanted.value) end) choice"
    "        where choice.value = json_extract(coalesce(new.attributes, '{}'), wanted.fullkey)))"
    "    order by s.queue;"
    " end;"
    "pragma user_version = 1;";
/* clang-format on */

const char *local_file(const struct kit_sql_driver *driver, struct lf_op *op, const char *id)
{
    (void)id;
    return kit_format(&driver->kit, op, "%s/queues.db", driver->folder);
}

static const char *const name_key[] = {"name", NULL};
static const char *const subscription_keys[] = {"topic", "queue", NULL};

#define WRITES (KIT_SQL_ON(LF_VERB_CREATE) | KIT_SQL_ON(LF_VERB_UPDATE))

/* Of queues and topics alike. */
#define NAMESPACE_RULE                                                                                       \
    {                                                                                                        \
        WRITES,                                                                                              \
            "select 'no namespace ''' || (:want->>'$.namespace') || ''' in ' || :file"                       \
            " where :want->>'$.namespace' is not null"                                                       \
            " and not exists (select 1 from namespace where name = :want->>'$.namespace')",                  \
            "no_namespace", "namespace", "the namespace is not there",                                       \
            "declare it as a queue.namespace and give its id"                                                \
    }

/* ---- namespace ---------------------------------------------------------------------------- */

static const struct kit_sql_rule namespace_rules[] = {
    {KIT_SQL_ON(LF_VERB_DESTROY),
     "select 'queue ''' || name || ''' is in it' from queue where namespace = :id"
     " union all select 'topic ''' || name || ''' is in it' from topic where namespace = :id limit 1",
     "in_use", NULL, "the namespace is not empty", "destroy or move what is in it first"},
    {0, NULL, NULL, NULL, NULL, NULL},
};

#define NAMESPACE_COLUMNS "select name, marker, address, json_object('name', name) from namespace "

const struct kit_sql_type local_namespace_rows = {
    .subsystem = "queue",
    .noun = "namespace",
    .pool = LOCAL_POOL,
    .contract = &lf_queue_namespace,
    .keys = name_key,
    .name_chars = NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "namespace",
    .tables = tables,
    .one = NAMESPACE_COLUMNS "where name = :id",
    .all = NAMESPACE_COLUMNS "where marker is not null order by name",
    .add = "insert into namespace (name, marker, address) values (:id, :marker, :address)",
    .change = "update namespace set marker = :marker, address = :address where name = :id",
    .drop = "delete from namespace where name = :id",
    .file = local_file,
    .rules = namespace_rules,
};

/* ---- queue -------------------------------------------------------------------------------- */

/* A number without a queue, or a queue without a number, would silently never dead-letter anything. */
static bool check_queue(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                        struct kit_sql_note *bad)
{
    const struct lf_value *dead_letter = kit_get(kit, desired, "dead_letter");
    const struct lf_value *max_receives = kit_get(kit, desired, "max_receives");
    bool has_dead_letter = dead_letter && kit->values->kind(dead_letter) != LF_KIND_NULL;
    bool has_max = max_receives && kit->values->kind(max_receives) != LF_KIND_NULL;
    if (has_dead_letter != has_max) {
        *bad =
            (struct kit_sql_note){"queue.half_dead_letter", has_max ? "max_receives" : "dead_letter",
                                  "'max_receives' and 'dead_letter' go together",
                                  has_max ? "there is no queue for the messages that were received too often"
                                          : "no number says when a message goes to the dead-letter queue",
                                  has_max ? "name the queue as `dead_letter`, or leave both out"
                                          : "say how often as `max_receives`"};
        return false;
    }
    const char *name = kit_get_text(kit, desired, "name");
    const char *target = kit_get_text(kit, desired, "dead_letter");
    if (name && target && strcmp(name, target) == 0) {
        *bad = (struct kit_sql_note){"queue.dead_letter_loop", "dead_letter",
                                     "a queue cannot be its own dead-letter queue",
                                     kit_format(kit, op, "'%s' names itself", name), "name another queue"};
        return false;
    }
    return true;
}

/* The contract's bounds, which are what SQS takes too. */
static const struct kit_sql_range queue_ranges[] = {
    {"visibility_timeout_s", 0, 43200},
    {"retention_s", 60, 1209600},
    {"max_receives", 1, 1000},
    {"monthly_requests", 0, INT64_MAX},
    {NULL, 0, 0},
};

/* Other rows may come from programs and people, so the loop is looked for in what is there, not in what the
 * playbook says. */
static const struct kit_sql_rule queue_rules[] = {
    NAMESPACE_RULE,
    {WRITES,
     "select 'no queue ''' || (:want->>'$.dead_letter') || ''' in ' || :file"
     " where :want->>'$.dead_letter' is not null"
     " and not exists (select 1 from queue where name = :want->>'$.dead_letter')",
     "no_dead_letter", "dead_letter", "the dead-letter queue is not there",
     "declare it as a queue.queue and give its id"},
    {WRITES,
     "with recursive chain (name) as (select :want->>'$.dead_letter' union"
     " select q.dead_letter from queue q join chain c on q.name = c.name where q.dead_letter is not null)"
     " select 'through ''' || (:want->>'$.dead_letter') || '''' from chain where name = :id",
     "dead_letter_loop", "dead_letter", "its dead letters would come back to it",
     "let the last queue of the chain have no `dead_letter`"},
    {KIT_SQL_ON(LF_VERB_DESTROY),
     "select 'it is the dead-letter queue of ''' || name || '''' from queue where dead_letter = :id"
     " union all select 'topic ''' || topic || ''' sends to it' from subscription where queue = :id limit 1",
     "in_use", NULL, "the queue is in use", "destroy what uses it first"},
    {0, NULL, NULL, NULL, NULL, NULL},
};

/* json_patch drops what is null: an attribute nobody gave stays absent. */
#define QUEUE_COLUMNS                                                                                        \
    "select name, marker, address, json_patch('{}', json_object('name', name, 'namespace', namespace,"       \
    " 'visibility_timeout_s', visibility_timeout_s, 'retention_s', retention_s,"                             \
    " 'max_receives', max_receives, 'dead_letter', dead_letter, 'monthly_requests', monthly_requests,"       \
    " 'place', place, 'url', 'sqlite:' || :file || '?queue=' || name, 'host', 'localhost')) from "           \
    "queue "

const struct kit_sql_type local_queue_rows = {
    .subsystem = "queue",
    .noun = "queue",
    .pool = LOCAL_POOL,
    .contract = &lf_queue_queue,
    .keys = name_key,
    .name_chars = NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "queue",
    .tables = tables,
    .one = QUEUE_COLUMNS "where name = :id",
    .all = QUEUE_COLUMNS "where marker is not null order by name",
    .add = "insert into queue (name, namespace, visibility_timeout_s, retention_s, max_receives, dead_letter,"
           " monthly_requests, place, marker, address)"
           " values (:id, :want->>'$.namespace', coalesce(:want->>'$.visibility_timeout_s', 30),"
           " coalesce(:want->>'$.retention_s', 345600), :want->>'$.max_receives', :want->>'$.dead_letter',"
           " :want->>'$.monthly_requests', coalesce(:want->>'$.place', :place), :marker, :address)",
    .change = "update queue set visibility_timeout_s = coalesce(:want->>'$.visibility_timeout_s', 30),"
              " retention_s = coalesce(:want->>'$.retention_s', 345600),"
              " max_receives = :want->>'$.max_receives', dead_letter = :want->>'$.dead_letter',"
              " monthly_requests = :want->>'$.monthly_requests',"
              " place = coalesce(:want->>'$.place', :place), marker = :marker, address = :address"
              " where name = :id",
    .drop = "delete from message where queue = :id; delete from queue where name = :id;",
    .file = local_file,
    .ranges = queue_ranges,
    .rules = queue_rules,
    .check = check_queue,
};

/* ---- topic -------------------------------------------------------------------------------- */

static const struct kit_sql_rule topic_rules[] = {
    NAMESPACE_RULE,
    {KIT_SQL_ON(LF_VERB_DESTROY),
     "select 'queue ''' || queue || ''' is subscribed' from subscription where topic = :id limit 1", "in_use",
     NULL, "the topic is in use", "destroy its subscriptions first"},
    {0, NULL, NULL, NULL, NULL, NULL},
};

#define TOPIC_COLUMNS                                                                                        \
    "select name, marker, address, json_patch('{}', json_object('name', name, 'namespace', namespace,"       \
    " 'url', 'sqlite:' || :file || '?topic=' || name)) from topic "

const struct kit_sql_type local_topic_rows = {
    .subsystem = "queue",
    .noun = "topic",
    .pool = LOCAL_POOL,
    .contract = &lf_queue_topic,
    .keys = name_key,
    .name_chars = NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "topic",
    .tables = tables,
    .one = TOPIC_COLUMNS "where name = :id",
    .all = TOPIC_COLUMNS "where marker is not null order by name",
    .add = "insert into topic (name, namespace, marker, address)"
           " values (:id, :want->>'$.namespace', :marker, :address)",
    .change = "update topic set marker = :marker, address = :address where name = :id",
    .drop = "delete from topic where name = :id",
    .file = local_file,
    .rules = topic_rules,
};

/* ---- subscription ------------------------------------------------------------------------- */

static bool is_scalar(const struct kit *kit, const struct lf_value *value)
{
    uint32_t kind = value ? kit->values->kind(value) : LF_KIND_NULL;
    return kind == LF_KIND_TEXT || kind == LF_KIND_INT || kind == LF_KIND_BOOL || kind == LF_KIND_UNKNOWN;
}

/* One text, integer or boolean, or a list of them. */
static bool is_choice(const struct kit *kit, const struct lf_value *value)
{
    if (!value || kit->values->kind(value) != LF_KIND_LIST)
        return is_scalar(kit, value);
    size_t count = kit->values->count(value);
    bool all = count > 0;
    for (size_t i = 0; all && i < count; i++)
        all = is_scalar(kit, kit->values->at(value, i, NULL));
    return all;
}

static bool check_subscription(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                               struct kit_sql_note *bad)
{
    const struct lf_value *filter = kit_get(kit, desired, "filter");
    if (!filter || kit->values->kind(filter) != LF_KIND_MAP)
        return true;
    size_t count = kit->values->count(filter);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(filter, i, &key);
        /* A name is looked up with a JSON path, where a quote would end it. */
        if (*key && strspn(key, NAME_CHARS) == strlen(key) && is_choice(kit, value))
            continue;
        *bad = (struct kit_sql_note){
            "queue.bad_filter", kit_format(kit, op, "filter.\"%.80s\"", key), "the filter cannot be used",
            "each name of letters, digits, '_', '.' and '-' takes a text, an integer, a "
            "boolean, or a list of those that is not empty",
            "write for example `filter = { kind = { \"order\", \"refund\" } }`"};
        return false;
    }
    return true;
}

static const struct kit_sql_rule subscription_rules[] = {
    {WRITES,
     "select 'no topic ''' || (:want->>'$.topic') || ''' in ' || :file"
     " where not exists (select 1 from topic where name = :want->>'$.topic')",
     "no_topic", "topic", "the topic is not there", "declare it as a queue.topic and give its id"},
    {WRITES,
     "select 'no queue ''' || (:want->>'$.queue') || ''' in ' || :file"
     " where not exists (select 1 from queue where name = :want->>'$.queue')",
     "no_queue", "queue", "the queue is not there", "declare it as a queue.queue and give its id"},
    {0, NULL, NULL, NULL, NULL, NULL},
};

#define SUBSCRIPTION_COLUMNS                                                                                 \
    "select topic || '/' || queue, marker, address,"                                                         \
    " json_patch('{}', json_object('topic', topic, 'queue', queue, 'filter', json(filter)))"                 \
    " from subscription "

const struct kit_sql_type local_subscription_rows = {
    .subsystem = "queue",
    .noun = "subscription",
    .pool = LOCAL_POOL,
    .contract = &lf_queue_subscription,
    .keys = subscription_keys,
    .name_chars = NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "subscription",
    .tables = tables,
    .one = SUBSCRIPTION_COLUMNS "where topic || '/' || queue = :id",
    .all = SUBSCRIPTION_COLUMNS "where marker is not null order by topic, queue",
    .add = "insert into subscription (topic, queue, filter, marker, address) values"
           " (:want->>'$.topic', :want->>'$.queue', nullif(:want->'$.filter', 'null'), :marker, :address)",
    .change = "update subscription set filter = nullif(:want->'$.filter', 'null'), marker = :marker, address "
              "= :address"
              " where topic || '/' || queue = :id",
    .drop = "delete from subscription where topic || '/' || queue = :id",
    .file = local_file,
    .rules = subscription_rules,
    .check = check_subscription,
};
