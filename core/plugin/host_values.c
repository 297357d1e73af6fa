#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/path.h"
#include "model/value.h"
#include "model/value_json.h"
#include "plugin/host_secret.h"
#include "plugin/op_state.h"

/* lf_values: lf_value is the model's value under another name, so that nothing is copied on the way in or
 * out.  Makers fail softly: a null and a named breach, never a crash. */

static const struct value *in(const struct lf_value *v)
{
    return (const struct value *)v;
}

static const struct lf_value *out(const struct value *v)
{
    return (const struct lf_value *)v;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static uint32_t kind(const struct lf_value *v)
{
    enum value_kind k = value_kind(in(v));
    return k <= VALUE_SECRET ? (uint32_t)k : LF_KIND_UNKNOWN; /* an expression is not known yet either */
}

static int64_t as_int(const struct lf_value *v, int64_t otherwise)
{
    return value_kind(in(v)) == VALUE_INT ? in(v)->number : otherwise;
}

/* An integer is a real that happens to be whole; the other way round digits would be lost. */
static double as_real(const struct lf_value *v, double otherwise)
{
    if (value_kind(in(v)) == VALUE_REAL)
        return in(v)->real;
    return value_kind(in(v)) == VALUE_INT ? (double)in(v)->number : otherwise;
}

static int as_bool(const struct lf_value *v, int otherwise)
{
    return value_kind(in(v)) == VALUE_BOOL ? in(v)->truth : otherwise;
}

static const char *as_text(const struct lf_value *v, size_t *len)
{
    if (value_kind(in(v)) != VALUE_TEXT)
        return NULL;
    if (len)
        *len = in(v)->count;
    return in(v)->text;
}

static size_t count(const struct lf_value *v)
{
    enum value_kind k = value_kind(in(v));
    return k == VALUE_LIST || k == VALUE_MAP ? in(v)->count : 0;
}

/* Past the end is NULL, so that a loop over at() needs no count. */
static const struct lf_value *at(const struct lf_value *v, size_t i, const char **key)
{
    if (key)
        *key = NULL;
    if (i >= count(v))
        return NULL;
    if (value_kind(in(v)) == VALUE_LIST)
        return out(in(v)->items[i]);
    if (key)
        *key = in(v)->pairs[i].key;
    return out(in(v)->pairs[i].value);
}

/* One key and nothing to parse: what nearly every call asks for. */
static bool is_plain_key(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return path[0] && path[strspn(path, plain)] == '\0';
}

/* Any other path is parsed anew each time; its memory is given back at once, for there is no op to own it. */
static const struct lf_value *get(const struct lf_value *v, const char *path)
{
    if (!v || !path)
        return NULL;
    if (is_plain_key(path))
        return out(value_get(in(v), path));
    struct arena *tmp = arena_new();
    const struct value *found = path_get_text(tmp, in(v), path);
    arena_free(tmp);
    return out(found);
}

/* A plain text is its own secret: settings may hold one where the schema leaves the choice. */
static const char *reveal(struct lf_op *lf, const struct lf_value *v, size_t *len)
{
    struct op *op = (struct op *)lf;
    struct err err;
    const char *bytes = NULL;
    size_t n = 0;
    if (!op_guard_may_make(op, "reveal"))
        return NULL;
    if (value_kind(in(v)) == VALUE_TEXT)
        return as_text(v, len);
    if (value_kind(in(v)) != VALUE_SECRET) {
        op_event_broke(op, "tried to reveal what is no secret");
        return NULL;
    }
    if (!host_reveal(op->host, in(v)->secret, &bytes, &n, &err)) {
        op_event_say(op, "plugin.cannot_reveal", arena_text(op->mem, err.advice), "%s", err.summary);
        op->unrevealed = true;
        return NULL;
    }
    if (len)
        *len = n;
    return arena_text_n(op->mem, bytes, n);
}

/* ---- making ---------------------------------------------------------------------------------------- */

static struct arena *maker(struct lf_op *lf)
{
    struct op *op = (struct op *)lf;
    return op_guard_may_make(op, "a maker of values") ? op->mem : NULL;
}

static const struct lf_value *of_null(struct lf_op *lf)
{
    (void)lf;
    return out(value_null());
}

static const struct lf_value *of_bool(struct lf_op *lf, int b)
{
    (void)lf;
    return out(value_bool(b != 0));
}

static const struct lf_value *of_int(struct lf_op *lf, int64_t n)
{
    struct arena *mem = maker(lf);
    return out(mem ? value_int(mem, n) : value_null());
}

/* JSON has neither infinities nor NaN, so neither could be stored. */
static const struct lf_value *of_real(struct lf_op *lf, double d)
{
    struct arena *mem = maker(lf);
    if (mem && isfinite(d))
        return out(value_real(mem, d));
    if (mem)
        op_event_broke((struct op *)lf, "made a number that is not finite");
    return out(value_null());
}

/* Text that no store could hold is escaped where it stands: a reply with one bad byte is still worth reading.
 */
static const struct lf_value *of_text(struct lf_op *lf, const char *s, size_t len)
{
    struct arena *mem = maker(lf);
    if (!mem || !s)
        return out(value_null());
    if (str_is_utf8(s, len))
        return out(value_text_n(mem, s, len));
    op_event_broke((struct op *)lf, "made a text that is not UTF-8 or holds a NUL");
    struct buf safe;
    buf_init(&safe, 0);
    str_safe(&safe, s, len);
    const struct value *v = value_text_n(mem, safe.at, safe.count);
    buf_done(&safe);
    return out(v);
}

/* Its source is the step it came from; the keyed digest, where the core has the key, tells one from another.
 */
static const struct lf_value *of_secret(struct lf_op *lf, const char *bytes, size_t len)
{
    struct arena *mem = maker(lf);
    if (!mem || !bytes)
        return out(value_null());
    const struct op *op = (const struct op *)lf;
    return out(host_secret_new(mem, op->host, op->ask.items[0].address, bytes, len));
}

static const struct lf_value *of_list(struct lf_op *lf, const struct lf_value *const *v, size_t n)
{
    struct arena *mem = maker(lf);
    if (!mem)
        return out(value_null());
    const struct value **items = ARENA_ARRAY(mem, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        items[i] = v[i] ? in(v[i]) : value_null();
    return out(value_list(mem, items, n));
}

/* A kind nobody knows is unknown of any kind. */
static const struct lf_value *unknown(struct lf_op *lf, uint32_t will_be)
{
    if (maker(lf) && will_be >= LF_KIND_BOOL && will_be <= LF_KIND_ANY && will_be != LF_KIND_UNKNOWN)
        return out(value_unknown((enum value_kind)will_be));
    return out(value_unknown(VALUE_ANY));
}

/* The key is copied: a plugin builds paths in its own buffers.  A path that leads nowhere gives `base` back.
 */
static const struct lf_value *with(struct lf_op *lf, const struct lf_value *base, const char *path,
                                   const struct lf_value *v)
{
    struct arena *mem = maker(lf);
    if (!mem)
        return out(value_null());
    const struct value *from = base ? in(base) : value_map(mem, NULL, 0), *made = NULL;
    struct path parsed;
    struct err err;
    if (path && is_plain_key(path) && value_kind(from) == VALUE_MAP)
        return out(value_with_key(mem, from, arena_text(mem, path), in(v)));
    if (path && path_parse(mem, path, &parsed, &err) && path_with(mem, from, &parsed, in(v), &made, &err))
        return out(made);
    op_event_broke((struct op *)lf, "asked for a value with the path '%s': %s", path ? path : "",
                   path ? err.summary : "no path");
    return out(from);
}

/* NULL for what is no JSON: text from a service is data, and no breach.  A service that answers with what
 * looks like a reference to a secret gets an ordinary map: it could otherwise name any variable of this
 * process, and have it revealed to whoever is given the value next. */
static const struct lf_value *from_json(struct lf_op *lf, const char *text, size_t len)
{
    struct arena *mem = maker(lf);
    const struct value *v = NULL;
    struct err err;
    if (!mem || !text || !value_json_parse(mem, text, len, &v, &err))
        return NULL;
    bool speaks_of_ours = value_has_secret(v) || value_has_unknown(v);
    return !speaks_of_ours || value_json_parse_plain(mem, text, len, &v, &err) ? out(v) : NULL;
}

static const char *to_json(struct lf_op *lf, const struct lf_value *v, size_t *len)
{
    struct arena *mem = maker(lf);
    const char *text = mem ? value_json_text(mem, v ? in(v) : value_null()) : "null";
    if (len)
        *len = strlen(text);
    return text;
}

static int same(const struct lf_value *a, const struct lf_value *b)
{
    return value_equal(in(a), in(b));
}

const struct lf_values *host_values_table(void)
{
    static const struct lf_values table = {
        .struct_size = sizeof(table),
        .kind = kind,
        .as_int = as_int,
        .as_real = as_real,
        .as_bool = as_bool,
        .as_text = as_text,
        .count = count,
        .at = at,
        .get = get,
        .reveal = reveal,
        .of_null = of_null,
        .of_bool = of_bool,
        .of_int = of_int,
        .of_real = of_real,
        .of_text = of_text,
        .of_secret = of_secret,
        .of_list = of_list,
        .unknown = unknown,
        .with = with,
        .from_json = from_json,
        .to_json = to_json,
        .same = same,
    };
    return &table;
}
