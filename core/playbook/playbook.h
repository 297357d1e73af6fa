/* The playbook: Lua evaluated against a region into declarations.  The Lua world stays alive behind them,
 * because landfall.map's functions and the bodies of actions run later.  Errors carry file:line of the
 * playbook and a traceback a person can read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/catalog.h"
#include "model/decl.h"
#include "script/script.h"

struct arena;
struct err;
struct expr;
struct playbook;
struct region;
struct value;

struct playbook_ask {
    const char *project; /* folder; require, read_csv and read_text stay inside it */
    const char *path;    /* playbooks/saas.lua, relative to it */
    const struct region *region;
    struct catalog catalog;
    /* landfall.region_output("us", "db_host"): the value, or an error that says how to get it. */
    void *user;
    bool (*region_output)(void *user, struct arena *mem, const char *region, const char *name,
                          const struct value **out, struct err *err);
    struct script_limits limits; /* zero: the defaults */
};

/* The declarations live in `mem`, the Lua world until playbook_free; region, catalog and user are borrowed
 * until then. */
MUST_USE bool playbook_load(struct arena *mem, const struct playbook_ask *ask, struct playbook **out,
                            struct err *err);
/* Is its file Lua at all?  For whoever cannot run it: no region is asked, and what it requires is not read.
 */
MUST_USE bool playbook_check_syntax(const char *project, const char *path, struct err *err);
void playbook_free(struct playbook *p);
/* No thread of it is left until a function of it is called: the process may fork. */
void playbook_rest(struct playbook *p);
const struct decls *playbook_decls(const struct playbook *p);
/* Runs a landfall.map function: fits expr_world.call with user = playbook. */
bool playbook_call(void *playbook, uint32_t fn, const struct value *arg, struct arena *mem,
                   const struct value **out, struct err *err);
