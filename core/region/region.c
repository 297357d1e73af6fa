#include "region/region.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/diag.h"
#include "model/path.h"
#include "model/value.h"
#include "region/derive.h"
#include "region/findings.h"
#include "region/folder.h"
#include "region/keys.h"
#include "region/leftover.h"
#include "region/nearest.h"
#include "region/own.h"
#include "region/rules.h"
#include "region/shape.h"
#include "region/spec.h"

/* One load: the region's own file first, then what it is copied from, nearest first. */
struct load {
    struct findings f;
    const char *project;
    ARRAY(struct spec *) chain;
};

bool region_list(struct arena *mem, const char *project, const char *const **names, size_t *count,
                 struct err *err)
{
    const char *const *all;
    size_t total;
    if (!folder_list(mem, file_join(mem, project, "regions"), ".yaml", &all, &total, err))
        return false;
    const char **regions = ARENA_ARRAY(mem, const char *, total);
    size_t kept = 0;
    /* services.schema.yaml and editors' files have no region's name. */
    for (size_t i = 0; i < total; i++)
        if (addr_region_is_valid(all[i]))
            regions[kept++] = all[i];
    *names = regions;
    *count = kept;
    return true;
}

/* `at` is the `from` that names it, NULL for the region that was asked for. */
static bool check_exists(struct load *l, const char *name, const struct value *at)
{
    struct findings *f = &l->f;
    struct err err;
    const char *const *known;
    size_t count;
    if (!addr_region_is_valid(name)) {
        findings_error(f, "region.bad_name", at,
                       "2 to 32 lower-case letters, digits and hyphens, such as eu or eu-central",
                       "'%s' cannot be a region's name", name);
        return false;
    }
    const char *path = arena_print(f->mem, "regions/%s.yaml", name);
    if (file_exists(file_join(f->mem, l->project, path)))
        return true;
    if (!region_list(f->mem, l->project, &known, &count, &err))
        count = 0;
    findings_error(f, "region.not_found", at, keys_advice(f, name, known, count),
                   "there is no region '%s': '%s' does not exist", name, path);
    return false;
}

/* Chains are as short as people can follow, so a scan per link is fine. */
static bool in_chain(const struct load *l, const char *name)
{
    for (size_t i = 0; i < l->chain.count; i++)
        if (strcmp(l->chain.at[i]->name, name) == 0)
            return true;
    return false;
}

/* Names only the loop, not the way that led into it. */
static bool from_loop(struct load *l, const struct value *from)
{
    struct buf loop;
    bool inside = false;
    buf_init(&loop, 0);
    for (size_t i = 0; i < l->chain.count; i++) {
        inside = inside || strcmp(l->chain.at[i]->name, from->text) == 0;
        if (inside)
            buf_print(&loop, "%s -> ", l->chain.at[i]->name);
    }
    findings_error(&l->f, "region.from_loop", from, "let one of them stand on its own, without 'from'",
                   "regions are copied from each other in a loop: %s%s", loop.at, from->text);
    buf_done(&loop);
    return false;
}

/* Follows `from` to the region that is copied from none. */
static bool load_chain(struct load *l)
{
    for (;;) {
        const struct spec *last = l->chain.at[l->chain.count - 1];
        if (last->from == NULL)
            return value_get(last->root, "from") == NULL;
        const struct value *from = value_get(last->root, "from");
        if (in_chain(l, last->from))
            return from_loop(l, from);
        if (!check_exists(l, last->from, from))
            return false;
        struct spec *next = spec_load(&l->f, l->project, last->from);
        if (next == NULL)
            return false;
        ARRAY_PUSH(&l->chain, next);
    }
}

/* From the far end: what is copied is what the other region resolved to, with its own rules applied. */
static const struct value *resolve(struct load *l)
{
    const struct value *services = NULL;
    for (size_t i = l->chain.count; i > 0; i--) {
        const struct spec *parent = i < l->chain.count ? l->chain.at[i] : NULL;
        services = derive_services(&l->f, l->chain.at[i - 1], parent, services, i == 1);
    }
    return services;
}

