#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "launch/parity.h"
#include "model/value.h"
#include "region/region.h"
#include "report/as_text.h"
#include "report/brief.h"
#include "report/cell.h"
#include "report/out.h"

/* Of one unexplained cause this many differences are shown: enough to know it by. */
#define SHOWN_MAX     6
#define VALUE_COLUMNS 48

struct telling {
    struct out *o;
    const struct parity *p;
    enum as_text_detail detail;
    struct buf line;
};

/* ---- one difference ------------------------------------------------------------------------------- */

static void add_side(struct telling *t, const char *region, const struct value *v)
{
    cell_add(&t->line, t->o, region);
    buf_char(&t->line, ' ');
    if (v == NULL)
        buf_text(&t->line, "nothing");
    else
        brief_value(&t->line, t->o, v, t->detail == AS_TEXT_FULL ? 0 : VALUE_COLUMNS);
}

/* "dns.record.mx values: eu [...] · us [...]", or "dns.record.app-sms: only in us". */
static void print_difference(struct telling *t, const struct parity_difference *d)
{
    const struct parity *p = t->p;
    buf_clear(&t->line);
    cell_add(&t->line, t->o, d->address != NULL ? d->address : d->kind);
    if (d->setting != NULL) {
        buf_char(&t->line, ' ');
        cell_add(&t->line, t->o, d->setting);
    }
    buf_text(&t->line, ": ");
    if (d->setting == NULL && d->built != NULL) {
        cell_add(&t->line, t->o, d->causes[0]->why);
    } else if (d->setting == NULL) {
        buf_text(&t->line, "only in ");
        cell_add(&t->line, t->o, d->left != NULL ? p->left->name : p->right->name);
    } else {
        add_side(t, d->built ? "declared" : p->left->name, d->left);
        cell_sign(&t->line, t->o, " · ", " | ");
        add_side(t, d->built ? "stands" : p->right->name, d->right);
    }
    out_fill(t->o, ' ', 6);
    cell_paragraph(t->o, 6, 8, t->line.at);
}

static bool comes_from(const struct parity_difference *d, const struct parity_cause *cause)
{
    for (size_t i = 0; i < d->cause_count; i++)
        if (d->causes[i] == cause)
            return true;
    return false;
}

/* ---- many ------------------------------------------------------------------------------------------ */

/* "dns.record values (12), billing.tax only in eu (27)" */
static void print_counts(struct telling *t, const struct parity_cause *cause)
{
    struct arena *tmp = arena_new();
    struct map *counts = map_new();
    for (size_t i = 0; i < t->p->count; i++) {
        const struct parity_difference *d = &t->p->at[i];
        if (!comes_from(d, cause))
            continue;
        const char *side = d->left != NULL ? t->p->left->name : t->p->right->name;
        const char *key = d->setting != NULL ? arena_print(tmp, "%s %s", d->kind, d->setting)
                                             : arena_print(tmp, "%s only in %s", d->kind, side);
        map_put(counts, key, (void *)((uintptr_t)map_find(counts, key) + 1));
    }
    const char *key;
    void *times;
    buf_clear(&t->line);
    for (size_t at = 0; map_next(counts, &at, &key, &times);) {
        buf_text(&t->line, t->line.count ? ", " : "");
        cell_add(&t->line, t->o, key);
        if ((uintptr_t)times > 1)
            buf_print(&t->line, " (%zu)", (size_t)(uintptr_t)times);
    }
    out_fill(t->o, ' ', 6);
    cell_paragraph(t->o, 6, 8, t->line.at);
    map_free(counts);
    arena_free(tmp);
}

static void print_some(struct telling *t, const struct parity_cause *cause, size_t most)
{
    size_t shown = 0, all = 0;
    for (size_t i = 0; i < t->p->count; i++) {
        if (!comes_from(&t->p->at[i], cause))
            continue;
        all++;
        if (shown < most) {
            print_difference(t, &t->p->at[i]);
            shown++;
        }
    }
    if (all > shown)
        out_print(t->o, "      and %zu more, with -v\n", all - shown);
}

/* ---- one cause ------------------------------------------------------------------------------------- */

/* Our own word for what is wrong, their words for what is right, and where either was written. */
static void print_cause(struct telling *t, const struct parity_cause *cause)
{
    bool open = cause->by >= PARITY_UNEXPLAINED;
    /* Under the head that says it already the word would be one too many. */
    bool bare = cause->by == PARITY_UNEXPLAINED && cause->what != NULL;
    const char *word = bare ? cause->what : parity_by_name(cause->by);
    out_text(t->o, "  ");
    out_painted(t->o, open ? OUT_YELLOW : OUT_BOLD, word);
    buf_clear(&t->line);
    if (!bare && cause->what != NULL) {
        buf_char(&t->line, ' ');
        cell_add(&t->line, t->o, cause->what);
    }
    buf_text(&t->line, ": ");
    cell_add(&t->line, t->o, cause->why);
    if (cause->owner != NULL) {
        buf_text(&t->line, " (");
        cell_add(&t->line, t->o, cause->owner);
        if (cause->revisit != NULL) {
            buf_text(&t->line, ", revisit ");
            cell_add(&t->line, t->o, cause->revisit);
        }
        buf_char(&t->line, ')');
    }
    const char *places[] = {cause->left, cause->right};
    for (size_t i = 0; i < 2; i++) {
        if (places[i] == NULL)
            continue;
        cell_sign(&t->line, t->o, " · ", " | ");
        cell_add(&t->line, t->o, places[i]);
    }
    cell_paragraph(t->o, 2 + str_columns(word), 4, t->line.at);
}

