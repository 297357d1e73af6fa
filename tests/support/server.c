#include "server.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMAND_MAX 8192
#define SKIPPED     77

static int run(char *out, size_t room, const char *command)
{
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t len = fread(out, 1, room - 1, pipe);
    out[len] = '\0';
    char rest[4096];
    while (fread(rest, 1, sizeof(rest), pipe) > 0)
        continue;
    int end = pclose(pipe);
    return WIFEXITED(end) ? WEXITSTATUS(end) : 128;
}

static void print(char *command, const char *format, va_list args)
{
    int len = vsnprintf(command, COMMAND_MAX, format, args);
    assert_true(len > 0 && len < COMMAND_MAX);
}

const char *server_run(char *out, size_t room, const char *format, ...)
{
    char command[COMMAND_MAX];
    va_list args;
    va_start(args, format);
    print(command, format, args);
    va_end(args);
    if (run(out, room, command) != 0)
        fail_msg("%s\n%s", command, out);
    return out;
}

int server_try(char *out, size_t room, const char *format, ...)
{
    char command[COMMAND_MAX];
    va_list args;
    va_start(args, format);
    print(command, format, args);
    va_end(args);
    return run(out, room, command);
}

/* Below the ports that the kernel gives to connections going out: one of those would be taken by a client
 * before the server it was meant for has started. */
#define PORT_FIRST 12000
#define PORT_COUNT 20000

int server_port(void)
{
    for (int tries = 0; tries < 100; tries++) {
        uint16_t lot = 0;
        if (getrandom(&lot, sizeof(lot), 0) != sizeof(lot))
            break;
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT_FIRST + lot % PORT_COUNT)};
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int tcp = socket(AF_INET, SOCK_STREAM, 0);
        int udp = socket(AF_INET, SOCK_DGRAM, 0);
        bool good = tcp >= 0 && udp >= 0 && bind(tcp, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
                    bind(udp, (const struct sockaddr *)&at, sizeof(at)) == 0;
        close(tcp);
        close(udp);
        if (good)
            return ntohs(at.sin_port);
    }
    fail_msg("no free port");
    return 0;
}

int server_missing(const char *const *programs, const char *packages)
{
    const char *ci = getenv("CI");
    for (; *programs; programs++) {
        char out[64];
        if (server_try(out, sizeof(out), "PATH=$PATH:/usr/sbin command -v %s >/dev/null", *programs) == 0)
            continue;
        (void)fprintf(stderr, "%s is missing: apt-get install %s\n", *programs, packages);
        return ci && strcmp(ci, "true") == 0 ? 1 : SKIPPED;
    }
    return 0;
}
