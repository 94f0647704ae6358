-- The hub's side of monthly clearing (清分, 清算).

-- In which month each settlement is cleared, what kind of care it was, and where.
alter table hub_settlement
    add column care text,
    add column place integer,                   -- 就医地, finer than the province
    add column clearing_month integer,
    add column undo_month integer;              -- of the undoing, where the settlement's own month was closed by then

-- What stands there was written when no month had been closed. What kind of care it was nobody kept: pharmacies have codes of
-- their own, and nearly all else was inpatient.
update hub_settlement set
    clearing_month = month,
    care = case when institution is null then null when institution like 'P%' then '41' else '21' end,
    place = coalesce((select place from national_institution known
                      where known.province = hub_settlement.treatment and known.code = hub_settlement.institution), treatment);

alter table hub_settlement alter column place set not null, alter column clearing_month set not null;

-- The few that are cleared in another month than their own, and the few undoings that are lines of their own.
create index hub_settlement_moved on hub_settlement (clearing_month, province) where clearing_month <> month;
create index hub_settlement_given_back on hub_settlement (undo_month, province) where undo_month is not null;

-- The last month that is closed to settlements; no row before the first.
create table clearing_calendar (
    province    integer not null,               -- the hub
    last_closed integer not null,
    primary key (province)
);

-- The first month that settlements may fall into, 0 as long as none is closed. It stays that until the transaction that asked has
-- ended: closing a month waits for it. Volatile, so that what was closed while it waited is seen.
create function first_open_month() returns integer language plpgsql volatile as $$
declare
    closed integer;
begin
    perform pg_advisory_xact_lock_shared(20260019);
    select last_closed into closed from clearing_calendar where province = 100000;
    return case when closed is null then 0 when closed % 100 = 12 then closed + 89 else closed + 1 end;
end $$;

create table clearing_month (
    province    integer not null,               -- the hub
    month       integer not null,
    stage       smallint not null,              -- 1 closed, 2 planned, 3 adopted, 4 noticed
    closed_at   bigint  not null,
    revision    integer not null,               -- of the last plan, 0 before the first
    adopted     integer not null,               -- the revision that was adopted, 0 before
    adopted_at  bigint,
    adopted_by  text,
    primary key (province, month)
);

create table clearing_plan (
    province    integer not null,               -- the hub
    month       integer not null,
    revision    integer not null,
    lines       bigint  not null,
    area_pairs  bigint  not null,
    planned_at  bigint  not null,
    planned_by  text    not null,
    content     text    not null,               -- sums, and what is left out and carried in, as JSON
    primary key (province, month, revision)
);

-- What a plan comes to between two provinces.
create table clearing_pair (
    province    integer not null,               -- insured province
    month       integer not null,
    revision    integer not null,
    treatment   integer not null,
    parts       integer not null,               -- sheets
    dues        text    not null,
    noticed_at  bigint,
    primary key (province, month, revision, treatment)
);

-- The lines of a plan: some thousand in each sheet, as packed text.
create table clearing_sheet (
    province    integer not null,               -- insured province
    month       integer not null,
    revision    integer not null,
    treatment   integer not null,
    part        integer not null,
    content     bytea   not null,
    primary key (province, month, revision, treatment, part)
) partition by range (month);
create table clearing_sheet_other partition of clearing_sheet default;

-- What a province said of a pair of an adopted month, and what the hub decided if it disputed.
create table clearing_answer (
    province    integer not null,               -- who answers
    month       integer not null,
    insured     integer not null,
    treatment   integer not null,
    answer      smallint not null,
    answered_by text    not null,
    answered_at bigint  not null,
    settlements text[]  not null,               -- what is disputed; none named means all of the pair
    reason      text,
    decision    text,
    decided_by  text,
    decided_at  bigint,
    primary key (province, month, insured, treatment)
);

-- Lines that were left out of their month, or left it by an upheld dispute, until they are cleared in a later one.
create table clearing_carry (
    province    integer not null,               -- insured province
    month       integer not null,               -- the month that it left
    settlement  text    not null,
    part        text    not null,
    reason      text    not null,               -- late, difference, dispute
    treatment   integer not null,
    line        text    not null,
    accepted_by text,                           -- who let a late one be cleared
    accepted_at bigint,
    cleared_month integer,                      -- the month in which it came
    primary key (province, month, settlement, part)
);
create index clearing_carry_pending on clearing_carry (month) where cleared_month is null;

-- Deductions after audit (审核扣款), as treatment provinces reported them.
create table hub_deduction (
    province    integer not null,               -- treatment province
    number      text    not null,
    insured     integer not null,               -- insured province
    month       integer not null,               -- in which it is cleared
    settlement  text    not null,
    content     text    not null,
    line        text    not null,
    reported_at bigint  not null,
    primary key (province, number)
);
create index hub_deduction_by_month on hub_deduction (month);
create index hub_deduction_by_settlement on hub_deduction (settlement);

create table clearing_year (
    province    integer not null,               -- the hub
    year        smallint not null,
    closed_at   bigint  not null,
    closed_by   text    not null,
    primary key (province, year)
);

-- The months that are there already.
select make_month(substring(relname::text from '[^_]*$')::integer) from pg_class
where relispartition and relkind = 'r' and relname ~ '^transfer_[0-9]+$';
