/* billing.entity: a party (name, address, tax number), a company on it, and a strict sequence for its
 * invoices.
 *
 * The mark is an identifier of the party without a type, made by the very request that makes the party; the
 * sequence carries it in its name.  The party's code is unique in Tryton. */
#include "tryton.h"
#include "tryton_kind.h"

#include <inttypes.h>
#include <landfall/billing.h>
#include <stdlib.h>
#include <string.h>

#define COMPANIES 0
#define SEQUENCES 1

#define PARTY    "party.party"
#define COMPANY  "company.company"
#define SEQUENCE "ir.sequence.strict"

/* Types of Tryton's by the country a tax number is of; Tryton checks the number by its type.  A number of a
 * country that is not here is kept as it is. */
static const struct {
    char country[3];
    const char *type;
} number_types[] = {
    {"AT", "eu_vat"}, {"AU", "au_abn"}, {"BE", "eu_vat"}, {"BG", "eu_vat"}, {"CH", "ch_vat"},
    {"CY", "eu_vat"}, {"CZ", "eu_vat"}, {"DE", "eu_vat"}, {"DK", "eu_vat"}, {"EE", "eu_vat"},
    {"EL", "eu_vat"}, {"ES", "eu_vat"}, {"FI", "eu_vat"}, {"FR", "eu_vat"}, {"GB", "gb_vat"},
    {"GR", "eu_vat"}, {"HR", "eu_vat"}, {"HU", "eu_vat"}, {"IE", "eu_vat"}, {"IT", "eu_vat"},
    {"LT", "eu_vat"}, {"LU", "eu_vat"}, {"LV", "eu_vat"}, {"MT", "eu_vat"}, {"NL", "eu_vat"},
    {"NO", "no_mva"}, {"NZ", "nz_ird"}, {"PL", "eu_vat"}, {"PT", "eu_vat"}, {"RO", "eu_vat"},
    {"SE", "eu_vat"}, {"SI", "eu_vat"}, {"SK", "eu_vat"}, {"US", "us_ein"},
};

static const char *number_type(const char *country)
{
    for (size_t i = 0; country && i < sizeof(number_types) / sizeof(number_types[0]); i++)
        if (strcmp(number_types[i].country, country) == 0)
            return number_types[i].type;
    return NULL;
}

/* ---- finding ------------------------------------------------------------------------------ */

static const struct lf_value *entity_by_marker(const struct look *look, const char *marker)
{
    return wire_clause_text(look->kit, look->op, "identifiers.code", strchr(marker, '%') ? "like" : "=",
                            marker);
}

static void entity_by_name(const struct look *look, const struct lf_value *asked, struct wire_any *any)
{
    const char *code = kit_get_text(look->kit, asked, "code");
    if (code)
        wire_any_add(look->kit, look->op, any, wire_clause_text(look->kit, look->op, "code", "=", code));
}

static bool entity_is_named(const struct look *look, const struct lf_value *row, const struct lf_value *asked)
{
    const char *code = kit_get_text(look->kit, row, "code");
    return code && kind_is_text(code, kit_get_text(look->kit, asked, "code"));
}

static bool is_mark(const char *code)
{
    return code && strncmp(code, "lf1.", 4) == 0;
}

static const struct lf_value *identifier(const struct look *look, const struct lf_value *party, bool mark)
{
    const struct lf_value *all = wire_get(look->kit, look->op, party, "identifiers.");
    for (size_t i = 0; i < kind_rows(look, all); i++) {
        const struct lf_value *one = kind_row(look, all, i);
        if (is_mark(kit_get_text(look->kit, one, "code")) == mark)
            return one;
    }
    return NULL;
}

static const char *entity_marker(const struct look *look, const struct lf_value *row)
{
    return kit_get_text(look->kit, identifier(look, row, true), "code");
}

static const struct lf_value *address_of(const struct look *look, const struct lf_value *party)
{
    const struct lf_value *all = wire_get(look->kit, look->op, party, "addresses.");
    return kind_rows(look, all) > 0 ? kind_row(look, all, 0) : NULL;
}

