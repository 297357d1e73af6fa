/* The samples: sheets that came with landfall, one for each subsystem it has a contract for.  Generated from
 * samples/<subsystem>.yaml when landfall is built. */
#pragma once

#include <stddef.h>

struct samples {
    const char *subsystem;
    const char *text;
    size_t count;
};

/* Ends with a row of NULL. */
extern const struct samples samples_table[];
