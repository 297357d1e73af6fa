/* The registry: the drivers a region names, loaded, opened and asked for by subsystem and instance.  Opening
 * does no I/O towards a service; it also happens for plan, describe and completion.  Lives as long as the
 * process's session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/catalog.h"
#include "plugin/contract.h"

struct arena;
struct diags;
struct err;
struct host;
struct value;

/* One opened driver: one instance of one plugin. */
struct driver {
    const char *subsystem, *instance; /* instance "" for the plain one */
    const char *name, *version;       /* "local", "1.0.0" */
    const char *so_path, *so_digest;  /* of the file that was loaded */
    uint32_t contract_version;
    const char *where;            /* file:line:column of its drivers block, or NULL */
    bool shared;                  /* every object behind it is a shared change */
    const struct value *settings; /* checked, defaults filled, secrets resolved */
    const struct lf_plugin *plugin;
    void *self;
    struct contract contract;
    struct host *host;
};

struct registry;

/* Takes the place of a plugin whose file was found, checked and compiled: what it returns, which lives as
 * long as the registry, is called instead, with *self.  d->plugin and d->settings are the real ones; that
 * plugin is not opened. */
struct registry_stand_in {
    void *user;
    const struct lf_plugin *(*take)(void *user, struct arena *mem, const struct driver *d, void **self);
};

struct registry_ask {
    const char *subsystem, *instance, *driver;
    const struct value *settings;
    bool shared;
    const char *where;                        /* file:line:column of the drivers block, for messages */
    const struct registry_stand_in *stand_in; /* or NULL: the plugin itself */
};

struct registry *registry_new(struct host *host, const char *const *folders, size_t folder_count);
/* Waits for their worker jobs (host_settle), then closes the drivers; never dlcloses.  Before the host. */
void registry_free(struct registry *r);
/* Loads <subsystem>-<driver>.so from the first folder that has it, checks and opens it. */
MUST_USE bool registry_add(struct registry *r, const struct registry_ask *ask, struct err *err);
const struct driver *registry_find(const struct registry *r, const char *subsystem,
                                   const char *instance); /* or NULL */
/* In order of subsystem, instance. */
const struct driver *const *registry_drivers(const struct registry *r, size_t *count);
struct catalog registry_catalog(struct registry *r);
const struct contract_type *driver_type(const struct driver *d, const char *type); /* or NULL */
const struct contract_call *driver_call(const struct driver *d, const char *call); /* or NULL */

/* Every plugin found in the folders, loadable or not, for `plugin list`. */
struct registry_found {
    const char *path;
    const struct lf_plugin *plugin; /* NULL when refused */
    const char *refusal;            /* why, when refused */
};
MUST_USE bool registry_scan(struct arena *mem, const char *const *folders, size_t folder_count,
                            struct registry_found **out, size_t *count, struct err *err);
