-- What people look for on pages: complaints of the public. The indexes by which lists of large tables come in the order of time, by person and
-- by insured place are made by the program while others go on writing there (`INDEXES` of store/src/migration.rs).

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
