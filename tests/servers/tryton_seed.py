"""Makes a fresh Tryton database into that of a company that is ready to sell: what an accountant sets up
once, before landfall fills in products, prices and taxes.

  tryton_seed.py DATABASE CONFIG COUNTRIES PASSWORD

COUNTRIES: a file with the columns code, name.  PASSWORD: a file with that of the user 'landfall', who has just
the groups that the driver's README asks for.
"""
import csv
import datetime
import sys
from decimal import Decimal

from proteus import Model, Wizard, config

GROUPS = ["Account Administration", "Company Administration", "Product Administration"]
STATES = {
    "US": ["CT", "NY", "PA", "TX", "WA"],
}
CURRENCY = ("Euro", "EUR", "978")


def one(model, **fields):
    record = Model.get(model)(**fields)
    record.save()
    return record


def find(model, name):
    record, = Model.get(model).find([("name", "=", name)])
    return record


def countries(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            country = one("country.country", name=row["name"], code=row["code"])
            for state in STATES.get(row["code"], ()):
                one("country.subdivision", name=state, code=row["code"] + "-" + state, country=country,
                    type="state")


def company(user):
    name, code, numeric = CURRENCY
    euro = one("currency.currency", name=name, code=code, numeric_code=numeric, symbol=code, digits=2,
               rounding=Decimal("0.01"))
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party = one("party.party", name="Acme Books", code="acme-books")
    wizard.form.currency = euro
    wizard.execute("add")
    made, = Model.get("company.company").find([])
    user.company_filter = "one"
    user.company = made
    user.save()
    config.get_config()._context = Model.get("res.user").get_preferences(True, {})
    return made


def chart(made):
    data, = Model.get("ir.model.data").find(
        [("module", "=", "account"), ("fs_id", "=", "account_template_root_en")])
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template = Model.get("account.account.template")(data.db_id)
    wizard.form.company = made
    wizard.execute("create_account")
    wizard.form.account_receivable = find("account.account", "Main Receivable")
    wizard.form.account_payable = find("account.account", "Main Payable")
    wizard.execute("create_properties")


def fiscal_year(made):
    year = datetime.date.today().year
    move = one("ir.sequence", name="Moves", sequence_type=find("ir.sequence.type", "Account Move"), company=made)
    invoices = one("ir.sequence.strict", name="Invoices of Acme Books", company=made,
                   sequence_type=find("ir.sequence.type", "Invoice"), prefix="BOOKS-")
    record = Model.get("account.fiscalyear")(
        name=str(year), start_date=datetime.date(year, 1, 1), end_date=datetime.date(year, 12, 31), company=made,
        post_move_sequence=move)
    sequences, = record.invoice_sequences
    sequences.out_invoice_sequence = sequences.in_invoice_sequence = invoices
    sequences.out_credit_note_sequence = sequences.in_credit_note_sequence = invoices
    record.save()
    record.click("create_period")


def taxes(made):
    """A group for each kind of goods, the tax that products are born with, and the rule that replaces it by
    that of the customer's country."""
    account = find("account.account", "Main Tax")
    for code, name in (("standard", "Standard"), ("telecom", "Telecommunication")):
        group = one("account.tax.group", name=name, code=code, kind="sale")
        home = one("account.tax", name="home " + code, description="VAT", group=group, company=made,
                   type="percentage", rate=Decimal("0.23"), invoice_account=account, credit_note_account=account)
        category = Model.get("product.category")(name=code, accounting=True)
        category.account_revenue = find("account.account", "Main Revenue")
        category.account_expense = find("account.account", "Main Expense")
        category.customer_taxes.append(home)
        category.save()
    one("account.tax.rule", name="Customers by country", kind="sale", company=made)


def prices(made):
    for name in ("Monthly", "Yearly", "One-time"):
        one("product.price_list", name=name, company=made, tax_included=False)
    for name, every in (("Monthly", "monthly"), ("Yearly", "yearly")):
        rules = Model.get("sale.subscription.recurrence.rule.set")(name=name)
        rule, = rules.rules
        rule.freq = every
        rule.interval = 1
        rules.save()


def robot(made, password):
    user = Model.get("res.user")(name="landfall", login="landfall", password=password)
    user.companies.append(made)
    user.company = made
    user.company_filter = "one"
    for name in GROUPS:
        user.groups.append(find("res.group", name))
    user.save()


def main():
    database, configuration, path, password = sys.argv[1:]
    config.set_trytond(database="sqlite:///" + database, config_file=configuration)
    admin, = Model.get("res.user").find([("login", "=", "admin")])
    countries(path)
    made = company(admin)
    chart(made)
    fiscal_year(made)
    taxes(made)
    prices(made)
    with open(password, encoding="ascii") as file:
        robot(made, file.read().strip())


if __name__ == "__main__":
    main()
