/* The session: one command's world, wired as far as the command asks - the project, a region, what the store
 * remembers, drivers, playbook, prices.  Each part is opened once, and opens what it needs below it.  Nothing
 * is loaded that nobody asked for.  Lives from main's beginning to its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/catalog.h"
#include "model/diag.h"
#include "report/out.h"
#include "store/store.h"

struct arena;
struct args;
struct comparing_other;
struct decls;
struct err;
struct host;
struct http;
struct interrupts;
struct loop;
struct noticing;
struct outfile_kind;
struct playbook;
struct policy;
struct pools;
struct price_books;
struct project;
struct region;
struct registry;
struct registry_stand_in;
struct secrets;
struct store_writer;
struct taken_others;
struct waivers;

struct session {
    struct arena *mem;
    const struct args *args;
    struct out_filter *filter;
    struct out out, err; /* standard output and standard error */
    bool json, quiet, verbose;
    bool live;     /* progress may be redrawn in place */
    bool can_ask;  /* a person sits at both ends */
    bool stranded; /* operations are still in flight: nothing below may be freed, the process ends */
    struct diags diags;

    const char *start; /* folder the user works in: file arguments are relative to it */
    struct project *project;
    const char *const *plugin_folders;
    size_t plugin_folder_count;
    const char *store_path;
    struct store_snapshot truth;
    struct region *region;
    struct loop *loop;
    struct pools *pools;
    struct http *http;
    struct secrets *secrets;
    struct host *host;
    struct registry *registry;
    struct playbook *playbook;
    struct comparing_other *other;     /* of comparing.c: the region beside; or NULL */
    const struct taken_others *others; /* of siblings.c; NULL until something is planned */
    struct price_books *prices;
    struct policy *policy;   /* NULL: no rule holds */
    struct waivers *waivers; /* of the region */
    struct store_writer *writer;
    struct noticing *noticing;     /* NULL: nobody is told, or nothing is written */
    struct interrupts *interrupts; /* of running.c; NULL until something runs */
};

/* Streams and options; touches no file. */
void session_open(struct session *s, struct arena *mem, const struct args *args);
/* False when not all that was said could be written. */
bool session_close(struct session *s);

/* The folder the user works in: where the shell stands, or -C. */
MUST_USE bool session_open_start(struct session *s, struct err *err);
/* Finds landfall.yaml and makes its folder the working one, as drivers and playbooks expect. */
MUST_USE bool session_open_project(struct session *s, struct err *err);
/* Where drivers may lie: of the project, if there is one, then those landfall came with. */
MUST_USE bool session_open_plugin_folders(struct session *s, struct err *err);
/* The name is one of this project, by its file or by its store; then the store is read. */
MUST_USE bool session_open_store(struct session *s, const char *region, struct err *err);
/* Another region beside the session's: is there a file of it? */
MUST_USE bool session_check_region(struct session *s, const char *region, struct err *err);
/* Reads the store again: what was written meanwhile counts. */
MUST_USE bool session_read_store(struct session *s, struct err *err);
/* The loop and what talks on it: requests, secrets, pools. */
void session_open_host(struct session *s);
MUST_USE bool session_open_region(struct session *s, const char *region, struct err *err);
/* The drivers the region names, in one go: everything wrong with them is in the diags. */
MUST_USE bool session_open_drivers(struct session *s, struct err *err);
/* The same into a host that is there, with somebody in the place of each driver; NULL: the drivers. */
MUST_USE bool session_add_drivers(struct session *s, const struct registry_stand_in *stand_in,
                                  struct err *err);
MUST_USE bool session_open_playbook(struct session *s, struct err *err);
/* The playbook for a region that is not the session's, and types that need not be; for whoever compares. */
MUST_USE bool session_evaluate(struct session *s, const struct region *region, struct catalog catalog,
                               struct arena *mem, struct playbook **out, struct err *err);
MUST_USE bool session_open_prices(struct session *s, struct err *err);
/* The region's lock and the right to write.  lineage: for a store that is not there yet. */
MUST_USE bool session_open_writer(struct session *s, const char *lineage, const char *command,
                                  struct err *err);
/* The same for what was decided without the lock: with it in hand, the store must still be what was read, or
 * another landfall was faster (plan.overtaken). */
MUST_USE bool session_lock(struct session *s, const char *lineage, const char *command, struct err *err);

/* The steps that are declared: the playbook's, or none before it is open. */
const struct decls *session_decls(const struct session *s);
/* A file argument, as seen from where the user works. */
const char *session_file(const struct session *s, const char *path);
/* The file that -o names, before anything is asked or made for it: not below the folder of the stores, and
 * what is there is of its kind.  Whoever writes asks outfile_check once more.  The project is open. */
MUST_USE bool session_may_write(const struct session *s, const char *path, const struct outfile_kind *kind,
                                struct err *err);
/* The machine's clock. */
int64_t session_wall_ms(void);
