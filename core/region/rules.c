#include "region/rules.h"

#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"

static const struct keys_rule shrink_rules[] = {
    {"match", KEYS_TEXT, true},
    {"to", KEYS_ANY, true},
    {"why", KEYS_TEXT, true},
    {"grow_back", KEYS_TEXT, false},
};
static const struct keys shrink_keys = {"region", "a shrink rule", shrink_rules, COUNT_OF(shrink_rules)};

static const struct keys_rule to_rules[] = {
    {"times", KEYS_DECIMAL, false},
    {"at_least", KEYS_INT, false},
    {"at_most", KEYS_INT, false},
    {"value", KEYS_ANY, false},
};
static const struct keys to_keys = {"region", "'to'", to_rules, COUNT_OF(to_rules)};

static const struct keys_rule absent_rules[] = {
    {"what", KEYS_TEXT, true},
    {"why", KEYS_TEXT, true},
    {"owner", KEYS_TEXT, true},
    {"revisit", KEYS_TEXT, false},
};
static const struct keys absent_keys = {"region", "an entry of 'absent'", absent_rules,
                                        COUNT_OF(absent_rules)};

static const struct keys differs_keys = {"region", "an entry of 'differs'", absent_rules,
                                         COUNT_OF(absent_rules)};

/* Rules may look at services only: nothing else is ever copied. */
static bool parse_path(struct findings *f, const struct value *text, bool any_is_fine, struct path *out)
{
    struct err err;
    if (!path_parse(f->mem, text->text, out, &err)) {
        findings_add_err(f, text, &err);
        return false;
    }
    if (out->count < 2 || out->at[0].kind != PATH_KEY || strcmp(out->at[0].key, "services") != 0) {
        findings_error(f, "region.rule_path", text, "write services.<name>...; only services are copied",
                       "'%s' does not name something under 'services'", text->text);
        return false;
    }
    for (size_t i = 0; !any_is_fine && i < out->count; i++) {
        if (out->at[i].kind == PATH_KEY)
            continue;
        findings_error(f, "region.rule_path", text, "give each of them an entry with its own reason",
                       "'%s' must name one key; * and [n] are not allowed here", text->text);
        return false;
    }
    return true;
}

/* A factor above 1 is allowed: a small reference region may be grown.  Below 0 it is nonsense. */
static bool parse_times(struct findings *f, const struct value *to, struct rules_shrink *rule)
{
    const struct value *times = value_get(to, "times");
    rule->times = (struct decimal){1, 1};
    rule->at_least = value_get_int(to, "at_least", INT64_MIN);
    rule->at_most = value_get_int(to, "at_most", INT64_MAX);
    if (times != NULL && (!decimal_of(times, &rule->times) || rule->times.digits < 0)) {
        findings_error(f, "region.shrink_times", times, "write a decimal with at most 9 places, such as 0.25",
                       "'times' is not a factor");
        return false;
    }
    if (rule->at_least > rule->at_most) {
        findings_error(f, "region.shrink_times", value_get(to, "at_least"), "lower it, or raise 'at_most'",
                       "'at_least' is more than 'at_most'");
        return false;
    }
    return true;
}

/* A bare value is taken as it is; a map says what to do, and a literal map hides under `value`. */
static bool parse_to(struct findings *f, const struct value *to, struct rules_shrink *rule)
{
    rule->to = to;
    rule->literal = to;
    if (value_kind(to) == VALUE_MAP) {
        if (!keys_check(f, &to_keys, to))
            return false;
        rule->literal = value_get(to, "value");
        if (to->count == 0 || (rule->literal != NULL && to->count > 1)) {
            findings_error(f, "region.shrink_to", to,
                           "write a value, { times, at_least, at_most } or { value: ... }",
                           "'to' must say one thing");
            return false;
        }
    }
    if (value_has_secret(rule->literal)) {
        findings_error(f, "region.shrink_to", to, "declare the secret under 'services'",
                       "a shrink rule cannot give a secret");
        return false;
    }
    return rule->literal != NULL || parse_times(f, to, rule);
}

/* Another kind is a finding of the top level. */
static const struct value *list_of(const struct value *list)
{
    return value_kind(list) == VALUE_LIST ? list : NULL;
}

