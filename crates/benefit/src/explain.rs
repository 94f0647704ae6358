//! A policy of one day in Chinese words, as `yidi policy show` prints it: every value with its first day, its source and how
//! sure one is of it; a value that the area has not supplied is shown as 缺.

use crate::scheme::{
    AccountRule, Adjustment, AfterTransfer, AmountRow, Band, Basis, Citation, Cited, Counted,
    CrossRegionRule, Deductible, DeductibleRow, Layer, LayerBasis, Limit, Origin, Period, Plan, Ratio,
    Recurrence, Scheme, Selector, SeveralDiseases, Standing, Where, YearCrossing, YearEnd, points,
    statuses_of, yuan,
};
use std::{
    fmt::{Display, Write as _},
    sync::Arc,
};
use terms::{CareKind, Listed, Rate, Rounding, Set};

impl Scheme {
    /// The whole policy of the day in lines of text.
    pub fn explain(&self) -> String {
        let mut page = Page { scheme: self, text: String::new(), usual: None };
        page.head();
        for care in CareKind::ALL {
            match self.plan(*care) {
                Some(plan) => page.plan(*care, plan),
                None => page.put(&format!("■ {care}：没有登记待遇政策")),
            }
        }
        page.cross_region(&self.cross_region);
        self.layers.iter().for_each(|layer| page.layer(layer));
        match &self.account {
            Some(account) => page.account(account),
            None => page.put("■ 个人账户：没有登记规则，不能用于支付"),
        }
        match &self.year_crossing {
            Some(crossing) => page.year_crossing(crossing),
            None => page.put("■ 跨年度住院：没有登记规则，全部计入出院所在的医保年度"),
        }
        page.text
    }
}

impl Scheme {
    /// Where all values of the policy are written, in the order in which [`Scheme::explain`] tells them; one place may stand
    /// several times.
    pub fn origins(&self) -> Vec<&Origin> {
        let mut all: Vec<&Origin> = Vec::new();
        for plan in self.plans.iter().flatten() {
            let rows = plan.deductible.iter().flat_map(|cited| &cited.value.rows);
            all.extend(rows.map(|row| &row.origin));
            all.extend(plan.ratio.value.bands.iter().map(|band| &band.origin));
            all.extend(plan.ratio.value.adjust.iter().map(|row| &row.origin));
            let rows = plan.cap.iter().flat_map(|cited| &cited.value).flat_map(|limit| &limit.rows);
            all.extend(rows.map(|row| &row.origin));
        }
        all.extend(self.cross_region.value.iter().map(|rule| &rule.origin));
        for Cited { value: layer, .. } in &self.layers {
            all.extend(layer.threshold.iter().chain(&layer.cap).map(|row| &row.origin));
            all.extend(layer.bands.iter().map(|band| &band.origin));
            all.extend(layer.adjust.iter().map(|row| &row.origin));
        }
        // That of the nation is in no file of the area.
        let account = self.account.iter().map(|cited| &cited.value.origin);
        all.extend(account.filter(|origin| origin.line > 0));
        all.extend(self.year_crossing.iter().map(|cited| &cited.value.origin));
        all
    }
}

struct Page<'a> {
    scheme: &'a Scheme,
    text: String,
    /// The citation of the section, which its rows need not repeat.
    usual: Option<Arc<Citation>>,
}

