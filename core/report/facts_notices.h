/* How many notices there are, whether they are shown or not. */
#pragma once

#include <stddef.h>

#include "report/facts.h"

struct facts_notices_counts {
    size_t sent, due, given_up;
};

struct facts_notices_counts facts_notices_count(const struct facts_notices *n);
