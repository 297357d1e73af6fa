/* A user is a role that may log in, called DATABASE_USER because roles belong to the whole server.  Role,
 * comment and rights are one transaction in its database.
 *
 * What it may do is default privileges of the database's owner, so that it holds for tables made later, and
 * grants on what is there.  An admin is a member of the owner and works in its name: what it makes belongs to
 * the owner like everything else, and the others may use it. */
#include "kit_plan.h"
#include "postgresql_types.h"

#include <string.h>

#define PASSWORD_MAX 1024

#define COMMENT "pg_catalog.shobj_description(r.oid, 'pg_authid')"
#define MARKER                                                                                               \
    "case when " PGSQL_LINE(COMMENT, 1) " = 'landfall user' and " PGSQL_LINE(                                \
        COMMENT, 4) " = $2 and " PGSQL_LINE(COMMENT, 5) " = $3 then " PGSQL_LINE(COMMENT, 2) " end"

/* What its rights add up to: a role of the contract, or null where somebody has changed them. */
#define SELECT                                                                                               \
    "select " MARKER ", case when not r.rolcanlogin or not exists (select from"                              \
    "  pg_catalog.aclexplode(d.datacl) a where a.grantee = r.oid and a.privilege_type = 'CONNECT') then "    \
    "null"                                                                                                   \
    " when exists (select from pg_catalog.pg_auth_members m where m.roleid = d.datdba and m.member = r.oid)" \
    "  then 'admin'"                                                                                         \
    " when p.rights = 'SELECT' then 'read'"                                                                  \
    " when p.rights = 'DELETE INSERT SELECT UPDATE' then 'write' end"                                        \
    " from pg_catalog.pg_roles r, pg_catalog.pg_database d,"                                                 \
    " lateral (select pg_catalog.string_agg(a.privilege_type, ' ' order by a.privilege_type) as rights"      \
    "  from pg_catalog.pg_default_acl x, pg_catalog.aclexplode(x.defaclacl) a where x.defaclrole = d.datdba" \
    "  and x.defaclnamespace = 0 and x.defaclobjtype = 'r' and a.grantee = r.oid) p"                         \
    " where r.rolname = $1 and d.datname = pg_catalog.current_database()"

struct subject {
    struct pgsql_within within;
    const char *login;
    size_t at; /* where the answer of the last look is */
};

/* ---- what was seen ------------------------------------------------------------------------ */

static const struct subject *subject_of(const struct pgsql_job *job)
{
    return job->user;
}

static bool is_there(const struct pgsql_job *job)
{
    return pgsql_job_rows(job, subject_of(job)->at) > 0;
}

static const char *marker_of(const struct pgsql_job *job)
{
    return pgsql_job_value(job, subject_of(job)->at, 0, 0);
}

/* The server does not tell passwords; what was asked for is what is true now. */
static const struct lf_value *state_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct subject *subject = subject_of(job);
    const char *slash = strrchr(subject->within.id, '/');
    const struct lf_value *state = kit_map(kit, job->op);
    state = kit_put_text(kit, job->op, state, "database",
                         kit_copy(kit, job->op, subject->within.id, (size_t)(slash - subject->within.id)));
    state = kit_put_text(kit, job->op, state, "name", subject->within.name);
    state = kit_put_text(kit, job->op, state, "role", pgsql_job_value(job, subject->at, 0, 1));
    state = kit_put_text(kit, job->op, state, "login", subject->login);
    bool set = (job->req->verb == LF_VERB_CREATE || job->req->verb == LF_VERB_UPDATE) &&
               kit_has(kit, job->req->desired, "password");
    return set ? kit_put(kit, job->op, state, "password", kit_get(kit, job->req->desired, "password"))
               : state;
}

static void ok(struct pgsql_job *job)
{
    pgsql_job_ok(job, marker_of(job), state_of(job));
}

static void add_look(struct pgsql_job *job)
{
    struct subject *subject = job->user;
    subject->at = job->count;
    PGSQL_ADD(job, SELECT, subject->login, subject->within.database, subject->within.name);
}

/* ---- looking ------------------------------------------------------------------------------ */

static void looked(struct pgsql_job *job)
{
    if (!is_there(job))
        pgsql_job_absent(job);
    else if (job->req->verb == LF_VERB_RECOVER && !pgsql_is_ours(job, marker_of(job)))
        pgsql_job_exists(job, marker_of(job), state_of(job));
    else
        ok(job);
}

