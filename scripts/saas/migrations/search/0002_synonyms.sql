-- Words a tenant wants found together.
create table synonym (
  tenant   text not null,
  word     text not null,
  also     text not null,
  language text not null default 'en',
  primary key (tenant, language, word, also)
);
