#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/secrets.h"
#include "conform/conform.h"
#include "plugin/registry.h"
#include "report/as_json.h"
#include "report/as_text.h"
#include "report/doc.h"

/* ---- plugin list: loading is looking ---------------------------------------------------------------------
 */

/* A plugin that is refused is shown with the reason, since that is what the question is usually about. */
static bool list(struct session *s, struct err *err)
{
    struct registry_found *found;
    size_t count;
    if (!session_open_plugin_folders(s, err) ||
        !registry_scan(s->mem, s->plugin_folders, s->plugin_folder_count, &found, &count, err))
        return false;
    struct facts_plugin *facts = ARENA_ARRAY(s->mem, struct facts_plugin, count + 1);
    for (size_t i = 0; i < count; i++)
        facts[i] = (struct facts_plugin){found[i].path, found[i].plugin, found[i].refusal, NULL};
    if (s->json)
        as_json_plugins(&s->out, facts, count);
    else
        as_text_plugins(&s->out, facts, count);
    return true;
}

/* ---- plugin test ------------------------------------------------------------------------------------------
 */

struct telling {
    struct session *s;
    struct conform_result result;
    struct doc doc;
    bool begun; /* the head was written: from there on nothing stops the suite */
};

static void begin(struct telling *t)
{
    if (t->begun)
        return;
    t->begun = true;
    if (t->s->json)
        as_json_conform_begin(&t->doc, &t->s->out, &t->result);
    else
        as_text_conform_head(&t->s->out, &t->result);
}

/* Each row at once: a case may take a minute, and a person watches. */
static void told(void *user, const struct conform_row *row)
{
    struct telling *t = user;
    begin(t);
    if (t->s->json)
        as_json_conform_row(&t->doc, row);
    else if (!t->s->quiet || row->outcome == CONFORM_FAILED)
        as_text_conform_row(&t->s->out, row, t->s->verbose);
    out_flush(&t->s->out);
}

static bool test(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    struct telling t = {.s = s};
    const char *sheet = args_text(args, OPTION_SETTINGS, NULL);
    if (!sheet) {
        err_set(err, "usage.missing", "what is the driver to be tried with?");
        return err_advise(err, "give it a file: landfall plugin test FILE.so --settings f.yaml");
    }
    if (!session_open_start(s, err))
        return false;
    s->secrets = secrets_new(s->filter);
    struct conform_ask ask = {.path = session_file(s, args_word(args, 1)),
                              .folder = s->start,
                              .sheet = sheet,
                              .secrets = secrets_for_host(s->secrets),
                              .user = &t,
                              .told = told};
    if (!conform_run(s->mem, &ask, &t.result, &s->diags, err))
        return false;
    if (s->json)
        as_json_conform_end(&t.doc, &t.result);
    else
        as_text_conform_foot(&s->out, &t.result);
    *exit_code = t.result.failed ? COMMAND_PARTIAL : COMMAND_OK;
    return true;
}

bool cmd_plugin_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    bool tests = strcmp(args_word(args, 0), "test") == 0;
    *exit_code = COMMAND_OK;
    if (tests && !args_word(args, 1)) {
        err_set(err, "usage.missing", "which driver? landfall plugin test FILE.so --settings f.yaml");
        return err_advise(err, "landfall plugin --help says more");
    }
    if (tests)
        return test(s, args, exit_code, err);
    if (args_word(args, 1) || args_has(args, OPTION_SETTINGS)) {
        err_set(err, "usage.too_many", "landfall plugin list looks at all there is, and takes nothing more");
        return err_advise(err, "landfall plugin --help says more");
    }
    return list(s, err);
}
