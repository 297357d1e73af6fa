/* billing.price: a line of the price list that the drivers block names for the price's interval, and for what
 * is paid again and again a subscription service of the product with that recurrence.
 *
 * A list has the currency of its company and says for all its lines whether they hold taxes.  The amount is
 * the line's formula, which Tryton reads as a Decimal; the mark is a comment behind it:
 *
 *     55.00 # team-month [lf1.abc]
 */
#include "currency.h"
#include "tryton.h"
#include "tryton_kind.h"

#include <landfall/billing.h>
#include <string.h>

#define SERVICES 0
#define PRODUCTS 1

#define LINE    "product.price_list.line"
#define SERVICE "sale.subscription.service"
#define PRODUCT "product.product"

/* ---- formulas ----------------------------------------------------------------------------- */

static const char *comment_of(const struct look *look, const struct lf_value *row)
{
    const char *formula = kit_get_text(look->kit, row, "formula");
    const char *at = formula ? strstr(formula, " # ") : NULL;
    return at ? at + strlen(" # ") : NULL;
}

/* What stands before the comment. */
static const char *amount_of(const struct look *look, const struct lf_value *row)
{
    const char *formula = kit_get_text(look->kit, row, "formula");
    const char *at = formula ? strstr(formula, " # ") : NULL;
    return at ? kit_copy(look->kit, look->op, formula, (size_t)(at - formula)) : formula;
}

static const char *formula_for(const struct look *look, const struct lf_value *asked, const char *marker)
{
    uint32_t decimals = 0;
    char text[CURRENCY_TEXT];
    (void)currency_find(kit_get_text(look->kit, asked, "currency"), &decimals);
    currency_print(terms_minor(look->kit, asked), decimals, text);
    return kit_format(look->kit, look->op, "%s # %s", text,
                      kind_label(look, kit_get_text(look->kit, asked, "code"), marker));
}

/* ---- finding ------------------------------------------------------------------------------ */

static uint32_t interval_of(const char *text)
{
    uint32_t i = 0;
    while (i < TRYTON_INTERVALS && strcmp(tryton_intervals[i], text) != 0)
        i++;
    return i;
}

static uint32_t asked_interval(const struct look *look, const struct lf_value *asked)
{
    return interval_of(terms_text(look->kit, asked, "interval", "month"));
}

static int64_t list_of_row(const struct look *look, const struct lf_value *row)
{
    return kind_id(look, wire_get(look->kit, look->op, row, "price_list."));
}

static int64_t asked_list(const struct look *look, const struct lf_value *asked)
{
    uint32_t interval = asked_interval(look, asked);
    return interval < TRYTON_INTERVALS ? look->tryton->books.lists[interval].id : 0;
}

static int64_t asked_product(const struct look *look, const struct lf_value *asked)
{
    return kind_number(kit_get_text(look->kit, asked, "product"));
}

static const struct lf_value *price_by_marker(const struct look *look, const char *marker)
{
    return wire_clause_text(look->kit, look->op, "formula", "like",
                            kit_format(look->kit, look->op, "%% # %%[%s]", marker));
}

/* Its own code in the comment, or another line for the same product in the same list: only the first of those
 * would ever be asked by Tryton. */
static void price_by_name(const struct look *look, const struct lf_value *asked, struct wire_any *any)
{
    const struct kit *kit = look->kit;
    const char *code = kit_get_text(kit, asked, "code");
    int64_t list = asked_list(look, asked), product = asked_product(look, asked);
    if (code)
        wire_any_add(kit, look->op, any,
                     wire_list(kit, look->op, 2,
                               wire_clause_text(kit, look->op, "formula", "like",
                                                kit_format(kit, look->op, "%% # %s [lf1.%%]", code)),
                               kind_of_company(look, "price_list.company")));
    if (list > 0 && product > 0)
        wire_any_add(
            kit, look->op, any,
            wire_list(kit, look->op, 2,
                      wire_clause(kit, look->op, "price_list", "=", kit->values->of_int(look->op, list)),
                      wire_clause(kit, look->op, "product", "=", kit->values->of_int(look->op, product))));
}

