#include "plan/residence_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_json.h"
#include "store/store.h"

/* Clocks of two machines differ by less than this. */
#define SKEW_MS 300000

struct making {
    struct arena *mem;
    struct map *newest; /* by address; NULL where it is gone */
    ARRAY(const struct store_audit *) trail;
    ARRAY(const struct value *) entries;
    ARRAY(struct residence_line) lines;
};

/* ---- reading -------------------------------------------------------------------------------------- */

static bool is_ours(const struct store_audit *a)
{
    return str_equal(a->kind, STORE_AUDIT_SEEN) || str_equal(a->kind, STORE_AUDIT_GONE);
}

/* The chain vouches that it is what was written; what was written is for us to understand. */
static bool read_entry(struct making *m, const struct store_audit *a, const struct value **out,
                       struct err *err)
{
    if (!value_json_parse(m->mem, a->entry, strlen(a->entry), out, err))
        return err_wrap(err, "reading entry %lld of the audit chain", (long long)a->seq);
    if (value_get_text(*out, "address", NULL) && value_kind(value_get(*out, "holds")) == VALUE_LIST)
        return true;
    err_set(err, "residency.entry", "entry %lld of the audit chain names no step, or nothing it holds",
            (long long)a->seq);
    return err_advise(err, "another landfall wrote it: use one that is as new");
}

static bool take(struct making *m, const struct store_audit *a, struct err *err)
{
    const struct value *entry;
    if (!read_entry(m, a, &entry, err))
        return false;
    struct residence_line *line = ARENA_NEW(m->mem, struct residence_line);
    *line = (struct residence_line){.address = value_get_text(entry, "address", NULL),
                                    .entry = entry,
                                    .audit = a,
                                    .verdict = value_get_text(entry, "verdict", "open")};
    line->wrong = str_equal(line->verdict, "elsewhere") || str_equal(line->verdict, "forbidden");
    ARRAY_PUSH(&m->trail, a);
    ARRAY_PUSH(&m->entries, entry);
    /* What was replaced by something newer is gone without an effect on that. */
    const struct residence_line *before = map_find(m->newest, line->address);
    bool newer =
        before && value_get_int(before->entry, "generation", 0) > value_get_int(entry, "generation", 0);
    if (str_equal(a->kind, STORE_AUDIT_SEEN))
        map_put(m->newest, line->address, line);
    else if (!newer)
        map_remove(m->newest, line->address);
    return true;
}

static int by_address(const void *a, const void *b)
{
    return strcmp(((const struct residence_line *)a)->address, ((const struct residence_line *)b)->address);
}

static void count_line(struct residence_book *b, const struct residence_line *line)
{
    const char *how = value_get_text(line->entry, "how", "not told");
    b->seen += str_equal(how, "seen");
    b->declared += str_equal(how, "declared");
    b->untold += str_equal(how, "not told");
    b->wrong += line->wrong;
    b->unruled += str_equal(line->verdict, "unruled");
}

static void fill(struct making *m, struct residence_book *b)
{
    const char *address;
    void *line;
    for (size_t at = 0; map_next(m->newest, &at, &address, &line);)
        ARRAY_PUSH(&m->lines, *(const struct residence_line *)line);
    if (m->lines.count > 0)
        qsort(m->lines.at, m->lines.count, sizeof(*m->lines.at), by_address);
    for (size_t i = 0; i < m->lines.count; i++)
        count_line(b, &m->lines.at[i]);
    for (size_t i = 0; i < m->trail.count; i++)
        b->gone += str_equal(m->trail.at[i]->kind, STORE_AUDIT_GONE);
    b->count = m->lines.count;
    b->trail_count = m->trail.count;
    b->lines = ARRAY_KEEP(&m->lines, m->mem);
    b->trail = ARRAY_KEEP(&m->trail, m->mem);
    b->trail_entries = ARRAY_KEEP(&m->entries, m->mem);
}

