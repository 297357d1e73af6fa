/* A sweep asks every server of an instance, and where it must every database of ours on them, one after the
 * other: for what carries a marker. */
#pragma once

#include "postgresql_job.h"

/* For each server in turn: connects to its maintenance database and calls `ask`, which calls pgsql_sweep_next
 * when it is done; ends the operation behind the last. */
void pgsql_sweep(void *self, struct lf_op *op, const struct lf_request *req, pgsql_then_fn *ask);
void pgsql_sweep_next(struct pgsql_job *job);
/* One found object; id, marker, address. */
void pgsql_sweep_found(struct pgsql_job *job, const char *id, const char *marker, const char *address);

/* The same inside every database of ours: `sql` gives name, marker and address of each object, and the
 * object's id is the database's, a slash and its name.  A table of `sql` that is not there means that there
 * are none. */
void pgsql_tour(void *self, struct lf_op *op, const struct lf_request *req, const char *sql);
