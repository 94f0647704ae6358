-- Files of the hospital interface: what institutions upload (9101), and what the platform makes for all of them (13xx).

create table file (
    area        integer not null,               -- the owner's; the province's own number for files of the platform
    id          text    not null,               -- 文件查询号
    owner       text    not null,               -- the institution, or plc
    kind        text    not null,               -- the transaction that made it
    name        text    not null,
    content     bytea   not null,               -- as it goes out: a ZIP archive
    created_at  bigint  not null,
    expires_at  bigint  not null,
    primary key (area, id)
);
create index file_by_expiry on file (area, expires_at);
-- An archive is packed already.
alter table file alter column content set storage external;
