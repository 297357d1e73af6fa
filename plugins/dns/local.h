/* What the parts of dns-local share: the instance, and a zone file opened for one batch. */
#pragma once

#include "kit_edit.h"
#include "local_zonefile.h"

struct local {
    struct kit kit;
    char *path;    /* folder of the zone files                                      */
    char *address; /* where the name server that serves them answers; used for glue */
};

/* Why an input cannot work. */
struct local_problem {
    const char *code;
    const char *path;
    const char *summary;
    const char *detail;
    const char *advice;
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
/* A zone's name as it stands in `map` under `key`; also safe as the name of a file. */
bool local_zone_name(const struct local *local, struct lf_op *op, const struct lf_value *map, const char *key,
                     const char **name, struct local_problem *problem);
bool local_ttl(const struct local *local, const struct lf_value *map, uint32_t *ttl,
               struct local_problem *problem);
/* This driver has no extras, so any is refused by its name. */
bool local_no_options(const struct local *local, struct lf_op *op, const struct lf_value *map,
                      struct local_problem *problem);

/* The request's object: what is asked, or what was. */
const struct lf_value *local_subject(const struct lf_request *req);

void local_refuse(struct kit_batch *batch, size_t i, const struct local_problem *problem);
/* EXISTS, with the marker that was read. */
void local_taken(struct kit_batch *batch, size_t i, const char *marker);

extern const struct lf_resource local_zone;
extern const struct lf_resource local_record;

/* found() for everything marked, in every zone file of the folder: zones, or records. */
void local_sweep(const struct local *local, struct lf_op *op, bool zones);
const char *local_record_id(const struct zonefile *zone, const struct zonefile_set *set);
