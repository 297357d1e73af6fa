/* The region: one jurisdiction's copy of the service, resolved from its YAML file and the region it is copied
 * from. Immutable after region_load; every value remembers its origin.  Lives in the arena it was loaded
 * into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "model/value_yaml.h"

struct diags;
struct err;
struct rates;
struct value;

/* One entry of `drivers`: "dns" or "dns/parent". */
struct region_driver {
    const char *subsystem;
    const char *instance;         /* "" or "parent" */
    const char *driver;           /* use: local */
    const struct value *settings; /* the rest of the block, `use` taken out */
    bool shared;                  /* every object of this instance is a shared change */
    uint32_t where;
};

struct region_shrink {
    const char *match;
    const char *why;
    const char *grow_back; /* or NULL */
    size_t hits;           /* values it changed; a rule may match without changing anything */
    uint32_t where;
};

struct region_absent {
    const char *what; /* services.queues.legacy-import */
    const char *why;
    const char *owner;
    const char *revisit; /* a date, or NULL */
    uint32_t where;
};

/* A difference from the other regions that is meant: a value under services, or a step. */
struct region_differs {
    const char *what;
    const char *why;
    const char *owner;
    const char *revisit; /* a date, or NULL */
    bool of_steps;       /* an address or a prefix of one, perhaps with #setting; else a path of values */
    uint32_t where;
};

/* A file that went into it, for the plan's digest. */
struct region_file {
    const char *path;
    const char *digest; /* hex */
};

struct region {
    const char *name, *title, *jurisdiction, *from, *place, *domain, *parent_domain, *currency, *timezone;
    /* What a playbook sees as landfall.region: region, title, jurisdiction, from, place, domain,
     * parent_domain, currency, timezone, services (resolved), budget.  parent_domain is `domain` without its
     * first label. */
    const struct value *view;
    const struct value *services;
    const struct region_driver *drivers; /* sorted by subsystem, then instance */
    size_t driver_count;
    const struct region_shrink *shrinks;
    size_t shrink_count;
    /* Its own first, then what a region further up left out and nobody declared again. */
    const struct region_absent *absents;
    size_t absent_count;
    /* Its own, then those of what it is copied from. */
    const struct region_differs *differs;
    size_t differs_count;
    const struct value *residency; /* category -> list of places, or NULL */
    const struct value *budget;    /* { monthly, one_off }, or NULL */
    const struct value *launch;    /* { target, can_follow, milestones: { name: date } }, or NULL */
    const struct rates *rates;     /* of other currencies, or NULL */
    const struct value *cost;      /* { monthly, dated, source }: what it is known to cost; or NULL */
    const struct value *rehearse;  /* { durations }, or NULL: see duration.h */
    const struct origins *origins;
    const struct region_file *files; /* as read: its own, the schema, the references */
    size_t file_count;
};

/* Reads regions/<name>.yaml below `project`, regions/services.schema.yaml where there is one (see shape.h),
 * and what the region is copied from.  Everything wrong goes to `out` with file:line:column, the line with a
 * caret, and a suggestion; warnings (a copied text that holds the reference's name, place or domain; a secret
 * that was not copied) too.  timezone is UTC where the file names none; nothing else has a default.  False
 * when there is at least one error (err holds the first). */
MUST_USE bool region_load(struct arena *mem, const char *project, const char *name, struct region **out,
                          struct diags *diags, struct err *err);
/* Names of the region files in the project, sorted. */
MUST_USE bool region_list(struct arena *mem, const char *project, const char *const **names, size_t *count,
                          struct err *err);
