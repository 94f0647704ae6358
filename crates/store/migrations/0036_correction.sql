-- Corrections of the hub's book (差异更正): what the hub's row of a settlement said, what both provinces say of it in signed records, who asked
-- for the correction and who decided on it. Nothing of them is ever changed once it is decided.

create table hub_correction (
    province         integer  not null,         -- insured province, as in hub_settlement
    month            integer  not null,         -- of the settlement's id
    settlement       text     not null,
    number           smallint not null,         -- counts those of the settlement, from 1
    treatment        integer  not null,         -- treatment province
    stage            smallint not null,         -- 0 待审批, 1 已更正, 2 不予更正
    before           text     not null,         -- the row as it was, as JSON
    after            text     not null,         -- as both provinces have it
    treatment_record text     not null,         -- the signed envelope, as it came
    treatment_hash   text     not null,         -- its SHA-256, in hexadecimal digits
    insured_record   text     not null,
    insured_hash     text     not null,
    reason           text     not null,
    proposed_by      text     not null,
    proposed_at      bigint   not null,
    words            text,                      -- of who decided
    decided_by       text,
    decided_at       bigint,
    moved            text,                      -- what the memorandum adds to the journal, by purse, as JSON
    counted_month    integer,                   -- the adopted month that has counted the row as it was before, if one has
    line             text,                      -- what adopted months have counted too little or too much …
    cleared_month    integer,                   -- … and in which that is cleared
    primary key (province, month, settlement, number)
);
create index hub_correction_by_month on hub_correction (cleared_month) where cleared_month is not null;
create index hub_correction_by_counted on hub_correction (counted_month) where counted_month is not null;
create index hub_correction_by_settlement on hub_correction (settlement);
create index hub_correction_by_time on hub_correction (proposed_at);

-- With which amounts a line comes that has left its month, where they were corrected meanwhile.
alter table clearing_carry add column comes text;
