//! Small months of clearing, told in `tests/clearing/*.txt`: what goes in above the line, what comes out below it.
//!
//! `UPDATE_SAMPLES=1 cargo test -p funds --test clearing` writes what comes out anew. What goes in, one a line:
//!
//! ```text
//! month 202610
//! made 1 420106 310115 H31011500001 employee inpatient 1000.00 310100=700.00 account=50.00
//! undone 1                         # the settlement was cleared in an earlier month; here its undoing is
//! deducted 1 310100=20.00
//! settled 2 202607                 # its own month was that one
//! differs 2                        # the books differ on it
//! waits 3 dispute 202609           # it left that month; late, late-accepted, difference or dispute
//! ```

use funds::{
    apportioning::Share,
    clearing::{
        ClearedLine, ClearingLine, Deduction, Part, Pending, Plan, Reason,
        apportioner::{Apportioner, Item},
        balances, is_late,
        netting::netting,
        select,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::Path,
};
use terms::{
    CareKind, Day, Fen, Fund, InsuranceScheme, InsuredPlace, Moment, Month, SettlementId, TreatmentPlace,
};

/// The line between what goes in and what comes out.
const LINE: &str = "--------\n";

fn month(text: &str) -> Month {
    Day::from_number(text.parse::<i32>().unwrap() * 100 + 1).unwrap().month()
}

fn moment_in(month: Month) -> Moment {
    month.first_day().plus_days(9).start()
}

/// A month as a file tells it.
#[derive(Default)]
struct Told {
    month: Option<Month>,
    made: BTreeMap<u64, ClearedLine>,
    undone: Vec<ClearedLine>,
    deducted: Vec<ClearedLine>,
    differs: BTreeSet<SettlementId>,
    waits: Vec<Pending>,
}

impl Told {
    fn read(text: &str) -> Self {
        let mut told = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
            told.take(&words);
        }
        told
    }

    fn month(&self) -> Month {
        self.month.expect("the month comes first")
    }

    fn line(&self, number: &str) -> ClearedLine {
        self.made[&number.parse::<u64>().unwrap()].clone()
    }

    fn take(&mut self, words: &[&str]) {
        match words {
            [] => {}
            ["month", of] => self.month = Some(month(of)),
            ["made", number, insured, treatment, institution, scheme, care, total, amounts @ ..] => {
                let serial: u64 = number.parse().unwrap();
                let treatment = TreatmentPlace(treatment.parse().unwrap());
                let (funds, account) = amounts_of(amounts);
                let total: Fen = total.parse().unwrap();
                let line = ClearedLine {
                    settlement: SettlementId::new(treatment.province(), moment_in(self.month()), serial),
                    part: Part::Made,
                    insured: InsuredPlace(insured.parse().unwrap()),
                    treatment,
                    institution: institution.parse().unwrap(),
                    scheme: match *scheme {
                        "employee" => InsuranceScheme::Employee,
                        _ => InsuranceScheme::Resident,
                    },
                    care: match *care {
                        "inpatient" => CareKind::Inpatient,
                        "chronic" => CareKind::Chronic,
                        "pharmacy" => CareKind::Pharmacy,
                        _ => CareKind::Outpatient,
                    },
                    first_month: None,
                    total,
                    person_total: total - funds.values().copied().sum(),
                    account,
                    funds,
                };
                self.made.insert(serial, line);
            }
            ["settled", number, of] => {
                let serial: u64 = number.parse().unwrap();
                let line = self.made.get_mut(&serial).unwrap();
                line.first_month = Some(month(of));
                line.settlement = SettlementId::new(line.settlement.province(), moment_in(month(of)), serial);
            }
            ["undone", number] => {
                let line = self.made.remove(&number.parse::<u64>().unwrap()).unwrap();
                let funds = line.funds.iter().map(|(fund, amount)| (*fund, -*amount)).collect();
                self.undone.push(ClearedLine {
                    part: Part::Undone,
                    total: -line.total,
                    person_total: -line.person_total,
                    account: -line.account,
                    funds,
                    ..line
                });
            }
            ["deducted", number, amounts @ ..] => {
                let line = self.line(number);
                let (funds, account) = amounts_of(amounts);
                let deduction = Deduction {
                    number: format!("KK-{number}"),
                    settlement: line.settlement,
                    insured: line.insured,
                    funds,
                    account,
                    reason: "超限用药".to_owned(),
                    decided_on: self.month().first_day(),
                    by: "孙某甲".to_owned(),
                    decided_at: moment_in(self.month()),
                };
                assert!(deduction.is_sound() && deduction.fits(&[], &line.funds, line.account));
                self.deducted.push(deduction.line(&line, self.month()));
            }
            ["differs", number] => {
                self.differs.insert(self.line(number).settlement);
            }
            ["waits", number, reason, left] => {
                let line = self.made.remove(&number.parse::<u64>().unwrap()).unwrap();
                let reason_of = match *reason {
                    "late" | "late-accepted" => Reason::Late,
                    "difference" => Reason::Difference,
                    _ => Reason::Dispute,
                };
                let accepted = *reason == "late-accepted";
                self.waits.push(Pending { line, reason: reason_of, month: month(left), accepted });
            }
            other => panic!("no such line: {other:?}"),
        }
    }
}

