/* landfall/queue.h - the queue contract, version 1: namespaces, queues, topics, subscriptions, and the call
 * `send`; and for brokers that have their own users, permissions and policies.  A driver may leave those out.
 *
 * Const data only.  A driver points its lf_resource.schema and lf_call schemas at these; a playbook that
 * uses nothing else runs on any driver of the contract.  The bounds are those every known service can keep.
 * Later versions only add attributes at the end, each with its own `since`.
 */
#ifndef LF_QUEUE_H
#define LF_QUEUE_H

#include <landfall/plugin.h>

#define LF_QUEUE_CONTRACT 1u

/* ---- namespace: keeps the queues of one service apart ------------------------------------- */

static const struct lf_attr lf_queue_namespace_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the namespace's name, unique within the driver's instance, at most 80 characters", NULL, NULL, 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_namespace = LF_SCHEMA(1, lf_queue_namespace_attrs);

/* ---- queue: holds data -------------------------------------------------------------------- */

static const struct lf_attr lf_queue_queue_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the queue's name, unique within the driver's instance, at most 80 characters", NULL, NULL, 0, 1},
    {"namespace", LF_KIND_TEXT, LF_ATTR_FIXED, "the id of its namespace", NULL, NULL, 0, 1},
    {"visibility_timeout_s", LF_KIND_INT, 0,
     "how long a received message stays hidden before it is given out again, 0 to 43200 seconds", NULL, "30",
     0, 1},
    {"retention_s", LF_KIND_INT, 0,
     "how long a message is kept before it is dropped, 60 to 1209600 seconds (14 days)", NULL, "345600", 0,
     1},
    {"max_receives", LF_KIND_INT, 0,
     "after how many receives a message goes to `dead_letter`, 1 to 1000; given together with it", NULL, NULL,
     0, 1},
    {"dead_letter", LF_KIND_TEXT, 0, "the id of the queue for messages nobody could handle", NULL, NULL, 0,
     1},
    {"monthly_requests", LF_KIND_INT, 0,
     "how many sends and receives a month are expected; for the estimate only", NULL, NULL, 0, 1},
    {"place", LF_KIND_TEXT, LF_ATTR_PLACE | LF_ATTR_COMPUTED,
     "where its messages live; the driver's own place where it is not given", NULL, NULL, 0, 1},
    {"url", LF_KIND_TEXT, LF_ATTR_COMPUTED, "where programs find it, in the service's own form", NULL, NULL,
     0, 1},
    {"host", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the host name programs connect to", NULL, NULL, 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_queue = LF_SCHEMA(1, lf_queue_queue_attrs);

/* ---- topic: what is sent to it goes to each subscription ---------------------------------- */

static const struct lf_attr lf_queue_topic_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the topic's name, unique within the driver's instance, at most 80 characters", NULL, NULL, 0, 1},
    {"namespace", LF_KIND_TEXT, LF_ATTR_FIXED, "the id of its namespace", NULL, NULL, 0, 1},
    {"url", LF_KIND_TEXT, LF_ATTR_COMPUTED, "where programs find it, in the service's own form", NULL, NULL,
     0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_topic = LF_SCHEMA(1, lf_queue_topic_attrs);

/* ---- subscription: one queue's share of a topic ------------------------------------------- */

static const struct lf_attr lf_queue_subscription_attrs[] = {
    {"topic", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the topic", NULL, NULL,
     0, 1},
    {"queue", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the queue", NULL, NULL,
     0, 1},
    {"filter", LF_KIND_MAP, 0,
     "which messages are wanted: for each named attribute of a message the value, or a list of the values",
     NULL, NULL, LF_KIND_ANY, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_subscription = LF_SCHEMA(1, lf_queue_subscription_attrs);

/* ---- user: who may connect; for brokers with users of their own ---------------------------- */

static const struct lf_attr lf_queue_user_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the user's name, unique within the broker", NULL, NULL, 0, 1},
    {"password", LF_KIND_TEXT, LF_ATTR_SECRET, "the password; left out: the user cannot use one", NULL, NULL,
     0, 1},
    {"tags", LF_KIND_LIST, LF_ATTR_UNORDERED,
     "what the user may administer, in the broker's own words; none for programs that only use queues", NULL,
     "[]", LF_KIND_TEXT, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_user = LF_SCHEMA(1, lf_queue_user_attrs);

/* ---- permission: what a user may do in a namespace ----------------------------------------- */

static const struct lf_attr lf_queue_permission_attrs[] = {
    {"user", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED, "the id of the user", NULL, NULL,
     0, 1},
    {"namespace", LF_KIND_TEXT, LF_ATTR_KEY | LF_ATTR_FIXED,
     "the id of the namespace; the driver's own where it is not given", NULL, NULL, 0, 1},
    {"configure", LF_KIND_TEXT, 0, "a pattern of the names the user may make and delete; empty: none", NULL,
     "\"\"", 0, 1},
    {"write", LF_KIND_TEXT, 0, "a pattern of the names the user may send to; empty: none", NULL, "\"\"", 0,
     1},
    {"read", LF_KIND_TEXT, 0, "a pattern of the names the user may receive from; empty: none", NULL, "\"\"",
     0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_permission = LF_SCHEMA(1, lf_queue_permission_attrs);

/* ---- policy: what holds for all queues and topics of a pattern ----------------------------- */

static const struct lf_attr lf_queue_policy_attrs[] = {
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_KEY | LF_ATTR_FIXED,
     "the policy's name, unique within its namespace, at most 80 characters", NULL, NULL, 0, 1},
    {"namespace", LF_KIND_TEXT, LF_ATTR_FIXED, "the id of its namespace", NULL, NULL, 0, 1},
    {"pattern", LF_KIND_TEXT, LF_ATTR_REQUIRED, "a pattern of the names it holds for", NULL, NULL, 0, 1},
    {"apply_to", LF_KIND_TEXT, 0, "queues, exchanges or all", NULL, "\"all\"", 0, 1},
    {"priority", LF_KIND_INT, 0, "of several policies that fit, the one with the greatest number holds", NULL,
     "0", 0, 1},
    {"definition", LF_KIND_MAP, LF_ATTR_REQUIRED, "what holds, in the broker's own words", NULL, NULL,
     LF_KIND_ANY, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_queue_policy = LF_SCHEMA(1, lf_queue_policy_attrs);

/* ---- send: one message, once -------------------------------------------------------------- */

static const struct lf_attr lf_queue_send_args_attrs[] = {
    {"queue", LF_KIND_TEXT, 0, "the id of the queue; either this or `topic`", NULL, NULL, 0, 1},
    {"topic", LF_KIND_TEXT, 0, "the id of the topic; either this or `queue`", NULL, NULL, 0, 1},
    {"body", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the message, at most 262144 bytes", NULL, NULL, 0, 1},
    {"attributes", LF_KIND_MAP, 0, "texts, integers and booleans by name, for filters", NULL, "{}",
     LF_KIND_ANY, 1},
    {"delay_s", LF_KIND_INT, 0, "how long the message stays hidden at first, 0 to 900 seconds", NULL, "0", 0,
     1},
};
static const struct lf_schema lf_queue_send_args = LF_SCHEMA(1, lf_queue_send_args_attrs);

static const struct lf_attr lf_queue_send_reply_attrs[] = {
    {"ids", LF_KIND_LIST, LF_ATTR_COMPUTED, "the ids of the messages made, one for each queue reached", NULL,
     NULL, LF_KIND_TEXT, 1},
};
static const struct lf_schema lf_queue_send_reply = LF_SCHEMA(1, lf_queue_send_reply_attrs);

#endif
