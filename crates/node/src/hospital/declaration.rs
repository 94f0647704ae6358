//! 2172 to 2176: an institution's own figures by month and day, declared (已申报) once it has confirmed them (3261).

use super::{Call, reconciliation::check_agency};
use crate::{
    apportioning,
    context::Outcome,
    institution_payment,
    reconciliation::{self as accounts, Entry},
};
use funds::{
    Purse,
    apportioning::{SettledLine, Share, by},
};
use serde_json::Value;
use std::collections::{
    BTreeMap, BTreeSet, HashMap, HashSet,
    btree_map::Entry::{Occupied, Vacant},
};
use store::{
    Conn,
    reconciliation::{self, Guest},
};
use terms::{
    Fen, Fund, InstitutionCode, InsuranceScheme, Month, Refusal, SettlementId, VisitId, code::name_of,
};
use wire::hospital::{
    declaration::{Away, MonthsInput, Visits, clearing_code, clearing_stage, plain_day, plain_month},
    t2172, t2173, t2174, t2175, t2176,
};

/// A line with whether it is declared, and under which number.
struct Line {
    entry: Entry,
    month: Month,
    declaration: Option<String>,
}

impl Line {
    fn stage(&self) -> (&'static str, &'static str) {
        clearing_stage(self.declaration.is_some())
    }
}

/// An institution asks about itself.
fn check_own(call: &Call<'_>, given: Option<&InstitutionCode>) -> Result<(), Refusal> {
    if given.is_none_or(|code| *code == call.institution.code) {
        return Ok(());
    }
    Err(Refusal::invalid("fixmedins_code", "本机构的医疗机构编码"))
}

/// Lines with what became of them.
async fn with_declarations(conn: &mut Conn, call: &Call<'_>, entries: Vec<Entry>) -> Outcome<Vec<Line>> {
    let mut of_months: BTreeMap<Month, HashMap<SettlementId, String>> = BTreeMap::new();
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        let month = entry.line.at.day().month();
        let confirmed = match of_months.entry(month) {
            Occupied(known) => known.into_mut(),
            Vacant(place) => place.insert(apportioning::confirmed(conn, call.institution, month).await?),
        };
        let declaration = confirmed.get(&entry.line.id).cloned();
        lines.push(Line { entry, month, declaration });
    }
    Ok(lines)
}

/// The lines that 2172, 2173 and 2174 are about.
async fn lines_of_months(conn: &mut Conn, call: &Call<'_>, input: &MonthsInput) -> Outcome<Vec<Line>> {
    check_own(call, input.institution.as_ref())?;
    check_agency(call, "clr_optins", input.agency)?;
    let period = input.first.first_day().start()..input.last.next().first_day().start();
    let mut entries = accounts::entries(conn, call.node, call.institution, &period).await?;
    entries.retain(|entry| {
        let line = &entry.line;
        input.kind.takes(line.scheme, line.care, away(call, line))
            && input.visit.is_none_or(|visit| visit == entry.visit)
    });
    let mut lines = with_declarations(conn, call, entries).await?;
    lines.retain(|line| input.declared.is_none_or(|declared| declared == line.declaration.is_some()));
    Ok(lines)
}

async fn guests(conn: &mut Conn, call: &Call<'_>, lines: &[Line]) -> Outcome<HashMap<VisitId, Guest>> {
    let visits: Vec<VisitId> = lines.iter().map(|line| line.entry.visit).collect();
    Ok(reconciliation::guests(conn, (call.node.province, &call.institution.code), &visits).await?)
}

fn away(call: &Call<'_>, line: &SettledLine) -> Away {
    Away::of(line.insured.province(), call.node.province)
}

