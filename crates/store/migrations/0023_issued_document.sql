-- Documents that were issued (文书): what each says, so that it can be written again at any time.
create table issued_document (
    province    integer not null,               -- whose node; the hub is 100000
    number      text    not null,
    kind        text    not null,
    title       text    not null,
    day         integer not null,
    total       bigint,                         -- what it is about, in fen
    content     text    not null,               -- the paper, as JSON
    content_hash text   not null,               -- SM3 of that text
    code        text    not null,               -- 校验码
    issued_at   bigint  not null,
    issued_by   text    not null,
    primary key (province, number)
);
create index issued_document_by_time on issued_document (province, issued_at, number);
create index issued_document_by_kind on issued_document (province, kind, issued_at, number);
