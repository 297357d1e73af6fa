/* The project: the folder a user works in and what its landfall.yaml says about how to build - never about
 * what.  The file is closed; every key is optional:
 *
 *     store: .landfall                       # folder of the embedded stores, one per region
 *     key: !secret env:LANDFALL_STORE_KEY    # seals secret outputs; without it such a step is refused
 *     plugins: [plugins]                     # folders drivers are loaded from, searched in order
 *     playbook: playbooks/saas.lua           # needed only when playbooks/ does not hold exactly one
 *     price_books: [prices/list.yaml, prices/ours.yaml]   # later ones win
 *     policies: [residency, budget]          # those landfall came with; ours in policies/ hold anyway
 *     parallel: 256                          # operations in flight, over all pools
 *     pools:
 *       route53: { width: 4, rate: 4.5, burst: 10 }       # in flight, starts per second, starts at once
 *       queue-rabbitmq: { lands_within: 2 }               # seconds: how late what a dead run sent may land
 *     http: { ca_file: certs/ours.pem, plain: [vault] } # trusted besides the system's; asked without TLS
 *     notices: { ... }                                   # who is told of what: region/notices.h
 *     timeouts: { read: 30, create: 600, update: 600, destroy: 600 }   # seconds, for steps that say nothing
 *     approvals: { need: { shared: 2 } }     # who says yes to a plan first: region/approvals
 *
 * Lives in the arena it was loaded into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "region/approvals.h"
#include "region/notices.h"

struct diags;
struct err;
struct value;

#define PROJECT_FILE     "landfall.yaml"
#define PROJECT_PARALLEL 256 /* the default of `parallel` */

/* pools: how much at once and how fast.  0: not limited here, the engine's default holds. */
struct project_pool {
    const char *name;
    uint32_t width;      /* operations in flight */
    uint32_t rate_milli; /* thousandths of a start per second */
    uint32_t burst;      /* starts at once when the pool was idle */
    uint32_t lands_ms;   /* lands_within: how late what a dead run sent may still land */
};

/* timeouts, in milliseconds; 0: the verb's own default. */
struct project_timeouts {
    int64_t read_ms, create_ms, update_ms, destroy_ms;
};

/* http: rules of every request, whoever sends it. */
struct project_http {
    const char *ca_file; /* PEM, joined to the project's when relative; NULL: only the system's are trusted */
    const char *const *plain; /* hosts that may be asked without TLS, as in a URL */
    size_t plain_count;
};

/* policies: a file of rules that landfall came with.  Whether there is one of that name is not known here. */
struct project_policy {
    const char *name, *where, *detail; /* the line that names it */
};

struct project {
    const char *folder;         /* as given to project_load */
    const char *store;          /* folder, joined to the project's when relative; default .landfall */
    const struct value *key;    /* VALUE_SECRET, not resolved; NULL: none */
    const char *const *plugins; /* folders, joined to the project's when relative */
    size_t plugin_count;
    const char *playbook;           /* relative to the project: playbooks/saas.lua */
    const char *const *price_books; /* files, relative to the project */
    size_t price_book_count;
    const struct project_policy *policies;
    size_t policy_count;
    const struct project_pool *pools; /* sorted by name */
    size_t pool_count;
    uint32_t parallel;
    struct project_timeouts timeouts;
    struct project_http http;
    struct notices notices;
    struct approvals approvals;
};

/* The folder, absolute, that holds landfall.yaml: `start` or the nearest above it.  Error
 * "project.not_found". */
MUST_USE bool project_find(struct arena *mem, const char *start, const char **folder, struct err *err);
/* Everything wrong goes to `diags`; false when there is an error, and err holds the first. */
MUST_USE bool project_load(struct arena *mem, const char *folder, struct project **out, struct diags *diags,
                           struct err *err);
