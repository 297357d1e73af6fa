/* The worker's side: files, statements, and the verbs of an object that is a row. */
#include "kit_sql_work.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long SQLite waits for a program that is using the file; it is the drivers' documented bound. */
#define BUSY_MS 5000

/* A worker may not use the host's memory, and cannot know how much it will need. */
struct kit_sql_block {
    struct kit_sql_block *next;
    max_align_t bytes[];
};

/* ---- memory ------------------------------------------------------------------------------- */

/* Out of memory ends the process, as it does in the core: a crash is a path that is tested. */
void *kit_sql_memory(struct kit_sql_job *job, size_t size)
{
    struct kit_sql_block *block = calloc(1, sizeof(*block) + size);
    if (!block)
        abort();
    block->next = job->memory;
    job->memory = block;
    return block->bytes;
}

void kit_sql_forget(struct kit_sql_job *job)
{
    while (job->memory) {
        struct kit_sql_block *block = job->memory;
        job->memory = block->next;
        free(block);
    }
}

static char *keep(struct kit_sql_job *job, const char *text, size_t len)
{
    char *copy = kit_sql_memory(job, len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *kit_sql_print(struct kit_sql_job *job, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *made = sqlite3_vmprintf(format, args);
    va_end(args);
    if (!made)
        abort();
    char *copy = keep(job, made, strlen(made));
    sqlite3_free(made);
    return copy;
}

const char *kit_sql_column(struct kit_sql_job *job, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? keep(job, text, (size_t)sqlite3_column_bytes(row, column)) : NULL;
}

/* ---- folders ------------------------------------------------------------------------------ */

bool kit_sql_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return synced;
}

static bool make_one(char *path)
{
    if (mkdir(path, 0777) != 0)
        return errno == EEXIST;
    /* The new name must survive a power cut before anything inside it is said to be done. */
    char *slash = strrchr(path, '/');
    if (!slash)
        return kit_sql_sync_folder(".");
    if (slash == path)
        return kit_sql_sync_folder("/");
    *slash = '\0';
    bool synced = kit_sql_sync_folder(path);
    *slash = '/';
    return synced;
}

bool kit_sql_make_folder(const char *path)
{
    struct stat there;
    if (stat(path, &there) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(there.st_mode);
    }
    char *copy = strdup(path);
    if (!copy)
        abort();
    bool made = true;
    for (char *at = copy + 1; made && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        made = make_one(copy);
        *at = '/';
    }
    made = made && make_one(copy);
    int saved = errno;
    free(copy);
    errno = saved;
    return made;
}

/* ---- statements --------------------------------------------------------------------------- */

int kit_sql_connect(const char *file, int flags, sqlite3 **out)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(file, &db, flags | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, BUSY_MS);
    /* DEFENSIVE keeps playbook SQL away from the pages of the file itself. */
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    /* A transaction is committed by removing its journal.  EXTRA, unlike FULL, waits until that is on disk
     * too: a journal that comes back after a power cut would take back what was already told as done. */
    if (rc == SQLITE_OK && (flags & SQLITE_OPEN_READWRITE))
        rc = sqlite3_exec(db, "pragma synchronous = extra", NULL, NULL, NULL);
    *out = db;
    return rc;
}

/* A statement names only the parameters it needs; a NULL text is bound as SQL NULL. */
static int bind_text(sqlite3_stmt *row, const char *name, const char *text)
{
    int index = sqlite3_bind_parameter_index(row, name);
    if (index == 0)
        return SQLITE_OK;
    return sqlite3_bind_text(row, index, text, -1, SQLITE_STATIC);
}

static int bind_item(sqlite3_stmt *row, const struct kit_sql_item *item)
{
    const struct {
        const char *name;
        const char *text;
    } parameters[] = {
        {":id", item->id},       {":want", item->want},       {":marker", item->marker},
        {":text", item->text},   {":address", item->address}, {":token", item->token},
        {":place", item->place}, {":file", item->file},       {":adopt", item->adopt},
    };
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof(parameters) / sizeof(parameters[0]); i++)
        rc = bind_text(row, parameters[i].name, parameters[i].text);
    return rc;
}

static int prepare(sqlite3 *db, const struct kit_sql_item *item, const char *sql, sqlite3_stmt **out,
                   const char **rest)
{
    sqlite3_stmt *row = NULL;
    *out = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &row, rest);
    if (rc == SQLITE_OK && row)
        rc = bind_item(row, item);
    if (rc == SQLITE_OK)
        *out = row;
    else
        sqlite3_finalize(row);
    return rc;
}

