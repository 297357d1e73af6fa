/* Filters of the contract as filter policies of SNS: for each attribute the list of its values.  Texts are
 * matched as they are, integers as numbers, and a boolean as the text that `send` makes of it, for SNS has no
 * attributes of that kind. */
#include "sqs.h"

#include <string.h>

/* Published limits of a filter policy. */
#define NAMES_MOST        5
#define COMBINATIONS_MOST 150
#define NUMBER_MOST       1000000000

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static size_t choices(const struct kit *kit, const struct lf_value *value)
{
    return kit->values->kind(value) == LF_KIND_LIST ? kit->values->count(value) : 1;
}

static const struct lf_value *choice(const struct kit *kit, const struct lf_value *value, size_t i)
{
    return kit->values->kind(value) == LF_KIND_LIST ? kit->values->at(value, i, NULL) : value;
}

const char *sqs_key(const struct kit *kit, struct lf_op *op, const char *name)
{
    return kit_format(kit, op, "\"%s\"", name);
}

static const char *fault_of(const struct kit *kit, const char *name, const struct lf_value *value)
{
    if (!name || !*name || strspn(name, NAME_CHARS) != strlen(name))
        return "a name has letters, digits, '_', '.' and '-'";
    size_t count = value ? choices(kit, value) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *one = choice(kit, value, i);
        uint32_t kind = kit->values->kind(one);
        int64_t n = kit->values->as_int(one, 0);
        if (kind != LF_KIND_TEXT && kind != LF_KIND_INT && kind != LF_KIND_BOOL && kind != LF_KIND_UNKNOWN)
            return "a value is a text, an integer or a boolean, or a list of those";
        if (n > NUMBER_MOST || n < -NUMBER_MOST)
            return "SNS compares numbers from -1000000000 to 1000000000";
    }
    return count == 0 ? "a list without values lets nothing through" : NULL;
}

const char *sqs_filter_fault(const struct kit *kit, struct lf_op *op, const struct lf_value *filter,
                             const char **path)
{
    size_t count = filter && kit->values->kind(filter) == LF_KIND_MAP ? kit->values->count(filter) : 0;
    size_t combinations = 1;
    *path = "filter";
    if (count > NAMES_MOST)
        return kit_format(kit, op, "SNS looks at %d attributes at most, and these are %zu", NAMES_MOST,
                          count);
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(filter, i, &name);
        const char *fault = fault_of(kit, name, value);
        *path = kit_format(kit, op, "filter.\"%.80s\"", name ? name : "");
        if (fault)
            return fault;
        combinations *= choices(kit, value);
        if (combinations > COMBINATIONS_MOST)
            return kit_format(kit, op, "SNS takes %d combinations of values, and these are more",
                              COMBINATIONS_MOST);
    }
    return NULL;
}

static const struct lf_value *text_of(const struct kit *kit, struct lf_op *op, const char *text)
{
    return kit->values->of_text(op, text, strlen(text));
}

static const struct lf_value *rule_of(const struct kit *kit, struct lf_op *op, const struct lf_value *value)
{
    uint32_t kind = kit->values->kind(value);
    if (kind == LF_KIND_BOOL)
        return text_of(kit, op, kit->values->as_bool(value, 0) ? "true" : "false");
    if (kind != LF_KIND_INT)
        return value;
    const struct lf_value *both[] = {text_of(kit, op, "="), value};
    return kit_put(kit, op, kit_map(kit, op), "numeric", kit->values->of_list(op, both, 2));
}

const struct lf_value *sqs_filter_policy(const struct kit *kit, struct lf_op *op,
                                         const struct lf_value *filter)
{
    size_t count = filter && kit->values->kind(filter) == LF_KIND_MAP ? kit->values->count(filter) : 0;
    const struct lf_value *out = kit_map(kit, op);
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = kit->values->at(filter, i, &name);
        size_t many = choices(kit, value);
        const struct lf_value **rules = kit->ops->scratch(op, (many + 1) * sizeof(*rules));
        for (size_t r = 0; r < many; r++)
            rules[r] = rule_of(kit, op, choice(kit, value, r));
        out = kit_put(kit, op, out, sqs_key(kit, op, name), kit->values->of_list(op, rules, many));
    }
    return count > 0 ? out : NULL;
}

/* {"numeric": ["=", 5]} is 5; what the contract has no word for stays as it is, and so is seen as drift. */
static const struct lf_value *value_of(const struct kit *kit, const struct lf_value *rule)
{
    const struct lf_value *numeric = kit_get(kit, rule, "numeric");
    bool plain = numeric && kit->values->kind(numeric) == LF_KIND_LIST && kit->values->count(numeric) == 2;
    const char *how = plain ? kit->values->as_text(kit->values->at(numeric, 0, NULL), NULL) : NULL;
    return how && strcmp(how, "=") == 0 ? kit->values->at(numeric, 1, NULL) : rule;
}

const struct lf_value *sqs_filter_read(const struct kit *kit, struct lf_op *op, const char *policy,
                                       const struct lf_value *wish)
{
    const struct lf_value *seen = policy ? kit->values->from_json(op, policy, strlen(policy)) : NULL;
    size_t count = seen && kit->values->kind(seen) == LF_KIND_MAP ? kit->values->count(seen) : 0;
    const struct lf_value *out = kit_map(kit, op), *asked = sqs_filter_policy(kit, op, wish);
    if (count == 0) /* `filter = {}` is a way to say so */
        return wish && kit->values->kind(wish) == LF_KIND_MAP && !asked ? wish : NULL;
    if (asked && kit_is_same(kit, asked, seen))
        return wish;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *rules = kit->values->at(seen, i, &name);
        size_t many = kit->values->kind(rules) == LF_KIND_LIST ? kit->values->count(rules) : 0;
        const struct lf_value **values = kit->ops->scratch(op, (many + 1) * sizeof(*values));
        for (size_t r = 0; r < many; r++)
            values[r] = value_of(kit, kit->values->at(rules, r, NULL));
        const char *key = strchr(name, '"') ? "?" : name;
        out = kit_put(kit, op, out, sqs_key(kit, op, key), kit->values->of_list(op, values, many));
    }
    return out;
}
