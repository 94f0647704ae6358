-- What somebody has begun and not ended (办理中的操作): what its entry of the audit trail will say, but for how it ended. A row is written before the act
-- and goes with its entry. One that nobody holds any more becomes an entry which says that its end is unknown.

create table act (
    province   integer not null,               -- the node
    id         text    not null,               -- in the order of time
    at         bigint  not null,               -- when it began
    account    text    not null,
    role       text    not null,
    area       text    not null,
    action     text    not null,
    subject    text    not null,
    duty       text    not null,
    address    text    not null,
    held_until bigint  not null,               -- until when whoever does it holds it, if he says nothing
    primary key (province, id)
);
