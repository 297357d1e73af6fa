#include "twin.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77

struct twin {
    char folder[64];
    char script[512];
    int port;
    char *answer;
};

const char *twin_missing(int *end)
{
    const char *ci = getenv("CI");
    *end = ci && strcmp(ci, "true") == 0 ? 1 : SKIPPED;
    return access("/usr/bin/python3", X_OK) == 0 ? NULL : "python3 is missing: apt-get install python3";
}

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    return ntohs(at.sin_port);
}

/* Runs a command of the script and keeps what it prints; its end must be good. */
static void run(struct twin *t, const char *command)
{
    size_t len = 0;
    FILE *out = open_memstream(&t->answer, &len);
    FILE *in = popen(command, "r");
    char piece[4096];
    assert_non_null(out);
    assert_non_null(in);
    for (size_t got; (got = fread(piece, 1, sizeof(piece), in)) > 0;)
        assert_int_equal(fwrite(piece, 1, got, out), got);
    assert_int_equal(fclose(out), 0);
    if (pclose(in) != 0)
        fail_msg("%s: %s", command, t->answer);
    while (len > 0 && t->answer[len - 1] == '\n')
        t->answer[--len] = '\0';
}

struct twin *twin_start(const char *name)
{
    struct twin *t = calloc(1, sizeof(*t));
    char command[700];
    assert_non_null(t);
    (void)snprintf(t->folder, sizeof(t->folder), "/tmp/landfall-twin-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    (void)snprintf(t->script, sizeof(t->script), TESTS_FOLDER "/servers/%s", name);
    t->port = free_port();
    (void)snprintf(command, sizeof(command), "'%s' start %s %d 2>&1", t->script, t->folder, t->port);
    run(t, command);
    return t;
}

void twin_stop(struct twin *t)
{
    char command[700];
    (void)snprintf(command, sizeof(command), "'%s' stop %s 2>&1 && rm -r %s", t->script, t->folder,
                   t->folder);
    free(t->answer);
    run(t, command);
    free(t->answer);
    free(t);
}

int twin_port(const struct twin *t)
{
    return t->port;
}

const char *twin_folder(const struct twin *t)
{
    return t->folder;
}

const char *twin_tell(struct twin *t, const char *path, const char *json)
{
    size_t len = json ? strlen(json) : 0;
    char *command = malloc(len + 700);
    assert_non_null(command);
    int at = snprintf(command, 700, "'%s' tell %s %s", t->script, t->folder, path);
    if (json) {
        /* The shell's quote cannot be in it: it has become JSON's. */
        (void)snprintf(command + at, len + 700 - (size_t)at, " '%s' 2>&1", json);
        for (char *c = command + at + 2; *c && c < command + at + 2 + len; c++)
            *c = *c == '\'' ? '"' : *c;
    }
    free(t->answer);
    t->answer = NULL;
    run(t, command);
    free(command);
    return t->answer;
}

int twin_count(struct twin *t, const char *path, const char *word)
{
    int count = 0;
    for (const char *at = twin_tell(t, path, NULL); (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}
