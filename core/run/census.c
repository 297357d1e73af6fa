#include "run/census.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/map.h"
#include "model/decl.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/plan.h"
#include "plan/residence.h"
#include "plan/residence_book.h"
#include "region/region.h"
#include "store/store.h"

/* What is about to be made, changed or taken down gets its entry when that is done. */
static bool counts(const struct plan *plan, const struct plan_step *s)
{
    bool stands = plan->refresh_only || s->action == PLAN_KEEP || s->action == PLAN_LOOKUP;
    return stands && s->decl && s->type && s->observed && !s->pending && s->decl->meta.holds_count > 0;
}

/* It held data, and is declared without: that is a word, too. */
static bool has_let_go(const struct plan_step *s)
{
    return s->decl && s->decl->meta.holds_count == 0 && s->row && s->row->holds;
}

bool census_has_work(const struct plan *plan)
{
    if (plan->destroy)
        return true;
    for (uint32_t i = 0; i < plan->count; i++)
        if (counts(plan, &plan->steps[i]) || has_let_go(&plan->steps[i]))
            return true;
    return false;
}

/* Old address -> new one. */
static struct map *new_names(const struct plan *plan)
{
    struct map *names = map_new();
    for (size_t i = 0; i < plan->move_count; i++)
        map_put(names, plan->moves[i].from, (void *)plan->moves[i].to);
    return names;
}

/* Why the newest word about a step no longer holds; NULL: it does, or what changes it writes its own. */
static const char *outdated(struct arena *mem, const struct plan *plan, const struct map *names,
                            const struct residence_line *line)
{
    uint32_t i = plan_find(plan, line->address);
    const struct plan_step *s = i == UINT32_MAX ? NULL : &plan->steps[i];
    const char *name = map_find(names, line->address);
    if (name)
        return arena_print(mem, "called %s from now on", name);
    if (value_get_bool(line->entry, "existing", false))
        return s && s->decl ? NULL : "no longer looked up";
    if (!s || !s->row)
        return "no longer in the store";
    return s->decl && s->decl->meta.holds_count == 0 ? "no longer declared to hold data" : NULL;
}

static size_t put_outdated(const struct census_ask *ask, const struct residence_book *book, struct arena *mem)
{
    size_t count = 0;
    struct map *names = new_names(ask->plan);
    for (size_t i = 0; i < book->count; i++) {
        const struct residence_line *line = &book->lines[i];
        const char *why = outdated(mem, ask->plan, names, line);
        if (!why)
            continue;
        const struct pair pairs[] = {
            {"address", value_text(mem, line->address)},
            {"generation", value_get(line->entry, "generation")},
            {"holds", value_get(line->entry, "holds")},
            {"region", value_text(mem, ask->plan->region->name)},
            {"why", value_text(mem, why)},
        };
        store_put_audit(ask->writer, STORE_AUDIT_GONE,
                        value_json_text(mem, value_map(mem, pairs, COUNT_OF(pairs))));
        count++;
    }
    map_free(names);
    return count;
}

/* The same words by another run are no news. */
static bool is_news(struct arena *mem, const struct residence_book *book, const char *address,
                    const struct value *entry)
{
    const struct residence_line *line = residence_book_find(book, address);
    return !line || !value_equal(value_with_key(mem, line->entry, "run", NULL),
                                 value_with_key(mem, entry, "run", NULL));
}

static bool put(const struct census_ask *ask, const struct plan_step *s, const struct residence_book *book,
                struct arena *mem)
{
    struct residence_ask of;
    struct residence_facts facts;
    struct residence is;
    if (!counts(ask->plan, s) || !residence_of_step(mem, ask->plan, s, &of, &facts))
        return false;
    facts.run_id = ask->run_id;
    residence_judge(mem, &of, &is);
    const struct value *entry = residence_entry(mem, &of, &is, &facts);
    if (!ask->always && !is_news(mem, book, s->address, entry))
        return false;
    store_put_audit(ask->writer, STORE_AUDIT_SEEN, value_json_text(mem, entry));
    return true;
}

bool census_take(const struct census_ask *ask, size_t *count, struct err *err)
{
    struct arena *mem = arena_new(), *tmp = arena_new();
    struct store_audit *newest;
    struct residence_book book;
    size_t entries;
    bool ok = store_read_words(mem, ask->store_path, NULL, &newest, &entries, err) &&
              residence_book_make(mem, ask->plan->region->name, ask->lineage, newest, entries, 0, &book, err);
    *count = ok ? put_outdated(ask, &book, mem) : 0;
    for (uint32_t i = 0; ok && i < ask->plan->count; i++) {
        *count += put(ask, &ask->plan->steps[i], &book, tmp);
        arena_reset(tmp);
    }
    arena_free(tmp);
    arena_free(mem);
    return ok;
}
