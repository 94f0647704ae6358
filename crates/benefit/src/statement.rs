//! What people read of a breakdown: the answer to "why do I pay this" ([`Breakdown::for_person`]), and the file with every step
//! for whoever disputes it ([`Breakdown::for_dispute`]). Both say no more than the breakdown knows: who the person is stands on
//! the statement around them. For programs the breakdown itself is JSON.

use crate::{
    Breakdown, Line,
    scheme::{Burden, Confidence},
    year::LayerName,
};
use std::fmt::Write;
use terms::{Fen, Fund, Listed};

impl Breakdown {
    /// 为什么我要付这笔钱: each part of the person's burden in a few sentences, with the rule behind it, and who paid the rest.
    pub fn for_person(&self) -> String {
        let mut text = String::from("为什么我要付这笔钱\n\n");
        put(&mut text, &self.whole());
        let mut number = 0;
        for part in Burden::LISTED {
            let left = self.burden(*part);
            if left.is_zero() {
                continue;
            }
            number += 1;
            put(&mut text, &format!("{number}. {} {left} 元。{}", part.chinese(), self.story(*part)));
        }
        if let Some(words) = self.accounts() {
            put(&mut text, &words);
        }
        put(&mut text, &self.paid_by_funds());
        if let Some(words) = self.doubts() {
            put(&mut text, &words);
        }
        put(&mut text, "对结果有疑问，可以请参保地医保经办机构出具逐步计算的明细后核对。");
        text
    }

    fn whole(&self) -> String {
        let (total, person) = (self.split.total, self.person_total);
        if person.is_zero() {
            return format!("这次医疗费一共 {total} 元，全部由医保基金支付，您不用付钱。");
        }
        format!(
            "这次医疗费一共 {total} 元，医保基金支付 {} 元，由您负担 {person} 元。您负担的钱由下面几部分组成：",
            self.fund_total
        )
    }

    fn burden(&self, part: Burden) -> Fen {
        self.burdens.get(&part).copied().unwrap_or_default()
    }

    /// What a part of the burden was before the layers took of it.
    fn at_first(&self, part: Burden) -> Fen {
        let of_lines = |step: &str, amount: &dyn Fn(&Line) -> Fen| {
            self.lines.iter().filter(|line| line.step == step).map(amount).sum()
        };
        match part {
            Burden::Deductible => self.deductible_paid,
            Burden::OwnShare => self.divided().map(|line| line.amount_in - line.amount_out).sum(),
            Burden::BeyondCap => of_lines(BEYOND_CAP, &|line| line.amount_in),
            Burden::CrossRegionFirst => of_lines(CROSS_REGION, &|line| line.amount_in - line.amount_out),
            Burden::FirstSelfPay => self.split.first_self_pay,
            Burden::OverLimit => self.split.over_limit,
            Burden::OutOfScope => self.split.out_of_scope,
        }
    }

