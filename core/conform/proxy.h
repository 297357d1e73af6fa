/* The proxy: it stands between a driver and its service, passes bytes on, and breaks connections where it is
 * told to.  It knows nothing of what flows: encrypted or not, HTTP or anything else.  It listens on a free
 * port of 127.0.0.1.
 *
 * A point is where it can strike: with client's bytes after the service's (or at a connection's beginning),
 * a request begins; with the service's bytes after the client's, its reply. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct err;
struct loop;
struct proxy;

enum proxy_kind {
    PROXY_PASS = 0,
    PROXY_REFUSE,    /* nobody listens                                              */
    PROXY_RESET,     /* the connection is accepted and reset                        */
    PROXY_SILENT,    /* accepted; nothing is passed on, nothing comes back          */
    PROXY_LOST,      /* the request is passed on, its reply swallowed, then a reset */
    PROXY_TRUNCATED, /* half of the reply, then the end of the connection           */
    PROXY_GARBLED,   /* bytes of no protocol instead of the reply, then the end     */
    PROXY_STALLED,   /* the request is passed on, the reply never comes             */
    PROXY_GIANT,     /* an HTTP reply without an end; only for plain HTTP           */
    PROXY_HOLD,      /* the request stays here until proxy_deliver                  */
};

/* A socket that never listens: it keeps a free port of 127.0.0.1 from everybody else, also while the proxy
 * refuses.  What is forked afterwards closes it. */
MUST_USE bool proxy_reserve(int *seat, uint16_t *port, struct err *err);
/* Takes the seat over, and listens. */
MUST_USE bool proxy_open(struct loop *loop, int seat, uint16_t port, const char *host, uint16_t service,
                         struct proxy **out, struct err *err);
void proxy_close(struct proxy *p); /* NULL is fine */

/* All connections end, so that the next operation makes its own.  The first `skip` points pass. */
MUST_USE bool proxy_arm(struct proxy *p, enum proxy_kind kind, uint32_t skip, struct err *err);
/* All is well again; broken and held connections end. */
MUST_USE bool proxy_disarm(struct proxy *p, struct err *err);
uint32_t proxy_hits(const struct proxy *p); /* since it was armed */
/* What is held goes to the service, whether its sender still lives or not; what comes back is dropped. */
void proxy_deliver(struct proxy *p);
/* Called at the first hit; NULL: nobody. */
void proxy_on_hit(struct proxy *p, void (*fn)(void *user), void *user);
/* Were the first bytes of the last connection those of a plain HTTP request? */
bool proxy_saw_http(const struct proxy *p);
