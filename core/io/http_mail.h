/* Mail by the same curl as all HTTP: one message to one server (RFC 5321).  TLS >= 1.2, verified, from the
 * first byte (smtps) or before anything is said (smtp, STARTTLS); without it only to loopback.
 *
 * Each mail has a thread of its own, because curl waits inside a call for what a mail server says after a
 * message, and the loop must not: a server that hangs costs nobody a turn. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "io/http.h"

struct http_mail_sending;
struct loop;

/* Borrowed during http_mail_send, except for ca_file. */
struct http_mail {
    const char *server;          /* "smtp://host:587", "smtps://host:465" */
    const char *user, *password; /* or NULL */
    const char *from;
    const char *const *to; /* at least one */
    size_t to_count;
    const char *message; /* headers and body; its lines end with CR LF */
    size_t message_count;
    uint64_t timeout_ms; /* 0: 30 000 */
    const char *ca_file; /* as struct http_limits */
};

/* fn is called exactly once, on the loop and never inside this call, unless http_mail_cancel comes first.
 * Status 250 when the server took it for every recipient; another status of HTTP_REPLY says that it did not,
 * and `error` which command it refused; otherwise as http_send. */
struct http_mail_sending *http_mail_send(struct loop *l, const struct http_mail *mail, http_reply_fn *fn,
                                         void *user);
/* fn is not called.  At once, but for a name that is being looked up: then within a second. */
void http_mail_cancel(struct http_mail_sending *s);
