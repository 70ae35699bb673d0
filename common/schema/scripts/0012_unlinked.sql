-- Whether the last look-ups of an account had no room for all of its orders that the shop has from before.
alter table suivi.account add column unlinked_left boolean not null default false;
