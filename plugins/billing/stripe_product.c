/* billing.product: a product of Stripe's whose id is the code.  Its category is kept in metadata, and where
 * the drivers block says which tax code a category has, the product has that code. */
#include "stripe_api.h"
#include "stripe_look.h"

#include <landfall/billing.h>
#include <string.h>

#define NAME_MOST        5000
#define DESCRIPTION_MOST 40000
#define CATEGORY_MOST    500 /* of a value in metadata */

static const char *list_products(const struct look *look)
{
    struct kit_text query = {0};
    kit_text_add(look->kit, look->op, &query, "", 0);
    for (size_t i = 0; i < look->count; i++) {
        const struct lf_request *req = look->reqs[i];
        const char *id = req->id ? req->id : kit_get_text(look->kit, look_subject(req), "code");
        if (id)
            kit_text_print(look->kit, look->op, &query, "&ids%%5B%%5D=%s",
                           kit_http_encode(look->kit, look->op, id));
    }
    return query.bytes;
}

static bool is_same_product(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    const char *id = kit_get_text(look->kit, row, "id"), *code = kit_get_text(look->kit, asked, "code");
    return id && code && strcmp(id, code) == 0;
}

/* A tax code beside the category that is not the one set down for it shows as another category, so that a
 * plan sees it and an update puts it right. */
static const char *category_of(const struct look *look, const struct lf_value *row)
{
    const char *category = kind_meta(look, row, "category");
    const char *wanted = stripe_tax_code(look->stripe, category ? category : "standard");
    const char *there = kit_get_text(look->kit, row, "tax_code");
    category = category ? category : "standard";
    if (!wanted || (there && strcmp(there, wanted) == 0))
        return category;
    return kit_format(look->kit, look->op, "%s, with %s", category, there ? there : "no tax code");
}

static const struct lf_value *product_state(const struct look *look, const struct lf_value *row,
                                            const struct lf_value *spelled)
{
    const struct kit *kit = look->kit;
    const struct lf_value *state = kit_map(kit, look->op);
    (void)spelled;
    state = kit_put_text(kit, look->op, state, "code", kit_get_text(kit, row, "id"));
    state = kit_put_text(kit, look->op, state, "name", kit_get_text(kit, row, "name"));
    state = kit_put_text(kit, look->op, state, "description", kit_get_text(kit, row, "description"));
    return kit_put_text(kit, look->op, state, "category", category_of(look, row));
}

static bool product_terms(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked,
                          struct terms_problem *problem)
{
    const struct kit *kit = &stripe->kit;
    const char *category = terms_text(kit, asked, "category", "standard");
    if (!terms_product(kit, op, "stripe", asked, problem) ||
        !kind_check_text(stripe, op, asked, "name", NAME_MOST, problem) ||
        !kind_check_text(stripe, op, asked, "description", DESCRIPTION_MOST, problem) ||
        !kind_check_text(stripe, op, asked, "category", CATEGORY_MOST, problem))
        return false;
    if (stripe->code_count == 0 || !kit_is_known(kit, kit_get(kit, asked, "category")) ||
        stripe_tax_code(stripe, category))
        return true;
    *problem = (struct terms_problem){
        .code = "stripe.tax_code",
        .path = "category",
        .summary = kit_format(kit, op, "no tax code is set down for the category '%s'", category),
        .detail = "Stripe would take the account's default code for it",
        .advice = "add the category to 'tax_codes' in the drivers block",
    };
    return false;
}

static void write_product(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    const char *category = terms_text(look->kit, asked, "category", "standard");
    kind_field(look, form, "name", kit_get_text(look->kit, asked, "name"));
    kind_field(look, form, "metadata[category]", category);
    kind_field(look, form, "tax_code", stripe_tax_code(look->stripe, category));
}

static void create_product(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    kind_field(look, form, "id", kit_get_text(look->kit, asked, "code"));
    kind_field(look, form, "description", kit_get_text(look->kit, asked, "description"));
    write_product(look, asked, form);
}

static void update_product(const struct look *look, const struct lf_value *asked, struct kit_text *form)
{
    kind_field(look, form, "description", terms_text(look->kit, asked, "description", ""));
    write_product(look, asked, form);
}

const struct kind product_kind = {
    .noun = "the product",
    .path = "/v1/products",
    .schema = &lf_billing_product,
    .is_named = true,
    .may_vanish = true,
    .list = list_products,
    .is_same_name = is_same_product,
    .state = product_state,
    .terms = product_terms,
    .create = create_product,
    .update = update_product,
};
