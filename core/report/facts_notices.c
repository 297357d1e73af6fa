#include "report/facts_notices.h"

#include <string.h>

#include "store/store.h"

struct facts_notices_counts facts_notices_count(const struct facts_notices *n)
{
    struct facts_notices_counts counts = {0};
    for (size_t i = 0; i < n->count; i++) {
        counts.due += strcmp(n->rows[i].state, "due") == 0;
        counts.given_up += strcmp(n->rows[i].state, "given_up") == 0;
    }
    counts.sent = n->total - counts.due - counts.given_up;
    return counts;
}