/* ---- pieces ------------------------------------------------------------------------------- */

static const struct lf_value *companies_domain(const struct look *look)
{
    struct wire_any any = {0};
    for (size_t i = 0; i < kind_rows(look, look->rows); i++) {
        const struct lf_value *id =
            look->kit->values->of_int(look->op, kind_id(look, kind_row(look, look->rows, i)));
        wire_any_add(look->kit, look->op, &any, wire_clause(look->kit, look->op, "party", "=", id));
    }
    return wire_any_domain(look->kit, look->op, &any);
}

static void by_mark_in_name(const struct look *look, const char *marker, struct wire_any *any)
{
    if (marker)
        wire_any_add(look->kit, look->op, any,
                     wire_clause_text(look->kit, look->op, "name", "like",
                                      kit_format(look->kit, look->op, "%%[%s]", marker)));
}

static const struct lf_value *sequences_domain(const struct look *look)
{
    const struct kit *kit = look->kit;
    struct wire_any any = {0};
    for (size_t i = 0; i < kind_rows(look, look->rows); i++)
        by_mark_in_name(look, entity_marker(look, kind_row(look, look->rows, i)), &any);
    for (size_t i = 0; i < look->count; i++) {
        const char *prefix = kit_get_text(kit, look->reqs[i]->desired, "invoice_prefix");
        by_mark_in_name(look, look->reqs[i]->marker, &any);
        if (prefix)
            wire_any_add(kit, look->op, &any, wire_clause_text(kit, look->op, "prefix", "=", prefix));
    }
    return wire_list(kit, look->op, 2, wire_any_domain(kit, look->op, &any),
                     wire_clause(kit, look->op, "sequence_type", "=",
                                 kit->values->of_int(look->op, look->tryton->books.sequence_type)));
}

static const struct lf_value *company_of(const struct look *look, const struct lf_value *party)
{
    const struct lf_value *all = look->pieces[COMPANIES];
    for (size_t i = 0; i < kind_rows(look, all); i++) {
        const struct lf_value *one = kind_row(look, all, i);
        if (kit_get_int(look->kit, one, "party", 0) == kind_id(look, party))
            return one;
    }
    return NULL;
}

static const struct lf_value *sequence_marked(const struct look *look, const char *marker)
{
    const struct lf_value *all = look->pieces[SEQUENCES];
    for (size_t i = 0; marker && i < kind_rows(look, all); i++) {
        const struct lf_value *one = kind_row(look, all, i);
        const char *theirs = kind_label_marker(look, kit_get_text(look->kit, one, "name"));
        if (theirs && strcmp(theirs, marker) == 0)
            return one;
    }
    return NULL;
}

/* The one of somebody else's with the prefix that is asked for. */
static const struct lf_value *sequence_prefixed(const struct look *look, const struct lf_value *asked,
                                                const char *but)
{
    const struct lf_value *all = look->pieces[SEQUENCES];
    const char *prefix = kit_get_text(look->kit, asked, "invoice_prefix");
    for (size_t i = 0; prefix && i < kind_rows(look, all); i++) {
        const struct lf_value *one = kind_row(look, all, i);
        const char *marker = kind_label_marker(look, kit_get_text(look->kit, one, "name"));
        if (kind_is_text(kit_get_text(look->kit, one, "prefix"), prefix) &&
            !(marker && kind_is_text(marker, but)))
            return one;
    }
    return NULL;
}

/* Its own sequence; of an entity without a mark, the unmarked one with the prefix it is said to have. */
static const struct lf_value *sequence_of(const struct look *look, const char *marker,
                                          const struct lf_value *asked)
{
    const struct lf_value *found = sequence_marked(look, marker);
    if (found || marker)
        return found;
    found = sequence_prefixed(look, asked, NULL);
    return found && !kind_label_marker(look, kit_get_text(look->kit, found, "name")) ? found : NULL;
}

