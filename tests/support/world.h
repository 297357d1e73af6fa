/* The world a driver test leaves behind: a folder of its own, what is in it to the last byte, the SQLite
 * files in it as any other program sees them, and processes that die at a chosen statement. */
#pragma once

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

#define WORLD_FILE_MAX ((size_t)64 << 20)

/* A new folder below /tmp, in memory of `mem`. */
static inline char *world_new(struct arena *mem)
{
    char *folder = arena_text(mem, "/tmp/landfall-world-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static inline void world_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char *path = NULL;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(asprintf(&path, "%s/%s", folder, entry->d_name) > 0);
        if (unlink(path) != 0)
            world_remove(path);
        free(path);
    }
    (void)closedir(dir);
    (void)rmdir(folder);
}

/* Every name below a folder with its size, time of change and bytes, as one text: equal texts, same world. */
static inline const char *world_picture(struct arena *mem, const char *folder)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, NULL, alphasort);
    const char *picture = count < 0 ? "(no folder)" : "";
    for (int i = 0; i < count; i++) {
        const char *name = names[i]->d_name;
        const char *path = arena_print(mem, "%s/%s", folder, name);
        const char *bytes = "";
        size_t size = 0;
        struct stat found;
        struct err err;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            assert_int_equal(lstat(path, &found), 0);
            if (S_ISDIR(found.st_mode))
                bytes = world_picture(mem, path);
            else
                assert_true(file_read(mem, path, WORLD_FILE_MAX, &bytes, &size, &err));
            unsigned long sum = 5381;
            for (size_t at = 0; at < size; at++)
                sum = sum * 33 + (unsigned char)bytes[at];
            picture = arena_print(mem, "%s%s %zu %lu %lld.%09ld\n%s", picture, name, size, sum,
                                  (long long)found.st_mtim.tv_sec, found.st_mtim.tv_nsec,
                                  S_ISDIR(found.st_mode) ? bytes : "");
        }
        free(names[i]);
    }
    free(names);
    return picture;
}

static inline void world_write(const char *path, const char *text)
{
    struct err err;
    assert_true(file_replace(path, text, strlen(text), 0644, &err));
}

/* Runs SQL as another program would, making the file if need be. */
static inline void world_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The first column of the first row; "(none)" without a row, "(null)" for NULL. */
static inline const char *world_ask(struct arena *mem, const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    const char *answer = "(none)";
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (sqlite3_step(row) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        answer = arena_text(mem, text ? text : "(null)");
    }
    sqlite3_finalize(row);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return answer;
}

/* ---- dying ------------------------------------------------------------------------------------------- */

struct world_death {
    int statements; /* how many more may begin */
};

static inline int world_count_down(unsigned what, void *user, void *p, void *x)
{
    struct world_death *death = user;
    (void)what;
    (void)p;
    (void)x;
    if (death->statements-- <= 0)
        (void)raise(SIGKILL);
    return 0;
}

static inline struct world_death *world_death(void)
{
    static struct world_death death;
    return &death;
}

static inline void world_die(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)context;
    (void)count;
    (void)values;
    (void)raise(SIGKILL);
}

static inline int world_watch(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
    (void)why;
    (void)api;
    (void)sqlite3_create_function(db, "die", 0, SQLITE_UTF8, NULL, world_die, NULL, NULL);
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, world_count_down, world_death());
}

/* Runs fn(user) in a process of its own that is killed as statement number `statements` begins, in whatever
 * connection, or where SQL calls die().  False when it came to its end alive. */
static inline bool world_killed(int statements, void (*fn)(void *user), void *user)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        world_death()->statements = statements;
        (void)sqlite3_auto_extension((void (*)(void))world_watch);
        fn(user);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}
