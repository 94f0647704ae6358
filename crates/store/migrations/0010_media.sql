-- Identity media (就医介质). What is secret is kept as a hash.

-- ------------------------------------------------------------------ insured place

-- Social security cards.
create table card (
    area        integer not null,               -- pooling area that issued it
    number      text    not null,               -- 社会保障卡卡号
    identification text not null,               -- 卡识别码
    cipher      bytea   not null,               -- keyed hash of what proves the card
    person      text    not null,
    stage       smallint not null,              -- 0 正常, 1 挂失, 2 锁定, 3 注销
    wrong_ciphers smallint not null,            -- since the last right one
    issued_at   bigint  not null,
    changed_at  bigint  not null,
    primary key (area, number),
    unique (area, identification)
);
-- A person has one card that is not stopped.
create unique index card_of_person on card (area, person) where stage <> 3;
create index card_by_person on card (area, person);

-- Electronic vouchers, forgotten some time after they expire.
create table voucher (
    area        integer not null,               -- pooling area that issued it
    hash        bytea   not null,               -- of its code
    person      text    not null,
    made_at     bigint  not null,
    expires_at  bigint  not null,
    used_at     bigint,
    used_by     text,                           -- the message that read it
    primary key (area, hash)
);
create index voucher_by_expiry on voucher (area, expires_at);
create index voucher_by_person on voucher (area, person);

-- ------------------------------------------------------------------ treatment place

-- Tokens (令牌) of vouchers that were read here: what the institution names instead of the voucher later on.
create table medium_token (
    area        integer not null,               -- the institution's pooling area
    institution text    not null,
    hash        bytea   not null,               -- of the token
    insured     integer not null,
    person      text    not null,
    expires_at  bigint  not null,
    primary key (area, institution, hash)
);
create index medium_token_by_expiry on medium_token (area, expires_at);
