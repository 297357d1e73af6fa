/* The leftover: a copied text or key that still names the region it came from.  That is how a new region's
 * hosts boot with the old region's config, so each one is a warning. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct findings;
struct spec;
struct value;

/* A word that gives a region away. */
struct leftover_word {
    const char *text;
    const char *code, *what; /* "region.copied_domain", "domain" */
    const char *region;
};

struct leftover {
    const char *path;          /* services.hosts.app; valid during the call */
    const struct value *value; /* the text, or what stands behind the key */
    const struct leftover_word *word;
    bool key;
    /* The word begins the name of a place, such as us-west-2: in that part of the world, and not that
     * region's for it. */
    bool place;
};
typedef void leftover_fn(void *user, const struct leftover *one);

/* As a whole word or label: "us" stands in "us-queue" and "db.us.acme.example", not in "status". */
bool leftover_holds(const char *text, const char *word);
/* Every text and key that holds one of the words as a whole word: one call for each, with the first of the
 * words that fits.  `is_copy` (or NULL: everything is one) says whether a value counts. */
void leftover_each(const struct value *services, const struct leftover_word *words, size_t count,
                   bool (*is_copy)(void *user, const struct value *v), leftover_fn *fn, void *user);
/* `from` are the regions the services were copied from, nearest first. */
void leftover_check(struct findings *f, const struct spec *spec, struct spec *const *from, size_t count,
                    const struct value *services);