static bool is_rival(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    int64_t list = asked_list(look, asked), product = asked_product(look, asked);
    return list > 0 && product > 0 && list_of_row(look, row) == list &&
           kit_get_int(look->kit, row, "product", 0) == product;
}

/* A marked line is known by its code, a person's by what it is a price for. */
static bool price_is_named(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    const char *comment = comment_of(look, row);
    if (!kind_label_marker(look, comment))
        return is_rival(look, row, asked);
    return kind_is_text(kind_label_code(look, comment), kit_get_text(look->kit, asked, "code"));
}

static const char *price_marker(const struct look *look, const struct lf_value *row)
{
    return kind_label_marker(look, comment_of(look, row));
}

/* ---- pieces ------------------------------------------------------------------------------- */

static void by_product(const struct look *look, const char *field, int64_t product, struct wire_any *any)
{
    if (product > 0)
        wire_any_add(
            look->kit, look->op, any,
            wire_clause(look->kit, look->op, field, "=", look->kit->values->of_int(look->op, product)));
}

static const struct lf_value *services_domain(const struct look *look)
{
    struct wire_any any = {0};
    for (size_t i = 0; i < kind_rows(look, look->rows); i++)
        by_product(look, "product", kit_get_int(look->kit, kind_row(look, look->rows, i), "product", 0),
                   &any);
    return wire_any_domain(look->kit, look->op, &any);
}

static const struct lf_value *products_domain(const struct look *look)
{
    struct wire_any any = {0};
    for (size_t i = 0; i < look->count; i++)
        by_product(look, "id", asked_product(look, look->reqs[i]->desired), &any);
    return wire_any_domain(look->kit, look->op, &any);
}

static bool is_product_there(const struct look *look, int64_t product)
{
    for (size_t i = 0; i < kind_rows(look, look->pieces[PRODUCTS]); i++)
        if (kind_id(look, kind_row(look, look->pieces[PRODUCTS], i)) == product)
            return true;
    return false;
}

/* The interval of the list a line is in; TRYTON_INTERVALS: of none that the drivers block names. */
static uint32_t interval_of_row(const struct look *look, const struct lf_value *row)
{
    int64_t list = list_of_row(look, row);
    uint32_t i = 0;
    while (i < TRYTON_INTERVALS && (list == 0 || look->tryton->books.lists[i].id != list))
        i++;
    return i;
}

static const struct lf_value *service_of(const struct look *look, const struct lf_value *row)
{
    uint32_t interval = interval_of_row(look, row);
    int64_t recurrence = interval < TRYTON_INTERVALS ? look->tryton->books.recurrences[interval] : 0;
    for (size_t i = 0; recurrence > 0 && i < kind_rows(look, look->pieces[SERVICES]); i++) {
        const struct lf_value *one = kind_row(look, look->pieces[SERVICES], i);
        if (kit_get_int(look->kit, one, "product", 0) == kit_get_int(look->kit, row, "product", 0) &&
            kit_get_int(look->kit, one, "consumption_recurrence", 0) == recurrence)
            return one;
    }
    return NULL;
}

static bool needs_service(const struct look *look, uint32_t interval)
{
    return interval < TRYTON_INTERVALS && look->tryton->recurrences[interval] != NULL;
}

/* ---- state -------------------------------------------------------------------------------- */

/* An amount that means the same as in `asked` keeps that spelling.  A formula that is no amount is shown as
 * it is, which differs from anything that can be asked for. */
