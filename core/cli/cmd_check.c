#include "cli/args.h"
#include "cli/commands.h"
#include "cli/policies.h"
#include "cli/session.h"
#include "cli/slips.h"

#include "base/arena.h"
#include "base/err.h"
#include "model/decl.h"
#include "model/schema.h"
#include "plan/graph.h"
#include "playbook/playbook.h"
#include "plugin/registry.h"
#include "region/own.h"
#include "region/project.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* check: for an editor and for a pipeline that reviews a change.  It asks no service and runs no driver's
 * verb, so it needs neither network nor credentials beyond those the drivers' settings name. */

/* Every step against its type, and the graph over all of them: what a plan finds before it asks a driver. */
static void check_steps(struct session *s)
{
    const struct decls *decls = session_decls(s);
    struct catalog catalog = registry_catalog(s->registry);
    struct graph *graph;
    struct err err;
    for (size_t i = 0; i < decls->count; i++) {
        const struct decl *d = &decls->at[i];
        const struct catalog_type *type;
        if (d->kind != DECL_RESOURCE && d->kind != DECL_EXISTING)
            continue;
        const char *where = arena_print(s->mem, "%s:%u", d->file, d->line);
        if (!catalog.type(catalog.user, d->subsystem, d->instance, d->type, &type, &err)) {
            err_at(&err, d->file, d->line, 0);
            diag_add_err(&s->diags, DIAG_ERROR, d->address, &err);
        } else if (d->kind == DECL_RESOURCE) {
            schema_check(s->mem, type->schema, d->attrs, d->address, where, &s->diags);
        }
    }
    /* False means that something was added to the diags: that is all a check wants to know. */
    if (!graph_build(s->mem, decls, &s->truth, &graph, &s->diags))
        return;
}

static bool run_playbook(struct session *s)
{
    const size_t before = s->diags.errors;
    struct err err;
    if (!session_open_playbook(s, &err)) {
        diag_add_untold(&s->diags, before, &err);
        return false;
    }
    check_steps(s);
    slips_of_residency(s, &s->diags);
    slips_of_durations(s, DIAG_WARNING, &s->diags);
    slips_of_launch(s, &s->diags);
    return true;
}

/* With a broken region or driver every error of the playbook would be an echo; whether it is Lua does not
 * depend on them.  What is left out: NULL when nothing is. */
static const char *check_build(struct session *s, const char *region, bool *drivers)
{
    const size_t before = s->diags.errors;
    struct err err;
    bool loaded = session_open_region(s, region, &err);
    *drivers = loaded && session_open_drivers(s, &err);
    if (*drivers)
        return run_playbook(s) ? NULL : "what the playbook does beyond that error";
    diag_add_untold(&s->diags, before, &err);
    if (!playbook_check_syntax(s->project->folder, s->project->playbook, &err))
        diag_add_err(&s->diags, DIAG_ERROR, NULL, &err);
    return loaded ? "the steps of the playbook"
                  : "the settings of the drivers, and the steps of the playbook";
}

/* What does not depend on each other is looked at whatever is wrong with the rest: who mends a region at
 * night wants to hear of all of it now. */
static const char *check_all(struct session *s, const char *region)
{
    struct err err;
    bool drivers;
    const char *left_out = check_build(s, region, &drivers);
    const size_t before = s->diags.errors;
    if (!session_open_prices(s, &err))
        diag_add_untold(&s->diags, before, &err);
    policies_check(s, region);
    slips_of_sinks(s, &s->diags);
    if (drivers)
        slips_of_rules(s, &s->diags);
    return left_out;
}

bool cmd_check_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0);
    if (!session_open_project(s, err))
        return false;
    if (!session_open_store(s, region, err))
        return false;
    const char *left_out = check_all(s, region);
    /* A playbook stops at the first fact it misses; what else there is to say, the files tell.  Where it runs
     * to its end it lacks nothing, whatever another region has. */
    if (!s->playbook)
        own_check(s->mem, s->project->folder, region, &s->diags);
    size_t steps = session_decls(s)->count;
    if (s->json)
        as_json_check(&s->out, region, steps, left_out, &s->diags);
    else
        as_text_diags(&s->out, &s->diags);
    bool ok = s->diags.errors == 0;
    if (!s->json && left_out)
        out_print(&s->out, "Not looked at before that is mended: %s.\n", left_out);
    if (!s->json && ok && !s->quiet)
        out_print(&s->out, "Region %s and its playbook are in order: %zu step%s.\n", region, steps,
                  steps == 1 ? "" : "s");
    *exit_code = ok ? COMMAND_OK : COMMAND_FAILED;
    return true;
}
