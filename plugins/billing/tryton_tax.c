/* billing.tax: a tax of the company, and the line of its tax rule that gives it to customers of a country.
 *
 * Both carry the dates: the rule by the day of the sale decides which tax applies, and a tax that somebody
 * chooses by hand is bound to its days as well.  The mark stands in the tax's name, which only accountants
 * see; what invoices print is its description.  The tax category is a tax group of that code. */
#include "tryton.h"
#include "tryton_kind.h"

#include <landfall/billing.h>
#include <string.h>

#define LINES 0

#define TAX  "account.tax"
#define LINE "account.tax.rule.line"

/* ---- finding ------------------------------------------------------------------------------ */

static const struct lf_value *tax_by_marker(const struct look *look, const char *marker)
{
    return wire_clause_text(look->kit, look->op, "name", "like",
                            kit_format(look->kit, look->op, "%%[%s]", marker));
}

static void tax_by_name(const struct look *look, const struct lf_value *asked, struct wire_any *any)
{
    const char *code = kit_get_text(look->kit, asked, "code");
    if (!code)
        return;
    struct wire_any names = {0};
    wire_any_add(look->kit, look->op, &names, wire_clause_text(look->kit, look->op, "name", "=", code));
    wire_any_add(look->kit, look->op, &names,
                 wire_clause_text(look->kit, look->op, "name", "like",
                                  kit_format(look->kit, look->op, "%s [lf1.%%]", code)));
    wire_any_add(look->kit, look->op, any,
                 wire_list(look->kit, look->op, 2, wire_any_domain(look->kit, look->op, &names),
                           kind_of_company(look, "company")));
}

static bool tax_is_named(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    const char *code = kind_label_code(look, kit_get_text(look->kit, row, "name"));
    return code && kind_is_text(code, kit_get_text(look->kit, asked, "code"));
}

static const char *tax_marker(const struct look *look, const struct lf_value *row)
{
    return kind_label_marker(look, kit_get_text(look->kit, row, "name"));
}

/* ---- places ------------------------------------------------------------------------------- */

struct place {
    int64_t country;
    int64_t subdivision; /* 0: all of the country */
};

/* False: Tryton does not know it. */
static bool find_place(const struct look *look, const char *jurisdiction, struct place *place)
{
    const struct books *books = &look->tryton->books;
    bool is_part = strlen(jurisdiction) > 2;
    const char *country = kit_copy(look->kit, look->op, jurisdiction, is_part ? 2 : strlen(jurisdiction));
    place->country = books_find(&books->countries, country);
    place->subdivision = is_part ? books_find(&books->subdivisions, jurisdiction) : 0;
    return place->country > 0 && (!is_part || place->subdivision > 0);
}

static const char *place_of_line(const struct look *look, const struct lf_value *line)
{
    const struct lf_value *part = wire_get(look->kit, look->op, line, "to_subdivision.");
    const char *code = kit_get_text(look->kit, part, "code");
    return code ? code : kit_get_text(look->kit, wire_get(look->kit, look->op, line, "to_country."), "code");
}

/* ---- pieces ------------------------------------------------------------------------------- */

/* The rule's lines for the taxes that were found, and those for the countries that are asked for: another tax
 * may hold there already. */
static const struct lf_value *lines_domain(const struct look *look)
{
    const struct kit *kit = look->kit;
    struct wire_any any = {0};
    for (size_t i = 0; i < kind_rows(look, look->rows); i++)
        wire_any_add(
            kit, look->op, &any,
            wire_clause(kit, look->op, "tax", "=",
                        kit->values->of_int(look->op, kind_id(look, kind_row(look, look->rows, i)))));
    for (size_t i = 0; i < look->count; i++) {
        const char *jurisdiction = kit_get_text(kit, look->reqs[i]->desired, "jurisdiction");
        struct place place = {0};
        if (jurisdiction && find_place(look, jurisdiction, &place))
            wire_any_add(
                kit, look->op, &any,
                wire_clause(kit, look->op, "to_country", "=", kit->values->of_int(look->op, place.country)));
    }
    return wire_list(
        kit, look->op, 2, wire_any_domain(kit, look->op, &any),
        wire_clause(kit, look->op, "rule", "=", kit->values->of_int(look->op, look->tryton->books.tax_rule)));
}

static const struct lf_value *line_of(const struct look *look, const struct lf_value *row)
{
    for (size_t i = 0; row && i < kind_rows(look, look->pieces[LINES]); i++) {
        const struct lf_value *one = kind_row(look, look->pieces[LINES], i);
        if (kind_id(look, wire_get(look->kit, look->op, one, "tax.")) == kind_id(look, row))
            return one;
    }
    return NULL;
}

