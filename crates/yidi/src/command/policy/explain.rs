//! `yidi policy explain`: one visit computed and told, out of a file or of options.

use super::{Folder, case_file, scheme_on, today};
use crate::{say, stop::Stop, words};
use benefit::{
    Accounts, Bill, Breakdown, Case, CategoryAmount, FilingStanding, Member, Split, YearToDate,
    cases::{self, Question},
    scheme::Confidence,
    year::{Counter, Measure},
};
use clap::{Args, ValueEnum};
use std::{fs, path::PathBuf};
use terms::{
    AdminDivision, CareKind, ChargeCategory, ContributionTier, Day, DiseaseCode, Fen, FilingCategory, Fund,
    InsuranceScheme, InsuredPlace, MemberClass, MemberStatus, SettlementLevel, TreatmentPlace, VisitMark,
};

/// 试算什么.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub struct Explain {
    /// 描述一次就医的文件（TOML或JSON）；不填则用下列选项 (a file that describes the visit, in place of the options)
    #[arg(value_name = "CASE", conflicts_with_all = ["area", "scheme", "in_scope"])]
    case: Option<PathBuf>,
    /// 打印一个完整的文件样例 (print a complete file to begin with)
    #[arg(long, exclusive = true)]
    example: bool,
    /// 输出形式 (how it is told)
    #[arg(long, value_enum, default_value = "text")]
    format: Told,
    #[command(flatten)]
    visit: Visit,
    #[command(flatten)]
    folder: Folder,
}

const AFTER_HELP: &str = "\
CASE文件包含 policy、bill、person、filing、history 各段，执行 yidi policy explain --example > case.toml 得到一个带说明的完整样例，
改后执行 yidi policy explain case.toml。最短的文件：

[policy]
area = \"420100\"
scheme = \"310\"
day = \"2025-03-10\"
[bill]
in_scope = 20000

(A case file has the sections policy, bill, person, filing and history; --example prints one with all keys. Amounts in yuan.)";

/// How a computation is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Told {
    /// 逐步列出 (every step)
    Text,
    /// 给参保人看的说明 (for the person)
    Statement,
    /// 供程序使用，金额单位为分 (for programs, amounts in fen)
    Json,
    /// 供争议处理的完整明细 (everything, for a dispute)
    Dispute,
}

