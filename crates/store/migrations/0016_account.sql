-- What personal accounts (个人账户) pay of a settlement, in each of the three books: a part of what the person bears.

alter table treatment_settlement add column account bigint not null default 0;
alter table hub_settlement add column account bigint not null default 0;
alter table insured_settlement add column account bigint not null default 0;
