-- Statistics of days that are over, counted once (按日汇总), so that a month or a year of a large place is read in a moment.

create table settlement_day (
    province  integer  not null,              -- whose book: the province, or 100000 for the hub
    side      smallint not null,              -- 0 treatment place, 1 hub, 2 insured place
    start_at  bigint   not null,              -- the day's first millisecond
    bound     bigint,                         -- whoever wrote before this transaction may not have known that the day is counted
    counted   boolean  not null,
    primary key (province, side, start_at)
);

create table settlement_day_figure (
    province     integer  not null,
    side         smallint not null,
    start_at     bigint   not null,
    treatment    integer  not null,
    insured      integer  not null,
    care         text     not null,
    scheme       text     not null,
    stand        boolean  not null,
    count        bigint   not null,
    total        bigint   not null,
    fund_total   bigint   not null,
    person_total bigint   not null,
    primary key (province, side, start_at, treatment, insured, care, scheme, stand),
    foreign key (province, side, start_at) references settlement_day on delete cascade
);
