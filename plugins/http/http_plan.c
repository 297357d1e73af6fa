#include <landfall/http.h>
#include <string.h>

#include "http_resource.h"
#include "http_shape.h"
#include "kit_plan.h"

/* What can be known to be wrong before anything is sent.  Values may still be unknown: only what is there is
 * judged. */

struct look {
    const struct kit *kit;
    struct lf_op *op;
    const struct lf_value *step;
    bool wrong;
};

static void refuse(struct look *l, const char *code, const char *path, const char *summary,
                   const char *advice)
{
    kit_note(l->kit, l->op, code, path, summary, NULL, advice);
    l->wrong = true;
}

static const char *text(const struct look *l, const char *path)
{
    return kit_get_text(l->kit, l->step, path);
}

/* Given, be it known yet or not. */
static bool is_given(const struct look *l, const char *path)
{
    const struct lf_value *value = kit_get(l->kit, l->step, path);
    return value && l->kit->values->kind(value) != LF_KIND_NULL;
}

/* ---- methods and paths ------------------------------------------------------------------------------------
 */

static const struct {
    const char *path, *methods[4];
} methods[] = {
    {"create.method", {"POST", "PUT", "PATCH"}},
    {"update.method", {"PUT", "PATCH", "POST"}},
    {"delete.method", {"DELETE", "POST"}},
};

static void check_methods(struct look *l)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const char *method = text(l, methods[i].path);
        bool known = !method;
        for (size_t k = 0; !known && methods[i].methods[k]; k++)
            known = strcmp(method, methods[i].methods[k]) == 0;
        if (!known)
            refuse(l, "http.bad_method", methods[i].path,
                   kit_format(l->kit, l->op, "'%s' is no method for this", method),
                   "see `landfall describe http.resource`; methods are written in capitals");
    }
}

/* Everything but a placeholder goes out as it is written, so it must be fit for a URL. */
static bool is_clean(const char *path)
{
    for (const char *at = path; *at; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || strchr("\"<>\\^`|#", *at))
            return false;
    }
    return path[0] == '/' && path[1] != '/';
}

static void check_path(struct look *l, const char *where, bool makes)
{
    static const char *const known[] = {"{id}", "{key}", "{marker}", "{token}", "{name}"};
    const char *path = text(l, where);
    if (!path)
        return;
    if (!is_clean(path))
        refuse(
            l, "http.bad_path", where, kit_format(l->kit, l->op, "'%s' is no path of a URL", path),
            "begin with one /, and percent-encode what is no letter, digit or one of -._~/?&=:,;@!$'()*+%");
    for (const char *at = strchr(path, '{'); at; at = strchr(at + 1, '{')) {
        size_t k = 0;
        while (k < 5 && strncmp(at, known[k], strlen(known[k])) != 0)
            k++;
        if (k == 5)
            refuse(l, "http.bad_path", where,
                   kit_format(l->kit, l->op, "'%s' has a brace that stands for nothing", path),
                   "write {id}, {key}, {marker}, {token} or, with `find`, {name}; or %7B for a brace");
        else if (k == 1 && !is_given(l, "key"))
            refuse(l, "http.no_key", where, "this path needs {key}, and the step has no `key`",
                   "give it a `key`, or use {id}, which the service chooses");
        else if (k == 4 && !is_given(l, "find"))
            refuse(l, "http.no_name", where,
                   "this path needs {name}, and the step has no `find` that says which",
                   "give it a `find` with `by`");
        else if (k == 0 && makes && !is_given(l, "key"))
            refuse(l, "http.no_id_yet", where,
                   "this path needs {id}, which nobody knows before the object is made",
                   "leave {id} out here, or choose the id yourself with `key`");
    }
}

/* ---- paths inside the body
 * --------------------------------------------------------------------------------- */

static bool is_name(const char *at, size_t len)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return len > 0 && strspn(at, plain) >= len;
}

/* "a.b.c", through maps only. */
static void check_place(struct look *l, const char *where, const char *path, bool taken_is_wrong)
{
    const struct lf_value *at = kit_get(l->kit, l->step, "body");
    size_t done = 0, len = strlen(path);
    bool good = len > 0;
    while (good && done <= len) {
        size_t part = strcspn(path + done, ".");
        uint32_t kind = at ? l->kit->values->kind(at) : LF_KIND_NULL;
        good = is_name(path + done, part) && (!at || kind == LF_KIND_MAP || kind == LF_KIND_UNKNOWN);
        if (at && good)
            at = kit_get(l->kit, at, kit_copy(l->kit, l->op, path + done, part));
        done += part + 1;
    }
    if (!good)
        refuse(l, "http.bad_place", where, kit_format(l->kit, l->op, "'%s' leads nowhere in the body", path),
               "write the names of the maps on the way, such as metadata.owner");
    else if (taken_is_wrong && at)
        refuse(l, "http.bad_place", where,
               kit_format(l->kit, l->op, "the body has something at '%s' already", path),
               "leave it out of `body`");
}

