#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"
#include "base/str.h"
#include "model/decl.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plan/planner.h"
#include "plan/reads.h"
#include "plan/taken.h"
#include "plugin/contract.h"
#include "plugin/op.h"
#include "plugin/registry.h"
#include "region/region.h"
#include "store/store.h"

/* A name that somebody else has already is found by the create, which then touches nothing - after hours of
 * other work, perhaps.  So it is looked up before: for every new object of a type of which there can be but
 * one of a name.  The create still has the last word. */

/* A driver that is asked about one name at a time is asked about so many of a type; as many more requests as
 * there are objects would make the first plan of a large region a flood. */
#define ALONE_MAX 256
/* Attributes that a conflict names as different. */
#define DIFFERENT_MAX 3

/* What became of the names of one type of a driver: what nobody knows is told once, however many it is. */
struct tally {
    const struct driver *driver;
    const struct contract_type *type;
    uint32_t alone;      /* asked about one at a time */
    uint32_t left;       /* not asked about: too many */
    uint32_t unanswered; /* asked about in vain */
    const char *words;   /* of the first of these */
};

struct names {
    struct planner *p;
    struct reads reads;
    struct reads_one *at;
    size_t count;
    struct tally *tallies;
    size_t tally_count, tally_room;
    struct map *markers; /* of all rows, to the row; made when the first is looked for */
};

/* ---- which are asked about ------------------------------------------------------------------------ */

/* A replacement under its old name meets nothing but what it replaces. */
static bool has_new_name(const struct plan_step *s)
{
    bool elsewhere =
        s->row && s->driver &&
        (strcmp(s->row->driver, s->driver->name) != 0 || strcmp(s->row->instance, s->driver->instance) != 0);
    return s->action == PLAN_CREATE ||
           (s->action == PLAN_REPLACE && (elsewhere || !s->observed || plan_stands_beside(s, s->desired)));
}

/* Is it known where it will be and how it will be called?  What decides that cannot be changed later, or is
 * an extra of the driver. */
static bool is_located(const struct plan_step *s)
{
    const struct schema *schema = s->type->facts.schema;
    for (size_t k = 0; s->unknown && k < schema->count; k++) {
        const struct schema_attr *a = &schema->attrs[k];
        bool locates = (a->flags & (SCHEMA_KEY | SCHEMA_FIXED)) || strcmp(a->name, "options") == 0;
        if (locates && value_has_unknown(value_get(s->desired, a->name)))
            return false;
    }
    return true;
}

/* What a run left in doubt is settled by its own rules, before any plan is carried out.  What cannot carry a
 * marker does not tell whose it is. */
static bool can_be_asked_about(const struct plan_step *s)
{
    return s->targeted && !s->broken && !s->pending && s->decl && s->decl->kind == DECL_RESOURCE && s->type &&
           has_new_name(s) && s->type->has_find && contract_names_are_unique(s->type) &&
           (s->type->facts.traits & CATALOG_MARKLESS) == 0 && is_located(s);
}

static struct tally *tally_of(struct names *n, const struct plan_step *s)
{
    for (size_t k = n->tally_count; k > 0; k--) {
        if (n->tallies[k - 1].driver == s->driver && n->tallies[k - 1].type == s->type)
            return &n->tallies[k - 1];
    }
    if (n->tally_count == n->tally_room) {
        struct tally *old = n->tallies;
        n->tally_room = n->tally_room ? n->tally_room * 2 : 16;
        n->tallies = ARENA_ARRAY(n->p->mem, struct tally, n->tally_room);
        if (old)
            memcpy(n->tallies, old, n->tally_count * sizeof(*old));
    }
    n->tallies[n->tally_count] = (struct tally){.driver = s->driver, .type = s->type};
    return &n->tallies[n->tally_count++];
}

static void choose(struct names *n)
{
    const struct plan *plan = n->p->plan;
    n->at = ARENA_ARRAY(n->p->mem, struct reads_one, plan->count + 1);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct plan_step *s = &plan->steps[i];
        if (!can_be_asked_about(s))
            continue;
        struct tally *of = tally_of(n, s);
        if (!s->type->has_find_many && of->alone++ >= ALONE_MAX) {
            of->left++;
            continue;
        }
        struct reads_one *one = &n->at[n->count++];
        *one = (struct reads_one){.driver = s->driver, .type = s->type, .i = i};
        reads_add(&n->reads, one);
    }
}