static void look(struct pgsql_job *job)
{
    if (!job->req->read_only)
        PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    add_look(job);
    pgsql_job_fly(job, PGSQL_SAFE, looked);
}

/* ---- making ------------------------------------------------------------------------------- */

/* Run by the server, which quotes the names it puts in.  Tables and schemas of others are left alone: nobody
 * but their owner can give rights to them. */
/* clang-format off */
static const char grant[] =
    "do $landfall$ declare"
    "  who name := pg_catalog.current_setting('landfall.who');"
    "  wanted text := pg_catalog.current_setting('landfall.wanted');"
    "  here name := pg_catalog.current_database();"
    "  owner name := (select r.rolname from pg_catalog.pg_database d join pg_catalog.pg_roles r"
    "    on r.oid = d.datdba where d.datname = here);"
    "  on_tables text := case wanted when 'read' then 'select' else 'select, insert, update, delete' end;"
    "  on_sequences text := case wanted when 'read' then 'select' else 'usage, select' end;"
    "  one record;"
    " begin"
    "  execute format('grant connect, temporary on database %I to %I', here, who);"
    "  execute format('alter default privileges for role %I revoke all on tables from %I', owner, who);"
    "  execute format('alter default privileges for role %I revoke all on sequences from %I', owner, who);"
    "  execute format('alter default privileges for role %I revoke all on schemas from %I', owner, who);"
    "  if wanted = 'admin' then"
    "    execute format('grant %I to %I', owner, who);"
    "    execute format('alter role %I in database %I set role = %L', who, here, owner);"
    "  else"
    "    if exists (select from pg_catalog.pg_auth_members m where m.roleid = (select oid from"
    "        pg_catalog.pg_roles where rolname = owner)"
    "        and m.member = (select oid from pg_catalog.pg_roles where rolname = who)) then"
    "      execute format('revoke %I from %I', owner, who);"
    "    end if;"
    "    execute format('alter role %I in database %I reset role', who, here);"
    "    execute format('alter default privileges for role %I grant %s on tables to %I', owner, on_tables, who);"
    "    execute format('alter default privileges for role %I grant %s on sequences to %I', owner,"
    "      on_sequences, who);"
    "    execute format('alter default privileges for role %I grant usage on schemas to %I', owner, who);"
    "  end if;"
    "  for one in select n.nspname from pg_catalog.pg_namespace n where n.nspname !~ '^pg_'"
    "      and n.nspname not in ('information_schema', 'landfall')"
    "      and pg_catalog.pg_has_role(n.nspowner, 'usage') loop"
    "    execute format('revoke all on schema %I from %I', one.nspname, who);"
    "    if wanted <> 'admin' then"
    "      execute format('grant usage on schema %I to %I', one.nspname, who);"
    "    end if;"
    "  end loop;"
    "  for one in select c.oid, c.relkind from pg_catalog.pg_class c join pg_catalog.pg_namespace n"
    "      on n.oid = c.relnamespace where n.nspname !~ '^pg_'"
    "      and n.nspname not in ('information_schema', 'landfall')"
    "      and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and pg_catalog.pg_has_role(c.relowner, 'usage') loop"
    "    execute format('revoke all on %s from %I', one.oid::regclass, who);"
    "    if wanted <> 'admin' then"
    "      execute format('grant %s on %s %s to %I', case one.relkind when 'S' then on_sequences else on_tables end,"
    "        case one.relkind when 'S' then 'sequence' else 'table' end, one.oid::regclass, who);"
    "    end if;"
    "  end loop;"
    " end $landfall$";
/* clang-format on */

/* The verifier that the server would make itself, made here: the password stays here.  Gives NULL after a
 * refusal. */
static const char *verifier(struct pgsql_job *job, const struct lf_value *password)
{
    size_t len = 0;
    const char *bytes = job->kit->values->reveal(job->op, password, &len);
    bool good = bytes && len > 0 && len <= PASSWORD_MAX && strlen(bytes) == len;
    char *made =
        good ? PQencryptPasswordConn(job->link->conn, bytes, subject_of(job)->login, "scram-sha-256") : NULL;
    const char *literal = made ? pgsql_job_literal(job, made) : NULL;
    PQfreemem(made);
    if (!literal)
        pgsql_job_refuse(job, "database.bad_password", "password", "the password cannot be used",
                         "it must be a text of 1 to 1024 bytes", "check the secret it comes from");
    return literal;
}

