-- What hospitals and agencies registered for people insured here: referrals (转院), chronic diseases (门诊慢特病), designated
-- institutions (定点), accidents (意外伤害).

create table registration (
    area        integer not null,               -- pooling area where the person is insured
    id          text    not null,               -- 待遇申报明细流水号, given by the side that asked
    kind        text    not null,               -- referral, chronic, designated, accident
    stage       text    not null,               -- in_force, withdrawn, refused
    person      text    not null,
    scheme      text,                           -- none: any
    from_day    integer not null,
    to_day      integer,
    disease     text,                           -- of a chronic disease
    institution text,                           -- that was chosen, or that the person was referred to
    business    text,                           -- 业务申请类型 of a designated institution
    content     jsonb   not null,
    changed_at  bigint  not null,
    primary key (area, id)
);
create index registration_by_id on registration (id);
create index registration_by_person on registration (area, person);
