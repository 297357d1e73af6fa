#include "http_shape.h"

#include <string.h>

static uint32_t kind_of(const struct kit *kit, const struct lf_value *value)
{
    return value ? kit->values->kind(value) : LF_KIND_NULL;
}

static bool is_number(uint32_t kind)
{
    return kind == LF_KIND_INT || kind == LF_KIND_REAL;
}

/* By name and not by path: names of a service may hold dots. */
static const struct lf_value *member(const struct kit *kit, const struct lf_value *map, const char *name)
{
    size_t count = kind_of(kit, map) == LF_KIND_MAP ? kit->values->count(map) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(map, i, &key);
        if (strcmp(key, name) == 0)
            return value;
    }
    return NULL;
}

const char *http_shape_text(const struct kit *kit, struct lf_op *op, const struct lf_value *value)
{
    if (kind_of(kit, value) == LF_KIND_INT)
        return kit_format(kit, op, "%lld", (long long)kit->values->as_int(value, 0));
    const char *text = value ? kit->values->as_text(value, NULL) : NULL;
    return text && text[0] ? text : NULL;
}

const struct lf_value *http_shape_part(const struct kit *kit, const struct lf_value *whole, const char *path)
{
    return path && path[0] ? kit_get(kit, whole, path) : whole;
}

/* ---- comparing ------------------------------------------------------------------------------------------
 */

static bool same_members(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    size_t count = kit->values->count(a);
    if (count != kit->values->count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL, *ignored = NULL;
        const struct lf_value *mine = kit->values->at(a, i, &key);
        const struct lf_value *theirs = key ? member(kit, b, key) : kit->values->at(b, i, &ignored);
        if (!theirs || !http_shape_same(kit, mine, theirs))
            return false;
    }
    return true;
}

bool http_shape_same(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    uint32_t kind = kind_of(kit, a);
    if (is_number(kind) && is_number(kind_of(kit, b)) && kind != kind_of(kit, b)) {
        double x = kit->values->as_real(a, 0), y = kit->values->as_real(b, 0);
        return !(x < y) && !(x > y);
    }
    if (kind != kind_of(kit, b))
        return false;
    return kind == LF_KIND_MAP || kind == LF_KIND_LIST ? same_members(kit, a, b) : kit_is_same(kit, a, b);
}

/* ---- projecting -----------------------------------------------------------------------------------------
 */

static const struct lf_value *project(const struct kit *kit, struct lf_op *op,
                                      const struct lf_value *declared, const struct lf_value *seen);

/* Keys may hold dots, so each is handed to `with` in quotes. */
static const struct lf_value *put(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                  const char *key, const struct lf_value *value)
{
    struct kit_text path = {0};
    kit_text_add(kit, op, &path, "\"", 1);
    for (const char *at = key; *at; at++) {
        if (*at == '"' || *at == '\\')
            kit_text_add(kit, op, &path, "\\", 1);
        kit_text_add(kit, op, &path, at, 1);
    }
    kit_text_add(kit, op, &path, "\"", 1);
    return kit->values->with(op, map, path.bytes, value);
}

static const struct lf_value *project_map(const struct kit *kit, struct lf_op *op,
                                          const struct lf_value *declared, const struct lf_value *seen)
{
    const struct lf_value *out = kit_map(kit, op);
    size_t count = kit->values->count(declared);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *want = kit->values->at(declared, i, &key), *have = member(kit, seen, key);
        /* A member that is declared as null and not there is as declared. */
        if (have || kind_of(kit, want) == LF_KIND_NULL)
            out = put(kit, op, out, key, have ? project(kit, op, want, have) : want);
    }
    return out;
}

static const struct lf_value *project_list(const struct kit *kit, struct lf_op *op,
                                           const struct lf_value *declared, const struct lf_value *seen)
{
    size_t count = kit->values->count(declared);
    const struct lf_value **items = kit->ops->scratch(op, (count + 1) * sizeof(const struct lf_value *));
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        items[i] = project(kit, op, kit->values->at(declared, i, &key), kit->values->at(seen, i, &key));
    }
    return kit->values->of_list(op, items, count);
}

/* Services add members of their own; only those that are declared are looked at. */
static const struct lf_value *project(const struct kit *kit, struct lf_op *op,
                                      const struct lf_value *declared, const struct lf_value *seen)
{
    uint32_t kind = kind_of(kit, declared);
    if (kind != kind_of(kit, seen))
        return http_shape_same(kit, declared, seen) ? declared : seen;
    if (kind == LF_KIND_MAP)
        return project_map(kit, op, declared, seen);
    if (kind == LF_KIND_LIST && kit->values->count(declared) == kit->values->count(seen))
        return project_list(kit, op, declared, seen);
    return seen;
}

/* ---- the state ------------------------------------------------------------------------------------------
 */

static const struct lf_value *outputs_of(const struct kit *kit, struct lf_op *op, const struct lf_value *step,
                                         const struct lf_value *object)
{
    const struct lf_value *wanted = kit_get(kit, step, "outputs_at"), *outputs = kit_map(kit, op);
    size_t count = kind_of(kit, wanted) == LF_KIND_MAP ? kit->values->count(wanted) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const char *path = kit->values->as_text(kit->values->at(wanted, i, &name), NULL);
        const struct lf_value *value = path ? kit_get(kit, object, path) : NULL;
        outputs = put(kit, op, outputs, name, value ? value : kit->values->of_null(op));
    }
    return outputs;
}

const struct lf_value *http_shape_state(const struct kit *kit, struct lf_op *op, const struct lf_value *step,
                                        const struct lf_value *object)
{
    const struct lf_value *declared = kit_get(kit, step, "body");
    const struct lf_value *body = project(kit, op, declared, object);
    const struct lf_value *hidden = kit_get(kit, step, "write_only");
    size_t count = kind_of(kit, hidden) == LF_KIND_LIST ? kit->values->count(hidden) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const char *path = kit->values->as_text(kit->values->at(hidden, i, &key), NULL);
        const struct lf_value *was = path ? kit_get(kit, declared, path) : NULL;
        if (was)
            body = kit->values->with(op, body, path, was);
    }
    return kit_put(kit, op, kit_put(kit, op, step, "body", body), "outputs",
                   outputs_of(kit, op, step, object));
}

const char *http_shape_marker(const struct kit *kit, const struct lf_value *step,
                              const struct lf_value *object)
{
    const char *path = kit_get_text(kit, step, "marker");
    const char *marker = path ? kit_get_text(kit, object, path) : NULL;
    return marker && marker[0] ? marker : NULL;
}

/* ---- the body -------------------------------------------------------------------------------------------
 */

const struct lf_value *http_shape_body(const struct kit *kit, struct lf_op *op, const struct lf_value *step,
                                       const char *marker)
{
    const struct lf_value *body = kit_get(kit, step, "body"), *secrets = kit_get(kit, step, "secrets");
    const char *path = kit_get_text(kit, step, "marker");
    size_t count = kind_of(kit, secrets) == LF_KIND_MAP ? kit->values->count(secrets) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *at = NULL;
        size_t len = 0;
        const char *bytes = kit->values->reveal(op, kit->values->at(secrets, i, &at), &len);
        if (!bytes)
            return NULL;
        body = kit->values->with(op, body, at, kit->values->of_text(op, bytes, len));
    }
    return path ? kit->values->with(op, body, path, kit->values->of_text(op, marker, strlen(marker))) : body;
}
