#include "region/drivers.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "model/addr.h"
#include "model/value.h"
#include "region/findings.h"
#include "region/keys.h"
#include "region/region.h"
#include "region/spec.h"

/* The plain driver of a subsystem sorts before its instances. */
static int by_name(const void *a, const void *b)
{
    const struct region_driver *x = a, *y = b;
    int order = strcmp(x->subsystem, y->subsystem);
    return order != 0 ? order : strcmp(x->instance, y->instance);
}

/* "dns" or "dns/parent". */
static bool parse_name(struct findings *f, const struct pair *pair, struct region_driver *out)
{
    const char *slash = strchr(pair->key, '/');
    size_t length = slash != NULL ? (size_t)(slash - pair->key) : strlen(pair->key);
    out->subsystem = arena_text_n(f->mem, pair->key, length);
    out->instance = slash != NULL ? slash + 1 : "";
    if (addr_name_is_valid(out->subsystem) && (slash == NULL || addr_name_is_valid(out->instance)))
        return true;
    findings_error_key(f, "region.driver_name", pair->value, "write a subsystem, or subsystem/instance",
                       "'%s' does not name a driver's place", pair->key);
    return false;
}

/* `use` and `shared` are for the core; a driver that found them among its settings would have to refuse them
 * as unknown. */
static bool parse_block(struct findings *f, const struct pair *pair, struct region_driver *out)
{
    const struct value *block = pair->value;
    const struct value *use = value_get(block, "use");
    const struct value *shared = value_get(block, "shared");
    if (!keys_check_kind(f, "region", pair->key, KEYS_MAP, block))
        return false;
    if (use == NULL) {
        findings_error(f, "region.missing_key", block, "add 'use: <driver>'; there is no default",
                       "the driver of '%s' needs 'use'", pair->key);
        return false;
    }
    if (!keys_check_kind(f, "region", "use", KEYS_TEXT, use) ||
        (shared != NULL && !keys_check_kind(f, "region", "shared", KEYS_BOOL, shared)))
        return false;
    if (strcmp(use->text, SPEC_OPEN) == 0)
        return false; /* told with whatever else is open */
    if (!addr_name_is_valid(use->text)) {
        findings_error(f, "region.driver_name", use, "a driver is named like local, powerdns or route53",
                       "'%s' cannot be a driver's name", use->text);
        return false;
    }
    out->driver = use->text;
    out->shared = value_get_bool(block, "shared", false);
    out->settings = value_with_key(f->mem, value_with_key(f->mem, block, "use", NULL), "shared", NULL);
    out->where = block->where;
    return true;
}

/* What is broken is left out, so that the rest can still be checked. */
struct region_driver *drivers_parse(struct findings *f, const struct value *map, size_t *count)
{
    *count = 0;
    if (value_kind(map) != VALUE_MAP)
        return NULL;
    struct region_driver *drivers = ARENA_ARRAY(f->mem, struct region_driver, map->count);
    for (size_t i = 0; i < map->count; i++) {
        struct region_driver one = {0};
        if (parse_name(f, &map->pairs[i], &one) && parse_block(f, &map->pairs[i], &one))
            drivers[(*count)++] = one;
    }
    if (*count > 1)
        qsort(drivers, *count, sizeof(*drivers), by_name);
    return drivers;
}
