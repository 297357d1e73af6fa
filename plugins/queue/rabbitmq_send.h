/* The call `send`. */
#pragma once

#include "kit.h"

/* How long RabbitMQ keeps a ledger nobody looks into, and how long landfall relies on it. */
#define RABBIT_LEDGER_S (30 * 86400)
#define RABBIT_TOKEN_S  (28 * 86400)

void rabbit_send_run(void *self, struct lf_op *op, const struct lf_request *req);
void rabbit_send_recover(void *self, struct lf_op *op, const struct lf_request *req);
