//! What an insured province collects from its pooling areas (统筹区) for its prepayments (上解预付金): drafted by the rule, set by a
//! person where the rule finds nothing to go by, issued once, and held against the money that came.

use super::{refused, rules_in};
use crate::{
    access::Author,
    context::{Failure, Outcome},
    province::ProvinceNode,
};
use casework::emergency_increase::check_reason;
use funds::{
    Account,
    division::ROUNDING,
    movement::area_prepayment::{AreaMoney, voucher},
    prepayment::collected,
    rule::{Collected, RuleBook},
};
use std::collections::BTreeMap;
use store::{
    Conn,
    area_prepayment::{self as register, AreaLine},
    ledger, notice,
};
use terms::{Day, Fen, InsuranceScheme, Participant, PoolingArea, Refusal, WorkingDays};
use wire::api::prepayment::{AreaPrepaymentView, AreaPrepayments, Place, RuleView, SchemeAmount, SetView};

/// The rule that decides how much is collected.
const RULE: &str = "prepayment.collected";
/// How many notices are read at a time.
const PAGE: i64 = 1_000;

type ByArea = BTreeMap<(PoolingArea, InsuranceScheme), Fen>;

/// Drafts what each area puts up in a year, as often as one likes until the notices are issued. Amounts that a person set stay.
pub async fn draft(node: &ProvinceNode, year: i16, author: &Author) -> Outcome<()> {
    let today = node.context.now().day();
    check_year(year, today)?;
    let rules = rules_in(node.province, today)?;
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    let known = register::lines(work.conn(), year).await?;
    check_not_issued(year, &known)?;
    let paid = register::paid_in_year(work.conn(), node.province, year - 1).await?;
    let ahead = paid_ahead(node, work.conn()).await?;
    let lines = drafted(rules.prepayment_collected, &ahead, &paid, &known)?;
    register::replace_lines(&mut work, year, &lines).await?;
    author.enters(&node.context, &mut work, &subject(year)).await?;
    Ok(work.save().await?)
}

/// What four eyes know a year of the areas by.
pub fn subject(year: i16) -> String {
    format!("area-prepayment:{year}")
}

fn check_year(year: i16, today: Day) -> Outcome<()> {
    if [today.year(), today.year() + 1].contains(&year) {
        return Ok(());
    }
    Err(refused(format!("只能办理本年度或下一年度的上解预付金，{year}年度不在此列，请核对年度")))
}

fn check_not_issued(year: i16, lines: &[AreaLine]) -> Outcome<()> {
    if lines.iter().all(|line| line.issued.is_none()) {
        return Ok(());
    }
    Err(refused(format!("{year}年度上解预付金通知已下达，不能再更改")))
}

/// What the province pays ahead to all others, by scheme, as its notices say: what is in force, paid or not.
async fn paid_ahead(node: &ProvinceNode, conn: &mut Conn) -> Outcome<BTreeMap<InsuranceScheme, Fen>> {
    let owner = Participant::Province(node.province);
    let mut ahead = BTreeMap::<InsuranceScheme, Fen>::new();
    let mut after = 0;
    loop {
        let page = notice::list(conn, owner, None, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(ahead) };
        after = last.serial;
        for one in page.into_iter().map(|kept| kept.notice) {
            if one.cause.is_prepayment() && one.insured() == node.province {
                for line in &one.lines {
                    let amount = if one.cause.is_return() { -line.amount } else { line.amount };
                    *ahead.entry(line.scheme).or_default() += amount;
                }
            }
        }
    }
}

