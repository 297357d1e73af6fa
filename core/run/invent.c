#include "run/invent.h"

#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/digest.h"
#include "base/str.h"
#include "model/schema.h"
#include "model/value.h"

/* Names of the documentation ranges and of a top-level domain that never resolves (RFC 2606, 3849, 5737). */
#define DOMAIN "rehearsal.invalid"

struct making {
    struct arena *mem;
    const struct invent_ask *ask;
};

static uint64_t number_of(const struct making *m, const char *attr, size_t n)
{
    uint8_t hash[DIGEST_BYTES];
    const char *text = arena_print(m->mem, "%s\n%s\n%zu", m->ask->seed, attr, n);
    uint64_t number = 0;
    digest_of(text, strlen(text), hash);
    for (size_t i = 0; i < sizeof(number); i++)
        number = number << 8 | hash[i];
    return number;
}

/* What the last word of an attribute's name promises. */
enum form { FORM_TEXT = 0, FORM_HOST, FORM_IPV4, FORM_IPV6, FORM_URL, FORM_TIME, FORM_MAIL, FORM_HEX };

struct hint {
    const char *word;
    enum form form;
};

static const struct hint hints[] = {
    {"host", FORM_HOST},    {"hostname", FORM_HOST}, {"fqdn", FORM_HOST},  {"endpoint", FORM_HOST},
    {"domain", FORM_HOST},  {"ip", FORM_IPV4},       {"ipv4", FORM_IPV4},  {"ipv6", FORM_IPV6},
    {"url", FORM_URL},      {"uri", FORM_URL},       {"at", FORM_TIME},    {"time", FORM_TIME},
    {"email", FORM_MAIL},   {"checksum", FORM_HEX},  {"digest", FORM_HEX}, {"nameserver", FORM_HOST},
    {"address", FORM_IPV4},
};

static enum form form_of(const char *attr)
{
    const char *word = strrchr(attr, '_');
    word = word ? word + 1 : attr;
    size_t length = strlen(word);
    for (size_t i = 0; i < COUNT_OF(hints); i++) {
        size_t own = strlen(hints[i].word);
        bool plural = length == own + 1 && word[own] == 's';
        if (strncmp(word, hints[i].word, own) == 0 && (length == own || plural))
            return hints[i].form;
    }
    return FORM_TEXT;
}

/* Letters, digits and hyphens only: a step's name is nearly one already. */
static const char *label_of(const struct making *m)
{
    char *label = arena_text(m->mem, m->ask->name);
    for (char *c = label; *c; c++)
        *c = *c == '_' || *c == '.' ? '-' : *c;
    return label;
}

static const struct value *text_of(const struct making *m, const char *attr, size_t n)
{
    uint64_t k = number_of(m, attr, n);
    struct arena *mem = m->mem;
    unsigned low = (unsigned)(k % 254) + 1, id = (unsigned)(k >> 8 & 0xffffff);
    switch (form_of(attr)) {
    case FORM_HOST:
        return value_text(mem, arena_print(mem, "%s-%06x." DOMAIN, label_of(m), id));
    case FORM_IPV4:
        return value_text(mem, arena_print(mem, "192.0.2.%u", low));
    case FORM_IPV6:
        return value_text(mem, arena_print(mem, "2001:db8::%x", low + 0xff));
    case FORM_URL:
        return value_text(mem, arena_print(mem, "https://%s-%06x." DOMAIN "/", label_of(m), id));
    case FORM_TIME:
        return value_text(mem, "2026-01-01T00:00:00Z");
    case FORM_MAIL:
        return value_text(mem, arena_print(mem, "%s@" DOMAIN, label_of(m)));
    case FORM_HEX:
        return value_text(mem, arena_print(mem, "%016llx%016llx", (unsigned long long)k,
                                           (unsigned long long)number_of(m, attr, n + 100)));
    default:
        return value_text(mem, arena_print(mem, "%s-%s-%06x", label_of(m), attr, id));
    }
}

static const struct value *map_of(const struct making *m, const struct schema *s, const struct value *given,
                                  bool all);

static const struct value *of_kind(const struct making *m, enum value_kind kind, const struct schema *of,
                                   const char *attr, size_t n)
{
    uint64_t k = number_of(m, attr, n);
    switch (kind) {
    case VALUE_BOOL:
        return value_bool(true);
    case VALUE_INT:
        /* A port is one that needs no privilege; all else is small and not zero. */
        return value_int(m->mem, str_ends(attr, "port") ? 1024 + (int64_t)(k % 60000) : 1 + (int64_t)(k % 9));
    case VALUE_REAL:
        return value_real(m->mem, 1.0 + (double)(k % 9));
    case VALUE_MAP:
        return of ? map_of(m, of, NULL, true) : value_map(m->mem, NULL, 0);
    case VALUE_LIST:
        return value_list(m->mem, NULL, 0);
    default:
        return text_of(m, attr, n);
    }
}

/* Two of what a list holds; of anything, nothing: nobody can guess rows. */
static const struct value *list_of(const struct making *m, const struct schema_attr *a)
{
    const struct value *items[2];
    enum value_kind kind = a->of ? VALUE_MAP : a->of_kind;
    if (kind == VALUE_ANY || kind == VALUE_MAP || kind == 0)
        return value_list(m->mem, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(items); i++)
        items[i] = of_kind(m, kind, a->of, a->name, i);
    return value_list(m->mem, items, COUNT_OF(items));
}

static const struct value *attr_of(const struct making *m, const struct schema_attr *a)
{
    if (a->flags & SCHEMA_PLACE && m->ask->place)
        return value_text(m->mem, m->ask->place);
    if (a->fallback)
        return a->fallback;
    return a->kind == VALUE_LIST ? list_of(m, a) : of_kind(m, a->kind, a->of, a->name, 0);
}

/* all: also what the service need not set. */
static const struct value *map_of(const struct making *m, const struct schema *s, const struct value *given,
                                  bool all)
{
    const struct value *out = given ? given : value_map(m->mem, NULL, 0);
    for (size_t i = 0; i < s->count; i++) {
        const struct schema_attr *a = &s->attrs[i];
        const struct value *is = value_get(out, a->name);
        if (value_has_secret(is))
            out = value_with_key(m->mem, out, a->name, NULL);
        else if (value_is_null(is) && (all || a->flags & SCHEMA_COMPUTED))
            out = value_with_key(m->mem, out, a->name, attr_of(m, a));
    }
    return out;
}

const struct value *invent_state(struct arena *mem, const struct schema *s, const struct value *desired,
                                 const struct invent_ask *ask)
{
    return map_of(&(struct making){.mem = mem, .ask = ask}, s, desired, false);
}

const struct value *invent_reply(struct arena *mem, const struct schema *s, const struct invent_ask *ask)
{
    return map_of(&(struct making){.mem = mem, .ask = ask}, s, NULL, true);
}
