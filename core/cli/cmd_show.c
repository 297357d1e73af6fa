#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include "base/err.h"
#include "model/path.h"
#include "region/provenance.h"
#include "region/region.h"
#include "report/as_json.h"
#include "report/as_text.h"

/* show: a region and its story, from the files alone: no driver is loaded. */

bool cmd_show_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *path = args_word(args, 1);
    const struct provenance_step *story = NULL;
    size_t count = 0;
    bool why = args_has(args, OPTION_STORY);
    if (why && !path) {
        err_set(err, "usage.missing", "--why needs the path of a value");
        return err_advise(err, "landfall show %s services.NAME --why", region);
    }
    if (!session_open_region(s, region, err))
        return false;
    /* provenance_of knows every path there is, and says what comes near to one that is not. */
    if (path && !provenance_of(s->mem, s->region, path, &story, &count, err))
        return false;
    const struct value *v = path ? path_get_text(s->mem, s->region->view, path) : s->region->view;
    if (s->json)
        as_json_value(&s->out, region, path ? path : "", v, why ? story : NULL, count);
    else if (why)
        as_text_provenance(&s->out, path, story, count);
    else
        as_text_value(&s->out, v);
    *exit_code = COMMAND_OK;
    return true;
}