impl Page<'_> {
    fn put(&mut self, words: &str) {
        self.text.push_str(words);
        self.text.push('\n');
    }

    fn head(&mut self) {
        let Scheme { name, area, scheme, policy_day, checked_on, year_starts: (month, day), .. } =
            self.scheme;
        self.put(&format!("{name}（{area}）{scheme}"));
        self.put(&format!("本版自{policy_day}起，{checked_on}核对，医保年度自{month}月{day}日起"));
    }

    fn section<T>(&mut self, name: &str, cited: &Cited<T>) {
        self.put(&format!("■ {name}（自{}起）—— {}", cited.from, cited.citation.text));
        self.usual = Some(cited.citation.clone());
    }

    fn line(&mut self, words: &str) {
        self.put(&format!("  {words}"));
    }

    /// A row: its value or what is missing, and its own source where that is not the section's.
    fn row(&mut self, who: &Selector, origin: &Origin, value: &str) {
        let who = who_words(self.scheme, who);
        let who = if who.is_empty() { "全部".to_owned() } else { who };
        self.labelled(&who, origin, value);
    }

    fn labelled(&mut self, label: &str, origin: &Origin, value: &str) {
        let value = match &origin.missing {
            Some(missing) => format!("缺：{missing}"),
            None => value.to_owned(),
        };
        let other = self.usual.as_ref().is_none_or(|usual| *usual != origin.citation);
        let source = if other { format!(" —— {}", origin.citation.text) } else { String::new() };
        self.line(&format!("{label}：{value}{source}"));
    }

    fn plan(&mut self, care: CareKind, plan: &Plan) {
        match &plan.deductible {
            Some(deductible) => self.deductible(care, deductible),
            None => self.put(&format!("■ {care}起付标准：无")),
        }
        self.ratio(care, &plan.ratio);
        match &plan.cap {
            Some(cap) => {
                self.section(&format!("{care}最高支付限额"), cap);
                cap.value.iter().for_each(|limit| self.limit(care, limit));
            }
            None => self.put(&format!("■ {care}最高支付限额：没有登记")),
        }
    }

    fn deductible(&mut self, care: CareKind, cited: &Cited<Deductible>) {
        self.section(&format!("{care}起付标准"), cited);
        let deductible = &cited.value;
        if !is_missing(deductible.rows.iter().map(|row| &row.origin)) {
            for rule in deductible_rules(care, deductible) {
                self.line(&rule);
            }
        }
        for row in &deductible.rows {
            self.row(&row.who, &row.origin, &deductible_words(row));
        }
    }

    fn ratio(&mut self, care: CareKind, cited: &Cited<Ratio>) {
        self.section(&format!("{care}支付比例"), cited);
        let ratio = &cited.value;
        let measured = match ratio.basis {
            Basis::Stay => "一次就医的符合范围费用",
            Basis::StayAboveDeductible => "一次就医起付标准以上的费用",
            Basis::Year => "年度累计符合范围费用",
            Basis::YearAboveDeductible => "年度累计起付标准以上的费用",
        };
        let by_year = matches!(ratio.basis, Basis::Year | Basis::YearAboveDeductible);
        let together = if by_year { with_others(care, ratio.care) } else { String::new() };
        if !is_missing(ratio.bands.iter().map(|band| &band.origin)) {
            self.line(&format!("各段按{measured}计{together}，{}", rounding_words(ratio.rounding)));
        }
        self.bands(&ratio.bands);
        self.adjustments(&ratio.adjust, ratio.at_most);
    }

    fn bands(&mut self, bands: &[Band]) {
        for band in bands {
            self.row(&band.who, &band.origin, &format!("{} {} {}", band.range(), band.fund, band.rate));
        }
    }

    fn adjustments(&mut self, adjustments: &[Adjustment], at_most: Option<Rate>) {
        for adjustment in adjustments {
            self.row(&adjustment.who, &adjustment.origin, &adjustment_words(adjustment));
        }
        if let Some(most) = at_most {
            self.line(&format!("调整后的支付比例不高于{most}"));
        }
    }

    fn limit(&mut self, care: CareKind, limit: &Limit) {
        let counts = match &limit.counts {
            Counted::InScope => "符合范围费用".to_owned(),
            Counted::Divided => "起付标准以上的基金支付与按比例自付合计".to_owned(),
            Counted::Paid(funds) => format!("{}支付", listed(funds.iter().copied())),
        };
        let several = match limit.several {
            SeveralDiseases::Each => String::new(),
            SeveralDiseases::Highest => "，多病种按最高一种".to_owned(),
            SeveralDiseases::Sum => "，多病种相加".to_owned(),
            SeveralDiseases::HighestPlus(more) => format!("，多病种按最高一种，每多一种加{}元", yuan(more)),
        };
        let above = match &limit.above {
            None => "以上个人负担".to_owned(),
            Some(above) => match above.rate {
                Some(rate) => format!("以上由{}支付{rate}", above.fund),
                None => format!("以上由{}按原比例支付", above.fund),
            },
        };
        let period = limit.period.chinese();
        self.line(&format!("{counts} {period}限额{}{several}，{above}", with_others(care, limit.care)));
        self.amounts("", &limit.rows);
    }

    fn amounts(&mut self, name: &str, rows: &[AmountRow]) {
        for row in rows {
            let amount = row.amount.map_or("不设封顶".to_owned(), |amount| format!("{}元", yuan(amount)));
            self.row(&row.who, &row.origin, &format!("{name}{amount}"));
        }
    }

    fn cross_region(&mut self, cited: &Cited<Vec<CrossRegionRule>>) {
        self.section("异地就医，按下列次序适用第一条", cited);
        for rule in &cited.value {
            let mut words = vec![listed(rule.standings.iter().map(Standing::chinese))];
            if rule.care != Set::all() {
                words.push(listed(rule.care.iter()));
            }
            match rule.within {
                Where::Anywhere => {}
                Where::SameProvince => words.push("省内异地".to_owned()),
                Where::OtherProvince => words.push("跨省异地".to_owned()),
            }
            if !rule.places.is_empty() {
                words.push(format!("就医地{}", listed(rule.places.iter())));
            }
            let who = who_words(self.scheme, &rule.who);
            words.extend(Some(who).filter(|who| !who.is_empty()));
            self.labelled(&words.join(" "), &rule.origin, &rule.change.words());
        }
    }

    fn layer(&mut self, cited: &Cited<Layer>) {
        let layer = &cited.value;
        self.section(layer.name.chinese(), cited);
        if is_missing(layer.bands.iter().map(|band| &band.origin)) {
            return self.bands(&layer.bands);
        }
        let period = if layer.period == Period::Visit { "每次" } else { "年度累计" };
        let basis = match layer.basis {
            LayerBasis::Absolute => "",
            LayerBasis::AboveThreshold => "起付线以上的部分",
        };
        let (care, counts) =
            (listed(layer.care.iter()), listed(layer.counts.iter().map(crate::scheme::Burden::chinese)));
        let rounding = rounding_words(layer.rounding);
        self.line(&format!(
            "{care}的个人负担（{counts}）{period}计{basis}，由{}支付，{rounding}",
            layer.fund
        ));
        self.amounts("起付线", &layer.threshold);
        self.bands(&layer.bands);
        self.adjustments(&layer.adjust, layer.at_most);
        self.amounts("年度最高支付", &layer.cap);
    }

    fn account(&mut self, cited: &Cited<AccountRule>) {
        self.section("个人账户", cited);
        let rule = &cited.value;
        if let Some(missing) = &rule.origin.missing {
            return self.line(&format!("缺：{missing}"));
        }
        let (care, pays) =
            (listed(rule.care.iter()), listed(rule.pays.iter().map(crate::scheme::Burden::chinese)));
        let family = if rule.family { "可以家庭共济" } else { "不可家庭共济" };
        self.line(&format!("可用于{care}的{pays}，{family}"));
    }

    fn year_crossing(&mut self, cited: &Cited<YearCrossing>) {
        self.section("跨年度住院", cited);
        let crossing = &cited.value;
        let words = match (&crossing.origin.missing, crossing.by, crossing.second_deductible) {
            (Some(missing), ..) => format!("缺：{missing}"),
            (None, YearEnd::Discharge, _) => "全部计入出院所在的医保年度".to_owned(),
            (None, YearEnd::Days, true) => "按各年度住院天数分段，后段另计一次住院和起付标准".to_owned(),
            (None, YearEnd::Days, false) => "按各年度住院天数分段，后段不再计起付标准".to_owned(),
        };
        self.line(&words);
    }
}

