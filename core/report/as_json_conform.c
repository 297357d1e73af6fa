#include "base/attr.h"
#include "conform/conform.h"
#include "report/as_json.h"
#include "report/doc.h"

static const char *const outcomes[] = {
    [CONFORM_PASSED] = "passed",
    [CONFORM_FAILED] = "failed",
    [CONFORM_SKIPPED] = "skipped",
};

void as_json_conform_begin(struct doc *d, struct out *o, const struct conform_result *r)
{
    doc_begin(d, o, "landfall.conformance/1");
    doc_text(d, "subsystem", r->subsystem);
    doc_text(d, "driver", r->driver);
    doc_text(d, "version", r->version);
    doc_text(d, "dry_by_word", r->by_word);
    doc_list(d, "cases");
}

void as_json_conform_row(struct doc *d, const struct conform_row *row)
{
    doc_map(d, NULL);
    doc_text(d, "type", row->type);
    doc_text(d, "case", row->name);
    doc_text(d, "outcome", outcomes[row->outcome]);
    doc_text(d, "proves", row->doc);
    doc_text(d, "reason", row->reason);
    doc_count(d, "took_ms", (uint64_t)row->took_ms);
    if (row->finding_count) {
        doc_list(d, "findings");
        for (size_t i = 0; i < row->finding_count; i++) {
            doc_map(d, NULL);
            doc_text(d, "summary", row->findings[i].summary);
            doc_text(d, "detail", row->findings[i].detail);
            doc_text(d, "advice", row->findings[i].advice);
            doc_close(d);
        }
        doc_close(d);
    }
    doc_close(d);
}

void as_json_conform_end(struct doc *d, const struct conform_result *r)
{
    doc_close(d);
    doc_count(d, "passed", r->passed);
    doc_count(d, "failed", r->failed);
    doc_count(d, "skipped", r->skipped);
    doc_end(d);
}