/// The lines of a draft: each scheme's amount by the rule, and what a person has set.
fn drafted(
    rule: Collected,
    ahead: &BTreeMap<InsuranceScheme, Fen>,
    paid: &ByArea,
    known: &[AreaLine],
) -> Outcome<Vec<AreaLine>> {
    let set: BTreeMap<_, _> =
        known.iter().filter_map(|line| Some(((line.area, line.scheme), line.set.clone()?))).collect();
    let mut lines = Vec::new();
    for &scheme in InsuranceScheme::ALL {
        let amount = ahead.get(&scheme).copied().unwrap_or_default();
        let of_scheme = |((area, of), amount): (&(PoolingArea, InsuranceScheme), &Fen)| {
            (*of == scheme).then_some((*area, *amount))
        };
        let mut paid: BTreeMap<PoolingArea, Fen> = paid.iter().filter_map(of_scheme).collect();
        let persons = set.keys().filter(|(_, of)| *of == scheme);
        for (area, _) in persons.clone() {
            paid.entry(*area).or_default();
        }
        let parts = collected(rule, amount, &paid);
        // Without payments to go by, a person says what each area puts up.
        let parts = match parts {
            Some(parts) => parts,
            None if persons.count() > 0 => paid.keys().map(|area| (*area, Fen::ZERO)).collect(),
            None => {
                return Err(refused(format!(
                    "上年没有[{}]的跨省支付数据，无法分摊，请先逐个统筹区填写上解金额和理由",
                    scheme.chinese()
                )));
            }
        };
        lines.extend(parts.into_iter().map(|(area, computed)| AreaLine {
            area,
            scheme,
            paid: paid.get(&area).copied().unwrap_or_default(),
            computed,
            set: set.get(&(area, scheme)).cloned(),
            issued: None,
        }));
    }
    lines.sort_by_key(|line| (line.area, line.scheme));
    Ok(lines)
}

/// A person sets what an area puts up; none takes the setting back.
pub async fn set(
    node: &ProvinceNode,
    year: i16,
    (area, scheme): (PoolingArea, InsuranceScheme),
    (amount, reason): (Option<Fen>, &str),
    (by, author): (&str, &Author),
) -> Outcome<()> {
    check_year(year, node.context.now().day())?;
    check_area(node, area)?;
    check_reason(reason)?;
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    let mut lines = register::lines(work.conn(), year).await?;
    check_not_issued(year, &lines)?;
    let set = amount.map(|amount| (amount, reason.trim().to_owned(), by.to_owned()));
    if let Some(line) = lines.iter_mut().find(|line| (line.area, line.scheme) == (area, scheme)) {
        line.set = set;
    } else {
        let (paid, computed) = (Fen::ZERO, Fen::ZERO);
        lines.push(AreaLine { area, scheme, paid, computed, set, issued: None });
    }
    register::replace_lines(&mut work, year, &lines).await?;
    author.enters(&node.context, &mut work, &subject(year)).await?;
    Ok(work.save().await?)
}

fn check_area(node: &ProvinceNode, area: PoolingArea) -> Outcome<()> {
    if area.province() == node.province && area.division().pooling_area() == area {
        return Ok(());
    }
    Err(Refusal::invalid("area", "本省统筹区的六位区划代码，形如420100").into())
}

/// A person issues the notices of a year, once.
pub async fn issue(node: &ProvinceNode, year: i16, by: &str) -> Outcome<()> {
    let today = node.context.now().day();
    let mut work = node.context.store.begin().await?;
    register::hold(&mut work).await?;
    let mut lines = register::lines(work.conn(), year).await?;
    if lines.is_empty() {
        return Err(refused(format!("{year}年度上解预付金尚未测算，请先测算后再下达")));
    }
    if lines.iter().any(|line| line.issued.is_some()) {
        return Ok(());
    }
    for line in &mut lines {
        let number = format!("SJ{year}-{}-{}", line.area, line.scheme.code());
        line.issued = Some((number, today, by.to_owned()));
    }
    register::replace_lines(&mut work, year, &lines).await?;
    Ok(work.save().await?)
}

/// Money of an area came in, or went back: into the general ledger, once under the bank's number.
pub async fn take_money(node: &ProvinceNode, money: &AreaMoney, by: &str) -> Outcome<()> {
    let now = node.context.now();
    check_area(node, money.area)?;
    if money.amount <= Fen::ZERO {
        return Err(Refusal::invalid("amount", "大于零的金额").into());
    }
    if money.on > now.day() {
        return Err(Refusal::invalid("on", "交易日期，不晚于今日").into());
    }
    let reference = || Refusal::invalid("reference", "银行交易流水号，由字母、数字、连字符组成，不超过40位");
    if !(1..=40).contains(&money.reference.len()) {
        return Err(reference().into());
    }
    let voucher = voucher(money, by, now).map_err(|_| reference())?;
    let mut work = node.context.store.begin().await?;
    let posted = ledger::post(&mut work, Participant::Province(node.province), &voucher).await?;
    posted.map_err(|why| refused(format!("资金未能记账：{}", why.chinese())))?;
    Ok(work.save().await?)
}