    /// The steps that divide the in-scope amount between fund and person.
    fn divided(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.fund.is_some() && !is_layer(line))
    }

    fn story(&self, part: Burden) -> String {
        let mut words = match part {
            Burden::Deductible => "医保基金从起付标准以上开始支付，起付标准以内由个人承担。".to_owned(),
            Burden::OwnShare => {
                let amount: Fen = self.divided().map(|line| line.amount_in).sum();
                let paid: Fen = self.divided().map(|line| line.amount_out).sum();
                format!(
                    "按比例支付的费用是 {amount} 元，基金按政策规定的比例支付 {paid} 元，其余由个人承担。"
                )
            }
            Burden::BeyondCap => "超过最高支付限额或者没有支付比例的费用，基金不再支付。".to_owned(),
            Burden::CrossRegionFirst => {
                "按参保地的异地就医规定，符合政策范围的费用先由个人承担一部分。".to_owned()
            }
            Burden::FirstSelfPay => {
                "使用了乙类药品、项目或材料，按就医地医保目录先由个人承担一部分。".to_owned()
            }
            Burden::OverLimit => {
                "价格高于就医地医保目录规定的最高支付标准，高出的部分由个人承担。".to_owned()
            }
            Burden::OutOfScope => "不在就医地医保目录支付范围内的项目，由个人承担。".to_owned(),
        };
        words.push_str(&self.rules(part));
        let (first, left) = (self.at_first(part), self.burden(part));
        if first > left {
            let _ = write!(
                words,
                "这部分原为 {first} 元，其中 {} 元已由{}支付。",
                first - left,
                self.layers().join("、")
            );
        }
        words
    }

    /// By which rules a part came about: the steps with their sources.
    fn rules(&self, part: Burden) -> String {
        let lines: Vec<&Line> = match part {
            Burden::Deductible => self.lines_of(DEDUCTIBLE),
            Burden::OwnShare => self.divided().collect(),
            Burden::BeyondCap => self.lines_of(BEYOND_CAP),
            Burden::CrossRegionFirst => self.lines_of(CROSS_REGION),
            Burden::FirstSelfPay | Burden::OverLimit | Burden::OutOfScope => return String::new(),
        };
        let mut words = String::new();
        let used = |line: &&&Line| !line.amount_in.is_zero() && !line.parameter.is_empty();
        for line in lines.iter().filter(used) {
            let unsure = if line.confidence == Some(Confidence::Unconfirmed) { "，待核实" } else { "" };
            let _ = write!(words, "所用规定：{}（{}{unsure}）。", line.parameter, names(&line.source));
        }
        words
    }

    fn lines_of(&self, step: &str) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.step == step).collect()
    }

    /// The layers that paid.
    fn layers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for line in self.lines.iter().filter(|line| is_layer(line) && !line.amount_out.is_zero()) {
            if !names.contains(&&*line.step) {
                names.push(&line.step);
            }
        }
        names
    }

    fn accounts(&self) -> Option<String> {
        let (own, family) = (self.account_paid, self.family_total());
        if own.is_zero() && family.is_zero() {
            return None;
        }
        let mut words = format!("您负担的 {} 元中，", self.person_total);
        if !own.is_zero() {
            let _ = write!(words, "您的个人账户支付 {own} 元，");
        }
        if !family.is_zero() {
            let _ = write!(words, "家人的共济账户支付 {family} 元，");
        }
        let _ = write!(words, "您再付现金 {} 元。", self.cash());
        Some(words)
    }

    fn paid_by_funds(&self) -> String {
        let paid: Vec<String> =
            self.fund_payments.iter().map(|(fund, paid)| format!("{fund} {paid} 元")).collect();
        if paid.is_empty() {
            "这次没有医保基金支付。".to_owned()
        } else {
            format!("医保基金支付的 {} 元是：{}。", self.fund_total, paid.join("，"))
        }
    }

    fn doubts(&self) -> Option<String> {
        (!self.unconfirmed.is_empty()).then(|| {
            format!(
                "待核实：{}的政策数值还没有核实，以上是试算结果，以参保地经办机构核实后的结算为准。",
                self.unconfirmed.join("、")
            )
        })
    }

    /// Every step with what went in, the rule, its first day and source, how it was rounded, what came out, and the identities
    /// between the amounts: what a dispute is decided on.
    pub fn for_dispute(&self) -> String {
        let mut text = String::from("待遇计算明细\n");
        put(&mut text, &format!("所用政策版本自 {} 起", self.policy_day));
        for (number, line) in self.lines.iter().enumerate() {
            put(&mut text, &format!("\n第{}步 {}", number + 1, line.step));
            put(&mut text, &format!("  计算基数：{} 元", line.amount_in));
            put(&mut text, &format!("  规则参数：{}", line.parameter));
            if let Some(since) = line.since {
                put(&mut text, &format!("  施行日期：{since}"));
            }
            put(&mut text, &format!("  依据：{}", line.source));
            if line.confidence == Some(Confidence::Unconfirmed) {
                put(&mut text, "  核实情况：待核实");
            }
            if let Some(rounding) = line.rounding {
                put(&mut text, &format!("  取整方式：{}", rounding.chinese()));
            }
            let fund = line.fund.map(Fund::chinese).map_or(String::new(), |fund| format!("，由{fund}支付"));
            put(&mut text, &format!("  结果：{} 元{fund}", line.amount_out));
        }
        put(&mut text, "\n待核实的数值");
        match self.unconfirmed.as_slice() {
            [] => put(&mut text, "  无"),
            some => some.iter().for_each(|name| put(&mut text, &format!("  {name}"))),
        }
        put(&mut text, "\n金额关系核对");
        for identity in self.identities() {
            let held = if identity.holds() { "成立" } else { "不成立" };
            put(&mut text, &format!("  {identity}（{held}）"));
        }
        text
    }
}

/// Names of steps, as the files of `step/` write them.
const DEDUCTIBLE: &str = "起付标准";
const CROSS_REGION: &str = "异地就医";
const BEYOND_CAP: &str = "超限额个人负担";

/// Whether a step is one of a layer above the pool, which pays of the burden and not of the bill.
fn is_layer(line: &Line) -> bool {
    LayerName::ALL.iter().any(|layer| layer.chinese() == line.step)
}