int kit_sql_prepare(sqlite3 *db, const struct kit_sql_item *item, const char *sql, sqlite3_stmt **out)
{
    return prepare(db, item, sql, out, NULL);
}

int kit_sql_run(sqlite3 *db, const struct kit_sql_item *item, const char *sql)
{
    const char *rest = sql;
    while (*rest) {
        sqlite3_stmt *row = NULL;
        int rc = prepare(db, item, rest, &row, &rest);
        if (rc != SQLITE_OK)
            return rc;
        if (!row)
            continue;
        do
            rc = sqlite3_step(row);
        while (rc == SQLITE_ROW);
        int end = sqlite3_finalize(row);
        if (rc != SQLITE_DONE)
            return end != SQLITE_OK ? end : rc;
    }
    return SQLITE_OK;
}

bool kit_sql_ask(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, const char *sql,
                 const char **text)
{
    sqlite3_stmt *row = NULL;
    int rc = kit_sql_prepare(db, item, sql, &row);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(row);
    bool there = rc == SQLITE_ROW;
    if (there && text)
        *text = kit_sql_column(job, row, 0);
    else if (!there && rc != SQLITE_DONE)
        kit_sql_fail(job, db, item, rc);
    sqlite3_finalize(row);
    return there;
}

/* ---- answers ------------------------------------------------------------------------------ */

void kit_sql_refuse(struct kit_sql_item *item, const char *code, const char *path, const char *summary,
                    const char *detail, const char *advice)
{
    item->status = LF_END_REFUSED;
    item->note = (struct kit_sql_note){code, path, summary, detail, advice};
}

/* A call counts as a change even when its SQL only reads: nobody can tell before it is prepared. */
static bool changes(const struct kit_sql_item *item)
{
    return item->verb == LF_VERB_CREATE || item->verb == LF_VERB_UPDATE || item->verb == LF_VERB_DESTROY ||
           item->verb == LF_VERB_CALL;
}

/* What each kind of SQLite trouble means for a change that has not been committed. */
static const struct {
    int code;
    uint32_t status;
    const char *what;
    const char *summary;
    const char *advice;
} troubles[] = {
    {SQLITE_BUSY, LF_END_RETRY, "busy", "another program keeps the file locked",
     "end the long transaction of that program"},
    {SQLITE_LOCKED, LF_END_RETRY, "busy", "another program keeps the file locked",
     "end the long transaction of that program"},
    {SQLITE_FULL, LF_END_FAILED, "no_space", "there is no room left for the file",
     "free space on its file system, then resume"},
    {SQLITE_CANTOPEN, LF_END_REFUSED, "cannot_open", "the file cannot be opened",
     "check the path and the permissions of the file and of its folder"},
    {SQLITE_READONLY, LF_END_REFUSED, "cannot_write", "the file cannot be written",
     "check the permissions of the file and of its folder"},
    {SQLITE_PERM, LF_END_REFUSED, "cannot_write", "the file cannot be written",
     "check the permissions of the file and of its folder"},
    {SQLITE_NOTADB, LF_END_REFUSED, "not_a_database", "the file is not an SQLite database",
     "move it away, or choose another path"},
    {SQLITE_CORRUPT, LF_END_FAILED, "corrupt", "the file is damaged",
     "restore it from a backup; `sqlite3 FILE 'pragma integrity_check'` says what is wrong"},
    {SQLITE_CONSTRAINT, LF_END_REFUSED, "constraint", "a constraint of the database forbids it",
     "change what is asked so that the constraint holds"},
};

