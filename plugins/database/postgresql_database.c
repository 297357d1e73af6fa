/* A database.  CREATE DATABASE cannot be in a transaction, so the mark is its OWNER: a role that nobody can
 * log in with, called like the marker, which comes first and is part of the object.  A create is three steps:
 *
 *   the role and its comment     one transaction
 *   CREATE DATABASE ... OWNER    the database comes with its mark or not at all
 *   rights and a comment         one transaction
 *
 * all under one advisory lock of the session, so that whoever looks after a crash waits until nothing of it
 * can land any more.  Its id is made durable before the first step: what a crash leaves is gone on with, or
 * destroyed, role and all; what the server refuses takes its role along.  The role owns what migrations make.
 */
#include "kit_plan.h"
#include "postgresql_types.h"

#include <string.h>

/* Whose the database is.  A copy of ours has our role as owner too, but not its own name in the comment. */
#define COMMENT "pg_catalog.shobj_description(r.oid, 'pg_authid')"
#define MARKER                                                                                               \
    "case when " PGSQL_LINE(COMMENT, 1) " = 'landfall database' and " PGSQL_LINE(                            \
        COMMENT, 2) " = r.rolname"                                                                           \
                    " and " PGSQL_LINE(COMMENT, 4) " = d.datname then r.rolname end"
#define PUBLIC                                                                                               \
    "exists (select from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a"  \
    " where a.grantee = 0)"
#define SELECT                                                                                               \
    "select r.rolname, " MARKER ", " PUBLIC ", d.datcollate, nullif(" PGSQL_LINE(                            \
        COMMENT, 6) ", '')"                                                                                  \
                    " from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba where "   \
                    "d.datname = $1"
/* The role of our marker, which may be there without its database. */
#define SELECT_ROLE                                                                                          \
    "select 1 from pg_catalog.pg_roles r where r.rolname = $1 and " PGSQL_LINE(                              \
        COMMENT, 1) " = 'landfall database' and " PGSQL_LINE(COMMENT, 4) " = $2"

/* The locks are one name in one maintenance database: the session's and the transaction's wait for each
 * other. */
#define LOCK_SESSION     "pg_advisory_lock"
#define LOCK_TRANSACTION "pg_advisory_xact_lock"

struct subject {
    const char *name;
    size_t at;                /* where the answers of the last look are   */
    const char *state, *said; /* of the CREATE DATABASE that was refused  */
};

/* ---- what was seen ------------------------------------------------------------------------ */

static const char *name_of(const struct pgsql_job *job)
{
    return ((const struct subject *)job->user)->name;
}

static const char *seen(const struct pgsql_job *job, int column)
{
    return pgsql_job_value(job, ((const struct subject *)job->user)->at, 0, column);
}

static const char *owner_of(const struct pgsql_job *job)
{
    return seen(job, 0);
}

static bool has_role(const struct pgsql_job *job)
{
    return pgsql_job_rows(job, ((const struct subject *)job->user)->at + 1) > 0;
}

static bool is_ours(const struct pgsql_job *job)
{
    return pgsql_is_ours(job, seen(job, 1));
}

static bool has_option(const struct pgsql_job *job, const char *key)
{
    const char *path = kit_format(job->kit, job->op, "options.%s", key);
    return kit_has(job->kit, job->req->desired, path) || kit_has(job->kit, job->req->prior, path);
}

/* Only what was asked for, and that everybody may connect: nobody asked for that. */
static const struct lf_value *options_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *options = kit_map(kit, job->op);
    const char *is_public = seen(job, 2);
    bool open = is_public && is_public[0] == 't';
    if (open || has_option(job, "public_connect"))
        options = kit_put_bool(kit, job->op, options, "public_connect", open);
    if (has_option(job, "locale"))
        options = kit_put_text(kit, job->op, options, "locale", seen(job, 3));
    if (has_option(job, "template"))
        options = kit_put_text(kit, job->op, options, "template", seen(job, 4));
    return kit->values->count(options) > 0 || kit_has(kit, job->req->desired, "options") ? options : NULL;
}

