-- Which national item an item of an institution's own is (目录对照).

create table mapping (
    area        integer not null,
    institution text    not null,
    local_item  text    not null,               -- 定点医药机构目录编号
    list_type   text    not null,               -- 目录类别
    item        text    not null,               -- 医疗目录编码
    name        text    not null,               -- 定点医药机构目录名称
    from_day    integer not null,
    to_day      integer not null,
    registration jsonb  not null,               -- the rest, as given
    changed_at  bigint  not null,
    primary key (area, institution, local_item, list_type, item)
);
