-- What people look for on pages: lists in the order of time, by person and by insured place, each a page at a time of a book of millions;
-- and complaints of the public.

-- By the insured place of guests, in the order of the book's own key.
create index treatment_settlement_by_insured on treatment_settlement (insured, month, id);
create index treatment_settlement_by_person on treatment_settlement (person);
-- The insured place's book is keyed by ids of other provinces: in the order of time it is read by this.
create index insured_settlement_by_time on insured_settlement (committed_at, id);
create index hub_settlement_by_time on hub_settlement (recorded_at);

create index person_by_citizen on person (citizen);
create index person_by_number on person (number);
create index person_by_name on person (name text_pattern_ops);

-- The id of a filing says when it was applied for: province, milliseconds, serial.
create index filing_by_time on filing (substr(id, 7, 13), id);
create index filing_by_stage on filing ((content #>> '{stage,name}'), substr(id, 7, 13), id);
create index national_filing_by_time on national_filing (substr(id, 7, 13), id);
create index national_filing_by_stage on national_filing ((content #>> '{stage,name}'), substr(id, 7, 13), id);

create index national_institution_by_code on national_institution (code);

create table complaint (
    province    integer not null,
    number      text    not null,
    stage       smallint not null,              -- 0 received, 1 assigned, 2 answered, 3 closed
    due_day     integer not null,
    content     jsonb   not null,
    contact     text,                           -- how whoever made it is reached; none: anonymous
    key_hash    bytea   not null,               -- of what shows that one made it
    revision    integer not null,               -- counts the changes
    changed_at  bigint  not null,
    primary key (province, number)
);
create index complaint_by_stage on complaint (province, stage, number);
