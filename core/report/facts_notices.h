/* Which notices are shown: all that need somebody's eye, and the newest of those that were sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "report/facts.h"

struct facts_notices_counts {
    size_t sent, due, given_up;
    size_t first_sent; /* the oldest sent one that is shown */
};

struct facts_notices_counts facts_notices_count(const struct facts_notices *n);
bool facts_notices_shows(const struct facts_notices *n, const struct facts_notices_counts *counts, size_t i);
