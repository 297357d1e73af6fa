#include "region/own.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_yaml_scalar.h"
#include "region/findings.h"
#include "region/leftover.h"
#include "region/region.h"
#include "region/spec.h"

#define OWN "own" /* services.own */

struct check {
    struct findings *f;
    const struct spec *spec;
    const struct region *from;
    struct buf path; /* of the map that is looked at, in the copy */
    struct diags *out;
};

static const struct value *as_map(const struct value *v)
{
    return value_kind(v) == VALUE_MAP ? v : NULL;
}

const struct value *own_block(const struct value *services, const char *jurisdiction)
{
    return jurisdiction ? as_map(value_get(value_get(services, OWN), jurisdiction)) : NULL;
}

const struct value *own_without(struct arena *mem, const struct value *services, const char *jurisdiction)
{
    if (!own_block(services, jurisdiction))
        return services;
    const struct value *rest = value_with_key(mem, value_get(services, OWN), jurisdiction, NULL);
    return value_with_key(mem, services, OWN, rest);
}

const char *own_key(struct arena *mem, const char *region)
{
    char *key = arena_text(mem, region);
    for (char *at = key; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return key;
}

bool own_is_theirs(const char *key, const char *region, const char *jurisdiction)
{
    return leftover_holds(key, region) || leftover_holds(key, jurisdiction);
}

/* ---- a value in one line ----------------------------------------------------------------------- */

/* In quotes where the bare words would be read as something else, so that whoever writes the like of it knows
 * what it needs. */
static void print_text(struct buf *out, const struct value *v)
{
    struct arena *tmp = arena_new();
    const struct value *plain;
    struct err unused;
    bool bare = v->count > 0 && !strpbrk(v->text, ":#,[]{}\"'\\&*!|>%@`") && v->text[0] != '-' &&
                v->text[0] != '?' && v->text[0] != ' ' && v->text[v->count - 1] != ' ' &&
                value_yaml_scalar_plain(tmp, v->text, &plain, &unused) && value_kind(plain) == VALUE_TEXT;
    buf_text(out, bare ? "" : "\"");
    str_safe(out, v->text, v->count);
    buf_text(out, bare ? "" : "\"");
    arena_free(tmp);
}

static void print_inside(struct buf *out, const struct value *v)
{
    const char *brackets = value_kind(v) == VALUE_LIST ? "[]" : "{}";
    bool nested = value_kind(v) == VALUE_LIST || value_kind(v) == VALUE_MAP;
    if (nested)
        buf_char(out, brackets[0]);
    own_print(out, v);
    if (nested)
        buf_char(out, brackets[1]);
}

void own_print(struct buf *out, const struct value *v)
{
    switch (value_kind(v)) {
    case VALUE_BOOL:
        buf_text(out, v->truth ? "true" : "false");
        break;
    case VALUE_INT:
        buf_print(out, "%lld", (long long)v->number);
        break;
    case VALUE_REAL:
        buf_print(out, "%.15g", v->real);
        break;
    case VALUE_TEXT:
        print_text(out, v);
        break;
    case VALUE_SECRET:
        buf_text(out, "!secret ");
        str_safe(out, v->secret->source, strlen(v->secret->source));
        break;
    case VALUE_LIST:
        for (size_t i = 0; i < v->count; i++) {
            buf_text(out, i ? ", " : "");
            print_inside(out, v->items[i]);
        }
        break;
    case VALUE_MAP:
        for (size_t i = 0; i < v->count; i++) {
            buf_text(out, i ? ", " : "");
            str_safe(out, v->pairs[i].key, strlen(v->pairs[i].key));
            buf_text(out, ": ");
            print_inside(out, v->pairs[i].value);
        }
        break;
    default:
        buf_text(out, "null");
    }
}

/* ---- what is lacking --------------------------------------------------------------------------- */

/* What the other has, and where: people look there before they write. */
static const char *advice_for(struct check *c, const struct value *theirs, const struct value *missing)
{
    struct arena *mem = c->f->mem;
    const struct origins *origins = c->from->origins;
    const struct origin *at = origins_get(origins, origins_text_of(origins, theirs->where));
    struct buf values;
    buf_init(&values, 0);
    own_print(&values, missing);
    const char *advice = arena_print(mem, "write there what the playbook needs; '%s' has %s%s", c->from->name,
                                     values.at, at ? arena_print(mem, " (%s:%u)", at->file, at->line) : "");
    buf_done(&values);
    return advice;
}

/* One warning for the map, however much it lacks. */
static void tell(struct check *c, const struct value *at, const char *summary, const char *advice)
{
    struct diag one = {.severity = DIAG_WARNING,
                       .code = "own.lacks",
                       .path = c->path.at,
                       .summary = summary,
                       .advice = advice};
    findings_place(c->f, at, &one.where, &one.detail);
    diag_add(c->out, &one);
}

/* "'entity', 'prices'" */
static const char *names_of(struct arena *mem, const struct value *map)
{
    struct buf names;
    buf_init(&names, 0);
    for (size_t i = 0; i < map->count; i++)
        buf_print(&names, "%s'%s'", i ? ", " : "", map->pairs[i].key);
    const char *kept = buf_keep(&names, mem);
    buf_done(&names);
    return kept;
}

/* Of an empty map everything is missing, also what is keyed by the other's words: it was kept to be filled.
 */
static void tell_lacks(struct check *c, const struct value *ours, const struct value *theirs,
                       const struct value *missing)
{
    struct arena *mem = c->f->mem;
    const char *names = names_of(mem, missing);
    tell(c, ours,
         ours->count > 0
             ? arena_print(mem, "'%s' lacks %s, which '%s' says for itself", c->path.at, names, c->from->name)
             : arena_print(mem, "'%s' is empty, and '%s' says %s for itself", c->path.at, c->from->name,
                           names),
         advice_for(c, theirs, missing));
}

/* A key about the other region is nothing to miss. */
static bool is_missed(const struct check *c, const struct pair *p, const struct value *ours)
{
    return !value_get(ours, p->key) && !own_is_theirs(p->key, c->from->name, c->from->jurisdiction);
}

static void compare(struct check *c, const struct value *theirs, const struct value *ours)
{
    struct pair *missing = ARENA_ARRAY(c->f->mem, struct pair, theirs->count + 1);
    size_t count = 0, length = c->path.count;
    for (size_t i = 0; i < theirs->count; i++)
        if (is_missed(c, &theirs->pairs[i], ours))
            missing[count++] = theirs->pairs[i];
    if (ours->count == 0 && theirs->count > 0)
        tell_lacks(c, ours, theirs, theirs);
    else if (count > 0)
        tell_lacks(c, ours, theirs, value_map(c->f->mem, missing, count));
    for (size_t i = 0; i < theirs->count; i++) {
        const struct value *one = as_map(theirs->pairs[i].value),
                           *own = as_map(value_get(ours, theirs->pairs[i].key));
        if (!one || !own)
            continue;
        path_print_key(&c->path, theirs->pairs[i].key, false);
        compare(c, one, own);
        c->path.count = length;
        c->path.at[length] = '\0';
    }
}

/* At what the file has of it, as far down as that goes.  A lone block under another key is what was meant,
 * and one of the two words is wrong. */
static void tell_no_block(struct check *c, const struct value *theirs, const char *key)
{
    struct arena *mem = c->f->mem;
    const struct value *own = as_map(value_get(c->spec->services, OWN));
    const struct value *at = own ? own : c->spec->services ? c->spec->services : c->spec->root;
    const char *advice =
        own && own->count == 1
            ? arena_print(mem, "'%s' has 'services.own.%s': call it '%s', or change the jurisdiction",
                          c->spec->name, own->pairs[0].key, key)
            : advice_for(c, theirs, theirs);
    tell(c, at,
         arena_print(mem, "'%s' is missing: '%s' says %s for itself", c->path.at, c->from->name,
                     names_of(mem, theirs)),
         advice);
}

static void check_block(struct check *c, const struct value *theirs)
{
    const char *key = c->spec->jurisdiction ? c->spec->jurisdiction : own_key(c->f->mem, c->spec->name);
    const struct value *own = value_get(value_get(c->spec->services, OWN), key);
    /* The same jurisdiction: it has the copied block, and own_check_read tells of that. */
    if (strcmp(key, c->from->jurisdiction) == 0)
        return;
    buf_text(&c->path, "services." OWN);
    path_print_key(&c->path, key, false);
    if (!own)
        tell_no_block(c, theirs, key);
    else if (as_map(own))
        compare(c, theirs, own);
}

/* The reference has to load, for it is what it resolves to that is copied; the copy has not. */
void own_check(struct arena *mem, const char *project, const char *name, struct diags *out)
{
    struct origins origins;
    struct findings f;
    struct diags unused;
    struct region *from;
    struct err err;
    origins_init(&origins, mem);
    findings_init(&f, mem, &origins);
    diag_init(&unused, mem);
    const struct spec *spec = spec_load(&f, project, name);
    if (spec && spec->from && region_load(mem, project, spec->from, &from, &unused, &err)) {
        const struct value *theirs = own_block(from->services, from->jurisdiction);
        struct check c = {.f = &f, .spec = spec, .from = from, .out = out};
        buf_init(&c.path, 0);
        if (theirs)
            check_block(&c, theirs);
        buf_done(&c.path);
    }
    findings_done(&f);
}

/* ---- which blocks are read --------------------------------------------------------------------- */

struct reading {
    struct findings *f;
    const struct spec *spec;
    struct buf path; /* of the map that is looked at */
};

static bool is_copied(const struct reading *r, const struct value *v)
{
    const struct origin *origin = origins_get(r->f->origins, v->where);
    return origin && origin->kind == ORIGIN_COPIED;
}

/* At the first of them, where the other region wrote it. */
static void tell_inherited(struct reading *r, const struct value *at, const struct value *copied)
{
    struct arena *mem = r->f->mem;
    const struct spec *spec = r->spec;
    const struct finding one = {
        .severity = DIAG_WARNING,
        .code = "own.inherited",
        .where = origins_text_of(r->f->origins, at->where),
        .key = true,
        .path = arena_text(mem, r->path.at),
        .advice = arena_print(mem,
                              "write '%s' in %s with what is true of '%s', also what both share; what it has "
                              "not goes under 'absent'",
                              r->path.at, spec->file, spec->name),
    };
    findings_add(r->f, &one, "'%s' of '%s' takes %s over from '%s', which says it for itself", r->path.at,
                 spec->name, names_of(mem, copied), spec->from);
}

/* One warning for each map, and one for all of it where all is a copy.  What was written here or shrunk is
 * the region's own decision. */
static void find_inherited(struct reading *r, const struct value *map)
{
    if (is_copied(r, map)) {
        if (map->count > 0)
            tell_inherited(r, map, map);
        return;
    }
    struct pair *copied = ARENA_ARRAY(r->f->mem, struct pair, map->count + 1);
    size_t count = 0, length = r->path.count;
    for (size_t i = 0; i < map->count; i++)
        if (is_copied(r, map->pairs[i].value))
            copied[count++] = map->pairs[i];
    if (count > 0)
        tell_inherited(r, copied[0].value, value_map(r->f->mem, copied, count));
    for (size_t i = 0; i < map->count; i++) {
        const struct value *one = as_map(map->pairs[i].value);
        if (!one || is_copied(r, one))
            continue;
        path_print_key(&r->path, map->pairs[i].key, false);
        find_inherited(r, one);
        r->path.count = length;
        r->path.at[length] = '\0';
    }
}

/* Only beside the block that is read: where that is missing altogether, it is what there is to tell, and
 * own_check does. */
static void find_unread(const struct reading *r, const struct value *own)
{
    struct arena *mem = r->f->mem;
    const struct spec *spec = r->spec;
    for (size_t i = 0; value_kind(own) == VALUE_MAP && i < own->count; i++) {
        const char *key = own->pairs[i].key;
        if (!as_map(own->pairs[i].value) || str_equal(key, spec->jurisdiction))
            continue;
        struct buf path;
        buf_init(&path, 0);
        buf_text(&path, "services." OWN);
        path_print_key(&path, key, false);
        const struct finding one = {
            .severity = DIAG_WARNING,
            .code = "own.unread",
            .where = own->pairs[i].value->where,
            .key = true,
            .path = buf_keep(&path, mem),
            .advice =
                arena_print(mem, "call it '%s', or change the jurisdiction, or drop it", spec->jurisdiction),
        };
        findings_add(r->f, &one, "nobody reads '%s': the jurisdiction of '%s' is '%s'", path.at, spec->name,
                     spec->jurisdiction);
        buf_done(&path);
    }
}

/* Has one of them said that block for itself? */
static bool is_of_one(const char *jurisdiction, struct spec *const *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(from[i]->jurisdiction, jurisdiction))
            return true;
    return false;
}

void own_check_read(struct findings *f, const struct spec *spec, struct spec *const *from, size_t count,
                    const struct value *services)
{
    const struct value *block = own_block(services, spec->jurisdiction);
    if (!block || count == 0)
        return;
    struct reading r = {.f = f, .spec = spec};
    buf_init(&r.path, 0);
    buf_text(&r.path, "services." OWN);
    path_print_key(&r.path, spec->jurisdiction, false);
    if (is_of_one(spec->jurisdiction, from, count))
        find_inherited(&r, block);
    find_unread(&r, value_get(spec->services, OWN));
    buf_done(&r.path);
}
