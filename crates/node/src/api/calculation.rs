//! What would be paid (待遇试算), and the policies in force in plain words: for clerks and for anybody. Nothing here knows a person.

use super::{
    Answer, Clerk, Input,
    list::{self, Form},
    read,
};
use crate::{province::ProvinceNode, public::Caller};
use axum::{
    Router,
    extract::{Path, State},
    http::Uri,
    routing::{get, post},
};
use benefit::{
    Accounts, Bill, Case, CategoryAmount, FilingStanding, Library, Member, Split, YearToDate,
    cases::Question,
    policy::PolicyFile,
    year::{Counter, Measure},
};
use std::sync::Arc;
use terms::{
    CareKind, ChargeCategory, ContributionTier, Day, DiseaseCode, Fen, FilingCategory, InsuranceScheme,
    MemberClass, MemberStatus, PoolingArea, Refusal, Set, TreatmentPlace, VisitMark,
};
use wire::api::{
    Refused,
    calculation::{
        BreakdownView, Calculation, NewCalculation, Otherwise, Outcome, Policies, PolicyEntry, PolicySection,
        PolicyView,
    },
};

type Node = State<Arc<ProvinceNode>>;

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/policies", get(policies))
        .route("/api/v1/policies/{area}/{scheme}", get(policy))
        .route("/api/v1/calculation", post(calculate))
        .route("/web/portal/policies", get(public_policies))
        .route("/web/portal/policies/{area}/{scheme}", get(public_policy))
        .route("/web/portal/calculation", post(public_calculate))
}

// ------------------------------------------------------------------ what would be paid

async fn calculate(
    State(node): Node,
    _: Clerk,
    Input(body): Input<NewCalculation>,
) -> Result<Answer, Answer> {
    Ok(Answer::json(&calculation(&node.library, &body, node.context.now().day())?))
}

async fn public_calculate(
    State(node): Node,
    _: Caller,
    Input(body): Input<NewCalculation>,
) -> Result<Answer, Answer> {
    Ok(Answer::json(&calculation(&node.library, &body, node.context.now().day())?))
}

/// The most lines of expenses, one a category and some to spare.
const EXPENSES_MAX: usize = 40;

/// Answers a question, and what the same bill would come to if it were filed otherwise.
fn calculation(library: &Library, body: &NewCalculation, today: Day) -> Result<Calculation, Refusal> {
    let asked = case(body, today)?;
    let year = used(body, asked.bill.care)?;
    let outcome = computed(library, &asked, &year);
    let paid = |outcome: &Outcome| outcome.breakdown.as_ref().map(|paid| paid.fund_total);
    let other_standings: &[FilingStanding] = if asked.is_inside() {
        &[]
    } else if body.emergency {
        &[
            FilingStanding::DeemedFiled,
            FilingStanding::Filed(FilingCategory::LongTermResident),
            FilingStanding::Filed(FilingCategory::Referral),
        ]
    } else {
        &[
            FilingStanding::NotFiled,
            FilingStanding::Filed(FilingCategory::LongTermResident),
            FilingStanding::Filed(FilingCategory::Referral),
            FilingStanding::Filed(FilingCategory::OtherTemporary),
        ]
    };
    let otherwise = other_standings
        .iter()
        .filter(|standing| **standing != asked.standing)
        .map(|standing| {
            let case = Case { standing: *standing, ..asked.clone() };
            let other = computed(library, &case, &year);
            let more = paid(&other).zip(paid(&outcome)).map(|(other, asked)| (other - asked).to_string());
            Otherwise { standing: words_of(*standing, false), outcome: other, more }
        })
        .collect();
    let mut notes = vec![
        "按所填费用和当日政策试算，仅供参考，以出院时的实际结算为准。".to_owned(),
        "未填目录内外划分的费用按全部符合政策范围计算，实际会有自费和先行自付部分。".to_owned(),
    ];
    if outcome.breakdown.as_ref().is_some_and(|paid| !paid.unconfirmed.is_empty()) {
        notes.push("其中有尚未核实的政策数值，实际结算前须由参保地核实。".to_owned());
    }
    Ok(Calculation { standing: words_of(asked.standing, asked.is_inside()), outcome, otherwise, notes })
}

