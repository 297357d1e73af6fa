/* http-http against a strict double of a REST API (tests/servers/rest), judged by the files that the double
 * writes: `objects` holds what stands, `log` every request.  One double serves a whole program; each test
 * finds it as at its start. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "bench.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/contract.h"
#include "server.h"

#define DRIVER  PLUGINS_FOLDER "/http-http.so"
#define REST    TESTS_FOLDER "/servers/rest"
#define SKIPPED 77
#define OURS    "lf1.benchbenchbenchbenchbenchbe"

struct rest_world {
    struct bench *b;
    char folder[64];
    int port;
};

static struct rest_world world;

static inline void rest_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void rest_run(const char *format, ...)
{
    char command[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static inline const char *rest_settings(const char *scheme, const char *token)
{
    static char text[512];
    (void)snprintf(text, sizeof(text),
                   "{'url':'%s://127.0.0.1:%d/','ready':'/v1/up','timeout_ms':20000,"
                   "'bearer':{'$secret':{'source':'test:%s'}}}",
                   scheme, world.port, token);
    return text;
}

static inline int rest_start(void **state)
{
    (void)state;
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/landfall-rest-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    world.port = server_port();
    rest_run(REST " start %s %d", world.folder, world.port);
    return 0;
}

static inline int rest_stop(void **state)
{
    (void)state;
    rest_run(REST " stop %s && rm -rf %s", world.folder, world.folder);
    return 0;
}

static inline int rest_enter(void **state)
{
    (void)state;
    rest_run("curl -sf http://127.0.0.1:%d/reset", world.port);
    world.b = bench_open(DRIVER, rest_settings("http", "sesame-open-now"));
    return 0;
}

static inline int rest_leave(void **state)
{
    (void)state;
    bench_close(world.b);
    return 0;
}

static inline const char *rest_get(const char *name)
{
    static char text[65536];
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", world.folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static inline void rest_put(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", world.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static inline void rest_stands(const char *objects)
{
    assert_string_equal(rest_get("objects"), objects);
}

static inline int rest_asked(const char *method)
{
    int count = 0;
    size_t len = strlen(method);
    for (const char *at = rest_get("log"); at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        count += strncmp(at, method, len) == 0;
    return count;
}

static inline bool rest_is_missing(const char *program)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
    return system(command) != 0;
}

/* 0: the double can be run; otherwise what main ends with. */
static inline int rest_missing(void)
{
    if (rest_is_missing("python3") || rest_is_missing("openssl") || rest_is_missing("curl")) {
        const char *ci = getenv("CI");
        (void)fprintf(stderr, "apt-get install python3 openssl curl\n");
        return ci && strcmp(ci, "true") == 0 ? 1 : SKIPPED;
    }
    return 0;
}