/// Titles and numbers of the sources of a step, without their keys and addresses.
fn names(source: &str) -> String {
    let pieces = source.split('；').filter(|piece| piece.contains(" ["));
    let names: Vec<&str> = pieces.filter_map(|piece| piece.split(" [").next()).collect();
    if names.is_empty() { source.to_owned() } else { names.join("；") }
}

fn put(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Library, YearToDate,
        cases::{Question, answer, read},
        explain::tests::POLICY,
    };

    const CASES: &str = "Oracle: worked by hand

| discharge  | level | status | filing | treatment | nth | in-scope  | total     | classes | account | year so far | fund pays | person | why |
|------------|-------|--------|--------|-----------|-----|----------:|----------:|---------|---------|-------------|-----------|--------|-----|
| 2025-07-10 | 三级  | 退休   | 转诊   | 310115    | 1   |  10000.00 |  10300.00 | 享受公务员医疗补助人员 | own 500 family 20 | - | 0 | 0 | - |
| 2025-03-10 | 二级  | 在职   | 本地   | 420106    | 1   | 400000.00 | 400000.00 | -       | -       | pool 200000 | 0         | 0      | -   |
| 2025-03-10 | 二级  | 在职   | 本地   | 420106    | 1   |      0.00 |      0.00 | -       | -       | -           | 0         | 0      | -   |
";

    fn breakdowns() -> Vec<Breakdown> {
        let library =
            Library::load([("420100/310.toml", POLICY)]).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let file =
            read("420100/310.inpatient.cases.md", CASES).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let ask = |question: &Question| answer(&library, question).unwrap();
        file.cases.iter().map(|case| ask(&case.question)).collect()
    }

    #[test]
    fn a_person_reads_why_each_part_is_theirs() {
        let text = breakdowns()[0].for_person();
        for line in [
            "这次医疗费一共 10300.00 元，医保基金支付 8504.00 元，由您负担 1796.00 元。您负担的钱由下面几部分组成：",
            "1. 起付标准 4.00 元。",
            "这部分原为 800.00 元，其中 796.00 元已由公务员医疗补助支付。",
            "2. 按比例自付 492.00 元。按比例支付的费用是 8200.00 元，基金按政策规定的比例支付 7708.00 元，其余由个人承担。",
            "3. 异地先自付 1000.00 元。按参保地的异地就医规定",
            "所用规定：异地转诊 个人先自付10%（甲办法 武医保〔2024〕1号）。",
            "4. 全自费 300.00 元。",
            "您负担的 1796.00 元中，您的个人账户支付 496.00 元，您再付现金 1300.00 元。",
            "职工基本医疗保险统筹基金 7708.00 元，公务员医疗补助基金 796.00 元",
            "待核实：住院公务员医疗补助的政策数值还没有核实",
        ] {
            assert!(text.contains(line), "{line} is not in:\n{text}");
        }
    }

    #[test]
    fn a_dispute_has_every_step_with_its_source_and_all_identities() {
        let text = breakdowns()[0].for_dispute();
        for line in [
            "所用政策版本自 2024-01-01 起",
            "  规则参数：三级 退休 年内第1次 800元",
            "  施行日期：2024-01-01",
            "  依据：甲办法 武医保〔2024〕1号 [a]（已核对）",
            "  取整方式：四舍五入到分",
            "  结果：7708.00 元，由职工基本医疗保险统筹基金支付",
            "  核实情况：待核实",
            "  医疗费总额 10300.00 = 基金支付总额 8504.00 + 个人负担总额 1796.00（成立）",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in:\n{text}");
        }
        assert!(!text.contains("不成立"));
    }

    #[test]
    fn the_parts_before_the_layers_and_the_pool_make_up_the_bill() {
        for breakdown in breakdowns() {
            let first: Fen = Burden::LISTED.iter().map(|part| breakdown.at_first(*part)).sum();
            let by_pool: Fen = breakdown.divided().map(|line| line.amount_out).sum();
            assert_eq!(first + by_pool, breakdown.split.total, "{}", breakdown.for_dispute());
            assert!(Burden::LISTED.iter().all(|part| breakdown.at_first(*part) >= breakdown.burden(*part)));
        }
    }

    #[test]
    fn nothing_to_pay_is_said_so() {
        let text = breakdowns()[2].for_person();
        assert!(text.contains("您不用付钱") && text.contains("这次没有医保基金支付"), "{text}");
        assert_eq!(breakdowns()[2].contribution.minus(&breakdowns()[2].contribution), YearToDate::default());
    }
}
