-- Who works at a node, and what they did: accounts, sessions, wrong logins, who entered what, and the audit trail. All few beside
-- settlements: people's actions only, never a hospital's message. `province` is the node's own number in every row.

create table account (
    province integer not null,
    name text not null,
    person_name text not null,
    role text not null,
    -- where the person works: its kind, its division (0 is the nation), and the institution's code
    area_kind text not null,
    area_division integer not null,
    area_institution text,
    -- the number at the insured place of somebody who is insured here
    person text,
    -- Argon2id, with its parameters and salt
    password text not null,
    must_change_password boolean not null,
    -- of one-time codes: in force, waiting for its first code, and the last step of time that was used
    code_secret bytea,
    code_pending bytea,
    code_step bigint,
    disabled boolean not null,
    revision bigint not null,
    created_at bigint not null,
    created_by text not null,
    last_login bigint,
    primary key (province, name)
);
create index account_of_area on account (area_division, name) where role <> 'insured';
create index account_of_name on account (person_name, name) where role <> 'insured';
create unique index account_of_person on account (province, area_division, person) where person is not null;

-- wrong logins under a name, whether or not there is such an account: the name as its SHA-256
create table login_attempt (
    province integer not null,
    name_hash bytea not null,
    failures integer not null,
    locks integer not null,
    locked_until bigint,
    at bigint not null,
    primary key (province, name_hash)
);
create index login_attempt_old on login_attempt (at);

-- only the SHA-256 of the cookie's token
create table session (
    province integer not null,
    token_hash bytea not null,
    account text not null,
    begun_at bigint not null,
    seen_at bigint not null,
    primary key (province, token_hash)
);
create index session_of_account on session (account, begun_at);
create index session_old on session (begun_at);

-- who entered what: who did may not decide on it
create table entered (
    province integer not null,
    subject text not null,
    account text not null,
    at bigint not null,
    primary key (province, subject, account)
);

-- each entry holds the hash of the one before; numbered without gaps
create table audit_trail (
    province integer not null,
    sequence bigint not null,
    at bigint not null,
    account text not null,
    role text not null,
    area text not null,
    action text not null,
    subject text not null,
    outcome text not null,
    duty text not null,
    address text not null,
    previous bytea not null,
    hash bytea not null,
    primary key (province, sequence)
);
create index audit_trail_of_account on audit_trail (account, sequence);
create index audit_trail_of_action on audit_trail (action, sequence);
create index audit_trail_of_subject on audit_trail (subject, sequence);
create index audit_trail_at on audit_trail (at, sequence);

-- Nothing is ever taken out or changed. Whoever owns the table can lift this; that is what the hashes are for.
create function audit_trail_stands() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is only added to';
end
$$;
create trigger audit_trail_stands before update or delete on audit_trail
    for each row execute function audit_trail_stands();
create trigger audit_trail_is_kept before truncate on audit_trail
    for each statement execute function audit_trail_stands();