static const char *group_of(const struct look *look, const struct lf_value *row)
{
    return kit_get_text(look->kit, wire_get(look->kit, look->op, row, "group."), "code");
}

static const char *day_of(const struct look *look, const struct lf_value *row, const char *field)
{
    return wire_date_text(look->kit, look->op, kit_get(look->kit, row, field));
}

/* ---- state -------------------------------------------------------------------------------- */

/* "20", "20.0" and "20.00" are one rate: the spelling that is asked for stays. */
static const char *rate_of(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    char percent[WIRE_RATE];
    const char *rate = wire_decimal_text(look->kit, kit_get(look->kit, row, "rate"));
    const char *spelled = kit_get_text(look->kit, asked, "rate");
    if (!kind_is_text(kit_get_text(look->kit, row, "type"), "percentage") || !rate ||
        !wire_percent_of_rate(rate, percent))
        return NULL;
    return spelled && wire_same_number(spelled, percent) ? spelled
                                                         : kit_format(look->kit, look->op, "%s", percent);
}

/* What the line says otherwise than its tax. */
static const struct lf_value *with_line(const struct look *look, const struct lf_value *state,
                                        const struct lf_value *row, const struct lf_value *line)
{
    const struct kit *kit = look->kit;
    state = kit_put_text(kit, look->op, state, "jurisdiction", place_of_line(look, line));
    if (!kind_is_text(day_of(look, line, "start_date"), day_of(look, row, "start_date")) ||
        !kind_is_text(day_of(look, line, "end_date"), day_of(look, row, "end_date")) ||
        !kind_is_text(group_of(look, line), group_of(look, row))) {
        const char *from = day_of(look, line, "start_date"), *to = day_of(look, line, "end_date");
        const char *text = kit_format(kit, look->op, "group %s, from %s to %s",
                                      group_of(look, line) ? group_of(look, line) : "any",
                                      from ? from : "ever", to ? to : "further notice");
        state = kind_put_option(look, state, "rule_line", wire_text(kit, look->op, text));
    }
    return state;
}

static const struct lf_value *tax_state(const struct look *look, const struct seen *seen,
                                        const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    const struct lf_value *row = seen->row, *line = line_of(look, row);
    const char *code = kind_label_code(look, kit_get_text(kit, row, "name"));
    const char *description = kit_get_text(kit, row, "description");
    const struct lf_value *state = kind_put_code(look, seen, asked, code);
    /* Tryton wants a description; where none is asked for it is the code. */
    bool is_given = !kind_is_text(description, kit_get_text(kit, state, "code")) ||
                    kind_is_text(description, kit_get_text(kit, asked, "name"));
    state = kit_put_text(kit, look->op, state, "name", is_given ? description : NULL);
    state = kit_put_text(kit, look->op, state, "category", group_of(look, row));
    state = kit_put_text(kit, look->op, state, "rate", rate_of(look, row, asked));
    state = kit_put_text(kit, look->op, state, "valid_from", day_of(look, row, "start_date"));
    state = kit_put_text(kit, look->op, state, "valid_to", day_of(look, row, "end_date"));
    if (line)
        state = with_line(look, state, row, line);
    return kind_put_active(look, state, row);
}

static bool tax_is_same(const struct look *look, const char *name, const struct lf_value *a,
                        const struct lf_value *b, const struct lf_value *asked)
{
    const char *left = a ? look->kit->values->as_text(a, NULL) : NULL;
    const char *right = b ? look->kit->values->as_text(b, NULL) : NULL;
    (void)asked;
    return strcmp(name, "rate") == 0 && left && right && wire_same_number(left, right);
}

/* ---- rules -------------------------------------------------------------------------------- */

static bool allow_books(const struct look *look, struct terms_problem *problem)
{
    const struct kit *kit = look->kit;
    const struct tryton *tryton = look->tryton;
    if (tryton->books.company == 0)
        return entity_kind.allow(look, NULL, problem);
    if (tryton->books.tax_account == 0)
        return kind_forbid(problem, "tryton.tax_account", NULL,
                           kit_format(kit, look->op, "Tryton's company '%s' has no account '%s'",
                                      tryton->company, tryton->tax_account),
                           "there is none of that code or name, or more than one",
                           "see that 'tax_account' in the drivers block is an account of its chart");
    if (tryton->books.tax_rule == 0)
        return kind_forbid(problem, "tryton.tax_rule", NULL,
                           kit_format(kit, look->op, "Tryton's company '%s' has no tax rule '%s'",
                                      tryton->company, tryton->tax_rule),
                           "there is none of that name, or more than one",
                           "make it in Tryton, under Financial, Configuration, Taxes, Rules");
    return true;
}

