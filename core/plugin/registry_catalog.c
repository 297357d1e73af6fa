#include "plugin/registry.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The catalog's face of the registry: the same questions, answered with what there is when the answer is no.
 */

#define NAMES_MAX 64 /* more names than this help nobody */

struct names {
    const char *at[NAMES_MAX];
    size_t count;
};

/* Sources are sorted, so equal names follow each other. */
static void add(struct names *n, const char *name)
{
    if (n->count > 0 && str_equal(n->at[n->count - 1], name))
        return;
    if (n->count < NAMES_MAX)
        n->at[n->count++] = name;
}

/* "did you mean", or all there is. */
static bool advise(struct err *err, const struct names *n, const char *word, const char *none)
{
    const char *near = str_nearest(word, n->at, n->count);
    if (near)
        return err_advise(err, "did you mean '%s'?", near);
    if (n->count == 0)
        return err_advise(err, "%s", none);
    struct buf all;
    buf_init(&all, 0);
    for (size_t i = 0; i < n->count; i++)
        buf_print(&all, "%s%s", i ? ", " : "", n->at[i]);
    err_advise(err, "there is: %s", all.at);
    buf_done(&all);
    return false;
}

/* The first question of a playbook: use("dns"). */
static bool has_subsystem(void *user, const char *subsystem, struct err *err)
{
    size_t count;
    const struct driver *const *drivers = registry_drivers(user, &count);
    struct names names = {0};
    for (size_t i = 0; i < count; i++) {
        if (str_equal(drivers[i]->subsystem, subsystem))
            return true;
        add(&names, drivers[i]->subsystem);
    }
    err_set(err, "catalog.no_subsystem", "the region has no driver for '%s'", subsystem);
    const char *near = str_nearest(subsystem, names.at, names.count);
    if (near)
        return err_advise(err, "did you mean '%s'?", near);
    return err_advise(err,
                      "name one under 'drivers' in the region file, as %s: { use: ... }; which there "
                      "are: landfall describe",
                      subsystem);
}

/* A region may have dns/parent and no plain dns: then the advice is to name the instance. */
static bool find_instance(struct registry *r, const char *subsystem, const char *instance,
                          const struct driver **out, struct err *err)
{
    *out = registry_find(r, subsystem, instance);
    if (*out)
        return true;
    if (!has_subsystem(r, subsystem, err))
        return false;
    size_t count;
    const struct driver *const *drivers = registry_drivers(r, &count);
    struct names names = {0};
    for (size_t i = 0; i < count; i++) {
        if (str_equal(drivers[i]->subsystem, subsystem) && drivers[i]->instance[0])
            add(&names, drivers[i]->instance);
    }
    if (!instance[0])
        err_set(err, "catalog.no_instance", "the region has no plain driver for '%s', only named ones",
                subsystem);
    else
        err_set(err, "catalog.no_instance", "the region has no driver '%s/%s'", subsystem, instance);
    return advise(err, &names, instance, "add it under 'drivers' in the region file");
}

static bool find_type(void *user, const char *subsystem, const char *instance, const char *type,
                      const struct catalog_type **out, struct err *err)
{
    const struct driver *d;
    if (!find_instance(user, subsystem, instance, &d, err))
        return false;
    const struct contract_type *found = driver_type(d, type);
    if (found) {
        *out = &found->facts;
        return true;
    }
    struct names names = {0};
    for (size_t i = 0; i < d->contract.type_count; i++)
        add(&names, d->contract.types[i].facts.name);
    err_set(err, "catalog.no_type", "driver %s-%s has no type '%s'", d->subsystem, d->name, type);
    return advise(err, &names, type, "it has no types at all");
}

static bool find_call(void *user, const char *subsystem, const char *instance, const char *call,
                      const struct catalog_call **out, struct err *err)
{
    const struct driver *d;
    if (!find_instance(user, subsystem, instance, &d, err))
        return false;
    const struct contract_call *found = driver_call(d, call);
    if (found) {
        *out = &found->facts;
        return true;
    }
    struct names names = {0};
    for (size_t i = 0; i < d->contract.call_count; i++)
        add(&names, d->contract.calls[i].facts.name);
    err_set(err, "catalog.no_call", "driver %s-%s has no call '%s'", d->subsystem, d->name, call);
    return advise(err, &names, call, "it has no calls");
}

struct catalog registry_catalog(struct registry *r)
{
    return (struct catalog){.user = r, .subsystem = has_subsystem, .type = find_type, .call = find_call};
}
