-- What the rival keeps beside the shop's tables: events with their unique key, how new each order's state is, the journal.
create schema rival;

create table rival.event (
  id           bigint generated always as identity primary key,
  key          text not null unique,
  received_at  timestamptz not null default now(),
  published_at timestamptz,
  reference    text,
  status       integer,
  body         text not null
);

create table rival.order_state (
  order_id text primary key,
  as_of    timestamptz not null
) with (fillfactor = 70);

create table rival.change (
  id         bigint generated always as identity primary key,
  at         timestamptz not null default now(),
  order_id   text not null,
  field      text not null,
  from_value text,
  to_value   text,
  event_id   bigint not null
);
create index change_order on rival.change (order_id, id);
