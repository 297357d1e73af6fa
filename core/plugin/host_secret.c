#include "plugin/host_secret.h"

#include "base/arena.h"
#include "base/err.h"
#include "model/schema.h"
#include "model/value.h"
#include "plugin/host.h"
#include "plugin/host_state.h"

/* One walk through a value. */
struct walk {
    struct arena *mem;
    struct host *host;
    bool bytes;     /* what is asked for: the bytes, or the digest */
    uint32_t where; /* of the secret that could not be looked up */
};

static bool resolve(struct walk *w, const struct value *v, const struct value **out, struct err *err)
{
    const struct host_secrets *keeper = &w->host->parts.secrets;
    struct secret s = *v->secret;
    const char *bytes;
    size_t count;
    if (!w->bytes && s.digest)
        return true;
    if (!host_reveal(w->host, &s, &bytes, &count, err)) {
        w->where = v->where;
        return false;
    }
    if (w->bytes) {
        s.bytes = arena_text_n(w->mem, bytes, count);
        s.count = count;
    } else if (keeper->digest) {
        s.digest = keeper->digest(keeper->user, w->mem, bytes, count);
    }
    *out = value_at_origin(w->mem, value_secret(w->mem, &s), v->where);
    return true;
}

/* depth: YAML's own bound on the input. */
static bool visit(struct walk *w, const struct value *v, const char *path, const struct value **out,
                  struct err *err)
{
    *out = v;
    if (!value_has_secret(v) || value_kind(v) == VALUE_EXPR)
        return true;
    if (value_kind(v) == VALUE_SECRET)
        return resolve(w, v, out, err) || (path[0] && err_wrap(err, "'%s'", path));
    bool list = value_kind(v) == VALUE_LIST;
    struct pair *pairs = ARENA_ARRAY(w->mem, struct pair, v->count);
    const struct value **items = ARENA_ARRAY(w->mem, const struct value *, v->count);
    for (size_t i = 0; i < v->count; i++) {
        const char *key = list ? NULL : v->pairs[i].key;
        const char *inner = list ? arena_print(w->mem, "%s[%zu]", path, i)
                                 : arena_print(w->mem, "%s%s%s", path, path[0] ? "." : "", key);
        if (!visit(w, list ? v->items[i] : v->pairs[i].value, inner, &items[i], err))
            return false;
        pairs[i] = (struct pair){key, items[i]};
    }
    const struct value *made =
        list ? value_list(w->mem, items, v->count) : value_map(w->mem, pairs, v->count);
    *out = value_at_origin(w->mem, made, v->where);
    return true;
}

bool host_secret_digests(struct arena *mem, struct host *h, const struct value *v, const struct value **out,
                         uint32_t *where, struct err *err)
{
    struct walk w = {.mem = mem, .host = h};
    const struct value *made;
    if (!visit(&w, v, "", &made, err)) {
        *where = w.where;
        return false;
    }
    *out = made;
    return true;
}

bool host_secret_bytes(struct arena *mem, struct host *h, const struct value *v, const struct value **out,
                       struct err *err)
{
    struct walk w = {.mem = mem, .host = h, .bytes = true};
    const struct value *made;
    if (!visit(&w, v, "", &made, err))
        return false;
    *out = made;
    return true;
}

/* ---- what drivers make ---------------------------------------------------------------------------- */

bool host_secret_is_made(const struct schema *schema)
{
    const uint32_t both = SCHEMA_SECRET | SCHEMA_COMPUTED;
    for (size_t i = 0; schema && i < schema->count; i++) {
        if ((schema->attrs[i].flags & both) == both || host_secret_is_made(schema->attrs[i].of))
            return true;
    }
    return false;
}

bool host_secret_can_keep(const struct host *h, struct err *err)
{
    const struct host_secrets *keeper = &h->parts.secrets;
    if (keeper->can_seal)
        return keeper->can_seal(keeper->user, err);
    return err_set(err, "secret.cannot_seal", "nothing here can seal a secret");
}

const struct value *host_secret_new(struct arena *mem, const struct host *h, const char *address,
                                    const char *bytes, size_t count)
{
    const struct host_secrets *keeper = &h->parts.secrets;
    struct secret s = {.bytes = arena_text_n(mem, bytes, count), .count = count};
    s.source = arena_print(mem, "output:%s", address ? address : "");
    if (keeper->digest)
        s.digest = keeper->digest(keeper->user, mem, s.bytes, count);
    if (keeper->seal)
        s.sealed = keeper->seal(keeper->user, mem, s.bytes, count);
    if (keeper->shown)
        keeper->shown(keeper->user, s.bytes, count);
    return value_secret(mem, &s);
}

const struct value *host_secret_hide(struct arena *mem, const struct host *h, const struct schema *schema,
                                     const char *address, const struct value *v)
{
    for (size_t i = 0; schema && i < schema->count; i++) {
        const struct schema_attr *a = &schema->attrs[i];
        const struct value *told = value_get(v, a->name), *kept = told;
        if (value_kind(told) == VALUE_TEXT && a->flags & SCHEMA_SECRET)
            kept = host_secret_new(mem, h, address, told->text, told->count);
        else if (value_kind(told) == VALUE_MAP && a->of)
            kept = host_secret_hide(mem, h, a->of, address, told);
        if (kept != told)
            v = value_with_key(mem, v, a->name, kept);
    }
    return v;
}
