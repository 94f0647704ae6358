//! `yidi policy diff`: two versions of a policy on sample bills: who gains, who loses, and which values differ.

use super::{
    draft::draft,
    impact::{show, tally::Side},
};
use crate::{say, stop::Stop, words};
use benefit::{
    Bill, Case, CategoryAmount, FilingStanding, Library, Member, Scheme, Split, YearToDate,
    cases::{self, CaseFile},
    compute_amounts,
    policy::PolicyFile,
    scheme::{Standing, statuses_of},
};
use clap::Args;
use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};
use terms::{
    AdminDivision, CareKind, ChargeCategory, Day, Fen, FilingCategory, InsuranceScheme, InsuredPlace,
    MemberStatus, Refusal, Set, SettlementLevel, TreatmentPlace,
};

/// 两个政策文件对比：哪些值不同，样本费用上谁少负担、谁多负担。
///
/// Two versions of one policy on a grid of sample bills (level, status, filing, amount) and on case tables.
#[derive(Clone, Debug, Args)]
pub struct Diff {
    /// 原政策文件 (the old file)
    old: PathBuf,
    /// 新政策文件 (the new file)
    new: PathBuf,
    /// 对比哪一日的政策；不填则各取文件中最后一个版本 (day; the last version of each if left out)
    #[arg(long, value_parser = words::day)]
    on: Option<Day>,
    /// 另用这些案例表对比，可多次 (case tables to compare on too)
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    /// 列出每个有变化的样本 (list every sample that changes)
    #[arg(long)]
    all: bool,
}

/// Compares.
pub fn run(diff: &Diff) -> Result<(), Stop> {
    let (old, new) = (draft(&diff.old)?, draft(&diff.new)?);
    let (one, other) = (only(&old), only(&new));
    if (one.area, one.scheme) != (other.area, other.scheme) {
        return Err(Stop::Refused(
            "两个文件不是同一统筹区和险种，请核对文件 (not of the same area and scheme)".to_owned(),
        ));
    }
    let side = |library, file: &PolicyFile| side_of(library, file, diff.on);
    let (old, new) = (side(&old, one), side(&new, other));
    let refused = |refusal: Refusal| Stop::Refused(refusal.message());
    let (before, after) = (scheme_of(&old).map_err(refused)?, scheme_of(&new).map_err(refused)?);
    let name = &one.name;
    say(&format!("{name}（{}）{}：原{}的版本，新{}的版本", one.area, one.scheme, day_of(&old), day_of(&new)));
    say(&values(before, after));
    say(&grid(before, after, day_of(&new), diff.all));
    for path in &diff.cases {
        say(&on_cases(before, after, &read_cases(path)?));
    }
    Ok(())
}

fn only(library: &Library) -> &PolicyFile {
    library.files().next().expect("a draft is one file")
}

fn side_of<'a>(library: &'a Library, file: &PolicyFile, on: Option<Day>) -> Side<'a> {
    let last = library.days_of_change(file.area, file.scheme).last().copied();
    Side { library, area: file.area, scheme: file.scheme, day: on.or(last) }
}

fn day_of(side: &Side<'_>) -> Day {
    side.day.expect("a policy has a version")
}

fn scheme_of<'a>(side: &Side<'a>) -> Result<&'a Scheme, Refusal> {
    side.on(day_of(side))
}

/// The lines of the two policies in words that stand in one of them only.
fn values(old: &Scheme, new: &Scheme) -> String {
    let (old, new) = (old.explain(), new.explain());
    let lines = |text: &str, other: &str, sign: &str| {
        let there: Vec<&str> = other.lines().collect();
        let only = text.lines().filter(|line| !line.trim().is_empty() && !there.contains(line));
        only.map(|line| format!("{sign} {}", line.trim_end())).collect::<Vec<_>>()
    };
    let found = [lines(&old, &new, "-"), lines(&new, &old, "+")].concat();
    if found.is_empty() {
        return "\n各值相同".to_owned();
    }
    format!("\n不同的值（- 原，+ 新）\n{}", found.join("\n"))
}

const LEVELS: [SettlementLevel; 5] = [
    SettlementLevel::Community,
    SettlementLevel::Primary,
    SettlementLevel::Secondary,
    SettlementLevel::Tertiary,
    SettlementLevel::TertiarySpecial,
];

/// Filings that make each standing: how filed, and whether at home.
const STANDINGS: [(FilingStanding, bool); 8] = {
    use FilingCategory::{LongTermResident, OtherTemporary, Referral};
    [
        (FilingStanding::NotFiled, true),
        (FilingStanding::Filed(LongTermResident), false),
        (FilingStanding::FiledElsewhere(LongTermResident), true),
        (FilingStanding::FiledElsewhere(LongTermResident), false),
        (FilingStanding::Filed(Referral), false),
        (FilingStanding::DeemedFiled, false),
        (FilingStanding::Filed(OtherTemporary), false),
        (FilingStanding::NotFiled, false),
    ]
};

