/* A publication: the tables whose changes go to subscribers.  Its mark is its comment.  It belongs to the
 * database's owner, except one of all tables, which only a superuser may make. */
#include "postgresql_object.h"

#include <string.h>

static const char *const operations[] = {"insert", "update", "delete", "truncate"};

/* clang-format off */
static const char carry_out[] =
    "do $landfall$ declare"
    "  v_name name := pg_catalog.current_setting('landfall.name');"
    "  tables jsonb := nullif(pg_catalog.current_setting('landfall.tables'), '')::jsonb;"
    "  operations text := pg_catalog.current_setting('landfall.operations');"
    "  is_all bool := (select p.puballtables from pg_catalog.pg_publication p where p.pubname = v_name);"
    "  list text;"
    " begin"
    "  if pg_catalog.current_setting('wal_level') <> 'logical' then"
    "    raise exception 'wal_level is %, and nothing can be published', pg_catalog.current_setting('wal_level')"
    "      using errcode = '0A000', hint = 'set wal_level = logical and restart the server';"
    "  end if;"
    "  list := case when tables is null then 'for all tables' else (select 'for table ' ||"
    "    pg_catalog.string_agg(t::regclass::text, ', ') from pg_catalog.jsonb_array_elements_text(tables) t) end;"
    "  if is_all is not null and is_all <> (tables is null) then"
    "    execute format('drop publication %I', v_name);"
    "    is_all := null;"
    "  end if;"
    "  if is_all is null then"
    "    execute format('create publication %I %s with (publish = %L)', v_name, list, operations);"
    "  else"
    "    execute format('alter publication %I set (publish = %L)', v_name, operations);"
    "    if not is_all then"
    "      execute format('alter publication %I set %s', v_name, pg_catalog.substr(list, 5));"
    "    end if;"
    "  end if;"
    " end $landfall$";
/* clang-format on */

static const char *operations_of(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *list = kit_get(kit, job->req->desired, "operations");
    size_t count = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    struct kit_text text = {0};
    for (size_t i = 0; i < count; i++)
        kit_text_print(kit, job->op, &text, "%s%s", i > 0 ? ", " : "",
                       kit->values->as_text(kit->values->at(list, i, NULL), NULL));
    return text.bytes ? text.bytes : "insert, update, delete, truncate";
}

/* NULL: all of them. */
static const char *tables_of(const struct pgsql_job *job, const struct lf_value *from)
{
    const struct lf_value *list = kit_get(job->kit, from, "tables");
    bool has = list && job->kit->values->kind(list) == LF_KIND_LIST;
    return has ? job->kit->values->to_json(job->op, list, NULL) : NULL;
}

static bool write_publication(struct pgsql_job *job)
{
    const char *tables = tables_of(job, job->req->desired);
    if (tables)
        pgsql_object_as_owner(job);
    PGSQL_ADD(job,
              "select pg_catalog.set_config('landfall.name', $1, true),"
              " pg_catalog.set_config('landfall.tables', $2, true),"
              " pg_catalog.set_config('landfall.operations', $3, true)",
              pgsql_object_of(job)->within.name, tables ? tables : "", operations_of(job));
    pgsql_job_add(job, carry_out, NULL, 0);
    pgsql_object_comment(job, kit_format(job->kit, job->op, "publication %s",
                                         pgsql_job_name(job, pgsql_object_of(job)->within.name)));
    return true;
}

static bool drop_publication(struct pgsql_job *job)
{
    pgsql_job_print(job, "drop publication %s", pgsql_job_name(job, pgsql_object_of(job)->within.name));
    return true;
}

/* Tables are told as they were asked for: 'orders' and 'public.orders' may be one. */
static size_t values(struct pgsql_job *job, const char **values)
{
    const char *tables = tables_of(job, job->req->desired ? job->req->desired : job->req->prior);
    values[0] = tables ? tables : "[]";
    return 1;
}

static const struct lf_value *state(struct pgsql_job *job, const struct lf_value *state)
{
    const struct lf_value *tables = pgsql_object_list(job, 1);
    if (tables)
        state = kit_put(job->kit, job->op, state, "tables", tables);
    return kit_put(job->kit, job->op, state, "operations", pgsql_object_list(job, 2));
}

static bool check(const struct pgsql *self, struct lf_op *op, const struct lf_request *req)
{
    const struct kit *kit = &self->kit;
    const struct lf_value *list = kit_get(kit, req->desired, "operations");
    const struct lf_value *tables = kit_get(kit, req->desired, "tables");
    size_t count = list && kit->values->kind(list) == LF_KIND_LIST ? kit->values->count(list) : 0;
    if (tables && kit->values->kind(tables) == LF_KIND_LIST && kit->values->count(tables) == 0) {
        kit_refuse(kit, op, "database.no_tables", "tables", "a publication has at least one table", NULL,
                   "name some, or leave `tables` out for all of them");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *one = kit->values->as_text(kit->values->at(list, i, NULL), NULL);
        bool known = !one;
        for (size_t k = 0; k < sizeof(operations) / sizeof(operations[0]) && one; k++)
            known = known || strcmp(one, operations[k]) == 0;
        if (known)
            continue;
        kit_refuse(kit, op, "database.bad_operation", kit_format(kit, op, "operations[%zu]", i),
                   "there is no such operation", kit_format(kit, op, "'%.40s'", one),
                   "choose insert, update, delete or truncate");
        return false;
    }
    return pgsql_object_check_texts(kit, op, req->desired, "tables");
}

#define COMMENT "pg_catalog.obj_description(p.oid, 'pg_publication')"
/* clang-format off */
#define TABLES                                                                                               \
    "case when not p.puballtables then (select coalesce(pg_catalog.jsonb_agg(coalesce((select a from"        \
    " pg_catalog.jsonb_array_elements_text($2::jsonb) a where pg_catalog.to_regclass(a) = t.prrelid limit 1)," \
    " t.prrelid::regclass::text)), '[]') from pg_catalog.pg_publication_rel t where t.prpubid = p.oid) end"
#define OPERATIONS                                                                                           \
    "(select coalesce(pg_catalog.jsonb_agg(o.name order by o.place), '[]') from (values (1, 'insert', p.pubinsert)," \
    " (2, 'update', p.pubupdate), (3, 'delete', p.pubdelete), (4, 'truncate', p.pubtruncate))"               \
    " as o (place, name, yes) where o.yes)"
/* clang-format on */

static const struct pgsql_kind publications = {
    .what = "landfall publication",
    .schema = &lf_database_publication,
    .select = "select case when " PGSQL_LINE(COMMENT, 1) " = 'landfall publication' then " PGSQL_LINE(
        COMMENT, 2) " end, " TABLES ", " OPERATIONS " from pg_catalog.pg_publication p where p.pubname = $1",
    .owned = "select p.pubname, " PGSQL_LINE(COMMENT, 2) ", " PGSQL_LINE(
        COMMENT,
        3) " from pg_catalog.pg_publication p where " PGSQL_LINE(COMMENT,
                                                                 1) " = 'landfall publication' order by 1",
    .values = values,
    .state = state,
    .create = write_publication,
    .update = write_publication,
    .destroy = drop_publication,
    .check = check,
};
PGSQL_OBJECT(publication, publications)
