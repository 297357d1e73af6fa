/* database.cluster on RDS: one instance of PostgreSQL, with a standby where a copy is asked for.
 *
 * The identifier is the name, so a create sent twice makes one instance.  The name may come back as something
 * else, though, and the tags with it (a snapshot that is restored brings them along): what this driver once
 * made it knows again by DbiResourceId, and touches nothing else. */
#include "rds.h"

#include <string.h>

#define MISSES_MOST   6     /* looks in a row that may fail while it waits */
#define BUSY_RETRY_MS 30000 /* RDS is busy with the instance for a while */

struct job {
    const struct rds *rds;
    struct lf_op *op;
    const struct lf_request *req;
    struct rds_wish wish; /* of a create or update */
    const char *name;
    const char *resource; /* DbiResourceId of the one that is meant, or NULL: whoever has the name and mark */
    struct rds_instance seen;
    int64_t since_ms; /* of the change that is to show, or of the first look that should have shown it */
    unsigned misses;
    bool made;     /* by this operation */
    bool expected; /* an earlier try has made it */
    bool tagged;   /* with our marker, by this operation */
    bool modified;
    bool leaving; /* it is being deleted */
    bool touched; /* something was changed: no doubt may end as "nothing happened" any more */
};

static void look(struct job *job);

static const struct kit *kit_of(const struct job *job)
{
    return &job->rds->kit;
}

static const char *doing_of(const struct job *job, const char *verb)
{
    return kit_format(kit_of(job), job->op, "%s the instance '%s'", verb, job->name);
}

/* ---- ends ---------------------------------------------------------------------------------------------- */

static void end(struct job *job, uint32_t status, uint32_t retry_after_ms)
{
    struct lf_result result = kit_result(status);
    if (job->touched && status == LF_END_RETRY)
        result.status = LF_END_UNSURE;
    result.retry_after_ms = status == LF_END_RETRY ? retry_after_ms : 0;
    kit_of(job)->ops->finish(job->op, &result);
}

static void refuse(struct job *job, const struct rds_problem *p)
{
    kit_refuse(kit_of(job), job->op, p->code, p->path, p->summary, p->detail, p->advice);
}

static const struct lf_value *state_of(const struct job *job)
{
    const struct lf_value *subject = job->req->desired ? job->req->desired : job->req->prior;
    return rds_instance_state(job->rds, job->op, &job->seen, subject);
}

/* Once it is known, who is meant is kept with the state. */
static struct lf_result result_of(const struct job *job, uint32_t status)
{
    const struct kit *kit = kit_of(job);
    struct lf_result result = kit_result(status);
    result.id = job->seen.name;
    result.marker = job->tagged ? job->req->marker : job->seen.marker;
    result.state = state_of(job);
    result.memo = kit_put_text(kit, job->op, kit_map(kit, job->op), "resource", job->seen.resource);
    return result;
}

static void answer(struct job *job, uint32_t status)
{
    struct lf_result result = result_of(job, status);
    kit_of(job)->ops->finish(job->op, &result);
}

static void taken(struct job *job)
{
    struct lf_result result = kit_result(LF_END_EXISTS);
    result.marker = job->seen.marker;
    result.state = state_of(job);
    kit_of(job)->ops->finish(job->op, &result);
}

static const char *status_detail(const struct job *job)
{
    return kit_format(kit_of(job), job->op, "its status is '%s'%s%s", job->seen.status,
                      job->seen.words ? ": " : "", job->seen.words ? job->seen.words : "");
}

static void not_well(struct job *job, uint32_t status)
{
    kit_note(kit_of(job), job->op, "rds.status", NULL,
             kit_format(kit_of(job), job->op, "the instance '%s' cannot be used", job->name),
             status_detail(job), job->seen.advice);
    if (status == LF_END_DAMAGED)
        answer(job, status);
    else
        end(job, status, 0);
}

