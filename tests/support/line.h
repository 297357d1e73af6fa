/* A line to a server on which things go wrong: a TCP proxy on loopback that understands nothing of what it
 * carries.  It counts what clients send, and at a chosen moment cuts the line, lets it hang, or kills the
 * client, just before or just after the server got what was sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum line_mishap {
    LINE_CUT_BEFORE,  /* both ends closed, the server never got it                            */
    LINE_CUT_AFTER,   /* the server gets it and answers; the answer is lost and both are closed */
    LINE_KILL_BEFORE, /* the client is killed, the server never got it                        */
    LINE_KILL_AFTER,  /* the server gets it, then the client is killed                        */
    LINE_KILL_HIDDEN, /* the same, and the server learns of it only when it has answered */
    LINE_HANG,        /* from here on nothing passes, and nobody is told                      */
};

struct line;

struct line *line_open(int server_port);
void line_close(struct line *l);
int line_port(const struct line *l);
/* When the n-th (from 0) piece that a client sends from now on with `bytes` in it comes by; "": any piece.
 * `client` is who to kill, or 0.  `bytes` is borrowed. */
void line_break(struct line *l, const char *bytes, int n, enum line_mishap mishap, pid_t client);
/* Whether that moment came; forgets it. */
bool line_broke(struct line *l);
