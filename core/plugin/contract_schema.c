#include "plugin/contract_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "model/addr.h"
#include "model/schema.h"
#include "model/value_json.h"

#define ATTRS_MAX 1000
#define DEPTH_MAX 16 /* values nest to 32; a schema deeper than half of that refers to itself */

#define END_OF(type, field) (offsetof(struct type, field) + sizeof(((struct type *)0)->field))
#define SCHEMA_1_0          END_OF(lf_schema, attr_size)
#define ATTR_1_0            END_OF(lf_attr, since)
#define FLAGS_1_0           ((LF_ATTR_KEY << 1) - 1)

/* Where in which plugin the walk is. */
struct place {
    struct arena *mem;
    const struct lf_plugin *plugin;
    const char *thing;
    const char *attr; /* "records.ttl", or NULL at the top */
    int depth;
};

/* An attribute is named by its whole path, for nested schemas share names like 'name' and 'size'. */
static bool bad(const struct place *at, struct err *err, const char *what)
{
    const struct lf_plugin *p = at->plugin;
    if (at->attr)
        err_set(err, "plugin.bad_descriptor", "plugin %s-%s: %s: attribute '%s' %s", p->subsystem, p->name,
                at->thing, at->attr, what);
    else
        err_set(err, "plugin.bad_descriptor", "plugin %s-%s: %s %s", p->subsystem, p->name, at->thing, what);
    return err_advise(err, "report it to whoever wrote the plugin");
}

static bool compile(const struct place *at, const struct lf_schema *from, const struct schema **out,
                    struct err *err);

/* UNKNOWN is a state of a value, never a promise of a schema; NULL would be an attribute that holds nothing.
 */
static bool kind_is_known(uint32_t kind)
{
    return kind >= LF_KIND_BOOL && kind <= LF_KIND_ANY && kind != LF_KIND_UNKNOWN;
}

/* Only the top of a type is shared with the core's own words; deeper maps and settings are the plugin's. */
static bool check_name(const struct place *at, const char *name, struct err *err)
{
    if (!name || !addr_name_is_valid(name))
        return bad(at, err, "has no valid name ([a-z0-9][a-z0-9_-]*)");
    bool of_type = at->depth == 0 && str_starts(at->thing, "type ");
    if (of_type && (str_equal(name, "step") || str_equal(name, "id")))
        return bad(at, err, "has a name the core keeps for itself");
    return true;
}

/* Contradictions that would otherwise show as odd plans: each is a slip somebody has made in some contract.
 */
static bool check_shape(const struct place *at, const struct lf_attr *a, struct err *err)
{
    if (!kind_is_known(a->kind))
        return bad(at, err, "is of an unknown kind");
    if (a->of_kind && !kind_is_known(a->of_kind))
        return bad(at, err, "has elements of an unknown kind");
    if (a->of && a->kind != LF_KIND_MAP && a->kind != LF_KIND_LIST)
        return bad(at, err, "describes elements, but is neither a list nor a map");
    /* A newer plugin may know flags that only ask for more service. */
    if ((a->flags & ~FLAGS_1_0) && at->plugin->abi_minor <= LF_ABI_MINOR)
        return bad(at, err, "has flags this version does not know");
    if ((a->flags & LF_ATTR_UNORDERED) && a->kind != LF_KIND_LIST)
        return bad(at, err, "is UNORDERED, but no list");
    if (!a->doc || !a->doc[0])
        return bad(at, err, "has no doc");
    return true;
}

/* As schema_check sees it: an integer stands for a real. */
static bool fits(const struct value *v, uint32_t kind)
{
    enum value_kind is = value_kind(v);
    return kind == LF_KIND_ANY || (uint32_t)is == kind || (kind == LF_KIND_REAL && is == VALUE_INT);
}

/* Parsed here once, so that a typo in a default fails at load and not in the first plan that leaves it out.
 */
