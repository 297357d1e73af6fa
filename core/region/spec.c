#include "region/spec.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/tick.h"
#include "model/addr.h"
#include "model/money.h"
#include "model/path.h"
#include "model/value.h"
#include "region/drivers.h"
#include "region/duration.h"
#include "region/findings.h"
#include "region/keys.h"
#include "region/rates.h"
#include "region/region.h"
#include "region/residency.h"
#include "region/rules.h"
#include "region/spec.h"

#define ZONES        "/usr/share/zoneinfo" /* tzdata; not on every machine */
#define DOMAIN_MAX   253                   /* RFC 1035, 2.3.4, without the root's dot */
#define LABEL_MAX    63
#define LABEL_LETTER "abcdefghijklmnopqrstuvwxyz0123456789-"

static const struct keys_rule top_rules[] = {
    {"region", KEYS_TEXT, true},   {"title", KEYS_TEXT, true},     {"jurisdiction", KEYS_TEXT, true},
    {"from", KEYS_TEXT, false},    {"place", KEYS_TEXT, true},     {"domain", KEYS_TEXT, true},
    {"currency", KEYS_TEXT, true}, {"timezone", KEYS_TEXT, false}, {"shrink", KEYS_LIST, false},
    {"absent", KEYS_LIST, false},  {"services", KEYS_MAP, false},  {"residency", KEYS_MAP, false},
    {"drivers", KEYS_MAP, false},  {"budget", KEYS_MAP, false},    {"launch", KEYS_MAP, false},
    {"rates", KEYS_MAP, false},    {"cost", KEYS_MAP, false},      {"differs", KEYS_LIST, false},
    {"rehearse", KEYS_MAP, false},
};
static const struct keys top_keys = {"region", "a region file", top_rules, COUNT_OF(top_rules)};

static const struct keys_rule budget_rules[] = {
    {"monthly", KEYS_DECIMAL, false},
    {"one_off", KEYS_DECIMAL, false},
};
static const struct keys budget_keys = {"region", "'budget'", budget_rules, COUNT_OF(budget_rules)};

static const struct keys_rule cost_rules[] = {
    {"monthly", KEYS_DECIMAL, true},
    {"dated", KEYS_TEXT, true},
    {"source", KEYS_TEXT, false},
};
static const struct keys cost_keys = {"region", "'cost'", cost_rules, COUNT_OF(cost_rules)};

static const struct keys_rule launch_rules[] = {
    {"target", KEYS_TEXT, false},
    {"can_follow", KEYS_LIST, false},
    {"milestones", KEYS_MAP, false},
};
static const struct keys launch_keys = {"region", "'launch'", launch_rules, COUNT_OF(launch_rules)};

/* NULL also when it is not text: that is a finding already. */
static const struct value *text_at(const struct spec *spec, const char *key)
{
    const struct value *v = value_get(spec->root, key);
    bool open = str_equal(value_as_text(v), SPEC_OPEN);
    return value_kind(v) == VALUE_TEXT && v->count > 0 && !open ? v : NULL;
}

/* Told here, once, and for the whole file: every other check passes over it. */
static void check_open(struct findings *f, const struct value *v, struct buf *path)
{
    size_t length = path->count;
    if (str_equal(value_as_text(v), SPEC_OPEN))
        findings_error(f, "region.fill_in", v,
                       "write it instead of " SPEC_OPEN
                       "; the comment behind it says what the other region has",
                       "'%s' is still to be filled in", path->at);
    for (size_t i = 0; value_kind(v) == VALUE_LIST && i < v->count; i++)
        check_open(f, v->items[i], path);
    for (size_t i = 0; value_kind(v) == VALUE_MAP && i < v->count; i++) {
        path_print_key(path, v->pairs[i].key, path->count == 0);
        check_open(f, v->pairs[i].value, path);
        path->count = length;
        path->at[length] = '\0';
    }
}

/* The file's name is the region's: stores, plans and `from` go by it, so a copied file with the old name
 * inside must not pass. */
static void check_name(struct findings *f, struct spec *spec, const char *file_name)
{
    const struct value *name = text_at(spec, "region");
    const struct value *from = text_at(spec, "from");
    if (name != NULL && strcmp(name->text, file_name) != 0)
        findings_error(f, "region.wrong_name", name, "a region has the name of its file",
                       "'%s' is the region of '%s'", name->text, spec->file);
    spec->name = arena_text(f->mem, file_name);
    spec->from = from != NULL ? from->text : NULL;
}