/* What was done does not show, and nobody can say why. */
static void not_visible(struct job *job, const char *what)
{
    kit_note(kit_of(job), job->op, "rds.not_visible", NULL,
             kit_format(kit_of(job), job->op, "RDS does not show what was %s", what),
             kit_format(kit_of(job), job->op, "the instance '%s' was looked at for %d s", job->name,
                        RDS_LAG_MS / 1000),
             "it is looked for again; look into the console if that does not settle it");
    end(job, LF_END_UNSURE, 0);
}

/* ---- waiting ------------------------------------------------------------------------------------------- */

static void waited(struct lf_op *op, void *user, int canceled)
{
    struct job *job = user;
    (void)op;
    if (canceled)
        end(job, LF_END_CANCELED, 0);
    else
        look(job);
}

static void later(struct job *job)
{
    kit_of(job)->ops->after(job->op, job->rds->poll_ms, waited, job);
}

static void begin(struct job *job)
{
    job->since_ms = kit_of(job)->ops->now_ms(job->op);
}

static bool lag_is_over(const struct job *job)
{
    return kit_of(job)->ops->now_ms(job->op) - job->since_ms >= RDS_LAG_MS;
}

/* ---- a change that failed -------------------------------------------------------------------------------
 */

static void failed(struct job *job, const struct kit_aws_reply *reply, const char *verb)
{
    struct rds_problem problem;
    const char *doing = doing_of(job, verb);
    if (kit_aws_is(reply, "DBInstanceNotFound") && job->req->verb == LF_VERB_UPDATE) {
        end(job, LF_END_GONE, 0);
    } else if (kit_aws_is(reply, "InvalidDBInstanceState")) {
        kit_note(kit_of(job), job->op, "rds.busy", NULL,
                 kit_format(kit_of(job), job->op, "RDS cannot %s now", doing), reply->message,
                 "it is tried again; look at its status in the console if that goes on");
        end(job, LF_END_RETRY, BUSY_RETRY_MS);
    } else if (rds_refusal(job->rds, job->op, reply, doing, &problem)) {
        refuse(job, &problem);
    } else {
        end(job, rds_trouble(job->rds, job->op, reply, doing, true), reply->http.retry_after_ms);
    }
}

/* ---- making -------------------------------------------------------------------------------------------- */

static void made(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    const struct kit *kit = kit_of(job);
    begin(job);
    if (kit_aws_is(reply, "DBInstanceAlreadyExists")) {
        look(job);
        return;
    }
    const char *resource = rds_is_good(reply, "CreateDBInstance")
                               ? kit_xml_text(reply->xml, "CreateDBInstanceResult/DBInstance/DbiResourceId")
                               : NULL;
    if (!resource) {
        failed(job, reply, "make");
        return;
    }
    job->made = job->touched = true;
    job->resource = resource;
    kit->ops->save(op, job->name, kit_put_text(kit, op, kit_map(kit, op), "resource", resource), waited, job);
}

static void make(struct job *job)
{
    struct rds_pairs *pairs = kit_of(job)->ops->scratch(job->op, sizeof(*pairs));
    rds_pairs_create(job->rds, job->op, pairs, &job->wish, job->req);
    job->resource = NULL;
    job->expected = job->leaving = false;
    rds_change(job->rds, job->op, "CreateDBInstance", pairs->at, pairs->count, made, job);
}

/* ---- bringing it to what is asked ------------------------------------------------------------------------
 */

static void modified(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (!rds_is_good(reply, "ModifyDBInstance")) {
        failed(job, reply, "change");
        return;
    }
    job->modified = job->touched = true;
    begin(job);
    later(job);
}

static void tagged(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (!rds_is_good(reply, "AddTagsToResource")) {
        failed(job, reply, "mark");
        return;
    }
    job->tagged = job->touched = true;
    look(job);
}

static void mark(struct job *job)
{
    struct rds_pairs *pairs = kit_of(job)->ops->scratch(job->op, sizeof(*pairs));
    rds_pairs_add(pairs, "ResourceName", job->seen.arn);
    rds_pairs_tags(job->rds, job->op, pairs, job->req);
    rds_change(job->rds, job->op, "AddTagsToResource", pairs->at, pairs->count, tagged, job);
}

