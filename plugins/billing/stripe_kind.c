#include "stripe_kind.h"

#include "stripe_api.h"
#include "stripe_look.h"

#include <string.h>

void kind_field(const struct look *look, struct kit_text *form, const char *name, const char *text)
{
    if (text)
        api_field(look->kit, look->op, form, name, text);
}

const char *kind_meta(const struct look *look, const struct lf_value *row, const char *key)
{
    const char *text = kit_get_text(look->kit, kit_get(look->kit, row, "metadata"), key);
    return text && text[0] ? text : NULL;
}

/* Characters of UTF-8, as Stripe counts. */
static size_t characters(const char *text)
{
    size_t count = 0;
    for (const char *at = text; *at; at++)
        count += ((unsigned char)*at & 0xC0u) != 0x80u;
    return count;
}

bool kind_check_text(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked,
                     const char *name, size_t most, struct terms_problem *problem)
{
    const struct kit *kit = &stripe->kit;
    const char *text = kit_get_text(kit, asked, name);
    size_t len = text ? characters(text) : 1;
    if (len >= 1 && len <= most)
        return true;
    *problem = (struct terms_problem){
        .code = "stripe.length",
        .path = name,
        .summary = len == 0 ? kit_format(kit, op, "Stripe keeps no empty '%s'", name)
                            : kit_format(kit, op, "'%s' is too long for Stripe", name),
        .detail = kit_format(kit, op, "it has %zu characters; Stripe keeps 1 to %zu", len, most),
        .advice = len == 0 ? "leave it out, or write something" : "shorten it",
    };
    return false;
}

const struct lf_value *kind_bare(const struct stripe *stripe, struct lf_op *op, const struct lf_value *asked)
{
    const struct lf_values *values = stripe->kit.values;
    return kit_get(&stripe->kit, asked, "options") ? values->with(op, asked, "options", values->of_null(op))
                                                   : asked;
}
