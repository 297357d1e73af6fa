-- What is metered, summed by day until it is invoiced.
create table usage_day (
  tenant   text not null references account (tenant),
  day      text not null,
  meter    text not null check (meter in ('messages', 'sms', 'media-gb', 'bot-answers')),
  quantity integer not null default 0,
  invoice  text references invoice (number),
  primary key (tenant, day, meter)
);
