-- Who did what: rows are only ever added, each sealed by the digest of the one before.
create table entry (
  seq      integer primary key,
  at       text not null,
  tenant   text not null,
  actor    text not null,
  verb     text not null,
  object   text not null,
  detail   text,
  previous text not null,
  digest   text not null unique
);

create index entry_by_tenant on entry (tenant, at);
create index entry_by_object on entry (object, at);