/// In-scope amounts in yuan, by whether it is a stay.
const fn amounts(care: CareKind) -> &'static [i64] {
    match care {
        CareKind::Inpatient => &[1_000, 5_000, 20_000, 100_000, 500_000],
        _ => &[100, 1_000, 10_000],
    }
}

/// A sample bill, and what it is in words.
struct Sample {
    case: Case,
    groups: [(&'static str, String); 5],
}

fn samples(scheme: &Scheme, other: &Scheme, day: Day) -> Vec<Sample> {
    let cares = CareKind::ALL.iter().filter(|care| scheme.plan(**care).or(other.plan(**care)).is_some());
    let mut samples = Vec::new();
    for care in cares {
        for level in LEVELS {
            for status in statuses_of(scheme.scheme) {
                for standing in STANDINGS {
                    for yuan in amounts(*care) {
                        samples.push(sample(scheme, (*care, level, *status), standing, *yuan, day));
                    }
                }
            }
        }
    }
    samples
}

fn sample(
    scheme: &Scheme,
    (care, level, status): (CareKind, SettlementLevel, MemberStatus),
    (standing, at_home): (FilingStanding, bool),
    yuan: i64,
    day: Day,
) -> Sample {
    let split = Split { total: Fen::yuan(yuan), in_scope: Fen::yuan(yuan), ..Split::default() };
    let years = match status {
        MemberStatus::Minor => 10,
        MemberStatus::Employed | MemberStatus::Adult => 40,
        MemberStatus::Retired | MemberStatus::Elderly => 66,
    };
    let home = scheme.area.division();
    let away = if home.province().division().number() == 510_000 { 420_106 } else { 510_104 };
    let place = if at_home { home } else { AdminDivision::new(away).expect("a division") };
    let mut member = Member::plain(scheme.scheme, status, day.plus_months(-12 * years));
    if scheme.scheme == InsuranceScheme::Employee {
        member.contribution_years = Some(25);
    }
    let case = Case {
        bill: Bill {
            care,
            level,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: if care == CareKind::Inpatient { day.plus_days(-8) } else { day },
            discharge: day,
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::Other, split }],
        },
        member,
        insured: InsuredPlace(home),
        treatment: TreatmentPlace(place),
        standing,
        accounts: None,
        continues: None,
    };
    let groups = [
        ("就医类别", care.to_string()),
        ("结算等级", level.to_string()),
        ("人员类别", status.to_string()),
        ("备案情况", Standing::of(&case).chinese().to_owned()),
        ("符合范围", format!("{yuan}元")),
    ];
    Sample { case, groups }
}

/// How many samples of a group change, and by how much.
#[derive(Clone, Copy, Default)]
struct Changes {
    samples: u32,
    less: u32,
    more: u32,
    least: Fen,
    most: Fen,
}

impl Changes {
    fn count(&mut self, difference: Fen) {
        self.samples += 1;
        self.less += u32::from(difference.is_negative());
        self.more += u32::from(difference > Fen::ZERO);
        self.least = self.least.min(difference);
        self.most = self.most.max(difference);
    }
}

fn grid(old: &Scheme, new: &Scheme, day: Day, all: bool) -> String {
    let mut groups: Vec<(&'static str, Vec<(String, Changes)>)> = Vec::new();
    let mut whole = Changes::default();
    let mut refusals: BTreeMap<(&str, String), u32> = BTreeMap::new();
    let mut listed = Vec::new();
    for sample in samples(old, new, day) {
        let [before, after] =
            [old, new].map(|scheme| person_pays(scheme, &sample.case, &YearToDate::default()));
        let difference = match (before, after) {
            (Ok(before), Ok(after)) => after - before,
            (before, after) => {
                for (words, answer) in [("原政策", before), ("新政策", after)] {
                    if let Err(refusal) = answer {
                        *refusals.entry((words, refusal.message())).or_default() += 1;
                    }
                }
                continue;
            }
        };
        whole.count(difference);
        if all && !difference.is_zero() {
            let words: Vec<&str> = sample.groups.iter().map(|(_, words)| words.as_str()).collect();
            listed.push(format!("  {} 个人负担{}", words.join(" "), show::signed(difference)));
        }
        for (dimension, words) in sample.groups {
            group_of(&mut groups, dimension, words).count(difference);
        }
    }
    for (_, of) in &mut groups {
        // Amounts by size; words stay in the order of the grid.
        of.sort_by_key(|(words, _)| words.trim_end_matches('元').parse::<i64>().unwrap_or_default());
    }
    let mut text = String::from("\n样本费用上个人负担的变化（元）\n");
    let mut rows =
        vec![["", "样本数", "少负担", "多负担", "最多减少", "最多增加"].map(str::to_owned).to_vec()];
    rows.push(row("合计", &whole));
    for (dimension, of) in &groups {
        rows.push(vec![format!("【{dimension}】")]);
        rows.extend(of.iter().map(|(words, changes)| row(words, changes)));
    }
    text.push_str(&show::table(&rows));
    if !listed.is_empty() {
        let _ = write!(text, "\n\n有变化的样本\n{}", listed.join("\n"));
    }
    if !refusals.is_empty() {
        text.push_str("\n\n不予结算的样本（不计入上表）");
        for ((policy, message), count) in refusals {
            let _ = write!(text, "\n  {policy} {count}个：{message}");
        }
    }
    text
}

fn group_of<'a>(
    groups: &'a mut Vec<(&'static str, Vec<(String, Changes)>)>,
    dimension: &'static str,
    words: String,
) -> &'a mut Changes {
    let at = groups.iter().position(|(name, _)| *name == dimension).unwrap_or_else(|| {
        groups.push((dimension, Vec::new()));
        groups.len() - 1
    });
    let of = &mut groups[at].1;
    let at = of.iter().position(|(name, _)| *name == words).unwrap_or_else(|| {
        of.push((words, Changes::default()));
        of.len() - 1
    });
    &mut of[at].1
}

