/* The leftover: a copied text or key that still names the region it came from.  That is how a new region's
 * hosts boot with the old region's config, so each one is a warning. */
#pragma once

#include <stddef.h>

struct findings;
struct spec;
struct value;

/* `from` are the regions the services were copied from, nearest first. */
void leftover_check(struct findings *f, const struct spec *spec, struct spec *const *from, size_t count,
                    const struct value *services);
