#include "report/as_json_source.h"

#include "base/err.h"
#include "report/doc.h"

void as_json_source(struct doc *d, bool as_stored, const struct err *silence)
{
    doc_text(d, "as_of", as_stored ? "store" : "services");
    if (!silence)
        return;
    doc_map(d, "not_asked");
    doc_text(d, "code", silence->code);
    doc_text(d, "summary", silence->summary);
    doc_close(d);
}
