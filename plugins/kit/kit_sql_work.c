/* The worker's side: one batch, one transaction. */
#include "kit_sql_work.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A run of items that live in one file. */
struct group {
    struct kit_sql_job *job;
    struct kit_sql_item *items;
    size_t count;
    const char *file;
    sqlite3 *db;
    bool writes;
    bool makes;
    bool settles; /* asked by who holds the region: such a reader may roll a dead transaction back */
};

static bool is_change(const struct kit_sql_item *item)
{
    return item->verb == LF_VERB_CREATE || item->verb == LF_VERB_UPDATE || item->verb == LF_VERB_DESTROY ||
           (item->verb == LF_VERB_CALL && item->may_settle); /* a check's call only reads */
}

/* One change makes the whole group a writing one: it is one transaction. */
static void survey(struct group *group)
{
    group->file = group->items[0].file;
    group->settles = true;
    for (size_t i = 0; i < group->count; i++) {
        const struct kit_sql_item *item = &group->items[i];
        group->writes = group->writes || is_change(item);
        group->settles = group->settles && item->may_settle;
        group->makes = group->makes || (item->verb == LF_VERB_CREATE && group->job->type->tables);
    }
}

/* No file: nothing is in it, and what needs one is refused. */
static void answer_missing(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct kit_sql_item *item = &group->items[i];
        if (item->status != 0)
            continue;
        item->status = LF_END_GONE;
        if (item->verb == LF_VERB_CREATE || item->verb == LF_VERB_CALL)
            kit_sql_refuse(item, kit_sql_print(group->job, "%s.no_file", group->job->type->subsystem), NULL,
                           kit_sql_print(group->job, "there is no file '%s'", group->file),
                           "it holds what this step works on",
                           "create that first, or name it with `step = { after = ... }`");
    }
}

/* The file itself could not be used: every item meets the same trouble, each by its own verb. */
static void answer_failure(struct group *group, int rc)
{
    for (size_t i = 0; i < group->count; i++) {
        struct kit_sql_item *item = &group->items[i];
        if (item->status != 0)
            continue;
        kit_sql_fail(group->job, group->db, item, rc);
        /* Where the file is the object, a file of another kind is an object of somebody else. */
        if ((rc & 0xff) == SQLITE_NOTADB && group->job->type->bare && item->verb == LF_VERB_CREATE)
            item->status = LF_END_EXISTS;
    }
}

/* A change takes the write lock at once: a lock that is taken only at the first write can be lost to another
 * program after everything was looked at. */
static int begin(struct group *group, int flags)
{
    int rc = kit_sql_connect(group->file, flags, &group->db);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(group->db, group->writes ? "begin immediate" : "begin", NULL, NULL, NULL);
    /* The first read takes the lock, sees a dead writer's journal, and tells a database from other files. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(group->db, "select count(*) from sqlite_master", NULL, NULL, NULL);
    return rc;
}

static int begin_any(struct group *group)
{
    int flags = group->writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int rc = begin(group, flags | (group->makes ? SQLITE_OPEN_CREATE : 0));
    if (rc != SQLITE_READONLY_ROLLBACK || !group->settles)
        return rc;
    /* The transaction a crash cut off: rolling it back changes no committed byte, and without it nobody
     * could tell what happened. */
    sqlite3_close(group->db);
    group->db = NULL;
    return begin(group, SQLITE_OPEN_READWRITE);
}

