#include "region/provenance.h"

#include <string.h>

#include "base/err.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "region/nearest.h"
#include "region/region.h"

/* What is absent on purpose has a story too: true, and told. */
static bool left_out(const struct region *region, const char *path, struct err *err)
{
    for (size_t i = 0; i < region->absent_count; i++) {
        const struct region_absent *a = &region->absents[i];
        size_t n = strlen(a->what);
        if (strncmp(path, a->what, n) != 0 || (path[n] != '\0' && path[n] != '.' && path[n] != '['))
            continue;
        const struct origin *at = origins_get(region->origins, a->where);
        err_set(err, "provenance.absent", "'%s' is absent from '%s' on purpose: %s", path, region->name,
                a->why);
        if (at)
            err_at(err, at->file, at->line, at->column);
        err_advise(err, "ask %s%s%s", a->owner, a->revisit ? "; to be looked at again on " : "",
                   a->revisit ? a->revisit : "");
        return true;
    }
    return false;
}

/* Every origin leads to an earlier one, so the chain is walked twice and never loops: once to count, once to
 * turn it round. */
bool provenance_of(struct arena *mem, const struct region *region, const char *path,
                   const struct provenance_step **steps, size_t *count, struct err *err)
{
    struct path parsed;
    if (!path_parse(mem, path, &parsed, err))
        return false;
    const struct value *v = path_get(region->view, &parsed);
    if (v == NULL) {
        if (left_out(region, path, err))
            return false;
        err_set(err, "provenance.unknown_path", "region '%s' has no '%s'", region->name, path);
        return err_advise(err, "%s", nearest_advice(mem, region->view, &parsed));
    }
    size_t total = 0;
    const struct origin *at = origins_get(region->origins, v->where);
    for (; at != NULL; at = origins_get(region->origins, at->from))
        total++;
    struct provenance_step *found = ARENA_ARRAY(mem, struct provenance_step, total);
    at = origins_get(region->origins, v->where);
    for (size_t i = total; i > 0; i--) {
        found[i - 1] = (struct provenance_step){at, at->value};
        at = origins_get(region->origins, at->from);
    }
    *steps = found;
    *count = total;
    return true;
}
