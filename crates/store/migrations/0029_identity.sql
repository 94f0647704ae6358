-- Logging in at an organisation's identity provider (OpenID Connect): which identity there is tied to which account here, and which requests
-- to log in were answered already.

create table account_identity (
    province integer not null,
    account text not null,
    provider text not null,
    -- SHA-256 over the issuer and the subject
    identity bytea not null,
    -- what the person is called there, masked
    shown text not null,
    tied_at bigint not null,
    -- the account has no password: it is '' then
    only_way boolean not null,
    primary key (province, account),
    unique (province, identity)
);

-- the SHA-256 of the state of a request, until nobody could show it any more
create table identity_answer (
    province integer not null,
    state_hash bytea not null,
    at bigint not null,
    primary key (province, state_hash)
);
create index identity_answer_old on identity_answer (at);
