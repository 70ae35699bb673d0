-- Until when an account's courier wants to be left alone, whichever program it said so to.
alter table suivi.account add column courier_paused_until timestamptz;
