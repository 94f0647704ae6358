//! A settlement written down at the hub, with its entries, many at once.

use super::{Batch, Months, each_among};
use crate::{
    Result, Store,
    book::Columns,
    hub::{Content, HubSettlement, Stage},
    row::{division_number, fund_arrays, stage_number},
};
use funds::Transfer;
use terms::AdminDivision;

/// One settlement to write down.
#[derive(Clone, Debug)]
pub struct Record {
    /// The settlement, at [`Stage::Standing`].
    pub settlement: HubSettlement,
    /// Its entries in the hub's book.
    pub transfers: Vec<Transfer>,
    /// Whose book it is.
    pub area: AdminDivision,
}

impl Record {
    fn content(&self) -> &Content {
        self.settlement.content.as_ref().expect("a standing settlement has content")
    }
}

impl Batch for Record {
    type Answer = bool;
    const ONLY_IF_WAITED_FOR: bool = false;

    fn key(&self) -> String {
        self.settlement.id.to_string()
    }

    fn months(&self) -> Months {
        [self.settlement.id.month().number(), 0]
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let ids = text(|one| one.settlement.id.to_string());
        let (codes, paid): (Vec<String>, Vec<String>) =
            all.iter().map(|one| fund_arrays(&one.content().amounts.funds)).unzip();
        let entries = Columns::of(all.iter().flat_map(|one| &one.transfers));
        let areas: Vec<i32> =
            all.iter().flat_map(|one| one.transfers.iter().map(|_| division_number(one.area))).collect();
        let stand: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $2::integer[], $3::text[], $4::integer[], $5::integer[], $6::text[],
                                     $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[],
                                     $13::bigint[], $14::bigint[], $26::bigint[], $27::text[], $28::integer[],
                                     $29::integer[])
                    as given (province, month, id, treatment, insured, institution, scheme, total, fund_total, person_total,
                              funds, fund_paid, committed_at, recorded_at, account, care, place, recorded_month)
             ), stand as (
                insert into hub_settlement (province, month, id, stage, treatment, insured, institution, scheme, total,
                                            fund_total, person_total, funds, fund_paid, committed_at, recorded_at, account,
                                            care, place, clearing_month)
                select province, month, id, $15, treatment, insured, institution, scheme, total, fund_total, person_total,
                       funds::text[], fund_paid::bigint[], committed_at, recorded_at, account, care, place,
                       greatest(least(month, recorded_month), (select first_open_month()))
                from given
                on conflict do nothing
                returning id
             ), booked as (
                insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                select entry.* from unnest($16::integer[], $17::integer[], $18::text[], $19::text[], $20::text[], $21::text[],
                                           $22::bigint[], $23::text[], $24::integer[], $25::bigint[])
                    as entry (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                where (entry.settlement in (select id from stand)) is true
             )
             select id from stand",
        )
        .bind(number(|one| division_number(one.settlement.insured.province().division())))
        .bind(number(|one| one.settlement.id.month().number()))
        .bind(&ids)
        .bind(number(|one| division_number(one.settlement.treatment.division())))
        .bind(number(|one| division_number(one.settlement.insured.division())))
        .bind(text(|one| one.content().institution.to_string()))
        .bind(text(|one| one.content().scheme.code().to_owned()))
        .bind(amount(|one| one.content().amounts.total.0))
        .bind(amount(|one| one.content().amounts.fund_total.0))
        .bind(amount(|one| one.content().amounts.person_total.0))
        .bind(codes)
        .bind(paid)
        .bind(amount(|one| one.content().committed_at.millis()))
        .bind(amount(|one| one.settlement.recorded_at.millis()))
        .bind(stage_number(&Stage::ALL, &Stage::Standing))
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
        .bind(amount(|one| one.content().amounts.account.0))
        .bind(text(|one| one.content().care.code().to_owned()))
        .bind(number(|one| division_number(one.content().place.division())))
        .bind(number(|one| one.settlement.recorded_at.day().month().number()))
        .fetch_all(&store.writers)
        .await?;
        Ok(each_among(&ids, stand))
    }
}
