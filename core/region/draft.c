#include "region/draft.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_yaml.h"
#include "region/draft_text.h"
#include "region/leftover.h"
#include "region/own.h"
#include "region/region.h"
#include "region/spec.h"

#define COMMENT_COLUMN 33 /* where the remarks of short lines stand below each other */

/* Another copy of the same region. */
struct sibling {
    const char *name;
    const char *differs; /* its block, without what the new region could not say; "": nothing is left */
};

struct drafting {
    struct arena *mem;
    const char *project, *name;
    const struct region *from;
    const struct value *own; /* what `from` says for itself, or NULL */
    const struct sibling *siblings;
    size_t sibling_count;
    struct buf text;
    size_t open, leftovers;
};

/* ---- lines ----------------------------------------------------------------------------------- */

/* Where a remark begins, on the line that began at `begun`. */
static void fill_line(struct drafting *d, size_t begun)
{
    size_t width = d->text.count - begun;
    buf_fill(&d->text, ' ', width + 2 < COMMENT_COLUMN ? COMMENT_COLUMN - width : 2);
}

/* "place: FILL IN                   # us: us-east-1" */
static void open_line(struct drafting *d, const char *line, const char *theirs, const char *more)
{
    size_t begun = d->text.count;
    buf_text(&d->text, line);
    buf_text(&d->text, SPEC_OPEN);
    d->open++;
    fill_line(d, begun);
    buf_print(&d->text, "# %s: ", d->from->name);
    draft_text_inline(&d->text, theirs ? theirs : "nothing");
    buf_text(&d->text, more ? more : "");
    buf_char(&d->text, '\n');
}

static void head(struct drafting *d)
{
    const struct region *r = d->from;
    buf_print(
        &d->text,
        "# %s: a copy of %s, to be finished.  Made by `landfall copy %s %s`; from here on it is yours.\n"
        "#\n"
        "# What says " SPEC_OPEN
        " only you can decide: `landfall check %s` names what is left.  What is commented out is an\n"
        "# offer: take what fits, drop the rest.\n",
        d->name, r->name, r->name, d->name, d->name);
    buf_print(&d->text, "region: %s\n", d->name);
    open_line(d, "title: ", r->title, NULL);
    open_line(d, "jurisdiction: ", r->jurisdiction, d->own ? "; services.own below goes by it" : NULL);
    buf_print(&d->text, "%-33s# copies `services`, resolved, and nothing else\n",
              arena_print(d->mem, "from: %s", r->name));
    open_line(d, "place: ", r->place, NULL);
    open_line(d, "domain: ", r->domain,
              arena_print(d->mem, "; the like of it would be %s.%s", d->name, r->parent_domain));
    open_line(d, "currency: ", r->currency, NULL);
    open_line(d, "timezone: ", r->timezone, NULL);
}

/* ---- what other copies did -------------------------------------------------------------------- */

/* Length of the line at `at`, its line feed included. */
static size_t line_length(const char *at)
{
    size_t length = strcspn(at, "\n");
    return length + (at[length] == '\n');
}

static bool begins_block(const char *line)
{
    return line[0] && !strchr(" \t#\r\n-", line[0]);
}

/* The lines of a top-level key, as they are written, from its name to the next one's.  NULL: not there. */
static const char *find_block(const char *text, const char *key, size_t *count)
{
    size_t length = strlen(key);
    const char *at = text;
    while (*at && !(strncmp(at, key, length) == 0 && at[length] == ':'))
        at += line_length(at);
    if (!*at)
        return NULL;
    const char *end = at + line_length(at), *kept = end;
    /* Comments and empty lines at the end belong to what follows. */
    while (*end && !begins_block(end)) {
        bool is_content = end[0] == ' ' || end[0] == '-';
        end += line_length(end);
        kept = is_content ? end : kept;
    }
    *count = (size_t)(kept - at);
    return at;
}

static void add_commented(struct buf *out, const char *block, size_t count)
{
    for (const char *at = block; at < block + count; at += line_length(at)) {
        buf_text(out, "# ");
        draft_text_inline_n(out, at, strcspn(at, "\r\n"));
        buf_char(out, '\n');
    }
}

/* One block, as some of the other copies have it. */
struct offer {
    const char *text;
    size_t count;
    const char *names, *paths; /* "eu, eu-servers" */
};

