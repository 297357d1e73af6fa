-- How messages come and go: the channels a tenant has connected.
create table channel (
  id           text primary key,
  tenant       text not null references tenant (id),
  kind         text not null check (kind in ('mail', 'sms', 'web', 'whatsapp')),
  address      text not null,
  country      text references country (code),
  connected_at text not null,
  unique (kind, address)
);

alter table conversation add column channel text references channel (id);
create index conversation_by_channel on conversation (channel);
