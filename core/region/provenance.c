#include "region/provenance.h"

#include "base/err.h"
#include "model/origins.h"
#include "model/path.h"
#include "model/value.h"
#include "region/nearest.h"
#include "region/region.h"

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
