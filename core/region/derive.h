/* Derive: one region's services made from those of the region it is copied from.  The copy first, without
 * secrets and without what is absent; then the shrink rules; then the region's own services, which win. Every
 * value gets an origin that leads back to where it was written. */
#pragma once

#include <stdbool.h>

struct findings;
struct spec;
struct value;

/* `copied` is what `parent` resolved to; both NULL when nothing is copied.  Fills the match and hit counts of
 * the spec's rules.  Warnings are found only when `warn`: those of a region further up are its own affair. */
const struct value *derive_services(struct findings *f, const struct spec *spec, const struct spec *parent,
                                    const struct value *copied, bool warn);
