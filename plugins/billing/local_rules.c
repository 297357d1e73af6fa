#include "local_rules.h"

#include <string.h>

static bool refuse(struct terms_problem *problem, const char *code, const char *path, const char *summary,
                   const char *detail, const char *advice)
{
    *problem = (struct terms_problem){code, path, summary, detail, advice};
    return false;
}

/* Two entities with one prefix would give two invoices one number. */
static bool entity_beside(const struct catalog *catalog, const char *code, const struct lf_value *asked,
                          struct terms_problem *problem)
{
    const struct catalog_section *entities = &catalog->sections[CATALOG_ENTITIES];
    const char *prefix = kit_get_text(catalog->kit, asked, "invoice_prefix");
    for (size_t i = 0; i < entities->count; i++) {
        const struct catalog_thing *other = &entities->things[i];
        const char *theirs = kit_get_text(catalog->kit, other->value, "invoice_prefix");
        if (strcmp(other->code, code) == 0 || !theirs || !prefix || strcmp(theirs, prefix) != 0)
            continue;
        return refuse(problem, "billing.invoice_prefix_taken", "invoice_prefix",
                      kit_format(catalog->kit, catalog->op,
                                 "entity '%s' already uses the invoice prefix '%s'", other->code, prefix),
                      "two invoices could get the same number", "give this entity a prefix of its own");
    }
    return true;
}

static bool product_remove(const struct catalog *catalog, const char *code, const struct lf_value *asked,
                           struct terms_problem *problem)
{
    (void)asked;
    const struct catalog_section *prices = &catalog->sections[CATALOG_PRICES];
    for (size_t i = 0; i < prices->count; i++) {
        const char *product = kit_get_text(catalog->kit, prices->things[i].value, "product");
        if (product && strcmp(product, code) == 0)
            return refuse(problem, "billing.product_in_use", NULL,
                          kit_format(catalog->kit, catalog->op, "product '%s' still has the price '%s'", code,
                                     prices->things[i].code),
                          NULL, "remove its prices first");
    }
    return true;
}

static bool price_beside(const struct catalog *catalog, const char *code, const struct lf_value *asked,
                         struct terms_problem *problem)
{
    (void)code;
    const char *product = kit_get_text(catalog->kit, asked, "product");
    if (product && catalog_find(catalog, CATALOG_PRODUCTS, product))
        return true;
    return refuse(problem, "billing.product_missing", "product",
                  kit_format(catalog->kit, catalog->op, "there is no product '%s'", product ? product : ""),
                  NULL, "declare it as a billing.product and write `product = <its variable>.id`");
}

static bool tax_beside(const struct catalog *catalog, const char *code, const struct lf_value *asked,
                       struct terms_problem *problem)
{
    const struct kit *kit = catalog->kit;
    const struct catalog_section *taxes = &catalog->sections[CATALOG_TAXES];
    for (size_t i = 0; i < taxes->count; i++) {
        const struct catalog_thing *other = &taxes->things[i];
        if (strcmp(other->code, code) == 0 || !terms_overlap(kit, asked, other->value))
            continue;
        return refuse(problem, "billing.tax_overlap", "valid_from",
                      kit_format(kit, catalog->op, "tax rule '%s' already holds at that time", other->code),
                      kit_format(kit, catalog->op, "for %s, category %s, from %s to %s",
                                 terms_text(kit, other->value, "jurisdiction", ""),
                                 terms_text(kit, other->value, "category", "standard"),
                                 terms_text(kit, other->value, "valid_from", "ever"),
                                 terms_text(kit, other->value, "valid_to", "further notice")),
                      "end that rule the day before this one begins");
    }
    return true;
}

const struct rules *rules_of(uint32_t section)
{
    static const struct rules all[CATALOG_SECTIONS] = {
        [CATALOG_ENTITIES] = {terms_entity, entity_beside, NULL},
        [CATALOG_PRODUCTS] = {terms_product, NULL, product_remove},
        [CATALOG_PRICES] = {terms_price, price_beside, NULL},
        [CATALOG_TAXES] = {terms_tax, tax_beside, NULL},
    };
    return &all[section];
}
