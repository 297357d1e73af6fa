#include "tryton_books.h"

#include "tryton.h"
#include "tryton_rpc.h"
#include "tryton_wire.h"

#include <stdlib.h>
#include <string.h>

/* Countries have some 250 records, their parts some 5 000. */
#define NAMES_MOST 20000

struct loading {
    struct tryton *tryton;
    struct books draft; /* its texts belong to the operation */
    size_t page;        /* of the pages below */
    books_fn *fn;
    void *user;
};

/* One search of the books: what is asked, and what is kept of the answer. */
struct page {
    const char *model;
    const char *const *fields;
    bool (*is_needed)(const struct tryton *tryton); /* NULL: always */
    const struct lf_value *(*domain)(const struct loading *loading, struct lf_op *op);
    void (*keep)(struct loading *loading, struct lf_op *op, const struct lf_value *rows);
};

static const struct lf_value *row_at(const struct kit *kit, const struct lf_value *rows, size_t i)
{
    const char *key = NULL;
    return kit->values->at(rows, i, &key);
}

static int64_t id_of(const struct kit *kit, const struct lf_value *row)
{
    return kit_get_int(kit, row, "id", 0);
}

/* The id of the only record; of several none is the one that was meant. */
static int64_t only(const struct kit *kit, const struct lf_value *rows)
{
    return kit->values->count(rows) == 1 ? id_of(kit, row_at(kit, rows, 0)) : 0;
}

static const struct lf_value *either(const struct kit *kit, struct lf_op *op, const char *a, const char *b,
                                     const char *value)
{
    struct wire_any any = {0};
    wire_any_add(kit, op, &any, wire_clause_text(kit, op, a, "=", value));
    wire_any_add(kit, op, &any, wire_clause_text(kit, op, b, "=", value));
    return wire_any_domain(kit, op, &any);
}

static const struct lf_value *of_company(const struct loading *loading, struct lf_op *op)
{
    const struct kit *kit = &loading->tryton->kit;
    return wire_clause(kit, op, "company", "=", kit->values->of_int(op, loading->draft.company));
}

static const struct lf_value *named_of_company(const struct loading *loading, struct lf_op *op,
                                               const char *name)
{
    const struct kit *kit = &loading->tryton->kit;
    return wire_list(kit, op, 2, wire_clause_text(kit, op, "name", "=", name), of_company(loading, op));
}

static const struct lf_value *everything(const struct loading *loading, struct lf_op *op)
{
    return wire_list(&loading->tryton->kit, op, 0);
}

/* ---- the pages ---------------------------------------------------------------------------- */

static const struct lf_value *company_domain(const struct loading *loading, struct lf_op *op)
{
    return either(&loading->tryton->kit, op, "party.code", "party.name", loading->tryton->company);
}

static void company_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    const struct kit *kit = &loading->tryton->kit;
    struct books *books = &loading->draft;
    books->company = only(kit, rows);
    if (books->company == 0)
        return;
    const struct lf_value *currency = wire_get(kit, op, row_at(kit, rows, 0), "currency.");
    const char *code = kit_get_text(kit, currency, "code");
    books->currency = id_of(kit, currency);
    if (code && strlen(code) < sizeof(books->currency_code))
        memcpy(books->currency_code, code, strlen(code) + 1);
}

static const struct lf_value *account_domain(const struct loading *loading, struct lf_op *op)
{
    return wire_list(&loading->tryton->kit, op, 2,
                     either(&loading->tryton->kit, op, "code", "name", loading->tryton->tax_account),
                     of_company(loading, op));
}

static void account_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    (void)op;
    loading->draft.tax_account = only(&loading->tryton->kit, rows);
}

static const struct lf_value *rule_domain(const struct loading *loading, struct lf_op *op)
{
    return named_of_company(loading, op, loading->tryton->tax_rule);
}

static void rule_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    (void)op;
    loading->draft.tax_rule = only(&loading->tryton->kit, rows);
}

