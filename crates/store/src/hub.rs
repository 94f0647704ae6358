//! The hub's registers of participants and institutions, and its book of settlements.

use crate::{
    Amounts, Conn, Result, Work,
    change::{self, Change},
    figures::counted::{self, Book},
    row::{
        coded, division, division_number, fund_columns, moment, moment_if, parsed, parsed_if, participant,
        participant_number, stage, stage_number,
    },
    treatment::read_amounts,
};
use sqlx::{Row, postgres::PgRow};
use terms::{
    CareKind, InstitutionCode, InsuranceScheme, InsuredPlace, Moment, Participant, Province, SettlementId,
    SettlementLevel, TreatmentPlace,
};

/// A participant of the network (接入方).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantEntry {
    /// Who.
    pub participant: Participant,
    /// Name for people.
    pub name: String,
    /// Where its node is reached: `http://host:port`.
    pub address: String,
    /// SM2 public key in hexadecimal digits.
    pub public_key: String,
    /// The reason, while it is suspended.
    pub suspended: Option<String>,
    /// When this was last changed.
    pub changed_at: Moment,
}

/// All participants.
pub async fn participants(conn: &mut Conn) -> Result<Vec<ParticipantEntry>> {
    let rows = sqlx::query("select * from participant order by participant").fetch_all(conn).await?;
    rows.iter().map(read_participant).collect()
}

/// A participant, held until this unit of work ends: what is registered of it is changed on what is seen here.
pub async fn hold_participant(work: &mut Work, participant: Participant) -> Result<Option<ParticipantEntry>> {
    let row = sqlx::query("select * from participant where participant = $1 for update")
        .bind(participant_number(participant))
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read_participant).transpose()
}

fn read_participant(row: &PgRow) -> Result<ParticipantEntry> {
    Ok(ParticipantEntry {
        participant: participant(row, "participant")?,
        name: row.try_get("name")?,
        address: row.try_get("address")?,
        public_key: row.try_get("public_key")?,
        suspended: row.try_get("suspended")?,
        changed_at: moment(row, "changed_at")?,
    })
}

/// Registers a participant, or changes what is registered, and tells all instances.
pub async fn put_participant(work: &mut Work, entry: &ParticipantEntry) -> Result<()> {
    sqlx::query(
        "insert into participant (participant, name, address, public_key, suspended, changed_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (participant) do update set name = excluded.name, address = excluded.address,
             public_key = excluded.public_key, suspended = excluded.suspended, changed_at = excluded.changed_at",
    )
    .bind(participant_number(entry.participant))
    .bind(&entry.name)
    .bind(&entry.address)
    .bind(&entry.public_key)
    .bind(&entry.suspended)
    .bind(entry.changed_at.millis())
    .execute(work.conn())
    .await?;
    change::tell(work, &Change::Participant(entry.participant)).await
}

/// An institution in the national register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationalInstitution {
    /// Its code.
    pub code: InstitutionCode,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: TreatmentPlace,
    /// The level at which it is settled.
    pub level: SettlementLevel,
    /// Whether it may settle across regions.
    pub open: bool,
    /// When this was last changed.
    pub changed_at: Moment,
}

/// Keeps an institution in the national register, unless a later change stands there already, and tells all instances.
pub async fn put_institution(work: &mut Work, institution: &NationalInstitution) -> Result<()> {
    sqlx::query(
        "insert into national_institution (province, code, name, place, level, open, changed_at, letters)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (province, code) do update set name = excluded.name, place = excluded.place,
             level = excluded.level, open = excluded.open, changed_at = excluded.changed_at, letters = excluded.letters
         where national_institution.changed_at < excluded.changed_at",
    )
    .bind(division_number(institution.place.province().division()))
    .bind(institution.code.as_str())
    .bind(&institution.name)
    .bind(division_number(institution.place.division()))
    .bind(institution.level.code())
    .bind(institution.open)
    .bind(institution.changed_at.millis())
    .bind(terms::pinyin::letters(&institution.name))
    .execute(work.conn())
    .await?;
    change::tell(work, &Change::NationalInstitution(institution.code.clone())).await
}