static const struct lf_value *state_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct pgsql_server *server = job->server;
    const struct lf_value *options = options_of(job);
    const struct lf_value *state = kit_put_text(kit, job->op, kit_map(kit, job->op), "name", name_of(job));
    if (*server->cluster)
        state = kit_put_text(kit, job->op, state, "cluster", server->cluster);
    if (kit_has(kit, job->req->desired, "replicas") || kit_has(kit, job->req->prior, "replicas"))
        state = kit_put_int(kit, job->op, state, "replicas", 0);
    state = kit_put_text(kit, job->op, state, "place", server->place);
    state = kit_put_text(kit, job->op, state, "host", server->told_host);
    return options ? kit_put(kit, job->op, state, "options", options) : state;
}

static void ok(struct pgsql_job *job)
{
    pgsql_job_ok(job, seen(job, 1), state_of(job));
}

static void exists(struct pgsql_job *job)
{
    pgsql_job_exists(job, seen(job, 1), state_of(job));
}

/* ---- looking ------------------------------------------------------------------------------ */

static const char *turn_of(const struct pgsql_job *job)
{
    return kit_format(job->kit, job->op, "landfall database %s", name_of(job));
}

/* With what was added before, in one flight.  `lock` NULL: without one. */
static void look(struct pgsql_job *job, const char *lock, pgsql_then_fn *then)
{
    struct subject *subject = job->user;
    if (lock)
        PGSQL_ADD(
            job,
            kit_format(job->kit, job->op, "select pg_catalog.%s(pg_catalog.hashtextextended($1, 0))", lock),
            turn_of(job));
    subject->at = job->count;
    PGSQL_ADD(job, SELECT, subject->name);
    PGSQL_ADD(job, SELECT_ROLE, job->req->marker ? job->req->marker : "", subject->name);
    pgsql_job_fly(job, PGSQL_SAFE, then);
}

/* A destroy that was cut off between database and role is not done yet. */
static void looked(struct pgsql_job *job)
{
    bool recovers = job->req->verb == LF_VERB_RECOVER;
    if (owner_of(job) && recovers && !is_ours(job))
        exists(job);
    else if (owner_of(job))
        ok(job);
    else if (recovers && !job->req->desired && has_role(job))
        pgsql_job_ok(job, job->req->marker, job->req->prior);
    else
        pgsql_job_absent(job);
}

static void start_look(struct pgsql_job *job)
{
    look(job, job->req->read_only ? NULL : LOCK_TRANSACTION, looked);
}

/* ---- the role ----------------------------------------------------------------------------- */

static const char *quoted_marker(struct pgsql_job *job)
{
    return pgsql_job_name(job, job->req->marker);
}

static void comment_role(struct pgsql_job *job)
{
    const char *template = kit_get_text(job->kit, job->req->desired, "options.template");
    const char *text = kit_format(job->kit, job->op, "landfall database\n%s\n%s\n%s\n%s\n%s",
                                  job->req->marker, job->req->address ? job->req->address : "", name_of(job),
                                  job->server->cluster, template ? template : "");
    pgsql_job_print(job, "comment on role %s is %s", quoted_marker(job), pgsql_job_literal(job, text));
}

/* We become a member: only a member may make things in its name. */
static void add_role(struct pgsql_job *job)
{
    pgsql_job_print(job, "create role %s nologin role current_user", quoted_marker(job));
    comment_role(job);
}

/* ---- rights ------------------------------------------------------------------------------- */

