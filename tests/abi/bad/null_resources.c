#include "bad.h"

static const struct lf_plugin plugin = {
    .struct_size = sizeof(plugin),
    .abi_major = LF_ABI_MAJOR,
    .subsystem = "bad",
    .name = "null-resources",
    .version = "1.0.0",
    .doc = "offers nothing",
    .open = bad_open,
};

LF_EXPORT const struct lf_plugin *lf_plugin_v1(void)
{
    (void)bad_schema;
    (void)bad_settle;
    return &plugin;
}