static bool take_fallback(const struct place *at, const struct lf_attr *a, const struct value **out,
                          struct err *err)
{
    const struct value *v = NULL;
    if (!a->fallback)
        return true;
    if (!value_json_parse(at->mem, a->fallback, strlen(a->fallback), &v, err)) {
        char why[200];
        snprintf(why, sizeof(why), "has a fallback that is not JSON: %.150s", err->summary);
        return bad(at, err, why);
    }
    if (!fits(v, a->kind))
        return bad(at, err, "has a fallback of another kind");
    bool widen = a->kind == LF_KIND_REAL && value_kind(v) == VALUE_INT;
    *out = widen ? value_real(at->mem, (double)v->number) : v;
    return true;
}

static bool take_attr(const struct place *at, const struct lf_attr *a, struct schema_attr *out,
                      struct err *err)
{
    if (!check_name(at, a->name, err) || !check_shape(at, a, err))
        return false;
    *out = (struct schema_attr){
        .name = a->name,
        .kind = (enum value_kind)a->kind,
        .flags = a->flags & FLAGS_1_0,
        .doc = a->doc,
        .of_kind = a->of_kind ? (enum value_kind)a->of_kind : VALUE_ANY,
        .since = a->since ? a->since : 1,
    };
    if (!take_fallback(at, a, &out->fallback, err))
        return false;
    if (!a->of)
        return true;
    struct place inner = *at;
    inner.depth++;
    return compile(&inner, a->of, &out->of, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct schema_attr *)a)->name, ((const struct schema_attr *)b)->name);
}

/* The stride must keep pointers aligned; a smaller one than 1.0's means that attr_size was forgotten. */
static bool check_frame(const struct place *at, const struct lf_schema *from, struct err *err)
{
    if (from->struct_size < SCHEMA_1_0)
        return bad(at, err, "has a schema whose struct_size is not set");
    if (at->depth > DEPTH_MAX)
        return bad(at, err, "has a schema nested too deeply");
    if (from->attr_count > ATTRS_MAX)
        return bad(at, err, "has more than 1000 attributes");
    if (from->attr_count && (!from->attrs || from->attr_size < ATTR_1_0 || from->attr_size % sizeof(void *)))
        return bad(at, err, "has attributes that cannot be read (attrs, attr_size)");
    return true;
}

/* Attributes are copied out by the plugin's own stride: what a newer one appended is skipped, unread. */
static bool compile(const struct place *at, const struct lf_schema *from, const struct schema **out,
                    struct err *err)
{
    if (!check_frame(at, from, err))
        return false;
    struct schema *s = ARENA_NEW(at->mem, struct schema);
    struct schema_attr *attrs = ARENA_ARRAY(at->mem, struct schema_attr, from->attr_count);
    s->version = from->version;
    s->attrs = attrs;
    s->count = from->attr_count;
    for (size_t i = 0; i < s->count; i++) {
        struct lf_attr a;
        memcpy(&a, (const char *)from->attrs + i * from->attr_size, sizeof(a));
        struct place here = *at;
        const char *name = a.name ? a.name : "?";
        here.attr = at->attr ? arena_print(at->mem, "%s.%s", at->attr, name) : name;
        if (!take_attr(&here, &a, &attrs[i], err))
            return false;
    }
    /* Sorted for schema_find, which also puts equal names side by side. */
    qsort(attrs, s->count, sizeof(attrs[0]), by_name);
    for (size_t i = 1; i < s->count; i++) {
        struct place here = *at;
        here.attr = attrs[i].name;
        if (str_equal(attrs[i - 1].name, attrs[i].name))
            return bad(&here, err, "is declared twice");
    }
    *out = s;
    return true;
}

bool contract_schema_compile(struct arena *mem, const struct lf_plugin *plugin, const char *thing,
                             const struct lf_schema *from, const struct schema **out, struct err *err)
{
    struct place top = {.mem = mem, .plugin = plugin, .thing = thing};
    return compile(&top, from, out, err);
}