/* Records that come with a module have a name there that no translation changes. */
static const struct lf_value *data_domain(const struct loading *loading, struct lf_op *op)
{
    static const char *const names[] = {"uom_unit", "sequence_type_account_invoice", NULL};
    static const char *const modules[] = {"product", "account_invoice", NULL};
    const struct kit *kit = &loading->tryton->kit;
    return wire_list(kit, op, 2, wire_clause(kit, op, "fs_id", "in", wire_texts(kit, op, names)),
                     wire_clause(kit, op, "module", "in", wire_texts(kit, op, modules)));
}

static void data_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    const struct kit *kit = &loading->tryton->kit;
    (void)op;
    for (size_t i = 0; i < kit->values->count(rows); i++) {
        const struct lf_value *row = row_at(kit, rows, i);
        const char *name = kit_get_text(kit, row, "fs_id");
        int64_t id = kit_get_int(kit, row, "db_id", 0);
        if (name && strcmp(name, "uom_unit") == 0)
            loading->draft.unit = id;
        else
            loading->draft.sequence_type = id;
    }
}

static const struct lf_value *lists_domain(const struct loading *loading, struct lf_op *op)
{
    return wire_list(&loading->tryton->kit, op, 1, of_company(loading, op));
}

static void lists_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    const struct kit *kit = &loading->tryton->kit;
    (void)op;
    for (size_t i = 0; i < kit->values->count(rows); i++) {
        const struct lf_value *row = row_at(kit, rows, i);
        const char *name = kit_get_text(kit, row, "name");
        for (size_t interval = 0; name && interval < BOOKS_INTERVALS; interval++) {
            const char *wanted = loading->tryton->lists[interval];
            if (!wanted || strcmp(wanted, name) != 0)
                continue;
            /* Tryton's booleans are 0 and 1 on some databases. */
            const struct lf_value *flag = kit_get(kit, row, "tax_included");
            bool included = flag && (kit->values->as_bool(flag, 0) || kit->values->as_int(flag, 0) != 0);
            loading->draft.lists[interval] = (struct books_list){id_of(kit, row), included};
        }
    }
}

static void recurrences_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    const struct kit *kit = &loading->tryton->kit;
    (void)op;
    for (size_t i = 0; i < kit->values->count(rows); i++) {
        const struct lf_value *row = row_at(kit, rows, i);
        const char *name = kit_get_text(kit, row, "name");
        for (size_t interval = 0; name && interval < BOOKS_INTERVALS; interval++) {
            const char *wanted = loading->tryton->recurrences[interval];
            if (wanted && strcmp(wanted, name) == 0)
                loading->draft.recurrences[interval] = id_of(kit, row);
        }
    }
}

static void names_keep(const struct kit *kit, struct lf_op *op, const struct lf_value *rows,
                       const char *field, struct books_names *names)
{
    size_t count = kit->values->count(rows);
    names->at = kit->ops->scratch(op, (count + 1) * sizeof(*names->at));
    for (size_t i = 0; i < count; i++) {
        const struct lf_value *row = row_at(kit, rows, i);
        const char *name = kit_get_text(kit, row, field);
        if (name)
            names->at[names->count++] = (struct books_name){name, NULL, id_of(kit, row)};
    }
}

static void groups_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    names_keep(&loading->tryton->kit, op, rows, "code", &loading->draft.groups);
}

static const struct lf_value *categories_domain(const struct loading *loading, struct lf_op *op)
{
    const struct kit *kit = &loading->tryton->kit;
    return wire_list(kit, op, 1, wire_clause(kit, op, "accounting", "=", kit->values->of_bool(op, true)));
}

static void categories_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    names_keep(&loading->tryton->kit, op, rows, "name", &loading->draft.categories);
}

static void countries_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    names_keep(&loading->tryton->kit, op, rows, "code", &loading->draft.countries);
}

static void subdivisions_keep(struct loading *loading, struct lf_op *op, const struct lf_value *rows)
{
    names_keep(&loading->tryton->kit, op, rows, "code", &loading->draft.subdivisions);
}

static const char *const company_fields[] = {"party.code", "currency.code", NULL};
static const char *const data_fields[] = {"fs_id", "db_id", NULL};
static const char *const list_fields[] = {"name", "tax_included", NULL};
static const char *const name_fields[] = {"name", NULL};
static const char *const code_fields[] = {"code", NULL};