static struct offer *find_offer(struct offer *at, size_t count, const char *block, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (at[i].count == size && memcmp(at[i].text, block, size) == 0)
            return &at[i];
    return NULL;
}

/* As it is written there; of `differs` only what holds here.  NULL: it has none. */
static const char *block_of(struct drafting *d, const struct sibling *one, const char *key, size_t *count)
{
    const char *path = arena_print(d->mem, "regions/%s.yaml", one->name), *text;
    size_t size;
    struct err unused;
    if (strcmp(key, "differs") == 0) {
        *count = strlen(one->differs);
        return *count > 0 ? one->differs : NULL;
    }
    if (!file_read(d->mem, file_join(d->mem, d->project, path), VALUE_YAML_BYTES, &text, &size, &unused))
        return NULL;
    return find_block(text, key, count);
}

/* What several copies have word by word stands here once. */
static struct offer *find_offers(struct drafting *d, const char *key, size_t *found)
{
    struct offer *offers = ARENA_ARRAY(d->mem, struct offer, d->sibling_count + 1);
    *found = 0;
    for (size_t i = 0; i < d->sibling_count; i++) {
        const char *name = d->siblings[i].name, *path = arena_print(d->mem, "regions/%s.yaml", name);
        size_t count;
        const char *block = block_of(d, &d->siblings[i], key, &count);
        struct offer *same = block ? find_offer(offers, *found, block, count) : NULL;
        if (same) {
            same->names = arena_print(d->mem, "%s, %s", same->names, name);
            same->paths = arena_print(d->mem, "%s, %s", same->paths, path);
        } else if (block) {
            offers[(*found)++] = (struct offer){block, count, name, path};
        }
    }
    return offers;
}

/* The same block of every other copy that has one; false when none has. */
static bool add_offers(struct drafting *d, const char *key)
{
    size_t count;
    const struct offer *offers = find_offers(d, key, &count);
    for (size_t i = 0; i < count; i++) {
        buf_print(&d->text, "# As in %s (%s):\n", offers[i].names, offers[i].paths);
        add_commented(&d->text, offers[i].text, offers[i].count);
    }
    return count > 0;
}

/* Has every entry of the group that says `key` an integer there, and does one say it? */
static bool is_scaled(const struct value *group, const char *key)
{
    size_t seen = 0;
    for (size_t i = 0; value_kind(group) == VALUE_MAP && i < group->count; i++) {
        const struct value *v = value_get(group->pairs[i].value, key);
        if (v && value_kind(v) != VALUE_INT)
            return false;
        seen += v != NULL;
    }
    return seen > 0;
}

/* "services.databases.*.replicas": something the other region has and a smaller one has less of.  A rule that
 * matches nothing is refused, so none is made up.  NULL: nothing goes by such a name. */
static const char *find_scaled(const struct drafting *d)
{
    static const char *const words[] = {"replicas", "nodes", "instances", "storage_gb"};
    const struct value *services = d->from->services;
    for (size_t w = 0; w < COUNT_OF(words); w++) {
        for (size_t i = 0; value_kind(services) == VALUE_MAP && i < services->count; i++) {
            const struct pair *p = &services->pairs[i];
            if (draft_text_is_word(p->key) && is_scaled(p->value, words[w]))
                return arena_print(d->mem, "services.%s.*.%s", p->key, words[w]);
        }
    }
    return NULL;
}

static void shrink(struct drafting *d)
{
    const char *match = find_scaled(d);
    buf_text(&d->text, "\n# Smaller than the copy: `match` is a path, * one name; integers round up; each "
                       "rule with its reason.\n");
    if (add_offers(d, "shrink"))
        return;
    if (match)
        buf_print(&d->text,
                  "# shrink:\n"
                  "#   - match: %s\n"
                  "#     to: { times: 0.25, at_least: 1 }\n"
                  "#     why: a quarter of the traffic at launch\n"
                  "#     grow_back: CPU above 60 %% for a day\n",
                  match);
    else
        buf_text(&d->text, "# shrink: []   # of { match: services.PATH, to: VALUE, why: TEXT, grow_back: "
                           "TEXT }\n");
}

