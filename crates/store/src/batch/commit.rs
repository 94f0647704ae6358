//! A settlement committed at the insured place: the year's sums, the settlement and its entries, many at once.

use super::{Batch, Months, each_among};
use crate::{
    Result, Store,
    book::Columns,
    insured::{Content, InsuredSettlement, Stage, written},
    row::{area_of, division_number, fund_arrays, stage_number},
};
use benefit::year::YearToDate;
use funds::Transfer;

/// One settlement to commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The settlement, at [`Stage::Standing`], of a stay that lies in one year.
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
    const ONLY_IF_WAITED_FOR: bool = true;

    fn key(&self) -> String {
        let content = self.content();
        format!("{}/{}/{}", content.person, content.scheme.code(), content.year)
    }

    fn months(&self) -> Months {
        [self.settlement.id.month().number(), 0]
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<bool>> {
        let text = |of: fn(&Self) -> String| all.iter().map(of).collect::<Vec<_>>();
        let number = |of: fn(&Self) -> i32| all.iter().map(of).collect::<Vec<_>>();
        let amount = |of: fn(&Self) -> i64| all.iter().map(of).collect::<Vec<_>>();
        let ids = text(|one| one.settlement.id.to_string());
        let [month, _] = all.first().map(Self::months).unwrap_or_default();
        let (codes, paid): (Vec<String>, Vec<String>) =
            all.iter().map(|one| fund_arrays(&one.content().amounts.funds)).unzip();
        let years: Vec<i16> = all.iter().map(|one| one.content().year).collect();
        let entries = Columns::of(all.iter().flat_map(|one| &one.transfers));
        let areas: Vec<i32> =
            all.iter().flat_map(|one| one.transfers.iter().map(|_| area_of(one.settlement.area))).collect();
        let stand: Vec<String> = sqlx::query_scalar(
            "with given as (
                select * from unnest($1::integer[], $3::text[], $4::text[], $5::text[], $6::smallint[],
                                     $7::integer[], $8::text[], $9::integer[], $10::text[], $11::bigint[], $12::bigint[],
                                     $13::bigint[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
                                     $19::bigint[])
                    as given (area, id, person, scheme, year, revision, sums, treatment, institution, total,
                              fund_total, person_total, funds, fund_paid, contribution, claim, breakdown, committed_at)
             ), summed as (
                insert into year_to_date (area, person, scheme, year, revision, sums)
                select area, person, scheme, year, revision + 1, sums
                from given
                where not exists (select from insured_settlement known
                                  where known.area = given.area and known.month = $2 and known.id = given.id)
                on conflict (area, person, scheme, year) do update set
                    revision = excluded.revision, sums = excluded.sums
                where year_to_date.revision = excluded.revision - 1
                returning area, person, scheme, year
             ), stand as (
                insert into insured_settlement (area, month, id, stage, person, scheme, year, treatment, institution, total,
                                                fund_total, person_total, funds, fund_paid, contribution, claim, breakdown,
                                                committed_at)
                select area, $2, id, $20, person, scheme, year, treatment, institution, total,
                       fund_total, person_total, funds::text[], fund_paid::bigint[], contribution, claim,
                       breakdown, committed_at
                from given
                where ((area, person, scheme, year) in (select area, person, scheme, year from summed)) is true
                returning id
             ), booked as (
                insert into transfer (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                select entry.* from unnest($21::integer[], $22::integer[], $23::text[], $24::text[], $25::text[], $26::text[],
                                           $27::bigint[], $28::text[], $29::integer[], $30::bigint[])
                    as entry (area, month, id, settlement, debit, credit, amount, code, day, recorded_at)
                where (entry.settlement in (select id from stand)) is true
             )
             select id from stand",
        )
        .bind(number(|one| area_of(one.settlement.area)))
        .bind(month)
        .bind(&ids)
        .bind(text(|one| one.content().person.to_string()))
        .bind(text(|one| one.content().scheme.code().to_owned()))
        .bind(years)
        .bind(number(|one| one.revision))
        .bind(text(|one| written(&one.sums)))
        .bind(number(|one| division_number(one.settlement.treatment.division())))
        .bind(text(|one| one.content().institution.to_string()))
        .bind(amount(|one| one.content().amounts.total.0))
        .bind(amount(|one| one.content().amounts.fund_total.0))
        .bind(amount(|one| one.content().amounts.person_total.0))
        .bind(codes)
        .bind(paid)
        .bind(text(|one| written(&one.content().contribution)))
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
        Ok(each_among(&ids, stand))
    }
}
