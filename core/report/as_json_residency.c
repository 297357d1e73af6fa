#include "base/arena.h"
#include "base/buf.h"
#include "base/tick.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/residence_book.h"
#include "report/as_json.h"
#include "report/doc.h"
#include "report/out.h"

/* The same map for a file and for a program that reads the output, so that either can be verified. */
static const struct value *content(struct arena *mem, const struct facts_residency *f)
{
    char made[TICK_TEXT];
    tick_print(f->made_ms, made);
    return value_with_key(mem, residence_book_value(mem, f->book), "made_at", value_text(mem, made));
}

void as_json_residency(struct out *o, const struct facts_residency *f)
{
    struct doc d;
    struct arena *mem = arena_new();
    const struct value *v = content(mem, f);
    doc_begin(&d, o, "landfall.residency/1");
    for (size_t i = 0; i < v->count; i++)
        doc_value(&d, v->pairs[i].key, v->pairs[i].value);
    /* Of the moment, and so no part of the evidence. */
    doc_texts(&d, "not_in_the_chain", f->missing, f->missing_count);
    doc_end(&d);
    arena_free(mem);
}

void as_json_residency_file(struct buf *into, const struct facts_residency *f)
{
    struct arena *mem = arena_new();
    const struct value *v = content(mem, f);
    buf_text(into, "{\n  \"format\": \"landfall.residency/1\"");
    for (size_t i = 0; i < v->count; i++) {
        buf_print(into, ",\n  \"%s\": ", v->pairs[i].key);
        value_json_print_pretty(into, v->pairs[i].value, 1);
    }
    buf_text(into, "\n}\n");
    arena_free(mem);
}