static void write_role(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct subject *subject = subject_of(job);
    const struct lf_value *asked = kit_get(kit, job->req->desired, "password");
    bool has_password = kit_has(kit, job->req->desired, "password");
    const char *password = has_password ? verifier(job, asked) : "null";
    const char *role = kit_get_text(kit, job->req->desired, "role");
    if (!password)
        return;
    pgsql_job_print(job, "%s role %s login password %s", is_there(job) ? "alter" : "create",
                    pgsql_job_name(job, subject->login), password);
    const char *text = kit_format(kit, job->op, "landfall user\n%s\n%s\n%s\n%s\n%s", job->req->marker,
                                  job->req->address ? job->req->address : "", subject->within.database,
                                  subject->within.name, job->server->cluster);
    pgsql_job_print(job, "comment on role %s is %s", pgsql_job_name(job, subject->login),
                    pgsql_job_literal(job, text));
    PGSQL_ADD(job,
              "select pg_catalog.set_config('landfall.who', $1, true),"
              " pg_catalog.set_config('landfall.wanted', $2, true)",
              subject->login, role ? role : "read");
    pgsql_job_add(job, grant, NULL, 0);
    add_look(job);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, ok);
}

/* ---- removing ----------------------------------------------------------------------------- */

/* What it owns in this database goes to the database's owner, so that no table is dropped with a user. */
static void drop_role(struct pgsql_job *job)
{
    const char *login = pgsql_job_name(job, subject_of(job)->login);
    job->words = (struct pgsql_words){
        .code = "database.user_in_use",
        .summary = "the user's role still owns something",
        .advice = "give what the server names to another role, then destroy again",
    };
    if (strcmp(job->database, subject_of(job)->within.database) == 0) {
        pgsql_job_print(job, "grant %s to current_user", login);
        PGSQL_ADD(job, "select pg_catalog.set_config('landfall.who', $1, true)", subject_of(job)->login);
        pgsql_job_print(job, "do $landfall$ begin execute format('reassign owned by %%I to %%I',"
                             " pg_catalog.current_setting('landfall.who'), (select r.rolname from"
                             " pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba"
                             " where d.datname = pg_catalog.current_database())); end $landfall$");
        pgsql_job_print(job, "drop owned by %s", login);
    }
    pgsql_job_print(job, "drop role %s", login);
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, pgsql_job_absent);
}

static void check_owned(struct pgsql_job *job)
{
    const char *other = pgsql_job_value(job, 0, 0, 0);
    if (other)
        pgsql_job_refuse(job, "database.user_in_use", NULL, "the user owns a whole database",
                         kit_format(job->kit, job->op, "'%.80s'", other),
                         "give that database to another role, then destroy again");
    else
        drop_role(job);
}

static void remove_role(struct pgsql_job *job)
{
    PGSQL_ADD(job,
              "select d.datname from pg_catalog.pg_database d join pg_catalog.pg_roles r on r.oid = d.datdba"
              " where r.rolname = $1",
              subject_of(job)->login);
    pgsql_job_fly(job, PGSQL_SAFE, check_owned);
}

/* ---- changing ----------------------------------------------------------------------------- */

static void decide(struct pgsql_job *job)
{
    const char *marker = marker_of(job);
    if (!is_there(job) && job->req->verb != LF_VERB_CREATE)
        pgsql_job_absent(job);
    else if (is_there(job) && !kit_may_change(job->kit, job->req, marker))
        pgsql_job_exists(job, marker, state_of(job));
    else if (job->req->verb == LF_VERB_DESTROY)
        remove_role(job);
    else
        write_role(job);
}

