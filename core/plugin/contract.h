/* The contract: a plugin's descriptor (stride-aware lf_ structs) compiled once into the model's schemas and
 * checked for sense, so that nothing above meets a raw lf_schema.  Lives in the registry's arena. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "landfall/plugin.h"
#include "model/catalog.h"

struct arena;
struct err;

struct contract_type {
    struct catalog_type facts;
    const struct lf_resource *raw; /* read younger fields only through LF_HAS */
    struct lf_settle settle;       /* zero-filled where the plugin knew less */
    const char *pool;              /* never NULL */
    size_t max_batch;              /* at least 1 */
    bool has_update, has_plan, has_recover, has_estimate, has_find, has_owned, has_upgrade;
    bool has_read_many, has_change_many, has_recover_many, has_find_many;
};

struct contract_call {
    struct catalog_call facts;
    const struct lf_call *raw;
    uint32_t settle; /* LF_SETTLE_* of running it */
    uint32_t retention_s, max_inflight_ms;
    const char *pool;
    bool has_recover;
};

struct contract {
    const struct schema *settings; /* or NULL: takes none */
    const struct contract_type *types;
    size_t type_count;
    const struct contract_call *calls;
    size_t call_count;
};

/* Can there be but one object of a natural name?  Then a create under one that is taken ends as EXISTS, which
 * the contract tests hold every driver to; elsewhere two may stand side by side. */
bool contract_names_are_unique(const struct contract_type *type);
/* Errors "plugin.bad_descriptor" name the plugin, the type and the field. */
MUST_USE bool contract_compile(struct arena *mem, const struct lf_plugin *plugin, struct contract *out,
                               struct err *err);