static void modify(struct job *job, struct rds_pairs *pairs)
{
    rds_pairs_add(pairs, "DBInstanceIdentifier", job->name);
    rds_pairs_add(pairs, "ApplyImmediately", "true");
    rds_change(job->rds, job->op, "ModifyDBInstance", pairs->at, pairs->count, modified, job);
}

/* It can be used and changed.  What RDS has taken on shows as pending, or not at all for a while. */
static void bring(struct job *job)
{
    struct rds_problem problem;
    struct rds_pairs *pairs = kit_of(job)->ops->scratch(job->op, sizeof(*pairs));
    if (!rds_pairs_modify(job->rds, job->op, pairs, &job->wish, &job->seen, &problem))
        refuse(job, &problem);
    else if (pairs->count > 0 && !job->modified)
        modify(job, pairs);
    else if (pairs->count > 0 && !rds_instance_is_pending(&job->seen) && lag_is_over(job))
        not_visible(job, "changed");
    else if (job->modified && (pairs->count > 0 || rds_instance_is_pending(&job->seen)))
        later(job);
    else
        answer(job, LF_END_OK);
}

static void approach(struct job *job)
{
    const char *marker = job->seen.marker;
    bool marked = job->tagged || (marker && strcmp(marker, job->req->marker) == 0);
    enum rds_mood mood = job->seen.mood;
    bool creates = job->req->verb == LF_VERB_CREATE;
    if (mood == RDS_BUSY)
        later(job);
    else if (mood == RDS_BROKEN || (mood == RDS_SICK && creates))
        not_well(job, LF_END_DAMAGED);
    else if (mood == RDS_SICK)
        not_well(job, job->touched ? LF_END_UNSURE : LF_END_REFUSED);
    else if (!marked)
        mark(job);
    else
        bring(job);
}

/* ---- removing ------------------------------------------------------------------------------------------ */

static void removed(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    (void)op;
    if (kit_aws_is(reply, "DBInstanceNotFound")) {
        end(job, LF_END_GONE, 0);
    } else if (rds_is_good(reply, "DeleteDBInstance")) {
        job->leaving = job->touched = true;
        begin(job);
        later(job);
    } else if (kit_aws_is(reply, "DBSnapshotAlreadyExists")) {
        kit_refuse(
            kit_of(job), job->op, "rds.snapshot_taken", NULL,
            kit_format(kit_of(job), job->op,
                       "the instance '%s' stands, and its final snapshot was taken before", job->name),
            reply->message,
            "an earlier try took it and the deletion failed: look at the instance's events, remove that "
            "snapshot or the instance by hand, then resume");
    } else {
        failed(job, reply, "delete");
    }
}

/* A broken instance has no data, and RDS takes no snapshot of it. */
static void remove_it(struct job *job)
{
    const struct kit *kit = kit_of(job);
    bool keeps =
        kit_get_bool(kit, job->req->prior, "options.final_snapshot", true) && job->seen.mood != RDS_BROKEN;
    struct rds_pairs pairs = {.count = 0};
    job->resource = job->seen.resource;
    rds_pairs_add(&pairs, "DBInstanceIdentifier", job->name);
    rds_pairs_add(&pairs, "SkipFinalSnapshot", keeps ? "false" : "true");
    if (keeps)
        rds_pairs_add(&pairs, "FinalDBSnapshotIdentifier",
                      rds_snapshot_id(job->rds, job->op, job->name, job->req->token));
    rds_change(job->rds, job->op, "DeleteDBInstance", pairs.at, pairs.count, removed, job);
}

static void leave(struct job *job)
{
    if (job->leaving && job->seen.mood != RDS_DELETING && job->seen.mood != RDS_BUSY && lag_is_over(job)) {
        not_visible(job, "deleted");
    } else if (job->leaving || job->seen.mood == RDS_DELETING || job->seen.mood == RDS_BUSY) {
        later(job);
    } else if (kit_xml_is_true(job->seen.xml, "DeletionProtection")) {
        kit_refuse(
            kit_of(job), job->op, "rds.protected", "options.deletion_protection",
            kit_format(kit_of(job), job->op, "the instance '%s' is protected from deletion", job->name),
            "its deletion protection is on", "write `deletion_protection: false`, apply, then destroy");
    } else {
        remove_it(job);
    }
}

