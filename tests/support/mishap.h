/* A way to a server on which things go wrong: a proxy on loopback for protocols of one request and one reply
 * per connection, in threads of its own.  It counts what passes and does to chosen requests what networks,
 * proxies and dying clients do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum mishap_kind {
    MISHAP_LOSE_REPLY, /* the server does it, nobody hears of it                          */
    MISHAP_RESET,      /* the connection ends before the server saw anything              */
    MISHAP_LATE,       /* the connection ends, and the server is asked when the test lets it come */
    MISHAP_CUT,        /* half of the reply, under the length of the whole                */
    MISHAP_GIANT,      /* a reply without an end                                          */
    MISHAP_SILENT,     /* taken, and never answered                                       */
    MISHAP_ANSWER,     /* answered by the proxy, with `text`: a whole reply with its head */
    MISHAP_AFTER,      /* the server does it, then `text` is the answer                   */
};

struct mishap;

struct mishap *mishap_open(int server_port);
void mishap_close(struct mishap *m); /* waits for what is late */
int mishap_port(const struct mishap *m);
/* For the next `count` requests that begin with `request` ("PATCH /api"; "" for all), or hold what follows a
 * "*" ("*sign_in").  `text` is borrowed until they came. */
void mishap_next(struct mishap *m, const char *request, size_t count, enum mishap_kind kind,
                 const char *text);
/* Requests that began with `request` since the last mishap_forget. */
size_t mishap_count(struct mishap *m, const char *request);
/* Whether the bytes ever passed, in either direction. */
bool mishap_saw(struct mishap *m, const char *bytes);
void mishap_forget(struct mishap *m);
/* What is late now arrives in so many milliseconds. */
void mishap_let_come(struct mishap *m, int ms);
/* Lets what is late arrive, and waits until nothing is under way; false after a minute. */
bool mishap_is_quiet(struct mishap *m);
