/* A grant: what one user may do with one object, beyond what its role says.  The server's access lists carry
 * no mark, so a grant is a row of the ledger as well, written in the same transaction.  The row remembers
 * which privileges were really added: what is taken back is those and no others. */
#include "postgresql_object.h"

#include <string.h>

/* The privileges each kind of object knows, with a blank around each. */
static const struct {
    const char *kind;
    const char *privileges;
} kinds[] = {
    {"table", " select insert update delete truncate references trigger "},
    {"sequence", " usage select update "},
    {"schema", " usage create "},
    {"function", " execute "},
};

/* clang-format off */
static const char table[] =
    "create table if not exists landfall.grants (name text primary key, username text not null,"
    " login text not null, kind text not null, object text not null, privileges jsonb not null default '[]',"
    " added jsonb not null default '[]', marker text, address text)";

/* The access list of the row's object, as far as it is about the row's user. */
#define HAS                                                                                                  \
    "(select coalesce(pg_catalog.jsonb_agg(pg_catalog.lower(a.privilege_type)), '[]') from"                  \
    " pg_catalog.aclexplode(case g.kind"                                                                     \
    "  when 'schema' then (select n.nspacl from pg_catalog.pg_namespace n where n.nspname = g.object)"       \
    "  when 'function' then (select f.proacl from pg_catalog.pg_proc f where f.oid ="                        \
    "    pg_catalog.to_regprocedure(g.object))"                                                              \
    "  else (select c.relacl from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass(g.object))"     \
    " end) a join pg_catalog.pg_roles r on r.oid = a.grantee where r.rolname = g.login)"

/* From the row, and what is asked now, to what the server is told: it knows how its objects are written. */
static const char carry_out[] =
    "do $landfall$ declare"
    "  wanted jsonb := pg_catalog.current_setting('landfall.wanted')::jsonb;"
    "  g landfall.grants; has jsonb; added jsonb := '[]'; target text; p text;"
    " begin"
    "  select * into strict g from landfall.grants where name = pg_catalog.current_setting('landfall.name');"
    "  target := case g.kind when 'schema' then (select format('schema %I', n.nspname)"
    "      from pg_catalog.pg_namespace n where n.nspname = g.object)"
    "    when 'function' then 'function ' || pg_catalog.to_regprocedure(g.object)::text"
    "    else g.kind || ' ' || pg_catalog.to_regclass(g.object)::text end;"
    "  if target is null and wanted <> '[]' then"
    "    raise exception 'there is no % %', g.kind, g.object using errcode = '42704';"
    "  end if;"
    "  has := " HAS ";"
    "  for p in select v from pg_catalog.jsonb_array_elements_text(g.added) v"
    "      where target is not null and not wanted ? v loop"
    "    execute format('revoke %s on %s from %I', p, target, g.login);"
    "  end loop;"
    "  for p in select v from pg_catalog.jsonb_array_elements_text(wanted) v"
    "      where g.added ? v or not has ? v loop"
    "    added := added || pg_catalog.to_jsonb(p);"
    "    execute format('grant %s on %s to %I', p, target, g.login);"
    "  end loop;"
    "  update landfall.grants u set privileges = wanted, added = s.added from (select added) s"
    "    where u.name = g.name;"
    " end $landfall$";
/* clang-format on */

static const char *asked(const struct pgsql_job *job, const char *key)
{
    return pgsql_asked(job->kit, job->req->desired, key);
}

static void add_change(struct pgsql_job *job, const char *wanted)
{
    PGSQL_ADD(job,
              "select pg_catalog.set_config('landfall.name', $1, true),"
              " pg_catalog.set_config('landfall.wanted', $2, true)",
              pgsql_object_of(job)->within.name, wanted);
    pgsql_job_add(job, carry_out, NULL, 0);
}

