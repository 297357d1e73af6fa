/* Mail through the same curl as all HTTP: one message to one server (RFC 5321), on the loop.  TLS >= 1.2,
 * verified, from the first byte (smtps) or before anything is said (smtp, STARTTLS); without it only to
 * loopback.  The rest of the rules is http.h's. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "io/http.h"

/* Borrowed during http_mail_send. */
struct http_mail {
    const char *server;          /* "smtp://host:587", "smtps://host:465" */
    const char *user, *password; /* or NULL */
    const char *from;
    const char *const *to; /* at least one */
    size_t to_count;
    const char *message; /* headers and body; its lines end with CR LF */
    size_t message_count;
    uint64_t timeout_ms; /* 0: 30 000 */
};

/* The reply: status 250 when the server took it for every recipient; another status of HTTP_REPLY says that
 * it did not, and `error` which command it refused.  Otherwise as http_send, and so is http_cancel. */
struct http_request *http_mail_send(struct http *h, const struct http_mail *mail, http_reply_fn *fn,
                                    void *user);