static void fill_shrinks(struct region *r, const struct spec *spec, struct arena *mem)
{
    struct region_shrink *shrinks = ARENA_ARRAY(mem, struct region_shrink, spec->shrink_count);
    for (size_t i = 0; i < spec->shrink_count; i++) {
        const struct rules_shrink *rule = &spec->shrinks[i];
        shrinks[i] =
            (struct region_shrink){rule->match, rule->why, rule->grow_back, rule->hits, rule->at->where};
    }
    r->shrinks = shrinks;
    r->shrink_count = spec->shrink_count;
}

/* Also what a region further up left out, unless it was declared again since: it is as absent here. */
static void fill_absents(struct region *r, const struct load *l, const struct value *root, struct arena *mem)
{
    size_t total = 0;
    for (size_t i = 0; i < l->chain.count; i++)
        total += l->chain.at[i]->absent_count;
    struct region_absent *absents = ARENA_ARRAY(mem, struct region_absent, total);
    for (size_t i = 0; i < l->chain.count; i++) {
        for (size_t j = 0; j < l->chain.at[i]->absent_count; j++) {
            const struct rules_absent *rule = &l->chain.at[i]->absents[j];
            if (path_get(root, &rule->path) == NULL)
                absents[r->absent_count++] = (struct region_absent){rule->what, rule->why, rule->owner,
                                                                    rule->revisit, rule->at->where};
        }
    }
    r->absents = absents;
}

/* What a region further up explained stays explained: it is copied from there. */
static void fill_differs(struct region *r, const struct load *l, struct arena *mem)
{
    size_t total = 0;
    for (size_t i = 0; i < l->chain.count; i++)
        total += l->chain.at[i]->differs_count;
    struct region_differs *differs = ARENA_ARRAY(mem, struct region_differs, total);
    for (size_t i = 0; i < l->chain.count; i++) {
        for (size_t j = 0; j < l->chain.at[i]->differs_count; j++) {
            const struct rules_differs *rule = &l->chain.at[i]->differs[j];
            differs[r->differs_count++] = (struct region_differs){
                rule->what, rule->why, rule->owner, rule->revisit, rule->path.count == 0, rule->at->where};
        }
    }
    r->differs = differs;
}

/* Also the schema: a plan made under other rules is another plan. */
static void fill_files(struct region *r, const struct load *l, struct arena *mem)
{
    struct region_file *files = ARENA_ARRAY(mem, struct region_file, l->f.sources.count);
    for (size_t i = 0; i < l->f.sources.count; i++)
        files[i] = (struct region_file){l->f.sources.at[i].name, l->f.sources.at[i].digest};
    r->files = files;
    r->file_count = l->f.sources.count;
}

/* Residency, drivers and launch are not part of it: a playbook that could see which driver serves a region
 * would soon say different things for each. */
static const struct value *view_of(const struct region *r, const struct spec *spec, struct arena *mem)
{
    static const char *const as_written[] = {"region", "title",    "jurisdiction", "from",
                                             "place",  "currency", "budget"};
    struct pair pairs[COUNT_OF(as_written) + 4];
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(as_written); i++) {
        const struct value *v = value_get(spec->root, as_written[i]);
        if (v != NULL)
            pairs[count++] = (struct pair){as_written[i], v};
    }
    const struct value *domain = value_get(spec->root, "domain");
    const struct value *zone = value_get(spec->root, "timezone");
    pairs[count++] = (struct pair){"domain", domain};
    pairs[count++] = (struct pair){"parent_domain",
                                   value_at_origin(mem, value_text(mem, r->parent_domain), domain->where)};
    pairs[count++] = (struct pair){"timezone", zone != NULL ? zone : value_text(mem, r->timezone)};
    pairs[count++] = (struct pair){"services", r->services};
    return value_map(mem, pairs, count);
}

