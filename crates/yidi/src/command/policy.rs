//! `yidi policy`: policies and catalogs checked, shown, and tried on a case.

use crate::{
    policies::{self, Files},
    say,
    stop::Stop,
    words,
};
use benefit::{
    Bill, Breakdown, Case, Catalog, CategoryAmount, FilingStanding, Library, Member, PolicyError, Split,
    YearToDate, compute,
};
use clap::{Args, Subcommand};
use country::world::Rulebook;
use node::SystemClock;
use std::{
    fs,
    path::{Path, PathBuf},
};
use terms::{
    AdminDivision, ChargeCategory, Clock, Day, Fen, Fund, InsuranceScheme, InsuredPlace, MemberStatus,
    PoolingArea, SettlementLevel, TreatmentPlace,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 检查政策和目录文件，有误则逐条列出 (check files; 1 if anything is wrong)
    Check {
        /// 要检查的文件；不填则检查整个政策目录 (files; the whole folder if none is named)
        files: Vec<PathBuf>,
        /// 政策目录；不填则为内置的 (policy folder instead of the built-in one)
        #[arg(long, env = "YIDI_POLICY", value_name = "FOLDER")]
        policy: Option<PathBuf>,
    },
    /// 列出有政策的统筹区，或显示一个统筹区某日的政策 (list areas, or show the policy of a day)
    Show {
        /// 统筹区代码，如420100；不填则列出全部 (pooling area; all are listed if left out)
        #[arg(long, value_parser = words::division, requires = "scheme")]
        area: Option<AdminDivision>,
        /// 险种：310 职工、390 居民 (scheme)
        #[arg(long, value_parser = words::scheme, requires = "area")]
        scheme: Option<InsuranceScheme>,
        /// 出院日期，默认当日 (day of discharge)
        #[arg(long, value_parser = words::day, requires = "area")]
        day: Option<Day>,
        /// 政策目录；不填则为内置的 (policy folder instead of the built-in one)
        #[arg(long, env = "YIDI_POLICY", value_name = "FOLDER")]
        policy: Option<PathBuf>,
    },
    /// 试算一次住院，逐步列出规则和依据 (compute a stay, step by step, with rule and source)
    Explain(Box<Explain>),
}

/// Which policy.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// 统筹区代码，如420100 (pooling area)
    #[arg(long, value_parser = words::division)]
    area: AdminDivision,
    /// 险种：310 职工、390 居民 (scheme)
    #[arg(long, value_parser = words::scheme)]
    scheme: InsuranceScheme,
    /// 出院日期，默认当日 (day of discharge)
    #[arg(long, value_parser = words::day)]
    day: Option<Day>,
}

/// A stay to try.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    which: Which,
    /// 医院结算等级：1 一级、2 二级、3 三级、11 社区、31 三级特等 (level of the hospital)
    #[arg(long, value_parser = words::level, default_value = "3")]
    level: SettlementLevel,
    /// 人员类别：11 在职、12 退休、14 学生儿童、15 成年居民、16 老年居民 (status; 11 or 15 if left out)
    #[arg(long, value_parser = words::status)]
    status: Option<MemberStatus>,
    /// 备案：类型代码1至6，或 deemed 视同备案、none 未备案 (filing)
    #[arg(long, value_parser = standing, default_value = "2")]
    filing: FilingStanding,
    /// 就医地代码；不填则为统筹区本地 (treatment place; the area itself if left out)
    #[arg(long, value_parser = words::division)]
    treatment: Option<AdminDivision>,
    /// 符合政策范围金额，元 (in scope)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN")]
    in_scope: Fen,
    /// 先行自付金额，元 (first self-pay)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    first_self_pay: Fen,
    /// 全自费金额，元 (out of scope)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    out_of_scope: Fen,
    /// 超限价自费金额，元 (above the limit price)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    over_limit: Fen,
    /// 中医医院 (a hospital of Chinese medicine)
    #[arg(long)]
    chinese_medicine: bool,
    /// 住院天数 (days in hospital)
    #[arg(long, default_value = "8", value_parser = clap::value_parser!(i32).range(0..=3660))]
    days: i32,
    /// 出生日期；不填则按人员类别取常见年龄 (day of birth)
    #[arg(long, value_parser = words::day)]
    birth: Option<Day>,
    /// 本年度第几次住院 (the how-manieth stay of the year)
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(i64).range(1..=1000))]
    nth: i64,
    /// 本年度此前符合范围金额，元 (in scope so far this year)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    year_in_scope: Fen,
    /// 本年度此前统筹基金已支付，元 (paid by the pool so far)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    year_pool: Fen,
    /// 本年度此前大额或大病已支付，元 (paid by the layer above the pool so far)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    year_above: Fen,
    /// 本年度此前已付起付标准，元 (deductible paid so far)
    #[arg(long, value_parser = words::yuan, value_name = "YUAN", default_value = "0")]
    year_deductible: Fen,
    /// 政策目录；不填则为内置的 (policy folder instead of the built-in one)
    #[arg(long, env = "YIDI_POLICY", value_name = "FOLDER")]
    policy: Option<PathBuf>,
}

