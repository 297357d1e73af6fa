"""Sells a product as a person would in Tryton's own client, and prints what came of it.

  tryton_sell.py FOLDER COUNTRY PRODUCT LIST SEQUENCE

FOLDER: of the server, whose database is used past it.  SEQUENCE: the name of the strict sequence that numbers the
invoice, or "-" for a sale that is only quoted.  Prints: unit price, names of the taxes, untaxed amount, tax,
total, number of the invoice.
"""
import sys

from proteus import Model, config


def find(model, *domain):
    record, = Model.get(model).find(list(domain))
    return record


def customer(country):
    party = Model.get("party.party")(name="Customer in " + country)
    address, = party.addresses
    address.street = "1 Road"
    address.country = find("country.country", ("code", "=", country))
    party.customer_tax_rule = find("account.tax.rule", ("name", "=", "Customers by country"))
    party.account_receivable = find("account.account", ("name", "=", "Main Receivable"))
    party.save()
    return party


def quote(country, product, price_list):
    sale = Model.get("sale.sale")()
    sale.party = customer(country)
    sale.price_list = find("product.price_list", ("name", "=", price_list))
    line = sale.lines.new()
    line.product = find("product.product", ("code", "=", product))
    line.quantity = 1
    sale.save()
    return sale


def invoice(sale, sequence):
    year, = Model.get("account.fiscalyear").find([])
    numbers, = year.invoice_sequences
    # Tryton numbers the invoices of a company by a sequence that is its own.
    found = find("ir.sequence.strict", ("name", "=", sequence))
    found.company = year.company
    found.save()
    numbers.out_invoice_sequence = found
    year.save()
    sale.invoice_method = "order"
    sale.save()
    for button in ("quote", "confirm", "process"):
        sale.click(button)
    bill, = sale.invoices
    bill.click("post")
    return bill.number


def main():
    folder, country, product, price_list, sequence = sys.argv[1:]
    config.set_trytond(database="sqlite:///acme", config_file=folder + "/trytond.conf")
    config.get_config()._context = Model.get("res.user").get_preferences(True, {})
    sale = quote(country, product, price_list)
    line, = sale.lines
    taxes = " ".join(tax.description for tax in line.taxes)
    number = "-" if sequence == "-" else invoice(sale, sequence)
    print(line.unit_price, taxes or "none", sale.untaxed_amount, sale.tax_amount, sale.total_amount, number,
          sep="|")


if __name__ == "__main__":
    main()
