/* Requests of the driver: its address, headers and credentials, and paths with values in them. */
#pragma once

#include "kit_http.h"

struct http {
    struct kit kit;
    const struct lf_value *settings; /* live until close() */
    char *url;                       /* of the settings, without a final / */
};

/* What {id}, {key}, {marker}, {token} and {name} stand for; NULL: nothing. */
struct http_names {
    const char *id, *key, *marker, *token, *name;
};

struct http_ask {
    const char *method;
    const char *url; /* whole, or a path behind the driver's own */
    const struct lf_value *headers;
    struct lf_header more[2]; /* name NULL: none */
    const struct lf_value *json;
    uint32_t flags;
    uint64_t timeout_ms;
};

/* The path with its names filled in, percent-encoded; NULL: it needs one that is not known, or one that is no
 * name in a URL, and *why says which. */
const char *http_ask_path(const struct http *http, struct lf_op *op, const char *path,
                          const struct http_names *names, const char **why);
/* "." and ".." lead to another folder, whether they are percent-encoded or not: what is asked, changed or
 * deleted there is something else. */
bool http_ask_is_step(const char *name);
/* The driver's headers and credentials go to its own address only.  False: a secret could not be read, which
 * has been said, and fn will not come. */
bool http_ask_send(const struct http *http, struct lf_op *op, const struct http_ask *ask, kit_http_fn *fn,
                   void *user);
/* The words for a reply that is not as hoped, as a note. */
void http_ask_say(const struct http *http, struct lf_op *op, const struct kit_http_reply *reply,
                  const char *doing);
