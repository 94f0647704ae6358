//! A settlement committed at the insured place: the year's sums, the settlement and its entries, many at once.

use super::Batch;
use crate::{
    Result, Store,
    book::Columns,
    insured::{Content, InsuredSettlement, Stage},
    row::{area_of, division_number, fund_arrays, stage_number},
};
use benefit::year::YearToDate;
use funds::Transfer;

/// One settlement to commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The settlement, at [`Stage::Standing`].
    pub settlement: InsuredSettlement,
    /// The sums of the year with it.
    pub sums: YearToDate,
    /// The revision of the year's sums on which this was decided; 0 if there were none.
    pub revision: i32,
    /// Its entries in this book.
    pub transfers: Vec<Transfer>,
}

impl Commit {
    fn content(&self) -> &Content {
        self.settlement.content.as_ref().expect("a standing settlement has content")
    }
}

impl Batch for Commit {
    type Answer = bool;

    fn key(&self) -> String {
        let content = self.content();
        format!("{}/{}/{}", content.person, content.scheme.code(), content.year)
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let contribution =
            |one: &Self| serde_json::to_string(&one.content().contribution).expect("sums are JSON");
        let ids = text(|one| one.settlement.id.to_string());
        let (year_funds, year_paid): (Vec<String>, Vec<String>) =
            all.iter().map(|one| fund_arrays(&one.sums.fund_paid)).unzip();
        let (codes, paid): (Vec<String>, Vec<String>) =
            all.iter().map(|one| fund_arrays(&one.content().amounts.funds)).unzip();
        let years: Vec<i16> = all.iter().map(|one| one.content().year).collect();
        let entries = Columns::of(all.iter().flat_map(|one| &one.transfers));
        let areas: Vec<i32> =
            all.iter().flat_map(|one| one.transfers.iter().map(|_| area_of(one.settlement.area))).collect();
        let stand: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::smallint[],
                                     $7::integer[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                                     $13::text[], $14::text[], $15::integer[], $16::text[], $17::bigint[], $18::bigint[],
                                     $19::bigint[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[],
                                     $25::bigint[])
                    as given (area, month, id, person, scheme, year, revision, admissions, year_total, in_scope, deductible,
                              person_paid, year_funds, year_paid, treatment, institution, total, fund_total, person_total,
                              funds, fund_paid, contribution, claim, breakdown, committed_at)
             ), summed as (
                insert into year_to_date (area, person, scheme, year, revision, admissions, total, in_scope, deductible,
                                          person_paid, funds, fund_paid)
                select area, person, scheme, year, revision + 1, admissions, year_total, in_scope, deductible, person_paid,
                       year_funds::text[], year_paid::bigint[]
                from given
                where not exists (select from insured_settlement known
                                  where known.area = given.area and known.month = given.month and known.id = given.id)
                on conflict (area, person, scheme, year) do update set
                    revision = excluded.revision, admissions = excluded.admissions, total = excluded.total,
                    in_scope = excluded.in_scope, deductible = excluded.deductible, person_paid = excluded.person_paid,
                    funds = excluded.funds, fund_paid = excluded.fund_paid
                where year_to_date.revision = excluded.revision - 1
                returning area, person, scheme, year
             ), stand as (
                insert into insured_settlement (area, month, id, stage, person, scheme, year, treatment, institution, total,
                                                fund_total, person_total, funds, fund_paid, contribution, claim, breakdown,
                                                committed_at)
                select given.area, month, id, $26, given.person, given.scheme, given.year, treatment, institution, total,
                       fund_total, person_total, given.funds::text[], given.fund_paid::bigint[], contribution, claim,
                       breakdown, committed_at
                from given join summed using (area, person, scheme, year)
                returning id
             ), booked as (
                insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                select entry.* from unnest($27::integer[], $28::integer[], $29::text[], $30::text[], $31::text[], $32::text[],
                                           $33::bigint[], $34::text[], $35::integer[], $36::bigint[])
                    as entry (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                join stand on stand.id = entry.settlement
             )
             select id from stand",
        )
        .bind(number(|one| area_of(one.settlement.area)))
        .bind(number(|one| one.settlement.id.month().number()))
        .bind(&ids)
        .bind(text(|one| one.content().person.to_string()))
        .bind(text(|one| one.content().scheme.code().to_owned()))
        .bind(years)
        .bind(number(|one| one.revision))
        .bind(amount(|one| one.sums.admissions))
        .bind(amount(|one| one.sums.total.0))
        .bind(amount(|one| one.sums.in_scope.0))
        .bind(amount(|one| one.sums.deductible.0))
        .bind(amount(|one| one.sums.person.0))
        .bind(year_funds)
        .bind(year_paid)
        .bind(number(|one| division_number(one.settlement.treatment.division())))
        .bind(text(|one| one.content().institution.to_string()))
        .bind(amount(|one| one.content().amounts.total.0))
        .bind(amount(|one| one.content().amounts.fund_total.0))
        .bind(amount(|one| one.content().amounts.person_total.0))
        .bind(codes)
        .bind(paid)
        .bind(all.iter().map(contribution).collect::<Vec<_>>())
        .bind(all.iter().map(|one| one.content().claim.text()).collect::<Vec<_>>())
        .bind(all.iter().map(|one| one.content().breakdown.text()).collect::<Vec<_>>())
        .bind(amount(|one| one.settlement.committed_at.millis()))
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
        .fetch_all(&store.writers)
        .await?;
        Ok(ids.iter().map(|id| stand.contains(id)).collect())
    }
}
