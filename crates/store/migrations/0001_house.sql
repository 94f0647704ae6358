-- The tables of a node. Every node, hub or province, has all of them and uses those of its roles.
--
-- Conventions: money is bigint fen; a moment is bigint milliseconds since 1970 UTC (…_at); a day is integer yyyymmdd
-- (…_day); a month is integer yyyymm; an administrative division is an integer of six digits. Every primary and unique key
-- begins with the province or pooling area that the row belongs to, so that a table can be distributed by it, and tables
-- that grow for ever are partitioned by month. What is kept whole for other nodes is JSON text:
-- nobody looks inside it here.

-- Who owns this database; exactly one row.
create table node (
    participant integer primary key,
    created_at  bigint  not null
);

-- ------------------------------------------------------------------ treatment place

create table institution (
    area            integer not null,           -- pooling area that it lies in
    code            text    not null,
    place           integer not null,
    name            text    not null,
    uscc            text    not null,           -- 统一社会信用代码
    kind            text    not null,           -- fixmedins_type
    grade           text    not null,           -- hosp_lv, its medical grade
    level           text    not null,           -- settlement level
    chinese_medicine boolean not null,
    open            boolean not null,           -- may settle across regions
    authentication  text    not null,           -- none, csb-hmac-sha1, tif-sha256
    access_key      text    not null,
    secret          text    not null,
    sign_in_needed  boolean not null,
    changed_at      bigint  not null,
    primary key (area, code)
);
create index institution_by_code on institution (code);

create table sign_in (
    area        integer not null,
    institution text    not null,
    sign_no     text    not null,
    operator    text    not null,
    signed_in_at  bigint not null,
    signed_out_at bigint,
    primary key (area, institution, sign_no)
);

-- The first answer to every writing message of a hospital.
create table hospital_message (
    area        integer not null,
    institution text    not null,
    infno       text    not null,
    msgid       text    not null,
    content     bytea   not null,               -- hash of what was asked
    stage       smallint not null,              -- 0 under way, 1 answered, 2 reversed before it came
    answer      bytea,
    subject     text,                           -- what it created: a visit or settlement id
    received_at bigint  not null,
    answered_at bigint,
    primary key (area, institution, infno, msgid)
);

-- Nonces of gateways that were seen lately.
create table nonce (
    area        integer not null,
    access_key  text    not null,
    nonce       text    not null,
    seen_at     bigint  not null,
    primary key (area, access_key, nonce)
);

create table visit (
    province        integer not null,
    area            integer not null,
    month           integer not null,
    id              text    not null,
    institution     text    not null,
    stage           smallint not null,
    revision        integer not null,           -- counts the changes of the visit and its details
    insured         integer not null,
    treatment       integer not null,
    person          text    not null,
    citizen         text    not null,
    person_name     text    not null,
    nation          text,
    scheme          text    not null,
    person_type     text    not null,
    civil_servant   boolean not null,
    balance         bigint  not null,
    employer        text,
    admitted_at     bigint  not null,
    discharged_at   bigint,
    med_type        text    not null,
    admission_kind  text    not null,
    filing          text,
    registration    jsonb   not null,           -- what else the hospital registered, as given
    msgid           text    not null,
    opened_at       bigint  not null,
    primary key (province, month, id)
) partition by range (month);
create index visit_by_person on visit (person, stage);
create index visit_by_message on visit (institution, msgid);
create index visit_by_admission on visit (institution, admitted_at);

create table diagnosis (
    area        integer not null,
    visit       text    not null,
    phase       smallint not null,              -- 1 admission, 2 discharge
    rank        integer not null,               -- diag_srt_no
    registration jsonb  not null,
    primary key (area, visit, phase, rank)
);

create table fee_line (
    province    integer not null,
    month       integer not null,
    visit       text    not null,
    serial      text    not null,               -- feedetl_sn
    refunds     text,                           -- init_feedetl_sn
    occurred_at bigint  not null,
    item        text    not null,               -- med_list_codg
    local_item  text    not null,               -- medins_list_codg
    amount      bigint  not null,
    quantity    bigint  not null,               -- ten-thousandths
    price       bigint  not null,               -- millionths of a yuan
    category    text    not null,
    class       text    not null,
    first_self_pay_rate integer not null,       -- permyriad
    price_limit bigint  not null,               -- millionths of a yuan, 0 without one
    out_of_scope bigint not null,
    over_limit  bigint  not null,
    first_self_pay bigint not null,
    in_scope    bigint  not null,
    registration jsonb  not null,
    uploaded_at bigint  not null,
    primary key (province, month, visit, serial)
) partition by range (month);