/* 0 for a file that was just made. */
static int format_of(struct group *group)
{
    sqlite3_stmt *row = NULL;
    int format = 0;
    if (sqlite3_prepare_v2(group->db, "pragma user_version", -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        format = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    return format;
}

/* False when the items were answered instead. */
static bool make_tables(struct group *group)
{
    struct kit_sql_job *job = group->job;
    int format = job->type->tables ? format_of(group) : KIT_SQL_FORMAT;
    /* A file from a newer driver may mean things this one does not know. */
    for (size_t i = 0; format > KIT_SQL_FORMAT && i < group->count; i++)
        kit_sql_refuse(&group->items[i], kit_sql_print(job, "%s.newer_file", job->type->subsystem), NULL,
                       kit_sql_print(job, "'%s' was written by a newer driver", group->file), NULL,
                       "use the version of landfall that wrote it");
    if (format != 0 || !group->makes)
        return format <= KIT_SQL_FORMAT;
    int rc = sqlite3_exec(group->db, job->type->tables, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        answer_failure(group, rc);
    return rc == SQLITE_OK;
}

/* A savepoint each, so that one refused item leaves no trace and the others go on. */
static void act(struct group *group, struct kit_sql_item *item)
{
    struct kit_sql_job *job = group->job;
    bool marked = is_change(item);
    int rc = marked ? sqlite3_exec(group->db, "savepoint item", NULL, NULL, NULL) : SQLITE_OK;
    if (rc != SQLITE_OK) {
        kit_sql_fail(job, group->db, item, rc);
        return;
    }
    if (job->type->act)
        job->type->act(job, group->db, item);
    else
        kit_sql_row(job, group->db, item);
    /* A full disk or an I/O error rolls the whole transaction back by itself. */
    if (!marked || sqlite3_get_autocommit(group->db))
        return;
    bool undo = item->status != LF_END_OK && item->status != LF_END_GONE;
    (void)sqlite3_exec(group->db, undo ? "rollback to item; release item" : "release item", NULL, NULL, NULL);
}

static int by_id(const void *a, const void *b)
{
    const struct kit_sql_item *const *x = a;
    const struct kit_sql_item *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

/* Stops when SQLite has rolled everything back by itself; commit() then takes the answers back. */
static void act_all(struct group *group)
{
    struct kit_sql_item **order = kit_sql_memory(group->job, group->count * sizeof(struct kit_sql_item *));
    for (size_t i = 0; i < group->count; i++)
        order[i] = &group->items[i];
    if (group->job->type->ordered)
        qsort(order, group->count, sizeof(struct kit_sql_item *), by_id);
    for (size_t i = 0; i < group->count && !sqlite3_get_autocommit(group->db); i++)
        act(group, order[i]);
}

/* Items that were answered as done, in a transaction that then did not happen. */
static void take_back(struct group *group, uint32_t status, const char *code, const char *summary)
{
    struct kit_sql_job *job = group->job;
    const char *detail = kit_sql_print(job, "'%s': %s", group->file, sqlite3_errmsg(group->db));
    for (size_t i = 0; i < group->count; i++) {
        struct kit_sql_item *item = &group->items[i];
        if (!is_change(item) || (item->status != LF_END_OK && item->status != LF_END_GONE))
            continue;
        item->status = status;
        item->note = (struct kit_sql_note){kit_sql_print(job, "%s.%s", job->type->subsystem, code), NULL,
                                           summary, detail, "resume once the cause is gone"};
    }
}

static void commit(struct group *group)
{
    if (sqlite3_get_autocommit(group->db)) {
        take_back(group, LF_END_RETRY, "rolled_back", "the transaction was rolled back");
        return;
    }
    int rc = sqlite3_exec(group->db, "commit", NULL, NULL, NULL);
    if (rc == SQLITE_OK || !group->writes)
        return;
    /* A lock or a constraint stops a commit before its first byte; after any other failure the bytes may be
     * there or not. */
    if ((rc & 0xff) == SQLITE_BUSY)
        take_back(group, LF_END_RETRY, "busy", "another program keeps the file locked");
    else if ((rc & 0xff) == SQLITE_CONSTRAINT)
        take_back(group, LF_END_REFUSED, "constraint", "a constraint of the database forbids it");
    else
        take_back(group, LF_END_UNSURE, "commit_failed", "whether it was written is not known");
    (void)sqlite3_exec(group->db, "rollback", NULL, NULL, NULL);
}

/* A file is looked for before it is opened, so that opening can never make one for a verb that reads. */
static void run_group(struct group *group)
{
    struct stat there;
    survey(group);
    bool missing = stat(group->file, &there) != 0 && (errno == ENOENT || errno == ENOTDIR);
    if (missing && !group->makes) {
        answer_missing(group);
        return;
    }
    if (missing && !kit_sql_make_folder(group->job->driver->folder)) {
        answer_failure(group, errno == ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN);
        return;
    }
    int rc = begin_any(group);
    if (rc != SQLITE_OK) {
        answer_failure(group, rc);
    } else if (make_tables(group)) {
        act_all(group);
        commit(group);
    }
    sqlite3_close(group->db);
}

void kit_sql_work(void *user)
{
    struct kit_sql_job *job = user;
    size_t next = 0;
    job->ran = true;
    while (next < job->count) {
        size_t end = next + 1;
        struct kit_sql_item *first = &job->items[next];
        bool done = first->status != 0 || (job->type->whole && job->type->whole(job, first));
        while (!done && !job->type->whole && end < job->count && job->items[end].status == 0 &&
               strcmp(job->items[end].file, first->file) == 0)
            end++;
        struct group group = {.job = job, .items = first, .count = end - next};
        if (!done)
            run_group(&group);
        next = end;
    }
}

/* ---- owned -------------------------------------------------------------------------------- */

/* Into job->owned, in no order that means anything. */
static int collect(struct kit_sql_job *job, struct group *group, const struct kit_sql_item *like)
{
    sqlite3_stmt *row = NULL;
    int rc = kit_sql_prepare(group->db, like, job->type->all, &row);
    while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        struct kit_sql_item *item = kit_sql_memory(job, sizeof(*item));
        item->status = LF_END_OK;
        item->got_id = kit_sql_column(job, row, 0);
        item->got_marker = kit_sql_column(job, row, 1);
        item->got_address = kit_sql_column(job, row, 2);
        item->state = kit_sql_column(job, row, 3);
        item->next = job->owned;
        job->owned = item;
        rc = SQLITE_OK;
    }
    sqlite3_finalize(row);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One file's marked objects; job->items[0] takes the trouble, if there is any. */
static void owned_in(struct kit_sql_job *job, const char *file, const char *id)
{
    struct kit_sql_item *answer = &job->items[0];
    struct kit_sql_item like = {
        .file = file, .id = id, .place = job->driver->place, .text = job->type->table};
    struct group group = {.job = job, .items = &like, .count = 1, .file = file};
    struct stat there;
    if (stat(file, &there) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return;
    int rc = begin_any(&group);
    /* In a folder of databases, what is not one is nobody's. */
    if ((rc & 0xff) == SQLITE_NOTADB && job->type->scattered)
        rc = SQLITE_OK;
    else if (rc == SQLITE_OK &&
             kit_sql_ask(job, group.db, &like, "select 1 from sqlite_master where name = :text", NULL))
        rc = collect(job, &group, &like);
    if (rc != SQLITE_OK) {
        answer->file = file;
        kit_sql_fail(job, group.db, answer, rc);
    }
    sqlite3_close(group.db);
}

/* Drafts begin with a dot. */
static int is_database(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 3 && strcmp(entry->d_name + len - 3, ".db") == 0;
}

void kit_sql_work_owned(void *user)
{
    struct kit_sql_job *job = user;
    struct kit_sql_item *answer = &job->items[0];
    job->ran = true;
    if (!job->type->scattered) {
        owned_in(job, answer->file, NULL);
        return;
    }
    struct dirent **names = NULL;
    int count = scandir(job->driver->folder, &names, is_database, alphasort);
    if (count < 0 && errno != ENOENT)
        kit_sql_fail(job, NULL, answer, SQLITE_CANTOPEN);
    for (int i = 0; i < count; i++) {
        size_t len = strlen(names[i]->d_name) - 3;
        if (answer->status == 0)
            owned_in(job, kit_sql_print(job, "%s/%s", job->driver->folder, names[i]->d_name),
                     kit_sql_print(job, "%.*s", (int)len, names[i]->d_name));
        free(names[i]);
    }
    free(names);
}