bool residence_book_make(struct arena *mem, const char *region, const char *lineage,
                         const struct store_audit *chain, size_t count, int64_t upto,
                         struct residence_book *out, struct err *err)
{
    struct residence_book b = {.region = region, .lineage = lineage};
    struct making m = {.mem = mem, .newest = map_new()};
    bool ok = true;
    for (size_t i = 0; ok && i < count && (upto == 0 || chain[i].seq <= upto); i++) {
        ok = !is_ours(&chain[i]) || take(&m, &chain[i], err);
        b.entries = chain[i].seq;
        b.head = chain[i].hash;
        b.last_ms = chain[i].wall_ms;
    }
    if (ok) {
        fill(&m, &b);
        *out = b;
    }
    map_free(m.newest);
    ARRAY_DONE(&m.trail);
    ARRAY_DONE(&m.entries);
    ARRAY_DONE(&m.lines);
    return ok;
}

const struct residence_line *residence_book_find(const struct residence_book *b, const char *address)
{
    const struct residence_line key = {.address = address};
    return b->count ? bsearch(&key, b->lines, b->count, sizeof(key), by_address) : NULL;
}

const char *const *residence_book_missing(struct arena *mem, const struct residence_book *b,
                                          const struct store_snapshot *truth, size_t *count)
{
    const char **missing = ARENA_ARRAY(mem, const char *, truth->res_count + 1);
    *count = 0;
    for (size_t i = 0; i < truth->res_count; i++) {
        const struct store_res *row = &truth->res[i];
        const struct residence_line *line =
            row->holds && !row->deposed ? residence_book_find(b, row->address) : NULL;
        bool known = line && value_get_int(line->entry, "generation", 0) == row->generation;
        if (row->holds && !row->deposed && !known)
            missing[(*count)++] = row->address;
    }
    return missing;
}

/* ---- writing -------------------------------------------------------------------------------------- */

static const struct value *time_of(struct arena *mem, int64_t wall_ms)
{
    char text[TICK_TEXT];
    tick_print(wall_ms, text);
    return value_text(mem, text);
}

/* The place of an entry in the chain: enough to find it, and to see that it was not rewritten. */
static const struct value *place_of(struct arena *mem, const struct store_audit *a)
{
    const struct pair pairs[] = {
        {"at", time_of(mem, a->wall_ms)},
        {"entry", value_int(mem, a->seq)},
        {"hash", value_text(mem, a->hash)},
        {"previous", value_text(mem, a->prev)},
    };
    return value_map(mem, pairs, COUNT_OF(pairs));
}

static const struct value *steps_of(struct arena *mem, const struct residence_book *b)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, b->count + 1);
    for (size_t i = 0; i < b->count; i++)
        items[i] = value_with_key(mem, b->lines[i].entry, "chain", place_of(mem, b->lines[i].audit));
    return value_list(mem, items, b->count);
}

static const struct value *trail_of(struct arena *mem, const struct residence_book *b)
{
    const struct value **items = ARENA_ARRAY(mem, const struct value *, b->trail_count + 1);
    for (size_t i = 0; i < b->trail_count; i++) {
        const struct pair pairs[] = {
            {"chain", place_of(mem, b->trail[i])},
            {"kind", value_text(mem, b->trail[i]->kind)},
            {"says", b->trail_entries[i]},
        };
        items[i] = value_map(mem, pairs, COUNT_OF(pairs));
    }
    return value_list(mem, items, b->trail_count);
}

const struct value *residence_book_value(struct arena *mem, const struct residence_book *b)
{
    const struct pair chain[] = {
        {"entries", value_int(mem, b->entries)},
        {"head", b->head ? value_text(mem, b->head) : value_null()},
        {"lineage", value_text(mem, b->lineage)},
    };
    const struct pair counts[] = {
        {"declared", value_int(mem, (int64_t)b->declared)}, {"gone", value_int(mem, (int64_t)b->gone)},
        {"not_told", value_int(mem, (int64_t)b->untold)},   {"seen", value_int(mem, (int64_t)b->seen)},
        {"steps", value_int(mem, (int64_t)b->count)},       {"wrong", value_int(mem, (int64_t)b->wrong)},
    };
    const struct pair all[] = {
        {"chain", value_map(mem, chain, COUNT_OF(chain))},
        {"counts", value_map(mem, counts, COUNT_OF(counts))},
        {"region", value_text(mem, b->region)},
        {"steps", steps_of(mem, b)},
        {"trail", trail_of(mem, b)},
    };
    return value_map(mem, all, COUNT_OF(all));
}