fn computed(library: &Library, case: &Case, year: &YearToDate) -> Outcome {
    let question = Question { case: case.clone(), year: year.clone(), year_before: YearToDate::default() };
    match benefit::cases::answer(library, &question) {
        Ok(breakdown) => Outcome { breakdown: Some(BreakdownView::of(&breakdown)), refusal: None },
        Err(refusal) => Outcome { breakdown: None, refusal: Some(Refused::from(&refusal)) },
    }
}

fn words_of(standing: FilingStanding, inside: bool) -> String {
    match standing {
        _ if inside => "统筹区内就医，不需要备案".to_owned(),
        FilingStanding::Filed(category) => format!("已备案（{}）", category.chinese()),
        FilingStanding::FiledElsewhere(category) => format!("备案在其他地方（{}）", category.chinese()),
        FilingStanding::DeemedFiled => "视同备案（急诊抢救）".to_owned(),
        FilingStanding::NotFiled => "未备案".to_owned(),
    }
}

/// The case that somebody asks about.
fn case(body: &NewCalculation, today: Day) -> Result<Case, Refusal> {
    let status = MemberStatus::from_code(&body.status);
    let status = status.ok_or_else(|| Refusal::invalid("status", "人员类别代码11、12、14、15或16"))?;
    let care = CareKind::from_code(&body.care).ok_or_else(|| Refusal::invalid("care", "21、11、14或41"))?;
    let admission = body.admitted.unwrap_or(today);
    let discharge = body.discharged.unwrap_or(admission);
    let in_order = admission <= discharge && admission.days_until(discharge) <= 3_660;
    if !in_order || discharge > today.plus_days(3_660) || admission.year() < 2000 {
        return Err(Refusal::invalid("discharged", "不早于入院、不晚于十年内的日期"));
    }
    let usual_age = match status {
        MemberStatus::Employed => 40,
        MemberStatus::Retired => 65,
        MemberStatus::Minor => 10,
        MemberStatus::Adult => 45,
        MemberStatus::Elderly => 70,
    };
    let age = body.age.unwrap_or(usual_age);
    if !(0..=130).contains(&age) {
        return Err(Refusal::invalid("age", "0到130的整数"));
    }
    let mut classes = Set::new();
    for code in &body.classes {
        let class = MemberClass::from_code(code);
        classes.insert(class.ok_or_else(|| Refusal::invalid("classes", "人员身份类别代码"))?);
    }
    let tier = match body.tier.as_deref().filter(|tier| !tier.is_empty()) {
        None => None,
        Some(code) => {
            let tier = ContributionTier::from_code(code);
            Some(tier.ok_or_else(|| Refusal::invalid("tier", "缴费档次代码1到5"))?)
        }
    };
    if body.diseases.len() > 5 {
        return Err(Refusal::invalid("diseases", "不超过5个门诊慢特病病种编码"));
    }
    let diseases: Vec<DiseaseCode> = body
        .diseases
        .iter()
        .map(|code| read(code, "diseases", "门诊慢特病病种编码"))
        .collect::<Result<_, Refusal>>()?;
    let member = Member {
        classes,
        tier,
        contribution_years: body.contribution_years,
        diseases: diseases.clone(),
        ..Member::plain(body.scheme, status, admission.plus_months(-12 * i32::from(age)))
    };
    let account = body.account.as_deref().filter(|account| !account.is_empty());
    let accounts = match account {
        None => None,
        Some(text) => {
            let own: Fen = read(text, "account", "个人账户余额（元）")?;
            if own.is_negative() || own > Fen::LIMIT {
                return Err(Refusal::invalid("account", "不小于0的金额（元）"));
            }
            Some(Accounts { own, ..Accounts::default() })
        }
    };
    Ok(Case {
        bill: Bill {
            care,
            level: body.level,
            marks: body.emergency.then_some(VisitMark::EmergencyRescue).into_iter().collect(),
            diseases,
            admission,
            discharge,
            transferred_with: None,
            categories: expenses(body)?,
        },
        member,
        insured: body.insured,
        treatment: TreatmentPlace(body.treatment),
        standing: match (body.filing, body.emergency) {
            // Such a filing covers no emergency.
            (Some(FilingCategory::OtherTemporary) | None, true) => FilingStanding::DeemedFiled,
            (Some(category), _) => FilingStanding::Filed(category),
            (None, false) => FilingStanding::NotFiled,
        },
        accounts,
        continues: None,
    })
}

