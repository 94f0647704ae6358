-- What makes a settlement cheap: sums that are kept instead of made anew, fewer entries in indexes, and room in the pages, so
-- that a changed row stays where it is and its index entries stay valid.

-- The details of a visit summed by expense category (大类费用), written whenever they change: for each category six sums, in
-- the order total, out_of_scope, over_limit, first_self_pay, in_scope, in_full. Null where nothing was written since this column is.
alter table visit add column bill_categories text[], add column bill_sums bigint[];

-- The hospital's answer, for a settlement that was made to stand together with it: the row is changed then anyway.
alter table treatment_settlement add column answer bytea;

-- The stage of a visit changes with every settlement, and a person has few visits.
drop index visit_by_person;
create index visit_by_person on visit (person);

-- The message itself names the settlement that it asked for.
drop index treatment_settlement_by_message;

-- The entries of one settlement are read by people, and by checks that read the whole book.
drop index transfer_by_settlement;

-- A visit changes its stage some five times; a settlement is written as asked for, and then again with all that was answered.
create function leave_room(month text) returns void language plpgsql as $$
begin
    execute format('alter table %I set (fillfactor = 65)', 'visit_' || month);
    execute format('alter table %I set (fillfactor = 40)', 'treatment_settlement_' || month);
end $$;

select leave_room(substring(relname::text from '[^_]*$')) from pg_class
where relispartition and relkind = 'r' and relname like 'visit\_%';