/* The login of a user of this database, by its id. */
static const char *login_of(const struct pgsql_job *job, const char *user)
{
    const char *slash = strrchr(user, '/');
    return kit_format(job->kit, job->op, "%s_%s", pgsql_object_of(job)->within.database, slash + 1);
}

static bool write_grant(struct pgsql_job *job)
{
    const char *user = asked(job, "user"), *kind = asked(job, "kind");
    PGSQL_ADD(job,
              "insert into landfall.grants (name, username, login, kind, object, marker, address)"
              " values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do update set"
              " marker = excluded.marker, address = excluded.address",
              pgsql_object_of(job)->within.name, user, login_of(job, user), kind ? kind : "table",
              asked(job, "object"), job->req->marker, job->req->address);
    add_change(job,
               job->kit->values->to_json(job->op, kit_get(job->kit, job->req->desired, "privileges"), NULL));
    return true;
}

static bool take_back(struct pgsql_job *job)
{
    add_change(job, "[]");
    PGSQL_ADD(job, "delete from landfall.grants where name = $1", pgsql_object_of(job)->within.name);
    return true;
}

/* What was asked and is still there: a privilege taken away by hand is seen. */
static const struct lf_value *state(struct pgsql_job *job, const struct lf_value *state)
{
    static const char *const keys[] = {"user", "kind", "object"};
    for (int i = 0; i < 3; i++)
        state = kit_put_text(job->kit, job->op, state, keys[i], pgsql_object_seen(job, i + 1));
    return kit_put(job->kit, job->op, state, "privileges", pgsql_object_list(job, 4));
}

/* ---- the rules ---------------------------------------------------------------------------- */

static const char *known_privileges(const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].privileges;
    return NULL;
}

static bool check_privileges(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                             const char *known)
{
    const struct lf_value *list = kit_get(kit, desired, "privileges");
    size_t count = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *one = kit->values->as_text(kit->values->at(list, i, NULL), NULL);
        if (!one || (*one && !strchr(one, ' ') && strstr(known, kit_format(kit, op, " %s ", one))))
            continue;
        kit_refuse(kit, op, "database.bad_privilege", kit_format(kit, op, "privileges[%zu]", i),
                   "there is no such privilege here",
                   kit_format(kit, op, "'%.40s' is none of:%s", one, known), "write them in small letters");
        return false;
    }
    return true;
}

static bool check(const struct pgsql *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &self->kit;
    const char *kind = pgsql_asked(kit, req->desired, "kind");
    const char *known = known_privileges(kind ? kind : "table");
    const char *user = pgsql_asked(kit, req->desired, "user");
    const char *database = pgsql_asked(kit, req->desired, "database");
    size_t len = database ? strlen(database) : 0;
    if (!known) {
        kit_refuse(kit, op, "database.bad_kind", "kind", "there is no such kind of object",
                   kit_format(kit, op, "'%.40s' is not table, sequence, schema or function", kind),
                   "choose one of the four");
        return false;
    }
    if (user && database &&
        (strncmp(user, database, len) != 0 || user[len] != '/' || strchr(user + len + 1, '/'))) {
        kit_refuse(kit, op, "database.bad_name", "user", "that is no user of this database",
                   kit_format(kit, op, "'%.100s'", user),
                   "give the id of a database.user of the same database");
        return false;
    }
    return check_privileges(kit, op, req->desired, known);
}

static const struct pgsql_kind grants = {
    .what = "landfall grant",
    .schema = &lf_database_grant,
    .ledger = table,
    .select = "select g.marker, g.username, g.kind, g.object, (select coalesce(pg_catalog.jsonb_agg(v), '[]')"
              " from pg_catalog.jsonb_array_elements_text(g.privileges) v where " HAS
              " ? v) from landfall.grants g where g.name = $1",
    .owned = "select name, marker, address from landfall.grants where marker is not null order by name",
    .state = state,
    .create = write_grant,
    .update = write_grant,
    .destroy = take_back,
    .check = check,
};
PGSQL_OBJECT(grant, grants)