static size_t print_causes(struct telling *t, bool open, const char *head)
{
    size_t count = 0;
    for (size_t i = 0; i < t->p->cause_count; i++) {
        const struct parity_cause *cause = t->p->causes[i];
        if ((cause->by >= PARITY_UNEXPLAINED) != open)
            continue;
        if (count++ == 0) {
            out_painted(t->o, OUT_BOLD, head);
            out_char(t->o, '\n');
        }
        print_cause(t, cause);
        if (t->detail == AS_TEXT_FULL)
            print_some(t, cause, SIZE_MAX);
        else if (open)
            print_some(t, cause, SHOWN_MAX);
        else
            print_counts(t, cause);
    }
    if (count > 0)
        out_char(t->o, '\n');
    return count;
}

/* ---- head and foot ---------------------------------------------------------------------------------- */

static void add_region(struct telling *t, const struct region *r)
{
    cell_add(&t->line, t->o, r->name);
    buf_text(&t->line, " (");
    cell_add(&t->line, t->o, r->title);
    buf_text(&t->line, ", ");
    cell_add(&t->line, t->o, r->place);
    buf_char(&t->line, ')');
}

static void print_head(struct telling *t)
{
    const struct parity *p = t->p;
    buf_clear(&t->line);
    buf_text(&t->line, "landfall diff");
    cell_sign(&t->line, t->o, " · ", " | ");
    add_region(t, p->left);
    buf_text(&t->line, " and ");
    add_region(t, p->right);
    cell_sign(&t->line, t->o, " · ", " | ");
    buf_text(&t->line, "as declared");
    if (p->left_built || p->right_built)
        buf_print(&t->line, "; as built: %s%s%s", p->left_built ? p->left->name : "",
                  p->left_built && p->right_built ? " and " : "", p->right_built ? p->right->name : "");
    out_paint(t->o, OUT_BOLD);
    cell_paragraph(t->o, 0, 2, t->line.at);
    out_paint(t->o, OUT_PLAIN);
    out_char(t->o, '\n');
}

static void add_unbuilt(struct telling *t, bool built, size_t count, const char *region)
{
    if (!built || count == 0)
        return;
    cell_sign(&t->line, t->o, " · ", " | ");
    buf_print(&t->line, "%zu not built yet in %s", count, region);
}

static void print_foot(struct telling *t)
{
    const struct parity *p = t->p;
    buf_clear(&t->line);
    brief_count(&t->line, p->count, "difference");
    buf_print(&t->line, " between %zu and %zu steps", p->left_steps, p->right_steps);
    cell_sign(&t->line, t->o, " · ", " | ");
    buf_print(&t->line, "%zu explained, %zu unexplained", p->count - p->unexplained, p->unexplained);
    add_unbuilt(t, p->left_built, p->left_unbuilt, p->left->name);
    add_unbuilt(t, p->right_built, p->right_unbuilt, p->right->name);
    out_paint(t->o, p->unexplained > 0 ? OUT_YELLOW : OUT_GREEN);
    cell_paragraph(t->o, 0, 2, t->line.at);
    out_paint(t->o, OUT_PLAIN);
    for (size_t i = 0; i < p->idle; i++) {
        buf_clear(&t->line);
        buf_text(&t->line, "Explains nothing any more: ");
        cell_add(&t->line, t->o, p->idle_at[i]);
        cell_paragraph(t->o, 0, 2, t->line.at);
    }
}

/* The value; or, where no value is to blame, the setting of the first step it shows in. */
static void print_what(struct telling *t, const struct parity_cause *cause)
{
    const struct parity_difference *d = NULL;
    for (size_t i = 0; cause->what == NULL && d == NULL && i < t->p->count; i++)
        if (comes_from(&t->p->at[i], cause))
            d = &t->p->at[i];
    out_safe(t->o, d != NULL ? d->address : cause->what);
    if (d != NULL && d->setting != NULL) {
        out_char(t->o, '#');
        out_safe(t->o, d->setting);
    }
}

/* Which of the two files it belongs into: of a copy and its original the copy has to say why. */
static void print_next(struct telling *t)
{
    const struct parity *p = t->p;
    const struct parity_cause *first = NULL;
    bool drifted = false;
    for (size_t i = 0; i < p->cause_count; i++) {
        drifted = drifted || p->causes[i]->by == PARITY_BUILT;
        if (p->causes[i]->by == PARITY_UNEXPLAINED && (first == NULL || first->what == NULL))
            first = p->causes[i];
    }
    bool right = first && !first->left && first->right;
    right = right || str_equal(p->right->from, p->left->name);
    if (first != NULL) {
        buf_clear(&t->line);
        buf_print(&t->line,
                  "Unexplained differences block the launch. Take them back, or say why in regions/%s.yaml:",
                  right ? p->right->name : p->left->name);
        cell_paragraph(t->o, 0, 2, t->line.at);
        out_text(t->o, "    differs:\n      - { what: ");
        print_what(t, first);
        out_text(t->o, ", why: REASON, owner: WHO }\n");
    }
    if (drifted) {
        buf_clear(&t->line);
        buf_print(&t->line, "What stands and is not declared so: landfall plan %s", p->left->name);
        cell_paragraph(t->o, 0, 2, t->line.at);
    }
}

void as_text_parity(struct out *o, const struct parity *p, enum as_text_detail detail)
{
    struct telling t = {.o = o, .p = p, .detail = detail};
    buf_init(&t.line, 0);
    if (detail != AS_TEXT_BRIEF) {
        print_head(&t);
        print_causes(&t, true, "Unexplained");
        print_causes(&t, false, "Explained");
    }
    print_foot(&t);
    if (detail != AS_TEXT_BRIEF)
        print_next(&t);
    buf_done(&t.line);
}