static bool tax_allow(const struct look *look, const struct lf_value *asked, struct terms_problem *problem)
{
    const struct kit *kit = look->kit;
    const char *category = terms_text(kit, asked, "category", "standard");
    const char *jurisdiction = kit_get_text(kit, asked, "jurisdiction");
    struct place place = {0};
    if (!allow_books(look, problem))
        return false;
    if (kit_is_known(kit, kit_get(kit, asked, "category")) &&
        books_find(&look->tryton->books.groups, category) == 0)
        return kind_forbid(problem, "tryton.tax_group", "category",
                           kit_format(kit, look->op, "Tryton has no tax group with the code '%s'", category),
                           "a tax category is a group of taxes, among which the rule chooses",
                           "make it in Tryton, under Financial, Configuration, Taxes, Groups");
    if (jurisdiction && !find_place(look, jurisdiction, &place))
        return kind_forbid(problem, "tryton.country", "jurisdiction",
                           kit_format(kit, look->op, "Tryton does not know the place '%s'", jurisdiction),
                           NULL, "run trytond_import_countries on its database");
    return true;
}

/* A line as the declaration it would be. */
static const struct lf_value *declared(const struct look *look, const struct lf_value *line)
{
    const struct kit *kit = look->kit;
    const struct lf_value *as =
        kit_put_text(kit, look->op, kit_map(kit, look->op), "jurisdiction", place_of_line(look, line));
    as = kit_put_text(kit, look->op, as, "category", group_of(look, line));
    as = kit_put_text(kit, look->op, as, "valid_from", day_of(look, line, "start_date"));
    return kit_put_text(kit, look->op, as, "valid_to", day_of(look, line, "end_date"));
}

static const struct lf_value *overlapping(const struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *own = line_of(look, step->seen->row);
    for (size_t i = 0; i < kind_rows(look, look->pieces[LINES]); i++) {
        const struct lf_value *one = kind_row(look, look->pieces[LINES], i);
        if (one != own && group_of(look, one) &&
            terms_overlap(look->kit, step->req->desired, declared(look, one)))
            return one;
    }
    return NULL;
}

static uint32_t refuse_overlap(struct step *step, const struct lf_value *other)
{
    const struct look *look = step->look;
    const char *from = day_of(look, other, "start_date"), *to = day_of(look, other, "end_date");
    const char *name = kit_get_text(look->kit, wire_get(look->kit, look->op, other, "tax."), "name");
    return kind_refuse(
        step, "billing.tax_overlap", "valid_from",
        kit_format(look->kit, look->op, "the tax '%s' already holds at that time", name ? name : "none"),
        kit_format(look->kit, look->op, "for %s, category %s, from %s to %s", place_of_line(look, other),
                   group_of(look, other), from ? from : "ever", to ? to : "further notice"),
        "end that rule the day before this one begins");
}

/* ---- building ----------------------------------------------------------------------------- */

static const char *asked_description(const struct look *look, const struct lf_value *asked)
{
    return terms_text(look->kit, asked, "name", terms_text(look->kit, asked, "code", ""));
}

static const struct lf_value *with_days(const struct step *step, const struct lf_value *values)
{
    const struct kit *kit = step->look->kit;
    struct lf_op *op = step->look->op;
    values = kit_put(kit, op, values, "start_date",
                     wire_date(kit, op, kit_get_text(kit, step->req->desired, "valid_from")));
    return kit_put(kit, op, values, "end_date",
                   wire_date(kit, op, kit_get_text(kit, step->req->desired, "valid_to")));
}

static int64_t asked_group(const struct step *step)
{
    const char *category = terms_text(step->look->kit, step->req->desired, "category", "standard");
    return books_find(&step->look->tryton->books.groups, category);
}

/* Everything of a tax that can change. */
static const struct lf_value *tax_values(const struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired;
    char rate[WIRE_RATE] = "0";
    const char *label = kind_label(look, kit_get_text(kit, asked, "code"), step->req->marker);
    (void)wire_rate_of_percent(kit_get_text(kit, asked, "rate"), rate);
    const struct lf_value *values = kit_put_text(kit, look->op, kit_map(kit, look->op), "name", label);
    values = kit_put_text(kit, look->op, values, "description", asked_description(look, asked));
    values = kit_put_text(kit, look->op, values, "type", "percentage");
    values = kit_put(kit, look->op, values, "rate", wire_decimal(kit, look->op, rate));
    values = kit_put_bool(kit, look->op, values, "active", true);
    return with_days(step, values);
}

