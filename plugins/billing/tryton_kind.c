#include "tryton_kind.h"

#include "tryton.h"

#include <stdlib.h>
#include <string.h>

#define MARKER_BEGIN "lf1."
#define MARKER_CHARS "abcdefghijklmnopqrstuvwxyz0123456789."

/* ---- labels ------------------------------------------------------------------------------- */

const char *kind_label(const struct look *look, const char *code, const char *marker)
{
    return kit_format(look->kit, look->op, "%s [%s]", code, marker);
}

/* Where " [lf1." begins, or NULL. */
static const char *mark_in(const char *text)
{
    const char *at = text ? strstr(text, " [" MARKER_BEGIN) : NULL;
    if (!at)
        return NULL;
    size_t len = strspn(at + 2, MARKER_CHARS);
    return at[2 + len] == ']' && at[3 + len] == '\0' ? at : NULL;
}

const char *kind_label_marker(const struct look *look, const char *text)
{
    const char *at = mark_in(text);
    return at ? kit_copy(look->kit, look->op, at + 2, strlen(at) - 3) : NULL;
}

const char *kind_label_code(const struct look *look, const char *text)
{
    const char *at = mark_in(text);
    return at ? kit_copy(look->kit, look->op, text, (size_t)(at - text)) : text;
}

/* ---- rows --------------------------------------------------------------------------------- */

const struct lf_value *kind_row(const struct look *look, const struct lf_value *rows, size_t i)
{
    const char *key = NULL;
    return look->kit->values->at(rows, i, &key);
}

size_t kind_rows(const struct look *look, const struct lf_value *rows)
{
    return rows && look->kit->values->kind(rows) == LF_KIND_LIST ? look->kit->values->count(rows) : 0;
}

int64_t kind_id(const struct look *look, const struct lf_value *row)
{
    return kit_get_int(look->kit, row, "id", 0);
}

bool kind_flag(const struct look *look, const struct lf_value *row, const char *field)
{
    const struct lf_value *flag = kit_get(look->kit, row, field);
    return flag && (look->kit->values->as_bool(flag, 0) || look->kit->values->as_int(flag, 0) != 0);
}

bool kind_is_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

int64_t kind_number(const char *text)
{
    size_t len = text ? strspn(text, "0123456789") : 0;
    if (len == 0 || len > 18 || text[len] != '\0')
        return -1;
    return strtoll(text, NULL, 10);
}

const struct lf_value *kind_of_company(const struct look *look, const char *field)
{
    return wire_clause(look->kit, look->op, field, "=",
                       look->kit->values->of_int(look->op, look->tryton->books.company));
}

const struct lf_value *kind_put_option(const struct look *look, const struct lf_value *state, const char *key,
                                       const struct lf_value *value)
{
    const struct kit *kit = look->kit;
    const struct lf_value *options = kit_get(kit, state, "options");
    if (!options)
        options = kit_map(kit, look->op);
    return kit_put(kit, look->op, state, "options", kit_put(kit, look->op, options, key, value));
}

const struct lf_value *kind_put_code(const struct look *look, const struct seen *seen,
                                     const struct lf_value *asked, const char *actual)
{
    const struct kit *kit = look->kit;
    const char *code = seen->marker ? kit_get_text(kit, asked, "code") : NULL;
    const struct lf_value *state =
        kit_put_text(kit, look->op, kit_map(kit, look->op), "code", code ? code : actual);
    if (code && !kind_is_text(code, actual))
        state = kind_put_option(look, state, "code", wire_text(kit, look->op, actual));
    return state;
}

const struct lf_value *kind_put_active(const struct look *look, const struct lf_value *state,
                                       const struct lf_value *row)
{
    if (kind_flag(look, row, "active"))
        return state;
    return kind_put_option(look, state, "active", look->kit->values->of_bool(look->op, false));
}

/* ---- calls -------------------------------------------------------------------------------- */

const struct lf_value *kind_guard(const struct look *look, const struct lf_value *context, const char *model,
                                  const struct lf_value *row)
{
    const struct kit *kit = look->kit;
    const char *stamp = kit_get_text(kit, row, "_timestamp");
    const struct lf_value *whole = context ? context : rpc_context(look->tryton, look->op);
    const struct lf_value *stamps = kit_get(kit, whole, "_timestamp");
    if (!stamp)
        return whole;
    if (!stamps)
        stamps = kit_map(kit, look->op);
    const char *key = kit_format(kit, look->op, "%s,%lld", model, (long long)kind_id(look, row));
    stamps = wire_put(kit, look->op, stamps, key, wire_text(kit, look->op, stamp));
    return kit_put(kit, look->op, whole, "_timestamp", stamps);
}

static uint32_t call(struct step *step, const char *model, const char *method, const struct lf_value *params,
                     const char *what)
{
    const struct look *look = step->look;
    step->ask = (struct rpc_ask){
        .method = kit_format(look->kit, look->op, "model.%s.%s", model, method),
        .params = params,
        .doing = what,
        .changes = true,
    };
    return KIND_CALL;
}

uint32_t kind_create(struct step *step, const char *model, const struct lf_value *values, const char *what)
{
    const struct look *look = step->look;
    const struct lf_value *params =
        wire_list(look->kit, look->op, 2, wire_list(look->kit, look->op, 1, values),
                  rpc_context(look->tryton, look->op));
    return call(step, model, "create", params, what);
}

static const struct lf_value *ids(const struct look *look, const struct lf_value *row)
{
    return wire_list(look->kit, look->op, 1, look->kit->values->of_int(look->op, kind_id(look, row)));
}

uint32_t kind_write(struct step *step, const char *model, const struct lf_value *row,
                    const struct lf_value *values, const struct lf_value *context, const char *what)
{
    const struct look *look = step->look;
    const struct lf_value *guard = kind_guard(look, context, model, row);
    return call(step, model, "write", wire_list(look->kit, look->op, 3, ids(look, row), values, guard), what);
}

uint32_t kind_delete(struct step *step, const char *model, const struct lf_value *row,
                     const struct lf_value *context, const char *what)
{
    const struct look *look = step->look;
    const struct lf_value *guard = kind_guard(look, context, model, row);
    return call(step, model, "delete", wire_list(look->kit, look->op, 2, ids(look, row), guard), what);
}

bool kind_forbid(struct terms_problem *problem, const char *code, const char *path, const char *summary,
                 const char *detail, const char *advice)
{
    *problem = (struct terms_problem){code, path, summary, detail, advice};
    return false;
}

uint32_t kind_refuse(struct step *step, const char *code, const char *path, const char *summary,
                     const char *detail, const char *advice)
{
    (void)kind_forbid(&step->problem, code, path, summary, detail, advice);
    return KIND_REFUSED;
}