fn expenses(body: &NewCalculation) -> Result<Vec<CategoryAmount>, Refusal> {
    if body.amounts.is_empty() || body.amounts.len() > EXPENSES_MAX {
        return Err(Refusal::invalid("amounts", format!("1到{EXPENSES_MAX}项费用")));
    }
    let wrong = |expected: &str| Refusal::invalid("amounts", expected);
    let mut categories = Vec::new();
    for expense in &body.amounts {
        let category = ChargeCategory::from_code(&expense.category);
        let category = category.ok_or_else(|| wrong("医疗收费项目类别代码01到14"))?;
        let parts = [expense.out_of_scope, expense.over_limit, expense.first_self_pay];
        let all = [expense.total, parts[0], parts[1], parts[2]];
        if all.iter().any(|part| part.is_negative() || *part > Fen::LIMIT) {
            return Err(wrong("不小于0且不超过十亿元的金额"));
        }
        let in_scope = expense.total - parts.into_iter().sum();
        if in_scope.is_negative() {
            return Err(wrong("各部分之和不超过总额的金额"));
        }
        let split = Split {
            total: expense.total,
            out_of_scope: expense.out_of_scope,
            over_limit: expense.over_limit,
            first_self_pay: expense.first_self_pay,
            in_scope,
            in_full: Fen::ZERO,
        };
        categories.push(CategoryAmount { category, split });
    }
    let total: Fen = categories.iter().map(|one| one.split.total).sum();
    if total.is_zero() || total > Fen::LIMIT {
        return Err(wrong("大于0且不超过十亿元的费用合计"));
    }
    Ok(categories)
}

/// What was used of the year before.
fn used(body: &NewCalculation, care: CareKind) -> Result<YearToDate, Refusal> {
    let Some(used) = &body.used else { return Ok(YearToDate::default()) };
    let amounts = [used.deductible, used.in_scope, used.pool];
    if amounts.iter().any(|amount| amount.is_negative() || *amount > Fen::LIMIT) {
        return Err(Refusal::invalid("used", "不小于0的累计金额"));
    }
    let divided = (used.in_scope - used.deductible).or_zero();
    let measures = [
        (Measure::Visits, i64::from(used.visits)),
        (Measure::Deductible, used.deductible.0),
        (Measure::InScope, used.in_scope.0),
        (Measure::Divided, divided.0),
        (Measure::Paid(body.scheme.pool()), used.pool.0),
    ];
    Ok(measures.into_iter().map(|(measure, amount)| (Counter::of(care, measure), amount)).collect())
}

// ------------------------------------------------------------------ policies

async fn policies(State(node): Node, _: Clerk) -> Answer {
    Answer::json(&entries(&node.library))
}

async fn public_policies(State(node): Node, _: Caller) -> Answer {
    Answer::json(&entries(&node.library))
}

fn entries(library: &Library) -> Policies {
    let entry = |file: &PolicyFile| PolicyEntry {
        area: file.area.division(),
        area_name: file.area.division().full_name(),
        scheme: file.scheme,
        scheme_name: file.scheme.chinese().to_owned(),
        name: file.name.clone(),
        checked_on: file.checked_on,
    };
    Policies { policies: library.files().map(entry).collect() }
}

async fn policy(
    State(node): Node,
    _: Clerk,
    path: Path<(String, String)>,
    uri: Uri,
) -> Result<Answer, Answer> {
    shown(&node, path, &uri)
}

async fn public_policy(
    State(node): Node,
    _: Caller,
    path: Path<(String, String)>,
    uri: Uri,
) -> Result<Answer, Answer> {
    shown(&node, path, &uri)
}