static void rules(struct drafting *d)
{
    shrink(d);
    buf_text(&d->text, "\n# Left out on purpose, and still visible.\n");
    if (!add_offers(d, "absent"))
        buf_text(&d->text,
                 "# absent: []   # of { what: services.PATH, why: TEXT, owner: WHO, revisit: 2027-03-01 }\n");
    buf_print(&d->text, "\n# Why else it differs: `landfall diff %s %s` lists what no entry explains.\n",
              d->name, d->from->name);
    if (!add_offers(d, "differs"))
        buf_print(&d->text,
                  "# differs: []  # of { what: services.%s, why: TEXT, owner: WHO, revisit: 2027-03-01 }\n",
                  d->own ? "own" : "PATH");
}

/* ---- services --------------------------------------------------------------------------------- */

static void add_leftover(void *user, const struct leftover *one)
{
    struct drafting *d = user;
    const struct origin *at =
        origins_get(d->from->origins, origins_text_of(d->from->origins, one->value->where));
    if (d->leftovers++ == 0)
        buf_print(&d->text, "#\n# These hold the name, the place or the domain of the region they come from. "
                            " Copied as they are they lead there:\n");
    buf_text(&d->text, "#   ");
    draft_text_inline(&d->text, one->path);
    if (!one->key) {
        buf_text(&d->text, ": ");
        draft_text_inline(&d->text, one->value->text);
    }
    if (one->place)
        buf_print(&d->text, "  (a place named like %s", one->word->region);
    else
        buf_print(&d->text, "  (the %s of %s", one->word->what, one->word->region);
    if (at)
        buf_print(&d->text, ", %s:%u", at->file, at->line);
    buf_text(&d->text, ")\n");
}

/* Secrets are never copied: what a step needs of them is missing until it is written here. */
static void add_secrets(struct drafting *d, const struct value *v, struct buf *path, bool *any)
{
    size_t length = path->count;
    if (value_kind(v) == VALUE_SECRET) {
        if (!*any)
            buf_text(&d->text, "#\n# Secrets are not copied; these are missing here:\n");
        *any = true;
        buf_text(&d->text, "#   ");
        draft_text_inline(&d->text, path->at);
        buf_text(&d->text, ": !secret ");
        draft_text_inline(&d->text, v->secret->source);
        buf_char(&d->text, '\n');
    }
    for (size_t i = 0; value_kind(v) == VALUE_MAP && i < v->count; i++) {
        path_print_key(path, v->pairs[i].key, false);
        add_secrets(d, v->pairs[i].value, path, any);
        path->count = length;
        path->at[length] = '\0';
    }
}

/* Does a map consist of keys that are about the other region, and nothing else? */
static bool is_all_theirs(const struct drafting *d, const struct value *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (!own_is_theirs(map->pairs[i].key, d->from->name, d->from->jurisdiction))
            return false;
    return true;
}

/* "        vat_id: FILL IN          # us: \"541234567\"": the key is kept, the value is only told. */
static void own_line(struct drafting *d, const struct pair *p, size_t indent)
{
    size_t begun = d->text.count;
    struct buf theirs;
    buf_init(&theirs, 0);
    own_print(&theirs, p->value);
    buf_fill(&d->text, ' ', indent);
    draft_text_key(&d->text, p->key);
    buf_text(&d->text, value_kind(p->value) == VALUE_LIST ? ": [" SPEC_OPEN "]" : ": " SPEC_OPEN);
    d->open++;
    fill_line(d, begun);
    buf_print(&d->text, "# %s: ", d->from->name);
    draft_text_inline(&d->text, theirs.at);
    buf_char(&d->text, '\n');
    buf_done(&theirs);
}

/* What is keyed by the other region's own word, such as the tax of US-CT, is no question to this one: a map
 * of such keys is to be filled in as a whole, and among others they are left out. */
static void own_map(struct drafting *d, const struct value *map, size_t indent)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct pair *p = &map->pairs[i];
        if (own_is_theirs(p->key, d->from->name, d->from->jurisdiction))
            continue;
        if (value_kind(p->value) != VALUE_MAP || is_all_theirs(d, p->value)) {
            own_line(d, p, indent);
            continue;
        }
        buf_fill(&d->text, ' ', indent);
        draft_text_key(&d->text, p->key);
        buf_text(&d->text, ":\n");
        own_map(d, p->value, indent + 2);
    }
}

