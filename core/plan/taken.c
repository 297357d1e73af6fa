#include "plan/taken.h"

#include "base/arena.h"
#include "base/str.h"

const char *taken_reason(struct arena *mem, const char *marker, const char *note)
{
    const char *whose =
        marker ? arena_print(mem, "something with this name is there already, and it carries the marker %s",
                             marker)
               : "something with this name is there already, and it is not ours";
    return note ? arena_print(mem, "%s (%s)", whose, note) : whose;
}

const char *taken_adoption(struct arena *mem, const char *region, const char *address, const char *marker,
                           bool own)
{
    /* Every landfall's marker begins so: of another region, another project, or of a store that was lost. */
    bool of_another = !own && marker && str_starts(marker, "lf1.");
    return arena_print(mem, "`landfall adopt %s %s --yes%s` to take it over%s", region, address,
                       of_another ? " --lineage OLD" : "",
                       of_another ? " from the lost store of that lineage" : "");
}