/// A visit to try.
#[derive(Clone, Debug, Args)]
pub struct Visit {
    /// 统筹区代码，如420100 (pooling area)
    #[arg(long, value_parser = words::division, required_unless_present_any = ["case", "example"])]
    pub area: Option<AdminDivision>,
    /// 险种：310 职工、390 居民 (scheme)
    #[arg(long, value_parser = words::scheme, required_unless_present_any = ["case", "example"])]
    pub scheme: Option<InsuranceScheme>,
    /// 出院或就诊日期，默认当日 (day of discharge or of the visit)
    #[arg(long, value_parser = words::day)]
    pub day: Option<Day>,
    /// 就医类别：21 住院、11 普通门诊、14 门诊慢特病、41 药店购药 (kind of care)
    #[arg(long, value_parser = words::care, default_value = "21")]
    pub care: CareKind,
    /// 医院结算等级：1 一级、2 二级、3 三级、11 社区、31 三级特等 (level of the hospital)
    #[arg(long, value_parser = words::level, default_value = "3")]
    pub level: SettlementLevel,
    /// 人员类别：11 在职、12 退休、14 学生儿童、15 成年居民、16 老年居民 (status; 11 or 15 if left out)
    #[arg(long, value_parser = words::status)]
    pub status: Option<MemberStatus>,
    /// 备案：类型代码1至6，或 deemed 视同备案、none 未备案、elsewhere 备案地以外 (filing; 2 outside the area)
    #[arg(long, value_parser = standing)]
    pub filing: Option<FilingStanding>,
    /// 就医地代码；不填则为统筹区本地 (treatment place; the area itself if left out)
    #[arg(long, value_parser = words::division)]
    pub treatment: Option<AdminDivision>,
    /// 符合政策范围金额，元 (in scope)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", required_unless_present_any = ["case", "example"])]
    pub in_scope: Option<Fen>,
    /// 其中先行自付后全额支付的金额，元 (part of it that is paid in full)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub in_full: Fen,
    /// 先行自付金额，元 (first self-pay)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub first_self_pay: Fen,
    /// 全自费金额，元 (out of scope)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub out_of_scope: Fen,
    /// 超限价自费金额，元 (above the limit price)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub over_limit: Fen,
    /// 就诊特征，可多次：3 中医医院、2 经转诊、1 签约机构等 (marks of the visit)
    #[arg(long, value_parser = words::mark, value_delimiter = ',')]
    pub mark: Vec<VisitMark>,
    /// 中医医院，同 --mark 3 (a hospital of Chinese medicine)
    #[arg(long)]
    pub chinese_medicine: bool,
    /// 本次治疗的慢特病病种，可多次 (chronic diseases treated)
    #[arg(long, value_parser = words::disease, value_delimiter = ',')]
    pub disease: Vec<DiseaseCode>,
    /// 转院前已付的起付标准，元 (deductible paid before a transfer)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN")]
    pub transferred: Option<Fen>,
    /// 入院日期 (day of admission)
    #[arg(long, value_parser = words::day, conflicts_with = "days")]
    pub admission: Option<Day>,
    /// 住院天数，默认8 (days in hospital)
    #[arg(long, value_parser = clap::value_parser!(i32).range(0..=3660))]
    pub days: Option<i32>,
    /// 出生日期；不填则按人员类别取常见年龄 (day of birth)
    #[arg(long, value_parser = words::day)]
    pub birth: Option<Day>,
    /// 人员身份类别，可多次：2303 低保对象、2304 特困人员、cvlserv 公务员补助等 (classes of the person)
    #[arg(long, value_parser = words::class, value_delimiter = ',')]
    pub class: Vec<MemberClass>,
    /// 缴费档次：1 一档、2 二档、3 低档、4 中档、5 高档 (contribution tier)
    #[arg(long, value_parser = words::tier)]
    pub tier: Option<ContributionTier>,
    /// 缴费年限 (years of contribution)
    #[arg(long)]
    pub years: Option<i16>,
    /// 退休日期 (day of retirement)
    #[arg(long, value_parser = words::day)]
    pub retired: Option<Day>,
    /// 已登记的慢特病病种，可多次；不填则为本次治疗的病种 (diseases registered)
    #[arg(long, value_parser = words::disease, value_delimiter = ',')]
    pub registered: Vec<DiseaseCode>,
    /// 本人个人账户余额，元；不填则不用个人账户 (balance of the own account)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN")]
    pub account: Option<Fen>,
    /// 家庭共济账户余额，元，可多次 (balances of family accounts)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN")]
    pub family_account: Vec<Fen>,
    /// 本年度第几次住院或就诊 (the how-manieth visit of the year)
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(i64).range(1..=1000))]
    pub nth: i64,
    /// 本年度此前符合范围金额，元 (in scope so far this year)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub year_in_scope: Fen,
    /// 本年度此前统筹基金已支付，元 (paid by the pool so far)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub year_pool: Fen,
    /// 本年度此前大额或大病已支付，元 (paid by the layer above the pool so far)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub year_above: Fen,
    /// 本年度此前已付起付标准，元 (deductible paid so far)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    pub year_deductible: Fen,
    /// 本年度此前的其他累计，如 outpatient.deductible=300，可多次 (other counters of the year)
    #[arg(long, value_parser = pair, value_name = "NAME=YUAN")]
    pub year: Vec<(String, String)>,
    /// 上一年度的累计，跨年度住院分段时用，写法同上 (counters of the year before)
    #[arg(long, value_parser = pair, value_name = "NAME=YUAN")]
    pub year_before: Vec<(String, String)>,
}

