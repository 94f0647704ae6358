-- Transfers between fiscal special accounts (财政专户): notices, payment orders, bank accounts and statements, urging, suspension.

-- Hub: notices as issued (province 100000). Province: those that concern it, as pulled from the hub (its own number).
create table notice (
    province    integer not null,
    number      text    not null,
    serial      bigint  not null,               -- the order in which the hub issued them, by which provinces pull them
    payer       integer not null,
    payee       integer not null,
    cause       text    not null,
    content     jsonb   not null,
    received_day integer,                       -- province: the day on which it came
    settled     boolean not null default false, -- hub: both sides say that all of it has moved
    issued_at   bigint  not null,
    primary key (province, number)
);
create unique index notice_by_serial on notice (province, serial);
create index notice_open on notice (province) where not settled;

-- Province: what is paid, or expected, by a notice under one scheme (划拨单).
create table payment_order (
    province    integer not null,
    number      text    not null,
    side        text    not null,               -- payment, receipt
    stage       text    not null,
    scheme      text    not null,
    other       integer not null,               -- the other province
    amount      bigint  not null,
    revision    integer not null,               -- counts the changes
    reported    integer not null,               -- the revision that the hub has answered for; 0 none
    content     jsonb   not null,
    changed_at  bigint  not null,
    primary key (province, number)
);
create index payment_order_by_stage on payment_order (province, side, stage);
create index payment_order_to_report on payment_order (province) where reported < revision;

-- Fiscal special accounts (财政专户). Hub: as the provinces published them. Province: its own, and the others' as pulled.
create table bank_account (
    province    integer not null,               -- whose row: the node's own number
    owner       integer not null,               -- whose account
    scheme      text    not null,
    content     jsonb   not null,
    published   boolean not null,               -- province, its own: the hub has it
    changed_at  bigint  not null,
    primary key (province, owner, scheme)
);

-- Province: statements that the bank gave, and their entries.
create table bank_statement (
    province    integer not null,
    account     text    not null,
    id          text    not null,
    from_day    integer not null,
    to_day      integer not null,
    opening     bigint  not null,
    closing     bigint  not null,
    entries     integer not null,
    content     bytea   not null,               -- hash of what was taken
    taken_by    text    not null,
    taken_at    bigint  not null,
    primary key (province, account, id)
);
create table bank_entry (
    province    integer not null,
    account     text    not null,
    reference   text    not null,               -- the bank's own, once for an account
    statement   text    not null,
    scheme      text    not null,
    day         integer not null,
    amount      bigint  not null,               -- above nothing: money came
    matter      text    not null,               -- order, unidentified, fee, assigned, agency
    content     jsonb   not null,
    changed_at  bigint  not null,
    primary key (province, account, reference)
);
create index bank_entry_by_matter on bank_entry (province, matter, day);

-- Hub: what both sides of a transfer report.
create table transfer_report (
    province    integer not null,               -- 100000
    number      text    not null,
    side        text    not null,
    notice      text    not null,
    content     jsonb   not null,
    revision    integer not null,
    changed_at  bigint  not null,
    primary key (province, number, side)
);
create index transfer_report_by_notice on transfer_report (notice);
-- Hub: how much of a transfer both sides agree on and the memoranda have taken up.
create table transfer_agreed (
    province    integer not null,               -- 100000
    number      text    not null,
    amount      bigint  not null,
    vouchers    integer not null,
    changed_at  bigint  not null,
    primary key (province, number)
);

-- Hub: letters of urging (催缴函). Province: those that came.
create table urging (
    province    integer not null,
    number      text    not null,               -- of the notice
    letter      integer not null,               -- first, second, third
    payer       integer not null,
    content     jsonb   not null,
    issued_at   bigint  not null,
    primary key (province, number, letter)
);

-- Hub: suspensions for not paying, and their lifting (暂停、恢复跨省直接结算).
create table suspension (
    province    integer not null,               -- that is suspended
    serial      integer not null,
    content     jsonb   not null,
    lifted      boolean not null,
    changed_at  bigint  not null,
    primary key (province, serial)
);