static bool has_recurrences(const struct tryton *tryton)
{
    for (size_t interval = 0; interval < BOOKS_INTERVALS; interval++)
        if (tryton->recurrences[interval])
            return true;
    return false;
}

static const struct page pages[] = {
    {"company.company", company_fields, NULL, company_domain, company_keep}, /* first: the others need it */
    {"account.account", name_fields, NULL, account_domain, account_keep},
    {"account.tax.rule", name_fields, NULL, rule_domain, rule_keep},
    {"ir.model.data", data_fields, NULL, data_domain, data_keep},
    {"product.price_list", list_fields, NULL, lists_domain, lists_keep},
    {"sale.subscription.recurrence.rule.set", name_fields, has_recurrences, everything, recurrences_keep},
    {"account.tax.group", code_fields, NULL, everything, groups_keep},
    {"product.category", name_fields, NULL, categories_domain, categories_keep},
    {"country.country", code_fields, NULL, everything, countries_keep},
    {"country.subdivision", code_fields, NULL, everything, subdivisions_keep},
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

/* ---- loading ------------------------------------------------------------------------------ */

static void names_free(struct books_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->at[i].own);
    free(names->at);
    *names = (struct books_names){0};
}

void books_free(struct books *books)
{
    names_free(&books->groups);
    names_free(&books->categories);
    names_free(&books->countries);
    names_free(&books->subdivisions);
    *books = (struct books){0};
}

/* From the operation's memory into our own.  False: out of memory. */
static bool names_copy(const struct books_names *from, struct books_names *to)
{
    to->at = calloc(from->count + 1, sizeof(*to->at));
    for (size_t i = 0; to->at && i < from->count; i++) {
        char *own = strdup(from->at[i].name);
        if (!own)
            return false;
        to->at[to->count++] = (struct books_name){own, own, from->at[i].id};
    }
    return to->at != NULL;
}

static bool finish(struct books *books, const struct books *draft)
{
    struct books made = *draft;
    made.groups = made.categories = made.countries = made.subdivisions = (struct books_names){0};
    if (names_copy(&draft->groups, &made.groups) && names_copy(&draft->categories, &made.categories) &&
        names_copy(&draft->countries, &made.countries) &&
        names_copy(&draft->subdivisions, &made.subdivisions)) {
        made.loaded = true;
        *books = made;
        return true;
    }
    books_free(&made);
    return false;
}

static void next_page(struct lf_op *op, struct loading *loading);

static void page_read(struct lf_op *op, const struct rpc_reply *reply, void *user)
{
    struct loading *loading = user;
    if (reply->status != LF_END_OK) {
        loading->fn(op, reply, loading->user);
        return;
    }
    pages[loading->page].keep(loading, op, reply->result);
    loading->page++;
    next_page(op, loading);
}

/* Several operations may be loading at once; whoever is done first has loaded for all. */
static void next_page(struct lf_op *op, struct loading *loading)
{
    static const struct rpc_reply full = {
        .status = LF_END_CANNOT_TELL, .is_before = true, .code = "tryton.memory", .summary = "out of memory"};
    struct tryton *tryton = loading->tryton;
    while (loading->page < PAGES && pages[loading->page].is_needed && !pages[loading->page].is_needed(tryton))
        loading->page++;
    if (tryton->books.loaded || loading->page == PAGES) {
        bool is_good = tryton->books.loaded || finish(&tryton->books, &loading->draft);
        loading->fn(op, is_good ? NULL : &full, loading->user);
        return;
    }
    const struct page *page = &pages[loading->page];
    struct rpc_search search = {
        .model = page->model,
        .domain = page->domain(loading, op),
        .fields = page->fields,
        .limit = NAMES_MOST,
    };
    rpc_find(tryton, op, &search, page_read, loading);
}

void books_need(struct tryton *tryton, struct lf_op *op, books_fn *fn, void *user)
{
    struct loading *loading = tryton->kit.ops->scratch(op, sizeof(*loading));
    *loading = (struct loading){.tryton = tryton, .fn = fn, .user = user};
    next_page(op, loading);
}

int64_t books_find(const struct books_names *names, const char *name)
{
    for (size_t i = 0; name && i < names->count; i++)
        if (strcmp(names->at[i].name, name) == 0)
            return names->at[i].id;
    return 0;
}
