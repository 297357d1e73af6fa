#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "base/arena.h"
#include "plugin/registry.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* plugin list: loading is looking.  A plugin that is refused is shown with the reason, since that is what
 * the question is usually about. */

bool cmd_plugin_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    (void)args;
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
    *exit_code = COMMAND_OK;
    return true;
}
