/* Gives every file of a folder to the fuzz target, in the order of their names.  An empty or missing
 * folder is a failure: it would test nothing. */
#include <dirent.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "fuzz.h"

#define INPUT_MAX (1u << 20)

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay(const char *folder, const char *name)
{
    struct arena *mem = arena_new();
    struct err err = {0};
    const char *bytes;
    size_t count;
    int failed = !file_read(mem, file_join(mem, folder, name), INPUT_MAX, &bytes, &count, &err);
    if (failed) {
        fprintf(stderr, "%s\n", err.summary);
    } else {
        /* Named first, so that an abort is seen to belong to it.  A copy of the exact size lets the
         * sanitizer notice a read past the end. */
        printf("%s (%zu bytes)\n", name, count);
        fflush(stdout);
        LLVMFuzzerTestOneInput(arena_copy(mem, bytes, count), count);
    }
    arena_free(mem);
    return failed;
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count <= 0) {
        fprintf(stderr, "usage: %s FOLDER (with at least one input)\n", argv[0]);
        return 2;
    }
    int failed = 0;
    for (int i = 0; i < count; i++) {
        failed |= replay(argv[1], entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return failed;
}