/* Keyed as the other region's own block, and with nothing in it that could be taken over by accident. */
static void own(struct drafting *d)
{
    const char *name = d->from->name;
    if (!d->own || is_all_theirs(d, d->own)) {
        buf_text(&d->text, "services: {}\n");
        return;
    }
    const char *key = own_key(d->mem, d->name);
    buf_print(
        &d->text,
        "#\n# `own` is what a region says for itself.  The block of %s counts for %s alone; this one has its "
        "keys.\n# Drop what %s does not need; %s stands for the jurisdiction: under another word nobody "
        "reads it.\n"
        "services:\n  own:\n    ",
        name, name, d->name, key);
    draft_text_key(&d->text, key);
    buf_text(&d->text, ":\n");
    own_map(d, d->own, 6);
}

/* The regions the texts come from: the one that is copied, and those it was copied from itself. */
static void services(struct drafting *d)
{
    struct leftover_word words[] = {
        {d->from->domain, "region.copied_domain", "domain", d->from->name},
        {d->from->place, "region.copied_place", "place", d->from->name},
        {d->from->name, "region.copied_name", "name", d->from->name},
    };
    struct buf path;
    bool any = false;
    buf_text(&d->text, "\n# What differs: what is written here wins over the copy and over the rules above.  "
                       "`landfall show ");
    buf_print(&d->text,
              "%s` is what\n# is copied; `landfall show %s --why PATH` tells where one value comes from.\n",
              d->from->name, d->name);
    /* What it says for itself is not read here, and is asked for below. */
    const struct value *copied = own_without(d->mem, d->from->services, d->from->jurisdiction);
    leftover_each(copied, words, COUNT_OF(words), NULL, add_leftover, d);
    buf_init(&path, 0);
    buf_text(&path, "services");
    add_secrets(d, copied, &path, &any);
    buf_done(&path);
    own(d);
}

/* ---- its own --------------------------------------------------------------------------------- */

static void residency(struct drafting *d)
{
    const struct value *map = d->from->residency;
    if (value_kind(map) != VALUE_MAP || map->count == 0)
        return;
    buf_text(&d->text, "\nresidency:                       # data category -> places where it may live\n");
    for (size_t i = 0; i < map->count; i++) {
        struct buf theirs;
        buf_init(&theirs, 0);
        const struct value *places = map->pairs[i].value;
        for (size_t k = 0; value_kind(places) == VALUE_LIST && k < places->count; k++)
            buf_print(&theirs, "%s%s", k ? ", " : "", value_as_text(places->items[k]));
        buf_text(&d->text, "  ");
        draft_text_key(&d->text, map->pairs[i].key);
        buf_print(&d->text, ": [" SPEC_OPEN "]  # %s: ", d->from->name);
        draft_text_inline(&d->text, theirs.at);
        buf_char(&d->text, '\n');
        d->open++;
        buf_done(&theirs);
    }
}

/* Accounts, paths and passwords are a region's own; which subsystems it needs is not. */
static void drivers(struct drafting *d)
{
    const struct region *r = d->from;
    if (r->driver_count == 0)
        return;
    buf_text(&d->text, "\ndrivers:                         # who serves what; `landfall describe SUBSYSTEM` "
                       "lists the settings\n");
    for (size_t i = 0; i < r->driver_count; i++) {
        const struct region_driver *one = &r->drivers[i];
        buf_print(&d->text, "  %s%s%s: { use: " SPEC_OPEN " }  # %s: %s", one->subsystem,
                  one->instance[0] ? "/" : "", one->instance, r->name, one->driver);
        for (size_t k = 0; value_kind(one->settings) == VALUE_MAP && k < one->settings->count; k++) {
            buf_text(&d->text, k ? ", " : " with ");
            draft_text_inline(&d->text, one->settings->pairs[k].key);
        }
        buf_text(&d->text, one->shared ? "; shared: what all regions use\n" : "\n");
        d->open++;
    }
}

static void money_and_launch(struct drafting *d)
{
    buf_text(&d->text, "\n# budget: { monthly: 900, one_off: 500 }        # in the currency above; a plan "
                       "beyond it says so\n");
    buf_print(
        &d->text,
        "# rates: { dated: 2026-11-01, source: \"ECB, reference rates\" }   # and of each other currency "
        "prices are in: %s: \"0.9215\"\n",
        d->from->currency);
    buf_text(&d->text, "# launch: { target: 2026-12-15, can_follow: [] }\n");
}

