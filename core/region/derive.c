#include "region/derive.h"

#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/origins.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/nearest.h"
#include "region/own.h"
#include "region/rules.h"
#include "region/spec.h"

/* What the rules say of one copied value, found by its origin.  One table look-up per value keeps any number
 * of rules linear in the size of the copy. */
struct mark {
    uint32_t rule; /* shrink rule that claimed it, from 1; 0: none */
    bool absent;
    const struct value *becomes; /* NULL: stays */
};

struct derive {
    struct findings *f;
    const struct spec *spec;
    const struct value *root; /* { services: the copied ones } */
    struct mark *marks;
    size_t mark_count;
    struct origin from; /* the place of `from:` */
    struct buf path;    /* of the value being copied */
    const struct value *own;
    const struct value *theirs; /* what the other says for itself under another jurisdiction, or NULL */
    bool warn;
};

/* One application of one rule. */
struct shrinking {
    struct derive *d;
    struct rules_shrink *rule;
    uint32_t number; /* of the rule, from 1 */
    bool quarrels;   /* reported once per rule */
};

/* The value with an origin of its own, which remembers the value for provenance. */
static const struct value *stamp(struct derive *d, const struct value *v, struct origin origin)
{
    uint32_t where = origins_add(d->f->origins, origin);
    const struct value *out = value_at_origin(d->f->mem, v, where);
    origins_set_value(d->f->origins, where, out);
    return out;
}

/* Values made since the table was sized, and the empty map of a region without services, share entry 0, which
 * no rule can mark: rules name something below `services`. */
static struct mark *mark_of(struct derive *d, const struct value *v)
{
    return &d->marks[v->where < d->mark_count ? v->where : 0];
}

static size_t child_count(const struct value *v)
{
    return value_kind(v) == VALUE_MAP || value_kind(v) == VALUE_LIST ? v->count : 0;
}

static const struct value *child(const struct value *v, size_t i)
{
    return v->kind == VALUE_MAP ? v->pairs[i].value : v->items[i];
}

static const struct value *under_services(struct arena *mem, const struct value *services)
{
    struct pair pair = {"services", services};
    return value_map(mem, &pair, services != NULL ? 1 : 0);
}

static void mark_absent(struct derive *d, const struct value *v)
{
    mark_of(d, v)->absent = true;
    for (size_t i = 0; i < child_count(v); i++)
        mark_absent(d, child(v, i));
}

/* Declaring what is absent is a contradiction in one file; which of the two is meant is not for us to say. */
static void apply_absent(struct derive *d, const struct rules_absent *rule)
{
    struct findings *f = d->f;
    const struct value *there = path_get(d->root, &rule->path);
    const struct value *own = path_get(d->own, &rule->path);
    if (own != NULL)
        findings_error_key(f, "region.override_absent", own,
                           "remove it here, or remove the entry of 'absent'",
                           "'%s' is declared here and absent on purpose (line %u)", rule->what,
                           origins_get(f->origins, rule->at->where)->line);
    if (there == NULL)
        findings_error(f, "region.absent_missing", rule->at, nearest_advice(f->mem, d->root, &rule->path),
                       "'%s' is not in the copy of '%s'", rule->what, d->spec->from);
    else if (mark_of(d, there)->absent)
        findings_error(f, "region.absent_twice", rule->at, "remove one of the two",
                       "'%s' is left out already", rule->what);
    else
        mark_absent(d, there);
}

/* Claims the value and all below it; the first other rule that was there, or NULL. */
static const struct rules_shrink *claim(struct shrinking *s, const struct value *v)
{
    struct mark *mark = mark_of(s->d, v);
    const struct rules_shrink *other = mark->rule != 0 ? &s->d->spec->shrinks[mark->rule - 1] : NULL;
    if (other != NULL && other != s->rule && !value_equal(other->to, s->rule->to))
        return other;
    if (mark->rule == 0)
        mark->rule = s->number;
    for (size_t i = 0; i < child_count(v); i++) {
        other = claim(s, child(v, i));
        if (other != NULL)
            return other;
    }
    return NULL;
}

/* NULL when the rule cannot be applied; that is a finding. */
static const struct value *shrunk(struct shrinking *s, const char *path, const struct value *v)
{
    const struct rules_shrink *rule = s->rule;
    int64_t n;
    if (rule->literal != NULL)
        return rule->literal;
    if (value_kind(v) != VALUE_INT) {
        findings_error(
            s->d->f, "region.shrink_kind", rule->at, "give a value instead, or match integers only",
            "'%s' is %s, and only an integer can be computed", path, value_kind_name(value_kind(v)));
        return NULL;
    }
    if (!decimal_times_up(rule->times, v->number, &n)) {
        findings_error(s->d->f, "region.shrink_range", rule->at, "give a value instead",
                       "'%s' times that factor does not fit an integer", path);
        return NULL;
    }
    n = n < rule->at_least ? rule->at_least : n;
    n = n > rule->at_most ? rule->at_most : n;
    return value_int(s->d->f->mem, n);
}

