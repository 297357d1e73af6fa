#include "report/facts_notices.h"

#include <string.h>

#include "store/store.h"

struct facts_notices_counts facts_notices_count(const struct facts_notices *n)
{
    struct facts_notices_counts counts = {.first_sent = n->count};
    for (size_t i = n->count; i > 0; i--) {
        const char *state = n->rows[i - 1].state;
        if (strcmp(state, "sent") == 0) {
            if (counts.sent++ < n->last)
                counts.first_sent = i - 1;
        } else if (strcmp(state, "due") == 0) {
            counts.due++;
        } else {
            counts.given_up++;
        }
    }
    return counts;
}

bool facts_notices_shows(const struct facts_notices *n, const struct facts_notices_counts *counts, size_t i)
{
    return strcmp(n->rows[i].state, "sent") != 0 || i >= counts->first_sent;
}