/* ---- state -------------------------------------------------------------------------------- */

/* "acme-eu from 1000 [lf1.abc]": Tryton keeps the next number alone, so the first one stands in the name. */
static const char *sequence_name(const struct look *look, const struct lf_value *asked, const char *marker)
{
    return kit_format(look->kit, look->op, "%s from %" PRId64 " [%s]", kit_get_text(look->kit, asked, "code"),
                      kit_get_int(look->kit, asked, "first_invoice", 1), marker);
}

static int64_t first_number(const struct look *look, const struct lf_value *sequence, int64_t otherwise)
{
    const char *code = kind_label_code(look, kit_get_text(look->kit, sequence, "name"));
    const char *at = code ? strstr(code, " from ") : NULL;
    int64_t first = at ? kind_number(at + strlen(" from ")) : -1;
    return first > 0 ? first : otherwise;
}

static const struct lf_value *with_sequence(const struct look *look, const struct lf_value *state,
                                            const struct lf_value *sequence, const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    int64_t next = kit_get_int(kit, sequence, "number_next", 0);
    state = kit_put_text(kit, look->op, state, "invoice_prefix", kit_get_text(kit, sequence, "prefix"));
    state = kit_put_int(kit, look->op, state, "first_invoice",
                        first_number(look, sequence, kit_get_int(kit, asked, "first_invoice", 1)));
    return kit_put_int(kit, look->op, state, "next_invoice", next);
}

static const struct lf_value *entity_state(const struct look *look, const struct seen *seen,
                                           const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    struct lf_op *op = look->op;
    const struct lf_value *address = address_of(look, seen->row);
    const struct lf_value *number = identifier(look, seen->row, false);
    const struct lf_value *country = wire_get(kit, op, address, "country.");
    const struct lf_value *sequence = sequence_of(look, seen->marker, asked);
    const char *street = kit_get_text(kit, address, "street");
    const struct lf_value *state = kind_put_code(look, seen, asked, kit_get_text(kit, seen->row, "code"));
    state = kit_put_text(kit, op, state, "name", kit_get_text(kit, seen->row, "name"));
    state = kit_put_text(kit, op, state, "country", kit_get_text(kit, country, "code"));
    state = kit_put_text(kit, op, state, "address", street && street[0] ? street : NULL);
    state = kit_put_text(kit, op, state, "vat_id", kit_get_text(kit, number, "code"));
    if (company_of(look, seen->row) && sequence)
        state = with_sequence(look, state, sequence, asked);
    return kind_put_active(look, state, seen->row);
}

/* A numbering that cannot be seen is not taken for gone: making it anew could number two invoices alike. */
static bool entity_is_blind(const struct look *look, const struct seen *seen, const struct lf_request *req,
                            struct terms_problem *problem)
{
    bool was_whole = kit_has(look->kit, req->prior, "invoice_prefix");
    if (!was_whole || kit_has(look->kit, seen->state, "invoice_prefix") || !company_of(look, seen->row))
        return false;
    (void)kind_forbid(problem, "tryton.sequence_unseen", "invoice_prefix",
                      kit_format(look->kit, look->op, "the invoice sequence of '%s' cannot be seen",
                                 kit_get_text(look->kit, seen->row, "code")),
                      "it was deleted, its name was changed, or it was given to a company whose records "
                      "landfall's user may not read",
                      kit_format(look->kit, look->op,
                                 "let the user '%s' see that company's records, or give the sequence a name "
                                 "that ends in '[%s]' again",
                                 look->tryton->user, seen->marker ? seen->marker : ""));
    return true;
}

/* The number moves whenever an invoice is made. */
static const struct lf_value *entity_computed(const struct look *look, const struct lf_value *asked)
{
    (void)asked;
    return kit_put(look->kit, look->op, kit_map(look->kit, look->op), "next_invoice",
                   look->kit->values->unknown(look->op, LF_KIND_INT));
}