/* Matched against what is copied, so secrets and what is absent do not count: a rule for them alone would
 * never do anything. */
static bool shrink_one(void *user, const char *path, const struct path *concrete, const struct value *v)
{
    struct shrinking *s = user;
    struct mark *mark = mark_of(s->d, v);
    (void)concrete;
    if (mark->absent || value_kind(v) == VALUE_SECRET)
        return true;
    s->rule->matches++;
    const struct rules_shrink *other = claim(s, v);
    if (other != NULL && !s->quarrels) {
        s->quarrels = true;
        findings_error(s->d->f, "region.shrink_twice", s->rule->at,
                       "let each value be matched by one rule, or give both the same 'to'",
                       "'%s' is matched by '%s' and by '%s' (line %u)", path, s->rule->match, other->match,
                       origins_get(s->d->f->origins, other->at->where)->line);
    }
    if (other != NULL || mark->becomes != NULL)
        return true;
    const struct value *becomes = shrunk(s, path, v);
    if (becomes != NULL && !value_equal(becomes, v)) {
        mark->becomes = becomes;
        s->rule->hits++;
    }
    return true;
}

static void apply_shrink(struct derive *d, uint32_t number)
{
    struct rules_shrink *rule = &d->spec->shrinks[number - 1];
    struct shrinking s = {d, rule, number, false};
    path_each(d->root, &rule->path, shrink_one, &s);
    if (rule->matches == 0)
        findings_error(d->f, "region.shrink_nothing", rule->at,
                       nearest_advice(d->f->mem, d->root, &rule->path),
                       "'%s' matches nothing in the copy of '%s'", rule->match, d->spec->from);
}

/* The rule's literal with origins of its own for every part, since one literal may land in many places. */
static const struct value *plant(struct derive *d, const struct value *v, uint32_t from,
                                 const struct rules_shrink *rule)
{
    struct origin origin = *origins_get(d->f->origins, v->where);
    size_t count = child_count(v);
    if (v->kind == VALUE_MAP) {
        struct pair *pairs = ARENA_ARRAY(d->f->mem, struct pair, count);
        for (size_t i = 0; i < count; i++)
            pairs[i] = (struct pair){v->pairs[i].key, plant(d, v->pairs[i].value, 0, rule)};
        v = value_map(d->f->mem, pairs, count);
    } else if (v->kind == VALUE_LIST) {
        const struct value **items = ARENA_ARRAY(d->f->mem, const struct value *, count);
        for (size_t i = 0; i < count; i++)
            items[i] = plant(d, v->items[i], 0, rule);
        v = value_list(d->f->mem, items, count);
    }
    origin.kind = ORIGIN_SHRUNK;
    origin.from = from;
    origin.rule = rule->match;
    origin.why = rule->why;
    return stamp(d, v, origin);
}

/* A copy's place is the `from:` that asked for it; `from` leads on to the text. */
static const struct value *copied_at(struct derive *d, const struct value *content, uint32_t from)
{
    struct origin origin = d->from;
    origin.from = from;
    return stamp(d, content, origin);
}

/* Two origins, so that the story has both steps: what was copied, and what the rule made of it.  A computed
 * value has no text of its own and stands where its rule does. */
static const struct value *shrink_copy(struct derive *d, const struct value *v, const struct mark *mark)
{
    const struct rules_shrink *rule = &d->spec->shrinks[mark->rule - 1];
    uint32_t copied = copied_at(d, v, v->where)->where;
    if (mark->becomes->where != 0)
        return plant(d, mark->becomes, copied, rule);
    struct origin origin = *origins_get(d->f->origins, rule->at->where);
    origin.kind = ORIGIN_SHRUNK;
    origin.from = copied;
    origin.rule = rule->match;
    origin.why = rule->why;
    return stamp(d, mark->becomes, origin);
}

/* Silent where the region declares its own: then nothing is missing. */
static void left_out_secret(struct derive *d, const struct value *v)
{
    if (!d->warn || path_get_text(d->f->mem, d->own, d->path.at) != NULL)
        return;
    struct finding one = {
        .severity = DIAG_WARNING,
        .code = "region.secret_not_copied",
        .where = origins_text_of(d->f->origins, v->where),
        .path = buf_keep(&d->path, d->f->mem),
        .advice = arena_print(d->f->mem, "declare its own in %s", d->spec->file),
    };
    findings_add(d->f, &one, "the secret '%s' of '%s' is not copied", d->path.at, d->spec->from);
}

static const struct value *copy(struct derive *d, const struct value *v);