/// Keeps a page of the national register, as the hub has told it, at a province: of each institution what was changed last.
pub async fn keep_institutions(work: &mut Work, institutions: &[NationalInstitution]) -> Result<()> {
    let column = |of: fn(&NationalInstitution) -> String| institutions.iter().map(of).collect::<Vec<_>>();
    let number = |of: fn(&NationalInstitution) -> i32| institutions.iter().map(of).collect::<Vec<_>>();
    sqlx::query(
        "insert into national_institution (province, code, name, place, level, open, changed_at, letters)
         select * from unnest($1::integer[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::boolean[], $7::bigint[],
                              $8::text[])
         on conflict (province, code) do update set name = excluded.name, place = excluded.place,
             level = excluded.level, open = excluded.open, changed_at = excluded.changed_at, letters = excluded.letters
         where national_institution.changed_at < excluded.changed_at",
    )
    .bind(number(|one| division_number(one.place.province().division())))
    .bind(column(|one| one.code.to_string()))
    .bind(column(|one| one.name.clone()))
    .bind(number(|one| division_number(one.place.division())))
    .bind(column(|one| one.level.code().to_owned()))
    .bind(institutions.iter().map(|one| one.open).collect::<Vec<_>>())
    .bind(institutions.iter().map(|one| one.changed_at.millis()).collect::<Vec<_>>())
    .bind(column(|one| terms::pinyin::letters(&one.name)))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The institution of the national register with this code, in this province.
pub async fn institution(
    conn: &mut Conn,
    province: Province,
    code: &InstitutionCode,
) -> Result<Option<NationalInstitution>> {
    let row = sqlx::query("select * from national_institution where province = $1 and code = $2")
        .bind(division_number(province.division()))
        .bind(code.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(read_institution).transpose()
}

pub(crate) fn read_institution(row: &PgRow) -> Result<NationalInstitution> {
    Ok(NationalInstitution {
        code: parsed(row, "code")?,
        name: row.try_get("name")?,
        place: TreatmentPlace(division(row, "place")?),
        level: coded(row, "level", SettlementLevel::from_code)?,
        open: row.try_get("open")?,
        changed_at: moment(row, "changed_at")?,
    })
}

/// Where a settlement stands at the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 有效.
    Standing,
    /// 已撤销; also for one that the hub never saw stand.
    Undone,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 2] = [Self::Standing, Self::Undone];
}

/// A settlement as the hub keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct HubSettlement {
    /// Its id.
    pub id: SettlementId,
    /// Where it stands.
    pub stage: Stage,
    /// The province that treats.
    pub treatment: Province,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// What the hub saw settled; none where it was undone before.
    pub content: Option<Content>,
    /// When the hub wrote it down.
    pub recorded_at: Moment,
    /// The undoing's own id, and its reason.
    pub undo: Option<(SettlementId, String)>,
    /// When it was undone.
    pub undone_at: Option<Moment>,
}

/// What the hub saw settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// The hospital.
    pub institution: InstitutionCode,
    /// Where it is.
    pub place: TreatmentPlace,
    /// 就医类别.
    pub care: CareKind,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The amounts.
    pub amounts: Amounts,
    /// When the insured place committed it.
    pub committed_at: Moment,
}

