/* The catalogue file in memory: four sections of things by code, each a JSON object.
 *
 * What landfall did not write - other top-level keys, things without a "landfall" key, further keys of a
 * thing - is given back as it was read.  Lives as long as the operation it was read for. */
#pragma once

#include "kit.h"

#define CATALOG_ENTITIES 0u
#define CATALOG_PRODUCTS 1u
#define CATALOG_PRICES   2u
#define CATALOG_TAXES    3u
#define CATALOG_SECTIONS 4u

struct catalog_thing {
    const char *code;
    const struct lf_value *value; /* a map */
};

struct catalog_section {
    struct catalog_thing *things; /* sorted by code */
    size_t count;
    size_t room;
};

struct catalog {
    const struct kit *kit;
    struct lf_op *op;
    const struct lf_value *whole; /* as read, or NULL */
    struct catalog_section sections[CATALOG_SECTIONS];
    bool changed;
};

/* text NULL: there is no file, so an empty catalogue.  On failure *why says what is wrong with the file. */
bool catalog_parse(const struct kit *kit, struct lf_op *op, const char *text, size_t len,
                   struct catalog **out, const char **why);
/* The whole file, one thing a line. */
const char *catalog_print(const struct catalog *catalog, size_t *len);

/* NULL: not there. */
const struct lf_value *catalog_find(const struct catalog *catalog, uint32_t section, const char *code);
/* Adds or replaces; an equal value changes nothing. */
void catalog_put(struct catalog *catalog, uint32_t section, const char *code, const struct lf_value *value);
void catalog_remove(struct catalog *catalog, uint32_t section, const char *code);
const char *catalog_marker(const struct catalog *catalog, const struct lf_value *thing);