/* ---- rules -------------------------------------------------------------------------------- */

static bool entity_allow(const struct look *look, const struct lf_value *asked, struct terms_problem *problem)
{
    const struct books *books = &look->tryton->books;
    const char *country = kit_get_text(look->kit, asked, "country");
    if (books->company == 0)
        return kind_forbid(
            problem, "tryton.company", NULL,
            kit_format(look->kit, look->op, "Tryton has no company '%s'", look->tryton->company),
            "there is none of that name, or more than one",
            "see that 'company' in the drivers block is the code or name of its party");
    if (country && books_find(&books->countries, country) == 0)
        return kind_forbid(problem, "tryton.country", "country",
                           kit_format(look->kit, look->op, "Tryton does not know the country '%s'", country),
                           NULL, "run trytond_import_countries on its database");
    return true;
}

/* ---- building ----------------------------------------------------------------------------- */

static const struct lf_value *address_values(const struct look *look, const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    int64_t country = books_find(&look->tryton->books.countries, kit_get_text(kit, asked, "country"));
    const struct lf_value *values = kit_put(kit, look->op, kit_map(kit, look->op), "street",
                                            wire_text(kit, look->op, kit_get_text(kit, asked, "address")));
    return kit_put_int(kit, look->op, values, "country", country);
}

static const struct lf_value *number_values(const struct look *look, const struct lf_value *asked)
{
    const struct kit *kit = look->kit;
    const char *type = number_type(kit_get_text(kit, asked, "country"));
    const struct lf_value *values =
        kit_put_text(kit, look->op, kit_map(kit, look->op), "code", kit_get_text(kit, asked, "vat_id"));
    return kit_put(kit, look->op, values, "type", wire_text(kit, look->op, type));
}

static const struct lf_value *mark_values(const struct look *look, const char *marker)
{
    return kit_put_text(look->kit, look->op, kit_map(look->kit, look->op), "code", marker);
}

static uint32_t make_party(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired;
    const char *code = kit_get_text(kit, asked, "code");
    struct wire_any identifiers = {0};
    wire_any_add(kit, look->op, &identifiers, wire_make(kit, look->op, mark_values(look, step->req->marker)));
    if (kit_has(kit, asked, "vat_id"))
        wire_any_add(kit, look->op, &identifiers, wire_make(kit, look->op, number_values(look, asked)));
    const struct lf_value *values = kit_put_text(kit, look->op, kit_map(kit, look->op), "code", code);
    values = kit_put_text(kit, look->op, values, "name", kit_get_text(kit, asked, "name"));
    values = kit_put(kit, look->op, values, "identifiers",
                     kit->values->of_list(look->op, identifiers.clauses, identifiers.count));
    values = kit_put(kit, look->op, values, "addresses",
                     wire_list(kit, look->op, 1, wire_make(kit, look->op, address_values(look, asked))));
    return kind_create(step, PARTY, values, kit_format(kit, look->op, "create the party '%s'", code));
}

static uint32_t make_company(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *values =
        kit_put_int(kit, look->op, kit_map(kit, look->op), "party", kind_id(look, step->seen->row));
    values = kit_put_int(kit, look->op, values, "currency", look->tryton->books.currency);
    return kind_create(step, COMPANY, values,
                       kit_format(kit, look->op, "create the company of the party '%s'",
                                  kit_get_text(kit, step->req->desired, "code")));
}

/* Without a company: Tryton lets a user see the sequences of his own companies alone, and this one is new. */
static uint32_t make_sequence(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired;
    const struct lf_value *values = kit_put_text(kit, look->op, kit_map(kit, look->op), "name",
                                                 sequence_name(look, asked, step->req->marker));
    const char *prefix = kit_get_text(kit, asked, "invoice_prefix");
    values = kit_put_text(kit, look->op, values, "prefix", prefix);
    values = kit_put_int(kit, look->op, values, "number_next", kit_get_int(kit, asked, "first_invoice", 1));
    values = kit_put_int(kit, look->op, values, "sequence_type", look->tryton->books.sequence_type);
    values = kit_put(kit, look->op, values, "company", kit->values->of_null(look->op));
    return kind_create(step, SEQUENCE, values,
                       kit_format(kit, look->op, "create the invoice sequence '%s'", prefix));
}

