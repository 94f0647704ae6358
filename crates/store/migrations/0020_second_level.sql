-- The provinces' side of clearing, and the second level: between a province and its pooling areas, and with its institutions.

-- ------------------------------------------------------------------ the hub's plan of a month, as this province has it

-- As it was fetched last, and what a person answered to it.
create table clearing_statement (
    province    integer not null,
    month       integer not null,               -- 清算年月
    revision    integer not null,               -- the plan that the hub adopted
    content     text    not null,               -- what the hub said of the pairs of provinces, as the wire writes it
    settlements bigint  not null,               -- lines of settlements that it counts for this province
    complete    boolean not null,               -- all pages were fetched and checked
    fetched_at  bigint  not null,
    answer      text,                           -- what was answered to this revision, as the wire writes it
    answered_by text,
    answered_at bigint,
    taken_at    bigint,                         -- when the hub had taken the answer
    refusal     text,                           -- why it has not
    primary key (province, month)
);

-- The lines of the latest revision, both ways, as text.
create table clearing_statement_line (
    province    integer not null,
    month       integer not null,               -- 清算年月
    number      integer not null,
    insured     integer not null,               -- pooling area
    treatment   integer not null,               -- pooling area
    line        text    not null,
    primary key (province, month, number)
) partition by range (month);
create table clearing_statement_line_other partition of clearing_statement_line default;

-- In which month each settlement of this province is counted, given back, or deducted from.
create table cleared_settlement (
    province    integer not null,
    month       integer not null,               -- 清算年月
    role        smallint not null,              -- 0 treatment, 1 insured
    id          text    not null,
    part        text    not null,               -- made, undone, or the number of a deduction
    purses      text[]  not null,
    amounts     bigint[] not null,
    primary key (province, month, role, id, part)
) partition by range (month);
create table cleared_settlement_other partition of cleared_settlement default;
create index cleared_settlement_by_id on cleared_settlement (id);

-- What the check of the latest revision found.
create table clearing_finding (
    province    integer not null,
    month       integer not null,
    role        smallint not null,
    id          text    not null,
    fault       text    not null,
    words       text    not null,
    primary key (province, month, role, id, fault, words)
);

-- ------------------------------------------------------------------ deductions after audit (审核扣款)

create table deduction (
    province    integer not null,
    number      text    not null,
    settlement  text    not null,
    institution text    not null,
    scheme      text    not null,
    reference   text    not null,               -- number of the audit's document: the same again is the same deduction
    area        integer not null,               -- pooling area of the institution
    insured     integer not null,               -- 参保地
    decided_at  bigint  not null,
    content     jsonb   not null,
    cleared_month integer,                      -- 清算年月, once the hub has taken it
    payment     text,                           -- the payment of the institution that has set it off
    primary key (province, number),
    unique (province, settlement, reference)
);
create index deduction_by_moment on deduction (province, decided_at);
create index deduction_open on deduction (province, institution) where payment is null;

-- Insured place: deductions that it has heard of with a month's statement.
create table deduction_heard (
    province    integer not null,
    month       integer not null,               -- 清算年月
    number      text    not null,
    settlement  text    not null,
    line        jsonb   not null,
    primary key (province, month, number)
);

-- ------------------------------------------------------------------ pooling areas

-- A month that was divided over the areas.
create table area_month (
    province    integer not null,
    month       integer not null,
    divided_by  text    not null,
    divided_at  bigint  not null,
    due_day     integer not null,               -- by when areas send up
    primary key (province, month)
);

create table area_claim (
    province    integer not null,
    month       integer not null,
    debtor      integer not null,               -- pooling area whose fund owes
    creditor    integer not null,               -- pooling area in which people were treated
    scheme      text    not null,
    purse       text    not null,
    count       bigint  not null,
    amount      bigint  not null,               -- below nothing where more was given back
    passed_by   text,                           -- who passed it on, within the province
    passed_at   bigint,
    primary key (province, month, debtor, creditor, scheme, purse)
);

