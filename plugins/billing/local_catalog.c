#include "local_catalog.h"

#include <string.h>

#define FORMAT  "landfall-billing"
#define VERSION 1

static const char *const section_names[CATALOG_SECTIONS] = {"entities", "products", "prices", "taxes"};

static void reserve(const struct catalog *catalog, struct catalog_section *section)
{
    if (section->count < section->room)
        return;
    size_t room = section->room > 0 ? section->room * 2 : 32;
    struct catalog_thing *things = catalog->kit->ops->scratch(catalog->op, room * sizeof(*things));
    if (section->count > 0)
        memcpy(things, section->things, section->count * sizeof(*things));
    section->things = things;
    section->room = room;
}

/* Where `code` is, or would be. */
static size_t place_of(const struct catalog_section *section, const char *code, bool *there)
{
    size_t low = 0;
    size_t high = section->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(section->things[middle].code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *there = low < section->count && strcmp(section->things[low].code, code) == 0;
    return low;
}

static void insert(struct catalog *catalog, struct catalog_section *section, const char *code,
                   const struct lf_value *value)
{
    bool there = false;
    size_t at = place_of(section, code, &there);
    if (!there) {
        reserve(catalog, section);
        memmove(section->things + at + 1, section->things + at,
                (section->count - at) * sizeof(*section->things));
        section->count++;
    }
    section->things[at] = (struct catalog_thing){code, value};
}

static bool read_section(struct catalog *catalog, uint32_t index, const char **why)
{
    const struct lf_values *values = catalog->kit->values;
    const struct lf_value *map = kit_get(catalog->kit, catalog->whole, section_names[index]);
    if (!map)
        return true;
    if (values->kind(map) != LF_KIND_MAP) {
        *why = kit_format(catalog->kit, catalog->op, "\"%s\" is not an object", section_names[index]);
        return false;
    }
    size_t count = values->count(map);
    for (size_t i = 0; i < count; i++) {
        const char *code = NULL;
        const struct lf_value *thing = values->at(map, i, &code);
        if (values->kind(thing) != LF_KIND_MAP) {
            *why = kit_format(catalog->kit, catalog->op, "\"%s\" of \"%s\" is not an object", code,
                              section_names[index]);
            return false;
        }
        insert(catalog, &catalog->sections[index], code, thing);
    }
    return true;
}

bool catalog_parse(const struct kit *kit, struct lf_op *op, const char *text, size_t len,
                   struct catalog **out, const char **why)
{
    struct catalog *catalog = kit->ops->scratch(op, sizeof(*catalog));
    catalog->kit = kit;
    catalog->op = op;
    if (!text) {
        *out = catalog;
        return true;
    }
    catalog->whole = kit->values->from_json(op, text, len);
    if (!catalog->whole || kit->values->kind(catalog->whole) != LF_KIND_MAP) {
        *why = "it is not one JSON object";
        return false;
    }
    const char *format = kit_get_text(kit, catalog->whole, "format");
    int64_t version = kit_get_int(kit, catalog->whole, "version", 0);
    if (!format || strcmp(format, FORMAT) != 0 || version != VERSION) {
        *why = "its \"format\" is not \"" FORMAT "\" with \"version\" 1";
        return false;
    }
    for (uint32_t i = 0; i < CATALOG_SECTIONS; i++)
        if (!read_section(catalog, i, why))
            return false;
    *out = catalog;
    return true;
}

const struct lf_value *catalog_find(const struct catalog *catalog, uint32_t section, const char *code)
{
    bool there = false;
    size_t at = place_of(&catalog->sections[section], code, &there);
    return there ? catalog->sections[section].things[at].value : NULL;
}

void catalog_put(struct catalog *catalog, uint32_t section, const char *code, const struct lf_value *value)
{
    const struct lf_value *old = catalog_find(catalog, section, code);
    if (old && kit_is_same(catalog->kit, old, value))
        return;
    insert(catalog, &catalog->sections[section], code, value);
    catalog->changed = true;
}

void catalog_remove(struct catalog *catalog, uint32_t section, const char *code)
{
    struct catalog_section *from = &catalog->sections[section];
    bool there = false;
    size_t at = place_of(from, code, &there);
    if (!there)
        return;
    from->count--;
    memmove(from->things + at, from->things + at + 1, (from->count - at) * sizeof(*from->things));
    catalog->changed = true;
}

const char *catalog_marker(const struct catalog *catalog, const struct lf_value *thing)
{
    return kit_get_text(catalog->kit, kit_get(catalog->kit, thing, "landfall"), "marker");
}

static void print_member(const struct catalog *catalog, struct kit_text *text, const char *indent,
                         const char *key, const struct lf_value *value, bool last)
{
    const struct kit *kit = catalog->kit;
    const struct lf_value *name = kit->values->of_text(catalog->op, key, strlen(key));
    kit_text_print(kit, catalog->op, text, "%s%s: %s%s\n", indent,
                   kit->values->to_json(catalog->op, name, NULL),
                   kit->values->to_json(catalog->op, value, NULL), last ? "" : ",");
}

static bool is_ours(const char *key)
{
    for (uint32_t i = 0; i < CATALOG_SECTIONS; i++)
        if (strcmp(key, section_names[i]) == 0)
            return true;
    return strcmp(key, "format") == 0 || strcmp(key, "version") == 0;
}

const char *catalog_print(const struct catalog *catalog, size_t *len)
{
    const struct kit *kit = catalog->kit;
    struct kit_text text = {0};
    kit_text_print(kit, catalog->op, &text, "{\n  \"format\": \"" FORMAT "\",\n  \"version\": %d,\n",
                   VERSION);
    size_t count = catalog->whole ? kit->values->count(catalog->whole) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = NULL;
        const struct lf_value *value = kit->values->at(catalog->whole, i, &key);
        if (!is_ours(key))
            print_member(catalog, &text, "  ", key, value, false);
    }
    for (uint32_t s = 0; s < CATALOG_SECTIONS; s++) {
        const struct catalog_section *section = &catalog->sections[s];
        kit_text_print(kit, catalog->op, &text, "  \"%s\": {%s", section_names[s],
                       section->count > 0 ? "\n" : "");
        for (size_t i = 0; i < section->count; i++)
            print_member(catalog, &text, "    ", section->things[i].code, section->things[i].value,
                         i + 1 == section->count);
        kit_text_print(kit, catalog->op, &text, "%s}%s\n", section->count > 0 ? "  " : "",
                       s + 1 < CATALOG_SECTIONS ? "," : "");
    }
    kit_text_print(kit, catalog->op, &text, "}\n");
    *len = text.len;
    return text.bytes;
}