static bool finds_many(const struct contract_type *type)
{
    return type->has_find_many;
}

/* As for an existing object: no driver is asked to find by something that is not known. */
static const struct value *known_of(struct arena *mem, const struct plan_step *s)
{
    const struct value *known = s->desired;
    for (size_t k = 0; s->unknown && k < s->desired->count; k++) {
        const struct pair *pair = &s->desired->pairs[k];
        if (value_has_unknown(pair->value))
            known = value_with_key(mem, known, pair->key, NULL);
    }
    return known;
}

static struct op_item item_of(void *user, uint32_t i, uint32_t attempt)
{
    const struct names *n = user;
    const struct plan_step *s = &n->p->plan->steps[i];
    return (struct op_item){
        .verb = LF_VERB_FIND, .attempt = attempt, .address = s->address, .desired = known_of(n->p->mem, s)};
}

/* ---- whose it is ---------------------------------------------------------------------------------- */

static const struct store_res *row_of_marker(struct names *n, const char *marker)
{
    const struct store_snapshot *truth = n->p->plan->truth;
    if (!n->markers) {
        n->markers = map_new();
        for (size_t k = 0; k < truth->res_count; k++) {
            if (truth->res[k].marker)
                map_put(n->markers, truth->res[k].marker, (void *)&truth->res[k]);
        }
    }
    return map_find(n->markers, marker);
}

/* One that makes room in this very plan, or that is the step's own: no business of anybody else's. */
static bool makes_room(const struct plan *plan, const struct plan_step *s, const struct store_res *row)
{
    uint32_t k = plan_find(plan, row->address);
    enum plan_action action = k == UINT32_MAX ? PLAN_DESTROY : plan->steps[k].action;
    return strcmp(row->address, s->address) == 0 || row->deposed || action == PLAN_DESTROY ||
           action == PLAN_REPLACE;
}

int64_t names_generation(const struct plan *plan, const struct plan_step *s, const char *marker)
{
    char own[DIGEST_MARKER];
    for (int64_t g = s->generation; marker && g > 0; g--) {
        digest_marker(plan->lineage, plan->region->name, s->address, g, own);
        if (strcmp(own, marker) == 0)
            return g;
    }
    return 0;
}

/* What differs, as far as the driver told; a secret that it keeps to itself is no difference. */
static const char *differences(struct arena *mem, const struct plan_step *s, const struct value *state,
                               const char **fixed)
{
    struct schema_diffs diffs = {0};
    const struct value *unused;
    struct buf text;
    size_t told = 0;
    *fixed = NULL;
    if (!state)
        return NULL;
    schema_compare(mem, s->type->facts.schema, state, s->desired, &diffs, &unused);
    buf_init(&text, 0);
    for (size_t k = 0; k < diffs.count; k++) {
        const struct schema_diff *d = &diffs.at[k];
        if (value_has_unknown(d->after) || (d->secret && !d->before))
            continue;
        if (d->fixed && !*fixed)
            *fixed = d->path;
        if (told++ < DIFFERENT_MAX)
            buf_print(&text, "%s%s", told > 1 ? ", " : "", d->path);
    }
    if (told > DIFFERENT_MAX)
        buf_print(&text, " and %zu more", told - DIFFERENT_MAX);
    const char *kept = told ? buf_keep(&text, mem) : NULL;
    buf_done(&text);
    return kept;
}

/* What stands in the way of `landfall adopt`, or NULL. */
static const char *hindrance(struct arena *mem, const struct plan_step *s, const char *fixed)
{
    const char *never = taken_hindrance(s->type);
    if (never || !fixed)
        return never;
    return arena_print(
        mem, "it cannot be adopted before '%s', which no change can mend, is declared as it is there", fixed);
}

static const char *detail_of(struct names *n, const struct plan_step *s, const struct plan_taken *taken,
                             const char *differs)
{
    const char *id = taken->id ? arena_print(n->p->mem, " as '%s'", taken->id) : "";
    return arena_print(n->p->mem, "%s-%s has it%s%s%s", s->driver->subsystem, s->driver->name, id,
                       differs ? "; what is asked for differs in " : "", differs ? differs : "");
}

