-- What happened, without saying to whom: no names, no bodies, no addresses.
create table message_fact (
  day        text not null,
  tenant     text not null,
  channel    text not null,
  direction  text not null,
  messages   integer not null,
  median_reply_s integer,
  primary key (day, tenant, channel, direction)
);