static uint32_t refuse_prefix(struct step *step, const struct lf_value *other)
{
    const struct look *look = step->look;
    return kind_refuse(
        step, "billing.invoice_prefix_taken", "invoice_prefix",
        kit_format(look->kit, look->op, "the sequence '%s' already uses the invoice prefix '%s'",
                   kit_get_text(look->kit, other, "name"), kit_get_text(look->kit, other, "prefix")),
        "two invoices could get the same number", "give this entity a prefix of its own");
}

/* What is to be written to the identifiers; false: nothing.  The context guards what is written. */
static bool change_identifiers(struct step *step, const struct lf_value **changes,
                               const struct lf_value **context)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *number = identifier(look, step->seen->row, false);
    const char *want = kit_get_text(kit, step->req->desired, "vat_id");
    const char *have = kit_get_text(kit, number, "code");
    const struct lf_value *mark = identifier(look, step->seen->row, true);
    struct wire_any any = {0};
    if (!mark)
        wire_any_add(kit, look->op, &any, wire_make(kit, look->op, mark_values(look, step->req->marker)));
    else if (!kind_is_text(kit_get_text(kit, mark, "code"), step->req->marker))
        wire_any_add(kit, look->op, &any,
                     wire_alter(kit, look->op, kind_id(look, mark), mark_values(look, step->req->marker)));
    if (want && !have)
        wire_any_add(kit, look->op, &any, wire_make(kit, look->op, number_values(look, step->req->desired)));
    else if (want && !kind_is_text(want, have))
        wire_any_add(
            kit, look->op, &any,
            wire_alter(kit, look->op, kind_id(look, number), number_values(look, step->req->desired)));
    else if (!want && have)
        wire_any_add(kit, look->op, &any, wire_drop(kit, look->op, kind_id(look, number)));
    if (number)
        *context = kind_guard(look, *context, "party.identifier", number);
    *changes = kit->values->of_list(look->op, any.clauses, any.count);
    return any.count > 0;
}

static bool change_address(struct step *step, const struct lf_value **changes,
                           const struct lf_value **context)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired;
    const struct lf_value *address = address_of(look, step->seen->row);
    const struct lf_value *country = wire_get(kit, look->op, address, "country.");
    if (address && kind_is_text(kit_get_text(kit, address, "street"), kit_get_text(kit, asked, "address")) &&
        kind_is_text(kit_get_text(kit, country, "code"), kit_get_text(kit, asked, "country")))
        return false;
    const struct lf_value *values = address_values(look, asked);
    const struct lf_value *change = address ? wire_alter(kit, look->op, kind_id(look, address), values)
                                            : wire_make(kit, look->op, values);
    if (address)
        *context = kind_guard(look, *context, "party.address", address);
    *changes = wire_list(kit, look->op, 1, change);
    return true;
}

/* One request for all that differs; KIND_DONE: nothing does. */
static uint32_t change_party(struct step *step)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *asked = step->req->desired, *row = step->seen->row;
    const struct lf_value *values = kit_map(kit, look->op), *changes = NULL, *context = NULL;
    bool differs = false;
    if (!kind_is_text(kit_get_text(kit, row, "name"), kit_get_text(kit, asked, "name"))) {
        values = kit_put_text(kit, look->op, values, "name", kit_get_text(kit, asked, "name"));
        differs = true;
    }
    if (!kind_is_text(kit_get_text(kit, row, "code"), kit_get_text(kit, asked, "code"))) {
        values = kit_put_text(kit, look->op, values, "code", kit_get_text(kit, asked, "code"));
        differs = true;
    }
    if (!kind_flag(look, row, "active")) {
        values = kit_put_bool(kit, look->op, values, "active", true);
        differs = true;
    }
    if (change_identifiers(step, &changes, &context)) {
        values = kit_put(kit, look->op, values, "identifiers", changes);
        differs = true;
    }
    if (change_address(step, &changes, &context)) {
        values = kit_put(kit, look->op, values, "addresses", changes);
        differs = true;
    }
    if (!differs)
        return KIND_DONE;
    return kind_write(step, PARTY, row, values, context,
                      kit_format(kit, look->op, "change the party '%s'", kit_get_text(kit, row, "code")));
}

