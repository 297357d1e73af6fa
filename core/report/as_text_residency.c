#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/value.h"
#include "plan/residence_book.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"
#include "store/store.h"

/* ---- words ----------------------------------------------------------------------------------------- */

static const char *text_of(const struct residence_line *line, const char *key)
{
    return value_get_text(line->entry, key, NULL);
}

static void add_list(struct buf *out, const struct out *o, const struct value *list)
{
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        cell_add(out, o, value_as_text(list->items[i]));
    }
}

/* "seen in eu-west-1", "declared in eu-west-1", "not told". */
static void add_told(struct buf *out, const struct out *o, const struct residence_line *line)
{
    const char *told = text_of(line, "told");
    cell_add(out, o, text_of(line, "how"));
    if (told) {
        buf_text(out, " in ");
        cell_add(out, o, told);
    }
}

static void add_counts(struct buf *out, const struct residence_book *b)
{
    if (b->count == 0) {
        buf_text(out, "Nothing that stands holds data, as far as the audit chain knows");
        return;
    }
    brief_count(out, b->count, "step");
    buf_print(
        out,
        " %s data: where it is, the service told of %zu, the settings declare of %zu, nobody tells of %zu",
        b->count == 1 ? "holds" : "hold", b->seen, b->declared, b->untold);
}

static const char *asked_words(const char *by)
{
    return str_equal(by, "step")     ? "by the step"
           : str_equal(by, "driver") ? "by the driver's settings"
                                     : "by being a step of the region";
}

/* ---- the terminal ----------------------------------------------------------------------------------- */

static void print_line(struct out *o, struct buf *text, const struct residence_line *line, size_t width)
{
    buf_clear(text);
    cell_add(text, o, line->address);
    out_text(o, line->wrong ? "! " : "  ");
    cell_pad(o, text->at, width);
    buf_clear(text);
    buf_text(text, "  ");
    add_list(text, o, value_get(line->entry, "holds"));
    cell_sign(text, o, " · ", " | ");
    add_told(text, o, line);
    if (str_equal(text_of(line, "told"), text_of(line, "asked"))) {
        buf_text(text, ", as asked");
    } else {
        buf_text(text, ", asked ");
        cell_add(text, o, text_of(line, "asked"));
    }
    cell_sign(text, o, " · ", " | ");
    buf_print(text, "entry %lld, ", (long long)line->audit->seq);
    brief_time(text, line->audit->wall_ms);
    out_paint(o, line->wrong ? OUT_RED : OUT_PLAIN);
    cell_paragraph(o, 2 + width, 4, text->at);
    if (line->wrong) {
        buf_clear(text);
        cell_add(text, o, text_of(line, "why"));
        out_fill(o, ' ', 4);
        cell_paragraph(o, 4, 4, text->at);
    }
    out_paint(o, OUT_PLAIN);
}

static void print_lines(struct out *o, struct buf *text, const struct residence_book *b)
{
    size_t width = 0;
    for (size_t i = 0; i < b->count; i++) {
        size_t columns = str_columns(b->lines[i].address);
        width = columns > width ? columns : width;
    }
    for (int wrong = 1; wrong >= 0; wrong--)
        for (size_t i = 0; i < b->count; i++)
            if (b->lines[i].wrong == (wrong == 1))
                print_line(o, text, &b->lines[i], width);
    if (b->count > 0)
        out_char(o, '\n');
}

static void print_head(struct out *o, struct buf *text, const struct residence_book *b)
{
    buf_clear(text);
    buf_text(text, "landfall residency");
    cell_sign(text, o, " · ", " | ");
    buf_text(text, "region ");
    cell_add(text, o, b->region);
    cell_sign(text, o, " · ", " | ");
    if (b->head) {
        buf_text(text, "audit chain of ");
        buf_print(text, "%lld entr%s, the last %.4s", (long long)b->entries, b->entries == 1 ? "y" : "ies",
                  b->head);
        cell_sign(text, o, "…", "...");
        buf_text(text, b->head + strlen(b->head) - 4);
    } else
        buf_text(text, "the audit chain is empty");
    out_paint(o, OUT_BOLD);
    cell_paragraph(o, 0, 2, text->at);
    out_paint(o, OUT_PLAIN);
    out_char(o, '\n');
}

static void print_missing(struct out *o, struct buf *text, const struct facts_residency *f)
{
    if (f->missing_count == 0)
        return;
    buf_clear(text);
    buf_text(text, "Not in the chain yet: ");
    for (size_t i = 0; i < f->missing_count; i++) {
        buf_text(text, i > 0 ? ", " : "");
        cell_add(text, o, f->missing[i]);
    }
    buf_print(text, ". Next: landfall residency %s --refresh", f->book->region);
    out_paint(o, OUT_YELLOW);
    cell_paragraph(o, 0, 2, text->at);
    out_paint(o, OUT_PLAIN);
}

static void add_judgment(struct buf *text, const struct out *o, const struct residence_book *b)
{
    const char *dot = o->style.ascii ? " | " : " · ";
    if (b->wrong > 0)
        buf_print(text, "%s%zu NOT WHERE %s", dot, b->wrong,
                  b->wrong == 1 ? "IT MAY BE, OR WAS ASKED FOR" : "THEY MAY BE, OR WERE ASKED FOR");
    else if (b->count > 0)
        buf_print(text, "%snone is known to be where it may not be", dot);
    if (b->unruled > 0)
        buf_text(text, "; the region does not say where it may be");
    if (b->gone > 0)
        buf_print(text, "%s%zu went, or hold nothing any more", dot, b->gone);
}

