-- Settlements whose benefit an outside core system (外部核心系统) computes: written down before it is asked, so that whatever is
-- lost on the way is asked for again, and undone there if it is undone here.
create table outside_settlement (
    area        integer  not null,
    month       integer  not null,
    id          text     not null,
    scheme      text     not null,
    stage       smallint not null,              -- 0 asked, 1 settled, 2 refused, 3 undoing, 4 undone
    claim       text,                           -- as it was asked; none where it was undone before
    undo        text,                           -- the undoing's own id
    undo_reason text,
    attempts    integer  not null,              -- of the undoing, without an answer
    next_at     bigint,                         -- when to undo again
    asked_at    bigint   not null,
    changed_at  bigint   not null,
    primary key (area, month, id)
) partition by range (month);
create table outside_settlement_other partition of outside_settlement default;
create index outside_settlement_undoing on outside_settlement (next_at) where stage = 3;

-- The months that are there already.
select make_month(substring(relname::text from '[^_]*$')::integer) from pg_class
where relispartition and relkind = 'r' and relname ~ '^transfer_[0-9]+$';