fn amounts_of(words: &[&str]) -> (BTreeMap<Fund, Fen>, Fen) {
    let (mut funds, mut account) = (BTreeMap::new(), Fen::ZERO);
    for word in words {
        let (name, amount) = word.split_once('=').unwrap();
        let amount: Fen = amount.parse().unwrap();
        match Fund::ALL.iter().find(|fund| fund.code() == name) {
            Some(fund) => drop(funds.insert(*fund, amount)),
            None => account = amount,
        }
    }
    (funds, account)
}

/// Everything that a month comes to, for people to read.
fn outcome(told: &Told) -> String {
    let month = told.month();
    let of_month = || told.made.values();
    let settled = |line: &ClearedLine| line.settlement.month();
    let late = of_month().filter(|line| is_late(settled(line), month, 2)).cloned().collect();
    let differing = of_month().filter(|line| told.differs.contains(&line.settlement)).cloned().collect();
    let selection = select(month, late, (&told.differs, differing), told.undone.clone(), &told.waits);
    let out: BTreeSet<_> =
        selection.left_out.iter().map(|one| (one.line.settlement, one.line.part.clone())).collect();
    let mut apportioner = Apportioner::default();
    let all = of_month().chain(&told.undone).chain(&told.deducted);
    for line in
        all.filter(|line| !out.contains(&(line.settlement, line.part.clone()))).chain(&selection.carried)
    {
        apportioner.add(&line.part, &Item::from(line), line.funds.iter().map(|(fund, paid)| (*fund, *paid)));
    }
    let lines: Vec<ClearingLine> = apportioner.into_pairs().flat_map(|(_, lines)| lines).collect();
    let plan = Plan::of(month, 1, &lines, selection.left_out);
    let whole = lines.iter().fold(Share::default(), |sum, line| sum.plus(&line.share));
    assert_eq!(whole, plan.whole(), "nothing is lost between lines and plan");
    let mut said = String::new();
    for line in &lines {
        let deduction = if line.deduction { " 审核扣款" } else { "" };
        writeln!(
            said,
            "{} {} {} {} {} {}{deduction}: {} {}",
            line.insured,
            line.treatment,
            line.institution,
            line.scheme.code(),
            line.care,
            line.settled_month,
            line.share.visits(),
            line.amount()
        )
        .unwrap();
    }
    for pair in plan.pairs() {
        said += &plan.statement(pair, &[]).to_string();
    }
    for (province, balance) in balances(&plan.all_dues()) {
        writeln!(said, "{province} 应付{} 应收{}", balance.payable_total(), balance.receivable_total())
            .unwrap();
    }
    for line in &selection.carried {
        let first = line.first_month.map_or(String::new(), |month| month.to_string());
        writeln!(said, "转入 {} {} 原{first}", line.part, line.amount()).unwrap();
    }
    for one in &plan.left_out {
        writeln!(said, "未列入 {} {} {}", one.line.part, one.line.amount(), one.reason).unwrap();
    }
    let report = netting(&plan.all_dues());
    for (way, transfers) in [("全额", report.full), ("双边", report.bilateral), ("多边", report.multilateral)]
    {
        writeln!(said, "{way} {}笔 {}", transfers.number, transfers.volume).unwrap();
    }
    said
}

#[test]
fn months_come_to_what_is_written_below_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clearing");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "months are in {}", folder.display());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (told, expected) = text.split_once(LINE).unwrap_or((&text, ""));
        let found = outcome(&Told::read(told));
        if env::var_os("UPDATE_SAMPLES").is_some() {
            fs::write(&file, format!("{told}{LINE}{found}")).unwrap();
        } else {
            assert_eq!(found, expected, "{}", file.display());
        }
    }
}