static void take(struct names *n, struct plan_step *s, const struct op_result *result)
{
    struct arena *mem = n->p->mem;
    struct plan_taken taken = {.id = arena_text(mem, result->id), .marker = arena_text(mem, result->marker)};
    if (!taken.marker && (s->type->facts.traits & CATALOG_TAKES_UNMARKED) != 0)
        return; /* it stands ready for this very create */
    const struct store_res *row = taken.marker ? row_of_marker(n, taken.marker) : NULL;
    const char *fixed, *differs = differences(mem, s, result->state, &fixed);
    int64_t generation = names_generation(n->p->plan, s, taken.marker);
    const struct taken whose = {.region = n->p->plan->region->name,
                                .address = s->address,
                                .driver = s->driver,
                                .marker = taken.marker,
                                .own = generation > 0,
                                .hindrance = hindrance(mem, s, fixed),
                                .before = taken_awaited(mem, n->p->plan, s),
                                .others = n->p->ask->others};
    if (row && makes_room(n->p->plan, s, row))
        return;
    if (generation == s->generation) {
        taken.ours = true;
        taken.reason = "it is there already and carries our marker: apply takes it up";
    } else {
        taken.reason =
            row ? arena_print(mem, "it is what '%s' built", row->address) : taken_reason(mem, &whose, NULL);
        taken.detail = detail_of(n, s, &taken, differs);
        taken.advice = row ? "give one of the two steps another name"
                           : taken_advice(mem, &whose, ", or build the others alone (--target)");
    }
    s->taken = arena_copy(mem, &taken, sizeof(taken));
}

static void on_told(void *user, uint32_t i, const struct op_result *result, const struct diag *note)
{
    struct names *n = user;
    struct plan_step *s = &n->p->plan->steps[i];
    bool there =
        result->status == LF_END_OK || result->status == LF_END_DAMAGED || result->status == LF_END_EXISTS;
    if (there) {
        take(n, s, result);
    } else if (result->status != LF_END_GONE) {
        struct tally *of = tally_of(n, s);
        const char *words = result->broke       ? result->broke
                            : result->timed_out ? "no answer in time"
                            : note->summary     ? note->summary
                                                : "the driver cannot tell";
        of->words = of->unanswered++ ? of->words : arena_text(n->p->mem, words);
    }
}

/* ---- what nobody knows ---------------------------------------------------------------------------- */

/* No answer is no conflict, and nothing that keeps a plan from being made. */
static void say_silence(struct names *n, const struct tally *of)
{
    struct arena *mem = n->p->mem;
    const char *what = arena_print(mem, "%s.%s", of->driver->subsystem, of->type->facts.name);
    struct diag one = {.severity = DIAG_WARNING,
                       .code = "plan.names_not_asked",
                       .advice =
                           "nothing is lost: apply finds what is somebody else's, and does not touch it"};
    if (of->unanswered > 0) {
        one.summary =
            arena_print(mem, "%s-%s could not say whether the names of %u new %s steps are free: %s",
                        of->driver->subsystem, of->driver->name, of->unanswered, what, of->words);
        diag_add(n->p->diags, &one);
    }
    if (of->left > 0) {
        one.summary = arena_print(mem, "%s-%s was not asked whether the names of %u new %s steps are free",
                                  of->driver->subsystem, of->driver->name, of->left, what);
        one.detail = arena_print(mem, "it answers one name at a time, and %d were asked about", ALONE_MAX);
        diag_add(n->p->diags, &one);
    }
}

void names_look(struct planner *p)
{
    struct names n = {.p = p};
    if (!p->ask->names || p->ask->no_refresh || p->ask->offline || p->plan->destroy || p->plan->refresh_only)
        return;
    n.reads = (struct reads){.mem = p->mem,
                             .loop = p->ask->loop,
                             .parallel = p->parallel,
                             .user = &n,
                             .item = item_of,
                             .many = finds_many,
                             .told = on_told};
    choose(&n);
    reads_run(&n.reads, n.at, n.count);
    for (size_t k = 0; k < n.tally_count; k++)
        say_silence(&n, &n.tallies[k]);
    if (n.markers)
        map_free(n.markers);
}