static uint32_t make_tax(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct books *books = &look->tryton->books;
    const struct lf_value *values = tax_values(step);
    values = kit_put_int(kit, look->op, values, "company", books->company);
    values = kit_put_int(kit, look->op, values, "group", asked_group(step));
    values = kit_put_int(kit, look->op, values, "invoice_account", books->tax_account);
    values = kit_put_int(kit, look->op, values, "credit_note_account", books->tax_account);
    return kind_create(
        step, TAX, values,
        kit_format(kit, look->op, "create the tax '%s'", kit_get_text(kit, step->req->desired, "code")));
}

static uint32_t make_line(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    struct place place = {0};
    (void)find_place(look, kit_get_text(kit, step->req->desired, "jurisdiction"), &place);
    const struct lf_value *values =
        kit_put_int(kit, look->op, kit_map(kit, look->op), "rule", look->tryton->books.tax_rule);
    values = kit_put_int(kit, look->op, values, "group", asked_group(step));
    values = kit_put_int(kit, look->op, values, "to_country", place.country);
    if (place.subdivision > 0)
        values = kit_put_int(kit, look->op, values, "to_subdivision", place.subdivision);
    values = kit_put_int(kit, look->op, values, "tax", kind_id(look, step->seen->row));
    return kind_create(step, LINE, with_days(step, values),
                       kit_format(kit, look->op, "create the rule line of the tax '%s'",
                                  kit_get_text(kit, step->req->desired, "code")));
}

static bool has_days(const struct step *step, const struct lf_value *row)
{
    const struct kit *kit = step->look->kit;
    const struct lf_value *asked = step->req->desired;
    return kind_is_text(day_of(step->look, row, "start_date"), kit_get_text(kit, asked, "valid_from")) &&
           kind_is_text(day_of(step->look, row, "end_date"), kit_get_text(kit, asked, "valid_to"));
}

static bool is_tax_as_asked(const struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired, *row = step->seen->row;
    const char *rate = rate_of(look, row, asked), *want = kit_get_text(kit, asked, "rate");
    const char *label = kind_label(look, kit_get_text(kit, asked, "code"), step->req->marker);
    return kind_is_text(kit_get_text(kit, row, "name"), label) &&
           kind_is_text(kit_get_text(kit, row, "description"), asked_description(look, asked)) && rate &&
           want && wire_same_number(rate, want) && kind_flag(look, row, "active") && has_days(step, row);
}

static uint32_t change_line(struct step *step, const struct lf_value *line)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const char *category = terms_text(kit, step->req->desired, "category", "standard");
    if (has_days(step, line) && kind_is_text(group_of(look, line), category))
        return KIND_DONE;
    const struct lf_value *values = with_days(step, kit_map(kit, look->op));
    values = kit_put_int(kit, look->op, values, "group", asked_group(step));
    return kind_write(step, LINE, line, values, NULL,
                      kit_format(kit, look->op, "change the rule line of the tax '%s'",
                                 kit_get_text(kit, step->req->desired, "code")));
}

static uint32_t tax_build(struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *row = step->seen->row, *line = line_of(look, row), *other = overlapping(step);
    if (other)
        return refuse_overlap(step, other);
    if (!row)
        return make_tax(step);
    if (!is_tax_as_asked(step))
        return kind_write(step, TAX, row, tax_values(step), NULL,
                          kit_format(look->kit, look->op, "change the tax '%s'",
                                     kit_get_text(look->kit, step->req->desired, "code")));
    return line ? change_line(step, line) : make_line(step);
}

/* The line first: it points at the tax, which carries the mark. */
static uint32_t tax_remove(struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *row = step->seen->row, *line = line_of(look, row);
    const char *name = row ? terms_text(look->kit, row, "name", "") : "";
    if (line)
        return kind_delete(step, LINE, line, NULL,
                           kit_format(look->kit, look->op, "delete the rule line of the tax '%s'", name));
    if (row)
        return kind_delete(step, TAX, row, NULL,
                           kit_format(look->kit, look->op, "delete the tax '%s'", name));
    return KIND_DONE;
}

static const char *const tax_fields[] = {"name",       "description", "rate",   "type",       "group.code",
                                         "start_date", "end_date",    "active", "_timestamp", NULL};
static const char *const line_fields[] = {
    "tax.name",   "group.code", "to_country.code", "to_subdivision.code",
    "start_date", "end_date",   "_timestamp",      NULL};

const struct kind tax_kind = {
    .noun = "the tax",
    .is_staged = true,
    .schema = &lf_billing_tax,
    .terms = terms_tax,
    .model = TAX,
    .fields = tax_fields,
    .pieces = {{LINE, line_fields, lines_domain}},
    .by_marker = tax_by_marker,
    .by_name = tax_by_name,
    .marker = tax_marker,
    .is_named = tax_is_named,
    .state = tax_state,
    .allow = tax_allow,
    .build = tax_build,
    .remove = tax_remove,
    .is_same = tax_is_same,
};