static void change(struct pgsql_job *job)
{
    pgsql_job_print(job, "begin");
    PGSQL_ADD(job, PGSQL_LOCK, PGSQL_TURN);
    add_look(job);
    pgsql_job_fly(job, PGSQL_SAFE, decide);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static bool check_login(const struct kit *kit, struct lf_op *op, const char *database, const char *name,
                        const char **login)
{
    *login = kit_format(kit, op, "%s_%s", database, name);
    if (strlen(*login) <= PGSQL_NAME_MAX)
        return true;
    kit_refuse(kit, op, "database.bad_name", "name", "the user's role would have too long a name",
               kit_format(kit, op, "'%.140s' has %zu bytes, PostgreSQL takes %d", *login, strlen(*login),
                          PGSQL_NAME_MAX),
               "shorten the name of the database or of the user");
    return false;
}

/* A role is there even when its database is not. */
static void look_elsewhere(struct pgsql_job *job)
{
    bool looks = !kit_changes(job->req) || job->req->verb == LF_VERB_DESTROY;
    if (!looks) {
        kit_refuse(job->kit, job->op, "database.no_database", "database", "the database is not there",
                   subject_of(job)->within.database, "declare it as a database.database and give its id");
        return;
    }
    pgsql_job_connect(job, job->server, job->server->dbname, kit_changes(job->req) ? change : look);
}

void pgsql_user(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    struct pgsql_within within = {0};
    const char *login = NULL;
    if (!pgsql_within_of(pgsql, op, req, &within) ||
        !check_login(&pgsql->kit, op, within.database, within.name, &login))
        return;
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    struct subject *subject = job->kit->ops->scratch(op, sizeof(*subject));
    subject->within = within;
    subject->login = login;
    job->user = subject;
    job->id = within.id;
    job->no_database = look_elsewhere;
    pgsql_job_connect(job, within.server, within.database, kit_changes(req) ? change : look);
}

static bool check_role(const struct kit *kit, struct lf_op *op, const struct lf_value *desired)
{
    const char *role = kit_get_text(kit, desired, "role");
    if (!role || strcmp(role, "read") == 0 || strcmp(role, "write") == 0 || strcmp(role, "admin") == 0)
        return true;
    kit_refuse(kit, op, "database.bad_role", "role", "there is no such role",
               kit_format(kit, op, "'%.80s' is not read, write or admin", role), "choose one of the three");
    return false;
}

void pgsql_user_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    static const char *const none[] = {NULL};
    const struct pgsql *pgsql = self;
    const struct kit *kit = &pgsql->kit;
    const struct lf_value *computed = kit_map(kit, op);
    const struct pgsql_server *server = NULL;
    const char *login = NULL;
    if (req->desired &&
        (!pgsql_check_name(kit, op, req->desired, "name") || !pgsql_check_database(pgsql, op, req->desired) ||
         !check_role(kit, op, req->desired) || !pgsql_check_options(kit, op, req->desired, none)))
        return;
    const char *id = pgsql_asked(kit, req->desired, "database");
    const char *database = id ? pgsql_database_of(pgsql, id, &server) : NULL;
    const char *name = pgsql_asked(kit, req->desired, "name");
    if (database && name && !check_login(kit, op, database, name, &login))
        return;
    computed = kit_put_text(kit, op, computed, "login", login);
    kit_plan(kit, self, op, req, &lf_database_user, computed, NULL);
}

/* ---- owned -------------------------------------------------------------------------------- */

#define OWNED                                                                                                \
    "select " PGSQL_LINE(COMMENT, 2) ", " PGSQL_LINE(COMMENT, 3) ", " PGSQL_LINE(                            \
        COMMENT, 4) ", " PGSQL_LINE(COMMENT, 5) ", " PGSQL_LINE(COMMENT,                                     \
                                                                6) " from pg_catalog.pg_roles r "            \
                                                                   "where " PGSQL_LINE(COMMENT,              \
                                                                                       1) " = 'landfall "    \
                                                                                          "user' order by "  \
                                                                                          "r.rolname"

static void heard(struct pgsql_job *job)
{
    const char *own = job->server->cluster;
    for (int row = 0; row < pgsql_job_rows(job, 0); row++) {
        const char *cluster = pgsql_job_value(job, 0, row, 4);
        if (strcmp(cluster ? cluster : "", own) != 0)
            continue;
        const char *id = kit_format(job->kit, job->op, "%s%s%s/%s", own, *own ? "/" : "",
                                    pgsql_job_value(job, 0, row, 2), pgsql_job_value(job, 0, row, 3));
        pgsql_sweep_found(job, id, pgsql_job_value(job, 0, row, 0), pgsql_job_value(job, 0, row, 1));
    }
    pgsql_sweep_next(job);
}

static void ask(struct pgsql_job *job)
{
    pgsql_job_print(job, OWNED);
    pgsql_job_fly(job, PGSQL_SAFE, heard);
}

void pgsql_user_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    pgsql_sweep(self, op, req, ask);
}
