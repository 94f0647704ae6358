-- Prepayment (预付金): the yearly setting, every change, how each stands; emergency increases; what pooling areas put up.

-- Hub: the setting of a year. province is the hub's own number.
create table prepayment_year (
    province    integer not null,
    year        integer not null,
    content     jsonb   not null,
    primary key (province, year)
);

-- Hub: its amounts, with the figures that they come from. province is the insured one.
create table prepayment_line (
    province    integer not null,
    year        integer not null,
    treatment   integer not null,
    scheme      text    not null,
    base        jsonb   not null,               -- the payments of each month of the base: [[202610, fen], …]
    computed    bigint  not null,               -- by the formula
    set_amount  bigint,                         -- by a person, who says why
    set_reason  text,
    set_by      text,
    set_at      bigint,
    before      bigint  not null,               -- in force when it was drafted, and once adopted, when it was
    primary key (province, year, treatment, scheme)
);

-- Hub: every change of a prepayment, once for each cause. What is in force is their sum.
create table prepayment_change (
    province    integer not null,               -- the insured one
    treatment   integer not null,
    scheme      text    not null,
    cause       text    not null,               -- the year, or the id of an emergency increase
    difference  bigint  not null,
    before      bigint  not null,
    notice      text,                           -- none where nothing moves
    day         integer not null,
    changed_by  text    not null,
    changed_at  bigint  not null,
    primary key (province, treatment, scheme, cause)
);

-- Hub: how each prepayment stands, as it was last computed. province is the insured one.
create table prepayment_position (
    province    integer not null,
    treatment   integer not null,
    scheme      text    not null,
    content     jsonb   not null,
    computed_at bigint  not null,
    primary key (province, treatment, scheme)
);

-- Every node: applications for an emergency increase (紧急调增). province is the treatment one, which applies.
create table emergency_increase (
    province    integer not null,
    id          text    not null,
    insured     integer not null,
    scheme      text    not null,
    stage       smallint not null,
    content     jsonb   not null,
    told        boolean not null,               -- treatment province: the hub has it
    changed_at  bigint  not null,               -- at the hub; of one that is not told, here
    primary key (province, id)
);
create index emergency_increase_by_change on emergency_increase (changed_at);

-- Insured province: what each of its pooling areas puts up in a year.
create table area_prepayment (
    area        integer not null,
    year        integer not null,
    scheme      text    not null,
    paid        bigint  not null,               -- for the area's people in the last year
    computed    bigint  not null,               -- by the rule
    set_amount  bigint,                         -- by a person, who says why
    set_reason  text,
    set_by      text,
    number      text,                           -- of its notice, once that is issued
    issued_day  integer,
    issued_by   text,
    primary key (area, year, scheme)
);