/* What no later look will find otherwise: the bytes were read, and they are wrong. */
static bool stays(int rc)
{
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

/* Nothing was committed when this is called, so a change that failed is never in doubt here; a look that
 * failed says nothing about what is there. */
void kit_sql_fail(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, int rc)
{
    const char *what = "sqlite";
    const char *summary = "the database answered with an error";
    const char *advice = "read the message of SQLite above";
    uint32_t status = LF_END_FAILED;
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        if (troubles[i].code != (rc & 0xff))
            continue;
        what = troubles[i].what;
        summary = troubles[i].summary;
        advice = troubles[i].advice;
        status = troubles[i].status;
    }
    if (rc == SQLITE_READONLY_ROLLBACK) {
        what = "unfinished_transaction";
        summary = "a transaction of a program that died waits to be rolled back";
        advice = "`landfall resume` does it, and so does any program that opens the file for writing";
    }
    item->status = changes(item) ? status : stays(rc) ? LF_END_FAILED : LF_END_CANNOT_TELL;
    item->note.code = kit_sql_print(job, "%s.%s", job->type->subsystem, what);
    item->note.path = NULL;
    item->note.summary = summary;
    item->note.detail =
        kit_sql_print(job, "'%s': %s", item->file, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    item->note.advice = advice;
}

bool kit_sql_is_ours(const struct kit_sql_item *item)
{
    return item->got_marker && item->marker && strcmp(item->got_marker, item->marker) == 0;
}

/* ---- the verbs of a row ------------------------------------------------------------------- */

/* Gives SQLITE_ROW, SQLITE_DONE, or the trouble, which has answered the item then. */
static int take_row(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, const char *sql)
{
    sqlite3_stmt *row = NULL;
    int rc = kit_sql_prepare(db, item, sql, &row);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(row);
    if (rc == SQLITE_ROW) {
        item->got_id = kit_sql_column(job, row, 0);
        item->got_marker = kit_sql_column(job, row, 1);
        item->got_address = kit_sql_column(job, row, 2);
        item->state = kit_sql_column(job, row, 3);
    } else if (rc != SQLITE_DONE) {
        kit_sql_fail(job, db, item, rc);
    }
    sqlite3_finalize(row);
    return rc;
}

/* Asked of the file each time: the table may have come within this very transaction. */
static bool has_table(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    struct kit_sql_item named = *item;
    named.text = job->type->table;
    bool there = kit_sql_ask(job, db, &named,
                             "select 1 from sqlite_master where type = 'table' and name = :text", NULL);
    item->status = named.status;
    item->note = named.note;
    return there;
}

bool kit_sql_look(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    if (has_table(job, db, item) && take_row(job, db, item, job->type->one) == SQLITE_ROW)
        return true;
    if (item->status != 0 || !job->type->bare)
        return false;
    return take_row(job, db, item, job->type->bare) == SQLITE_ROW;
}

/* The first broken rule answers. */
static void ask_rules(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    const struct kit_sql_rule *rule = job->type->rules;
    for (; rule && rule->verbs != 0 && item->status == 0; rule++) {
        const char *how = NULL;
        if ((rule->verbs & KIT_SQL_ON(item->verb)) && kit_sql_ask(job, db, item, rule->broken, &how))
            kit_sql_refuse(item, kit_sql_print(job, "%s.%s", job->type->subsystem, rule->what), rule->path,
                           rule->summary, how, rule->advice);
    }
}

/* Rules, then the write, then the truth read back: what is answered is what the file says, not what was
 * hoped. */
static void write_row(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item, const char *sql)
{
    int rc = SQLITE_OK;
    if (job->type->ensure && item->verb != LF_VERB_DESTROY)
        rc = kit_sql_run(db, item, job->type->ensure);
    if (rc != SQLITE_OK)
        kit_sql_fail(job, db, item, rc);
    if (item->status == 0)
        ask_rules(job, db, item);
    if (item->status == 0 && job->type->guard)
        job->type->guard(job, db, item);
    if (item->status != 0)
        return;
    rc = kit_sql_run(db, item, sql);
    if (rc != SQLITE_OK) {
        kit_sql_fail(job, db, item, rc);
        return;
    }
    if (item->verb != LF_VERB_DESTROY && !kit_sql_look(job, db, item) && item->status == 0)
        kit_sql_fail(job, db, item, SQLITE_INTERNAL);
    if (item->status == 0)
        item->status = LF_END_OK;
}

/* An object of somebody else is changed only by an adoption, and only while it carries the marker the
 * adoption saw. */
static bool may_adopt(const struct kit_sql_item *item)
{
    const char *marker = item->got_marker ? item->got_marker : "";
    return item->adopt && strcmp(item->adopt, marker) == 0;
}

static void change_row(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    bool ours = kit_sql_is_ours(item) || (item->verb == LF_VERB_UPDATE && may_adopt(item));
    if (!ours)
        item->status = LF_END_EXISTS;
    else
        write_row(job, db, item, item->verb == LF_VERB_DESTROY ? job->type->drop : job->type->change);
}

/* The table of durability: there or not, ours or not, asked to look or to change. */
void kit_sql_row(struct kit_sql_job *job, sqlite3 *db, struct kit_sql_item *item)
{
    bool there = kit_sql_look(job, db, item);
    if (item->status != 0)
        return;
    if (!there && item->verb == LF_VERB_CREATE && job->type->add)
        write_row(job, db, item, job->type->add);
    else if (!there)
        item->status = LF_END_GONE;
    else if (changes(item))
        change_row(job, db, item);
    else if (item->verb == LF_VERB_RECOVER)
        item->status = kit_sql_is_ours(item) ? LF_END_OK : LF_END_EXISTS;
    else
        item->status = LF_END_OK;
}
