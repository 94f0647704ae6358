-- What institutions have compared of their own books with the platform's (3201), the last time of each period, scheme and kind of care: the days that
-- nobody has compared yet, or that differ, wait for the institution's office. Kept for some weeks; a month that is over is confirmed line by line.

create table institution_comparison (
    area        integer not null,
    institution text    not null,
    last_day    integer not null,
    first_day   integer not null,
    scheme      text    not null,
    care        text    not null,               -- empty: all kinds
    agreed      boolean not null,
    compared_at bigint  not null,
    primary key (area, institution, last_day, first_day, scheme, care)
);

-- What pooling areas say to their part of a month (省内二级清算): confirmed, or disputed with the settlements and the reason; and what the province
-- has decided about a dispute.
create table area_answer (
    province    integer not null,
    month       integer not null,
    area        integer not null,
    answer      smallint not null,              -- as of provinces at the hub
    reason      text    not null,
    settlements text[]  not null,
    answered_by text    not null,
    answered_at bigint  not null,
    words       text,                           -- of who decided
    decided_by  text,
    decided_at  bigint,
    primary key (province, month, area)
);

-- Settlements that an upheld dispute took out of an area's part of a month, and the later month that they come in.
create table area_withdrawn (
    province    integer not null,
    month       integer not null,               -- out of which they were taken
    settlement  text    not null,
    debtor      integer not null,
    creditor    integer not null,
    scheme      text    not null,
    purses      text[]  not null,
    amounts     bigint[] not null,
    cleared_month integer,                      -- the later month that was divided with them
    primary key (province, month, settlement)
);
create index area_withdrawn_pending on area_withdrawn (province, cleared_month);