-- Money of areas that came in.
create table area_receipt (
    province    integer not null,
    month       integer not null,
    area        integer not null,
    number      integer not null,               -- counts the receipts of the area and month
    day         integer not null,
    bank_reference text not null,               -- 交易流水号
    schemes     text[]  not null,
    purses      text[]  not null,
    amounts     bigint[] not null,
    recorded_by text    not null,
    recorded_at bigint  not null,
    primary key (province, month, area, number),
    unique (province, bank_reference)
);

-- ------------------------------------------------------------------ payment of institutions

-- What the agreement says, from a day on.
create table institution_terms (
    province    integer not null,
    institution text    not null,
    from_day    integer not null,
    deposit     integer not null,               -- permyriad
    year_end    text,                           -- release, share:…, deny
    source      text    not null,
    entered_by  text    not null,
    entered_at  bigint  not null,
    primary key (province, institution, from_day)
);

-- The bank account that is paid.
create table institution_account (
    province    integer not null,
    institution text    not null,
    holder      text    not null,               -- 户名
    number      text    not null,               -- 账号
    bank        text    not null,               -- 开户行
    bank_code   text    not null,               -- 联行号, or empty
    entered_by  text    not null,
    entered_at  bigint  not null,
    primary key (province, institution)
);

-- Budgets (总额), as they were entered: the latest counts.
create table institution_budget (
    province    integer not null,
    institution text    not null,
    scheme      text    not null,
    year        smallint not null,
    month       smallint not null,              -- 0: the year's, 13: each month's that has none of its own
    entered_at  bigint  not null,
    amount      bigint  not null,
    source      text    not null,
    entered_by  text    not null,
    primary key (province, institution, scheme, year, month, entered_at)
);

-- Penalties under the agreement (违约金), which the treatment place keeps.
create table institution_penalty (
    province    integer not null,
    institution text    not null,
    reference   text    not null,               -- number of the decision
    scheme      text    not null,
    amount      bigint  not null,
    taken       bigint  not null,               -- what payments have taken of it
    reason      text    not null,
    entered_by  text    not null,
    entered_at  bigint  not null,
    primary key (province, institution, reference)
);

create table institution_payment (
    province    integer not null,
    number      text    not null,               -- 拨付单号
    institution text    not null,
    kind        smallint not null,              -- 0 of a month, 1 of what was withheld, 2 of the quality deposit
    month       integer not null,               -- 清分年月; of a year, its December
    deposit_rate integer not null,              -- permyriad
    source      text    not null,               -- of the terms; of a decision at the end of the year, its reason
    score       smallint,                       -- of the yearly assessment
    adopted_by  text    not null,
    adopted_at  bigint  not null,
    due_day     integer not null,
    primary key (province, number)
);
create index institution_payment_by_institution on institution_payment (province, institution, month);

create table institution_payment_line (
    province    integer not null,
    payment     text    not null,
    scheme      text    not null,
    purse       text    not null,
    confirmed   bigint  not null,
    brought     bigint  not null,
    deducted    bigint  not null,
    withheld    bigint  not null,
    deposit     bigint  not null,
    penalty     bigint  not null,
    payable     bigint  not null,
    carried     bigint  not null,
    primary key (province, payment, scheme, purse)
);

-- What was ordered of a payment (分期拨付), and what the bank did.
create table institution_instalment (
    province    integer not null,
    payment     text    not null,
    number      smallint not null,
    stage       smallint not null,              -- 0 ordered, 1 paid, 2 returned
    schemes     text[]  not null,
    purses      text[]  not null,
    amounts     bigint[] not null,
    ordered_by  text    not null,
    ordered_at  bigint  not null,
    bank_reference text,
    bank_day    integer,
    ended_by    text,
    ended_at    bigint,
    primary key (province, payment, number)
);

-- The payment that has taken a confirmation (3261) in.
alter table apportioning_confirmation add column payment text;

-- The months that are there already.
select make_month(substring(relname::text from '[^_]*$')::integer) from pg_class
where relispartition and relkind = 'r' and relname ~ '^transfer_[0-9]+$';
