-- The year's sums as one text of counters, what a stay adds to the year before, and what policies distinguish of a person
-- and of a line.

-- A counter for everything that a policy limits, written as one JSON object. Nobody looks inside it here.
alter table year_to_date add column sums text;

-- Sums of rows as they were: an object, with its funds beside the others.
create function sums_of(admissions bigint, total bigint, in_scope bigint, deductible bigint, person bigint,
                        funds text[], fund_paid bigint[]) returns text language sql as $$
    select coalesce(json_object_agg(name, amount), '{}')::text
    from (select name, amount
          from (values ('inpatient.visits', admissions), ('inpatient.total', total), ('inpatient.in_scope', in_scope),
                       ('inpatient.divided', in_scope - deductible), ('inpatient.deductible', deductible),
                       ('inpatient.person', person)) as plain (name, amount)
          union all
          select 'inpatient.paid.' || code, paid from unnest(funds, fund_paid) as of_fund (code, paid)) as counter
    where amount <> 0
$$;

update year_to_date set sums = sums_of(admissions, total, in_scope, deductible, person_paid, funds, fund_paid);

-- What each settlement added to its year, also inside the breakdowns that are kept whole.
update insured_settlement set contribution =
    sums_of((contribution::json ->> 'admissions')::bigint, total, (contribution::json ->> 'in_scope')::bigint,
            (contribution::json ->> 'deductible')::bigint, person_total, funds, fund_paid)
where contribution is not null;

update insured_settlement
set breakdown = (breakdown::jsonb || jsonb_build_object('contribution', contribution::jsonb))::text
where breakdown is not null;

update treatment_settlement set breakdown =
    (breakdown::jsonb || jsonb_build_object('contribution',
        sums_of((breakdown::jsonb #>> '{contribution,admissions}')::bigint, total,
                (breakdown::jsonb #>> '{contribution,in_scope}')::bigint,
                (breakdown::jsonb #>> '{contribution,deductible}')::bigint, person_total, funds, fund_paid)::jsonb))::text
where breakdown is not null;

alter table year_to_date
    alter column sums set not null,
    drop column admissions,
    drop column total,
    drop column in_scope,
    drop column deductible,
    drop column person_paid,
    drop column funds,
    drop column fund_paid;

drop function sums_of;

-- What a stay that was split at the year's end added to the year before: {"year": 2025, "contribution": {…}}.
alter table insured_settlement add column earlier text;

alter table enrolment
    add column classes text[] not null default '{}',   -- 人员身份类别
    add column tier text,                               -- 缴费档次
    add column contribution_years smallint,             -- 缴费年限
    add column retired_day integer;                     -- 退休日期

-- What of the in-scope part of a line is paid in full (一次性先行自付后不再按比例).
alter table fee_line add column in_full bigint not null default 0;
