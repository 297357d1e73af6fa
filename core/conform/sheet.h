/* The sheet: what a driver's author gives the suite, as one closed YAML file.
 *
 *     settings: { url: "http://${proxy}", key: !secret env:KEY }  # as in a region's drivers block
 *     proxy: 127.0.0.1:8081      # where the service listens; the suite stands in between, at ${proxy}
 *     lag_ms: 0                  # how late things land and show here; left out: what the driver says
 *     kills: 8                   # so many processes are killed while they create something
 *     words: { domain: example.net }              # for ${domain} below
 *     skip: { owned: the service has no lists }   # case: why
 *     types:
 *       record:
 *         needs: { zone: zone }  # name: type; made before, and ${zone.id} is its id
 *         alone: false           # true: each object gets needs of its own, since no two stand side by side
 *         create: { zone: "${zone.id}", type: A, name: "${name}", values: [192.0.2.1] }
 *         update: { values: [192.0.2.2] }      # laid over `create`: changes in place
 *         replace: { name: "${name}-b" }       # laid over `create`: makes another object
 *         foreign: [./make-record, "${name}"]  # makes an object that is not ours, by other means
 *         foreign_remove: [./remove-record, "${name}"]
 *
 * For the subsystems landfall knows there are sheets of samples (samples/<subsystem>.yaml), and what the
 * file says of a type goes over those key by key.  Words that are always there: ${name} (another one for each
 * object: a letter, then letters and digits; ${NAME} is the same in capitals), ${folder} (empty, removed
 * afterwards), ${secret}, ${proxy} and ${proxy_port}. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"

struct diags;
struct err;
struct origins;
struct value;

struct sheet_need {
    const char *name, *type;
};

struct sheet_type {
    const char *name;
    const struct value *create, *update, *replace; /* maps with placeholders; NULL: not given */
    const struct sheet_need *needs;
    size_t need_count;
    bool alone;                                   /* each object has needs of its own */
    const struct value *foreign, *foreign_remove; /* lists of texts; or NULL */
    const char *skip;                             /* why the type is left out, or NULL */
    uint32_t where;
    bool given; /* by the file, not by the samples alone */
};

struct sheet {
    const char *name; /* of the file */
    struct origins *origins;
    const struct value *settings; /* with placeholders; or NULL */
    const char *proxy_host;       /* NULL: no proxy */
    uint16_t proxy_port;
    uint32_t kills;
    int64_t lag_ms;            /* -1: the driver's own word */
    const struct value *words; /* map of texts, or NULL */
    const struct value *skip;  /* map: case to why, or NULL */
    const struct sheet_type *types;
    size_t type_count;
};

#define SHEET_KILLS 8

/* The file `name`, seen from `folder`, over the samples of the subsystem, if there are any.  All
 * that is wrong goes to `diags`; false when something is, and err is the first. */
MUST_USE bool sheet_load(struct arena *mem, const char *folder, const char *name, const char *subsystem,
                         struct sheet **out, struct diags *diags, struct err *err);
const struct sheet_type *sheet_find(const struct sheet *s, const char *type); /* or NULL */
/* "f.yaml:3:5" of an origin, or NULL. */
const char *sheet_place(const struct sheet *s, struct arena *mem, uint32_t where);
