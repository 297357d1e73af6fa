#include <landfall/plugin.h>

/* What a plugin of the next major version exports. */
LF_EXPORT const void *lf_plugin_v2(void);

LF_EXPORT const void *lf_plugin_v2(void)
{
    return NULL;
}
