/* The words for a name that is taken: the same in a plan, before anything is done, and in a run that met it
 * on its way. */
#pragma once

#include <stdbool.h>

struct arena;

/* Whose it is.  marker: as read, or NULL; note: what the driver said besides, or NULL. */
const char *taken_reason(struct arena *mem, const char *marker, const char *note);
/* What to type to have it: "`landfall adopt eu dns.zone.apex --yes` to take it over".  own: its marker is an
 * older one of this very store. */
const char *taken_adoption(struct arena *mem, const char *region, const char *address, const char *marker,
                           bool own);
