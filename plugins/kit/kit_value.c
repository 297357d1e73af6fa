/* Reading, comparing and making values. */
#include "kit.h"

#include <string.h>

const struct lf_value *kit_get(const struct kit *kit, const struct lf_value *map, const char *path)
{
    return map ? kit->values->get(map, path) : NULL;
}

const char *kit_get_text(const struct kit *kit, const struct lf_value *map, const char *path)
{
    const struct lf_value *value = kit_get(kit, map, path);
    return value ? kit->values->as_text(value, NULL) : NULL;
}

int64_t kit_get_int(const struct kit *kit, const struct lf_value *map, const char *path, int64_t otherwise)
{
    const struct lf_value *value = kit_get(kit, map, path);
    return value ? kit->values->as_int(value, otherwise) : otherwise;
}

bool kit_get_bool(const struct kit *kit, const struct lf_value *map, const char *path, bool otherwise)
{
    const struct lf_value *value = kit_get(kit, map, path);
    return value ? kit->values->as_bool(value, otherwise) != 0 : otherwise;
}

bool kit_has(const struct kit *kit, const struct lf_value *map, const char *path)
{
    const struct lf_value *value = kit_get(kit, map, path);
    uint32_t kind = value ? kit->values->kind(value) : LF_KIND_NULL;
    return kind != LF_KIND_NULL && kind != LF_KIND_UNKNOWN;
}

bool kit_is_known(const struct kit *kit, const struct lf_value *value)
{
    uint32_t kind = value ? kit->values->kind(value) : LF_KIND_NULL;
    if (kind == LF_KIND_UNKNOWN)
        return false;
    if (kind != LF_KIND_LIST && kind != LF_KIND_MAP)
        return true;
    size_t count = kit->values->count(value);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        if (!kit_is_known(kit, kit->values->at(value, i, &key)))
            return false;
    }
    return true;
}

static const struct lf_value *entry(const struct kit *kit, const struct lf_value *map, const char *name)
{
    size_t count = kit->values->count(map);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(map, i, &key);
        if (key && strcmp(key, name) == 0)
            return value;
    }
    return NULL;
}

static bool same_map(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    size_t count = kit->values->count(a);
    if (count != kit->values->count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *mine = kit->values->at(a, i, &key);
        const struct lf_value *theirs = entry(kit, b, key);
        if (!theirs || !kit_is_same(kit, mine, theirs))
            return false;
    }
    return true;
}

static bool same_list(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    size_t count = kit->values->count(a);
    if (count != kit->values->count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        if (!kit_is_same(kit, kit->values->at(a, i, &key), kit->values->at(b, i, &key)))
            return false;
    }
    return true;
}

static bool same_text(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    size_t a_len = 0;
    size_t b_len = 0;
    const char *a_text = kit->values->as_text(a, &a_len);
    const char *b_text = kit->values->as_text(b, &b_len);
    return a_text && b_text && a_len == b_len && memcmp(a_text, b_text, a_len) == 0;
}

bool kit_is_same(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    if (a == b)
        return true;
    uint32_t kind = a ? kit->values->kind(a) : LF_KIND_NULL;
    if (kind != (b ? kit->values->kind(b) : LF_KIND_NULL))
        return false;
    switch (kind) {
    case LF_KIND_NULL:
        return true;
    case LF_KIND_BOOL:
        return kit->values->as_bool(a, 0) == kit->values->as_bool(b, 0);
    case LF_KIND_INT:
        return kit->values->as_int(a, 0) == kit->values->as_int(b, 0);
    case LF_KIND_REAL: {
        double x = kit->values->as_real(a, 0);
        double y = kit->values->as_real(b, 0);
        return !(x < y) && !(x > y);
    }
    case LF_KIND_TEXT:
        return same_text(kit, a, b);
    case LF_KIND_LIST:
        return same_list(kit, a, b);
    case LF_KIND_MAP:
        return same_map(kit, a, b);
    case LF_KIND_SECRET:
        /* Only the core knows whether two handles hide the same bytes. */
        return LF_HAS(struct lf_values, kit->values, same) && kit->values->same(a, b);
    default:
        /* Two unknowns may turn out different. */
        return false;
    }
}

/* How many elements of `list` equal `value`. */
static size_t occurrences(const struct kit *kit, const struct lf_value *list, const struct lf_value *value)
{
    size_t found = 0;
    size_t count = kit->values->count(list);
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        if (kit_is_same(kit, kit->values->at(list, i, &key), value))
            found++;
    }
    return found;
}

bool kit_is_same_set(const struct kit *kit, const struct lf_value *a, const struct lf_value *b)
{
    uint32_t kind = a ? kit->values->kind(a) : LF_KIND_NULL;
    if (kind != LF_KIND_LIST || !b || kit->values->kind(b) != LF_KIND_LIST)
        return kit_is_same(kit, a, b);
    size_t count = kit->values->count(a);
    if (count != kit->values->count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(a, i, &key);
        if (occurrences(kit, a, value) != occurrences(kit, b, value))
            return false;
    }
    return true;
}

const struct lf_value *kit_map(const struct kit *kit, struct lf_op *op)
{
    return kit->values->from_json(op, "{}", 2);
}

const struct lf_value *kit_put(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                               const char *key, const struct lf_value *value)
{
    return kit->values->with(op, map, key, value);
}

const struct lf_value *kit_put_text(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                    const char *key, const char *text)
{
    if (!text)
        return map;
    return kit_put(kit, op, map, key, kit->values->of_text(op, text, strlen(text)));
}

const struct lf_value *kit_put_int(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                   const char *key, int64_t n)
{
    return kit_put(kit, op, map, key, kit->values->of_int(op, n));
}

const struct lf_value *kit_put_bool(const struct kit *kit, struct lf_op *op, const struct lf_value *map,
                                    const char *key, bool b)
{
    return kit_put(kit, op, map, key, kit->values->of_bool(op, b));
}
