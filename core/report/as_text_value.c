#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/expr.h"
#include "model/origins.h"
#include "model/value.h"
#include "model/value_json.h"
#include "model/value_yaml_scalar.h"
#include "region/provenance.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

#define STEP          2
#define VALUE_COLUMNS 60

/* ---- a value as YAML ------------------------------------------------------------------------- */

/* A text that needs no quotes: plain characters, and no reader would take it for something else. */
static bool is_bare(const char *text, size_t count)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-@: ";
    if (count == 0 || strspn(text, inside) != count || text[0] == ' ' || text[count - 1] == ' ' ||
        text[0] == '-' || text[0] == '@' || text[count - 1] == ':' || strstr(text, ": "))
        return false;
    struct arena *tmp = arena_new();
    const struct value *v;
    struct err unused;
    bool bare = value_yaml_scalar_plain(tmp, text, &v, &unused) && value_kind(v) == VALUE_TEXT;
    arena_free(tmp);
    return bare;
}

static void print_text(struct out *o, const char *text, size_t count)
{
    struct buf quoted;
    if (is_bare(text, count)) {
        out_safe_n(o, text, count);
        return;
    }
    /* A JSON string is a double-quoted YAML scalar. */
    buf_init(&quoted, 0);
    value_json_print_text(&quoted, text, count);
    out_safe_n(o, quoted.at, quoted.count);
    buf_done(&quoted);
}

static void print_scalar(struct out *o, const struct value *v)
{
    struct buf text;
    buf_init(&text, 0);
    switch (value_kind(v)) {
    case VALUE_TEXT:
        print_text(o, v->text, v->count);
        break;
    case VALUE_SECRET:
        out_text(o, "!secret ");
        out_safe(o, v->secret->source);
        break;
    case VALUE_UNKNOWN:
        out_text(o, "(known later)");
        break;
    case VALUE_EXPR:
        expr_print(&text, v->expr);
        out_safe(o, text.at);
        break;
    default:
        /* Numbers, truths, null; and {} and [], which are the same in both languages. */
        value_json_print(&text, v);
        out_text(o, text.at);
    }
    buf_done(&text);
}

static bool is_block(const struct value *v)
{
    return (value_kind(v) == VALUE_MAP || value_kind(v) == VALUE_LIST) && v->count > 0;
}

/* Maps and lists as blocks, scalars on the line of their key.  The cursor stands at column `indent`; ends
 * with a line feed. */
static void print_block(struct out *o, const struct value *v, size_t indent)
{
    if (!is_block(v)) {
        print_scalar(o, v);
        out_char(o, '\n');
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        if (i)
            out_fill(o, ' ', indent);
        if (v->kind == VALUE_LIST) {
            out_text(o, "- ");
            print_block(o, v->items[i], indent + STEP);
            continue;
        }
        print_text(o, v->pairs[i].key, strlen(v->pairs[i].key));
        out_char(o, ':');
        if (is_block(v->pairs[i].value)) {
            out_char(o, '\n');
            out_fill(o, ' ', indent + STEP);
            print_block(o, v->pairs[i].value, indent + STEP);
        } else {
            out_char(o, ' ');
            print_block(o, v->pairs[i].value, indent + STEP);
        }
    }
}

void as_text_value(struct out *o, const struct value *v)
{
    print_block(o, v, 0);
}

void as_text_outputs(struct out *o, const struct value *outputs)
{
    if (value_kind(outputs) != VALUE_MAP || outputs->count == 0) {
        out_text(o, "No outputs yet: they are known once the steps they come from are built.\n");
        return;
    }
    print_block(o, outputs, 0);
}

/* ---- its story ------------------------------------------------------------------------------- */

static const char *origin_word(uint32_t kind)
{
    static const char *const words[] = {[ORIGIN_WRITTEN] = "written",
                                        [ORIGIN_COPIED] = "copied",
                                        [ORIGIN_SHRUNK] = "shrunk",
                                        [ORIGIN_OVERRIDDEN] = "overridden"};
    return kind < COUNT_OF(words) && words[kind] ? words[kind] : "?";
}

/* How it came to be so, and the reason where a rule had one. */
static void print_step(struct out *o, const struct provenance_step *step)
{
    const struct origin *at = step->origin;
    struct buf place;
    buf_init(&place, 0);
    cell_add(&place, o, at->file);
    buf_print(&place, ":%u:%u", at->line, at->column);
    out_text(o, "  ");
    cell_pad(o, origin_word(at->kind), strlen("overridden") + 2);
    cell_pad(o, place.at, 28);
    buf_clear(&place);
    brief_value(&place, o, step->value, VALUE_COLUMNS);
    out_text(o, "  ");
    out_text(o, place.at);
    out_char(o, '\n');
    if (at->why) {
        out_fill(o, ' ', 4);
        out_paint(o, OUT_DIM);
        buf_clear(&place);
        if (at->rule)
            buf_print(&place, "by %s: ", at->rule);
        buf_text(&place, at->why);
        cell_paragraph(o, 4, 4, place.at);
        out_paint(o, OUT_PLAIN);
    }
    buf_done(&place);
}

void as_text_provenance(struct out *o, const char *path, const struct provenance_step *steps, size_t count)
{
    out_painted(o, OUT_BOLD, path);
    out_char(o, '\n');
    if (count == 0)
        out_text(o, "  a default: no file says anything about it\n");
    for (size_t i = 0; i < count; i++)
        print_step(o, &steps[i]);
}
