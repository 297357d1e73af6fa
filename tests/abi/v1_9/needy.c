/* A plugin of a pretended version 1.9 that cannot do with less. */
#include "plugin.h"

static const struct lf_plugin plugin = {
    .struct_size = sizeof(plugin),
    .abi_major = LF_ABI_MAJOR,
    .abi_minor = LF_ABI_MINOR,
    .needs_minor = 9,
    .subsystem = "new",
    .name = "needy",
    .version = "1.9.0",
    .doc = "needs all of version 1.9",
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
