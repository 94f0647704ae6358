//! The treatment place's book of settlements.

use crate::{
    Amounts, Conn, Document, Result, Work,
    document::{document, document_if},
    figures::counted::{self, Book},
    message::{self, Key},
    row::{
        area_of, coded, division, division_number, fen, fund_columns, funds, json_if, moment, moment_if,
        parsed, parsed_if, stage, stage_number, texts,
    },
};
use casework::{settlement::Stage, visit::Visit};
use serde_json::Value;
use sqlx::{Row, postgres::PgRow, types::Json};
use std::collections::BTreeMap;
use terms::{
    CareKind, InstitutionCode, InsuranceScheme, InsuredPlace, MessageId, Moment, PersonNumber, PoolingArea,
    SettlementId, VisitId,
};

/// A settlement as the treatment place keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct TreatmentSettlement {
    /// The treatment place's pooling area.
    pub area: PoolingArea,
    /// Its id.
    pub id: SettlementId,
    /// The visit.
    pub visit: VisitId,
    /// The kind of care: it decides the kind of clearing (清算类别).
    pub care: CareKind,
    /// 收费批次号 of the visit's bill that it settles; empty where the visit is one bill: a stay, or a purchase.
    pub bill: String,
    /// The hospital.
    pub institution: InstitutionCode,
    /// The message that asked for it.
    pub msgid: MessageId,
    /// Where it stands.
    pub stage: Stage,
    /// The person.
    pub person: PersonNumber,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Its amounts: nothing but the total before it is settled.
    pub amounts: Amounts,
    /// What was claimed, as the wire writes it.
    pub claim: Document,
    /// Who pays what and why, as the wire writes it, once it is settled.
    pub breakdown: Option<Document>,
    /// Why it was refused: code and sentence.
    pub refusal: Option<Value>,
    /// When the hospital asked.
    pub asked_at: Moment,
    /// When the answer came.
    pub settled_at: Option<Moment>,
    /// The undoing, if any.
    pub undo: Option<Undoing>,
    /// When it was undone for certain.
    pub undone_at: Option<Moment>,
    /// What else the hospital sent with its question, by field name.
    pub registration: BTreeMap<String, String>,
    /// What the hospital was answered, where the settlement was made to stand together with the answer.
    pub answer: Option<Vec<u8>>,
}

impl TreatmentSettlement {
    /// Whether it is of a purchase (2102): a visit that is opened, settled and closed with its only bill.
    pub fn is_purchase(&self) -> bool {
        self.care != CareKind::Inpatient && self.bill.is_empty()
    }

    /// Whether it is one in the middle of a stay (中途结算): its lines are a bill of its own, named by its id.
    pub fn is_midway(&self) -> bool {
        self.care == CareKind::Inpatient && !self.bill.is_empty()
    }
}

/// An undoing as the treatment place asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoing {
    /// Its own id.
    pub id: SettlementId,
    /// `cancellation` or `reversal`, or `refusal` where the hub would not pass the question.
    pub reason: String,
    /// The message that asked for it.
    pub msgid: String,
}

/// Writes a settlement down as asked for.
pub async fn insert(work: &mut Work, settlement: &TreatmentSettlement, visit: &Visit) -> Result<()> {
    let (codes, paid) = fund_columns(&settlement.amounts.funds);
    sqlx::query(
        "insert into treatment_settlement (area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                                           total, fund_total, person_total, funds, fund_paid, claim, asked_at,
                                           registration, province, care, bill)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
    )
    .bind(area_of(settlement.area))
    .bind(settlement.id.month().number())
    .bind(settlement.id.to_string())
    .bind(visit.id.to_string())
    .bind(settlement.institution.as_str())
    .bind(settlement.msgid.as_str())
    .bind(stage_number(&Stage::ALL, &settlement.stage))
    .bind(settlement.person.as_str())
    .bind(settlement.scheme.code())
    .bind(division_number(settlement.insured.division()))
    .bind(settlement.amounts.total.0)
    .bind(settlement.amounts.fund_total.0)
    .bind(settlement.amounts.person_total.0)
    .bind(codes)
    .bind(paid)
    .bind(settlement.claim.text())
    .bind(settlement.asked_at.millis())
    .bind(Json(&settlement.registration))
    .bind(division_number(settlement.id.province().division()))
    .bind(settlement.care.code())
    .bind(&settlement.bill)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// Writes what can change of a settlement.
