/* How clusters and users are kept in catalogue.db.  The tables are public: see the README. */
#include "local_rows.h"

#include <dirent.h>
#include <errno.h>
#include <landfall/database.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
static const char tables[] =
    "create table cluster ("
    "  name text primary key not null,"
    "  size text, replicas integer not null default 0, storage_gb integer, place text,"
    "  marker text, address text) without rowid;"
    "create table user ("
    "  database text not null, name text not null,"
    "  role text not null default 'read' check (role in ('read', 'write', 'admin')),"
    "  password_hash text,"
    "  marker text, address text,"
    "  primary key (database, name)) without rowid;"
    "pragma user_version = 1;";
/* clang-format on */

const char *local_catalogue(const struct kit_sql_driver *driver, struct lf_op *op, const char *id)
{
    (void)id;
    return kit_format(&driver->kit, op, "%s/catalogue.db", driver->folder);
}

const char *local_file(const struct kit_sql_driver *driver, struct lf_op *op, const char *id)
{
    return kit_format(&driver->kit, op, "%s/%.*s.db", driver->folder, (int)strcspn(id, "/"), id);
}

const char *local_file_of(struct kit_sql_job *job, const char *name)
{
    return kit_sql_print(job, "%s/%s.db", job->driver->folder, name);
}

/* ---- cluster ------------------------------------------------------------------------------ */

/* Drafts begin with a dot; the catalogue is not a database of the playbook's. */
static int is_database(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 3 && strcmp(entry->d_name + len - 3, ".db") == 0 &&
           strcmp(entry->d_name, "catalogue.db") != 0;
}

static bool lives_on(struct kit_sql_job *job, struct kit_sql_item *item, const char *file)
{
    sqlite3 *db = NULL;
    /* A file that cannot be read is no witness: it may be anything. */
    struct kit_sql_item quiet = *item;
    bool there = kit_sql_connect(file, SQLITE_OPEN_READONLY, &db) == SQLITE_OK &&
                 kit_sql_ask(job, db, &quiet, "select 1 from landfall_marks where cluster = :id", NULL);
    sqlite3_close(db);
    return there;
}

/* Each database says in its own file which cluster it lives on. */
static void guard_cluster(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    struct dirent **names = NULL;
    (void)db;
    if (item->verb != LF_VERB_DESTROY)
        return;
    int count = scandir(job->driver->folder, &names, is_database, alphasort);
    for (int i = 0; i < count; i++) {
        const char *file = kit_sql_print(job, "%s/%s", job->driver->folder, names[i]->d_name);
        if (item->status == 0 && lives_on(job, item, file))
            kit_sql_refuse(item, "database.cluster_in_use", NULL, "the cluster still has databases",
                           kit_sql_print(job, "'%s' lives on it", file), "destroy or move them first");
        free(names[i]);
    }
    free(names);
}

static const char *const cluster_keys[] = {"name", NULL};
static const struct kit_sql_range cluster_ranges[] = {
    {"replicas", 0, 100},
    {"storage_gb", 1, 1000000},
    {NULL, 0, 0},
};

/* json_patch drops what is null: an attribute nobody gave stays absent. */
#define CLUSTER_COLUMNS                                                                                      \
    "select name, marker, address, json_patch('{}', json_object('name', name, 'size', size,"                 \
    " 'replicas', replicas, 'storage_gb', storage_gb, 'place', place, 'host', 'localhost')) from "           \
    "cluster "

const struct kit_sql_type local_cluster_rows = {
    .subsystem = "database",
    .noun = "cluster",
    .pool = LOCAL_POOL,
    .contract = &lf_database_cluster,
    .keys = cluster_keys,
    .name_chars = LOCAL_NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .table = "cluster",
    .tables = tables,
    .one = CLUSTER_COLUMNS "where name = :id",
    .all = CLUSTER_COLUMNS "where marker is not null order by name",
    .add = "insert into cluster (name, size, replicas, storage_gb, place, marker, address) values (:id,"
           " :want->>'$.size', coalesce(:want->>'$.replicas', 0), :want->>'$.storage_gb',"
           " coalesce(:want->>'$.place', :place), :marker, :address)",
    .change = "update cluster set size = :want->>'$.size', replicas = coalesce(:want->>'$.replicas', 0),"
              " storage_gb = :want->>'$.storage_gb', place = coalesce(:want->>'$.place', :place),"
              " marker = :marker, address = :address where name = :id",
    .drop = "delete from cluster where name = :id",
    .file = local_catalogue,
    .ranges = cluster_ranges,
    .guard = guard_cluster,
};

/* ---- user --------------------------------------------------------------------------------- */

/* A password on its way to the worker. */
struct password {
    size_t len;
    char bytes[];
};

/* Argon2id with 19 MiB and two passes, the least the OWASP password storage rules accept. */
#define HASH_PASSES  2
#define HASH_BYTES   ((size_t)19 * 1024 * 1024)
#define PASSWORD_MAX 1024

