-- The reports page, by month.
create view message_month as
  select substr(day, 1, 7) as month, tenant, channel, direction, sum(messages) as messages
    from message_fact
   group by 1, 2, 3, 4;