/* RFC 1123 host names; underscores belong to records, not to a region. */
static bool is_domain(const char *name)
{
    size_t labels = 0;
    if (strlen(name) > DOMAIN_MAX)
        return false;
    for (;; name++) {
        size_t length = strspn(name, LABEL_LETTER);
        if (length == 0 || length > LABEL_MAX || *name == '-' || name[length - 1] == '-')
            return false;
        labels++;
        name += length;
        if (*name == '\0')
            return labels > 1;
        if (*name != '.')
            return false;
    }
}

static void check_domain(struct findings *f, struct spec *spec)
{
    const struct value *domain = text_at(spec, "domain");
    if (domain == NULL)
        return;
    spec->domain = domain->text;
    if (!is_domain(domain->text))
        findings_error(f, "region.domain", domain,
                       "write it like eu.acme.example: lower case, at least two labels, no dot at the end; "
                       "international names in their xn-- form",
                       "'%s' is not a domain name", domain->text);
}

static void check_currency(struct findings *f, struct spec *spec)
{
    const struct value *currency = text_at(spec, "currency");
    if (currency == NULL)
        return;
    spec->currency = currency->text;
    if (money_digits(currency->text) < 0)
        findings_error(f, "region.currency", currency, "write an ISO 4217 code, such as EUR",
                       "'%s' is not a currency", currency->text);
}

/* Without tzdata on the machine any well-formed name passes: a plan must not depend on it.  The name becomes
 * a path, hence the short list of characters and no dots. */
static bool is_zone(struct arena *mem, const char *name)
{
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
    if (name[length] != '\0' || *name == '/')
        return false;
    return strcmp(name, "UTC") == 0 || !file_is_folder(ZONES) || file_exists(file_join(mem, ZONES, name));
}

/* UTC is the one default that cannot surprise: it is what is stored anyway. */
static void check_timezone(struct findings *f, struct spec *spec)
{
    const struct value *zone = text_at(spec, "timezone");
    spec->timezone = zone != NULL ? zone->text : "UTC";
    if (!is_zone(f->mem, spec->timezone))
        findings_error(f, "region.timezone", zone, "write a name of the tz database, such as Europe/Dublin",
                       "'%s' is not a time zone", zone->text);
}

static void check_date(struct findings *f, const struct value *date)
{
    int64_t wall_ms;
    if (value_kind(date) == VALUE_TEXT && date->count > 0 && !tick_parse(date->text, &wall_ms))
        findings_error(f, "region.date", date, "write a date such as 2026-12-15", "'%s' is not a date",
                       date->text);
}

/* A float is refused before it is looked at: 0.1 + 0.2 is not money. */
static void check_amount(struct findings *f, const struct value *map, const char *key)
{
    const struct value *v = value_get(map, key);
    int64_t millionths;
    struct err err;
    if (value_kind(v) == VALUE_REAL)
        findings_error(f, "region.money_float", v,
                       "quote it, such as \"1842.50\": an unquoted number with a point may be rounded",
                       "'%s' is money and may not be a float", key);
    else if (value_kind(v) == VALUE_TEXT && v->count > 0 && !money_parse(v->text, &millionths, &err))
        findings_add_err(f, v, &err);
    else if ((value_kind(v) == VALUE_INT && v->number < 0) ||
             (value_kind(v) == VALUE_TEXT && *v->text == '-'))
        findings_error(f, "region.budget", v, "write 0 or more", "'%s' is negative", key);
    else if (value_kind(v) == VALUE_INT && v->number > INT64_MAX / MONEY_UNIT)
        findings_error(f, "money.range", v, "the limit is 9223372036854",
                       "'%lld' is more money than can be counted", (long long)v->number);
}

/* Both amounts may be missing: a budget for one of them only is a budget. */
static void check_budget(struct findings *f, const struct value *budget)
{
    if (value_kind(budget) != VALUE_MAP)
        return;
    keys_check(f, &budget_keys, budget);
    check_amount(f, budget, "monthly");
    check_amount(f, budget, "one_off");
}

