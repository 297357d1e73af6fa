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

#include "server.h"

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
    t->port = server_port();
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

/* One request of HTTP/1.1, whose answer ends with the connection. */
static void exchange(struct twin *t, const char *request, size_t len)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)t->port)};
    size_t size = 0;
    FILE *out = open_memstream(&t->answer, &size);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char piece[16384];
    assert_non_null(out);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), len);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    for (ssize_t got; (got = read(fd, piece, sizeof(piece))) > 0;)
        assert_int_equal(fwrite(piece, 1, (size_t)got, out), got);
    close(fd);
    assert_int_equal(fclose(out), 0);
}

const char *twin_tell(struct twin *t, const char *path, const char *json)
{
    char *request = NULL;
    int len = asprintf(&request, "%s /-/%s HTTP/1.1\r\nHost: twin\r\nContent-Length: %zu\r\n\r\n%s",
                       json ? "POST" : "GET", path, json ? strlen(json) : 0, json ? json : "");
    assert_true(len > 0);
    for (char *c = strstr(request, "\r\n\r\n"); *c; c++)
        *c = *c == '\'' ? '"' : *c;
    free(t->answer);
    t->answer = NULL;
    exchange(t, request, (size_t)len);
    free(request);
    char *body = strstr(t->answer, "\r\n\r\n");
    if (strncmp(t->answer, "HTTP/1.1 200 ", 13) != 0 || !body)
        fail_msg("'%s' %s: %s", path, json ? json : "", t->answer);
    return body + 4;
}

int twin_count(struct twin *t, const char *path, const char *word)
{
    int count = 0;
    for (const char *at = twin_tell(t, path, NULL); (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}