impl Default for Visit {
    fn default() -> Self {
        Self {
            area: None,
            scheme: None,
            day: None,
            care: CareKind::Inpatient,
            level: SettlementLevel::Tertiary,
            status: None,
            filing: None,
            treatment: None,
            in_scope: None,
            in_full: Fen::ZERO,
            first_self_pay: Fen::ZERO,
            out_of_scope: Fen::ZERO,
            over_limit: Fen::ZERO,
            mark: Vec::new(),
            chinese_medicine: false,
            disease: Vec::new(),
            transferred: None,
            admission: None,
            days: None,
            birth: None,
            class: Vec::new(),
            tier: None,
            years: None,
            retired: None,
            registered: Vec::new(),
            account: None,
            family_account: Vec::new(),
            nth: 1,
            year_in_scope: Fen::ZERO,
            year_pool: Fen::ZERO,
            year_above: Fen::ZERO,
            year_deductible: Fen::ZERO,
            year: Vec::new(),
            year_before: Vec::new(),
        }
    }
}

/// Computes the visit and tells how.
pub fn run(explain: &Explain) -> Result<(), Stop> {
    if explain.example {
        say(case_file::EXAMPLE.trim_end());
        return Ok(());
    }
    let visit = match &explain.case {
        Some(path) => of_file(path)?,
        None => explain.visit.clone(),
    };
    let question = visit.question(today()).map_err(Stop::Refused)?;
    let library = explain.folder.library()?;
    let Case { member, insured, bill, .. } = &question.case;
    let scheme = scheme_on(&library, insured.division(), member.scheme, Some(bill.discharge))?;
    let breakdown = cases::answer(&library, &question)
        .map_err(|refusal| Stop::Refused(format!("{} ({})", refusal.message(), refusal.code())))?;
    let head = format!(
        "{}（{}）{} {}，政策自{}起",
        scheme.name, scheme.area, scheme.scheme, bill.care, scheme.policy_day
    );
    match explain.format {
        Told::Text => say(&format!("{head}\n{}", steps(&breakdown))),
        Told::Statement => say(&format!("{head}\n\n{}", breakdown.for_person().trim_end())),
        Told::Dispute => say(&format!("{head}\n{}", breakdown.for_dispute().trim_end())),
        Told::Json => {
            let json = serde_json::to_string_pretty(&breakdown);
            say(&json.expect("a breakdown is written with text keys"));
        }
    }
    Ok(())
}

fn of_file(path: &PathBuf) -> Result<Visit, Stop> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})")))?;
    case_file::CaseFile::read(&shown, &text)
        .and_then(|file| file.visit())
        .map_err(|wrong| Stop::Refused(format!("{shown}：{wrong}")))
}

fn steps(breakdown: &Breakdown) -> String {
    let mut text = Vec::new();
    for (number, line) in breakdown.lines.iter().enumerate() {
        let fund = line.fund.map(|fund| format!("（{fund}）")).unwrap_or_default();
        let unsure = if line.confidence == Some(Confidence::Unconfirmed) { " ※" } else { "" };
        text.push(format!(
            "{:>2}. {}：{} → {}{fund}{unsure}",
            number + 1,
            line.step,
            line.amount_in,
            line.amount_out
        ));
        text.push(format!("    规则：{}", line.parameter));
        text.push(format!("    依据：{}", line.source));
    }
    text.push(format!("医疗费总额 {} 元", breakdown.split.total));
    for (fund, paid) in &breakdown.fund_payments {
        text.push(format!("  {fund} {paid} 元"));
    }
    let (funds, person) = (breakdown.fund_total, breakdown.person_total);
    text.push(format!("基金支付 {funds} 元，个人负担 {person} 元，其中现金 {} 元", breakdown.cash()));
    if !breakdown.unconfirmed.is_empty() {
        let names = breakdown.unconfirmed.join("、");
        text.push(format!("※ 待核实：{names}；正式结算会被拒绝，直到参保地核实 (unconfirmed)"));
    }
    text.join("\n")
}

