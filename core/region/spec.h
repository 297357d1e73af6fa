/* The spec: one region file as it is written, checked, before anything is copied into it.  Lives in the arena
 * of the load. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct findings;
struct rates;
struct region_driver;
struct rules_absent;
struct rules_differs;
struct rules_shrink;
struct value;

/* What `landfall copy` writes where only a person can decide; a file with one is not finished. */
#define SPEC_OPEN "FILL IN"

struct spec {
    const char *file;         /* regions/eu.yaml */
    const struct value *root; /* the whole file, a map */
    /* NULL where the file lacks them; then that is a finding (but for `from`). */
    const char *name, *title, *jurisdiction, *from, *place, *domain, *currency;
    const char *timezone;         /* UTC when the file names none */
    const struct value *services; /* own ones only; a map, or NULL */
    struct rules_shrink *shrinks;
    size_t shrink_count;
    struct rules_absent *absents;
    size_t absent_count;
    struct rules_differs *differs;
    size_t differs_count;
    struct region_driver *drivers;
    size_t driver_count;
    const struct rates *rates; /* or NULL */
};

/* Reads regions/<name>.yaml below `project`.  NULL when it is not even a map; what is wrong is a finding. */
struct spec *spec_load(struct findings *f, const char *project, const char *name);