-- The treatment place's book of settlements.
create table treatment_settlement (
    province    integer not null,
    area        integer not null,
    month       integer not null,
    id          text    not null,
    visit       text    not null,
    institution text    not null,
    msgid       text    not null,
    stage       smallint not null,
    person      text    not null,
    scheme      text    not null,
    insured     integer not null,
    total       bigint  not null,
    fund_total  bigint  not null,
    person_total bigint not null,
    funds       text[]  not null,
    fund_paid   bigint[] not null,
    claim       text    not null,
    breakdown   text,
    refusal     jsonb,
    asked_at    bigint  not null,
    settled_at  bigint,
    undo        text,
    undo_reason text,
    undo_msgid  text,
    undone_at   bigint,
    registration jsonb  not null,
    primary key (province, month, id)
) partition by range (month);
create index treatment_settlement_by_visit on treatment_settlement (visit);
create index treatment_settlement_by_message on treatment_settlement (area, institution, msgid);

-- ------------------------------------------------------------------ insured place

create table person (
    area        integer not null,
    number      text    not null,
    citizen     text    not null,
    name        text    not null,
    nation      text,
    primary key (area, number),
    unique (area, citizen)
);

create table enrolment (
    area        integer not null,
    person      text    not null,
    scheme      text    not null,
    insured     integer not null,
    person_type text    not null,
    standing    text    not null,
    civil_servant boolean not null,
    since_day   integer,
    employer    text,
    balance     bigint  not null,
    primary key (area, person, scheme)
);

create table filing (
    area        integer not null,
    id          text    not null,
    person      text    not null,
    generation  integer not null,
    content     jsonb   not null,
    primary key (area, id)
);
create index filing_by_id on filing (id);
create index filing_by_person on filing (area, person);

-- Sums of the standing settlements of a person, scheme and year.
create table year_to_date (
    area        integer not null,
    person      text    not null,
    scheme      text    not null,
    year        smallint not null,
    revision    integer not null,               -- counts the changes
    admissions  bigint  not null,
    total       bigint  not null,
    in_scope    bigint  not null,
    deductible  bigint  not null,
    person_paid bigint  not null,
    funds       text[]  not null,
    fund_paid   bigint[] not null,
    primary key (area, person, scheme, year)
);

-- The insured place's book of settlements.
create table insured_settlement (
    area        integer not null,
    month       integer not null,
    id          text    not null,
    stage       smallint not null,
    person      text,
    scheme      text,
    year        smallint,
    treatment   integer not null,
    institution text,
    total       bigint  not null,
    fund_total  bigint  not null,
    person_total bigint not null,
    funds       text[]  not null,
    fund_paid   bigint[] not null,
    contribution text,
    claim       text,
    breakdown   text,
    refusal     jsonb,
    committed_at bigint not null,
    undo        text,
    undo_reason text,
    undone_at   bigint,
    primary key (area, month, id)
) partition by range (month);
create index insured_settlement_by_person on insured_settlement (area, person);

-- Every look at personal data: who, for what, when.
create table look (
    area        integer not null,
    month       integer not null,
    id          text    not null,
    person      text    not null,
    looker      text    not null,
    purpose     text    not null,
    looked_at   bigint  not null,
    primary key (area, month, id)
) partition by range (month);

-- ------------------------------------------------------------------ hub

create table participant (
    participant integer primary key,
    name        text    not null,
    address     text    not null,
    public_key  text    not null,
    suspended   text,                           -- the reason, while suspended
    changed_at  bigint  not null
);

create table national_institution (
    province    integer not null,
    code        text    not null,
    name        text    not null,
    place       integer not null,
    level       text    not null,
    open        boolean not null,
    changed_at  bigint  not null,
    primary key (province, code)
);

create table national_filing (
    province    integer not null,
    id          text    not null,
    person      text    not null,
    generation  integer not null,
    content     jsonb   not null,
    primary key (province, id)
);
create index national_filing_by_person on national_filing (province, person);

-- The hub's book of settlements.
create table hub_settlement (
    province    integer not null,               -- insured province
    month       integer not null,
    id          text    not null,
    stage       smallint not null,
    treatment   integer not null,
    insured     integer not null,
    institution text,
    scheme      text,
    total       bigint  not null,
    fund_total  bigint  not null,
    person_total bigint not null,
    funds       text[]  not null,
    fund_paid   bigint[] not null,
    committed_at bigint,
    recorded_at bigint  not null,
    undo        text,
    undo_reason text,
    undone_at   bigint,
    primary key (province, month, id)
) partition by range (month);

-- ------------------------------------------------------------------ every node

-- The double-entry book: moves of money, never edited.
create table transfer (
    area        integer not null,
    month       integer not null,
    id          text    not null,
    settlement  text    not null,
    debit       text    not null,
    credit      text    not null,
    amount      bigint  not null check (amount > 0),
    code        text    not null,
    day         integer not null,
    recorded_at bigint  not null,
    primary key (area, month, id)
) partition by range (month);
create index transfer_by_settlement on transfer (settlement);

-- What another node must hear, until it has answered.
create table outbox (
    area        integer not null,
    subject     text    not null,               -- the settlement, filing or institution
    kind        text    not null,
    question    text,                           -- none where the settlement itself says it
    attempts    integer not null,
    next_at     bigint  not null,
    created_at  bigint  not null,
    primary key (area, subject, kind)
);
create index outbox_due on outbox (next_at);
