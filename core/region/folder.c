#include "region/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/str.h"

/* The order of a folder is the file system's; a plan must not depend on it. */
static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool folder_list(struct arena *mem, const char *path, const char *suffix, const char *const **names,
                 size_t *count, struct err *err)
{
    ARRAY(const char *) found = {0};
    DIR *folder = opendir(path);
    if (folder == NULL && errno != ENOENT)
        return err_sys(err, "folder.cannot_open", errno, "cannot list '%s'", path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t length = strlen(entry->d_name), end = strlen(suffix);
        if (entry->d_name[0] != '.' && length > end && str_ends(entry->d_name, suffix))
            ARRAY_PUSH(&found, arena_text_n(mem, entry->d_name, length - end));
    }
    if (folder != NULL)
        closedir(folder);
    if (found.count > 1)
        qsort(found.at, found.count, sizeof(*found.at), by_name);
    *names = ARRAY_KEEP(&found, mem);
    *count = found.count;
    ARRAY_DONE(&found);
    return true;
}
