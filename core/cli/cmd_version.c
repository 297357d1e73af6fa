#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "landfall/plugin.h"

/* version: loads nothing and looks for no project, so that it answers wherever the program starts. */

bool cmd_version_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    (void)args;
    (void)err;
    if (s->json)
        out_print(&s->out,
                  "{\n  \"format\": \"landfall.version/1\",\n  \"version\": \"%s\",\n  \"abi\": \"%u.%u\",\n"
                  "  \"store\": %d\n}\n",
                  LANDFALL_VERSION, LF_ABI_MAJOR, LF_ABI_MINOR, STORE_SCHEMA);
    else
        out_print(&s->out, "landfall %s (plugin interface %u.%u, store %d)\n", LANDFALL_VERSION, LF_ABI_MAJOR,
                  LF_ABI_MINOR, STORE_SCHEMA);
    *exit_code = COMMAND_OK;
    return true;
}
