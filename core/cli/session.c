#include "cli/session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/outfile.h"
#include "base/str.h"
#include "base/tick.h"
#include "cli/args.h"
#include "cli/noticing.h"
#include "cli/secrets.h"
#include "cli/suggest.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/pool.h"
#include "model/addr.h"
#include "model/decl.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plan/policy.h"
#include "playbook/playbook.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "region/price_book.h"
#include "region/project.h"
#include "region/region.h"
#include "report/as_text.h"

/* ---- streams -------------------------------------------------------------------------------- */

static unsigned columns_of(int fd)
{
    struct winsize size;
    if (!isatty(fd))
        return 0;
    /* 80: what a terminal that does not tell its width can be relied on to have. */
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* A locale that names UTF-8 anywhere in the variables that decide shows UTF-8; NO_COLOR: no-color.org. */
static bool shows_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static struct out_style style_of(const struct args *args, int fd)
{
    const char *when = args_text(args, OPTION_COLOR, "auto"), *no_color = getenv("NO_COLOR"),
               *term = getenv("TERM");
    bool wanted = isatty(fd) && !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
    return (struct out_style){
        .color = strcmp(when, "auto") == 0 ? wanted : strcmp(when, "always") == 0,
        /* A file or a pipe gets UTF-8 in any locale: what it holds must not depend on who ran the command. */
        .ascii = args_has(args, OPTION_ASCII) || (isatty(fd) && !shows_utf8()),
        .columns = columns_of(fd),
    };
}

void session_open(struct session *s, struct arena *mem, const struct args *args)
{
    *s = (struct session){.mem = mem, .args = args};
    s->json = args_has(args, OPTION_JSON);
    s->quiet = args_has(args, OPTION_QUIET);
    s->verbose = args_has(args, OPTION_VERBOSE);
    s->filter = out_filter_new();
    out_open(&s->out, STDOUT_FILENO, style_of(args, STDOUT_FILENO), s->filter);
    out_open(&s->err, STDERR_FILENO, style_of(args, STDERR_FILENO), s->filter);
    s->live = isatty(s->json ? STDERR_FILENO : STDOUT_FILENO);
    s->can_ask = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !s->json;
    diag_init(&s->diags, mem);
}

/* A reader that went away knows that it did; a full disk or a closed stream would go unnoticed. */
static void tell_lost_output(struct session *s)
{
    struct err err;
    if (!s->out.failed || s->out.error == EPIPE)
        return;
    err_sys(&err, "cli.output", s->out.error, "what was to be said could not be written");
    err_advise(&err, "the work itself did not stop for that: make room, or mend where the output goes, then "
                     "ask again");
    as_text_err(&s->err, &err);
}

/* The order is the reverse of opening: drivers are closed before the host they talk to, the host before its
 * loop. */
bool session_close(struct session *s)
{
    if (!s->stranded)
        noticing_stop(s->noticing);
    if (s->writer)
        store_writer_close(s->writer);
    s->writer = NULL;
    if (!s->stranded) {
        noticing_free(s->noticing);
        playbook_free(s->playbook);
        policy_free(s->policy);
        if (s->registry)
            registry_free(s->registry);
        if (s->host)
            host_free(s->host);
        if (s->http)
            http_free(s->http);
        if (s->pools)
            pools_free(s->pools);
        if (s->loop)
            loop_free(s->loop);
    }
    bool told = out_close(&s->out);
    tell_lost_output(s);
    told = out_close(&s->err) && told;
    secrets_free(s->secrets);
    out_filter_free(s->filter);
    return told;
}

/* ---- the project ---------------------------------------------------------------------------- */

/* Drivers and playbooks name files relative to the project, so its folder is where the process works. */
static bool go_to(const char *folder, struct err *err)
{
    return chdir(folder) == 0 || err_sys(err, "cli.folder", errno, "cannot work in '%s'", folder);
}

bool session_open_start(struct session *s, struct err *err)
{
    if (s->start)
        return true;
    for (size_t i = 0; i < s->args->options[OPTION_FOLDER].count; i++) {
        if (!go_to(s->args->options[OPTION_FOLDER].at[i], err))
            return false;
    }
    s->start = file_real(s->mem, ".");
    return s->start || err_sys(err, "cli.folder", errno, "cannot tell which folder this is");
}

bool session_open_project(struct session *s, struct err *err)
{
    const char *folder;
    if (s->project)
        return true;
    return session_open_start(s, err) && project_find(s->mem, s->start, &folder, err) && go_to(folder, err) &&
           project_load(s->mem, folder, &s->project, &s->diags, err);
}

const char *session_file(const struct session *s, const char *path)
{
    return file_join(s->mem, s->start, path);
}

static bool is_below(const char *path, const char *folder)
{
    size_t count = strlen(folder);
    return path && strncmp(path, folder, count) == 0 && (path[count] == '/' || path[count] == '\0');
}

/* A new file there would be taken for a store, or for part of one: by its name, or by where a link leads.
 * Where the project itself lies in that folder, nothing can be kept out of it. */
static bool check_outside_stores(const struct session *s, const char *path, struct err *err)
{
    const char *stores = file_real(s->mem, s->project->store);
    if (!stores || is_below(file_real(s->mem, s->project->folder), stores))
        return true;
    if (!is_below(file_real(s->mem, file_folder(s->mem, path)), stores) &&
        !is_below(file_real(s->mem, path), stores))
        return true;
    err_set(err, "store.reserved", "'%s' is in the folder of the stores, where only landfall keeps files",
            path);
    return err_advise(err, "name a file outside '%s'", s->project->store);
}

bool session_may_write(const struct session *s, const char *path, const struct outfile_kind *kind,
                       struct err *err)
{
    return check_outside_stores(s, path, err) && outfile_check(path, kind, err);
}

/* Each folder once, by its real path: in a build tree and in an installed one the same place has two names.
 */
static void add_folder(struct session *s, const char ***at, size_t *count, const char *folder)
{
    const char *real = file_real(s->mem, folder);
    for (size_t i = 0; real && i < *count; i++) {
        if (strcmp((*at)[i], real) == 0)
            return;
    }
    if (real && file_is_folder(real))
        (*at)[(*count)++] = real;
}

bool session_open_plugin_folders(struct session *s, struct err *err)
{
    if (s->plugin_folders)
        return true;
    if (!session_open_start(s, err))
        return false;
    struct err none;
    const char *folder;
    if (!s->project && project_find(s->mem, s->start, &folder, &none) && !session_open_project(s, err))
        return false;
    /* Beside the program, where it is installed, and in the tree it was built in. */
    static const char *const ours[] = {"plugins", "../lib/landfall/plugins", "../plugins"};
    size_t mine = s->project ? s->project->plugin_count : 0, count = 0;
    const char **at = ARENA_ARRAY(s->mem, const char *, mine + COUNT_OF(ours) + 1);
    for (size_t i = 0; i < mine; i++)
        add_folder(s, &at, &count, s->project->plugins[i]);
    const char *program = file_real(s->mem, "/proc/self/exe");
    for (size_t i = 0; program && i < COUNT_OF(ours); i++)
        add_folder(s, &at, &count, file_join(s->mem, file_folder(s->mem, program), ours[i]));
    s->plugin_folders = at;
    s->plugin_folder_count = count;
    return true;
}

/* ---- region and store ----------------------------------------------------------------------- */

static bool no_such_region(struct session *s, const char *name, struct err *err)
{
    const char *const *names;
    size_t count = 0;
    struct err none;
    if (!region_list(s->mem, s->project->folder, &names, &count, &none))
        count = 0;
    const char *near = str_nearest(name, names, count);
    err_set(err, "region.missing", "there is no region '%s'%s", name, suggest_text(s->mem, near));
    return err_advise(err, "regions are the files regions/<name>.yaml of '%s'", s->project->folder);
}

static bool has_region_file(const struct session *s, const char *region)
{
    const char *file = arena_print(s->mem, "regions/%s.yaml", region);
    return file_exists(file_join(s->mem, s->project->folder, file));
}

bool session_check_region(struct session *s, const char *region, struct err *err)
{
    return (addr_region_is_valid(region) && has_region_file(s, region)) || no_such_region(s, region, err);
}

/* Secrets and store are opened in either order. */
static void know_digest_key(struct session *s)
{
    if (s->secrets && s->truth.digest_key)
        secrets_set_digest_key(s->secrets, s->truth.digest_key);
}

bool session_open_store(struct session *s, const char *region, struct err *err)
{
    if (!session_open_project(s, err))
        return false;
    if (!addr_region_is_valid(region))
        return no_such_region(s, region, err);
    s->store_path = file_join(s->mem, s->project->store, arena_print(s->mem, "%s.db", region));
    if (!has_region_file(s, region) && !file_exists(s->store_path))
        return no_such_region(s, region, err);
    return session_read_store(s, err);
}

bool session_read_store(struct session *s, struct err *err)
{
    if (!store_read(s->mem, s->store_path, &s->truth, err))
        return false;
    know_digest_key(s);
    return true;
}

bool session_open_region(struct session *s, const char *region, struct err *err)
{
    return session_open_store(s, region, err) &&
           region_load(s->mem, s->project->folder, region, &s->region, &s->diags, err);
}

bool session_open_writer(struct session *s, const char *lineage, const char *command, struct err *err)
{
    if (!file_make_folders(s->project->store, 0700, err))
        return err_advise(err,
                          "landfall keeps there what it did: make it writable, or name another folder with "
                          "'store:' in landfall.yaml");
    if (!store_writer_open(s->loop, s->store_path, s->region->name, lineage, command, &s->writer, err))
        return err_wrap(err, "opening the store of '%s'", s->region->name);
    secrets_set_digest_key(s->secrets, store_writer_digest_key(s->writer));
    return true;
}

bool session_lock(struct session *s, const char *lineage, const char *command, struct err *err)
{
    struct store_brief now;
    if (s->truth.exists)
        lineage = s->truth.lineage;
    if (!session_open_writer(s, lineage, command, err) || !store_read_brief(s->mem, s->store_path, &now, err))
        return false;
    if (strcmp(now.lineage, lineage) == 0 && now.serial == s->truth.serial &&
        now.open_ops == s->truth.op_count)
        return true;
    err_set(err, "plan.overtaken", "another landfall changed region '%s' in the meantime", s->region->name);
    return err_advise(err, "nothing was done; look at what is due now: landfall plan %s", s->region->name);
}

/* ---- drivers -------------------------------------------------------------------------------- */

/* Asked when a command starts: the writer is opened later than the host. */
static int lock_descriptor(void *user)
{
    const struct session *s = user;
    return s->writer ? store_writer_lock_fd(s->writer) : -1;
}

void session_open_host(struct session *s)
{
    if (s->loop)
        return;
    s->loop = loop_new();
    s->pools = pools_new(s->loop, s->project->parallel);
    for (size_t i = 0; i < s->project->pool_count; i++) {
        const struct project_pool *p = &s->project->pools[i];
        pools_limit(
            s->pools, p->name,
            (struct pool_limits){
                .width = p->width, .rate_milli = p->rate_milli, .burst = p->burst, .lands_ms = p->lands_ms});
    }
    s->http = http_new(s->loop, (struct http_limits){.ca_file = s->project->http.ca_file,
                                                     .plain = s->project->http.plain,
                                                     .plain_count = s->project->http.plain_count});
    s->secrets = secrets_new(s->filter);
    secrets_set_key(s->secrets, s->project->key);
    know_digest_key(s);
    s->host = host_new((struct host_parts){.loop = s->loop,
                                           .pools = s->pools,
                                           .http = s->http,
                                           .secrets = secrets_for_host(s->secrets),
                                           .heirloom = {.user = s, .descriptor = lock_descriptor}});
}

/* One by one to the end: who mends three settings wants to hear of three. */
bool session_add_drivers(struct session *s, const struct registry_stand_in *stand_in, struct err *err)
{
    if (!session_open_plugin_folders(s, err))
        return false;
    s->registry = registry_new(s->host, s->plugin_folders, s->plugin_folder_count);
    bool ok = true;
    for (size_t i = 0; i < s->region->driver_count; i++) {
        const struct region_driver *d = &s->region->drivers[i];
        const struct origin *at = origins_get(s->region->origins, d->where);
        struct err one;
        struct registry_ask ask = {
            .subsystem = d->subsystem,
            .instance = d->instance,
            .driver = d->driver,
            .settings = d->settings,
            .shared = d->shared,
            .where = at ? arena_print(s->mem, "%s:%u:%u", at->file, at->line, at->column) : NULL,
            .stand_in = stand_in,
        };
        if (registry_add(s->registry, &ask, &one))
            continue;
        if (!one.where[0] && at)
            err_at(&one, at->file, at->line, at->column);
        diag_add_err(&s->diags, DIAG_ERROR, NULL, &one);
        if (ok)
            *err = one;
        ok = false;
    }
    return ok;
}

bool session_open_drivers(struct session *s, struct err *err)
{
    session_open_host(s);
    return session_add_drivers(s, NULL, err);
}

/* ---- playbook and prices -------------------------------------------------------------------- */

/* landfall.region_output: what another region's last run left behind. */
static bool region_output(void *user, struct arena *mem, const char *region, const char *name,
                          const struct value **out, struct err *err)
{
    struct session *s = user;
    struct store_snapshot other;
    const struct value *outputs = NULL;
    const char *path = file_join(mem, s->project->store, arena_print(mem, "%s.db", region));
    if (!addr_region_is_valid(region) || (!has_region_file(s, region) && !file_exists(path)))
        return no_such_region(s, region, err);
    if (!store_read(mem, path, &other, err))
        return err_wrap(err, "reading an output of region '%s'", region);
    if (other.outputs && !value_json_parse(mem, other.outputs, strlen(other.outputs), &outputs, err))
        return err_wrap(err, "reading an output of region '%s'", region);
    *out = value_get(outputs, name);
    if (*out)
        return true;
    err_set(err, "playbook.no_output", "region '%s' has no output '%s'", region, name);
    if (other.exists)
        return err_advise(err, "landfall output %s lists what it has", region);
    return err_advise(err, "build it first: landfall apply %s", region);
}

bool session_evaluate(struct session *s, const struct region *region, struct catalog catalog,
                      struct arena *mem, struct playbook **out, struct err *err)
{
    struct playbook_ask ask = {.project = s->project->folder,
                               .path = s->project->playbook,
                               .region = region,
                               .catalog = catalog,
                               .user = s,
                               .region_output = region_output};
    return playbook_load(mem, &ask, out, err);
}

bool session_open_playbook(struct session *s, struct err *err)
{
    return session_evaluate(s, s->region, registry_catalog(s->registry), s->mem, &s->playbook, err);
}

/* The book beside a driver: <subsystem>-<driver>.prices.yaml, where there is one. */
static bool find_book(struct session *s, const struct driver *d, struct price_book_at *out)
{
    const char *folder = file_folder(s->mem, d->so_path);
    const char *name = arena_print(s->mem, "%s-%s.prices.yaml", d->subsystem, d->name);
    if (!file_exists(file_join(s->mem, folder, name)))
        return false;
    *out = (struct price_book_at){folder, name, false};
    return true;
}

/* List prices that come with the drivers first, the project's own rates after them: a later one wins. */
bool session_open_prices(struct session *s, struct err *err)
{
    size_t driver_count = 0, count = 0;
    const struct driver *const *drivers = s->registry ? registry_drivers(s->registry, &driver_count) : NULL;
    struct price_book_at *books =
        ARENA_ARRAY(s->mem, struct price_book_at, driver_count + s->project->price_book_count + 1);
    for (size_t i = 0; i < driver_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(drivers[k]->so_path, drivers[i]->so_path) == 0;
        count += !seen && find_book(s, drivers[i], &books[count]);
    }
    for (size_t i = 0; i < s->project->price_book_count; i++)
        books[count++] = (struct price_book_at){s->project->folder, s->project->price_books[i], true};
    return price_book_load(s->mem, books, count, &s->prices, &s->diags, err);
}

const struct decls *session_decls(const struct session *s)
{
    static const struct decls none = {0};
    return s->playbook ? playbook_decls(s->playbook) : &none;
}

int64_t session_wall_ms(void)
{
    struct tick tick = tick_real();
    return tick.wall_ms(tick.user);
}