/// Whether a value is missing for everyone, so that nothing can be said of how it is used.
fn is_missing<'a>(mut origins: impl Iterator<Item = &'a Origin>) -> bool {
    origins.all(|origin| origin.missing.is_some())
}

fn deductible_rules(care: CareKind, deductible: &Deductible) -> Vec<String> {
    let mut rules = vec![
        match deductible.recurs {
            Recurrence::EachAdmission if care == CareKind::Inpatient => "每次住院计一次",
            Recurrence::EachAdmission => "每次就医计一次",
            Recurrence::OnceAYear => "一个医保年度累计计一次，到更高等级机构时补足差额",
            Recurrence::OnceAQuarter => "一个季度累计计一次",
            Recurrence::OnceAMonth => "一个月累计计一次",
        }
        .to_owned(),
    ];
    if !deductible.shared_with.is_empty() {
        rules.push(format!("与{}的起付标准合并计算", listed(deductible.shared_with.iter())));
    }
    rules.extend(deductible.year_ceiling.map(|most| format!("年度累计不超过{}元", yuan(most))));
    if deductible.chinese_medicine_lower {
        rules.push("中医医院降低一个等级".to_owned());
    }
    rules.extend(deductible.again_after_days.map(|days| format!("住院每满{days}天再计一次")));
    match deductible.after_transfer {
        AfterTransfer::New => {}
        AfterTransfer::Difference => rules.push("转院视为一次住院，只补差额".to_owned()),
        AfterTransfer::Nothing => rules.push("转院视为一次住院，不再计起付标准".to_owned()),
    }
    rules
}

