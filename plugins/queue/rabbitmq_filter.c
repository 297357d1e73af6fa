#include "rabbitmq_filter.h"
#include "rabbitmq.h"

#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* A headers exchange does not look at what begins like this. */
static bool is_hidden(const char *name)
{
    return strncmp(name, "x-", 2) == 0;
}

static bool is_scalar(const struct kit *kit, const struct lf_value *value)
{
    uint32_t kind = value ? kit->values->kind(value) : LF_KIND_NULL;
    return kind == LF_KIND_TEXT || kind == LF_KIND_INT || kind == LF_KIND_BOOL || kind == LF_KIND_UNKNOWN;
}

static size_t choices(const struct kit *kit, const struct lf_value *value)
{
    return kit->values->kind(value) == LF_KIND_LIST ? kit->values->count(value) : 1;
}

static const struct lf_value *choice(const struct kit *kit, const struct lf_value *value, size_t i)
{
    return kit->values->kind(value) == LF_KIND_LIST ? kit->values->at(value, i, NULL) : value;
}

static const char *fault_of(const struct kit *kit, const char *name, const struct lf_value *value)
{
    if (!name || !*name || strspn(name, NAME_CHARS) != strlen(name))
        return "a name has letters, digits, '_', '.' and '-'";
    if (is_hidden(name))
        return "RabbitMQ does not look at attributes whose names begin with 'x-'";
    size_t count = value ? choices(kit, value) : 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_scalar(kit, choice(kit, value, i)))
            return "a value is a text, an integer or a boolean, or a list of those";
    }
    return count == 0 ? "a list without values lets nothing through" : NULL;
}

const char *rabbit_filter_fault(const struct kit *kit, struct lf_op *op, const struct lf_value *filter,
                                const char **path)
{
    size_t count = filter && kit->values->kind(filter) == LF_KIND_MAP ? kit->values->count(filter) : 0;
    size_t bindings = 1;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(filter, i, &name);
        const char *fault = fault_of(kit, name, value);
        *path = kit_format(kit, op, "filter.\"%.80s\"", name ? name : "");
        if (fault)
            return fault;
        bindings *= choices(kit, value);
        if (bindings > RABBIT_FILTER_MOST)
            return kit_format(kit, op, "each combination of values is a binding, and these are more than %d",
                              RABBIT_FILTER_MOST);
    }
    return NULL;
}

const struct lf_value *rabbit_filter_spread(const struct kit *kit, struct lf_op *op,
                                            const struct lf_value *filter)
{
    const struct lf_value *made[RABBIT_FILTER_MOST];
    size_t count = filter && kit->values->kind(filter) == LF_KIND_MAP ? kit->values->count(filter) : 0;
    size_t bindings = 1;
    made[0] = kit_map(kit, op);
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(filter, i, &name);
        size_t options = choices(kit, value), before = bindings;
        if (before * options > RABBIT_FILTER_MOST)
            break; /* refused before anything is made of it */
        bindings = before * options;
        for (size_t b = bindings; b-- > 0;)
            made[b] = kit_put(kit, op, made[b / options], rabbit_key(kit, op, name),
                              choice(kit, value, b % options));
    }
    return kit->values->of_list(op, made, bindings);
}

/* Arguments without those that are not looked at. */
static const struct lf_value *visible(const struct kit *kit, struct lf_op *op,
                                      const struct lf_value *arguments)
{
    const struct lf_value *out = kit_map(kit, op);
    size_t count = arguments ? kit->values->count(arguments) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(arguments, i, &name);
        if (name && !is_hidden(name) && !strchr(name, '"'))
            out = kit_put(kit, op, out, rabbit_key(kit, op, name), value);
    }
    return out;
}

static bool is_among(const struct kit *kit, const struct lf_value *const *values, size_t count,
                     const struct lf_value *value)
{
    for (size_t i = 0; i < count; i++) {
        if (kit_is_same(kit, values[i], value))
            return true;
    }
    return false;
}

/* Bindings that no spelling explains: each attribute with all the values it has in any of them. */
static const struct lf_value *describe(const struct kit *kit, struct lf_op *op,
                                       const struct lf_value *const *maps, size_t count)
{
    const struct lf_value *out = maps[0];
    size_t names = kit->values->count(maps[0]);
    const struct lf_value **values = kit->ops->scratch(op, count * sizeof(*values));
    for (size_t n = 0; n < names && count > 1; n++) {
        const char *name = NULL;
        size_t different = 0;
        (void)kit->values->at(maps[0], n, &name);
        for (size_t i = 0; i < count; i++) {
            const struct lf_value *value = kit->values->get(maps[i], rabbit_key(kit, op, name));
            if (value && !is_among(kit, values, different, value))
                values[different++] = value;
        }
        out = kit_put(kit, op, out, rabbit_key(kit, op, name), kit->values->of_list(op, values, different));
    }
    return out;
}

const struct lf_value *rabbit_filter_gather(const struct kit *kit, struct lf_op *op,
                                            const struct lf_value *const *arguments, size_t count)
{
    const char *text = count > 0 ? kit_get_text(kit, arguments[0], RABBIT_FILTER) : NULL;
    const struct lf_value *spelled = text ? kit->values->from_json(op, text, strlen(text)) : NULL;
    const struct lf_value **maps = kit->ops->scratch(op, (count + 1) * sizeof(*maps));
    const char *path = NULL;
    for (size_t i = 0; i < count; i++)
        maps[i] = visible(kit, op, arguments[i]);
    if (spelled && !rabbit_filter_fault(kit, op, spelled, &path) &&
        kit_is_same_set(kit, rabbit_filter_spread(kit, op, spelled), kit->values->of_list(op, maps, count)))
        return spelled;
    const struct lf_value *out = count > 0 ? describe(kit, op, maps, count) : NULL;
    return out && kit->values->count(out) > 0 ? out : NULL;
}

bool rabbit_filter_passes(const struct kit *kit, const struct lf_value *arguments,
                          const struct lf_value *attributes)
{
    size_t wanted = arguments ? kit->values->count(arguments) : 0;
    size_t given = attributes ? kit->values->count(attributes) : 0;
    for (size_t i = 0; i < wanted; i++) {
        const char *name = NULL, *found = NULL;
        const struct lf_value *value = kit->values->at(arguments, i, &name), *has = NULL;
        for (size_t g = 0; name && !is_hidden(name) && g < given && !has; g++) {
            const struct lf_value *one = kit->values->at(attributes, g, &found);
            has = found && strcmp(found, name) == 0 ? one : NULL;
        }
        if (name && !is_hidden(name) && !(has && kit_is_same(kit, has, value)))
            return false;
    }
    return true;
}
