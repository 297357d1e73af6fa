-- How long entries must be kept, by the tenant's contract or by law, and who asked for a hold.
create table retention (
  tenant     text primary key,
  months     integer not null default 24 check (months between 6 and 120),
  held_by    text,
  held_since text
);
