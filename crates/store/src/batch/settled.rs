//! The insured place's answer at the treatment place: the settlement that stands, its entries, the visit, the question that
//! leaves the outbox, and the hospital's answer, many at once.

use super::Batch;
use crate::{
    Result, Store,
    book::Columns,
    row::{area_of, fund_arrays, stage_number},
    treatment::TreatmentSettlement,
};
use casework::{settlement, visit};
use funds::Transfer;

/// One settlement that stands.
#[derive(Clone, Debug)]
pub struct Stands {
    /// The settlement, at [`settlement::Stage::Settled`].
    pub settlement: TreatmentSettlement,
    /// Its entries in this book.
    pub transfers: Vec<Transfer>,
    /// The transaction number of the hospital's message.
    pub infno: &'static str,
    /// The answer to it.
    pub answer: Vec<u8>,
    /// The outbox's name of the question that is answered.
    pub kind: &'static str,
}

impl Batch for Stands {
    fn key(&self) -> String {
        self.settlement.id.to_string()
    }

    async fn write_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let ids = text(|one| one.settlement.id.to_string());
        let (codes, paid): (Vec<String>, Vec<String>) =
            all.iter().map(|one| fund_arrays(&one.settlement.amounts.funds)).unzip();
        let breakdowns: Vec<&str> =
            all.iter().map(|one| one.settlement.breakdown.as_ref().expect("it is settled").text()).collect();
        let settled_at = amount(|one| one.settlement.settled_at.expect("it is settled").millis());
        let entries = Columns::of(all.iter().flat_map(|one| &one.transfers));
        let areas: Vec<i32> =
            all.iter().flat_map(|one| one.transfers.iter().map(|_| area_of(one.settlement.area))).collect();
        let stand: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $2::integer[], $3::text[], $4::integer[], $5::text[], $6::bigint[],
                                     $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[],
                                     $13::text[], $14::text[], $15::bytea[], $16::text[])
                    as given (area, month, id, visit_month, visit, fund_total, person_total, funds, fund_paid, breakdown,
                              settled_at, institution, infno, msgid, answer, kind)
             ), stand as (
                update treatment_settlement
                set stage = $17, fund_total = given.fund_total, person_total = given.person_total,
                    funds = given.funds::text[], fund_paid = given.fund_paid::bigint[], breakdown = given.breakdown,
                    settled_at = given.settled_at
                from given
                where treatment_settlement.province = given.area / 10000 * 10000 and treatment_settlement.month = given.month
                  and treatment_settlement.id = given.id and treatment_settlement.stage = $18
                returning treatment_settlement.id
             ), moved as (
                update visit set stage = $19, revision = visit.revision + 1
                from given join stand on stand.id = given.id
                where visit.province = given.area / 10000 * 10000 and visit.month = given.visit_month and visit.id = given.visit
             ), answered as (
                update hospital_message set stage = 1, answer = given.answer, answered_at = given.settled_at
                from given join stand on stand.id = given.id
                where hospital_message.area = given.area and hospital_message.institution = given.institution
                  and hospital_message.infno = given.infno and hospital_message.msgid = given.msgid
                  and hospital_message.stage = 0
             ), taken as (
                delete from outbox using given join stand on stand.id = given.id
                where outbox.area = given.area and outbox.subject = given.id and outbox.kind = given.kind
             ), booked as (
                insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                select entry.* from unnest($20::integer[], $21::integer[], $22::text[], $23::text[], $24::text[], $25::text[],
                                           $26::bigint[], $27::text[], $28::integer[], $29::bigint[])
                    as entry (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                join stand on stand.id = entry.settlement
             )
             select id from stand",
        )
        .bind(number(|one| area_of(one.settlement.area)))
        .bind(number(|one| one.settlement.id.month().number()))
        .bind(&ids)
        .bind(number(|one| one.settlement.visit.month().number()))
        .bind(text(|one| one.settlement.visit.to_string()))
        .bind(amount(|one| one.settlement.amounts.fund_total.0))
        .bind(amount(|one| one.settlement.amounts.person_total.0))
        .bind(codes)
        .bind(paid)
        .bind(breakdowns)
        .bind(settled_at)
        .bind(text(|one| one.settlement.institution.to_string()))
        .bind(text(|one| one.infno.to_owned()))
        .bind(text(|one| one.settlement.msgid.to_string()))
        .bind(all.iter().map(|one| one.answer.as_slice()).collect::<Vec<_>>())
        .bind(text(|one| one.kind.to_owned()))
        .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Settled))
        .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Asked))
        .bind(stage_number(&visit::Stage::ALL, &visit::Stage::Settled))
        .bind(areas)
        .bind(entries.months)
        .bind(entries.ids)
        .bind(entries.settlements)
        .bind(entries.debits)
        .bind(entries.credits)
        .bind(entries.amounts)
        .bind(entries.codes)
        .bind(entries.days)
        .bind(entries.moments)
        .fetch_all(&store.writers)
        .await?;
        Ok(ids.iter().map(|id| stand.contains(id)).collect())
    }
}
