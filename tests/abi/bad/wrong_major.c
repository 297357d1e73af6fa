#include <landfall/plugin.h>

static const struct lf_plugin plugin = {
    .struct_size = sizeof(plugin),
    .abi_major = LF_ABI_MAJOR + 1,
    .subsystem = "bad",
    .name = "wrong-major",
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
