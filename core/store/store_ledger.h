/* The ledger: what is written to be shown to others later - audit entries, notices, spent approvals - inside
 * a transaction that store_commit has begun.  Private to store. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "store/store_change.h"

struct err;
struct store_audit;
struct store_run;

/* Those that are due, in order.  The first term is what the index is of. */
#define STORE_NOTICE_DUE "WHERE state<>'sent' AND state='due' ORDER BY id"

/* The hash that the first entry follows: a chain belongs to one lineage and cannot be put under another. */
void store_ledger_genesis(const char *lineage, char out[DIGEST_HEX]);
/* Of all fields of the entry but its hash. */
void store_ledger_hash(const struct store_audit *entry, char out[DIGEST_HEX]);

/* Is the newest entry the one that meta names?  A chain that lost its end must not grow a new one. */
MUST_USE bool store_ledger_check_end(struct store_tables *t, struct err *err);
/* store.audit_broken, with the advice that belongs to it; `what` names the entry. */
bool store_ledger_broken(const char *path, const char *what, struct err *err);

MUST_USE bool store_ledger_put_audit(struct store_tables *t, const struct store_record *r, struct err *err);
MUST_USE bool store_ledger_put_notice(struct store_tables *t, const struct store_record *r, struct err *err);
MUST_USE bool store_ledger_move_notice(struct store_tables *t, const struct store_record *r, struct err *err);
/* Spends what the run was approved by. */
MUST_USE bool store_ledger_put_approvals(struct store_tables *t, const struct store_run *run,
                                         struct err *err);
