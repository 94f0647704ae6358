-- Notices of outages (停机公告): those that a node enters itself, and at a province those of the hub. And how many stays of guests were
-- settled directly (住院直接结算率): what treatment provinces report to the hub, a month of registrations at a time.

create table announcement (
    province     integer not null,              -- whose: the province, or 100000 for the hub
    number       text    not null,
    content      jsonb   not null,
    from_at      bigint  not null,
    until_at     bigint  not null,
    published_at bigint  not null,
    withdrawn    boolean not null,
    primary key (province, number)
);
create index announcement_by_time on announcement (from_at, number);

create table reported_stays (
    province    integer not null,               -- the treatment province, which reports
    month       integer not null,               -- of the registrations
    insured     integer not null,               -- the insured province
    settled     bigint  not null,               -- 直接结算
    elsewhere   bigint  not null,               -- taken back, or discharged and not settled within the time for it
    under_way   bigint  not null,               -- in hospital, or just discharged
    reported_at bigint  not null,
    primary key (province, month, insured)
);