/// What was really paid of lines, by line and purse.
async fn paid_of_lines(
    conn: &mut Conn,
    call: &Call<'_>,
    lines: &[Line],
) -> Outcome<HashMap<(SettlementId, Purse), Fen>> {
    let months: BTreeSet<Month> = lines.iter().map(|line| line.month).collect();
    let mut paid = HashMap::new();
    for month in months {
        paid.extend(institution_payment::paid_of_month(conn, call.node, call.institution, month).await?);
    }
    let asked: HashSet<SettlementId> = lines.iter().map(|line| line.entry.line.id).collect();
    paid.retain(|(line, _), _| asked.contains(line));
    Ok(paid)
}

/// The purse of a code as 2175 writes it, where the account of residents has a code of its own.
fn purse_of(code: &str) -> Purse {
    Fund::ALL
        .iter()
        .find(|fund| fund.code() == code)
        .map_or(Purse::PersonalAccount, |fund| Purse::Fund(*fund))
}

fn named(table: &str, code: &str) -> Option<String> {
    name_of(table, code).map(str::to_owned)
}

/// 2172.
pub async fn months(call: &Call<'_>) -> Outcome<Value> {
    let t2172::Input(input) = t2172::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let lines = lines_of_months(&mut conn, call, &input).await?;
    let mut sums = BTreeMap::<_, Vec<&SettledLine>>::new();
    for line in &lines {
        let settled = &line.entry.line;
        let kind = clearing_code(settled.scheme, settled.care, away(call, settled));
        sums.entry((line.month, kind, line.declaration.as_deref())).or_default().push(settled);
    }
    let own = &call.institution.code;
    let row = |((month, (code, name), declaration), lines): (_, Vec<&SettledLine>)| {
        let (month, declaration): (Month, Option<&str>) = (month, declaration);
        let share = Share::of(lines);
        let (stage, stage_name) = clearing_stage(declaration.is_some());
        let key = declaration.map_or_else(|| format!("{own}-{code}-{}", month.number()), str::to_owned);
        t2172::Row {
            setl_dcla_no: declaration.map(str::to_owned),
            fixmedins_code: own.clone(),
            fixmedins_name: call.institution.name.clone(),
            clr_optins: call.area().division(),
            clr_type: code,
            clr_type_name: name,
            clr_stas: stage.to_owned(),
            clr_stas_name: stage_name.to_owned(),
            start_clrym: plain_month(month),
            end_clrym: plain_month(month),
            begndate: plain_day(month.first_day()),
            enddate: plain_day(month.next().first_day().plus_days(-1)),
            setl_ids_key: key,
            sumamt: share.total,
            cash_payamt: share.cash(),
            acct_pay_sumamt: share.account,
            fund_pay_sumamt: share.fund_total(),
            clr_psntime: Visits(share.visits()),
        }
    };
    let rows: Vec<t2172::Row> = sums.into_iter().map(row).collect();
    Ok(input.page.output(&rows, t2172::Row::value))
}

/// 2173.
pub async fn lines(call: &Call<'_>) -> Outcome<Value> {
    let t2173::Input(input) = t2173::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let lines = lines_of_months(&mut conn, call, &input).await?;
    let guests = guests(&mut conn, call, &lines).await?;
    let row = |line: &Line| {
        let (entry, settled) = (&line.entry, &line.entry.line);
        let guest = &guests[&entry.visit];
        let gender = if guest.citizen.is_male() { "1" } else { "2" };
        t2173::Row {
            fixmedins_code: call.institution.code.clone(),
            fixmedins_name: call.institution.name.clone(),
            out_type: away(call, settled).code().to_owned(),
            out_type_name: named("out_type", away(call, settled).code()),
            med_type: guest.med_type.clone(),
            med_type_name: named("med_type", &guest.med_type),
            insutype: settled.scheme,
            insutype_name: named("insutype", settled.scheme.code()),
            psn_type: guest.person_type.clone(),
            psn_type_name: named("psn_type", &guest.person_type),
            sumamt: settled.total,
            cash_payamt: settled.cash(),
            acct_payamt: settled.account,
            clr_psntime: Visits(if settled.is_undoing() { -1 } else { 1 }),
            psn_no: entry.person.clone(),
            psn_name: Some(guest.name.clone()),
            gend: Some(gender.to_owned()),
            gend_name: named("gend", gender),
            ssn: Some(guest.citizen.reveal().to_owned()),
            emp_name: guest.employer.clone(),
            emp_type: None,
            emp_type_name: None,
            mdtrt_setl_time: settled.at,
            mdtrt_regno: entry.visit,
            mdtrtsn: guest.number.clone().unwrap_or_else(|| entry.visit.to_string()),
        }
    };
    let rows: Vec<&Line> = lines.iter().collect();
    Ok(input.page.output(&rows, |line| row(line).value()))
}

