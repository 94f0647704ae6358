-- What audit found in the orders and fee details of visits (明细审核: 3101, 3102), and what the doctor did about it (3103).

create table audit_finding (
    area        integer not null,               -- of the institution
    id          text    not null,               -- 违规标识 (jr_id)
    institution text    not null,
    infno       text    not null,               -- 3101 事前, 3102 事中
    msgid       text    not null,
    visit       text    not null,               -- mdtrt_id as the institution names it; of ours or not
    scene       text,                           -- 触发场景 (trig_scen)
    rule        text    not null,
    severity    text    not null,               -- 严重程度 (sev_deg)
    amount      bigint  not null,
    content     text    not null,               -- 违规内容 (vola_cont)
    evidence    text    not null,               -- 违规依据 (vola_evid)
    lines       jsonb   not null,               -- 违规明细: [line, vola_item_type, fen] each
    found_at    bigint  not null,
    disposition text,                           -- 处理方式 (dspo_way): 1 继续执行, 2 返回修改
    reason      text,                           -- 处理原因
    answered_at bigint,
    primary key (area, id)
);
create index audit_finding_by_visit on audit_finding (area, institution, visit, found_at);
