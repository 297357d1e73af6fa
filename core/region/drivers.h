/* The drivers: the `drivers` block of a region file - which driver serves which subsystem, and with what
 * settings.  Secrets in settings stay unresolved references. */
#pragma once

#include <stddef.h>

struct findings;
struct region_driver;
struct value;

/* `map` may be NULL; that it is a map is for the caller to say.  Sorted by subsystem, then instance; what is
 * wrong is a finding. */
struct region_driver *drivers_parse(struct findings *f, const struct value *map, size_t *count);
