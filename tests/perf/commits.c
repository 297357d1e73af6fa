/* commits: the floor a durable chain is measured against - N one-row commits, one after the other, in the
 * same kind of database on the same disk.
 *
 *     perf_commits FILE N
 *
 * Prints the milliseconds they took. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
        return;
    fprintf(stderr, "perf_commits: %s\n", sqlite3_errmsg(db));
    exit(1);
}

int main(int argc, char **argv)
{
    long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (n < 1) {
        fputs("usage: perf_commits FILE N\n", stderr);
        return 2;
    }
    sqlite3 *db;
    sqlite3_stmt *insert;
    unlink(argv[1]);
    must(NULL, sqlite3_open(argv[1], &db));
    must(db,
         sqlite3_exec(
             db,
             "pragma journal_mode=wal; pragma synchronous=full; create table t(a text primary key, b text)",
             NULL, NULL, NULL));
    must(db, sqlite3_prepare_v2(db, "insert into t values(printf('step-%08d', ?1), printf('%.200c', 'x'))",
                                -1, &insert, NULL));
    double began = now_ms();
    for (long i = 0; i < n; i++) {
        must(db, sqlite3_bind_int64(insert, 1, i));
        must(db, sqlite3_step(insert));
        must(db, sqlite3_reset(insert));
    }
    printf("%.1f\n", now_ms() - began);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return 0;
}
