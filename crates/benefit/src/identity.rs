//! 金额关系: what must hold between the amounts of every settlement. The national interface defines the first four; the others
//! say that the answer's own parts agree. They are checked wherever a breakdown is made, and shown in the file for a dispute.

use crate::{Breakdown, YearToDate};
use std::{borrow::Cow, collections::BTreeMap};
use terms::{Fen, Fund};

const TOTAL: &str = "医疗费总额";
const FUNDS: &str = "基金支付总额";
const PERSON: &str = "个人负担总额";

/// An amount and the parts that it must be the sum of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The amount, in Chinese: `医疗费总额`.
    pub name: &'static str,
    /// How much it is.
    pub amount: Fen,
    /// Its parts, each with its name.
    pub parts: Vec<(Cow<'static, str>, Fen)>,
}

impl Identity {
    fn of(name: &'static str, amount: Fen, parts: impl IntoIterator<Item = (&'static str, Fen)>) -> Self {
        Self { name, amount, parts: parts.into_iter().map(|(name, part)| (name.into(), part)).collect() }
    }

    /// Whether the amount is the sum of its parts.
    pub fn holds(&self) -> bool {
        self.amount == self.parts.iter().map(|(_, part)| *part).sum()
    }
}

impl std::fmt::Display for Identity {
    /// `医疗费总额 100.00 = 基金支付总额 80.00 + 个人负担总额 20.00`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(|(name, part)| format!("{name} {part}")).collect();
        let parts = if parts.is_empty() { "0.00".to_owned() } else { parts.join(" + ") };
        write!(f, "{} {} = {parts}", self.name, self.amount)
    }
}

impl Breakdown {
    /// All identities between the amounts.
    pub fn identities(&self) -> Vec<Identity> {
        let split = &self.split;
        let four = [
            ("全自费", split.out_of_scope),
            ("超限价自费", split.over_limit),
            ("先行自付", split.first_self_pay),
            ("符合政策范围", split.in_scope),
        ];
        let two = [("基金支付总额", self.fund_total), ("个人负担总额", self.person_total)];
        let funds = || self.fund_payments.iter().map(|(fund, paid)| (fund.chinese(), *paid));
        let own = [
            ("个人账户支出", self.account_paid),
            ("账户共济支付", self.family_total()),
            ("个人现金支出", self.cash()),
        ];
        let burdens = self.burdens.iter().map(|(part, amount)| (part.chinese(), *amount));
        let mut all = vec![
            Identity::of(TOTAL, split.total, four),
            Identity::of(TOTAL, split.total, two),
            Identity::of(FUNDS, self.fund_total, funds()),
            Identity::of(PERSON, self.person_total, own),
            Identity::of(TOTAL, split.total, funds().chain(own)),
            Identity::of(PERSON, self.person_total, burdens),
        ];
        all.extend(self.fund_identities());
        all.extend(self.year_identities());
        all
    }

