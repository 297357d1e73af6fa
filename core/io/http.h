/* HTTP: requests over libcurl's multi interface on the loop.  The rules of security.md hold for every
 * request: no redirects, no netrc, TLS >= 1.2 verified, plain http only to loopback, to the metadata address
 * of cloud machines and to hosts that are named, caps on body, headers and time, a low-speed limit.  No
 * proxy, also none from the environment.  libcurl is loaded by the first request, so that commands which
 * never send pay nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/loop.h"

struct http;
struct http_request; /* in flight */

/* How certain we are that the service saw it; LF_SENT_* of the plugin contract, number for number. */
enum http_sent { HTTP_REPLY = 1, HTTP_NOT_SENT = 2, HTTP_MAYBE_SENT = 3, HTTP_CANCELED = 4 };

struct http_header {
    const char *name, *value;
};

/* Borrowed during http_send. */
struct http_ask {
    const char *method, *url;
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_count;
    uint64_t timeout_ms;   /* 0: 30 000 */
    const char *aws_sigv4; /* or NULL */
    const char *user, *password;
    bool fresh;     /* on a connection of its own: the reply then tells of its certificate for certain */
    bool only_asks; /* its sender says that it changes nothing, whatever the method; for a tap */
};

/* Valid inside the callback. */
struct http_reply {
    enum http_sent sent;
    uint32_t status; /* 0 unless HTTP_REPLY */
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* NUL behind */
    size_t body_count;
    uint64_t took_ms;           /* from http_send to the end of the reply */
    int64_t certificate_left_s; /* how long the server's own is good; -1: none, or not told on a kept
                                   connection */
    uint32_t retry_after_ms;    /* both forms of Retry-After, clamped to an hour; 0: none */
    const char *error;          /* curl's words when there is no reply, or NULL */
};

typedef void http_reply_fn(void *user, const struct http_reply *reply);

struct http_limits {
    size_t body_max;     /* 0: 64 MiB; a bigger body ends the transfer as HTTP_MAYBE_SENT */
    const char *ca_file; /* PEM, trusted besides the system's; or NULL; borrowed for the life of the http */
    /* Hosts beyond loopback that may be asked without TLS; borrowed likewise. */
    const char *const *plain;
    size_t plain_count;
};

/* A tap is for proving those who send: it decides what becomes of a request before it leaves. */
enum http_tap_way {
    HTTP_TAP_PASS = 0,
    HTTP_TAP_ALTER,  /* it leaves, and `arrives` may change what its sender is told */
    HTTP_TAP_ANSWER, /* it does not leave; *instead is told, whose parts are borrowed until then */
    HTTP_TAP_SILENT, /* it does not leave, and no reply comes before its time is over */
};
struct http_tap {
    void *user;
    enum http_tap_way (*leaves)(void *user, const struct http_ask *ask, struct http_reply *instead);
    void (*arrives)(void *user, struct http_reply *reply);
};

struct http *http_new(struct loop *l, struct http_limits limits);
void http_free(struct http *h);
void http_set_tap(struct http *h, const struct http_tap *tap); /* borrowed; NULL: none */
/* fn is called exactly once, never inside this call, unless http_cancel comes first. */
struct http_request *http_send(struct http *h, const struct http_ask *ask, http_reply_fn *fn, void *user);
void http_cancel(struct http_request *r); /* fn is not called */
/* Asked before a cancel: false when for certain no byte of it has left. */
bool http_has_begun(const struct http_request *r);
