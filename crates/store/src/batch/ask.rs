//! A settlement written down as asked for: the hospital's message, the visit that moves, the settlement and the question in
//! the outbox, many at once.

use super::{Batch, Months, each_among};
use crate::{
    Result, Store,
    bill::{self, KeptBill},
    row::{area_of, division_number, stage_number},
    treatment::TreatmentSettlement,
};
use casework::{settlement, visit};
use serde_json::Value;
use terms::{CareKind, Moment};

/// One settlement to be written down as asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The settlement, at [`settlement::Stage::Asked`].
    pub settlement: TreatmentSettlement,
    /// The transaction with which the hospital asked (交易编号).
    pub infno: String,
    /// The bills of the visit with the one that it settles held by it; of a stay none.
    pub bills: Option<Vec<KeptBill>>,
    /// The hash of what the hospital asked.
    pub content: [u8; 32],
    /// The revision of the visit on which this was decided.
    pub revision: i32,
    /// The outbox's name of the question, the same in all.
    pub kind: &'static str,
    /// When it is asked again if nobody has answered.
    pub again_at: Moment,
}

impl Ask {
    /// Where the visit stands from now on: one that is no stay is open all the time.
    fn visit_stage(&self) -> i16 {
        let stage = match self.settlement.care {
            CareKind::Inpatient => visit::Stage::Settling,
            CareKind::Outpatient | CareKind::Chronic | CareKind::Pharmacy => visit::Stage::Open,
        };
        stage_number(&visit::Stage::ALL, &stage)
    }
}

impl Batch for Ask {
    type Answer = bool;
    const ONLY_IF_WAITED_FOR: bool = true;

    fn key(&self) -> String {
        self.settlement.visit.to_string()
    }

    fn months(&self) -> Months {
        [self.settlement.id.month().number(), self.settlement.visit.month().number()]
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let json = |of: fn(&Self) -> Value| all.iter().map(of).collect::<Vec<_>>();
        let ids = text(|one| one.settlement.id.to_string());
        let [month, visit_month] = all.first().map(Self::months).unwrap_or_default();
        let moved: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $3::text[], $5::text[], $6::integer[], $7::text[], $8::text[],
                                     $9::bytea[], $10::text[], $11::text[], $12::integer[], $13::bigint[], $14::text[],
                                     $15::bigint[], $16::bigint[], $17::jsonb[], $18::smallint[], $20::text[], $22::text[],
                                     $23::text[], $24::text[])
                    as given (area, id, visit, revision, institution, msgid, content, person, scheme, insured, total,
                              claim, asked_at, again_at, registration, visit_stage, infno, care, bill, bills)
             ), moved as (
                update visit set stage = given.visit_stage, revision = visit.revision + 1,
                                 bills = coalesce(given.bills, visit.bills)
                from given
                where visit.province = given.area / 10000 * 10000 and visit.month = $4 and visit.id = given.visit
                  and visit.revision = given.revision
                returning given.*
             ), taken as (
                insert into hospital_message (area, institution, infno, msgid, content, stage, subject, received_at)
                select area, institution, infno, msgid, content, 0, id, asked_at from moved
             ), asked as (
                insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                                                  total, fund_total, person_total, funds, fund_paid, claim, asked_at,
                                                  registration, care, bill)
                select area / 10000 * 10000, area, $2, id, visit, institution, msgid, $19, person, scheme, insured, total, 0, 0, '{}', '{}',
                       claim, asked_at, registration, care, bill
                from moved
             ), put as (
                insert into outbox (area, subject, kind, question, attempts, next_at, created_at, addressee)
                select area, id, $21, null, 0, again_at, asked_at, insured / 10000 * 10000 from moved
             )
             select id from moved",
        )
        .bind(number(|one| area_of(one.settlement.area)))
        .bind(month)
        .bind(&ids)
        .bind(visit_month)
        .bind(text(|one| one.settlement.visit.to_string()))
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
        .bind(all.iter().map(Self::visit_stage).collect::<Vec<i16>>())
        .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Asked))
        .bind(text(|one| one.infno.clone()))
        .bind(all.first().map(|one| one.kind))
        .bind(text(|one| one.settlement.care.code().to_owned()))
        .bind(text(|one| one.settlement.bill.clone()))
        .bind(all.iter().map(|one| one.bills.as_deref().map(bill::written)).collect::<Vec<_>>())
        .fetch_all(&store.writers)
        .await?;
        Ok(each_among(&ids, moved))
    }
}
