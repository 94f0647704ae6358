-- Orders of cross-region purchases (异地就医购药订单): what pharmacies put to people, who confirm them.

create table purchase_order (
    province    integer not null,
    number      text    not null,               -- 就诊登记号
    area        integer not null,               -- the pharmacy's pooling area
    institution text    not null,
    serial      text    not null,               -- 就诊顺序号, the pharmacy's own
    stage       smallint not null,
    citizen     text    not null,
    person      text    not null,
    insured     integer not null,
    total       bigint  not null,               -- 医疗费总额
    fund_total  bigint  not null,               -- what the funds would pay, by the trial
    bought_on   integer not null,               -- 购药日期
    content     text    not null,               -- person and lines, as JSON
    settlement  text,                           -- once it is confirmed
    refund_void_until bigint,                   -- refunds that were sent before are reversed (2181)
    msgid       text    not null,
    ordered_at  bigint  not null,
    expires_at  bigint  not null,
    changed_at  bigint  not null,
    primary key (province, number),
    unique (province, institution, serial)
);
create index purchase_order_by_citizen on purchase_order (province, citizen);
