/* The inside of http, shared with http_mail.c, which sends by another protocol through the same curl. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/buf.h"
#include "io/http.h"
#include "io/http_curl.h"

struct arena;
struct err;

struct http {
    struct loop *loop;
    struct http_limits limits;
    struct http_curl curl;
    CURLM *multi; /* NULL until the first request */
    struct loop_timer *timer;
    struct http_request *requests;
    const struct http_tap *tap; /* or NULL */
};

struct http_request {
    struct http *http;
    struct http_request *next, *prev;
    int64_t started_ms;
    http_reply_fn *fn;
    void *user;
    struct arena *mem;
    CURL *easy; /* NULL: refused before anything happened */
    CURLU *url;
    struct curl_slist *headers;
    struct loop_timer *refusal;
    struct http_reply instead; /* what the refusal says */
    bool is_altered;           /* the tap wants to see what came */
    bool is_safe;              /* GET or HEAD: may be sent twice */
    bool is_plain;             /* http or smtp, no TLS from the first byte on */
    bool is_mail;              /* a status of 400 or more is told with curl's words, which name the command */
    const char *upload;        /* a mail's bytes that curl has not read yet */
    size_t upload_count;
    struct curl_slist *recipients;
    bool began; /* bytes of the request may have left */
    const char *why;
    char words[CURL_ERROR_SIZE];
    ARRAY(struct http_header) got;
    size_t got_bytes;
    struct buf body;
};

/* A request that is known and not sent yet. */
struct http_request *http_request_new(struct http *h, http_reply_fn *fn, void *user);
/* Told as HTTP_NOT_SENT, later. */
void http_request_refuse(struct http_request *r, const struct err *err);
/* Loads libcurl, once. */
MUST_USE bool http_request_start_curl(struct http_request *r, struct err *err);
/* Options that hold whatever is sent; a rule this libcurl does not know must not be skipped. */
MUST_USE bool http_request_set_rules(struct http_request *r, const char *protocols, uint64_t timeout_ms);
/* Hands it to curl. */
MUST_USE bool http_request_begin(struct http_request *r, struct err *err);
