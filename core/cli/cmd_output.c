#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/suggest.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/value.h"
#include "model/value_json.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* output: what the last run left, from the store alone; for scripts first, for people second. */

static bool no_such_output(struct session *s, const char *region, const char *name, const struct value *all,
                           struct err *err)
{
    size_t count = value_kind(all) == VALUE_MAP ? all->count : 0;
    const char **names = ARENA_ARRAY(s->mem, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = all->pairs[i].key;
    const char *near = str_nearest(name, names, count);
    err_set(err, "output.missing", "region '%s' has no output '%s'%s", region, name,
            suggest_text(s->mem, near));
    if (count > 0)
        return err_advise(err, "landfall output %s lists what it has", region);
    return err_advise(err, "build it first: landfall apply %s", region);
}

/* Bare, for scripts: text as it is, anything else as JSON on one line. */
static void tell_one(struct session *s, const struct value *v)
{
    if (value_kind(v) == VALUE_TEXT)
        out_safe_n(&s->out, v->text, v->count);
    else
        out_text(&s->out, value_json_text(s->mem, v));
    out_char(&s->out, '\n');
}

bool cmd_output_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *name = args_word(args, 1);
    const struct value *all = NULL;
    if (!session_open_store(s, region, err))
        return false;
    const char *stored = s->truth.outputs;
    if (stored && !value_json_parse(s->mem, stored, strlen(stored), &all, err))
        return err_wrap(err, "reading the outputs of '%s'", region);
    if (name && !value_get(all, name))
        return no_such_output(s, region, name, all, err);
    if (s->json)
        as_json_outputs(&s->out, region, name, all);
    else if (name)
        tell_one(s, value_get(all, name));
    else
        as_text_outputs(&s->out, all);
    *exit_code = COMMAND_OK;
    return true;
}