void as_text_residency(struct out *o, const struct facts_residency *f, enum as_text_detail detail)
{
    const struct residence_book *b = f->book;
    struct buf text;
    buf_init(&text, 0);
    if (detail != AS_TEXT_BRIEF) {
        print_head(o, &text, b);
        print_lines(o, &text, b);
    }
    buf_clear(&text);
    add_counts(&text, b);
    add_judgment(&text, o, b);
    out_paint(o, b->wrong > 0 ? OUT_RED : OUT_PLAIN);
    cell_paragraph(o, 0, 2, text.at);
    out_paint(o, OUT_PLAIN);
    print_missing(o, &text, f);
    buf_done(&text);
}

/* ---- the page ---------------------------------------------------------------------------------------- */

/* Measured by nobody's terminal: the same bytes for everybody. */
static const struct out plain = {.fd = -1};

static void add_allowed(struct buf *out, const struct residence_line *line)
{
    const struct value *holds = value_get(line->entry, "holds"), *allowed = value_get(line->entry, "allowed");
    for (size_t i = 0; i < holds->count; i++) {
        const char *category = value_as_text(holds->items[i]);
        const struct value *rule = value_get(allowed, category ? category : "");
        buf_text(out, "- holds **");
        cell_add(out, &plain, category);
        buf_text(out, "**");
        if (!rule) {
            buf_text(out, "; the region file named no place for it\n");
            continue;
        }
        buf_text(out, ", which may live in ");
        add_list(out, &plain, value_get(rule, "places"));
        buf_text(out, " (");
        cell_add(out, &plain, value_get_text(rule, "at", "?"));
        buf_text(out, ")\n");
    }
}

static void add_knowledge(struct buf *out, const struct residence_line *line)
{
    const char *how = text_of(line, "how"), *told = text_of(line, "told");
    if (text_of(line, "asked")) {
        buf_text(out, "- asked for in **");
        cell_add(out, &plain, text_of(line, "asked"));
        buf_print(out, "**, %s\n", asked_words(text_of(line, "asked_by")));
    }
    if (!told) {
        buf_text(out, "- **not told** where it is: its type has no place, or the driver gave none\n");
        return;
    }
    buf_print(out, "- **%s** in **", how);
    cell_add(out, &plain, told);
    buf_print(out, "**: %s\n",
              str_equal(how, "seen") ? "the service said so of this object"
                                     : "its settings or its step say so, and not the service");
}

static void add_step(struct buf *out, const struct residence_line *line)
{
    buf_text(out, "\n## ");
    cell_add(out, &plain, line->address);
    buf_text(out, "\n\n");
    if (line->wrong) {
        buf_text(out, "- **WRONG:** ");
        cell_add(out, &plain, text_of(line, "why"));
        buf_char(out, '\n');
    }
    add_allowed(out, line);
    add_knowledge(out, line);
    buf_text(out, "- written down ");
    brief_time(out, line->audit->wall_ms);
    buf_text(out, " UTC; driver ");
    cell_add(out, &plain, text_of(line, "driver"));
    buf_char(out, ' ');
    cell_add(out, &plain, text_of(line, "driver_version"));
    if (text_of(line, "instance")) {
        buf_text(out, ", instance ");
        cell_add(out, &plain, text_of(line, "instance"));
    }
    if (text_of(line, "id")) {
        buf_text(out, ", object ");
        cell_add(out, &plain, text_of(line, "id"));
    }
    buf_text(out, value_get_bool(line->entry, "shared", false) ? "; shared with other regions\n" : "\n");
    buf_print(out, "- entry %lld of the audit chain, hash `%s`\n", (long long)line->audit->seq,
              line->audit->hash);
}

static void add_end(struct buf *out, const struct facts_residency *f)
{
    const struct residence_book *b = f->book;
    buf_text(out, "\n## How to verify this\n\n");
    buf_print(out, "The audit chain of store `%s` ended with entry %lld, of hash\n`%s`.\n", b->lineage,
              (long long)b->entries, b->head);
    buf_text(out, "Each entry's hash covers its content and the hash of the one before it. With the store at "
                  "hand:\n\n");
    buf_print(out, "    landfall residency %s --verify FILE\n\n", b->region);
    buf_text(out, "where FILE is the file beside this page, whose name lacks the .md. It compares both with "
                  "the chain, and tells\n"
                  "what was changed; when they were made is their own claim, which the chain does not know.");
    if (f->digest)
        buf_print(out, " The digest (BLAKE2b-256) of that file is\n`%s`.", f->digest);
    buf_char(out, '\n');
}

void as_text_residency_page(struct buf *into, const struct facts_residency *f)
{
    const struct residence_book *b = f->book;
    buf_text(into, "# Where the data of region ");
    cell_add(into, &plain, b->region);
    buf_text(into, " is\n\nMade ");
    brief_time(into, f->made_ms);
    buf_text(into, " UTC. ");
    add_counts(into, b);
    buf_text(into, ".\n");
    if (b->gone > 0)
        buf_print(
            into,
            "\n%zu that held data went, or hold nothing any more; the file beside this page lists them.\n",
            b->gone);
    if (b->wrong > 0)
        buf_print(into, "\n**%zu of them %s where it may not be, or where it was not asked for.**\n",
                  b->wrong, b->wrong == 1 ? "is" : "are");
    else if (b->count > 0)
        buf_text(into, "\nNone of them is known to be where it may not be.\n");
    for (size_t i = 0; i < b->count; i++)
        add_step(into, &b->lines[i]);
    add_end(into, f);
}
