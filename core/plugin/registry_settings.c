#include "plugin/registry_settings.h"

#include "base/err.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/host_secret.h"

/* Checked first, revealed second: a typo is told before anybody is asked for a secret. */
bool registry_settings_resolve(struct arena *mem, struct host *host, const struct schema *schema,
                               const struct value *given, const char *label, const char *where,
                               const struct value **out, struct err *err)
{
    static const struct schema none = {0};
    struct diags diags;
    diag_init(&diags, mem);
    if (value_is_null(given))
        given = value_map(mem, NULL, 0);
    const char *address = arena_print(mem, "drivers.%s", label);
    const struct value *checked = schema_check(mem, schema ? schema : &none, given, address, where, &diags);
    if (!diag_ok(&diags, err))
        return err_wrap(err, "drivers: %s", label);
    if (!host_secret_bytes(mem, host, checked, out, err))
        return err_wrap(err, "drivers: %s", label);
    return true;
}