pub async fn update(work: &mut Work, settlement: &TreatmentSettlement) -> Result<()> {
    let (codes, paid) = fund_columns(&settlement.amounts.funds);
    let undo = settlement.undo.as_ref();
    sqlx::query(
        "update treatment_settlement set stage = $3, fund_total = $4, person_total = $5, funds = $6, fund_paid = $7,
                breakdown = $8, refusal = $9, settled_at = $10, undo = $11, undo_reason = $12, undo_msgid = $13,
                undone_at = $14, account = $16
         where province = $15 and month = $1 and id = $2",
    )
    .bind(settlement.id.month().number())
    .bind(settlement.id.to_string())
    .bind(stage_number(&Stage::ALL, &settlement.stage))
    .bind(settlement.amounts.fund_total.0)
    .bind(settlement.amounts.person_total.0)
    .bind(codes)
    .bind(paid)
    .bind(settlement.breakdown.as_ref().map(Document::text))
    .bind(settlement.refusal.as_ref().map(Json))
    .bind(settlement.settled_at.map(Moment::millis))
    .bind(undo.map(|undo| undo.id.to_string()))
    .bind(undo.map(|undo| undo.reason.as_str()))
    .bind(undo.map(|undo| undo.msgid.as_str()))
    .bind(settlement.undone_at.map(Moment::millis))
    .bind(division_number(settlement.id.province().division()))
    .bind(settlement.amounts.account.0)
    .execute(work.conn())
    .await?;
    counted::forget(work, Book::of_treatment(settlement.id.province()), settlement.asked_at).await
}

/// The settlement with this id.
pub async fn find(conn: &mut Conn, id: SettlementId) -> Result<Option<TreatmentSettlement>> {
    let row =
        sqlx::query("select * from treatment_settlement where province = $3 and month = $1 and id = $2")
            .bind(id.month().number())
            .bind(id.to_string())
            .bind(division_number(id.province().division()))
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(read).transpose()
}

/// The same, held until the unit of work ends.
pub async fn hold(work: &mut Work, id: SettlementId) -> Result<Option<TreatmentSettlement>> {
    let row = sqlx::query(
        "select * from treatment_settlement where province = $3 and month = $1 and id = $2 for update",
    )
    .bind(id.month().number())
    .bind(id.to_string())
    .bind(division_number(id.province().division()))
    .fetch_optional(work.conn())
    .await?;
    row.as_ref().map(read).transpose()
}

/// The settlement that a message asked for.
pub async fn asked_by(conn: &mut Conn, key: Key<'_>) -> Result<Option<TreatmentSettlement>> {
    let subject = message::subject(conn, key).await?;
    let Some(id) = subject.and_then(|subject| subject.parse().ok()) else { return Ok(None) };
    find(conn, id).await
}

/// All settlements of a visit, newest first.
pub async fn of_visit(conn: &mut Conn, visit: VisitId) -> Result<Vec<TreatmentSettlement>> {
    let rows =
        sqlx::query("select * from treatment_settlement where visit = $1 order by asked_at desc, id desc")
            .bind(visit.to_string())
            .fetch_all(conn)
            .await?;
    rows.iter().map(read).collect()
}

/// The whole book, in the order of ids: for comparison.
pub async fn all(conn: &mut Conn) -> Result<Vec<TreatmentSettlement>> {
    let rows = sqlx::query("select * from treatment_settlement order by id").fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<TreatmentSettlement> {
    let undo = parsed_if(row, "undo")?.map(|id| -> Result<_> {
        Ok(Undoing { id, reason: row.try_get("undo_reason")?, msgid: row.try_get("undo_msgid")? })
    });
    Ok(TreatmentSettlement {
        area: PoolingArea(division(row, "area")?),
        id: parsed(row, "id")?,
        visit: parsed(row, "visit")?,
        care: coded(row, "care", CareKind::from_code)?,
        bill: row.try_get("bill")?,
        institution: parsed(row, "institution")?,
        msgid: parsed(row, "msgid")?,
        stage: stage(row, &Stage::ALL)?,
        person: parsed(row, "person")?,
        scheme: coded(row, "scheme", InsuranceScheme::from_code)?,
        insured: InsuredPlace(division(row, "insured")?),
        amounts: read_amounts(row)?,
        claim: document(row, "claim")?,
        breakdown: document_if(row, "breakdown")?,
        refusal: json_if(row, "refusal")?,
        asked_at: moment(row, "asked_at")?,
        settled_at: moment_if(row, "settled_at")?,
        undo: undo.transpose()?,
        undone_at: moment_if(row, "undone_at")?,
        registration: texts(row, "registration")?,
        answer: row.try_get("answer")?,
    })
}

/// The amounts of a row of any of the three books.
pub(crate) fn read_amounts(row: &PgRow) -> Result<Amounts> {
    Ok(Amounts {
        total: fen(row, "total")?,
        fund_total: fen(row, "fund_total")?,
        person_total: fen(row, "person_total")?,
        account: fen(row, "account")?,
        funds: funds(row)?,
    })
}
