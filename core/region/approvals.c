#include "region/approvals.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/file.h"
#include "base/str.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"

#define VALID_DAYS     7
#define VALID_DAYS_MAX 366
#define DAY_MS         INT64_C(86400000)
#define NAME_MAX_BYTES 128

static const struct keys_rule rules[] = {
    {"need", KEYS_MAP, false},           {"people", KEYS_MAP, false},
    {"signed", KEYS_BOOL, false},        {"allowed_signers", KEYS_TEXT, false},
    {"own_plans", KEYS_BOOL, false},     {"valid_days", KEYS_INT, false},
    {"within_budget", KEYS_BOOL, false},
};
static const struct keys keys = {"approvals", "'approvals'", rules, COUNT_OF(rules)};

static const struct keys_rule need_rules[] = {
    {"local", KEYS_INT, false},
    {"shared", KEYS_INT, false},
    {"irreversible", KEYS_INT, false},
};
static const struct keys need_keys = {"approvals", "'need'", need_rules, COUNT_OF(need_rules)};

static const char *const class_names[] = {
    [APPROVALS_LOCAL] = "local",
    [APPROVALS_SHARED] = "shared",
    [APPROVALS_IRREVERSIBLE] = "irreversible",
};

const char *approvals_class_name(enum approvals_class c)
{
    return c < APPROVALS_CLASS_COUNT ? class_names[c] : "?";
}

enum approvals_class approvals_class_of(const char *name)
{
    unsigned c = 0;
    while (c < APPROVALS_CLASS_COUNT && strcmp(class_names[c], name) != 0)
        c++;
    return (enum approvals_class)c;
}

static int64_t number_of(struct findings *f, const struct value *map, const char *key, int64_t least,
                         int64_t most, int64_t otherwise)
{
    const struct value *v = value_get(map, key);
    if (value_kind(v) != VALUE_INT)
        return otherwise;
    if (v->number >= least && v->number <= most)
        return v->number;
    findings_error(f, "approvals.range", v,
                   arena_print(f->mem, "write a number from %lld to %lld", (long long)least, (long long)most),
                   "'%s' is %lld", key, (long long)v->number);
    return otherwise;
}

static void load_need(struct findings *f, const struct value *map, struct approvals *a)
{
    uint32_t before = 0;
    if (map == NULL)
        return;
    keys_check(f, &need_keys, map);
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++)
        before = a->need[c] = (uint32_t)number_of(f, map, class_names[c], 0, APPROVALS_NEED_MAX, before);
}

static uint32_t classes_of(struct findings *f, const struct value *list)
{
    uint32_t bits = 0;
    if (!keys_check_kind(f, "approvals", "what a person may approve", KEYS_LIST, list))
        return 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *word = value_as_text(list->items[i]);
        enum approvals_class c = word ? approvals_class_of(word) : APPROVALS_CLASS_COUNT;
        if (c == APPROVALS_CLASS_COUNT)
            findings_error(f, "approvals.class", list->items[i],
                           keys_advice(f, word ? word : "", class_names, COUNT_OF(class_names)),
                           "'%s' is no class of change", word ? word : "?");
        else
            bits |= APPROVALS_BIT(c);
    }
    return bits;
}

/* It becomes a word of a command and of a file that people read. */
static bool is_name(const char *name)
{
    size_t count = strlen(name);
    if (count == 0 || count > NAME_MAX_BYTES || name[0] == '-' || name[0] == ' ' || name[count - 1] == ' ')
        return false;
    for (size_t i = 0; i < count; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F)
            return false;
    }
    return true;
}

static void load_people(struct findings *f, const struct value *map, struct approvals *a)
{
    if (value_kind(map) != VALUE_MAP)
        return;
    /* Without the key anybody may; where the last name was taken out, that is the opposite of what is meant.
     */
    if (map->count == 0)
        findings_error(f, "approvals.no_people", map, "name who may, or remove the key: then anybody may",
                       "'people' names nobody");
    struct approvals_person *people = ARENA_ARRAY(f->mem, struct approvals_person, map->count);
    for (size_t i = 0; i < map->count; i++) {
        if (!is_name(map->pairs[i].key))
            findings_error_key(f, "approvals.name", map->pairs[i].value,
                               "write the name that is given to --by, such as ada@acme.example",
                               "'%s' is no name of a person", map->pairs[i].key);
        people[i] = (struct approvals_person){map->pairs[i].key, classes_of(f, map->pairs[i].value)};
    }
    a->people = people;
    a->person_count = map->count;
}

/* A plan that nobody can ever approve is noticed in the file, not on the evening of the launch. */
static void check_people(struct findings *f, const struct value *map, const struct approvals *a)
{
    if (a->person_count == 0)
        return;
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        uint32_t able = 0;
        for (size_t i = 0; i < a->person_count; i++)
            able += (a->people[i].classes & APPROVALS_BIT(c)) != 0;
        if (able < a->need[c])
            findings_error(f, "approvals.too_few_people", value_get(map, "people"),
                           "name more people, or ask for fewer",
                           "%s changes need %u approvals, and %u of the people may give one", class_names[c],
                           a->need[c], able);
    }
}

static void load_signers(struct findings *f, const struct value *map, const char *folder, struct approvals *a)
{
    const struct value *signers = value_get(map, "allowed_signers");
    const char *path = value_as_text(signers);
    a->is_signed = value_get_bool(map, "signed", false);
    if (path && *path) {
        a->allowed_signers = file_join(f->mem, folder, path);
        if (!file_exists(a->allowed_signers))
            findings_error(f, "approvals.no_file", signers,
                           "name a file of allowed signers, relative to the project's folder: see "
                           "ssh-keygen(1)",
                           "there is no file '%s'", path);
    }
    if (a->is_signed && !path)
        findings_error(f, "approvals.no_signers", value_get(map, "signed"),
                       "add 'allowed_signers: FILE', a file as ssh-keygen(1) has it",
                       "signatures are asked for, and nothing says whose");
}

void approvals_load(struct findings *f, const struct value *map, const char *folder, struct approvals *out)
{
    *out = (struct approvals){.valid_ms = VALID_DAYS * DAY_MS};
    if (map == NULL)
        return;
    keys_check(f, &keys, map);
    load_need(f, value_get(map, "need"), out);
    load_people(f, value_get(map, "people"), out);
    check_people(f, map, out);
    load_signers(f, map, folder, out);
    out->own_plans = value_get_bool(map, "own_plans", false);
    out->within_budget = value_get_bool(map, "within_budget", false);
    out->valid_ms = number_of(f, map, "valid_days", 1, VALID_DAYS_MAX, VALID_DAYS) * DAY_MS;
}

uint32_t approvals_of_person(const struct approvals *a, const char *name)
{
    if (a->person_count == 0)
        return APPROVALS_ALL;
    for (size_t i = 0; i < a->person_count; i++) {
        if (str_equal(a->people[i].name, name))
            return a->people[i].classes;
    }
    return 0;
}

bool approvals_are_asked(const struct approvals *a)
{
    for (unsigned c = 0; c < APPROVALS_CLASS_COUNT; c++) {
        if (a->need[c] > 0)
            return true;
    }
    return false;
}
