-- Reconciliation with institutions and the apportioning of their settlements.

-- The moment of an undoing is in its id. That of a settlement is when its answer came, nearly always seconds after it was asked
-- for: the few that took longer than a day have a column of their own, so that settling changes no indexed column and the row
-- stays where it is.
alter table treatment_settlement
    add column late_at bigint generated always as
        (case when settled_at - asked_at > 86400000 then settled_at end) stored,
    add column undo_at bigint generated always as (substr(undo, 7, 13)::bigint) stored;
create index treatment_settlement_by_institution on treatment_settlement (institution, asked_at);
create index treatment_settlement_late on treatment_settlement (institution, late_at) where late_at is not null;
create index treatment_settlement_undone on treatment_settlement (institution, undo_at) where undo_at is not null;

-- What an institution confirmed of a month (清分结果确认), a row for each time that it did.
create table apportioning_confirmation (
    area        integer not null,
    institution text    not null,
    month       integer not null,               -- 清分年月
    id          text    not null,               -- the number of the answer to 3261, by which it is taken back
    stage       smallint not null,              -- 0 confirmed, 1 withdrawn, 2 cleared
    settlements integer not null,               -- lines that are confirmed
    total       bigint  not null,               -- their 医疗费总额
    agency_pays bigint  not null,               -- their 经办机构支付总额
    details     jsonb   not null,               -- every line, as the institution said it
    confirmed_at bigint not null,
    withdrawn_at bigint,
    primary key (area, institution, month, id)
);
