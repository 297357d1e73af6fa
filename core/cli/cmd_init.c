#include "cli/args.h"
#include "cli/commands.h"
#include "cli/init_files.h"
#include "cli/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

/* init: no store and no driver is touched; what it writes is what landfall plan reads next. */

/* All or nothing: a project half of which is somebody's older one helps nobody. */
static bool check_empty(struct session *s, const char *folder, struct err *err)
{
    size_t count;
    const struct init_file *files = init_files_list(&count);
    for (size_t i = 0; i < count; i++) {
        const char *path = file_join(s->mem, folder, files[i].path);
        if (!file_exists(path))
            continue;
        err_set(err, "init.exists", "'%s' is there already, and nothing is overwritten", path);
        return err_advise(err, "give another folder: landfall init DIR");
    }
    return true;
}

/* Each file whole or not at all; a full disk leaves some out, and says which. */
static bool write_all(struct session *s, const char *folder, struct err *err)
{
    size_t count;
    const struct init_file *files = init_files_list(&count);
    for (size_t i = 0; i < count; i++) {
        const char *path = file_join(s->mem, folder, files[i].path);
        if (!file_make_folders(file_folder(s->mem, path), 0755, err) ||
            !file_replace(path, files[i].text, strlen(files[i].text), 0644, err))
            return err_wrap(err, "writing the project");
        if (!s->quiet)
            out_print(&s->out, "    %s\n", path);
    }
    return true;
}

bool cmd_init_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    const char *word = args_word(args, 0);
    if (!session_open_start(s, err))
        return false;
    const char *folder = word ? word : ".";
    if (!folder[0]) {
        err_set(err, "init.no_name", "'' is no folder to start a project in");
        return err_advise(err, "name one, or leave it out to start here: landfall init DIR");
    }
    if (!check_empty(s, folder, err) || !write_all(s, folder, err))
        return false;
    *exit_code = COMMAND_OK;
    if (s->quiet)
        return true;
    out_text(&s->out, "A project of two regions: us, which is copied from, and eu.\n");
    if (word)
        out_print(&s->out, "Next: cd %s && landfall plan eu\n", word);
    else
        out_text(&s->out, "Next: landfall plan eu\n");
    return true;
}
