#include "postgresql_object.h"
#include "kit_plan.h"

#include <string.h>

#define OWNER                                                                                                \
    "select case when pg_catalog.pg_has_role(r.oid, 'member') then r.rolname end, (select u.rolsuper from"   \
    " pg_catalog.pg_roles u where u.rolname = current_user) from pg_catalog.pg_database d"                   \
    " join pg_catalog.pg_roles r on r.oid = d.datdba where d.datname = pg_catalog.current_database()"

const struct pgsql_object *pgsql_object_of(const struct pgsql_job *job)
{
    return job->user;
}

const char *pgsql_object_seen(const struct pgsql_job *job, int column)
{
    return pgsql_job_value(job, pgsql_object_of(job)->at, 0, column);
}

static bool is_there(const struct pgsql_job *job)
{
    return pgsql_job_rows(job, pgsql_object_of(job)->at) > 0;
}

static const struct lf_value *state_of(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct pgsql_object *object = pgsql_object_of(job);
    size_t len = (size_t)(strrchr(object->within.id, '/') - object->within.id);
    const struct lf_value *state = kit_map(kit, job->op);
    state = kit_put_text(kit, job->op, state, "database", kit_copy(kit, job->op, object->within.id, len));
    state = kit_put_text(kit, job->op, state, "name", object->within.name);
    return object->kind->state ? object->kind->state(job, state) : state;
}

static void ok(struct pgsql_job *job)
{
    pgsql_job_ok(job, pgsql_object_seen(job, 0), state_of(job));
}

static void add_look(struct pgsql_job *job)
{
    struct pgsql_object *object = job->user;
    const char *values[PGSQL_VALUES_MAX] = {object->within.name};
    size_t count = 1;
    if (object->kind->values)
        count += object->kind->values(job, values + 1);
    object->at = job->count;
    pgsql_job_add(job, object->kind->select, values, count);
}

/* ---- looking ------------------------------------------------------------------------------ */

static void looked(struct pgsql_job *job)
{
    const char *marker = pgsql_object_seen(job, 0);
    if (!is_there(job))
        pgsql_job_absent(job);
    else if (job->req->verb == LF_VERB_RECOVER && !pgsql_is_ours(job, marker))
        pgsql_job_exists(job, marker, state_of(job));
    else
        ok(job);
}

static void not_looked(struct pgsql_job *job)
{
    if (pgsql_is_absent(job))
        pgsql_job_absent(job);
    else
        pgsql_job_fail(job);
}

static void look(struct pgsql_job *job)
{
    if (!job->req->read_only)
        PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    add_look(job);
    job->otherwise = not_looked;
    pgsql_job_fly(job, PGSQL_SAFE, looked);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void write_object(struct pgsql_job *job, bool (*add)(struct pgsql_job *job))
{
    if (!add(job))
        return;
    pgsql_job_print(job, "reset role");
    add_look(job);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, job->req->verb == LF_VERB_DESTROY ? pgsql_job_absent : ok);
}

static void decide(struct pgsql_job *job)
{
    struct pgsql_object *object = job->user;
    const struct pgsql_kind *kind = object->kind;
    const char *marker = pgsql_object_seen(job, 0);
    object->owner = pgsql_job_value(job, object->at - 1, 0, 0);
    object->superuser = pgsql_job_is_true(job, object->at - 1, 0, 1);
    if (!is_there(job) && job->req->verb != LF_VERB_CREATE)
        pgsql_job_absent(job);
    else if (is_there(job) && !kit_may_change(job->kit, job->req, marker))
        pgsql_job_exists(job, marker, state_of(job));
    else if (job->req->verb == LF_VERB_DESTROY)
        write_object(job, kind->destroy);
    else
        write_object(job, is_there(job) ? kind->update : kind->create);
}

static void change(struct pgsql_job *job)
{
    pgsql_job_print(job, "begin");
    PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    if (pgsql_object_of(job)->kind->ledger)
        pgsql_ledger_add_own(job, pgsql_object_of(job)->kind->ledger);
    pgsql_job_print(job, OWNER);
    add_look(job);
    pgsql_job_fly(job, PGSQL_SAFE, decide);
}

/* ---- for kinds ---------------------------------------------------------------------------- */

void pgsql_object_as_owner(struct pgsql_job *job)
{
    if (pgsql_object_of(job)->owner)
        pgsql_job_print(job, "set local role %s", pgsql_job_name(job, pgsql_object_of(job)->owner));
}

void pgsql_object_comment(struct pgsql_job *job, const char *thing)
{
    const char *text = kit_format(job->kit, job->op, "%s\n%s\n%s", pgsql_object_of(job)->kind->what,
                                  job->req->marker, job->req->address ? job->req->address : "");
    pgsql_job_print(job, "comment on %s is %s", thing, pgsql_job_literal(job, text));
}

const struct lf_value *pgsql_object_list(struct pgsql_job *job, int column)
{
    const char *json = pgsql_object_seen(job, column);
    return json ? job->kit->values->from_json(job->op, json, strlen(json)) : NULL;
}

bool pgsql_object_check_texts(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                              const char *key)
{
    const struct lf_value *list = kit_get(kit, desired, key);
    size_t count = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *one = kit->values->at(list, i, NULL);
        size_t len = 0;
        const char *text = kit->values->as_text(one, &len);
        if (kit->values->kind(one) == LF_KIND_UNKNOWN || (text && len > 0 && strlen(text) == len))
            continue;
        kit_refuse(kit, op, "database.bad_name", kit_format(kit, op, "%s[%zu]", key, i), "that is no name",
                   "it must be a text that is not empty", "correct it");
        return false;
    }
    return true;
}

/* ---- verbs -------------------------------------------------------------------------------- */

static bool check(const struct pgsql_kind *kind, const struct pgsql *self, struct lf_op *op,
                  const struct lf_request *req)
{
    static const char *const none[] = {NULL};
    const struct kit *kit = &self->kit;
    return pgsql_check_name(kit, op, req->desired, "name") && pgsql_check_database(self, op, req->desired) &&
           pgsql_check_options(kit, op, req->desired, none) && (!kind->check || kind->check(self, op, req));
}

void pgsql_object(const struct pgsql_kind *kind, void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    struct pgsql_within within = {0};
    bool asks = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    if (asks && !check(kind, pgsql, op, req))
        return;
    if (!pgsql_within_of(pgsql, op, req, &within))
        return;
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    struct pgsql_object *object = job->kit->ops->scratch(op, sizeof(*object));
    object->kind = kind;
    object->within = within;
    job->user = object;
    job->id = within.id;
    /* It went with its database. */
    if (!asks)
        job->no_database = pgsql_job_absent;
    pgsql_job_connect(job, within.server, within.database, kit_changes(req) ? change : look);
}

void pgsql_object_plan(const struct pgsql_kind *kind, void *self, struct lf_op *op,
                       const struct lf_request *req)
{
    const struct pgsql *pgsql = self;
    if (!req->desired || check(kind, pgsql, op, req))
        kit_plan(&pgsql->kit, self, op, req, kind->schema, NULL, NULL);
}
