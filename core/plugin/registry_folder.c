#include "plugin/registry_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "plugin/loader.h"
#include "plugin/registry.h"

#define LIBRARY_MAX ((size_t)256 << 20) /* with debug information and a client library linked in */

struct files {
    ARRAY(const char *) at; /* names without a folder: "dns-local.so" */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the plugins of one folder, sorted.  False when it cannot be read: errno says why. */
/* Hidden files are left out: an editor's or a package manager's temporary copy is no plugin. */
static bool list(struct arena *mem, const char *folder, struct files *out)
{
    size_t before = out->at.count;
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.' && str_ends(entry->d_name, ".so"))
            ARRAY_PUSH(&out->at, arena_text(mem, entry->d_name));
    }
    closedir(dir);
    if (out->at.count > before)
        qsort(out->at.at + before, out->at.count - before, sizeof(out->at.at[0]), by_name);
    return true;
}

/* "looked in 'plugins' (billing-local.so, dns-local.so) and 'lib' (no such folder)". */
static bool missing(struct arena *mem, const char *const *folders, size_t count, const char *file,
                    struct err *err)
{
    struct buf seen;
    struct files files = {0};
    buf_init(&seen, sizeof(err->detail));
    for (size_t i = 0; i < count; i++) {
        size_t before = files.at.count;
        buf_print(&seen, "%s'%s' (", i ? ", " : "looked in ", folders[i]);
        if (!list(mem, folders[i], &files))
            buf_text(&seen, errno == ENOENT ? "no such folder" : strerror(errno));
        else if (files.at.count == before)
            buf_text(&seen, "no plugins");
        for (size_t k = before; k < files.at.count; k++)
            buf_print(&seen, "%s%s", k > before ? ", " : "", files.at.at[k]);
        buf_char(&seen, ')');
    }
    err_set(err, "plugin.missing", "no plugin '%s'", file);
    err_detail(err, "%s", count ? seen.at : "no plugin folders are configured");
    const char *near = str_nearest(file, files.at.at, files.at.count);
    if (near)
        err_advise(err, "did you mean '%.*s'?", (int)(strlen(near) - strlen(".so")), near);
    else
        err_advise(err, "install the plugin, or add its folder under 'plugins' in landfall.yaml");
    buf_done(&seen);
    ARRAY_DONE(&files.at);
    return false;
}

/* A name with a slash in it could lead out of the configured folders, which is where trust ends. */
bool registry_folder_find(struct arena *mem, const char *const *folders, size_t folder_count,
                          const char *subsystem, const char *driver, const char **path, struct err *err)
{
    const char *file = arena_print(mem, "%s-%s.so", subsystem, driver);
    for (size_t i = 0; i < folder_count && !strchr(file, '/'); i++) {
        const char *candidate = file_join(mem, folders[i], file);
        if (!file_exists(candidate))
            continue;
        *path = candidate;
        return true;
    }
    return missing(mem, folders, folder_count, file, err);
}

/* In memory of its own: the library is far larger than its digest. */
bool registry_folder_digest(struct arena *mem, const char *path, const char **digest, struct err *err)
{
    struct arena *tmp = arena_new();
    const char *bytes;
    size_t count;
    bool good = file_read(tmp, path, LIBRARY_MAX, &bytes, &count, err);
    if (good) {
        char *hex = arena_alloc(mem, DIGEST_HEX);
        digest_text(bytes, count, hex);
        *digest = hex;
    }
    arena_free(tmp);
    return good;
}

/* ---- for `plugin list` --------------------------------------------------------------------------------- */

/* Loads it and checks its contract, as for use. */
static void look(struct arena *mem, const char *path, struct registry_found *out)
{
    struct contract contract;
    struct err err;
    const struct lf_plugin *plugin = NULL;
    out->path = path;
    if (loader_open(path, &plugin, &err) && contract_compile(mem, plugin, &contract, &err))
        out->plugin = plugin;
    else
        out->refusal = arena_print(mem, err.detail[0] ? "%s: %s" : "%s", err.summary, err.detail);
}

/* A folder that does not exist has no plugins; one that cannot be read is an error, or a plugin would vanish
 * from the list without a trace. */
bool registry_scan(struct arena *mem, const char *const *folders, size_t folder_count,
                   struct registry_found **out, size_t *count, struct err *err)
{
    ARRAY(struct registry_found) found = {0};
    for (size_t i = 0; i < folder_count; i++) {
        struct files files = {0};
        if (!list(mem, folders[i], &files) && errno != ENOENT) {
            ARRAY_DONE(&found);
            return err_sys(err, "plugin.cannot_list", errno, "cannot open plugin folder '%s'", folders[i]);
        }
        for (size_t k = 0; k < files.at.count; k++) {
            struct registry_found one = {0};
            look(mem, file_join(mem, folders[i], files.at.at[k]), &one);
            ARRAY_PUSH(&found, one);
        }
        ARRAY_DONE(&files.at);
    }
    *out = ARRAY_KEEP(&found, mem);
    *count = found.count;
    ARRAY_DONE(&found);
    return true;
}
