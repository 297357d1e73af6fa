/* The queue driver's own parts: how each type is kept in queues.db, and the call that sends. */
#pragma once

#include "kit_sql.h"

/* The pool of all operations on queues.db. */
#define LOCAL_POOL "queue-local"
/* The contract's bound on names. */
#define LOCAL_NAME_MAX 80

extern const struct kit_sql_type local_namespace_rows;
extern const struct kit_sql_type local_queue_rows;
extern const struct kit_sql_type local_topic_rows;
extern const struct kit_sql_type local_subscription_rows;
extern const struct kit_sql_type local_send_rows;

/* All objects and messages of an instance are in one file. */
const char *local_file(const struct kit_sql_driver *driver, struct lf_op *op, const char *id);