/* Programs come in by database.user alone.  Statements that may be repeated at will. */
static void add_rights(struct pgsql_job *job)
{
    const char *name = pgsql_job_name(job, name_of(job));
    bool open = kit_get_bool(job->kit, job->req->desired, "options.public_connect", false);
    pgsql_job_print(job,
                    open ? "grant connect, temporary on database %s to public"
                         : "revoke all on database %s from public",
                    name);
    if (job->server->reader)
        pgsql_job_print(job, "grant connect on database %s to %s", name,
                        pgsql_job_name(job, job->server->reader));
    pgsql_job_print(
        job, "comment on database %s is %s", name,
        pgsql_job_literal(job, kit_format(job->kit, job->op, "landfall %s",
                                          job->req->address ? job->req->address : job->req->marker)));
}

/* ---- create ------------------------------------------------------------------------------- */

/* The session's lock goes, and with it the mark that says the session may not be used again. */
static void unlocked(struct pgsql_job *job)
{
    job->link->unclean = false;
    ok(job);
}

static void settle(struct pgsql_job *job)
{
    struct subject *subject = job->user;
    pgsql_job_print(job, "begin");
    add_rights(job);
    pgsql_job_print(job, "commit");
    subject->at = job->count;
    PGSQL_ADD(job, SELECT, subject->name);
    PGSQL_ADD(job, SELECT_ROLE, job->req->marker, subject->name);
    PGSQL_ADD(job, "select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended($1, 0))", turn_of(job));
    pgsql_job_fly(job, PGSQL_AT_RISK, unlocked);
}

static void made(struct pgsql_job *job)
{
    job->otherwise = NULL;
    settle(job);
}

static const struct pgsql_words no_template = {
    .code = "database.no_template",
    .path = "options.template",
    .summary = "there is no database to copy",
    .advice = "name one that is there, or leave `options.template` out",
};

static void not_made(struct pgsql_job *job)
{
    const struct subject *subject = job->user;
    if (strcmp(subject->state, "3D000") == 0)
        job->words = no_template;
    pgsql_job_fail_with(job, subject->state, subject->said);
}

/* A database that the server will not make leaves no role behind: the next try comes with another marker, and
 * would not know of this one.  Where the server keeps the role for a reason of its own, the sweep tells. */
static void unmake_role(struct pgsql_job *job)
{
    struct subject *subject = job->user;
    const char *state = pgsql_job_state(job);
    subject->state = kit_copy(job->kit, job->op, state, strlen(state));
    subject->said = pgsql_job_said(job);
    pgsql_job_print(job, "drop role %s", quoted_marker(job));
    job->otherwise = not_made;
    pgsql_job_fly(job, PGSQL_AT_RISK, not_made);
}

/* template0 takes no sessions, so nobody can be in the way; one of the operator's own may have some. */
static void make_database(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const char *template = kit_get_text(kit, job->req->desired, "options.template");
    const char *locale = kit_get_text(kit, job->req->desired, "options.locale");
    pgsql_job_print(job, "create database %s owner %s template %s encoding 'UTF8'%s%s",
                    pgsql_job_name(job, name_of(job)), quoted_marker(job),
                    pgsql_job_name(job, template ? template : "template0"), locale ? " locale " : "",
                    locale ? pgsql_job_literal(job, locale) : "");
    job->otherwise = unmake_role;
    pgsql_job_fly(job, PGSQL_AT_RISK, made);
}

static void make_role(struct pgsql_job *job)
{
    if (has_role(job)) {
        make_database(job);
        return;
    }
    pgsql_job_print(job, "begin");
    add_role(job);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, make_database);
}

static void saved(struct lf_op *op, void *user, int stop)
{
    struct pgsql_job *job = user;
    (void)op;
    if (stop)
        pgsql_job_finish(job, LF_END_CANCELED);
    else
        make_role(job);
}

static void decide_create(struct pgsql_job *job)
{
    if (owner_of(job) && !is_ours(job))
        exists(job);
    else if (owner_of(job))
        settle(job);
    else if (job->req->saved)
        make_role(job);
    else
        job->kit->ops->save(job->op, job->id, kit_map(job->kit, job->op), saved, job);
}

