#include "cli/args.h"
#include "cli/commands.h"
#include "cli/comparing.h"
#include "cli/session.h"

#include "base/err.h"
#include "base/str.h"
#include "launch/parity.h"
#include "report/as_json.h"
#include "report/as_text.h"

bool cmd_diff_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *region = args_word(args, 0), *other = args_word(args, 1);
    struct parity *parity;
    if (str_equal(region, other)) {
        err_set(err, "usage.same_region", "'%s' does not differ from itself", region);
        return err_advise(err, "name another region: landfall diff %s us", region);
    }
    if (!session_open_region(s, region, err) || !session_check_region(s, other, err) ||
        !session_open_drivers(s, err) || !comparing_make(s, other, false, &parity, err))
        return false;
    if (s->json)
        as_json_parity(&s->out, parity);
    else
        as_text_parity(&s->out, parity,
                       s->quiet     ? AS_TEXT_BRIEF
                       : s->verbose ? AS_TEXT_FULL
                                    : AS_TEXT_NORMAL);
    bool open = parity->unexplained > 0 && args_has(args, OPTION_EXIT_CODE);
    *exit_code = open ? COMMAND_CHANGES : COMMAND_OK;
    return true;
}