/* The three roles of the contract.  One that is not known yet is left for later. */
static bool check_user(const struct kit *kit, struct lf_op *op, const struct lf_value *desired,
                       struct kit_sql_note *bad)
{
    const char *role = kit_get_text(kit, desired, "role");
    if (!role || strcmp(role, "read") == 0 || strcmp(role, "write") == 0 || strcmp(role, "admin") == 0)
        return true;
    *bad = (struct kit_sql_note){"database.bad_role", "role", "there is no such role",
                                 kit_format(kit, op, "'%.80s' is not read, write or admin", role),
                                 "choose one of the three"};
    return false;
}

/* A password crosses to the worker as bytes, and is wiped there once it is hashed. */
static bool prepare_user(struct kit_sql_job *job, size_t i)
{
    const struct kit *kit = &job->driver->kit;
    const struct lf_request *req = job->batch->reqs[i];
    struct lf_op *op = job->batch->op;
    if ((req->verb != LF_VERB_CREATE && req->verb != LF_VERB_UPDATE) ||
        !kit_has(kit, req->desired, "password"))
        return true;
    size_t len = 0;
    const char *bytes = kit->values->reveal(op, kit_get(kit, req->desired, "password"), &len);
    if (!bytes)
        bytes = kit->values->as_text(kit_get(kit, req->desired, "password"), &len);
    if (!bytes || len == 0 || len > PASSWORD_MAX) {
        kit_sql_refuse(&job->items[i], "database.bad_password", "password", "the password cannot be used",
                       "it must be a text of 1 to 1024 bytes", "check the secret it comes from");
        return false;
    }
    struct password *password = kit->ops->scratch(op, sizeof(*password) + len);
    password->len = len;
    memcpy(password->bytes, bytes, len);
    job->items[i].extra = password;
    return true;
}

/* On the worker: this takes about 20 ms by design. */
static void hash_password(struct kit_sql_job *job, struct kit_sql_item *item)
{
    struct password *password = item->extra;
    char *hash = kit_sql_memory(job, crypto_pwhash_STRBYTES);
    bool hashed = sodium_init() >= 0 &&
                  crypto_pwhash_str(hash, password->bytes, password->len, HASH_PASSES, HASH_BYTES) == 0;
    sodium_memzero(password->bytes, password->len);
    item->text = hash;
    if (hashed)
        return;
    item->status = LF_END_FAILED;
    item->note = (struct kit_sql_note){"database.no_memory", "password", "the password could not be hashed",
                                       "Argon2id needs 19 MiB of memory", "free memory, then resume"};
}

/* A right to a database that is not there would become a right to whatever gets that name later. */
static void guard_user(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    (void)db;
    if (item->verb == LF_VERB_DESTROY)
        return;
    const char *database = kit_sql_print(job, "%.*s", (int)strcspn(item->id, "/"), item->id);
    if (access(local_file_of(job, database), F_OK) != 0 && errno == ENOENT)
        kit_sql_refuse(item, "database.no_database", "database", "the database is not there",
                       kit_sql_print(job, "there is no file '%s'", local_file_of(job, database)),
                       "declare it as a database.database and give its id");
    else if (item->extra)
        hash_password(job, item);
}

/* The catalogue has a hash only; what was asked is what is true now.  A read leaves the password out, and the
 * core keeps what it knows. */
static void complete_user(struct kit_sql_job *job, size_t i, struct lf_result *result)
{
    const struct kit *kit = &job->driver->kit;
    const struct lf_request *req = job->batch->reqs[i];
    if (job->items[i].extra && result->state)
        result->state =
            kit_put(kit, job->batch->op, result->state, "password", kit_get(kit, req->desired, "password"));
}

static const char *const user_keys[] = {"database", "name", NULL};

#define USER_COLUMNS                                                                                         \
    "select database || '/' || name, marker, address,"                                                       \
    " json_object('database', database, 'name', name, 'role', role) from user "

const struct kit_sql_type local_user_rows = {
    .subsystem = "database",
    .noun = "user",
    .pool = LOCAL_POOL,
    .contract = &lf_database_user,
    .keys = user_keys,
    .name_chars = LOCAL_NAME_CHARS,
    .name_max = LOCAL_NAME_MAX,
    .hidden = "password",
    .table = "user",
    .tables = tables,
    .one = USER_COLUMNS "where database || '/' || name = :id",
    .all = USER_COLUMNS "where marker is not null order by database, name",
    .add = "insert into user (database, name, role, password_hash, marker, address) values"
           " (:want->>'$.database', :want->>'$.name', coalesce(:want->>'$.role', 'read'), :text, :marker,"
           " :address)",
    .change = "update user set role = coalesce(:want->>'$.role', 'read'), password_hash = :text,"
              " marker = :marker, address = :address where database || '/' || name = :id",
    .drop = "delete from user where database || '/' || name = :id",
    .file = local_catalogue,
    .check = check_user,
    .prepare = prepare_user,
    .guard = guard_user,
    .complete = complete_user,
};