fn shown(
    node: &ProvinceNode,
    Path((area, scheme)): Path<(String, String)>,
    uri: &Uri,
) -> Result<Answer, Answer> {
    let asked = list::Asked::of(uri)?;
    if list::form(asked.text("form"))? != Form::Page {
        return Err(Refusal::invalid("form", "政策只以页面显示").into());
    }
    let day = asked.read("day", "yyyy-MM-dd形式的日期")?.unwrap_or(node.context.now().day());
    let area: terms::AdminDivision = read(&area, "area", "六位统筹区区划")?;
    // As a word of the interface or as the national code.
    let by_name = serde_json::from_value(serde_json::Value::String(scheme.clone())).ok();
    let scheme = by_name.or_else(|| InsuranceScheme::from_code(&scheme));
    let scheme = scheme.ok_or_else(|| Refusal::invalid("scheme", "employee或resident"))?;
    Ok(Answer::json(&policy_view(&node.library, (area.pooling_area(), scheme), day)?))
}

fn policy_view(
    library: &Library,
    (area, scheme): (PoolingArea, InsuranceScheme),
    day: Day,
) -> Result<PolicyView, Refusal> {
    let policy = library.scheme_on(area, scheme, day)?;
    Ok(PolicyView {
        area: area.division(),
        area_name: area.division().full_name(),
        scheme,
        scheme_name: scheme.chinese().to_owned(),
        name: policy.name.clone(),
        day,
        since: policy.policy_day,
        checked_on: policy.checked_on,
        versions: library.days_of_change(area, scheme),
        sections: sections(&policy.explain()),
    })
}

/// A policy's text part by part: a part begins with `■`, its rows are set in, and its source stands behind a dash.
fn sections(text: &str) -> Vec<PolicySection> {
    let mut sections: Vec<PolicySection> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("■ ") {
            let (head, source) = match head.split_once("——") {
                Some((head, source)) => (head.trim(), Some(source.trim().to_owned())),
                None => (head.trim(), None),
            };
            let (title, since) = match head.strip_suffix('）').and_then(|head| head.rsplit_once('（')) {
                Some((title, since)) if since.starts_with('自') => (title, Some(since.to_owned())),
                _ => (head, None),
            };
            sections.push(PolicySection { title: title.to_owned(), since, source, lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line.trim().to_owned());
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_told_part_by_part() {
        let text = "武汉市（420100）职工\n本版自2023-01-01起\n■ 住院起付标准（自2023-01-01起）—— 鄂医保〔2022〕1号\n  三级：800元\n\
                    ■ 个人账户：没有登记规则，不能用于支付\n";
        let told = sections(text);
        assert_eq!(told.len(), 2);
        assert_eq!(
            (told[0].title.as_str(), told[0].since.as_deref()),
            ("住院起付标准", Some("自2023-01-01起"))
        );
        assert_eq!(
            (told[0].source.as_deref(), told[0].lines.as_slice()),
            (Some("鄂医保〔2022〕1号"), &["三级：800元".to_owned()][..])
        );
        assert_eq!(told[1].title, "个人账户：没有登记规则，不能用于支付");
    }

    type Spoil = fn(&mut NewCalculation);

    fn question() -> NewCalculation {
        serde_json::from_value(serde_json::json!({
            "insured": "110000", "scheme": "employee", "status": "11", "treatment": "420106", "level": "tertiary",
            "amounts": [{ "total": "30000.00", "out_of_scope": "1000.00", "first_self_pay": "500.00" }],
        }))
        .unwrap()
    }

    #[test]
    fn what_makes_no_bill_is_refused() {
        let today: Day = "2026-11-23".parse().unwrap();
        let good = case(&question(), today).unwrap();
        assert_eq!(good.bill.sum().in_scope, Fen::yuan(28_500));
        let cases: [(&str, Spoil); 7] = [
            ("status", |body| body.status = "99".to_owned()),
            ("care", |body| body.care = "99".to_owned()),
            ("age", |body| body.age = Some(-1)),
            ("classes", |body| body.classes = vec!["x".to_owned()]),
            ("amounts", |body| body.amounts.clear()),
            ("amounts", |body| body.amounts[0].out_of_scope = Fen::yuan(40_000)),
            ("discharged", |body| body.discharged = "2026-11-01".parse().ok()),
        ];
        for (field, spoil) in cases {
            let mut body = question();
            spoil(&mut body);
            let refusal = case(&body, today).unwrap_err();
            assert!(refusal.context().contains(field), "{field}: {refusal:?}");
        }
    }
}
