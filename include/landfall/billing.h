/* landfall/billing.h - the contract of the subsystem "billing", version 1.
 *
 * A driver lists these schemas in its resources and honors every attribute, or refuses it by name while
 * planning.  Every type has an `id` besides (the service's own name for the object).
 *
 * Money.  `amount` is an integer of minor units (4900) or decimal text in the currency's own number of
 * decimals ("49.00"); it is never a float.  Currencies are ISO 4217 codes, countries and jurisdictions ISO
 * 3166 ("IE", "US-CA"), dates ISO 8601 ("2027-01-01"), rates percent as decimal text ("23", "8.875").
 */
#ifndef LF_BILLING_H
#define LF_BILLING_H

#include <landfall/plugin.h>

#define LF_BILLING_VERSION 1u

#if defined(__GNUC__)
#define LF_BILLING_DATA __attribute__((unused)) static const
#else
#define LF_BILLING_DATA static const
#endif

#define LF_BILLING_KEY (LF_ATTR_REQUIRED | LF_ATTR_FIXED | LF_ATTR_KEY)

LF_BILLING_DATA struct lf_attr lf_billing_entity_attrs[] = {
    {"code", LF_KIND_TEXT, LF_BILLING_KEY, "short name of the entity: \"acme-eu\"", NULL, NULL, 0, 1},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED, "the legal name, as invoices print it", NULL, NULL, 0, 1},
    {"country", LF_KIND_TEXT, LF_ATTR_REQUIRED, "where it is established, ISO 3166, two letters: \"IE\"",
     NULL, NULL, 0, 1},
    {"address", LF_KIND_TEXT, 0, "postal address, as invoices print it", NULL, NULL, 0, 1},
    {"vat_id", LF_KIND_TEXT, 0, "tax identification number, with its country prefix where it has one", NULL,
     NULL, 0, 1},
    {"invoice_prefix", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED,
     "what its invoice numbers begin with; no two entities share one", NULL, NULL, 0, 1},
    {"first_invoice", LF_KIND_INT, LF_ATTR_FIXED, "the number of its first invoice", NULL, "1", 0, 1},
    {"next_invoice", LF_KIND_INT, LF_ATTR_COMPUTED, "the number its next invoice will have", NULL, NULL, 0,
     1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, 0, 1},
};
LF_BILLING_DATA struct lf_schema lf_billing_entity = LF_SCHEMA(1, lf_billing_entity_attrs);

LF_BILLING_DATA struct lf_attr lf_billing_product_attrs[] = {
    {"code", LF_KIND_TEXT, LF_BILLING_KEY, "short name of the product: \"team\"", NULL, NULL, 0, 1},
    {"name", LF_KIND_TEXT, LF_ATTR_REQUIRED, "what customers see", NULL, NULL, 0, 1},
    {"description", LF_KIND_TEXT, 0, "one line for invoices", NULL, NULL, 0, 1},
    {"category", LF_KIND_TEXT, 0, "tax category: tax rules of the same category apply", NULL, "\"standard\"",
     0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, 0, 1},
};
LF_BILLING_DATA struct lf_schema lf_billing_product = LF_SCHEMA(1, lf_billing_product_attrs);

LF_BILLING_DATA struct lf_attr lf_billing_price_attrs[] = {
    {"code", LF_KIND_TEXT, LF_BILLING_KEY, "short name of the price: \"team-eur-month\"", NULL, NULL, 0, 1},
    {"product", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED, "the id of the product it is for", NULL, NULL,
     0, 1},
    {"currency", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED, "ISO 4217 code: \"EUR\"", NULL, NULL, 0, 1},
    {"amount", LF_KIND_ANY, LF_ATTR_REQUIRED,
     "what one costs: in minor units of its currency as an integer (4900), or as decimal text (\"49.00\")",
     NULL, NULL, 0, 1},
    {"amount_minor", LF_KIND_INT, LF_ATTR_COMPUTED, "the amount in minor units of its currency", NULL, NULL,
     0, 1},
    {"tax_behavior", LF_KIND_TEXT, LF_ATTR_FIXED, "\"inclusive\" or \"exclusive\" of tax", NULL,
     "\"exclusive\"", 0, 1},
    {"interval", LF_KIND_TEXT, LF_ATTR_FIXED, "what it is paid for: \"month\", \"year\" or \"one_time\"",
     NULL, "\"month\"", 0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, 0, 1},
};
LF_BILLING_DATA struct lf_schema lf_billing_price = LF_SCHEMA(1, lf_billing_price_attrs);

LF_BILLING_DATA struct lf_attr lf_billing_tax_attrs[] = {
    {"code", LF_KIND_TEXT, LF_BILLING_KEY, "short name of the rule: \"ie-standard\"", NULL, NULL, 0, 1},
    {"jurisdiction", LF_KIND_TEXT, LF_ATTR_REQUIRED | LF_ATTR_FIXED,
     "where it holds, ISO 3166: \"IE\", \"US-CA\"", NULL, NULL, 0, 1},
    {"category", LF_KIND_TEXT, LF_ATTR_FIXED, "tax category of the products it applies to", NULL,
     "\"standard\"", 0, 1},
    {"name", LF_KIND_TEXT, 0, "as invoices print it: \"VAT\"", NULL, NULL, 0, 1},
    {"rate", LF_KIND_TEXT, LF_ATTR_REQUIRED, "percent of the price, as decimal text: \"23\", \"8.875\"", NULL,
     NULL, 0, 1},
    {"valid_from", LF_KIND_TEXT, 0, "first day it holds, ISO 8601: \"2027-01-01\"; left out: since ever",
     NULL, NULL, 0, 1},
    {"valid_to", LF_KIND_TEXT, 0, "last day it holds, ISO 8601; left out: until further notice", NULL, NULL,
     0, 1},
    {"options", LF_KIND_MAP, 0, "the driver's own extras, by name", NULL, NULL, 0, 1},
};
LF_BILLING_DATA struct lf_schema lf_billing_tax = LF_SCHEMA(1, lf_billing_tax_attrs);

#endif
