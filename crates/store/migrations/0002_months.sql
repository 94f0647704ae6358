-- Months as partitions: one for each month of the next years, made ahead, and one that catches what lies outside.

create function make_month(month integer) returns void language plpgsql as $$
declare
    parent text;
    beyond integer := case when month % 100 = 12 then month + 89 else month + 1 end;
begin
    foreach parent in array array['visit', 'fee_line', 'treatment_settlement', 'insured_settlement', 'look', 'hub_settlement', 'transfer']
    loop
        execute format('create table if not exists %I partition of %I for values from (%s) to (%s)',
                       parent || '_' || month, parent, month, beyond);
        -- Documents of some thousand characters lie with their row: moved out or compressed, they cost more than they save.
        execute format('alter table %I set (toast_tuple_target = 8160)', parent || '_' || month);
    end loop;
end $$;

-- Rows of months that nobody made ahead: none in ordinary running.
do $$
declare
    parent text;
begin
    foreach parent in array array['visit', 'fee_line', 'treatment_settlement', 'insured_settlement', 'look', 'hub_settlement', 'transfer']
    loop
        execute format('create table %I partition of %I default', parent || '_other', parent);
    end loop;
end $$;

alter table hospital_message set (toast_tuple_target = 8160);