/* Other milestones and their dates: which steps block them, the playbook says. */
static void check_milestones(struct findings *f, const struct value *map)
{
    struct err err;
    for (size_t i = 0; value_kind(map) == VALUE_MAP && i < map->count; i++) {
        const struct value *date = map->pairs[i].value;
        if (strcmp(map->pairs[i].key, "launch") == 0)
            findings_error(f, "region.milestone", date, "write it as launch: { target: 2026-12-15 }",
                           "the date of launch itself is its target");
        else if (!addr_check_name(map->pairs[i].key, &err))
            findings_add_err(f, date, &err);
        else if (keys_check_kind(f, "region", "a date", KEYS_TEXT, date))
            check_date(f, date);
    }
}

/* What the region is known to cost, as an invoice says: a number without its date is an anecdote. */
static void check_cost(struct findings *f, const struct value *cost)
{
    if (value_kind(cost) != VALUE_MAP)
        return;
    keys_check(f, &cost_keys, cost);
    check_amount(f, cost, "monthly");
    check_date(f, value_get(cost, "dated"));
}

/* Addresses are checked for form only: which steps there are, the playbook says later. */
static void check_launch(struct findings *f, const struct value *launch)
{
    if (value_kind(launch) != VALUE_MAP)
        return;
    keys_check(f, &launch_keys, launch);
    check_date(f, value_get(launch, "target"));
    check_milestones(f, value_get(launch, "milestones"));
    const struct value *list = value_get(launch, "can_follow");
    for (size_t i = 0; value_kind(list) == VALUE_LIST && i < list->count; i++) {
        const struct value *one = list->items[i];
        if (keys_check_kind(f, "region", "an address", KEYS_TEXT, one) && !addr_is_valid(one->text))
            findings_error(f, "region.address", one, "write it as the plan does, such as todo.whatsapp",
                           "'%s' is not an address", one->text);
    }
}

/* Rules without a copy are a leftover of an edit, or a `from` that was forgotten. */
static void check_rules(struct findings *f, struct spec *spec)
{
    static const char *const keys[] = {"shrink", "absent"};
    spec->shrinks = rules_parse_shrink(f, value_get(spec->root, "shrink"), &spec->shrink_count);
    spec->absents = rules_parse_absent(f, value_get(spec->root, "absent"), &spec->absent_count);
    spec->differs = rules_parse_differs(f, value_get(spec->root, "differs"), &spec->differs_count);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct value *rules = value_get(spec->root, keys[i]);
        if (rules != NULL && rules->count > 0 && value_get(spec->root, "from") == NULL)
            findings_error_key(f, "region.nothing_copied", rules, "add 'from: <region>', or remove it",
                               "'%s' is about copied values, and nothing is copied", keys[i]);
    }
}

/* Goes on after every finding, each check looking only at what has the right kind, so that one reading of the
 * file tells all that is wrong with it. */
struct spec *spec_load(struct findings *f, const char *project, const char *name)
{
    struct spec *spec = ARENA_NEW(f->mem, struct spec);
    spec->file = arena_print(f->mem, "regions/%s.yaml", name);
    if (!findings_read(f, project, spec->file, &spec->root))
        return NULL;
    keys_check(f, &top_keys, spec->root);
    if (value_kind(spec->root) != VALUE_MAP)
        return NULL;
    struct buf path;
    buf_init(&path, 0);
    check_open(f, spec->root, &path);
    buf_done(&path);
    spec->title = value_as_text(text_at(spec, "title"));
    spec->jurisdiction = value_as_text(text_at(spec, "jurisdiction"));
    spec->place = value_as_text(text_at(spec, "place"));
    check_name(f, spec, name);
    check_domain(f, spec);
    check_currency(f, spec);
    check_timezone(f, spec);
    check_rules(f, spec);
    check_budget(f, value_get(spec->root, "budget"));
    check_cost(f, value_get(spec->root, "cost"));
    check_launch(f, value_get(spec->root, "launch"));
    spec->rates = rates_parse(f, value_get(spec->root, "rates"), spec->currency);
    duration_check(f, value_get(spec->root, "rehearse"));
    residency_check_block(f, value_get(spec->root, "residency"));
    spec->drivers = drivers_parse(f, value_get(spec->root, "drivers"), &spec->driver_count);
    const struct value *services = value_get(spec->root, "services");
    spec->services = value_kind(services) == VALUE_MAP ? services : NULL;
    return spec;
}
