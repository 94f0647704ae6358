-- Whose settlement a difference of the books is about here: the pooling area in whose book it stands, so that its agency sees and works it. None where
-- the book has no such settlement, and at the hub: these are the whole province's.

alter table difference add column area integer;

-- The next comparison of its day says so for what is open; for the rest, what is known by who has to look.
update difference set area = agency where agency <> province and agency / 10000 * 10000 = province;
