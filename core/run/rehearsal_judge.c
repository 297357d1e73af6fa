#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "model/decl.h"
#include "run/rehearsal_state.h"
#include "store/store.h"

/* ---- findings ---------------------------------------------------------------------------------------- */

static bool is_same(const struct rehearsal_finding *a, const struct rehearsal_finding *b)
{
    return a->kind == b->kind && str_equal(a->address, b->address) && str_equal(a->text, b->text);
}

/* Copied: ledgers of builds go when they are judged. */
void rehearsal_find(struct rehearsal_work *w, const struct rehearsal_build *b,
                    const struct rehearsal_finding *one)
{
    struct rehearsal_finding f = *one;
    uint32_t points = b->way == REHEARSAL_SWEEP ? 1u << b->point : 0, rounds = b->way == REHEARSAL_ROUND;
    for (size_t i = 0; i < w->findings.count; i++) {
        struct rehearsal_finding *known = &w->findings.at[i];
        if (!is_same(known, &f))
            continue;
        known->seed = known->rounds ? known->seed : b->seed;
        known->points |= points;
        known->rounds += rounds;
        return;
    }
    f.points = points;
    f.rounds = rounds;
    f.seed = b->seed;
    if (w->findings.count >= REHEARSAL_FINDINGS) {
        w->out->findings_left_out++;
        return;
    }
    f.address = arena_text(w->mem, f.address);
    f.text = arena_text(w->mem, f.text);
    f.advice = arena_text(w->mem, f.advice);
    f.where = arena_text(w->mem, f.where);
    f.code = arena_text(w->mem, f.code);
    ARRAY_PUSH(&w->findings, f);
}

/* ---- against the undisturbed build ------------------------------------------------------------------------
 */

/* A line begins with its step's address. */
static const char *address_of(struct arena *mem, const char *line)
{
    return arena_text_n(mem, line, strcspn(line, "\n"));
}

static const char *text_of(struct arena *mem, const char *line, const char *what)
{
    const char *rest = line + strcspn(line, "\n");
    return arena_print(mem, "%s: %.200s", what, *rest ? rest + 1 : rest);
}

static void differs(struct rehearsal_work *w, const struct rehearsal_build *b, const char *line, bool missing,
                    bool has_other)
{
    struct rehearsal_finding f = {.address = address_of(w->mem, line)};
    if (missing && has_other)
        return; /* told with the other one */
    f.kind = missing ? REHEARSAL_LOST : has_other ? REHEARSAL_OTHER : REHEARSAL_DOUBLED;
    f.text = text_of(w->mem, line,
                     missing     ? "it is not there"
                     : has_other ? "it is another than without a death"
                                 : "without a death it is not there");
    rehearsal_find(w, b, &f);
}

static bool has_address(const char *const *lines, size_t count, const char *line)
{
    size_t length = strcspn(line, "\n") + 1, low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strncmp(lines[middle], line, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && strncmp(lines[low], line, length) == 0;
}

/* Both lists are sorted: one walk. */
static void compare(struct rehearsal_work *w, const struct rehearsal_build *b)
{
    size_t count, i = 0, k = 0;
    const char *const *lines = ledger_lines(b->ledger, w->mem, &count);
    while (i < w->line_count || k < count) {
        int order = i == w->line_count ? 1 : k == count ? -1 : strcmp(w->lines[i], lines[k]);
        if (order < 0) {
            differs(w, b, w->lines[i], true, has_address(lines, count, w->lines[i]));
            i++;
        } else if (order > 0) {
            differs(w, b, lines[k], false, has_address(w->lines, w->line_count, lines[k]));
            k++;
        } else {
            i++;
            k++;
        }
    }
    if (b->ledger->doubles > 0)
        rehearsal_find(w, b,
                       &(struct rehearsal_finding){
                           .kind = REHEARSAL_DOUBLED,
                           .text = arena_print(w->mem, "two objects of one step were there at once, %u times",
                                               b->ledger->doubles)});
}

/* ---- against the store
 * ---------------------------------------------------------------------------------------- */

static const char *scope_of(struct arena *mem, const struct store_res *row)
{
    return arena_print(mem, "%s%s%s.%s", row->subsystem, row->instance[0] ? "/" : "", row->instance,
                       row->type);
}

static bool compare_store(struct rehearsal_work *w, const struct rehearsal_build *b, struct err *err)
{
    struct arena *tmp = arena_new();
    struct map *known = map_new();
    struct store_snapshot truth;
    bool ok = store_read(tmp, b->store_path, &truth, err);
    for (size_t i = 0; ok && i < truth.res_count; i++) {
        const struct store_res *row = &truth.res[i];
        if (row->kind != DECL_RESOURCE)
            continue;
        const char *scope = scope_of(tmp, row);
        map_put(known, arena_print(tmp, "%s\n%s", scope, row->ext_id ? row->ext_id : ""), tmp);
        if (!ledger_by_id(b->ledger, scope, row->ext_id))
            rehearsal_find(
                w, b,
                &(struct rehearsal_finding){.kind = REHEARSAL_UNREAL,
                                            .address = row->address,
                                            .text = "the store remembers it, and it is not there"});
    }
    for (const struct ledger_thing *t = b->ledger->things; ok && t; t = t->older) {
        if (t->alive && !t->foreign && !map_has(known, arena_print(tmp, "%s\n%s", t->scope, t->id)))
            rehearsal_find(
                w, b,
                &(struct rehearsal_finding){.kind = REHEARSAL_ORPHANED,
                                            .address = t->address,
                                            .text = "it is there, and the store does not know it"});
    }
    map_free(known);
    arena_free(tmp);
    return ok;
}

/* What a build that failed left behind is no measure. */
bool rehearsal_judge(struct rehearsal_work *w, const struct rehearsal_build *b, struct err *err)
{
    if (b->way == REHEARSAL_TYPICAL) {
        w->lines = ledger_lines(b->ledger, w->mem, &w->line_count);
        return compare_store(w, b, err);
    }
    if (!b->ended)
        return true;
    compare(w, b);
    return compare_store(w, b, err);
}
