#include <landfall/plugin.h>

static const struct lf_plugin plugin = {
    .abi_major = LF_ABI_MAJOR, .subsystem = "bad", .name = "no-struct-size"};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    return &plugin;
}