impl Visit {
    /// The visit as the engine is asked.
    ///
    /// # Errors
    /// What does not go together, in words.
    pub fn question(&self, today: Day) -> Result<Question, String> {
        let area = self.area.ok_or("缺少统筹区 (no pooling area)")?;
        let scheme = self.scheme.ok_or("缺少险种 (no scheme)")?;
        let bill = self.bill(self.day.unwrap_or(today))?;
        let treatment = self.treatment.unwrap_or(area);
        let is_home = InsuredPlace(area).pooling_area() == treatment.pooling_area();
        let usual = if is_home {
            FilingStanding::NotFiled
        } else {
            FilingStanding::Filed(FilingCategory::LongTermResident)
        };
        Ok(Question {
            case: Case {
                member: self.member(scheme, bill.discharge),
                bill,
                insured: InsuredPlace(area),
                treatment: TreatmentPlace(treatment),
                standing: self.filing.unwrap_or(usual),
                accounts: self.accounts(),
                continues: None,
            },
            year: self.this_year(scheme)?,
            year_before: counted(&self.year_before, self.care, scheme)?,
        })
    }

    fn bill(&self, discharge: Day) -> Result<Bill, String> {
        let in_scope = self.in_scope.ok_or("缺少符合政策范围金额 (no in-scope amount)")?;
        let split = Split {
            total: in_scope + self.first_self_pay + self.out_of_scope + self.over_limit,
            out_of_scope: self.out_of_scope,
            over_limit: self.over_limit,
            first_self_pay: self.first_self_pay,
            in_scope,
            in_full: self.in_full,
        };
        let usual = if self.care == CareKind::Inpatient { 8 } else { 0 };
        let chinese = self.chinese_medicine.then_some(VisitMark::ChineseMedicine);
        Ok(Bill {
            care: self.care,
            level: self.level,
            marks: self.mark.iter().copied().chain(chinese).collect(),
            diseases: self.disease.clone(),
            admission: self.admission.unwrap_or_else(|| discharge.plus_days(-self.days.unwrap_or(usual))),
            discharge,
            transferred_with: self.transferred,
            categories: vec![CategoryAmount { category: ChargeCategory::Other, split }],
        })
    }

    fn member(&self, scheme: InsuranceScheme, discharge: Day) -> Member {
        let status = self.status.unwrap_or(match scheme {
            InsuranceScheme::Employee => MemberStatus::Employed,
            InsuranceScheme::Resident => MemberStatus::Adult,
        });
        let years = match status {
            MemberStatus::Minor => 10,
            MemberStatus::Employed | MemberStatus::Adult => 40,
            MemberStatus::Retired | MemberStatus::Elderly => 66,
        };
        Member {
            scheme,
            status,
            birth: self.birth.unwrap_or_else(|| discharge.plus_months(-12 * years)),
            classes: self.class.iter().copied().collect(),
            tier: self.tier,
            contribution_years: self.years,
            retired_on: self.retired,
            diseases: self.registered.clone(),
        }
    }

    fn accounts(&self) -> Option<Accounts> {
        let is_used = self.account.is_some() || !self.family_account.is_empty();
        is_used
            .then(|| Accounts { own: self.account.unwrap_or_default(), family: self.family_account.clone() })
    }

    fn this_year(&self, scheme: InsuranceScheme) -> Result<YearToDate, String> {
        let above = match scheme {
            InsuranceScheme::Employee => Fund::LargeAmount,
            InsuranceScheme::Resident => Fund::ResidentCatastrophic,
        };
        let mut year = counted(&self.year, self.care, scheme)?;
        for (measure, amount) in [
            (Measure::Visits, self.nth - 1),
            (Measure::Total, self.year_in_scope.0),
            (Measure::InScope, self.year_in_scope.0),
            (Measure::Deductible, self.year_deductible.0),
            (Measure::Paid(scheme.pool()), self.year_pool.0),
            (Measure::Paid(above), self.year_above.0),
        ] {
            year.add(Counter::of(self.care, measure), amount);
        }
        Ok(year)
    }
}