/* ---- the whole -------------------------------------------------------------------------------- */

static bool check_name(struct drafting *d, const char *from, struct draft *out, struct err *err)
{
    if (!addr_region_is_valid(d->name)) {
        err_set(err, "draft.bad_name", "'%s' cannot be a region's name", d->name);
        return err_advise(err, "2 to 32 lower-case letters, digits and hyphens, such as eu or eu-central");
    }
    if (strcmp(from, d->name) == 0) {
        err_set(err, "draft.same", "a region cannot be copied to its own name");
        return err_advise(err, "give the new one another name: landfall copy %s NAME", from);
    }
    out->path = arena_print(d->mem, "regions/%s.yaml", d->name);
    if (!file_exists(file_join(d->mem, d->project, out->path)))
        return true;
    err_set(err, "draft.exists", "'%s' is there already, and nothing is overwritten", out->path);
    return err_advise(err, "edit it, or give the copy another name: landfall copy %s NAME", from);
}

static bool found(void *user, const char *path, const struct path *concrete, const struct value *v)
{
    (void)path, (void)concrete, (void)v;
    *(bool *)user = true;
    return false;
}

/* An entry about something that only its own region has would explain nothing here, and be refused. */
static bool holds_here(const struct drafting *d, struct arena *tmp, const struct region_differs *one)
{
    const struct pair services = {"services", d->from->services};
    struct path path;
    struct err unused;
    bool there = one->of_steps;
    if (!there && path_parse(tmp, one->what, &path, &unused))
        path_each(value_map(tmp, &services, 1), &path, found, &there);
    return there;
}

static void add_line(struct buf *out, struct arena *tmp, const char *key, const char *text)
{
    if (!text)
        return;
    buf_text(out, key);
    draft_text_value(out, tmp, text);
    buf_char(out, '\n');
}

/* What it was copied with itself is copied from here as well. */
static const char *differs_of(struct drafting *d, struct arena *tmp, const struct region *r)
{
    const char *file = arena_print(tmp, "regions/%s.yaml", r->name);
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < r->differs_count; i++) {
        const struct region_differs *one = &r->differs[i];
        const struct origin *at = origins_get(r->origins, one->where);
        if (!at || strcmp(at->file, file) != 0 || !holds_here(d, tmp, one))
            continue;
        buf_text(&out, out.count == 0 ? "differs:\n" : "");
        add_line(&out, tmp, "  - what: ", one->what);
        add_line(&out, tmp, "    why: ", one->why);
        add_line(&out, tmp, "    owner: ", one->owner);
        add_line(&out, tmp, "    revisit: ", one->revisit);
    }
    const char *kept = buf_keep(&out, d->mem);
    buf_done(&out);
    return kept;
}

/* A region that does not load has nothing to offer, and is no reason to refuse. */
static bool find_siblings(struct drafting *d, struct err *err)
{
    const char *const *all;
    size_t count;
    if (!region_list(d->mem, d->project, &all, &count, err))
        return false;
    struct sibling *siblings = ARENA_ARRAY(d->mem, struct sibling, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct arena *tmp = arena_new();
        struct region *one;
        struct diags diags;
        struct err unused;
        diag_init(&diags, tmp);
        if (region_load(tmp, d->project, all[i], &one, &diags, &unused) &&
            str_equal(one->from, d->from->name))
            siblings[d->sibling_count++] = (struct sibling){all[i], differs_of(d, tmp, one)};
        arena_free(tmp);
    }
    d->siblings = siblings;
    return true;
}

bool draft_make(struct arena *mem, const char *project, const char *from, const char *name, struct draft *out,
                struct diags *diags, struct err *err)
{
    struct drafting d = {.mem = mem, .project = project, .name = name};
    struct draft made = {0};
    struct region *region;
    if (!check_name(&d, from, &made, err) || !region_load(mem, project, from, &region, diags, err))
        return false;
    d.from = region;
    d.own = own_block(region->services, region->jurisdiction);
    if (!find_siblings(&d, err))
        return false;
    buf_init(&d.text, 0);
    head(&d);
    rules(&d);
    services(&d);
    residency(&d);
    drivers(&d);
    money_and_launch(&d);
    made.text = buf_keep(&d.text, mem);
    made.open = d.open;
    made.leftovers = d.leftovers;
    *out = made;
    buf_done(&d.text);
    return true;
}
