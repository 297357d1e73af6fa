#include "plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "model/addr.h"

#define SYMBOL "lf_plugin_v1"

/* All a plugin of 1.0 declares. */
#define PLUGIN_1_0 (offsetof(struct lf_plugin, types) + sizeof(((struct lf_plugin *)0)->types))

typedef const struct lf_plugin *plugin_fn(void);

/* Trust comes before dlopen: constructors of a library run inside it, before any symbol could be looked at.
 */
static bool check_place(const char *path, struct err *err)
{
    if (!file_exists(path)) {
        err_sys(err, "plugin.missing", errno, "cannot open '%s'", path);
        return err_advise(err, "build or install the plugin, or correct 'plugins' in landfall.yaml");
    }
    if (file_is_trusted(path, err))
        return true;
    struct err why = *err;
    err_set(err, "plugin.untrusted", "not loading '%s': %s", path, why.summary);
    err_detail(err, "a plugin runs with all your rights, so only root and you may be able to change it");
    return err_advise(err, "%s", why.advice[0] ? why.advice : "a plugin is a file <subsystem>-<name>.so");
}

/* Words for a library that loads, yet is none of ours or of another age. */
static bool no_symbol(void *library, const char *path, struct err *err)
{
    for (int major = 2; major < 10; major++) {
        char name[32];
        snprintf(name, sizeof(name), "lf_plugin_v%d", major);
        if (!dlsym(library, name))
            continue;
        err_set(err, "plugin.abi",
                "plugin '%s' speaks version %d of the plugin contract, this core version %u", path, major,
                LF_ABI_MAJOR);
        return err_advise(err, "use a newer landfall, or an older build of the plugin");
    }
    err_set(err, "plugin.no_symbol", "'%s' is not a landfall plugin: it has no " SYMBOL "()", path);
    return err_advise(err, "a plugin exports LF_EXPORT const struct lf_plugin *" SYMBOL "(void)");
}

static bool bad_plugin(struct err *err, const char *path, const char *what)
{
    err_set(err, "plugin.bad_descriptor", "'%s': %s", path, what);
    return err_advise(err, "report it to whoever wrote the plugin");
}

/* Only constant data is read here: no code of the plugin but its one accessor has run. */
static bool check_abi(const char *path, const struct lf_plugin *p, struct err *err)
{
    if (!p)
        return bad_plugin(err, path, SYMBOL "() gave NULL");
    if (p->struct_size < offsetof(struct lf_plugin, subsystem))
        return bad_plugin(err, path, "struct_size of its lf_plugin is not set");
    if (p->abi_major != LF_ABI_MAJOR) {
        err_set(err, "plugin.abi",
                "plugin '%s' speaks version %u of the plugin contract, this core version %u", path,
                p->abi_major, LF_ABI_MAJOR);
        return err_advise(err, "rebuild the plugin with this version's landfall/plugin.h");
    }
    if (p->needs_minor > LF_ABI_MINOR) {
        err_set(err, "plugin.abi",
                "plugin '%s' needs version %u.%u of the plugin contract, this core has %u.%u", path,
                p->abi_major, p->needs_minor, LF_ABI_MAJOR, LF_ABI_MINOR);
        return err_advise(err, "use a newer landfall, or an older build of the plugin");
    }
    if (p->struct_size < PLUGIN_1_0)
        return err_set(err, "plugin.bad_descriptor",
                       "'%s': its lf_plugin is smaller than that of version 1.0", path);
    return true;
}

/* Names become parts of addresses, so they must be fit for it. */
static bool check_text(const char *path, const char *field, const char *text, bool name, struct err *err)
{
    if (text && text[0] && (!name || addr_name_is_valid(text)))
        return true;
    err_set(err, "plugin.bad_descriptor", "'%s': lf_plugin.%s is %s", path, field,
            text && text[0] ? "not a valid name" : "missing");
    return err_advise(err, "report it to whoever wrote the plugin");
}

/* Only what every later message needs; types and calls are the contract's business. */
static bool check_fields(const char *path, const struct lf_plugin *p, struct err *err)
{
    if (!check_text(path, "subsystem", p->subsystem, true, err) ||
        !check_text(path, "name", p->name, true, err) ||
        !check_text(path, "version", p->version, false, err) || !check_text(path, "doc", p->doc, false, err))
        return false;
    if (p->open)
        return true;
    err_set(err, "plugin.bad_descriptor", "plugin %s-%s has no open()", p->subsystem, p->name);
    return err_advise(err, "report it to whoever wrote the plugin");
}

/* RTLD_NOW finds a missing symbol here and not in the middle of a run; RTLD_LOCAL keeps two plugins with the
 * same inner names apart.  There is no dlclose: libraries leave threads and destructors behind that outlive
 * it. */
static bool open_library(const char *path, void **library, struct err *err)
{
    struct arena *tmp = arena_new();
    const char *real = file_real(tmp, path); /* a name without a slash would be searched for elsewhere */
    *library = real ? dlopen(real, RTLD_NOW | RTLD_LOCAL) : NULL;
    const char *why = real ? dlerror() : "it is gone";
    arena_free(tmp);
    if (*library)
        return true;
    err_set(err, "plugin.cannot_load", "cannot load plugin '%s'", path);
    err_detail(err, "%s", why ? why : "");
    return err_advise(err, "was it built for this machine, with all its libraries installed?  try: ldd '%s'",
                      path);
}

bool loader_open(const char *path, const struct lf_plugin **out, struct err *err)
{
    void *library = NULL;
    if (!check_place(path, err) || !open_library(path, &library, err))
        return false;
    plugin_fn *plugin = NULL;
    void *symbol = dlsym(library, SYMBOL);
    if (!symbol)
        return no_symbol(library, path, err);
    memcpy(&plugin, &symbol, sizeof(plugin)); /* ISO C has no cast from an object to a function */
    const struct lf_plugin *p = plugin();
    if (!check_abi(path, p, err) || !check_fields(path, p, err))
        return false;
    *out = p;
    return true;
}
