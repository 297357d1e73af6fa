/* billing.product: a template of a service and its one variant, made by one nested request.  The mark is an
 * identifier of the variant without a type; the category is the template's accounting category, whose
 * customer taxes Tryton's tax rule replaces by those of the customer's country. */
#include "tryton.h"
#include "tryton_kind.h"

#include <landfall/billing.h>
#include <string.h>

#define LINES 0

#define TEMPLATE "product.template"
#define PRODUCT  "product.product"
#define LINE     "product.price_list.line"

/* ---- finding ------------------------------------------------------------------------------ */

static const struct lf_value *product_by_marker(const struct look *look, const char *marker)
{
    return wire_clause_text(look->kit, look->op, "identifiers.code", strchr(marker, '%') ? "like" : "=",
                            marker);
}

static void product_by_name(const struct look *look, const struct lf_value *asked, struct wire_any *any)
{
    const char *code = kit_get_text(look->kit, asked, "code");
    if (!code)
        return;
    wire_any_add(look->kit, look->op, any, wire_clause_text(look->kit, look->op, "code", "=", code));
    wire_any_add(look->kit, look->op, any, wire_clause_text(look->kit, look->op, "template.code", "=", code));
}

static const struct lf_value *template_of(const struct look *look, const struct lf_value *product)
{
    return wire_get(look->kit, look->op, product, "template.");
}

/* The template's code is the one that was given; Tryton may add a number of its own to that of a variant. */
static const char *code_of(const struct look *look, const struct lf_value *product)
{
    const char *code = kit_get_text(look->kit, template_of(look, product), "code");
    return code && code[0] ? code : kit_get_text(look->kit, product, "code");
}

static bool product_is_named(const struct look *look, const struct lf_value *row,
                             const struct lf_value *asked)
{
    const char *code = kit_get_text(look->kit, asked, "code");
    return code && (kind_is_text(code, code_of(look, row)) ||
                    kind_is_text(code, kit_get_text(look->kit, row, "code")));
}

static const struct lf_value *mark_of(const struct look *look, const struct lf_value *product)
{
    const struct lf_value *all = wire_get(look->kit, look->op, product, "identifiers.");
    for (size_t i = 0; i < kind_rows(look, all); i++) {
        const struct lf_value *one = kind_row(look, all, i);
        const char *code = kit_get_text(look->kit, one, "code");
        if (code && strncmp(code, "lf1.", 4) == 0)
            return one;
    }
    return NULL;
}

static const char *product_marker(const struct look *look, const struct lf_value *row)
{
    return kit_get_text(look->kit, mark_of(look, row), "code");
}

/* Deleting a product would delete the lines of price lists with it. */
static const struct lf_value *lines_domain(const struct look *look)
{
    struct wire_any any = {0};
    for (size_t i = 0; i < kind_rows(look, look->rows); i++) {
        int64_t id = kind_id(look, kind_row(look, look->rows, i));
        wire_any_add(
            look->kit, look->op, &any,
            wire_clause(look->kit, look->op, "product", "=", look->kit->values->of_int(look->op, id)));
    }
    return wire_any_domain(look->kit, look->op, &any);
}

/* ---- state and rules ---------------------------------------------------------------------- */

static const char *category_of(const struct look *look, const struct lf_value *product)
{
    const struct lf_value *category =
        wire_get(look->kit, look->op, template_of(look, product), "account_category.");
    return kit_get_text(look->kit, category, "name");
}

static const struct lf_value *product_state(const struct look *look, const struct seen *seen,
                                            const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    const struct lf_value *template = template_of(look, seen->row);
    const char *description = kit_get_text(kit, seen->row, "description");
    const struct lf_value *state = kind_put_code(look, seen, asked, code_of(look, seen->row));
    state = kit_put_text(kit, look->op, state, "name", kit_get_text(kit, template, "name"));
    state =
        kit_put_text(kit, look->op, state, "description", description && description[0] ? description : NULL);
    state = kit_put_text(kit, look->op, state, "category", category_of(look, seen->row));
    state = kind_put_active(look, state, template);
    return kind_put_active(look, state, seen->row);
}

static const char *asked_category(const struct look *look, const struct lf_value *asked)
{
    return terms_text(look->kit, asked, "category", "standard");
}

static bool product_allow(const struct look *look, const struct lf_value *asked,
                          struct terms_problem *problem)
{
    const struct kit *kit = look->kit;
    const struct books *books = &look->tryton->books;
    const char *category = asked_category(look, asked);
    if (!kit_is_known(kit, kit_get(kit, asked, "category")) || books_find(&books->categories, category) > 0)
        return true;
    return kind_forbid(
        problem, "tryton.category", "category",
        kit_format(kit, look->op, "Tryton has no accounting category '%s'", category),
        "products of a tax category take their accounts and taxes from the product category of "
        "that name",
        "make it in Tryton, under Product, Categories, Accounting, with its customer taxes");
}

/* ---- building ----------------------------------------------------------------------------- */

static const struct lf_value *mark_values(const struct look *look, const char *marker)
{
    return kit_put_text(look->kit, look->op, kit_map(look->kit, look->op), "code", marker);
}

static const struct lf_value *one_change(const struct look *look, const struct lf_value *change)
{
    return wire_list(look->kit, look->op, 1, change);
}

