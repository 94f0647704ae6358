-- Daily reconciliation (对账) of the three books, and the differences that it finds.

-- Each time that a province compared a day of one of its two books with the hub's, the last counts; at the hub what provinces report.
create table reconciliation (
    province    integer not null,               -- whose book is compared with the hub's
    day         integer not null,               -- of the ids of the settlements
    part        text    not null,               -- treatment, insured: which of its books
    standing    bigint  not null,               -- settlements that stand in its book
    total       bigint  not null,               -- their 医疗费总额
    differing   bigint  not null,               -- settlements on which the books differ
    under_way   bigint  not null,               -- settlements whose messages are still on their way
    ran_at      bigint  not null,
    ran_by      text    not null,               -- the clerk, or 系统
    reported_at bigint,                         -- when the hub has heard of it as it stands here
    primary key (province, day, part)
);
create index reconciliation_unreported on reconciliation (day) where reported_at is null;
create index reconciliation_under_way on reconciliation (day) where under_way > 0;

-- A settlement on which a province's book and the hub's differ, or did.
create table difference (
    province    integer not null,               -- whose book is compared with the hub's
    month       integer not null,
    settlement  text    not null,
    part        text    not null,               -- treatment, insured: which of its books
    day         integer not null,
    counterpart integer,                        -- the other province
    owner       text    not null,               -- the side that has to look: treatment, hub, insured
    agency      integer,                        -- the province or pooling area of that side; none for the hub
    kinds       text    not null,               -- how they differ, as JSON; as it was last
    cause       text    not null,
    stage       smallint not null,              -- 0 open, 1 mending, 2 mended, 3 explained, 4 confirmed
    looks       integer not null,               -- how often a comparison has found it
    notes       text    not null,               -- what was said about it, as JSON
    found_at    bigint  not null,
    changed_at  bigint  not null,
    primary key (province, month, settlement, part)
);
create index difference_by_stage on difference (stage, month, settlement);
create index difference_by_day on difference (province, day, part);

-- How far a province has come: one row.
create table reconciliation_run (
    province    integer not null,
    night       integer not null,               -- the last day on which it ran by itself
    changes_up_to bigint not null,              -- undoings and late settlements up to here have been looked at
    followed_at bigint  not null,               -- when open differences were looked at again last
    primary key (province)
);

-- What changes the lines of a day that is over: undoings, and settlements that came long after their ids were given. Few, and
-- found by when they came. Columns that settling changes are in none of these.
create index treatment_settlement_undone_at on treatment_settlement (undo_at) where undo_at is not null;
create index treatment_settlement_late_at on treatment_settlement (late_at) where late_at is not null;
create index insured_settlement_undone_at on insured_settlement (undone_at) where undone_at is not null;
create index insured_settlement_late on insured_settlement (committed_at)
    where committed_at - substr(id, 7, 13)::bigint > 3600000;