/// Writes a settlement down, in its month of clearing; false if one with this id is there already, standing or undone.
pub async fn insert(work: &mut Work, settlement: &HubSettlement) -> Result<bool> {
    let content = settlement.content.as_ref();
    let amounts = content.map(|content| content.amounts.clone()).unwrap_or_default();
    let (codes, paid) = fund_columns(&amounts.funds);
    let done = sqlx::query(
        "insert into hub_settlement (province, month, id, stage, treatment, insured, institution, scheme, total, fund_total,
                                     person_total, funds, fund_paid, committed_at, recorded_at, undo, undo_reason,
                                     undone_at, account, care, place, clearing_month)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                 greatest(least($2, $22), (select first_open_month())))
         on conflict do nothing",
    )
    .bind(division_number(settlement.insured.province().division()))
    .bind(settlement.id.month().number())
    .bind(settlement.id.to_string())
    .bind(stage_number(&Stage::ALL, &settlement.stage))
    .bind(division_number(settlement.treatment.division()))
    .bind(division_number(settlement.insured.division()))
    .bind(content.map(|content| content.institution.as_str()))
    .bind(content.map(|content| content.scheme.code()))
    .bind(amounts.total.0)
    .bind(amounts.fund_total.0)
    .bind(amounts.person_total.0)
    .bind(codes)
    .bind(paid)
    .bind(content.map(|content| content.committed_at.millis()))
    .bind(settlement.recorded_at.millis())
    .bind(settlement.undo.as_ref().map(|(id, _)| id.to_string()))
    .bind(settlement.undo.as_ref().map(|(_, reason)| reason.as_str()))
    .bind(settlement.undone_at.map(Moment::millis))
    .bind(amounts.account.0)
    .bind(content.map(|content| content.care.code()))
    .bind(division_number(content.map_or(settlement.treatment.division(), |content| content.place.division())))
    .bind(settlement.recorded_at.day().month().number())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes that a settlement is undone. If the month in which it is cleared is closed, this is a line of the first open one.
pub async fn set_undone(
    work: &mut Work,
    insured: InsuredPlace,
    id: SettlementId,
    undo: (SettlementId, &str),
    at: Moment,
) -> Result<()> {
    let changed = sqlx::query(
        "with first as (select first_open_month() as open)
         update hub_settlement set stage = $3, undo = $4, undo_reason = $5, undone_at = $6,
                undo_month = case when clearing_month < first.open then first.open end
         from first
         where province = $7 and month = $1 and id = $2
         returning recorded_at",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(stage_number(&Stage::ALL, &Stage::Undone))
    .bind(undo.0.to_string())
    .bind(undo.1)
    .bind(at.millis())
    .bind(division_number(insured.province().division()))
    .fetch_optional(work.conn())
    .await?;
    match changed {
        Some(row) => counted::forget(work, Book::HUB, moment(&row, "recorded_at")?).await,
        None => Ok(()),
    }
}

/// The settlement with this id, held until the unit of work ends.
pub async fn hold(work: &mut Work, insured: InsuredPlace, id: SettlementId) -> Result<Option<HubSettlement>> {
    let row =
        sqlx::query("select * from hub_settlement where province = $1 and month = $2 and id = $3 for update")
            .bind(division_number(insured.province().division()))
            .bind(id.month().number())
            .bind(id.to_string())
            .fetch_optional(work.conn())
            .await?;
    row.as_ref().map(read).transpose()
}

/// The whole book, in the order of ids: for comparison.
pub async fn all(conn: &mut Conn) -> Result<Vec<HubSettlement>> {
    let rows = sqlx::query("select * from hub_settlement order by id").fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<HubSettlement> {
    let undo = parsed_if(row, "undo")?.map(|id| -> Result<_> { Ok((id, row.try_get("undo_reason")?)) });
    let content = moment_if(row, "committed_at")?.map(|committed_at| -> Result<_> {
        Ok(Content {
            institution: parsed(row, "institution")?,
            place: TreatmentPlace(division(row, "place")?),
            care: coded(row, "care", CareKind::from_code)?,
            scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
            amounts: read_amounts(row)?,
            committed_at,
        })
    });
    Ok(HubSettlement {
        id: parsed(row, "id")?,
        stage: stage(row, &Stage::ALL)?,
        treatment: Province(division(row, "treatment")?),
        insured: InsuredPlace(division(row, "insured")?),
        content: content.transpose()?,
        recorded_at: moment(row, "recorded_at")?,
        undo: undo.transpose()?,
        undone_at: moment_if(row, "undone_at")?,
    })
}