static const struct lf_value *with_amount(const struct look *look, const struct lf_value *state,
                                          const struct lf_value *row, const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    const char *text = amount_of(look, row), *why = NULL;
    const struct lf_value *spelled = kit_get(kit, asked, "amount");
    uint32_t decimals = 0;
    int64_t minor = -1;
    if (!text || !currency_find(look->tryton->books.currency_code, &decimals) ||
        !currency_parse(text, decimals, &minor, &why))
        return kit_put_text(kit, look->op, state, "amount", text ? text : "");
    if (spelled && terms_minor(kit, asked) == minor)
        state = kit_put(kit, look->op, state, "amount", spelled);
    else if (spelled && kit->values->kind(spelled) == LF_KIND_INT)
        state = kit_put_int(kit, look->op, state, "amount", minor);
    else
        state = kit_put_text(kit, look->op, state, "amount", text);
    return kit_put_int(kit, look->op, state, "amount_minor", minor);
}

/* The interval is what list and service say together: without its service a price is not finished. */
static const struct lf_value *with_list(const struct look *look, const struct lf_value *state,
                                        const struct lf_value *row)
{
    const struct kit *kit = look->kit;
    uint32_t interval = interval_of_row(look, row);
    const struct lf_value *service = service_of(look, row);
    if (interval == TRYTON_INTERVALS)
        return state;
    bool inclusive = look->tryton->books.lists[interval].tax_included;
    state = kit_put_text(kit, look->op, state, "tax_behavior", inclusive ? "inclusive" : "exclusive");
    if (!needs_service(look, interval) || service)
        state = kit_put_text(kit, look->op, state, "interval", tryton_intervals[interval]);
    return service ? kind_put_active(look, state, service) : state;
}

/* A line with a condition is a price for some, not for all. */
static const struct lf_value *with_conditions(const struct look *look, const struct lf_value *state,
                                              const struct lf_value *row)
{
    static const char *const conditions[] = {"quantity", "category", NULL};
    for (size_t i = 0; conditions[i]; i++)
        if (kit_has(look->kit, row, conditions[i]))
            state = kind_put_option(look, state, conditions[i], kit_get(look->kit, row, conditions[i]));
    return state;
}

static const struct lf_value *price_state(const struct look *look, const struct seen *seen,
                                          const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    const struct lf_value *row = seen->row;
    const char *comment = comment_of(look, row);
    const char *code = seen->marker ? kind_label_code(look, comment) : kit_get_text(kit, asked, "code");
    int64_t product = kit_get_int(kit, row, "product", 0);
    const struct lf_value *state = kind_put_code(look, seen, asked, code);
    if (product > 0)
        state = kit_put_text(kit, look->op, state, "product",
                             kit_format(kit, look->op, "%lld", (long long)product));
    state = kit_put_text(kit, look->op, state, "currency", look->tryton->books.currency_code);
    state = with_amount(look, state, row, asked);
    state = with_list(look, state, row);
    return with_conditions(look, state, row);
}

static const struct lf_value *price_computed(const struct look *look, const struct lf_value *asked)
{
    int64_t minor = terms_minor(look->kit, asked);
    const struct lf_value *computed = kit_map(look->kit, look->op);
    return minor >= 0 ? kit_put_int(look->kit, look->op, computed, "amount_minor", minor) : computed;
}

/* 4900 and "49.00" are one amount. */
static bool price_is_same(const struct look *look, const char *name, const struct lf_value *a,
                          const struct lf_value *b, const struct lf_value *asked)
{
    if (strcmp(name, "amount") != 0 || !a || !b || !asked)
        return false;
    int64_t left = terms_minor(look->kit, kit_put(look->kit, look->op, asked, name, a));
    int64_t right = terms_minor(look->kit, kit_put(look->kit, look->op, asked, name, b));
    return left >= 0 && left == right;
}

/* ---- rules -------------------------------------------------------------------------------- */

