-- Messages in an institution's name, while its messages are recorded, whose sender has not shown to be it: how many, from where, and why. Nothing
-- that stood in them is kept but the number of a transaction that there is.

create table transcript_unproven (
    area        integer not null,               -- the pooling area of the institution
    institution text    not null,
    address     text    not null,               -- from where; empty for all those of which no more is told apart
    why         text    not null,
    infno       text    not null,               -- the last transaction that was named; empty for none
    times       bigint  not null,
    first_at    bigint  not null,
    last_at     bigint  not null,
    primary key (area, institution, address, why)
);
create index transcript_unproven_old on transcript_unproven (last_at);