static void start_create(struct pgsql_job *job)
{
    /* Until the lock is given back the session is good for nothing else. */
    job->link->unclean = true;
    look(job, LOCK_SESSION, decide_create);
}

/* ---- update and adoption ------------------------------------------------------------------ */

static void updated(struct pgsql_job *job)
{
    pgsql_link_close_idle(job->self, job->server, name_of(job));
    ok(job);
}

/* Under a marker of landfall's the role goes over with all it owns; else a role of ours becomes the owner. */
static void take_over(struct pgsql_job *job)
{
    const char *marker = seen(job, 1);
    if (marker) {
        pgsql_job_print(job, "alter role %s rename to %s", pgsql_job_name(job, marker), quoted_marker(job));
        comment_role(job);
        return;
    }
    if (!has_role(job))
        add_role(job);
    pgsql_job_print(job, "alter database %s owner to %s", pgsql_job_name(job, name_of(job)),
                    quoted_marker(job));
}

static void decide_update(struct pgsql_job *job)
{
    struct subject *subject = job->user;
    if (!owner_of(job)) {
        pgsql_job_absent(job);
        return;
    }
    if (!kit_may_change(job->kit, job->req, seen(job, 1))) {
        exists(job);
        return;
    }
    if (!is_ours(job))
        take_over(job);
    add_rights(job);
    subject->at = job->count;
    PGSQL_ADD(job, SELECT, subject->name);
    PGSQL_ADD(job, SELECT_ROLE, job->req->marker, subject->name);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, updated);
}

static void start_update(struct pgsql_job *job)
{
    pgsql_job_print(job, "begin");
    look(job, LOCK_TRANSACTION, decide_update);
}

/* ---- destroy ------------------------------------------------------------------------------ */

static void destroyed(struct pgsql_job *job)
{
    job->link->unclean = false;
    pgsql_job_absent(job);
}

static void drop_role(struct pgsql_job *job)
{
    job->words = (struct pgsql_words){
        .code = "database.role_in_use",
        .summary = "the database's role owns something else",
        .advice = "give what the server names to another role, then destroy again",
    };
    /* Committed before the lock goes: whoever waits for it must not meet a role that is on its way out. */
    pgsql_job_print(job, "begin");
    pgsql_job_print(job, "drop role %s", quoted_marker(job));
    pgsql_job_print(job, "commit");
    PGSQL_ADD(job, "select pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended($1, 0))", turn_of(job));
    pgsql_job_fly(job, PGSQL_AT_RISK, destroyed);
}

/* The owner was compared under the lock.  A session of ours in the database would be in the way. */
static void decide_destroy(struct pgsql_job *job)
{
    if (owner_of(job) && !is_ours(job)) {
        exists(job);
    } else if (owner_of(job)) {
        pgsql_link_close_idle(job->self, job->server, name_of(job));
        pgsql_job_print(job, "drop database %s", pgsql_job_name(job, name_of(job)));
        pgsql_job_fly(job, PGSQL_AT_RISK, drop_role);
    } else if (has_role(job)) {
        drop_role(job);
    } else {
        pgsql_job_absent(job);
    }
}