fn row(words: &str, changes: &Changes) -> Vec<String> {
    let Changes { samples, less, more, least, most } = *changes;
    let amount = |amount: Fen| if amount.is_zero() { "-".to_owned() } else { show::signed(amount) };
    vec![
        words.to_owned(),
        samples.to_string(),
        less.to_string(),
        more.to_string(),
        amount(least),
        amount(most),
    ]
}

fn person_pays(scheme: &Scheme, case: &Case, year: &YearToDate) -> Result<Fen, Refusal> {
    compute_amounts(scheme, case, year).map(|outcome| outcome.person_total)
}

fn read_cases(path: &PathBuf) -> Result<CaseFile, Stop> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})")))?;
    cases::read(&shown, &text).map_err(|errors| Stop::Refused(super::lines(&errors)))
}

/// The cases of a table whose person pays another amount, or that only one policy settles.
fn on_cases(old: &Scheme, new: &Scheme, file: &CaseFile) -> String {
    let mut text = format!("\n案例表{}", file.path);
    let mut same = 0;
    for case in &file.cases {
        let question = &case.question;
        let pays = |scheme| match person_pays(scheme, &question.case, &question.year) {
            Ok(person) => format!("{person}元"),
            Err(refusal) => format!("不予结算（{}）", refusal.code()),
        };
        let (before, after) = (pays(old), pays(new));
        if before == after {
            same += 1;
        } else {
            let _ = write!(text, "\n  第{}行：个人负担 {before} → {after}", case.line);
        }
    }
    let _ = write!(text, "\n  {}个案例中{same}个相同", file.cases.len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::policy::{draft, new};

    #[test]
    fn what_differs_is_told_in_words_and_on_samples() {
        let policy = |ratio: &str| {
            let text = include_str!("../../../../../policy/420100/310.toml").replace("\"86%\"", ratio);
            draft::read("draft.toml", &text).unwrap_or_else(|errors| panic!("{errors:#?}"))
        };
        let (old, new) = (policy("\"86%\""), policy("\"84%\""));
        let side = |library| scheme_of(&side_of(library, only(library), None)).expect("it has a version");
        let day = "2026-11-01".parse().expect("a day");
        assert_eq!(values(side(&old), side(&old)), "\n各值相同");
        let said = values(side(&old), side(&new));
        assert!(said.contains("86%") && said.contains("84%"), "{said}");
        let said = grid(side(&old), side(&new), day, true);
        let line =
            |start: &str| said.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        let more: Vec<String> = line("三级 ").split_whitespace().map(str::to_owned).collect();
        assert!(more[2] == "0" && more[3] != "0", "{said}");
        let second: Vec<String> = line("二级").split_whitespace().map(str::to_owned).collect();
        assert_eq!(second[2..4], ["0", "0"], "{said}");
        // 20,000 at home at 三级: 19,200 above the deductible, two points of it
        assert!(said.contains("住院 三级 在职 本地就医 20000元 个人负担+384.00"), "{said}");
    }

    #[test]
    fn a_new_file_can_be_compared_with_itself() {
        let text = new::text("420100".parse().expect("a place"), InsuranceScheme::Employee);
        let library = draft::read("new.toml", &text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let scheme = scheme_of(&side_of(&library, only(&library), None)).expect("it has a version");
        assert!(grid(scheme, scheme, scheme.policy_day, false).contains("不予结算的样本"));
    }
}
