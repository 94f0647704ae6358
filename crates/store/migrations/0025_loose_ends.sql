-- Deductions that the hub has refused for good, and what banks say of payments of institutions.

alter table deduction add column refusal text;              -- the hub's sentence
alter table deduction add column refused_at bigint;

-- Province: the accounts from which institutions are paid (支出户), one a scheme.
create table expenditure_account (
    province    integer not null,
    scheme      text    not null,
    content     jsonb   not null,
    changed_at  bigint  not null,
    primary key (province, scheme)
);
