-- since when an account's password is what it is: an initial one that nobody has changed waits from then on. None where it was set before
-- this was written down.
alter table account add column password_set_at bigint;