static void check_places(struct look *l)
{
    const struct lf_values *values = l->kit->values;
    const struct lf_value *secrets = kit_get(l->kit, l->step, "secrets"),
                          *hidden = kit_get(l->kit, l->step, "write_only");
    const char *key = NULL;
    if (text(l, "marker"))
        check_place(l, "marker", text(l, "marker"), true);
    for (size_t i = 0; i < (secrets ? values->count(secrets) : 0); i++) {
        values->at(secrets, i, &key);
        check_place(l, "secrets", key, true);
    }
    for (size_t i = 0; i < (hidden ? values->count(hidden) : 0); i++) {
        const char *path = values->as_text(values->at(hidden, i, &key), NULL);
        if (path)
            check_place(l, "write_only", path, false);
    }
}

/* ---- the step as a whole
 * ------------------------------------------------------------------------------------ */

static void check_range(struct look *l, const char *path, int64_t least, int64_t most)
{
    int64_t n = kit_get_int(l->kit, l->step, path, least);
    if (n < least || n > most)
        refuse(l, "http.out_of_range", path, kit_format(l->kit, l->op, "%lld is out of range", (long long)n),
               kit_format(l->kit, l->op, "write %lld to %lld", (long long)least, (long long)most));
}

/* Names of headers and their values must not smuggle in lines; the host refuses them too, but only in the
 * apply. */
static void check_headers(struct look *l)
{
    static const char token[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    const struct lf_value *headers = kit_get(l->kit, l->step, "headers");
    const char *own = text(l, "idempotency_header");
    for (size_t i = 0; i < (headers ? l->kit->values->count(headers) : 0); i++) {
        const char *name = NULL;
        const char *value = l->kit->values->as_text(l->kit->values->at(headers, i, &name), NULL);
        if (!name[0] || name[strspn(name, token)] || (value && strpbrk(value, "\r\n")))
            refuse(l, "http.bad_header", "headers", kit_format(l->kit, l->op, "'%s' is no header", name),
                   "write its name without colon, and its value on one line");
    }
    if (own && (!own[0] || own[strspn(own, token)]))
        refuse(l, "http.bad_header", "idempotency_header",
               kit_format(l->kit, l->op, "'%s' is no header", own),
               "write its name without colon: Idempotency-Key");
}

static void check_key(struct look *l)
{
    const char *key = text(l, "key");
    if (key && http_ask_is_step(key))
        refuse(l, "http.bad_key", "key", kit_format(l->kit, l->op, "'%s' leads elsewhere in a URL", key),
               "choose another key: with this one the paths are those of something else");
}

static void check_ownership(struct look *l)
{
    if (is_given(l, "key") && !is_given(l, "marker"))
        refuse(l, "http.no_marker", "marker",
               "an object whose id the client chooses may be somebody else's, and no mark tells whose",
               "name with `marker` a field of the body that the service keeps, such as description or "
               "labels.owner");
    if (is_given(l, "search") && !is_given(l, "marker"))
        refuse(l, "http.no_marker", "marker", "a search finds our object by its mark, and it has none",
               "name with `marker` a field of the body that the service keeps and lists");
}

static bool is_right(const struct http *http, struct lf_op *op, const struct lf_value *step)
{
    struct look l = {.kit = &http->kit, .op = op, .step = step};
    check_methods(&l);
    check_path(&l, "create.path", true);
    check_path(&l, "search.path", true);
    check_path(&l, "find.path", true);
    check_path(&l, "read.path", false);
    check_path(&l, "update.path", false);
    check_path(&l, "delete.path", false);
    check_places(&l);
    check_headers(&l);
    check_range(&l, "inflight_ms", 0, 3600000);
    check_range(&l, "lag_ms", 0, 3600000);
    check_range(&l, "idempotency_s", 0, 315360000);
    if (is_given(&l, "ready"))
        check_range(&l, "ready.every_ms", 100, 60000);
    check_key(&l);
    check_ownership(&l);
    return !l.wrong;
}

static bool same(void *self, const char *name, const struct lf_value *a, const struct lf_value *b)
{
    const struct http *http = self;
    return strcmp(name, "body") == 0 && http_shape_same(&http->kit, a, b);
}

void http_plan_resource(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct http *http = self;
    const struct kit *kit = &http->kit;
    if (req->desired && !is_right(http, op, req->desired)) {
        kit_finish(kit, op, LF_END_REFUSED);
        return;
    }
    const struct lf_value *wanted = kit_get(kit, req->desired, "outputs_at");
    bool tells = wanted && kit->values->count(wanted) > 0;
    const struct lf_value *outputs = tells ? kit->values->unknown(op, LF_KIND_MAP) : kit_map(kit, op);
    kit_plan(kit, self, op, req, &lf_http_resource, kit_put(kit, op, kit_map(kit, op), "outputs", outputs),
             same);
}