static uint32_t adopt_sequence(struct step *step, const struct lf_value *sequence)
{
    const struct look *look = step->look;
    const struct kit *kit = look->kit;
    const struct lf_value *values = kit_put_text(kit, look->op, kit_map(kit, look->op), "name",
                                                 sequence_name(look, step->req->desired, step->req->marker));
    return kind_write(
        step, SEQUENCE, sequence, values, NULL,
        kit_format(kit, look->op, "mark the sequence '%s'", kit_get_text(kit, sequence, "name")));
}

static uint32_t entity_build(struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *row = step->seen->row;
    const char *was = row ? step->seen->marker : NULL;
    /* An entity that is being adopted brings its sequence, still unmarked or marked by another store. */
    const struct lf_value *sequence = sequence_marked(look, step->req->marker);
    const struct lf_value *theirs = row ? sequence_of(look, was, step->req->desired) : NULL;
    const struct lf_value *taken = sequence_prefixed(look, step->req->desired, step->req->marker);
    bool adopts = kit_get_bool(look->kit, step->req->memo, "adopt", false);
    if (adopts && !sequence && theirs)
        return adopt_sequence(step, theirs);
    if (!sequence && taken)
        return refuse_prefix(step, taken);
    if (!row)
        return make_party(step);
    uint32_t what = change_party(step);
    if (what != KIND_DONE)
        return what;
    if (!company_of(look, row))
        return make_company(step);
    return sequence ? KIND_DONE : make_sequence(step);
}

/* The company goes with its party, in one transaction. */
static uint32_t entity_remove(struct step *step)
{
    const struct look *look = step->look;
    const struct lf_value *sequence = sequence_marked(look, step->req->marker);
    if (step->seen->row)
        return kind_delete(step, PARTY, step->seen->row, NULL,
                           kit_format(look->kit, look->op, "delete the party '%s' with its company",
                                      kit_get_text(look->kit, step->seen->row, "code")));
    if (sequence)
        return kind_delete(step, SEQUENCE, sequence, NULL,
                           kit_format(look->kit, look->op, "delete the sequence '%s'",
                                      kit_get_text(look->kit, sequence, "name")));
    return KIND_DONE;
}

static const char *const party_fields[] = {
    "code",
    "name",
    "active",
    "_timestamp",
    "identifiers.code",
    "identifiers.type",
    "identifiers._timestamp",
    "addresses.street",
    "addresses.country.code",
    "addresses._timestamp",
    NULL,
};
static const char *const company_fields[] = {"party", "_timestamp", NULL};
static const char *const sequence_fields[] = {"name", "prefix", "number_next", "company", "_timestamp", NULL};

const struct kind entity_kind = {
    .noun = "the legal entity",
    .is_staged = true,
    .schema = &lf_billing_entity,
    .terms = terms_entity,
    .model = PARTY,
    .fields = party_fields,
    .pieces = {{COMPANY, company_fields, companies_domain}, {SEQUENCE, sequence_fields, sequences_domain}},
    .by_marker = entity_by_marker,
    .by_name = entity_by_name,
    .marker = entity_marker,
    .is_named = entity_is_named,
    .state = entity_state,
    .is_blind = entity_is_blind,
    .remains = SEQUENCE,
    .allow = entity_allow,
    .computed = entity_computed,
    .build = entity_build,
    .remove = entity_remove,
};
