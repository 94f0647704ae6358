-- What was left to go on by itself (任务) is gone on with by somebody else if whoever works on it is gone: what was asked is kept with it until it has
-- ended, and who holds it says so. How far it is has a name; and what of a list is in already is written down with it.

alter table job
    add column attempt      integer not null default 1,      -- who holds it: the nth to take it
    add column held_until   bigint,                          -- … and until when, if he says nothing
    add column again        boolean not null default false,  -- whether it may be done twice
    add column method       text,                            -- what was asked …
    add column path         text,                            -- … with its query, while it is worked on
    add column content_type text,
    add column duty         text,
    add column address      text,                            -- from where
    add column body         bytea,                           -- gone once it has ended
    add column step         text,                            -- what is being done, …
    add column step_at      smallint,                        -- … the nth …
    add column step_of      smallint;                        -- … of so many
alter table job alter column body set storage external;
create index job_under_way on job (province, id) where status is null;

-- Lines of a list that are in, written with what they brought in.
create table job_line (
    province integer not null,
    job      text    not null,
    line     integer not null,
    subject  text    not null,               -- what it became
    primary key (province, job, line),
    foreign key (province, job) references job (province, id) on delete cascade
);