/// Counters by their names; amounts in yuan, visits as a number.
fn counted(
    pairs: &[(String, String)],
    care: CareKind,
    scheme: InsuranceScheme,
) -> Result<YearToDate, String> {
    let mut year = YearToDate::default();
    for (name, amount) in pairs {
        let counter =
            cases::counter_named(name, care, scheme).map_err(|wrong| format!("年度累计：{wrong}"))?;
        let wrong = |said: String| format!("年度累计 {name}={amount}：{said}");
        let amount = match counter.measure {
            Measure::Visits => amount.parse().map_err(|_| wrong("应为整数 (a whole number)".to_owned()))?,
            _ => words::yuan(amount).map_err(wrong)?.0,
        };
        year.add(counter, amount);
    }
    Ok(year)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, amount) = text.split_once('=').ok_or("应写作 NAME=YUAN，如 outpatient.deductible=300")?;
    Ok((name.trim().to_owned(), amount.trim().to_owned()))
}

/// How a visit stands with the filing register.
pub fn standing(text: &str) -> Result<FilingStanding, String> {
    match text {
        "deemed" | "视同备案" => Ok(FilingStanding::DeemedFiled),
        "none" | "未备案" | "本地" => Ok(FilingStanding::NotFiled),
        "elsewhere" | "备案地以外" => {
            Ok(FilingStanding::FiledElsewhere(FilingCategory::LongTermResident))
        }
        other => words::category(other).map(FilingStanding::Filed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use benefit::Library;

    const POLICY: &str = r#"
area = "420100"
name = "武汉市"
scheme = "310"
checked_on = "2025-01-01"
[source.a]
title = "甲办法"
[[inpatient.deductible]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
recurs = "each_admission"
rows = [{ all = [800, 400] }]
[[inpatient.ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
basis = "stay"
bands = [{ over = 0, employed = "85%", retired = "90%" }]
[[cross_region]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
rules = [
  { for = ["long_term", "referral", "emergency", "other_temporary"], first_self_pay = "10%" },
  { for = ["not_filed"], refuse = "不予支付" },
]
[[account]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
care = ["inpatient"]
pays = ["deductible", "own_share"]
family = false
"#;

    #[test]
    fn the_example_is_computed() {
        let visit = case_file::CaseFile::read("x.toml", case_file::EXAMPLE).unwrap().visit().unwrap();
        let question = visit.question(Day::new(2026, 1, 1).unwrap()).unwrap();
        let library = Library::load([("420100/310.toml", POLICY)]).unwrap();
        let breakdown = cases::answer(&library, &question).unwrap();
        // 20000 - 10% = 18000; second admission 400; 17600 x 85% = 14960.
        assert_eq!(breakdown.fund_total, Fen(1_496_000));
        assert_eq!(breakdown.split.total, Fen(2_155_050));
        assert_eq!(breakdown.account_paid, Fen(50_000));
        let text = steps(&breakdown);
        assert!(text.contains("基金支付 14960.00 元，个人负担 6590.50 元，其中现金 6090.50 元"), "{text}");
    }

    #[test]
    fn without_a_place_the_visit_is_at_home_and_not_filed() {
        let visit = Visit {
            area: Some("420100".parse().unwrap()),
            scheme: Some(InsuranceScheme::Employee),
            in_scope: Some(Fen(1)),
            year: vec![("outpatient.deductible".to_owned(), "3.50".to_owned())],
            ..Visit::default()
        };
        let question = visit.question(Day::new(2026, 1, 1).unwrap()).unwrap();
        assert!(question.case.is_inside());
        assert_eq!(question.case.standing, FilingStanding::NotFiled);
        assert_eq!(question.year.deductible(), Fen(350));
        let wrong = Visit { year: vec![("ward.x".to_owned(), "1".to_owned())], ..visit };
        assert!(wrong.question(Day::new(2026, 1, 1).unwrap()).unwrap_err().contains("ward.x"));
    }
}
