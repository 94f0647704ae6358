-- Whom a question in the outbox is for: each addressee has its own rows in the order of their time, so that what waits for a node that does
-- not answer is not in the way of what waits for others. 100000 is the hub; what the program before puts out counts as the hub's.

alter table outbox add column addressee integer not null default 100000;
create index outbox_due_by on outbox (addressee, next_at);
drop index outbox_due;