static const struct value *copy_map(struct derive *d, const struct value *v)
{
    struct pair *pairs = ARENA_ARRAY(d->f->mem, struct pair, v->count);
    size_t kept = 0, length = d->path.count;
    for (size_t i = 0; i < v->count; i++) {
        path_print_key(&d->path, v->pairs[i].key, false);
        const struct value *one = copy(d, v->pairs[i].value);
        d->path.count = length;
        d->path.at[length] = '\0';
        if (one != NULL)
            pairs[kept++] = (struct pair){v->pairs[i].key, one};
    }
    return value_map(d->f->mem, pairs, kept);
}

static const struct value *copy_list(struct derive *d, const struct value *v)
{
    const struct value **items = ARENA_ARRAY(d->f->mem, const struct value *, v->count);
    size_t kept = 0, length = d->path.count;
    for (size_t i = 0; i < v->count; i++) {
        path_print_index(&d->path, i);
        const struct value *one = copy(d, v->items[i]);
        d->path.count = length;
        d->path.at[length] = '\0';
        if (one != NULL)
            items[kept++] = one;
    }
    return value_list(d->f->mem, items, kept);
}

/* Nobody reads the other's own block here, so that its secrets are missing to nobody. */
static const struct value *copy_theirs(struct derive *d, const struct value *v)
{
    bool warn = d->warn;
    d->warn = false;
    const struct value *copied = copy_map(d, v);
    d->warn = warn;
    return copied_at(d, copied, v->where);
}

/* NULL: not copied.  Depth is bounded by that of the files. */
static const struct value *copy(struct derive *d, const struct value *v)
{
    const struct mark *mark = mark_of(d, v);
    if (mark->absent)
        return NULL;
    if (v->kind == VALUE_SECRET) {
        left_out_secret(d, v);
        return NULL;
    }
    if (mark->becomes != NULL)
        return shrink_copy(d, v, mark);
    if (v == d->theirs)
        return copy_theirs(d, v);
    if (v->kind == VALUE_MAP)
        return copied_at(d, copy_map(d, v), v->where);
    if (v->kind == VALUE_LIST)
        return copied_at(d, copy_list(d, v), v->where);
    return copied_at(d, v, v->where);
}

/* Maps merge, everything else of the region's own replaces the copy. */
static const struct value *merge(struct derive *d, const struct value *base, const struct value *own)
{
    struct origin origin = *origins_get(d->f->origins, own->where);
    origin.kind = ORIGIN_OVERRIDDEN;
    origin.from = base->where;
    if (base->kind != VALUE_MAP || own->kind != VALUE_MAP)
        return stamp(d, own, origin);
    struct pair *pairs = ARENA_ARRAY(d->f->mem, struct pair, base->count + own->count);
    size_t count = 0;
    for (size_t i = 0, j = 0; i < base->count || j < own->count;) {
        int order = i == base->count  ? 1
                    : j == own->count ? -1
                                      : strcmp(base->pairs[i].key, own->pairs[j].key);
        if (order < 0) {
            pairs[count++] = base->pairs[i++];
        } else if (order > 0) {
            pairs[count++] = own->pairs[j++];
        } else {
            const struct value *both = merge(d, base->pairs[i++].value, own->pairs[j].value);
            pairs[count++] = (struct pair){own->pairs[j++].key, both};
        }
    }
    return stamp(d, value_map(d->f->mem, pairs, count), origin);
}

/* Absences first, so that the rules see the copy as it will be; then one walk makes it. */
const struct value *derive_services(struct findings *f, const struct spec *spec, const struct spec *parent,
                                    const struct value *copied, bool warn)
{
    if (parent == NULL)
        return spec->services != NULL ? spec->services : value_map(f->mem, NULL, 0);
    struct derive d = {
        .f = f,
        .spec = spec,
        .root = under_services(f->mem, copied),
        .mark_count = f->origins->count,
        .from = *origins_get(f->origins, value_get(spec->root, "from")->where),
        .own = under_services(f->mem, spec->services),
        .warn = warn,
    };
    if (!str_equal(spec->jurisdiction, parent->jurisdiction))
        d.theirs = own_block(copied, parent->jurisdiction);
    d.marks = ARENA_ARRAY(f->mem, struct mark, d.mark_count);
    d.from.kind = ORIGIN_COPIED;
    for (size_t i = 0; i < spec->absent_count; i++)
        apply_absent(&d, &spec->absents[i]);
    for (size_t i = 0; i < spec->shrink_count; i++)
        apply_shrink(&d, (uint32_t)i + 1);
    buf_init(&d.path, 0);
    buf_text(&d.path, "services");
    const struct value *services = copy(&d, copied);
    buf_done(&d.path);
    return spec->services != NULL ? merge(&d, services, spec->services) : services;
}
