/* What the parts of database-rds share: the instance of the driver, what a playbook asks, what RDS shows. */
#pragma once

#include "kit_aws.h"

#include <landfall/database.h>

#define RDS_VERSION "2014-10-31"

/* Tags of every instance that is ours. */
#define RDS_TAG_MARKER  "landfall"
#define RDS_TAG_ADDRESS "landfall:address"

/* How long a look may miss what was done. */
#define RDS_LAG_MS 60000

struct rds {
    struct kit kit;
    struct kit_aws *aws;
    uint64_t poll_ms;
};

extern const struct lf_resource rds_cluster;

/* ---- asking -------------------------------------------------------------------------------------------- */

void rds_ask(const struct rds *rds, struct lf_op *op, const char *action, const struct kit_aws_pair *pairs,
             size_t count, kit_aws_fn *fn, void *user);
void rds_change(const struct rds *rds, struct lf_op *op, const char *action, const struct kit_aws_pair *pairs,
                size_t count, kit_aws_fn *fn, void *user);
/* 2xx, and the document that answers `action`. */
bool rds_is_good(const struct kit_aws_reply *reply, const char *action);
/* The note for a reply that is not good, also for one that was good and cannot be read; and the end it means.
 */
uint32_t rds_trouble(const struct rds *rds, struct lf_op *op, const struct kit_aws_reply *reply,
                     const char *doing, bool changes);
void rds_warn(const struct rds *rds, struct lf_op *op, const char *code, const char *path,
              const char *summary, const char *detail, const char *advice);

/* ---- options ------------------------------------------------------------------------------------------- */

enum rds_option_id {
    RDS_ENGINE,
    RDS_ENGINE_VERSION,
    RDS_USER,
    RDS_SUBNET_GROUP,
    RDS_KMS_KEY,
    RDS_STORAGE_TYPE,
    RDS_PUBLIC,
    RDS_BACKUP_DAYS,
    RDS_PROTECTION,
    RDS_FINAL_SNAPSHOT,
    RDS_GROUPS,
    RDS_OPTION_COUNT
};

struct rds_option {
    const char *name;
    uint32_t kind;
    const char *param;    /* of the requests; NULL: RDS is not told */
    const char *seen;     /* where a description has it */
    const char *fallback; /* of a create, or NULL */
    bool fixed;           /* cannot be changed afterwards */
};
extern const struct rds_option rds_options[RDS_OPTION_COUNT];

/* ---- what is asked ------------------------------------------------------------------------------------- */

struct rds_problem {
    const char *code, *path, *summary, *detail, *advice;
};

struct rds_wish {
    const char *name;
    const char *size; /* NULL: not known yet */
    const char *zone; /* an availability zone; NULL: any of the region */
    int64_t gib;      /* 0: not known yet */
    bool standby;
    const char *option[RDS_OPTION_COUNT]; /* as texts of the API; NULL: not asked (RDS_GROUPS: see groups) */
    const struct lf_value *groups;        /* a list of texts, or NULL */
};

/* False: *problem says what can never work.  What is not known yet is left alone. */
bool rds_wish_read(const struct rds *rds, struct lf_op *op, const struct lf_value *desired,
                   struct rds_wish *wish, struct rds_problem *problem);
bool rds_wish_name(const struct rds *rds, struct lf_op *op, const struct lf_value *from, const char **name,
                   struct rds_problem *problem);
/* Whether what stands as `prior` can become what is asked, as far as that can be known before. */
bool rds_wish_follows(const struct rds *rds, struct lf_op *op, const struct lf_value *prior,
                      const struct lf_value *desired, const struct rds_wish *wish,
                      struct rds_problem *problem);
/* "16" asks for any 16.x. */
bool rds_version_fits(const char *asked, const char *has);
/* Gigabytes (10^9) to gibibytes, which RDS counts in: up; and back: down. */
int64_t rds_gib_of(int64_t gb);
int64_t rds_gb_of(int64_t gib);

void rds_plan(void *self, struct lf_op *op, const struct lf_request *req);
void rds_estimate(void *self, struct lf_op *op, const struct lf_request *req);

/* ---- what is there ------------------------------------------------------------------------------------- */

enum rds_mood {
    RDS_BUSY,   /* wait: it will be something else */
    RDS_WELL,   /* can be used and changed */
    RDS_SICK,   /* its data is there, and a person must help */
    RDS_BROKEN, /* never was a database, or will never be one again */
    RDS_DELETING,
};

struct rds_instance {
    const struct kit_xml *xml; /* DBInstance */
    const char *name, *status, *resource, *arn;
    const char *marker, *address; /* of its tags, or NULL */
    enum rds_mood mood;
    const char *words, *advice; /* of its status, where a person should know; or NULL */
};

void rds_instance_read(const struct kit_xml *xml, struct rds_instance *out);
const char *rds_instance_text(const struct rds_instance *seen, const char *path);
int64_t rds_instance_int(const struct rds_instance *seen, const char *path);
/* Something waits to be applied. */
bool rds_instance_is_pending(const struct rds_instance *seen);
/* In the words of the schema; `subject` says how things were spelled and which options were asked. */
const struct lf_value *rds_instance_state(const struct rds *rds, struct lf_op *op,
                                          const struct rds_instance *seen, const struct lf_value *subject);

/* ---- requests that change ------------------------------------------------------------------------------ */

#define RDS_PAIRS_MOST 64
struct rds_pairs {
    struct kit_aws_pair at[RDS_PAIRS_MOST];
    size_t count;
};
void rds_pairs_add(struct rds_pairs *pairs, const char *name, const char *value);
void rds_pairs_tags(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                    const struct lf_request *req);
void rds_pairs_create(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                      const struct rds_wish *wish, const struct lf_request *req);
/* What differs; none: it is as asked.  False: *problem says what can never be. */
bool rds_pairs_modify(const struct rds *rds, struct lf_op *op, struct rds_pairs *pairs,
                      const struct rds_wish *wish, const struct rds_instance *seen,
                      struct rds_problem *problem);
/* "NAME-final-TOKEN": the same for every try of one operation. */
const char *rds_snapshot_id(const struct rds *rds, struct lf_op *op, const char *name, const char *token);

/* A refusal of RDS's own that says more than the kit knows; false: none. */
bool rds_refusal(const struct rds *rds, struct lf_op *op, const struct kit_aws_reply *reply,
                 const char *doing, struct rds_problem *problem);

void rds_owned(void *self, struct lf_op *op, const struct lf_request *req);
void rds_preflight(void *self, struct lf_op *op, const struct lf_request *req);