/* ---- what is there decides ------------------------------------------------------------------------------
 */

static void recover(struct job *job)
{
    const char *marker = job->seen.marker;
    bool ours = marker && job->req->marker && strcmp(marker, job->req->marker) == 0;
    bool unsettled = job->seen.mood == RDS_BUSY || job->seen.mood == RDS_DELETING;
    bool creates = !job->req->prior, removes = !job->req->desired;
    if (!ours) {
        taken(job);
    } else if (creates && unsettled) {
        /* Ours and unfinished, so without a state: the create is sent again and waits for the rest. */
        struct lf_result result = result_of(job, LF_END_OK);
        result.state = NULL;
        kit_of(job)->ops->finish(job->op, &result);
    } else if (!creates && !removes && (unsettled || rds_instance_is_pending(&job->seen))) {
        kit_note(kit_of(job), job->op, "rds.busy", NULL,
                 kit_format(kit_of(job), job->op, "the instance '%s' is still being changed", job->name),
                 status_detail(job), "it is asked again; `landfall resume` goes on when it has settled");
        end(job, LF_END_CANNOT_TELL, 0);
    } else {
        answer(job, job->seen.mood == RDS_BROKEN ? LF_END_DAMAGED : LF_END_OK);
    }
}

static void tell(struct job *job)
{
    if (job->seen.mood == RDS_BROKEN && job->req->verb == LF_VERB_READ) {
        not_well(job, LF_END_DAMAGED);
        return;
    }
    if (job->seen.words)
        rds_warn(job->rds, job->op, "rds.status", NULL,
                 kit_format(kit_of(job), job->op, "the instance '%s' is not well", job->name),
                 status_detail(job), job->seen.advice);
    answer(job, LF_END_OK);
}

/* The one that is meant is gone, and another has its name. */
static void replaced(struct job *job)
{
    if (job->req->verb == LF_VERB_CREATE) {
        taken(job);
        return;
    }
    rds_warn(job->rds, job->op, "rds.replaced", NULL,
             kit_format(kit_of(job), job->op, "another instance has the name '%s' now", job->name),
             kit_format(kit_of(job), job->op, "'%s' was made, '%s' is there: restored or made by hand",
                        job->resource, job->seen.resource ? job->seen.resource : "?"),
             "it is left alone; a create takes it over if it carries the step's mark");
    end(job, job->touched && !job->leaving ? LF_END_UNSURE : LF_END_GONE, 0);
}

static void found(struct job *job)
{
    const struct lf_request *req = job->req;
    bool other = job->resource && (!job->seen.resource || strcmp(job->resource, job->seen.resource) != 0);
    if (other && req->verb != LF_VERB_FIND)
        replaced(job);
    else if (req->verb == LF_VERB_READ || req->verb == LF_VERB_FIND)
        tell(job);
    else if (req->verb == LF_VERB_RECOVER)
        recover(job);
    else if (!job->tagged && !kit_may_change(kit_of(job), req, job->seen.marker))
        taken(job);
    else if (req->verb == LF_VERB_DESTROY)
        leave(job);
    else if (job->seen.mood != RDS_DELETING)
        approach(job);
    else if (req->verb == LF_VERB_CREATE && !job->made) {
        job->leaving = true; /* ours, and on its way out: its name is free when it is gone */
        job->resource = job->seen.resource;
        later(job);
    } else
        kit_refuse(kit_of(job), job->op, "rds.deleting", NULL,
                   kit_format(kit_of(job), job->op, "somebody deletes the instance '%s'", job->name),
                   status_detail(job), "wait until it is gone, then plan again");
}

static void absent(struct job *job)
{
    if (job->req->verb != LF_VERB_CREATE)
        end(job, LF_END_GONE, 0);
    else if (job->leaving)
        make(job);
    else if ((job->made || job->expected) && !lag_is_over(job))
        later(job);
    else if (job->expected)
        make(job); /* an earlier try made it, and somebody has removed it since */
    else
        not_visible(job, "made");
}

