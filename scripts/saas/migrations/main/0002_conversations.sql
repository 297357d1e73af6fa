-- What they talk about: a conversation with one contact, message by message.
create table contact (
  id           text primary key,
  tenant       text not null references tenant (id),
  name         text,
  email        text,
  phone        text,
  consent_at   text
);

create table conversation (
  id           text primary key,
  tenant       text not null references tenant (id),
  contact      text not null references contact (id),
  assignee     text references member (id),
  state        text not null default 'open' check (state in ('open', 'snoozed', 'closed')),
  opened_at    text not null,
  closed_at    text
);

create table message (
  id           text primary key,
  conversation text not null references conversation (id),
  direction    text not null check (direction in ('inbound', 'outbound', 'note')),
  body         text not null,
  media        text,
  sent_at      text not null,
  delivered_at text
);

create index conversation_by_tenant on conversation (tenant, state, opened_at);
create index conversation_by_assignee on conversation (assignee) where state = 'open';
create index message_by_conversation on message (conversation, sent_at);