/// 2174.
pub async fn funds_of_months(call: &Call<'_>) -> Outcome<Value> {
    /// 按项目.
    const BY_ITEM: &str = "1";
    let t2174::Input(input) = t2174::Input::read(call.request)?;
    let mut conn = call.node.context.store.conn().await?;
    let lines = lines_of_months(&mut conn, call, &input).await?;
    let guests = guests(&mut conn, call, &lines).await?;
    let mut sums = BTreeMap::new();
    for line in &lines {
        let (settled, guest) = (&line.entry.line, &guests[&line.entry.visit]);
        let kind = clearing_code(settled.scheme, settled.care, away(call, settled));
        for (fund, amount) in paid(settled) {
            let key = (kind.clone(), &guest.med_type, settled.scheme, &guest.person_type, line.stage(), fund);
            *sums.entry(key).or_insert(Fen::ZERO) += amount;
        }
    }
    let row = |((kind, med_type, scheme, person_type, stage, fund), sum): (_, Fen)| {
        let (code, name): (String, String) = kind;
        let (scheme, stage): (InsuranceScheme, (&str, &str)) = (scheme, stage);
        let (med_type, person_type): (&String, &String) = (med_type, person_type);
        let (fund, fund_name): (&str, &str) = fund;
        t2174::Row {
            fixmedins_code: call.institution.code.clone(),
            fixmedins_name: call.institution.name.clone(),
            clr_optins: call.area().division(),
            clr_type: code,
            clr_type_name: Some(name),
            clr_way: BY_ITEM.to_owned(),
            clr_way_name: named("clr_way", BY_ITEM),
            med_type: med_type.clone(),
            med_type_name: named("med_type", med_type),
            insutype: scheme,
            insutype_name: named("insutype", scheme.code()),
            psn_type: person_type.clone(),
            psn_type_name: named("psn_type", person_type),
            clr_stas: stage.0.to_owned(),
            clr_stas_name: Some(stage.1.to_owned()),
            fund_pay_type: fund.to_owned(),
            fund_pay_type_name: fund_name.to_owned(),
            poolarea_fund_pay_type: fund.to_owned(),
            poolarea_fund_pay_name: fund_name.to_owned(),
            fund_appy_sum: sum,
        }
    };
    let rows: Vec<t2174::Row> = sums.into_iter().map(row).collect();
    Ok(input.page.output(&rows, t2174::Row::value))
}

/// What each fund pays of a line, personal accounts among them, with code and name; at least one.
fn paid(line: &SettledLine) -> Vec<((&'static str, &'static str), Fen)> {
    let funds = line.funds.iter().map(|(fund, amount)| ((fund.code(), fund.chinese()), *amount));
    let account = match line.scheme {
        InsuranceScheme::Employee => ("310200", "职工基本医疗保险个人账户基金"),
        InsuranceScheme::Resident => ("390500", "居民家庭账户金"),
    };
    let mut paid: Vec<_> =
        funds.chain([(account, line.account)]).filter(|(_, amount)| !amount.is_zero()).collect();
    if paid.is_empty() {
        let pool = line.scheme.pool();
        paid.push(((pool.code(), pool.chinese()), Fen::ZERO));
    }
    paid
}

