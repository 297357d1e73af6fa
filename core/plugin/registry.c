#include "plugin/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "model/diag.h"
#include "model/value.h"
#include "plugin/host.h"
#include "plugin/loader.h"
#include "plugin/registry_folder.h"
#include "plugin/registry_settings.h"

struct registry {
    struct arena *mem;
    struct host *host;
    const char *const *folders;
    size_t folder_count;
    ARRAY(struct driver *) drivers; /* sorted by subsystem, instance */
};

/* Folders are copied: they come from a configuration that may be read anew. */
struct registry *registry_new(struct host *host, const char *const *folders, size_t folder_count)
{
    struct registry *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    r->mem = arena_new();
    r->host = host;
    const char **kept = ARENA_ARRAY(r->mem, const char *, folder_count);
    for (size_t i = 0; i < folder_count; i++)
        kept[i] = arena_text(r->mem, folders[i]);
    r->folders = kept;
    r->folder_count = folder_count;
    return r;
}

void registry_free(struct registry *r)
{
    if (!r)
        return;
    host_settle(r->host); /* no job may run when its driver is closed */
    for (size_t i = 0; i < r->drivers.count; i++) {
        const struct driver *d = r->drivers.at[i];
        if (d->plugin->close)
            d->plugin->close(d->self);
    }
    ARRAY_DONE(&r->drivers);
    arena_free(r->mem);
    free(r);
}

/* ---- adding ------------------------------------------------------------------------------------------ */

/* "dns" or "dns/parent": as the region file spells it. */
static const char *label_of(struct arena *mem, const struct registry_ask *ask)
{
    const char *slash = ask->instance[0] ? "/" : "";
    return arena_print(mem, "%s%s%s", ask->subsystem, slash, ask->instance);
}

/* A file that holds another plugin than its name says would be found, trusted and shown under a false name.
 */
static bool check_names(const struct registry_ask *ask, const char *path, const struct lf_plugin *p,
                        struct err *err)
{
    if (str_equal(p->subsystem, ask->subsystem) && str_equal(p->name, ask->driver))
        return true;
    err_set(err, "plugin.bad_descriptor", "'%s' holds the plugin %s-%s", path, p->subsystem, p->name);
    return err_advise(err, "a plugin's file is named <subsystem>-<name>.so");
}

/* The strings of `why` are the plugin's own constants; a plugin that gives none still gets a sentence. */
static bool open_driver(struct driver *d, const char *label, struct err *err)
{
    struct lf_diag why = {.struct_size = sizeof(why)};
    if (d->plugin->open(host_table(d->host), (const struct lf_value *)d->settings, &d->self, &why) == 0)
        return true;
    err_set(err, "plugin.cannot_open", "driver %s-%s for '%s': %s%s%s", d->subsystem, d->name, label,
            why.path ? why.path : "", why.path ? ": " : "",
            why.summary ? why.summary : "it refused its settings without a word");
    if (why.detail)
        err_detail(err, "%s", why.detail);
    if (why.advice)
        err_advise(err, "%s", why.advice);
    return false;
}

/* Of the bytes that were loaded; a plan records it, so that another build shows. */
static bool take_digest(struct arena *mem, struct driver *d, struct err *err)
{
    return registry_folder_digest(mem, d->so_path, &d->so_digest, err);
}

/* Its contract is compiled anew: another way to answer is another set of verbs. */
static bool stand_in(struct registry *r, const struct registry_stand_in *other, struct driver *d,
                     struct err *err)
{
    d->plugin = other->take(other->user, r->mem, d, &d->self);
    return contract_compile(r->mem, d->plugin, &d->contract, err);
}

/* From a name to an opened driver, in the order in which a person can mend things: the file, its trust, its
 * age, its contract, the settings, and last the driver's own objections. */
static bool make_driver(struct registry *r, const struct registry_ask *ask, const char *label,
                        struct driver **out, struct err *err)
{
    struct driver *d = ARENA_NEW(r->mem, struct driver);
    if (!registry_folder_find(r->mem, r->folders, r->folder_count, ask->subsystem, ask->driver, &d->so_path,
                              err) ||
        !loader_open(d->so_path, &d->plugin, err) || !check_names(ask, d->so_path, d->plugin, err) ||
        !contract_compile(r->mem, d->plugin, &d->contract, err) || !take_digest(r->mem, d, err))
        return false;
    d->subsystem = d->plugin->subsystem;
    d->instance = arena_text(r->mem, ask->instance);
    d->name = d->plugin->name;
    d->version = d->plugin->version;
    d->contract_version = d->plugin->contract_version;
    d->where = arena_text(r->mem, ask->where);
    d->shared = ask->shared;
    d->host = r->host;
    if (!registry_settings_resolve(r->mem, r->host, d->contract.settings, ask->settings, label, ask->where,
                                   &d->settings, err) ||
        !(ask->stand_in ? stand_in(r, ask->stand_in, d, err) : open_driver(d, label, err)))
        return false;
    *out = d;
    return true;
}

static int order(const struct driver *d, const char *subsystem, const char *instance)
{
    int by_subsystem = strcmp(d->subsystem, subsystem);
    return by_subsystem ? by_subsystem : strcmp(d->instance, instance);
}

/* Where it is, or where it would go. */
/* Sorted at all times, so that every listing has one order. */
static size_t position(const struct registry *r, const char *subsystem, const char *instance)
{
    size_t low = 0, high = r->drivers.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(r->drivers.at[middle], subsystem, instance) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The drivers block is where a person mends it, unless a place nearer to the fault is known. */
static void place(struct err *err, const char *where)
{
    size_t room = sizeof(err->where) - 1;
    if (!where || err->where[0])
        return;
    size_t count = strnlen(where, room);
    memcpy(err->where, where, count);
    err->where[count] = '\0';
}

bool registry_add(struct registry *r, const struct registry_ask *ask, struct err *err)
{
    const char *label = label_of(r->mem, ask);
    struct driver *d = NULL;
    if (registry_find(r, ask->subsystem, ask->instance)) {
        err_set(err, "plugin.repeated", "two drivers for '%s'", label);
        place(err, ask->where);
        return err_advise(err, "give the second an instance of its own: %s/<name>", ask->subsystem);
    }
    if (!make_driver(r, ask, label, &d, err)) {
        place(err, ask->where);
        return false;
    }
    size_t at = position(r, d->subsystem, d->instance);
    ARRAY_PUSH(&r->drivers, d);
    memmove(&r->drivers.at[at + 1], &r->drivers.at[at], (r->drivers.count - 1 - at) * sizeof(d));
    r->drivers.at[at] = d;
    return true;
}

/* ---- asking ------------------------------------------------------------------------------------------ */

const struct driver *registry_find(const struct registry *r, const char *subsystem, const char *instance)
{
    size_t at = position(r, subsystem, instance);
    bool there = at < r->drivers.count && order(r->drivers.at[at], subsystem, instance) == 0;
    return there ? r->drivers.at[at] : NULL;
}

const struct driver *const *registry_drivers(const struct registry *r, size_t *count)
{
    *count = r->drivers.count;
    return (const struct driver *const *)r->drivers.at;
}
