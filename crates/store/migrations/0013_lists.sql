-- What hospitals upload beside bills: settlement lists, special attributes of visits, departments, and the visits of patients
-- who paid for themselves.

-- The settlement list (医疗保障基金结算清单) of a settlement.
create table settlement_list (
    area        integer not null,
    institution text    not null,
    settlement  text    not null,
    number      integer not null,               -- 清单流水号, counted by institution
    stage       smallint not null,
    version     integer not null,               -- the last one uploaded, from 1
    changed_at  bigint  not null,
    primary key (area, institution, settlement),
    unique (area, institution, number)
);

-- Every version of a list, as it came.
create table settlement_list_version (
    area        integer not null,
    institution text    not null,
    settlement  text    not null,
    version     integer not null,
    content     jsonb   not null,
    uploaded_at bigint  not null,
    primary key (area, institution, settlement, version)
);

-- 就医特殊属性: something special about a visit.
create table special_attribute (
    area        integer not null,
    institution text    not null,
    id          text    not null,               -- 住院人员特殊标识明细id
    visit       text    not null,
    kind        text    not null,               -- 住院人员特殊标识类型
    flag        text    not null,               -- 住院人员特殊标识
    memo        text,
    uploaded_at bigint  not null,
    primary key (area, institution, id),
    unique (area, institution, visit, kind, flag)
);

-- 科室: a department of a hospital.
create table department (
    area        integer not null,
    institution text    not null,
    code        text    not null,               -- 医院科室编码
    begins_at   bigint  not null,
    ends_at     bigint,
    name        text    not null,
    registration jsonb  not null,               -- the rest, as given
    changed_at  bigint  not null,
    primary key (area, institution, code)
);

-- 自费病人: a visit that the patient paid, by the hospital's own number.
create table self_paid_visit (
    area        integer not null,
    institution text    not null,
    visit       text    not null,               -- 医药机构就诊ID
    registration jsonb,                         -- none where only lines have come
    diagnoses   jsonb   not null,
    total       bigint,                         -- 医疗费总额, where the hospital says it
    complete    boolean not null,
    changed_at  bigint  not null,
    primary key (area, institution, visit)
);

create table self_paid_line (
    area        integer not null,
    institution text    not null,
    visit       text    not null,
    serial      text    not null,               -- 记账流水号
    amount      bigint  not null,
    registration jsonb  not null,
    uploaded_at bigint  not null,
    primary key (area, institution, visit, serial)
);