/// 2175.
pub async fn day(call: &Call<'_>) -> Outcome<Value> {
    let input = t2175::Input::read(call.request)?;
    check_own(call, input.institution.as_ref())?;
    let mut conn = call.node.context.store.conn().await?;
    let period = accounts::days(input.day, input.day);
    let entries = accounts::entries(&mut conn, call.node, call.institution, &period).await?;
    let lines = with_declarations(&mut conn, call, entries).await?;
    let guests = guests(&mut conn, call, &lines).await?;
    let paid_of = paid_of_lines(&mut conn, call, &lines).await?;
    let row = |line: &Line, (fund, fund_name): (&str, &str), due: Fen| {
        let (settled, guest) = (&line.entry.line, &guests[&line.entry.visit]);
        let (stage, stage_name) = line.stage();
        t2175::Row {
            fixmedins_code: call.institution.code.clone(),
            fixmedins_name: call.institution.name.clone(),
            med_type: guest.med_type.clone(),
            mdtrt_regno: line.entry.visit,
            certno: guest.citizen.reveal().to_owned(),
            psn_name: guest.name.clone(),
            med_type_name: named("med_type", &guest.med_type),
            insutype: settled.scheme,
            insutype_name: named("insutype", settled.scheme.code()),
            psn_type: guest.person_type.clone(),
            psn_type_name: named("psn_type", &guest.person_type),
            clr_stas: stage.to_owned(),
            clr_stas_name: Some(stage_name.to_owned()),
            fund_pay_type: fund.to_owned(),
            fund_pay_type_name: fund_name.to_owned(),
            medfee_sumamt: settled.total,
            dfr_sumamt: due,
            dcla_sum: if line.declaration.is_some() { due } else { Fen::ZERO },
            pay_sum: paid_of.get(&(settled.id, purse_of(fund))).copied().unwrap_or_default(),
        }
    };
    let rows: Vec<t2175::Row> = lines
        .iter()
        .flat_map(|line| paid(&line.entry.line).into_iter().map(move |(fund, due)| (line, fund, due)))
        .map(|(line, fund, due)| row(line, fund, due))
        .collect();
    Ok(input.page.output(&rows, t2175::Row::value))
}

/// 2176.
pub async fn days(call: &Call<'_>) -> Outcome<Value> {
    let input = t2176::Input::read(call.request)?;
    check_own(call, input.institution.as_ref())?;
    let mut conn = call.node.context.store.conn().await?;
    let period = accounts::days(input.first, input.last);
    let entries = accounts::entries(&mut conn, call.node, call.institution, &period).await?;
    let lines = with_declarations(&mut conn, call, entries).await?;
    let guests = guests(&mut conn, call, &lines).await?;
    let med_types: HashMap<SettlementId, &str> =
        lines.iter().map(|line| (line.entry.line.id, guests[&line.entry.visit].med_type.as_str())).collect();
    let sums = |lines: Vec<&Line>| by(lines.iter().map(|line| &line.entry.line), |line| med_types[&line.id]);
    let declared = sums(lines.iter().filter(|line| line.declaration.is_some()).collect());
    let paid_of = paid_of_lines(&mut conn, call, &lines).await?;
    let mut paid = HashMap::<&str, Fen>::new();
    for ((line, _), amount) in &paid_of {
        if let Some(med_type) = med_types.get(line) {
            *paid.entry(med_type).or_default() += *amount;
        }
    }
    let row = |(med_type, share): (&str, Share)| {
        let due = share.agency_pays();
        let pay_sum = paid.get(med_type).copied().unwrap_or_default();
        t2176::Row {
            fixmedins_code: call.institution.code.clone(),
            fixmedins_name: call.institution.name.clone(),
            med_type: med_type.to_owned(),
            med_type_name: named("med_type", med_type).unwrap_or_default(),
            medfee_sumamt: share.total,
            dfr_sumamt: due,
            dcla_sum: declared.get(med_type).map_or(Fen::ZERO, Share::agency_pays),
            pay_sum,
            no_pay_sum: due - pay_sum,
        }
    };
    let rows = sums(lines.iter().collect()).into_iter().map(row).collect();
    Ok(t2176::Output { rows }.value())
}
