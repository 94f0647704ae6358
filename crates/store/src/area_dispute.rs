//! What pooling areas say to their part of a month (省内二级清算), what is decided about a dispute, and what an upheld one takes out of the month.

use crate::{
    Conn, Result, Work,
    area_clearing::lines_within,
    deduction::month as month_column,
    figures::Waiting,
    insured,
    money::{purse_of, scheme_of},
    row::{area_of, coded, codes, division, division_number, moment, moment_if, parsed, stage_number},
};
use funds::{Purse, Role, area_clearing::Claim, clearing::stage::Answer};
use sqlx::{Row, postgres::PgRow};
use std::collections::BTreeMap;
use terms::{Fen, InsuranceScheme, Moment, Month, PoolingArea, Province, SettlementId};

/// What an area said to its part of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whose.
    pub area: PoolingArea,
    /// Where it stands.
    pub answer: Answer,
    /// Why it disputes; empty where it does not.
    pub reason: String,
    /// What it disputes.
    pub settlements: Vec<SettlementId>,
    /// The clerk.
    pub by: String,
    /// When.
    pub at: Moment,
    /// What was decided about a dispute: the words, who, and when.
    pub decided: Option<(String, String, Moment)>,
}

/// Keeps what an area says, in the place of what it said before.
pub async fn put(work: &mut Work, (province, month): (Province, Month), said: &Said) -> Result<()> {
    let decided = said.decided.as_ref();
    sqlx::query(
        "insert into area_answer (province, month, area, answer, reason, settlements, answered_by, answered_at, words, decided_by,
                                  decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (province, month, area) do update set
             answer = excluded.answer, reason = excluded.reason, settlements = excluded.settlements,
             answered_by = excluded.answered_by, answered_at = excluded.answered_at, words = excluded.words,
             decided_by = excluded.decided_by, decided_at = excluded.decided_at",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .bind(area_of(said.area))
    .bind(stage_number(&Answer::ALL, &said.answer))
    .bind(&said.reason)
    .bind(said.settlements.iter().map(ToString::to_string).collect::<Vec<_>>())
    .bind(&said.by)
    .bind(said.at.millis())
    .bind(decided.map(|(words, _, _)| words.as_str()))
    .bind(decided.map(|(_, by, _)| by.as_str()))
    .bind(decided.map(|(_, _, at)| at.millis()))
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What areas have said to a month.
pub async fn of_month(
    conn: &mut Conn,
    province: Province,
    month: Month,
) -> Result<BTreeMap<PoolingArea, Said>> {
    let rows = sqlx::query("select *, answer as stage from area_answer where province = $1 and month = $2")
        .bind(division_number(province.division()))
        .bind(month.number())
        .fetch_all(conn)
        .await?;
    let read = |row: &PgRow| {
        let words: Option<String> = row.try_get("words")?;
        let by: Option<String> = row.try_get("decided_by")?;
        let decided = words.zip(by).zip(moment_if(row, "decided_at")?);
        let said = Said {
            area: PoolingArea(division(row, "area")?),
            answer: crate::row::stage(row, &Answer::ALL)?,
            reason: row.try_get("reason")?,
            settlements: codes(row, "settlements", |text| text.parse().ok())?,
            by: row.try_get("answered_by")?,
            at: moment(row, "answered_at")?,
            decided: decided.map(|((words, by), at)| (words, by, at)),
        };
        Ok((said.area, said))
    };
    rows.iter().map(read).collect()
}

/// Disputes of areas on which nobody has decided, and the first month that has one.
pub async fn waiting(conn: &mut Conn, province: Province) -> Result<(Waiting, Option<Month>)> {
    let row = sqlx::query(
        "select count(*) as count, min(answered_at) as oldest, min(month) as month from area_answer
         where province = $1 and answer = $2",
    )
    .bind(division_number(province.division()))
    .bind(stage_number(&Answer::ALL, &Answer::Disputed))
    .fetch_one(conn)
    .await?;
    let waiting = Waiting { count: row.try_get("count")?, oldest: moment_if(&row, "oldest")? };
    let month = if waiting.count > 0 { Some(month_column(&row, "month")?) } else { None };
    Ok((waiting, month))
}

/// What a settlement comes to in an area's part of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub settlement: SettlementId,
    /// The area that owes.
    pub debtor: PoolingArea,
    /// The area in which the person was treated.
    pub creditor: PoolingArea,
    /// 险种.
    pub scheme: InsuranceScheme,
    /// What each purse owes for it.
    pub purses: BTreeMap<Purse, Fen>,
}

impl Part {
    /// The claims that it is a part of, with how much.
    pub fn claims(&self) -> impl Iterator<Item = (Claim, Fen)> {
        let Self { debtor, creditor, scheme, .. } = *self;
        self.purses
            .iter()
            .map(move |(purse, amount)| (Claim { debtor, creditor, scheme, purse: *purse }, *amount))
    }
}

/// What these settlements come to in an area's part of a month, undoings and deductions of the month among it. Those that are not in it, or
/// come to nothing in it, are left out. The treatment place is read from the claim by `creditor`.
pub async fn parts(
    conn: &mut Conn,
    (province, month): (Province, Month),
    debtor: PoolingArea,
    ids: &[SettlementId],
    creditor: impl Fn(&insured::Content) -> Option<PoolingArea>,
) -> Result<Vec<Part>> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut sums = BTreeMap::<SettlementId, BTreeMap<Purse, Fen>>::new();
    for one in crate::clearing_statement::counted(conn, province, Role::Insured, &texts).await? {
        if one.month == month {
            let of = sums.entry(one.id).or_default();
            for (purse, amount) in one.purses {
                *of.entry(purse).or_default() += amount;
            }
        }
    }
    let mut parts = Vec::new();
    for (id, purses) in sums {
        let Some(kept) = insured::find(conn, debtor, id).await? else { continue };
        let Some(content) = kept.content else { continue };
        let Some(creditor) = creditor(&content) else { continue };
        parts.push(Part { settlement: id, debtor, creditor, scheme: content.scheme, purses });
    }
    // What was treated in another area of the province is in no statement of the hub.
    if ids.iter().any(|id| id.province() == province) {
        for (creditor, line) in lines_within(conn, province, month).await? {
            if !ids.contains(&line.settlement) || line.insured.pooling_area() != debtor {
                continue;
            }
            let at = parts.iter().position(|part| part.settlement == line.settlement);
            let at = at.unwrap_or_else(|| {
                let purses = BTreeMap::new();
                parts.push(Part {
                    settlement: line.settlement,
                    debtor,
                    creditor,
                    scheme: line.scheme,
                    purses,
                });
                parts.len() - 1
            });
            let purses = &mut parts[at].purses;
            for (fund, amount) in &line.funds {
                *purses.entry(Purse::Fund(*fund)).or_default() += *amount;
            }
            *purses.entry(Purse::PersonalAccount).or_default() += line.account;
        }
    }
    for part in &mut parts {
        part.purses.retain(|_, amount| !amount.is_zero());
    }
    parts.retain(|part| !part.purses.is_empty());
    Ok(parts)
}