fn deductible_words(row: &DeductibleRow) -> String {
    let amounts: Vec<String> = row.amounts.iter().map(|amount| format!("{}元", yuan(*amount))).collect();
    let mut words = amounts.join("，再次");
    if row.lowered_by != Rate::NONE {
        let _ = write!(words, "，以后每次降低{}，不低于{}元", row.lowered_by, yuan(row.floor));
    }
    if row.share_of_total != Rate::NONE {
        let _ = write!(words, "，不低于总费用的{}", row.share_of_total);
    }
    words
}

fn adjustment_words(adjustment: &Adjustment) -> String {
    let mut words = Vec::new();
    for (what, rate) in
        [("提高", adjustment.more), ("降低", adjustment.less), ("每满一周岁提高", adjustment.more_by_age)]
    {
        if rate != Rate::NONE {
            words.push(format!("支付比例{what}{}", points(rate)));
        }
    }
    words.extend(adjustment.own_share_times.map(|times| format!("个人负担比例乘以{times}")));
    words.join("，")
}

const fn rounding_words(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::HalfUp => "支付金额四舍五入到分",
        Rounding::Down => "支付金额不足一分舍去",
    }
}

/// The other kinds of care that count together with this one.
fn with_others(care: CareKind, all: Set<CareKind>) -> String {
    let others: Vec<CareKind> = all.iter().filter(|other| *other != care).collect();
    if others.is_empty() { String::new() } else { format!("（与{}合并计算）", listed(others)) }
}

fn listed<T: Display>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join("、")
}

/// Whom a row concerns, in words; empty for everyone.
fn who_words(scheme: &Scheme, who: &Selector) -> String {
    let mut words: Vec<String> = Vec::new();
    if !who.levels.is_empty() {
        words.push(listed(who.levels.iter()));
    }
    if who.statuses != statuses_of(scheme.scheme).iter().copied().collect() {
        words.push(listed(who.statuses.iter()));
    }
    words.extend(who.age_from.map(|age| format!("{age}岁及以上")));
    words.extend(who.age_below.map(|age| format!("{age}岁以下")));
    words.extend(who.visit_from.map(|nth| format!("年内第{nth}次起")));
    words.extend(who.visit_below.map(|nth| format!("年内第{nth}次以前")));
    push_set(&mut words, who.tiers);
    words.extend(who.years_from.map(|years| format!("缴费{years}年及以上")));
    words.extend(who.years_below.map(|years| format!("缴费不满{years}年")));
    words.extend(who.retired_from.map(|day| format!("{day}及以后退休")));
    words.extend(who.retired_before.map(|day| format!("{day}以前退休")));
    if who.inside_only {
        words.push("限统筹区内".to_owned());
    }
    if !who.standings.is_empty() {
        words.push(listed(who.standings.iter().map(Standing::chinese)));
    }
    push_set(&mut words, who.classes);
    push_set(&mut words, who.marks);
    if !who.diseases.is_empty() {
        words.push(format!("病种{}", listed(&who.diseases)));
    }
    words.join(" ")
}