static uint32_t make_product(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    struct lf_op *op = look->op;
    const struct books *books = &look->tryton->books;
    const struct lf_value *asked = step->req->desired;
    const char *code = kit_get_text(kit, asked, "code");
    const struct lf_value *variant =
        kit_put_text(kit, op, kit_map(kit, op), "description", kit_get_text(kit, asked, "description"));
    variant = kit_put(kit, op, variant, "identifiers",
                      one_change(look, wire_make(kit, op, mark_values(look, step->req->marker))));
    const struct lf_value *values =
        kit_put_text(kit, op, kit_map(kit, op), "name", kit_get_text(kit, asked, "name"));
    values = kit_put_text(kit, op, values, "code", code);
    values = kit_put_text(kit, op, values, "type", "service");
    values = kit_put(kit, op, values, "list_price", wire_decimal(kit, op, "0"));
    values = kit_put_int(kit, op, values, "default_uom", books->unit);
    values = kit_put_int(kit, op, values, "sale_uom", books->unit);
    values = kit_put_bool(kit, op, values, "salable", true);
    values = kit_put_int(kit, op, values, "account_category",
                         books_find(&books->categories, asked_category(look, asked)));
    values = kit_put(kit, op, values, "products", one_change(look, wire_make(kit, op, variant)));
    return kind_create(step, TEMPLATE, values, kit_format(kit, op, "create the product '%s'", code));
}

/* What is to be written to the variant; false: nothing. */
static bool change_variant(struct step *step, const struct lf_value **values)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *row = step->seen->row;
    const struct lf_value *mark = mark_of(look, row);
    const char *description = kit_get_text(kit, step->req->desired, "description");
    const struct lf_value *fresh = mark_values(look, step->req->marker);
    bool differs = false;
    *values = kit_map(kit, look->op);
    if (!mark || !kind_is_text(step->req->marker, kit_get_text(kit, mark, "code"))) {
        const struct lf_value *change =
            mark ? wire_alter(kit, look->op, kind_id(look, mark), fresh) : wire_make(kit, look->op, fresh);
        *values = kit_put(kit, look->op, *values, "identifiers", one_change(look, change));
        differs = true;
    }
    if (!kind_is_text(description, kit_get_text(kit, row, "description"))) {
        *values = kit_put(kit, look->op, *values, "description", wire_text(kit, look->op, description));
        differs = true;
    }
    if (!kind_flag(look, row, "active")) {
        *values = kit_put_bool(kit, look->op, *values, "active", true);
        differs = true;
    }
    return differs;
}

static bool change_template(struct step *step, const struct lf_value **values)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired, *template = template_of(look, step->seen->row);
    const char *name = kit_get_text(kit, asked, "name"), *code = kit_get_text(kit, asked, "code");
    const char *category = asked_category(look, asked);
    bool differs = false;
    *values = kit_map(kit, look->op);
    if (!kind_is_text(name, kit_get_text(kit, template, "name"))) {
        *values = kit_put_text(kit, look->op, *values, "name", name);
        differs = true;
    }
    if (!kind_is_text(code, code_of(look, step->seen->row))) {
        *values = kit_put_text(kit, look->op, *values, "code", code);
        differs = true;
    }
    if (!kind_is_text(category, category_of(look, step->seen->row))) {
        *values = kit_put_int(kit, look->op, *values, "account_category",
                              books_find(&look->tryton->books.categories, category));
        differs = true;
    }
    if (!kind_flag(look, template, "active")) {
        *values = kit_put_bool(kit, look->op, *values, "active", true);
        differs = true;
    }
    return differs;
}

/* Template and variant in one request, both as they were seen. */
static uint32_t product_build(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *row = step->seen->row, *values = NULL, *variant = NULL;
    if (!row)
        return make_product(step);
    bool variant_differs = change_variant(step, &variant);
    if (!change_template(step, &values) && !variant_differs)
        return KIND_DONE;
    if (variant_differs)
        values = kit_put(kit, look->op, values, "products",
                         one_change(look, wire_alter(kit, look->op, kind_id(look, row), variant)));
    return kind_write(step, TEMPLATE, template_of(look, row), values, kind_guard(look, NULL, PRODUCT, row),
                      kit_format(kit, look->op, "change the product '%s'", code_of(look, row)));
}

static uint32_t product_remove(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *row = step->seen->row;
    if (!row)
        return KIND_DONE;
    const char *code = terms_text(kit, template_of(look, row), "code", "");
    if (kind_rows(look, look->pieces[LINES]) > 0) {
        const struct lf_value *line = kind_row(look, look->pieces[LINES], 0);
        const struct lf_value *list = wire_get(kit, look->op, line, "price_list.");
        return kind_refuse(
            step, "billing.product_in_use", NULL,
            kit_format(kit, look->op, "product '%s' still has a price in the list '%s'", code,
                       terms_text(kit, list, "name", "")),
            kit_format(kit, look->op, "its formula is '%s'", terms_text(kit, line, "formula", "")),
            "remove its prices first");
    }
    return kind_delete(step, TEMPLATE, template_of(look, row), kind_guard(look, NULL, PRODUCT, row),
                       kit_format(kit, look->op, "delete the product '%s'", code));
}

static const char *const product_fields[] = {
    "code",
    "description",
    "active",
    "_timestamp",
    "identifiers.code",
    "template.name",
    "template.code",
    "template.active",
    "template._timestamp",
    "template.account_category.name",
    NULL,
};
static const char *const line_fields[] = {"formula", "product", "price_list.name", NULL};

const struct kind product_kind = {
    .noun = "the product",
    .schema = &lf_billing_product,
    .terms = terms_product,
    .model = PRODUCT,
    .fields = product_fields,
    .pieces = {{LINE, line_fields, lines_domain}},
    .by_marker = product_by_marker,
    .by_name = product_by_name,
    .marker = product_marker,
    .is_named = product_is_named,
    .state = product_state,
    .allow = product_allow,
    .build = product_build,
    .remove = product_remove,
};