/// Checks, shows or explains.
pub fn run(command: &Command) -> Result<(), Stop> {
    match command {
        Command::Check { files, policy } => check(&files_to_check(files, policy.as_deref())?),
        Command::Show { area, scheme, day, policy } => {
            let which = area.zip(*scheme).map(|(area, scheme)| Which { area, scheme, day: *day });
            show(&rules(policy.as_deref())?, which.as_ref())
        }
        Command::Explain(explain) => explain_case(&rules(explain.policy.as_deref())?, explain),
    }
}

fn rules(folder: Option<&Path>) -> Result<Rulebook, Stop> {
    policies::rulebook(&policies::files(folder)?)
}

fn files_to_check(named: &[PathBuf], folder: Option<&Path>) -> Result<Files, Stop> {
    if named.is_empty() {
        return policies::files(folder);
    }
    let read = |path: &PathBuf| {
        let shown = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok((shown, text)),
            Err(error) => {
                Err(Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})")))
            }
        }
    };
    named.iter().map(read).collect()
}

fn check(files: &Files) -> Result<(), Stop> {
    let errors = errors_in(files);
    if errors.is_empty() {
        say(&format!("{}个文件检查通过 (all files are well)", files.len()));
        return Ok(());
    }
    for error in &errors {
        say(&error.to_string());
    }
    Err(Stop::Refused(format!("发现{}处错误，请按上列位置更正 (errors found)", errors.len())))
}

/// Everything that is wrong in all files.
fn errors_in(files: &Files) -> Vec<PolicyError> {
    let texts = || files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let mut errors = Library::load(texts()).err().unwrap_or_default();
    for (path, text) in
        texts().filter(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "csv"))
    {
        errors.extend(Catalog::load(path, text).err().unwrap_or_default());
    }
    errors
}

fn show(rules: &Rulebook, which: Option<&Which>) -> Result<(), Stop> {
    if let Some(which) = which {
        say(scheme_of(rules, which)?.explain().trim_end());
        return Ok(());
    }
    for (area, scheme, name) in rules.library.areas() {
        let days: Vec<String> =
            rules.library.days_of_change(area, scheme).iter().map(ToString::to_string).collect();
        say(&format!("{area}  {name}  {} {scheme}  版本 (versions)：{}", scheme.code(), days.join(" ")));
    }
    Ok(())
}

fn scheme_of(rules: &Rulebook, which: &Which) -> Result<benefit::Scheme, Stop> {
    let day = which.day.unwrap_or_else(|| SystemClock.today());
    let found = rules.library.scheme_on(PoolingArea(which.area), which.scheme, day);
    found.map_err(|refusal| {
        Stop::Refused(format!("{}；有政策的统筹区可执行 yidi policy show 查看", refusal.message()))
    })
}

fn explain_case(rules: &Rulebook, explain: &Explain) -> Result<(), Stop> {
    let scheme = scheme_of(rules, &explain.which)?;
    let breakdown = compute(&scheme, &explain.case(), &explain.year())
        .map_err(|refusal| Stop::Refused(format!("{} ({})", refusal.message(), refusal.code())))?;
    let kind = scheme.scheme;
    say(&format!("{}（{}）{kind}，政策自{}起", scheme.name, scheme.area, scheme.policy_day));
    print(&breakdown);
    Ok(())
}