static bool allow_list(const struct look *look, const struct lf_value *asked, struct terms_problem *problem)
{
    const struct kit *kit = look->kit;
    const struct tryton *tryton = look->tryton;
    uint32_t interval = asked_interval(look, asked);
    const char *word = tryton_intervals[interval], *name = tryton->lists[interval];
    const struct books_list *list = &tryton->books.lists[interval];
    const char *behavior = terms_text(kit, asked, "tax_behavior", "exclusive");
    if (!name)
        return kind_forbid(
            problem, "tryton.price_list", "interval",
            kit_format(kit, look->op, "no price list is named for the interval '%s'", word), NULL,
            kit_format(kit, look->op,
                       "write `price_lists: { %s: <name of a list in Tryton> }` in the drivers "
                       "block",
                       word));
    if (list->id == 0)
        return kind_forbid(
            problem, "tryton.price_list", "interval",
            kit_format(kit, look->op, "Tryton's company '%s' has no price list '%s'", tryton->company, name),
            NULL, "make it in Tryton, under Product, Price Lists");
    if (list->tax_included != (strcmp(behavior, "inclusive") == 0))
        return kind_forbid(problem, "tryton.tax_behavior", "tax_behavior",
                           kit_format(kit, look->op, "the price list '%s' holds prices %s tax", name,
                                      list->tax_included ? "with" : "without"),
                           "a list says so for all of its lines",
                           kit_format(kit, look->op,
                                      "%s 'Tax Included' on the list in Tryton, or name another one",
                                      list->tax_included ? "clear" : "set"));
    if (needs_service(look, interval) && tryton->books.recurrences[interval] == 0)
        return kind_forbid(problem, "tryton.recurrence", "interval",
                           kit_format(kit, look->op, "Tryton has no recurrence rule set '%s'",
                                      tryton->recurrences[interval]),
                           NULL,
                           "make it in Tryton, under Subscriptions, Configuration, Recurrence Rule Sets");
    return true;
}

static bool price_allow(const struct look *look, const struct lf_value *asked, struct terms_problem *problem)
{
    const struct kit *kit = look->kit;
    const struct tryton *tryton = look->tryton;
    const char *currency = kit_get_text(kit, asked, "currency");
    if (tryton->books.company == 0)
        return entity_kind.allow(look, NULL, problem);
    if (currency && strcmp(currency, tryton->books.currency_code) != 0)
        return kind_forbid(problem, "tryton.currency", "currency",
                           kit_format(kit, look->op, "the price lists of '%s' are in %s, not in %s",
                                      tryton->company, tryton->books.currency_code, currency),
                           "in Tryton 6.0 a price list has the currency of its company",
                           "give the region a driver whose `company` keeps its books in that currency");
    return !kit_is_known(kit, kit_get(kit, asked, "interval")) ||
           !kit_is_known(kit, kit_get(kit, asked, "tax_behavior")) || allow_list(look, asked, problem);
}

/* ---- building ----------------------------------------------------------------------------- */

static uint32_t refuse_rival(struct step *step, const struct lf_value *rival)
{
    const struct look *look = step->look;
    const struct lf_value *list = wire_get(look->kit, look->op, rival, "price_list.");
    return kind_refuse(
        step, "tryton.price_taken", "product",
        kit_format(look->kit, look->op, "the price list '%s' has a price for the product already",
                   terms_text(look->kit, list, "name", "")),
        kit_format(look->kit, look->op, "its line is '%s', and Tryton only ever asks the first",
                   terms_text(look->kit, rival, "formula", "")),
        "one price for a product and interval: take one of the two out of the playbook");
}

static uint32_t make_line(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired;
    const char *code = kit_get_text(kit, asked, "code");
    int64_t product = asked_product(look, asked);
    if (!is_product_there(look, product))
        return kind_refuse(
            step, "billing.product_missing", "product",
            kit_format(kit, look->op, "there is no product '%s'", terms_text(kit, asked, "product", "")),
            NULL, "declare it as a billing.product and write `product = <its variable>.id`");
    for (size_t i = 0; i < kind_rows(look, look->rows); i++)
        if (is_rival(look, kind_row(look, look->rows, i), asked))
            return refuse_rival(step, kind_row(look, look->rows, i));
    const struct lf_value *values =
        kit_put_int(kit, look->op, kit_map(kit, look->op), "price_list", asked_list(look, asked));
    values = kit_put_int(kit, look->op, values, "product", product);
    values = kit_put_text(kit, look->op, values, "formula", formula_for(look, asked, step->req->marker));
    return kind_create(step, LINE, values, kit_format(kit, look->op, "create the price '%s'", code));
}