static void described(struct lf_op *op, const struct kit_aws_reply *reply, void *user)
{
    struct job *job = user;
    const struct kit_xml *xml =
        rds_is_good(reply, "DescribeDBInstances")
            ? kit_xml_find(reply->xml, "DescribeDBInstancesResult/DBInstances/DBInstance")
            : NULL;
    if (xml) {
        job->misses = 0;
        rds_instance_read(xml, &job->seen);
        found(job);
        return;
    }
    if (kit_aws_is(reply, "DBInstanceNotFound")) {
        job->misses = 0;
        absent(job);
        return;
    }
    uint32_t status = kit_aws_end(reply, false);
    bool waits = job->touched && status != LF_END_REFUSED && status != LF_END_CANCELED;
    if (waits && job->misses++ < MISSES_MOST) {
        later(job);
        return;
    }
    status = rds_trouble(job->rds, op, reply, doing_of(job, "look at"), false);
    /* A question alone has changed nothing. */
    if (kit_changes(job->req) && status != LF_END_CANCELED)
        status = job->touched ? LF_END_UNSURE : status == LF_END_CANNOT_TELL ? LF_END_RETRY : status;
    end(job, status, reply->http.retry_after_ms);
}

static void look(struct job *job)
{
    const struct kit_aws_pair pair = {"DBInstanceIdentifier", job->name};
    rds_ask(job->rds, job->op, "DescribeDBInstances", &pair, 1, described, job);
}

/* ---- verbs --------------------------------------------------------------------------------------------- */

static void cluster_verb(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rds *rds = self;
    const struct kit *kit = &rds->kit;
    struct rds_problem problem;
    struct job *job = kit->ops->scratch(op, sizeof(*job));
    *job = (struct job){.rds = rds, .op = op, .req = req};
    bool makes = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    bool good = makes
                    ? rds_wish_read(rds, op, req->desired, &job->wish, &problem)
                    : rds_wish_name(rds, op, req->desired ? req->desired : req->prior, &job->name, &problem);
    if (req->id && !makes && req->verb != LF_VERB_FIND) {
        job->name = req->id;
        good = true;
    }
    if (!good) {
        refuse(job, &problem);
        return;
    }
    job->name = makes ? job->wish.name : job->name;
    job->resource = kit_get_text(kit, req->memo, "resource");
    if (req->verb == LF_VERB_CREATE) {
        job->resource = kit_get_text(kit, req->saved, "resource");
        job->expected = job->resource != NULL;
    }
    begin(job);
    if (req->verb == LF_VERB_CREATE && !job->expected)
        make(job);
    else
        look(job);
}

static const char *cluster_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct rds *rds = self;
    const struct lf_value *from = req->desired ? req->desired : req->prior;
    const char *name = req->id ? req->id : kit_get_text(&rds->kit, from, "name");
    return name ? kit_format(&rds->kit, op, "rds/%s", name) : NULL;
}

/* The name is the key.  A request of a dead process is done within seconds of its arrival; looks lag by up to
 * a minute. */
static const struct lf_settle cluster_settle = {
    .struct_size = sizeof(struct lf_settle),
    .create = LF_SETTLE_NAMED,
    .update = LF_SETTLE_NAMED,
    .destroy = LF_SETTLE_NAMED,
    .max_inflight_ms = 10000,
    .visible_after_ms = RDS_LAG_MS,
};

const struct lf_resource rds_cluster = {
    .struct_size = sizeof(struct lf_resource),
    .traits = LF_TRAIT_HOLDS_DATA | LF_TRAIT_TELLS_PLACE,
    .name = "cluster",
    .doc = "an instance of PostgreSQL, with a standby where `replicas` is 1",
    .schema = &lf_database_cluster,
    .settle = &cluster_settle,
    .pool = "rds",
    .lane = cluster_lane,
    .read = cluster_verb,
    .create = cluster_verb,
    .destroy = cluster_verb,
    .update = cluster_verb,
    .plan = rds_plan,
    .recover = cluster_verb,
    .estimate = rds_estimate,
    .find = cluster_verb,
    .owned = rds_owned,
};
