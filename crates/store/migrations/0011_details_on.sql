-- Fee details that are sent on to the insured place after the settlement (医疗费用明细信息延后传输).

-- Treatment place: what became of the details of each settlement. A settlement without a row has yet to be found.
create table detail_transmission (
    province    integer not null,
    month       integer not null,
    settlement  text    not null,
    visit       text    not null,
    insured     integer not null,
    stage       smallint not null,              -- 0 due, 1 under way, 2 complete, 3 different, 4 stopped
    round       integer not null,               -- how often they were begun, from 1
    batches     integer not null,               -- of this round, those that the insured place has taken
    lines       bigint  not null,               -- of this round, the lines in them
    sent_up_to  text    not null,               -- the serial of the last line in them; empty before the first
    difference  text,                           -- what the insured place found to differ
    attempts    integer not null,               -- since a batch was taken last
    next_at     bigint  not null,
    changed_at  bigint  not null,
    primary key (province, month, settlement)
);
create index detail_transmission_due on detail_transmission (next_at) where stage < 2;
create index detail_transmission_by_stage on detail_transmission (province, stage, month, settlement);

-- Treatment place: all settlements up to this id have a row in detail_transmission, or need none.
create table detail_search (
    province    integer not null,
    month       integer not null,
    settlement  text    not null,
    primary key (province)
);

-- Insured place: the lines that came. No names of people: what was done, and how it was split.
create table detail (
    area        integer not null,
    month       integer not null,
    settlement  text    not null,
    serial      text    not null,               -- feedetl_sn
    refunds     text,                           -- init_feedetl_sn
    day         integer not null,
    item        text    not null,               -- med_list_codg
    local_item  text    not null,               -- medins_list_codg
    quantity    bigint  not null,               -- ten-thousandths
    price       bigint  not null,               -- millionths of a yuan
    category    text    not null,
    class       text    not null,
    herb_use    text,                           -- tcmdrug_used_way
    amount      bigint  not null,
    out_of_scope bigint not null,
    over_limit  bigint  not null,
    first_self_pay bigint not null,
    in_scope    bigint  not null,
    in_full     bigint  not null,
    primary key (area, month, settlement, serial)
) partition by range (month);
create table detail_other partition of detail default;

-- Insured place: how far the details of each settlement have come.
create table detail_receipt (
    area        integer not null,
    month       integer not null,
    settlement  text    not null,
    stage       smallint not null,              -- 0 under way, 1 complete, 2 different, 3 undone
    round       integer not null,
    batches     integer not null,               -- that came in this round, copies not counted
    lines_due   bigint  not null,               -- what the treatment place says there are
    total_due   bigint  not null,
    lines       bigint  not null,               -- that have come
    total       bigint  not null,
    difference  text,
    begun_at    bigint  not null,
    ended_at    bigint,
    primary key (area, month, settlement)
);

-- Every table that is partitioned by month, whichever migration made it.
create or replace function make_month(month integer) returns void language plpgsql as $$
declare
    parent text;
    beyond integer := case when month % 100 = 12 then month + 89 else month + 1 end;
begin
    for parent in
        select relname::text from pg_class
        where relkind = 'p' and relnamespace = 'public'::regnamespace order by relname
    loop
        execute format('create table if not exists %I partition of %I for values from (%s) to (%s)',
                       parent || '_' || month, parent, month, beyond);
        -- Documents of some thousand characters lie with their row: moved out or compressed, they cost more than they save.
        execute format('alter table %I set (toast_tuple_target = 8160)', parent || '_' || month);
    end loop;
end $$;

-- The months that are there already.
select make_month(substring(relname::text from '[^_]*$')::integer) from pg_class
where relispartition and relkind = 'r' and relname ~ '^transfer_[0-9]+$';