/* Indexes of the result are the rules' numbers in derive, so broken rules leave no gap. */
struct rules_shrink *rules_parse_shrink(struct findings *f, const struct value *list, size_t *count)
{
    ARRAY(struct rules_shrink) rules = {0};
    list = list_of(list);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *one = list->items[i];
        const struct value *match = value_get(one, "match");
        struct rules_shrink rule = {
            .match = value_as_text(match),
            .why = value_get_text(one, "why", NULL),
            .grow_back = value_get_text(one, "grow_back", NULL),
            .at = match,
        };
        if (keys_check(f, &shrink_keys, one) && parse_path(f, match, true, &rule.path) &&
            parse_to(f, value_get(one, "to"), &rule))
            ARRAY_PUSH(&rules, rule);
    }
    *count = rules.count;
    struct rules_shrink *kept = ARRAY_KEEP(&rules, f->mem);
    ARRAY_DONE(&rules);
    return kept;
}

/* A date nobody can read is a revisit that never comes. */
static bool check_revisit(struct findings *f, const struct value *revisit)
{
    int64_t wall_ms;
    if (revisit == NULL || tick_parse(revisit->text, &wall_ms))
        return true;
    findings_error(f, "region.date", revisit, "write a date such as 2027-03-01", "'%s' is not a date",
                   revisit->text);
    return false;
}

struct rules_absent *rules_parse_absent(struct findings *f, const struct value *list, size_t *count)
{
    ARRAY(struct rules_absent) rules = {0};
    list = list_of(list);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *one = list->items[i];
        const struct value *what = value_get(one, "what");
        struct rules_absent rule = {
            .what = value_as_text(what),
            .why = value_get_text(one, "why", NULL),
            .owner = value_get_text(one, "owner", NULL),
            .revisit = value_get_text(one, "revisit", NULL),
            .at = what,
        };
        if (keys_check(f, &absent_keys, one) && parse_path(f, what, false, &rule.path) &&
            check_revisit(f, value_get(one, "revisit")))
            ARRAY_PUSH(&rules, rule);
    }
    *count = rules.count;
    struct rules_absent *kept = ARRAY_KEEP(&rules, f->mem);
    ARRAY_DONE(&rules);
    return kept;
}

/* "billing.tax", "database.cluster.main#size": whole segments of an address, and a setting behind the last.
 */
static bool is_step_pattern(const char *text)
{
    size_t segments = 0;
    for (;; text++) {
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
        if (length == 0)
            return false;
        text += length;
        if (++segments > 3 || *text == '\0')
            return segments <= 3;
        if (*text == '#')
            return text[1] != '\0';
        if (*text != '.')
            return false;
    }
}

/* What begins with `services` is a value; anything else can only be a step. */
static bool parse_differing(struct findings *f, const struct value *what, struct path *out)
{
    *out = (struct path){0};
    if (str_equal(what->text, "services") || str_starts(what->text, "services."))
        return parse_path(f, what, true, out);
    if (is_step_pattern(what->text))
        return true;
    findings_error(f, "region.rule_path", what,
                   "write services.<name>..., or a step and a setting of it: database.cluster.main#size",
                   "'%s' names neither a value under 'services' nor steps", what->text);
    return false;
}

struct rules_differs *rules_parse_differs(struct findings *f, const struct value *list, size_t *count)
{
    ARRAY(struct rules_differs) rules = {0};
    list = list_of(list);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *one = list->items[i];
        const struct value *what = value_get(one, "what");
        struct rules_differs rule = {
            .what = value_as_text(what),
            .why = value_get_text(one, "why", NULL),
            .owner = value_get_text(one, "owner", NULL),
            .revisit = value_get_text(one, "revisit", NULL),
            .at = what,
        };
        if (keys_check(f, &differs_keys, one) && parse_differing(f, what, &rule.path) &&
            check_revisit(f, value_get(one, "revisit")))
            ARRAY_PUSH(&rules, rule);
    }
    *count = rules.count;
    struct rules_differs *kept = ARRAY_KEEP(&rules, f->mem);
    ARRAY_DONE(&rules);
    return kept;
}