/* ---- checking -------------------------------------------------------------------------------------- */

struct check {
    struct buf path;
    struct err *err;
};

/* In few words: what is compared may be a list of hundreds. */
static void spell(struct buf *out, const struct value *v)
{
    if (v == NULL)
        buf_text(out, "nothing");
    else if (v->kind == VALUE_MAP || v->kind == VALUE_LIST)
        buf_print(out, "%zu item%s", v->count, v->count == 1 ? "" : "s");
    else
        value_json_print(out, v);
}

static bool differs(struct check *c, const struct value *is, const struct value *should)
{
    struct buf file, chain;
    buf_init(&file, 0);
    buf_init(&chain, 0);
    spell(&file, is);
    spell(&chain, should);
    err_set(c->err, "residency.tampered", "the file was changed at '%s'", c->path.at);
    err_detail(c->err, "the file says %s, the audit chain %s", file.at, chain.at);
    buf_done(&file);
    buf_done(&chain);
    return err_advise(c->err, "do not rely on it: ask for a new one, or for the store it was made from");
}

static bool same(struct check *c, const struct value *is, const struct value *should);

static bool same_maps(struct check *c, const struct value *is, const struct value *should)
{
    size_t length = c->path.count;
    for (size_t i = 0, j = 0; i < is->count || j < should->count;) {
        int order = i == is->count       ? 1
                    : j == should->count ? -1
                                         : strcmp(is->pairs[i].key, should->pairs[j].key);
        path_print_key(&c->path, order <= 0 ? is->pairs[i].key : should->pairs[j].key, length == 0);
        if (!same(c, order <= 0 ? is->pairs[i].value : NULL, order >= 0 ? should->pairs[j].value : NULL))
            return false;
        i += order <= 0;
        j += order >= 0;
        c->path.count = length;
        c->path.at[length] = '\0';
    }
    return true;
}

static bool same(struct check *c, const struct value *is, const struct value *should)
{
    if (is && should && value_equal(is, should))
        return true;
    if (value_kind(is) == VALUE_MAP && value_kind(should) == VALUE_MAP)
        return same_maps(c, is, should);
    bool lists = value_kind(is) == VALUE_LIST && value_kind(should) == VALUE_LIST;
    if (!lists || is->count != should->count)
        return differs(c, is, should);
    size_t length = c->path.count;
    for (size_t i = 0; i < is->count; i++) {
        path_print_index(&c->path, i);
        if (!same(c, is->items[i], should->items[i]))
            return false;
        c->path.count = length;
        c->path.at[length] = '\0';
    }
    return true;
}

/* When it was made is the one thing the chain cannot vouch for; that it was not made before its own contents
 * can be seen, and that it was not made yet. */
static bool check_made(const struct residence_book *b, const struct value *file, int64_t now_ms,
                       int64_t *made_ms, struct err *err)
{
    const char *text = value_get_text(file, "made_at", NULL);
    if (!text || !tick_parse(text, made_ms) || *made_ms < b->last_ms) {
        err_set(err, "residency.tampered", "the file was changed at 'made_at'");
        return err_detail(err, "'%s' is no time, or is before the newest entry it speaks of",
                          text ? text : "");
    }
    if (*made_ms <= now_ms + SKEW_MS)
        return true;
    err_set(err, "residency.future", "the file says it was made at %s, which is not yet", text);
    return err_advise(err, "it was changed, or one of two clocks is wrong: look at this one, and do not rely "
                           "on the file until it agrees");
}

bool residence_book_check(struct arena *mem, const struct residence_book *b, const struct value *file,
                          int64_t now_ms, int64_t *made_ms, struct err *err)
{
    const struct value *should = residence_book_value(mem, b);
    struct check c = {.err = err};
    if (!check_made(b, file, now_ms, made_ms, err))
        return false;
    should = value_with_key(mem, should, "made_at", value_get(file, "made_at"));
    should = value_with_key(mem, should, "format", value_get(file, "format"));
    buf_init(&c.path, 0);
    bool ok = same(&c, file, should);
    buf_done(&c.path);
    return ok;
}