fn push_set<T: Listed + Display>(words: &mut Vec<String>, set: Set<T>) {
    if !set.is_empty() {
        words.push(listed(set.iter()));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::Library;
    use terms::{Day, InsuranceScheme};

    pub(crate) const POLICY: &str = r#"
area = "420100"
name = "武汉市"
scheme = "310"
checked_on = "2025-01-01"

[source.a]
title = "甲办法"
number = "武医保〔2024〕1号"

[source.b]
title = "乙网页"

[[inpatient.deductible]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
recurs = "each_admission"
year_ceiling = 2000
rows = [
  { levels = ["tertiary"], all = [800, 400] },
  { levels = ["primary", "secondary"], all = 200, source = "b", confidence = "unconfirmed" },
]

[[inpatient.ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
basis = "stay"
bands = [
  { over = 0, employed = "85%", retired = "90%" },
]
adjust = [ { age_from = 70, more = "5%" } ]
at_most = "94%"

[[inpatient.cap]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
limits = [ { counts = "paid", amount = 300000, above = { fund = "large_amount", rate = "90%" } } ]

[[outpatient.ratio]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
missing = "普通门诊支付比例"

[[cross_region]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
rules = [
  { for = ["long_term"], places = ["120000"] },
  { for = ["long_term", "referral", "emergency", "other_temporary"], first_self_pay = "10%" },
  { for = ["not_filed"], refuse = "未备案不予支付" },
]

[[layer]]
name = "civil_servant"
from = "2024-01-01"
source = "b"
confidence = "unconfirmed"
counts = ["deductible", "own_share", "out_of_scope"]
bands = [ { over = 0, classes = ["civil_servant"], all = "50%" } ]

[[account]]
from = "2024-01-01"
source = "a"
confidence = "confirmed"
care = ["inpatient"]
pays = ["deductible", "own_share"]
family = true
"#;

    #[test]
    fn every_value_is_told_with_day_source_and_confidence() {
        let library =
            Library::load([("420100/310.toml", POLICY)]).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let day = Day::new(2025, 3, 1).unwrap();
        let area = library.areas().next().unwrap().0;
        let text = library.scheme_on(area, InsuranceScheme::Employee, day).unwrap().explain();
        for line in [
            "武汉市（420100）职工基本医疗保险",
            "■ 住院起付标准（自2024-01-01起）—— 甲办法 武医保〔2024〕1号 [a]（已核对）",
            "  每次住院计一次",
            "  年度累计不超过2000元",
            "  三级：800元，再次400元",
            "  一级、二级：200元 —— 乙网页 [b]（待核实）",
            "  各段按一次就医的符合范围费用计，支付金额四舍五入到分",
            "  在职：0元以上 职工基本医疗保险统筹基金 85%",
            "  70岁及以上：支付比例提高5个百分点",
            "  调整后的支付比例不高于94%",
            "  职工基本医疗保险统筹基金支付 年度限额，以上由职工大额医疗费用补助基金支付90%",
            "  全部：300000元",
            "  全部：缺：普通门诊支付比例",
            "■ 门诊慢特病：没有登记待遇政策",
            "  异地长期居住 就医地120000：执行参保地本地待遇",
            "  未备案：不直接结算：未备案不予支付",
            "■ 公务员医疗补助（自2024-01-01起）—— 乙网页 [b]（待核实）",
            "  享受公务员医疗补助人员：0元以上 公务员医疗补助基金 50%",
            "  可用于住院的起付标准、按比例自付，可以家庭共济",
            "■ 跨年度住院：没有登记规则，全部计入出院所在的医保年度",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in:\n{text}");
        }
        assert_eq!(text.matches("缺：").count(), 1, "{text}");
    }
}