static void start_destroy(struct pgsql_job *job)
{
    job->link->unclean = true;
    look(job, LOCK_SESSION, decide_destroy);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static pgsql_then_fn *const starts[] = {
    [LF_VERB_READ] = start_look,     [LF_VERB_FIND] = start_look,     [LF_VERB_RECOVER] = start_look,
    [LF_VERB_CREATE] = start_create, [LF_VERB_UPDATE] = start_update, [LF_VERB_DESTROY] = start_destroy,
};

/* By the id where there is one; else by what is asked for. */
static const char *place_of(const struct pgsql *self, struct lf_op *op, const struct lf_request *req,
                            const struct pgsql_server **server, const char **id)
{
    const struct kit *kit = &self->kit;
    const char *name = pgsql_asked(kit, req->desired, "name");
    const char *cluster = pgsql_asked(kit, req->desired, "cluster");
    *id = req->id;
    if (!*id && name)
        *id = cluster ? kit_format(kit, op, "%s/%s", cluster, name) : name;
    return *id ? pgsql_database_of(self, *id, server) : NULL;
}

static void no_server(const struct kit *kit, struct lf_op *op, const struct lf_request *req)
{
    bool names = kit_has(kit, req->desired, "cluster");
    kit_refuse(kit, op, "database.no_cluster", "cluster",
               names ? "the settings list no such cluster" : "the database names no cluster",
               names ? kit_get_text(kit, req->desired, "cluster")
                     : "and the settings have no server of their own",
               "give the id of a database.cluster, and list it in `clusters` of the drivers block");
}

void pgsql_database(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    const struct pgsql_server *server = NULL;
    const char *id = NULL;
    const char *name = place_of(pgsql, op, req, &server, &id);
    if (!name) {
        no_server(&pgsql->kit, op, req);
        return;
    }
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    struct subject *subject = job->kit->ops->scratch(op, sizeof(*subject));
    subject->name = kit_copy(job->kit, op, name, strlen(name));
    job->user = subject;
    job->id = kit_copy(job->kit, op, id, strlen(id));
    pgsql_job_connect(job, server, server->dbname, starts[req->verb]);
}

const char *pgsql_database_lane(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct pgsql *pgsql = self;
    const struct pgsql_server *server = NULL;
    const char *id = NULL;
    return place_of(pgsql, op, req, &server, &id)
               ? kit_format(&pgsql->kit, op, "database-postgresql %.128s", id)
               : NULL;
}

/* ---- plan --------------------------------------------------------------------------------- */

static const char *const options[] = {"public_connect", "locale", "template", NULL};
static const char *const fixed_options[] = {"locale", "template"};
static const char *const of_a_cluster[] = {"size", "storage_gb"};

static bool check_shape(const struct kit *kit, struct lf_op *op, const struct lf_value *desired)
{
    const char *path = kit_get_int(kit, desired, "replicas", 0) != 0 ? "replicas" : NULL;
    for (size_t i = 0; i < sizeof(of_a_cluster) / sizeof(of_a_cluster[0]); i++)
        path = kit_has(kit, desired, of_a_cluster[i]) ? of_a_cluster[i] : path;
    if (!path)
        return true;
    kit_refuse(kit, op, "database.not_offered", path, "a database here has none of its own",
               "size, storage_gb and replicas are its cluster's", "ask for them in the database.cluster");
    return false;
}

/* Texts that would have to be another database. */
static bool check_options(const struct kit *kit, struct lf_op *op, const struct lf_request *req)
{
    const struct lf_value *is_public = kit_get(kit, req->desired, "options.public_connect");
    if (!pgsql_check_options(kit, op, req->desired, options))
        return false;
    if (is_public && kit->values->kind(is_public) != LF_KIND_BOOL) {
        kit_refuse(kit, op, "database.bad_option", "options.public_connect", "it is true or false", NULL,
                   NULL);
        return false;
    }
    for (size_t i = 0; i < sizeof(fixed_options) / sizeof(fixed_options[0]); i++) {
        const char *path = kit_format(kit, op, "options.%s", fixed_options[i]);
        const struct lf_value *want = kit_get(kit, req->desired, path);
        bool bad = want && (kit->values->kind(want) != LF_KIND_TEXT || !pgsql_asked(kit, req->desired, path));
        if (!bad && (!want || !req->prior || kit_is_same(kit, want, kit_get(kit, req->prior, path))))
            continue;
        kit_refuse(kit, op, bad ? "database.bad_option" : "database.fixed_option", path,
                   bad ? "the option is a text" : "a database keeps this for life", NULL,
                   bad ? "give a text" : "leave it as it was, or make a database of another name");
        return false;
    }
    return true;
}

static bool check_place(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                        const struct pgsql_server *server)
{
    const char *place = kit_get_text(kit, desired, "place");
    if (!place || (server->place && strcmp(place, server->place) == 0))
        return true;
    kit_refuse(kit, op, "database.other_place", "place", "its server is somewhere else",
               kit_format(kit, op, "the step asks for '%.80s', the settings say '%.80s'", place,
                          server->place ? server->place : ""),
               "give it a cluster in that place, or say in the settings where the server is");
    return false;
}

/* Which cluster it will be is not known yet, but one of the settings' it must be. */
static bool check_any_place(const struct pgsql *self, struct lf_op *op, const struct lf_value *desired)
{
    const char *place = kit_get_text(&self->kit, desired, "place");
    bool offered = !place;
    for (size_t i = 0; i < self->server_count; i++)
        offered = offered || (self->servers[i].place && strcmp(self->servers[i].place, place) == 0);
    if (!offered)
        kit_refuse(&self->kit, op, "database.other_place", "place", "no server of the settings is there",
                   kit_format(&self->kit, op, "the step asks for '%.80s'", place),
                   "say in the settings which cluster is in that place, or change the step");
    return offered;
}

void pgsql_database_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct pgsql *pgsql = self;
    const struct kit *kit = &pgsql->kit;
    const struct lf_value *desired = req->desired;
    const struct lf_value *computed = kit_map(kit, op);
    const struct pgsql_server *server = NULL;
    if (desired && (!pgsql_check_name(kit, op, desired, "name") || !check_shape(kit, op, desired) ||
                    !check_options(kit, op, req)))
        return;
    /* The cluster may be known by the next step only. */
    const struct lf_value *cluster = kit_get(kit, desired, "cluster");
    if (desired && (!cluster || kit->values->kind(cluster) != LF_KIND_UNKNOWN)) {
        server = pgsql_server_of(pgsql, cluster ? kit->values->as_text(cluster, NULL) : NULL);
        if (!server) {
            no_server(kit, op, req);
            return;
        }
        if (!check_place(kit, op, desired, server))
            return;
        computed = kit_put_text(kit, op, computed, "place", server->place);
        computed = kit_put_text(kit, op, computed, "host", server->told_host);
    } else if (desired && !check_any_place(pgsql, op, desired)) {
        return;
    }
    kit_plan(kit, self, op, req, &lf_database_database, computed, NULL);
}

