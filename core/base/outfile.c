#include "base/outfile.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

/* A title that somebody wrote stands in the first line of some. */
#define HEAD_MOST ((size_t)64 << 10)

static bool is_signed(const struct outfile_sign *sign, const char *bytes, size_t count)
{
    size_t head = strlen(sign->head);
    if (count < head || memcmp(bytes, sign->head, head) != 0)
        return false;
    if (!sign->then)
        return true;
    const char *rest = bytes + head, *then = memmem(rest, count - head, sign->then, strlen(sign->then)),
               *end = memmem(rest, count - head, sign->end, strlen(sign->end));
    return then && (!end || then <= end);
}

bool outfile_gives_way(const struct outfile_kind *kind, const char *bytes, size_t count)
{
    for (size_t i = 0; i < kind->count; i++) {
        if (is_signed(&kind->signs[i], bytes, count))
            return true;
    }
    return count == 0;
}

bool outfile_check(const char *path, const struct outfile_kind *kind, struct err *err)
{
    struct arena *tmp = arena_new();
    const char *bytes = "";
    size_t count = 0;
    bool ok = !file_exists(path) || file_read_head(tmp, path, HEAD_MOST, &bytes, &count, err);
    if (!ok)
        err_advise(err, "name another file");
    else if (!outfile_gives_way(kind, bytes, count)) {
        ok = err_set(err, kind->code, "'%s' is there, and it is no %s", path, kind->what);
        err_advise(err, "name another file, or remove that one");
    }
    arena_free(tmp);
    return ok;
}
