-- What takes long and was left to go on by itself (任务): how far it is, and what it came to, for whoever began it.

create table job (
    province    integer not null,               -- the node
    id          text    not null,               -- in the order of time
    account     text    not null,               -- whose
    words       text    not null,               -- what it is, as the endpoint is called
    started_at  bigint  not null,
    seen_at     bigint  not null,               -- when whoever works on it was last alive
    done        integer not null,               -- so much of …
    total       integer not null,               -- … so much; 0: nobody knows
    status      smallint,                       -- of the answer; none while it is worked on
    media_type  text,
    disposition text,                           -- what the answer is called as a file
    content     bytea,
    primary key (province, id)
);
create index job_by_account on job (province, account, id);
alter table job alter column content set storage external;