/// What each area puts up in a year, what came of it, and who still owes. What came counts over all years: an area puts up the
/// difference.
pub async fn find(node: &ProvinceNode, year: i16) -> Outcome<AreaPrepayments> {
    let mut conn = node.context.store.conn().await?;
    let today = node.context.now().day();
    let lines = register::lines(&mut conn, year).await?;
    let account = |line: &AreaLine| Account::area_prepayment(line.area, line.scheme, line.scheme.pool());
    let accounts: Vec<Account> = lines.iter().map(account).collect();
    let sums = ledger::sums(&mut conn, Participant::Province(node.province), &accounts).await?;
    let rules = rules_in(node.province, today)?;
    let shown = lines.iter().map(|line| {
        let account = account(line);
        let received = sums.get(&account).copied().unwrap_or_default().on(account.kind().normal_side());
        let due = |day: &Day| WorkingDays::published().due(*day, rules.prepayment_area_working_days).day;
        AreaPrepaymentView {
            area: Place::of(line.area.division()),
            scheme: line.scheme,
            paid: line.paid.to_string(),
            computed: line.computed.to_string(),
            set: line.set.as_ref().map(|(amount, reason, by)| SetView {
                amount: amount.to_string(),
                reason: reason.clone(),
                by: by.clone(),
            }),
            amount: line.amount().to_string(),
            received: received.to_string(),
            owes: (line.amount() - received).to_string(),
            notice: line.issued.as_ref().map(|(number, ..)| number.clone()),
            due: line.issued.as_ref().map(|(_, day, _)| due(day)),
        }
    });
    let version = RuleBook::national().version_in(node.province, RULE, today);
    let version = version.ok_or(Failure::Trouble(Refusal::NodeBusy {}))?;
    let lines_shown = shown.collect();
    let ahead = paid_ahead(node, &mut conn).await?;
    Ok(AreaPrepayments {
        year,
        issued: lines.iter().any(|line| line.issued.is_some()),
        rule: RuleView::of(RULE, version),
        rounding: (rules.prepayment_collected == Collected::Divided).then(|| ROUNDING.to_owned()),
        paid_ahead: ahead
            .into_iter()
            .map(|(scheme, amount)| SchemeAmount { scheme, amount: amount.to_string() })
            .collect(),
        lines: lines_shown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str) -> PoolingArea {
        PoolingArea(code.parse().unwrap())
    }

    #[test]
    fn a_draft_goes_by_payments_and_by_what_persons_set() {
        use InsuranceScheme::{Employee, Resident};
        let (wuhan, huangshi) = (area("420100"), area("420200"));
        let ahead: BTreeMap<_, _> = [(Employee, Fen(1_000)), (Resident, Fen(100))].into();
        let paid: ByArea = [((wuhan, Employee), Fen(300)), ((huangshi, Employee), Fen(100))].into();
        let set = AreaLine {
            area: huangshi,
            scheme: Resident,
            paid: Fen(0),
            computed: Fen(0),
            set: Some((Fen(100), "首年".to_owned(), "周某".to_owned())),
            issued: None,
        };
        assert!(drafted(Collected::Divided, &ahead, &paid, &[]).is_err(), "nobody was paid for residents");
        let lines = drafted(Collected::Divided, &ahead, &paid, &[set]).unwrap();
        let said: Vec<_> =
            lines.iter().map(|line| (line.area, line.scheme, line.computed.0, line.amount().0)).collect();
        assert_eq!(
            said,
            [(wuhan, Employee, 750, 750), (huangshi, Employee, 250, 250), (huangshi, Resident, 0, 100)]
        );
        let six = drafted(Collected::Months(6), &ahead, &paid, &[]).unwrap();
        assert_eq!(six.iter().map(|line| line.computed.0).collect::<Vec<_>>(), [150, 50]);
    }
}