/* ---- owned -------------------------------------------------------------------------------- */

/* Our roles, each with the database of its comment: also one whose database is not there. */
#define OWNED                                                                                                \
    "select " PGSQL_LINE(COMMENT, 4) ", r.rolname, " PGSQL_LINE(COMMENT, 3) ", " PGSQL_LINE(                 \
        COMMENT, 5) " from pg_catalog.pg_roles r where " PGSQL_LINE(COMMENT,                                 \
                                                                    1) " = 'landfall database' "             \
                                                                       "and " PGSQL_LINE(COMMENT,            \
                                                                                         2) " = r.rolname "  \
                                                                                            "order by 1"

/* Several clusters on one server share its roles: each tells its own. */
static void heard(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const char *own = job->server->cluster;
    for (int row = 0; row < pgsql_job_rows(job, 0); row++) {
        const char *name = pgsql_job_value(job, 0, row, 0), *cluster = pgsql_job_value(job, 0, row, 3);
        if (strcmp(cluster ? cluster : "", own) == 0)
            pgsql_sweep_found(job, *own ? kit_format(kit, job->op, "%s/%s", own, name) : name,
                              pgsql_job_value(job, 0, row, 1), pgsql_job_value(job, 0, row, 2));
    }
    pgsql_sweep_next(job);
}

static void ask(struct pgsql_job *job)
{
    pgsql_job_print(job, OWNED);
    pgsql_job_fly(job, PGSQL_SAFE, heard);
}

void pgsql_database_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    pgsql_sweep(self, op, req, ask);
}
