-- Reference data, seeded from data/countries.csv: formats phone numbers and proposes a currency.
create table country (
  code         text primary key check (length(code) = 2),
  name         text not null,
  currency     text check (length(currency) = 3),
  calling_code text not null
);

create index country_by_calling_code on country (calling_code);
