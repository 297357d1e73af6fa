#include "plugin/registry_settings.h"

#include "base/err.h"
#include "model/diag.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/host.h"

/* Replaces every secret by one that carries its bytes.  depth: YAML's own bound on the input. */
static bool reveal_all(struct arena *mem, struct host *host, const struct value *v, const char *path,
                       const struct value **out, struct err *err)
{
    *out = v;
    if (!value_has_secret(v))
        return true;
    if (value_kind(v) == VALUE_SECRET) {
        struct secret s = *v->secret;
        if (!host_reveal(host, v->secret, &s.bytes, &s.count, err))
            return err_wrap(err, "setting '%s'", path);
        s.bytes = arena_text_n(mem, s.bytes, s.count);
        *out = value_at_origin(mem, value_secret(mem, &s), v->where);
        return true;
    }
    bool list = value_kind(v) == VALUE_LIST;
    struct pair *pairs = ARENA_ARRAY(mem, struct pair, v->count);
    const struct value **items = ARENA_ARRAY(mem, const struct value *, v->count);
    for (size_t i = 0; i < v->count; i++) {
        const char *key = list ? NULL : v->pairs[i].key;
        const char *inner = list ? arena_print(mem, "%s[%zu]", path, i)
                                 : arena_print(mem, "%s%s%s", path, path[0] ? "." : "", key);
        if (!reveal_all(mem, host, list ? v->items[i] : v->pairs[i].value, inner, &items[i], err))
            return false;
        pairs[i] = (struct pair){key, items[i]};
    }
    const struct value *made = list ? value_list(mem, items, v->count) : value_map(mem, pairs, v->count);
    *out = value_at_origin(mem, made, v->where);
    return true;
}

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
    if (!reveal_all(mem, host, checked, "", out, err))
        return err_wrap(err, "drivers: %s", label);
    return true;
}
