//! The insured place's answer at the treatment place: the settlement that stands, with the hospital's answer, its entries,
//! the visit, and the question that leaves the outbox, many at once.

use super::{Batch, Months, each_among};
use crate::{
    Result, Store,
    book::Columns,
    row::{area_of, fund_arrays, stage_number},
    treatment::TreatmentSettlement,
};
use casework::{settlement, visit};
use funds::Transfer;
use terms::CareKind;

/// One settlement that stands.
#[derive(Clone, Debug)]
pub struct Stands {
    /// The settlement, at [`settlement::Stage::Settled`], with the answer to the hospital's message.
    pub settlement: TreatmentSettlement,
    /// Its entries in this book.
    pub transfers: Vec<Transfer>,
    /// The outbox's name of the question that is answered, the same in all.
    pub kind: &'static str,
}

impl Stands {
    /// Where the visit stands from now on: one that is neither stay nor purchase is open all the time, and
    /// a stay that is settled midway goes on.
    fn visit_stage(&self) -> i16 {
        let is_one_bill = self.settlement.care == CareKind::Inpatient || self.settlement.is_purchase();
        let stage = match is_one_bill {
            _ if self.settlement.is_midway() => visit::Stage::Admitted,
            true => visit::Stage::Settled,
            false => visit::Stage::Open,
        };
        stage_number(&visit::Stage::ALL, &stage)
    }
}

impl Batch for Stands {
    type Answer = bool;
    const ONLY_IF_WAITED_FOR: bool = false;

    fn key(&self) -> String {
        self.settlement.id.to_string()
    }

    fn months(&self) -> Months {
        [self.settlement.id.month().number(), self.settlement.visit.month().number()]
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let ids = text(|one| one.settlement.id.to_string());
        let [month, visit_month] = all.first().map(Self::months).unwrap_or_default();
        let (codes, paid): (Vec<String>, Vec<String>) =
            all.iter().map(|one| fund_arrays(&one.settlement.amounts.funds)).unzip();
        let breakdowns: Vec<&str> =
            all.iter().map(|one| one.settlement.breakdown.as_ref().expect("it is settled").text()).collect();
        let settled_at = amount(|one| one.settlement.settled_at.expect("it is settled").millis());
        let entries = Columns::of(all.iter().flat_map(|one| &one.transfers));
        let areas: Vec<i32> =
            all.iter().flat_map(|one| one.transfers.iter().map(|_| area_of(one.settlement.area))).collect();
        // `kind || ''` keeps the planner from going through the whole outbox by kind, when it should look up each question by its key:
        // it plans while the outbox is empty, and after an hour without the hub it is not.
        let stand: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $3::text[], $5::text[], $6::bigint[], $7::bigint[],
                                     $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bytea[],
                                     $15::smallint[], $27::bigint[])
                    as given (area, id, visit, fund_total, person_total, funds, fund_paid, breakdown,
                              settled_at, answer, visit_stage, account)
             ), stand as (
                update treatment_settlement
                set stage = $13, fund_total = given.fund_total, person_total = given.person_total,
                    funds = given.funds::text[], fund_paid = given.fund_paid::bigint[], breakdown = given.breakdown,
                    settled_at = given.settled_at, answer = given.answer, account = given.account
                from given
                where treatment_settlement.province = given.area / 10000 * 10000 and treatment_settlement.month = $2
                  and treatment_settlement.id = given.id and treatment_settlement.stage = $14
                returning given.area, given.id, given.visit, given.visit_stage
             ), moved as (
                update visit set stage = stand.visit_stage, revision = visit.revision + 1
                from stand
                where visit.province = stand.area / 10000 * 10000 and visit.month = $4 and visit.id = stand.visit
             ), taken as (
                delete from outbox using stand
                where outbox.area = stand.area and outbox.subject = stand.id and outbox.kind || '' = $16
             ), booked as (
                insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                select entry.* from unnest($17::integer[], $18::integer[], $19::text[], $20::text[], $21::text[], $22::text[],
                                           $23::bigint[], $24::text[], $25::integer[], $26::bigint[])
                    as entry (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                where (entry.settlement in (select id from stand)) is true
             )
             select id from stand",
        )
        .bind(number(|one| area_of(one.settlement.area)))
        .bind(month)
        .bind(&ids)
        .bind(visit_month)
        .bind(text(|one| one.settlement.visit.to_string()))
        .bind(amount(|one| one.settlement.amounts.fund_total.0))
        .bind(amount(|one| one.settlement.amounts.person_total.0))
        .bind(codes)
        .bind(paid)
        .bind(breakdowns)
        .bind(settled_at)
        .bind(all.iter().map(|one| one.settlement.answer.as_deref()).collect::<Vec<_>>())
        .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Settled))
        .bind(stage_number(&settlement::Stage::ALL, &settlement::Stage::Asked))
        .bind(all.iter().map(Self::visit_stage).collect::<Vec<i16>>())
        .bind(all.first().map(|one| one.kind))
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
        .bind(amount(|one| one.settlement.amounts.account.0))
        .fetch_all(&store.writers)
        .await?;
        Ok(each_among(&ids, stand))
    }
}
