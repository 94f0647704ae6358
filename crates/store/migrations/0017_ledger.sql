-- The general ledger (总账): accounts with four sums, vouchers (记账凭证), legs. province is the number of the node, 100000 at the
-- hub. The journal of settlements (transfer) enters it by summary vouchers of a day.

-- One row a node, locked by whoever posts, so that vouchers are numbered without gaps and never wait for each other in a ring.
create table ledger_book (
    province    integer not null,
    searched_day integer,                       -- when the journal was last searched for days to enter
    primary key (province)
);

create table ledger_account (
    province    integer not null,
    account     text    not null,
    debits_pending  bigint not null check (debits_pending >= 0),
    debits_posted   bigint not null check (debits_posted >= 0),
    credits_pending bigint not null check (credits_pending >= 0),
    credits_posted  bigint not null check (credits_posted >= 0),
    closed      boolean not null default false,
    primary key (province, account)
);

create table ledger_voucher (
    province    integer not null,
    id          text    not null,
    month       integer not null,               -- of its day
    number      integer not null,               -- in its month, from 1
    code        text    not null,
    subject     text    not null,
    summary     text    not null,
    day         integer not null,
    recorded_at bigint  not null,
    posted_by   text    not null,
    primary key (province, id),
    unique (province, month, number)
);
create index ledger_voucher_by_subject on ledger_voucher (province, subject);

-- Never edited.
create table ledger_leg (
    province    integer not null,
    month       integer not null,
    voucher     text    not null,
    leg         integer not null,
    day         integer not null,
    debit       text    not null,
    credit      text    not null,
    amount      bigint  not null check (amount > 0),
    phase       smallint not null,              -- 0 final, 1 reserve, 2 post, 3 void
    ends_voucher text,                          -- the reserve that it posts or voids
    ends_leg    integer,
    ends_amount bigint,                         -- what that had set aside
    primary key (province, month, voucher, leg),
    check ((phase >= 2) = (ends_voucher is not null and ends_leg is not null and ends_amount >= amount))
) partition by range (month);
create table ledger_leg_other partition of ledger_leg default;
create index ledger_leg_by_debit on ledger_leg (province, debit, day);
create index ledger_leg_by_credit on ledger_leg (province, credit, day);

-- The reserves that ended; a reserve ends once.
create table ledger_reserve_end (
    province    integer not null,
    voucher     text    not null,
    leg         integer not null,
    posted      boolean not null,               -- or voided
    by_voucher  text    not null,
    primary key (province, voucher, leg)
);

-- Every closing and reopening of an account.
create table ledger_closing (
    province    integer not null,
    account     text    not null,
    serial      integer not null,               -- of the account, from 1
    closed      boolean not null,               -- or opened again
    reason      text    not null,
    changed_by  text    not null,
    changed_at  bigint  not null,
    primary key (province, account, serial)
);

-- The months that are there already.
select make_month(substring(relname::text from '[^_]*$')::integer) from pg_class
where relispartition and relkind = 'r' and relname ~ '^transfer_[0-9]+$';