    /// What each fund pays is the sum of the steps that it pays.
    fn fund_identities(&self) -> impl Iterator<Item = Identity> {
        let mut steps: BTreeMap<Fund, Vec<(Cow<'static, str>, Fen)>> = BTreeMap::new();
        for fund in self.fund_payments.keys() {
            steps.entry(*fund).or_default();
        }
        for line in &self.lines {
            if let Some(fund) = line.fund {
                steps.entry(fund).or_default().push((line.step.clone(), line.amount_out));
            }
        }
        steps.into_iter().map(|(fund, parts)| Identity {
            name: fund.chinese(),
            amount: self.fund_payments.get(&fund).copied().unwrap_or_default(),
            parts,
        })
    }

    /// What is added to the person's years is what was settled.
    fn year_identities(&self) -> [Identity; 3] {
        let counted = |name, amount, of: &dyn Fn(&YearToDate) -> Fen| {
            let earlier =
                self.earlier.as_ref().map(|earlier| ("上一年度累计增加", of(&earlier.contribution)));
            let this = ("年度累计增加", of(&self.contribution));
            Identity::of(name, amount, earlier.into_iter().chain([this]))
        };
        [
            counted(TOTAL, self.split.total, &YearToDate::total),
            counted(PERSON, self.person_total, &YearToDate::person),
            counted(FUNDS, self.fund_total, &|year| year.fund_paid().into_values().sum()),
        ]
    }

    /// Whether all identities hold and nothing is below nothing.
    ///
    /// # Errors
    /// The first that does not hold, in words.
    pub fn check(&self) -> Result<(), String> {
        if let Some(broken) = self.identities().iter().find(|one| !one.holds()) {
            return Err(format!("{broken} does not hold"));
        }
        let mut below = self.fund_payments.values().chain(self.burdens.values()).chain(&self.family_paid);
        let single =
            [self.account_paid, self.cash(), self.deductible_paid, self.person_total, self.fund_total];
        let negative = self.split.has_negative_part()
            || below.any(|amount| amount.is_negative())
            || single.iter().any(|amount| amount.is_negative())
            || self.lines.iter().any(|line| line.amount_in.is_negative() || line.amount_out.is_negative());
        if negative {
            return Err("an amount is below nothing".to_owned());
        }
        if !self.split.is_consistent() {
            return Err("more is paid in full than is in scope".to_owned());
        }
        Ok(())
    }

    /// The same breakdown: one whose amounts disagree is an impossible state and stops the settlement.
    pub(crate) fn must_hold(self) -> Self {
        self.check().expect("the amounts of a breakdown agree");
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Line, Split,
        scheme::Burden,
        year::{Counter, Measure},
    };
    use terms::{CareKind, Day, Rate};

    fn sound() -> Breakdown {
        let fund = Fund::EmployeePool;
        let line = |amount_in, amount_out| Line {
            step: "统筹基金支付".into(),
            amount_in: Fen(amount_in),
            parameter: "三级 在职 80%".to_owned(),
            since: None,
            amount_out: Fen(amount_out),
            rounding: None,
            fund: Some(fund),
            source: "通知".into(),
            confidence: None,
        };
        let counted = |measure, amount| (Counter::of(CareKind::Inpatient, measure), amount);
        Breakdown {
            lines: vec![line(5_000, 4_000), line(3_000, 2_400)],
            fund_payments: BTreeMap::from([(fund, Fen(6_400))]),
            fund_total: Fen(6_400),
            person_total: Fen(3_600),
            burdens: BTreeMap::from([(Burden::OwnShare, Fen(1_600)), (Burden::OutOfScope, Fen(2_000))]),
            account_paid: Fen(1_000),
            account_left: None,
            family_paid: vec![Fen(500), Fen(100)],
            deductible_paid: Fen::ZERO,
            pool_ratio: Rate::percent(80).unwrap(),
            contribution: [
                counted(Measure::Total, 10_000),
                counted(Measure::Person, 3_600),
                counted(Measure::Paid(fund), 6_400),
            ]
            .into_iter()
            .collect(),
            earlier: None,
            policy_day: Day::new(2026, 1, 1).unwrap(),
            unconfirmed: Vec::new(),
            split: Split {
                total: Fen(10_000),
                out_of_scope: Fen(2_000),
                in_scope: Fen(8_000),
                ..Split::default()
            },
            rows_used: Vec::new(),
        }
    }

    #[test]
    fn sound_amounts_pass() {
        assert_eq!(sound().check(), Ok(()));
        assert_eq!(
            sound().identities()[1].to_string(),
            "医疗费总额 100.00 = 基金支付总额 64.00 + 个人负担总额 36.00"
        );
    }

    #[test]
    fn amounts_that_disagree_are_told() {
        type Breaks = fn(&mut Breakdown);
        let broken: [(&str, Breaks, &str); 10] = [
            ("a part of the bill", |it| it.split.over_limit = Fen(1), "符合政策范围"),
            ("a fen less for the funds", |it| it.fund_total = Fen(6_399), "基金支付总额"),
            ("a fen more for the person", |it| it.person_total = Fen(3_601), "个人负担总额"),
            ("a payment without a step", |it| _ = it.lines.pop(), "统筹基金支付"),
            ("a step without a payment", |it| it.lines[0].fund = Some(Fund::MedicalAid), "统筹基金支付"),
            ("a burden", |it| _ = it.burdens.remove(&Burden::OwnShare), "全自费"),
            ("accounts above the burden", |it| it.account_paid = Fen(9_000), "below nothing"),
            ("an account below nothing", |it| it.family_paid[1] = Fen(-100), "below nothing"),
            ("a year that forgets", |it| it.contribution = YearToDate::default(), "年度累计增加"),
            ("in full beyond the scope", |it| it.split.in_full = Fen(8_001), "in full"),
        ];
        for (what, breaks, said) in broken {
            let mut breakdown = sound();
            breaks(&mut breakdown);
            let found = breakdown.check().expect_err(what);
            assert!(found.contains(said), "{what}: {found}");
        }
    }
}
