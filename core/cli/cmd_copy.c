#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "region/draft.h"
#include "region/project.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* copy: a file to edit, made from the files alone: no driver is loaded, no store is read. */

static const char *describe(struct session *s, const struct draft *draft)
{
    const char *more = "";
    if (draft->leftovers > 0)
        more = arena_print(s->mem, "; %zu copied text%s to look at, as comments", draft->leftovers,
                           draft->leftovers == 1 ? "" : "s");
    return arena_print(s->mem, "wrote %s: %zu places say FILL IN%s", draft->path, draft->open, more);
}

bool cmd_copy_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *from = args_word(args, 0), *name = args_word(args, 1);
    struct draft draft;
    if (!session_open_project(s, err) ||
        !draft_make(s->mem, s->project->folder, from, name, &draft, &s->diags, err))
        return false;
    const char *path = file_join(s->mem, s->project->folder, draft.path);
    if (!file_replace(path, draft.text, strlen(draft.text), 0644, err))
        return err_wrap(err, "writing the copy");
    struct facts_deed deed = {.command = "copy",
                              .region = name,
                              .what = describe(s, &draft),
                              .next =
                                  arena_print(s->mem, "edit %s, then landfall check %s", draft.path, name)};
    if (s->json)
        as_json_deed(&s->out, &deed);
    else
        as_text_deed(&s->out, &deed);
    *exit_code = COMMAND_OK;
    return true;
}
