-- What an institution's software sends and is answered (接口报文记录), while somebody has switched that on: for some hours, with what is personal
-- covered before it comes here. It is forgotten after some days.

create table transcript (
    area        integer not null,               -- the pooling area of the institution
    institution text    not null,
    begins      bigint  not null,               -- recorded from then …
    ends        bigint  not null,               -- … until then
    switched_by text    not null,
    reason      text    not null,
    messages    bigint  not null,               -- so many are kept
    bytes       bigint  not null,               -- … of this size together
    dropped     bigint  not null,               -- so many were not kept since it began
    last        bigint  not null,               -- the number of the last one
    primary key (area, institution)
);

create table transcript_message (
    area          integer  not null,
    institution   text     not null,
    number        bigint   not null,
    came_at       bigint   not null,
    took          bigint   not null,            -- milliseconds
    infno         text     not null,
    msgid         text     not null,
    outcome       text     not null,
    said          text     not null,
    code          text,                         -- of the refusal
    status        smallint not null,            -- of HTTP
    faults        bigint   not null,            -- of the message
    notes         bigint   not null,
    answer_faults bigint   not null,
    request       text     not null,            -- JSON, what is personal covered
    answer        text     not null,
    deviations    text     not null,            -- JSON: of the message and of the answer
    bytes         bigint   not null,
    primary key (area, institution, number)
);
create index transcript_message_by_time on transcript_message (area, institution, came_at, number);
create index transcript_message_by_duration on transcript_message (area, institution, took, number);
create index transcript_message_old on transcript_message (came_at);