static uint32_t make_service(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    uint32_t interval = asked_interval(look, step->req->desired);
    const struct lf_value *values = kit_put_int(kit, look->op, kit_map(kit, look->op), "product",
                                                asked_product(look, step->req->desired));
    values = kit_put_int(kit, look->op, values, "consumption_recurrence",
                         look->tryton->books.recurrences[interval]);
    return kind_create(step, SERVICE, values,
                       kit_format(kit, look->op, "create the subscription service of the price '%s'",
                                  kit_get_text(kit, step->req->desired, "code")));
}

static uint32_t change_line(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *row = step->seen->row;
    const char *formula = formula_for(look, step->req->desired, step->req->marker);
    if (kind_is_text(formula, kit_get_text(kit, row, "formula")) && !kit_has(kit, row, "quantity") &&
        !kit_has(kit, row, "category"))
        return KIND_DONE;
    const struct lf_value *none = kit->values->of_null(look->op);
    const struct lf_value *values = kit_put_text(kit, look->op, kit_map(kit, look->op), "formula", formula);
    values = kit_put(kit, look->op, values, "quantity", none);
    values = kit_put(kit, look->op, values, "category", none);
    return kind_write(
        step, LINE, row, values, NULL,
        kit_format(kit, look->op, "change the price '%s'", kit_get_text(kit, step->req->desired, "code")));
}

static uint32_t price_build(struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *row = step->seen->row;
    if (!row)
        return make_line(step);
    uint32_t what = change_line(step);
    const struct lf_value *service = service_of(look, row);
    if (what != KIND_DONE)
        return what;
    if (!needs_service(look, asked_interval(look, step->req->desired)))
        return KIND_DONE;
    if (!service)
        return make_service(step);
    if (kind_flag(look, service, "active"))
        return KIND_DONE;
    return kind_write(step, SERVICE, service,
                      kit_put_bool(look->kit, look->op, kit_map(look->kit, look->op), "active", true), NULL,
                      "activate the subscription service");
}

/* The service first, for the line carries the mark.  One that a person made for the product stays. */
static uint32_t price_remove(struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *row = step->seen->row;
    if (!row)
        return KIND_DONE;
    const struct lf_value *service = service_of(look, row);
    const char *text =
        kit_get_text(look->kit, wire_get(look->kit, look->op, service, "create_uid."), "login");
    if (service && kind_is_text(text, look->tryton->user))
        return kind_delete(step, SERVICE, service, NULL, "delete the price's subscription service");
    return kind_delete(step, LINE, row, NULL,
                       kit_format(look->kit, look->op, "delete the price line '%s'",
                                  terms_text(look->kit, row, "formula", "")));
}

static const char *const line_fields[] = {"formula",    "product",         "quantity", "category",
                                          "_timestamp", "price_list.name", NULL};
static const char *const service_fields[] = {"product",    "consumption_recurrence", "active",
                                             "_timestamp", "create_uid.login",       NULL};
static const char *const product_fields[] = {"code", NULL};

const struct kind price_kind = {
    .noun = "the price",
    .is_staged = true,
    .schema = &lf_billing_price,
    .terms = terms_price,
    .model = LINE,
    .fields = line_fields,
    .pieces = {{SERVICE, service_fields, services_domain}, {PRODUCT, product_fields, products_domain}},
    .by_marker = price_by_marker,
    .by_name = price_by_name,
    .marker = price_marker,
    .is_named = price_is_named,
    .state = price_state,
    .allow = price_allow,
    .computed = price_computed,
    .build = price_build,
    .remove = price_remove,
    .is_same = price_is_same,
};
