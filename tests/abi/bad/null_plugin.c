#include <landfall/plugin.h>

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return NULL;
}