/* Only after a load without errors, so everything required is there. */
static struct region *build(const struct load *l, const struct value *services)
{
    struct arena *mem = l->f.mem;
    const struct spec *spec = l->chain.at[0];
    struct region *r = ARENA_NEW(mem, struct region);
    *r = (struct region){
        .name = spec->name,
        .title = spec->title,
        .jurisdiction = spec->jurisdiction,
        .from = spec->from,
        .place = spec->place,
        .domain = spec->domain,
        .parent_domain = strchr(spec->domain, '.') + 1,
        .currency = spec->currency,
        .timezone = spec->timezone,
        .services = services,
        .drivers = spec->drivers,
        .driver_count = spec->driver_count,
        .residency = value_get(spec->root, "residency"),
        .budget = value_get(spec->root, "budget"),
        .launch = value_get(spec->root, "launch"),
        .rates = spec->rates,
        .cost = value_get(spec->root, "cost"),
        .rehearse = value_get(spec->root, "rehearse"),
        .origins = l->f.origins,
    };
    struct pair root = {"services", services};
    fill_shrinks(r, spec, mem);
    fill_absents(r, l, value_map(mem, &root, 1), mem);
    fill_differs(r, l, mem);
    fill_files(r, l, mem);
    r->view = view_of(r, spec, mem);
    return r;
}

static bool matched(void *user, const char *path, const struct path *concrete, const struct value *v)
{
    (void)path, (void)concrete, (void)v;
    *(bool *)user = true;
    return false;
}

/* An entry that explains a value nobody has explains nothing, and hides the slip it was meant for.  What the
 * region left out of the copy is still something to speak of: absent says why, though. */
static void check_differs(struct load *l, const struct spec *spec, const struct value *services)
{
    struct pair pair = {"services", services};
    const struct value *root = value_map(l->f.mem, &pair, services != NULL ? 1 : 0);
    for (size_t i = 0; i < spec->differs_count; i++) {
        const struct rules_differs *rule = &spec->differs[i];
        bool there = rule->path.count == 0;
        if (!there)
            path_each(root, &rule->path, matched, &there);
        if (!there)
            findings_error(&l->f, "region.differs_missing", rule->at,
                           nearest_advice(l->f.mem, root, &rule->path), "region '%s' has no '%s'", spec->name,
                           rule->what);
    }
}

/* What the others say for themselves leads nowhere from here, unless they are of the same jurisdiction. */
static const struct value *without_theirs(struct load *l, const struct value *services)
{
    const char *ours = l->chain.at[0]->jurisdiction;
    for (size_t i = 1; i < l->chain.count; i++)
        if (!str_equal(l->chain.at[i]->jurisdiction, ours))
            services = own_without(l->f.mem, services, l->chain.at[i]->jurisdiction);
    return services;
}

/* The services resolved and checked; NULL when a file is missing or cannot be read. */
static const struct value *load_services(struct load *l, const char *name)
{
    const struct value *shape = NULL;
    if (!check_exists(l, name, NULL))
        return NULL;
    struct spec *own = spec_load(&l->f, l->project, name);
    if (own == NULL)
        return NULL;
    ARRAY_PUSH(&l->chain, own);
    bool shaped = shape_load(&l->f, l->project, &shape);
    if (!load_chain(l))
        return NULL;
    const struct value *services = resolve(l);
    if (shaped)
        shape_check(&l->f, shape, services);
    check_differs(l, own, services);
    leftover_check(&l->f, own, l->chain.at + 1, l->chain.count - 1, without_theirs(l, services));
    own_check_read(&l->f, own, l->chain.at + 1, l->chain.count - 1, services);
    return services;
}

/* Warnings are reported also when there are errors; `out` only when there is none. */
bool region_load(struct arena *mem, const char *project, const char *name, struct region **out,
                 struct diags *diags, struct err *err)
{
    struct load l = {.project = project};
    struct origins *origins = ARENA_NEW(mem, struct origins);
    origins_init(origins, mem);
    findings_init(&l.f, mem, origins);
    const struct value *services = load_services(&l, name);
    bool ok = findings_report(&l.f, diags, err);
    if (ok)
        *out = build(&l, services);
    findings_done(&l.f);
    ARRAY_DONE(&l.chain);
    return ok;
}
