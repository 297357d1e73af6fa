#include <string.h>

#include "report/as_json.h"
#include "report/doc.h"
#include "report/facts_notices.h"
#include "store/store.h"

void as_json_notices(struct out *o, const struct facts_notices *n)
{
    struct facts_notices_counts counts = facts_notices_count(n);
    struct doc d;
    doc_begin(&d, o, "landfall.notices/1");
    doc_text(&d, "region", n->region);
    doc_count(&d, "sent", counts.sent);
    doc_count(&d, "due", counts.due);
    doc_count(&d, "given_up", counts.given_up);
    doc_list(&d, "notices");
    for (size_t i = 0; i < n->count; i++) {
        const struct store_notice *row = &n->rows[i];
        doc_map(&d, NULL);
        doc_text(&d, "state", row->state);
        doc_text(&d, "sink", row->sink);
        doc_count(&d, "tries", row->attempt);
        if (strcmp(row->state, "due") == 0)
            doc_time(&d, "due_at", row->due_ms);
        doc_text(&d, "why", row->why);
        doc_json(&d, "notice", row->body);
        doc_close(&d);
    }
    doc_close(&d);
    doc_end(&d);
}
