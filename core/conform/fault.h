/* The fault: what becomes of requests by HTTP, decided before they leave and before their replies arrive.
 * It works for every driver that sends through the host, whatever the service and however it is encrypted,
 * and it knows for certain whether a request reached the service. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/http.h"

enum fault_kind {
    FAULT_NONE = 0,
    FAULT_NOT_SENT,     /* the service cannot be reached, for certain */
    FAULT_LOST_REQUEST, /* it never arrives, and nobody can know      */
    FAULT_LOST_REPLY,   /* it arrives, and its reply does not         */
    FAULT_THROTTLED,    /* 429, Retry-After: 1                        */
    FAULT_ERROR,        /* 500 instead of doing it                    */
    FAULT_ERROR_AFTER,  /* 500 after doing it                         */
    FAULT_UNAVAILABLE,  /* 503, Retry-After: 1                        */
    FAULT_GARBLED,      /* done, and the body is no document          */
    FAULT_EMPTY,        /* done, and the body is empty                */
    FAULT_SILENT,       /* it never arrives, and no reply comes       */
};

struct fault {
    enum fault_kind kind;
    uint32_t skip;   /* requests that pass first */
    bool lasting;    /* all after it as well     */
    uint32_t hits;   /* requests it has met      */
    bool hit_unsafe; /* one of them could change something */
    bool reached;    /* and the service saw it   */
    struct http_tap tap;
};

void fault_init(struct fault *f);
/* From the next request but `skip` on; FAULT_NONE: all is well again.  What was met stays to be asked. */
void fault_arm(struct fault *f, enum fault_kind kind, uint32_t skip, bool lasting);
void fault_disarm(struct fault *f);
