-- Who uses Acme Messenger: a tenant is a company, a member one of its people.
create table tenant (
  id           text primary key,
  name         text not null,
  plan         text not null default 'starter' check (plan in ('starter', 'team', 'business')),
  country      text not null check (length(country) = 2),
  created_at   text not null,
  closed_at    text
);

create table member (
  id           text primary key,
  tenant       text not null references tenant (id),
  email        text not null,
  name         text not null,
  role         text not null default 'agent' check (role in ('owner', 'admin', 'agent', 'viewer')),
  time_zone    text not null default 'UTC',
  last_seen_at text,
  unique (tenant, email)
);

create index member_by_email on member (email);