fn print(breakdown: &Breakdown) {
    for (number, line) in breakdown.lines.iter().enumerate() {
        let fund = line.fund.map(|fund| format!("（{fund}）")).unwrap_or_default();
        say(&format!("{:>2}. {}：{} → {}{fund}", number + 1, line.step, line.amount_in, line.amount_out));
        say(&format!("    规则：{}", line.parameter));
        say(&format!("    依据：{}", line.source));
    }
    say(&format!("医疗费总额 {} 元", breakdown.split.total));
    for (fund, paid) in &breakdown.fund_payments {
        say(&format!("  {fund} {paid} 元"));
    }
    say(&format!("基金支付 {} 元，个人负担 {} 元", breakdown.fund_total, breakdown.person_total));
}

impl Explain {
    fn case(&self) -> Case {
        let discharge = self.which.day.unwrap_or_else(|| SystemClock.today());
        let split = Split {
            total: self.in_scope + self.first_self_pay + self.out_of_scope + self.over_limit,
            out_of_scope: self.out_of_scope,
            over_limit: self.over_limit,
            first_self_pay: self.first_self_pay,
            in_scope: self.in_scope,
        };
        Case {
            bill: Bill {
                level: self.level,
                chinese_medicine: self.chinese_medicine,
                admission: discharge.plus_days(-self.days),
                discharge,
                categories: vec![CategoryAmount { category: ChargeCategory::Other, split }],
            },
            member: Member { scheme: self.which.scheme, status: self.status(), birth: self.birth(discharge) },
            insured: InsuredPlace(self.which.area),
            treatment: TreatmentPlace(self.treatment.unwrap_or(self.which.area)),
            standing: self.filing,
        }
    }

    fn status(&self) -> MemberStatus {
        self.status.unwrap_or(match self.which.scheme {
            InsuranceScheme::Employee => MemberStatus::Employed,
            InsuranceScheme::Resident => MemberStatus::Adult,
        })
    }

    fn birth(&self, discharge: Day) -> Day {
        let years = match self.status() {
            MemberStatus::Minor => 10,
            MemberStatus::Employed | MemberStatus::Adult => 40,
            MemberStatus::Retired | MemberStatus::Elderly => 66,
        };
        self.birth.unwrap_or_else(|| discharge.plus_months(-12 * years))
    }

    fn year(&self) -> YearToDate {
        let above = match self.which.scheme {
            InsuranceScheme::Employee => Fund::LargeAmount,
            InsuranceScheme::Resident => Fund::ResidentCatastrophic,
        };
        let paid = [(self.which.scheme.pool(), self.year_pool), (above, self.year_above)];
        YearToDate {
            admissions: self.nth - 1,
            total: self.year_in_scope,
            in_scope: self.year_in_scope,
            deductible: self.year_deductible,
            person: (self.year_in_scope - self.year_pool - self.year_above).or_zero(),
            fund_paid: paid.into_iter().filter(|(_, paid)| !paid.is_zero()).collect(),
        }
    }
}

fn standing(text: &str) -> Result<FilingStanding, String> {
    match text {
        "deemed" | "视同备案" => Ok(FilingStanding::DeemedFiled),
        "none" | "未备案" => Ok(FilingStanding::NotFiled),
        other => words::category(other).map(FilingStanding::Filed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_in_the_program_are_well() {
        let files = policies::files(None).expect("they are in the program");
        assert_eq!(errors_in(&files), []);
        assert!(files.iter().any(|(path, _)| path == "national/catalog.csv"), "{:?}", files.first());
        assert!(
            files.iter().filter(|(path, _)| path.contains("310.") || path.contains("390.")).count() >= 16
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        let files = vec![("110000/310.toml".to_owned(), "nothing = 1\n".to_owned())];
        let errors = errors_in(&files);
        assert!(errors.iter().all(|error| error.to_string().starts_with("110000/310.toml:")), "{errors:?}");
        assert!(!errors.is_empty());
    }
}