/// Takes settlements out of a month: its claims become less by them, and they wait for a later month.
pub async fn withdraw(work: &mut Work, (province, month): (Province, Month), parts: &[Part]) -> Result<()> {
    let number = division_number(province.division());
    for part in parts {
        sqlx::query(
            "insert into area_withdrawn (province, month, settlement, debtor, creditor, scheme, purses, amounts)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(number)
        .bind(month.number())
        .bind(part.settlement.to_string())
        .bind(area_of(part.debtor))
        .bind(area_of(part.creditor))
        .bind(part.scheme.code())
        .bind(part.purses.keys().map(|purse| purse.code().to_owned()).collect::<Vec<_>>())
        .bind(part.purses.values().map(|amount| amount.0).collect::<Vec<_>>())
        .execute(work.conn())
        .await?;
        for (claim, amount) in part.claims() {
            // Counted as what takes a settlement out of a pair's statement is: as an undoing.
            sqlx::query(
                "update area_claim set amount = amount - $7, count = count + 1
                 where province = $1 and month = $2 and debtor = $3 and creditor = $4 and scheme = $5 and purse = $6",
            )
            .bind(number)
            .bind(month.number())
            .bind(area_of(claim.debtor))
            .bind(area_of(claim.creditor))
            .bind(claim.scheme.code())
            .bind(claim.purse.code())
            .bind(amount.0)
            .execute(work.conn())
            .await?;
        }
    }
    Ok(())
}

/// Takes what was withdrawn from earlier months, and has come in none since, into this one.
pub async fn take_up(work: &mut Work, province: Province, month: Month) -> Result<()> {
    sqlx::query(
        "update area_withdrawn set cleared_month = $2 where province = $1 and cleared_month is null and month < $2",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// What upheld disputes do to a month: what left it (`true`), and what came in it from earlier ones.
pub async fn withdrawn(conn: &mut Conn, province: Province, month: Month) -> Result<Vec<(bool, Part)>> {
    let rows = sqlx::query(
        "select *, month = $2 as leaves from area_withdrawn
         where province = $1 and (month = $2 or cleared_month = $2) order by month, settlement",
    )
    .bind(division_number(province.division()))
    .bind(month.number())
    .fetch_all(conn)
    .await?;
    let read = |row: &PgRow| {
        let amounts: Vec<i64> = row.try_get("amounts")?;
        let purses = codes(row, "purses", purse_of)?;
        let part = Part {
            settlement: parsed(row, "settlement")?,
            debtor: PoolingArea(division(row, "debtor")?),
            creditor: PoolingArea(division(row, "creditor")?),
            scheme: coded(row, "scheme", scheme_of)?,
            purses: purses.into_iter().zip(amounts.into_iter().map(Fen)).collect(),
        };
        Ok((row.try_get("leaves")?, part))
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Store,
        area_clearing::{self, Divided},
        embedded::fixture::TestCluster,
    };
    use funds::area_clearing::Due;
    use sqlx::AssertSqlSafe;
    use terms::Fund;

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn hubei() -> Province {
        "420000".parse().unwrap()
    }

    fn area(code: &str) -> PoolingArea {
        PoolingArea(code.parse().unwrap())
    }

    fn october() -> Month {
        Month::new(2026, 10).unwrap()
    }

    /// Somebody of Yichang was treated in Wuhan, in October.
    async fn treated(store: &Store, serial: u64) -> SettlementId {
        let at: Moment = "2026-10-10 10:00:00".parse().unwrap();
        let id = SettlementId::new(hubei(), at, serial);
        let statement = format!(
            "insert into treatment_settlement (province, area, month, id, visit, institution, msgid, stage, person, scheme, insured,
                 total, fund_total, person_total, funds, fund_paid, claim, asked_at, settled_at, registration, care, account)
             values (420000, 420100, 202610, '{id}', '{id}', 'H42010600001', 'M{serial}', 1, 'P1', '310', 420503, 1000, 700, 300,
                 '{{310100}}', '{{700}}', '{{}}', {asked}, {asked}, '{{}}', '21', 50)",
            asked = at.millis()
        );
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *store.conn().await.unwrap()).await.unwrap();
        id
    }

    #[tokio::test]
    async fn what_is_upheld_leaves_its_month_and_comes_in_the_next_that_is_divided() {
        let store = TestCluster::shared().fresh_store(now()).await;
        let (wuhan, yichang) = (area("420100"), area("420500"));
        let (first, second) = (treated(&store, 1).await, treated(&store, 2).await);
        let pool = Purse::Fund(Fund::EmployeePool);
        let claim =
            |purse| Claim { debtor: yichang, creditor: wuhan, scheme: InsuranceScheme::Employee, purse };
        let claims = BTreeMap::from([
            (claim(pool), Due { count: 2, amount: Fen(1_400) }),
            (claim(Purse::PersonalAccount), Due { count: 2, amount: Fen(100) }),
        ]);
        let divided = Divided { month: october(), by: "王某甲".to_owned(), at: now(), due: now().day() };
        let mut work = store.begin().await.unwrap();
        area_clearing::put(&mut work, hubei(), &divided, &claims).await.unwrap();
        let nobody = |_: &insured::Content| None;
        let of = (hubei(), october());
        let found = parts(work.conn(), of, yichang, &[first], nobody).await.unwrap();
        let purses = BTreeMap::from([(pool, Fen(700)), (Purse::PersonalAccount, Fen(50))]);
        let part = Part {
            settlement: first,
            debtor: yichang,
            creditor: wuhan,
            scheme: InsuranceScheme::Employee,
            purses,
        };
        assert_eq!(found, std::slice::from_ref(&part));
        assert_eq!(parts(work.conn(), of, wuhan, &[first], nobody).await.unwrap(), [], "it is Yichang's");
        let later = (hubei(), october().next());
        assert_eq!(parts(work.conn(), later, yichang, &[first, second], nobody).await.unwrap(), []);

        // Disputed, waiting, and decided.
        let disputed = Said {
            area: yichang,
            answer: Answer::Disputed,
            reason: "重复住院".to_owned(),
            settlements: vec![first],
            by: "赵某乙".to_owned(),
            at: now(),
            decided: None,
        };
        put(&mut work, of, &disputed).await.unwrap();
        assert_eq!(of_month(work.conn(), hubei(), october()).await.unwrap()[&yichang], disputed);
        let one = Waiting { count: 1, oldest: Some(now()) };
        assert_eq!(waiting(work.conn(), hubei()).await.unwrap(), (one, Some(october())));
        withdraw(&mut work, of, &found).await.unwrap();
        let decided = Some(("属实".to_owned(), "钱某丙".to_owned(), now()));
        let upheld = Said { answer: Answer::Upheld, decided, ..disputed };
        put(&mut work, of, &upheld).await.unwrap();
        assert_eq!(of_month(work.conn(), hubei(), october()).await.unwrap()[&yichang], upheld);
        assert_eq!(waiting(work.conn(), hubei()).await.unwrap(), (Waiting::default(), None));
        let left = area_clearing::claims(work.conn(), hubei(), october()).await.unwrap();
        assert_eq!(left[&claim(pool)].due, Due { count: 3, amount: Fen(700) });
        assert_eq!(left[&claim(Purse::PersonalAccount)].due, Due { count: 3, amount: Fen(50) });

        // It comes in the next month that is divided, and in no other.
        let (november, december) = (october().next(), october().next().next());
        for month in [november, december, november] {
            take_up(&mut work, hubei(), month).await.unwrap();
        }
        for (month, expected) in [
            (october(), vec![(true, part.clone())]),
            (november, vec![(false, part.clone())]),
            (december, vec![]),
        ] {
            assert_eq!(withdrawn(work.conn(), hubei(), month).await.unwrap(), expected, "{month}");
        }
        work.save().await.unwrap();
    }
}
