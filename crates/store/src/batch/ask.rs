//! A settlement written down as asked for: the hospital's message, the visit that moves, the settlement and the question in
//! the outbox, many at once.

use super::Batch;
use crate::{
    Result, Store,
    row::{area_of, division_number, stage_number},
    treatment::TreatmentSettlement,
};
use casework::{settlement, visit};
use serde_json::Value;
use terms::{Moment, VisitId};

/// One settlement to be written down as asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The settlement, at [`settlement::Stage::Asked`].
    pub settlement: TreatmentSettlement,
    /// The transaction number of the hospital's message.
    pub infno: &'static str,
    /// The hash of what the hospital asked.
    pub content: [u8; 32],
    /// The revision of the visit on which this was decided.
    pub revision: i32,
    /// The outbox's name of the question.
    pub kind: &'static str,
    /// When it is asked again if nobody has answered.
    pub again_at: Moment,
}

impl Batch for Ask {
    fn key(&self) -> String {
        self.settlement.visit.to_string()
    }

    async fn write_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let json = |of: fn(&Self) -> Value| all.iter().map(of).collect::<Vec<_>>();
        let visits = text(|one| one.settlement.visit.to_string());
        let moved: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $2::integer[], $3::text[], $4::integer[], $5::text[], $6::integer[],
                                     $7::text[], $8::text[], $9::bytea[], $10::text[], $11::text[], $12::integer[],
                                     $13::bigint[], $14::text[], $15::bigint[], $16::bigint[], $17::jsonb[], $18::text[],
                                     $19::text[])
                    as given (area, month, id, visit_month, visit, revision, institution, msgid, content, person, scheme,
                              insured, total, claim, asked_at, again_at, registration, infno, kind)
             ), moved as (
                update visit set stage = $20, revision = visit.revision + 1 from given
                where visit.province = given.area / 10000 * 10000 and visit.month = given.visit_month and visit.id = given.visit
                  and visit.revision = given.revision
                returning visit.id
             ), taken as (
                insert into hospital_message (area, institution, infno, msgid, content, stage, subject, received_at)
                select area, institution, infno, msgid, content, 0, given.id, asked_at
                from given join moved on moved.id = given.visit
             ), asked as (
                insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                                                  total, fund_total, person_total, funds, fund_paid, claim, asked_at,
                                                  registration)
                select area / 10000 * 10000, area, month, given.id, visit, institution, msgid, $21, person, scheme, insured, total, 0, 0, '{}', '{}',
                       claim, asked_at, registration
                from given join moved on moved.id = given.visit
             ), put as (
                insert into outbox (area, subject, kind, question, attempts, next_at, created_at)
                select area, given.id, kind, null, 0, again_at, asked_at
                from given join moved on moved.id = given.visit
             )
             select id from moved",
        )
        .bind(number(|one| area_of(one.settlement.area)))
        .bind(number(|one| one.settlement.id.month().number()))
        .bind(text(|one| one.settlement.id.to_string()))
        .bind(number(|one| VisitId::month(one.settlement.visit).number()))
        .bind(&visits)
        .bind(number(|one| one.revision))
        .bind(text(|one| one.settlement.institution.to_string()))
        .bind(text(|one| one.settlement.msgid.to_string()))
        .bind(all.iter().map(|one| one.content.to_vec()).collect::<Vec<_>>())
        .bind(text(|one| one.settlement.person.to_string()))
        .bind(text(|one| one.settlement.scheme.code().to_owned()))
        .bind(number(|one| division_number(one.settlement.insured.division())))
        .bind(amount(|one| one.settlement.amounts.total.0))
        .bind(all.iter().map(|one| one.settlement.claim.text()).collect::<Vec<_>>())
        .bind(amount(|one| one.settlement.asked_at.millis()))
        .bind(amount(|one| one.again_at.millis()))
        .bind(json(|one| serde_json::to_value(&one.settlement.registration).expect("texts are JSON")))
        .bind(text(|one| one.infno.to_owned()))
        .bind(text(|one| one.kind.to_owned()))
        .bind(stage_number(&visit::Stage::ALL, &visit::Stage::Settling))
        .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Asked))
        .fetch_all(&store.writers)
        .await?;
        Ok(visits.iter().map(|visit| moved.contains(visit)).collect())
    }
}
