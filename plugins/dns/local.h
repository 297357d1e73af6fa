/* What the parts of dns-local share: the instance, and a zone file opened for one batch. */
#pragma once

#include "kit_edit.h"
#include "local_zonefile.h"
#include "wish.h"

struct local {
    struct kit kit;
    char *path;    /* folder of the zone files                                      */
    char *address; /* where the name server that serves them answers; used for glue */
};

/* The zone file a batch works on. */
struct local_file {
    const struct local *local;
    struct kit_batch *batch;
    const char *name;      /* the zone's */
    struct zonefile *zone; /* NULL: there is no file */
    bool remove;           /* the zone goes, and its file with it */
};

/* Answers item i of file->batch and changes file->zone. */
typedef void local_item_fn(struct local_file *file, size_t i);

/* Reads the zone's file, hands every item to `fn`, writes the file when something changed, ends the batch. */
void local_edit(struct kit_batch *batch, const char *zone, local_item_fn *fn);

const char *local_path(const struct local *local, struct lf_op *op, const char *zone);
/* For what all drivers of the subsystem share. */
struct wish_for local_for(const struct local *local, struct lf_op *op);

extern const struct lf_resource local_zone;
extern const struct lf_resource local_record;

/* found() for everything marked, in every zone file of the folder: zones, or records. */
void local_sweep(const struct local *local, struct lf_op *op, bool zones);
