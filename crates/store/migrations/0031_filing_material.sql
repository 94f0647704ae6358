-- What is handed in with a filing (备案材料), what a reviewer asks for beside it (补正), and how names of institutions are read (拼音).

create table filing_material (
    area        integer not null,               -- the insured place's pooling area
    filing      text    not null,
    number      smallint not null,              -- counted within the filing, never given twice
    person      text    not null,               -- whose it is
    kind        text    not null,               -- 材料种类
    media_type  text    not null,               -- as read from its content
    size        integer not null,               -- bytes
    added_by    text    not null,               -- the clerk, or 本人
    added_at    bigint  not null,
    removed_at  bigint,                         -- taken back, or the application was withdrawn: the content is gone
    content     bytea,
    primary key (area, filing, number)
);
create index filing_material_by_person on filing_material (area, person, added_at);
-- Pictures are packed already.
alter table filing_material alter column content set storage external;

create table filing_supplement (
    area        integer not null,
    filing      text    not null,
    number      smallint not null,
    wanted      text    not null,               -- what the person is told
    asked_by    text    not null,
    asked_at    bigint  not null,
    due_day     integer not null,
    answered_at bigint,                         -- when something was added after it
    primary key (area, filing, number)
);

-- Letters by which a name is found (terms::pinyin), written with the name. The program fills those of rows that it did not write (store/src/institution.rs).
alter table institution add column letters text;
alter table national_institution add column letters text;
