/* The look: asks once whether something is as it should be - an HTTP request, or a driver's call that only
 * reads - and says yes, or what was seen instead.  Bounded in time and in bytes, whatever the other side
 * does; changes nothing.  Checks look until they like what they see (probe.c), evidence once (evidence.c). */
#pragma once

#include <stdbool.h>

#include "io/http.h"

struct arena;
struct registry;
struct value;

/* passed, or what was seen and, where a driver said so, what to do (else NULL); both live as long as mem. */
typedef void look_fn(void *user, bool passed, const char *what, const char *advice);

/* Answers instead of the network: fn(fn_user, reply), once, never inside this call. */
struct look_web {
    void *user;
    void (*send)(void *user, const char *address, const struct http_ask *ask, http_reply_fn *fn,
                 void *fn_user);
};

struct look_ask {
    struct http *http;
    const struct look_web *web; /* or NULL */
    struct registry *registry;
    const char *address; /* of the step, for messages of drivers */
    /* { http = { url, expect, contains } } or { call = { subsystem, instance, call }, args, expect }, all
     * known. */
    const struct value *asked;
};

/* Calls fn once: later, or inside where no driver offers the call.  What it is given lives until then. */
void look_start(struct arena *mem, const struct look_ask *ask, look_fn *fn, void *user);
