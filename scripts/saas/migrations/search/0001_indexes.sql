-- Which part of a tenant's messages is in which shard of the search engine, and how far it got.
create table shard (
  id         integer primary key,
  host       text not null,
  state      text not null default 'open' check (state in ('open', 'full', 'moving'))
);

create table tenant_index (
  tenant     text primary key,
  shard      integer not null references shard (id),
  indexed_to text,
  documents  integer not null default 0
);
