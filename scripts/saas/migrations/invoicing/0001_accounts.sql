-- What a tenant owes. Amounts are integers of minor units, beside their currency.
create table account (
  tenant     text primary key,
  entity     text not null,
  currency   text not null check (length(currency) = 3),
  vat_id     text,
  email      text not null
);

create table invoice (
  number     text primary key,
  tenant     text not null references account (tenant),
  issued_on  text not null,
  due_on     text not null,
  net        integer not null,
  tax        integer not null,
  paid_on    text
);

create table invoice_line (
  invoice    text not null references invoice (number),
  line       integer not null,
  price      text not null,
  quantity   integer not null,
  amount     integer not null,
  primary key (invoice, line)
);

create index invoice_by_tenant on invoice (tenant, issued_on);
create index invoice_unpaid on invoice (due_on) where paid_on is null;
