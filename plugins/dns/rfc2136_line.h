/* A TCP connection to a name server: messages with their length before them (RFC 1035, 4.2.2), each wait
 * bounded twice, by a silence and by the end of the whole job.
 *
 * It blocks, so it lives on a worker thread, and it has a clock of its own, because a worker may not ask the
 * host for the time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory;

struct line {
    int fd; /* -1: not connected */
    uint32_t silence_ms;
    int64_t until_ms; /* on line_now_ms */
    char why[200];    /* of the last failure, in words */
};

int64_t line_now_ms(void);

/* False: there is no connection, and nothing was sent. */
bool line_open(struct line *line, const char *server, uint16_t port);
/* False: the server has not got the whole message, so it cannot have acted on it. */
bool line_send(struct line *line, const uint8_t *bytes, size_t len);
/* False: no whole message came. */
bool line_receive(struct line *line, struct memory *memory, uint8_t **bytes, size_t *len);
void line_close(struct line *line);
