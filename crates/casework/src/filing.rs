//! Filing (异地就医备案): a person tells the insured place where, why and how long they will be treated away from home.
//!
//! The insured place keeps the register and decides; every change goes up to the national register (备案人员库), which keeps
//! the highest [`Filing::generation`] of each filing. National rules are 医保发〔2022〕22号 and its annex 规程; what they leave
//! to the insured place is in [`Rules`]. This module must not know what a filing does to a benefit: it only says under
//! which category a stay stands ([`standing`]).
//!
//! Expiry is not a stage: it is read off the days, since nobody does it ([`Filing::is_expired_on`]).

use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, fmt};
use terms::{
    AdminDivision, Day, FilingCategory, InsuranceScheme, InsuredPlace, Moment, PersonNumber, Refusal,
    TreatmentPlace, id::FilingId,
};

/// A filing (备案) of one person in one scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// Given by the insured province.
    pub id: FilingId,
    /// Whose it is (人员编号).
    pub person: PersonNumber,
    /// The scheme (险种) it is for.
    pub scheme: InsuranceScheme,
    /// Where the person is insured (参保地).
    pub insured: InsuredPlace,
    /// Why the person is treated away (备案类型).
    pub category: FilingCategory,
    /// Where to (就医地): a city or a whole province, never a hospital.
    pub destination: Destination,
    /// First day of validity (备案开始日期).
    pub begins: Day,
    /// Last day of validity (备案结束日期), itself included; none for the long-term categories.
    pub ends: Option<Day>,
    /// Made on the person's written commitment instead of papers (承诺制; 规程 art. 8).
    pub commitment: bool,
    /// When it was applied for.
    pub filed_at: Moment,
    /// Where it stands.
    pub stage: Stage,
    /// Rises with every move; a register that has a higher one ignores a lower one that comes late.
    pub generation: u32,
    /// True for the virtual record of an emergency that counts as filed (视同备案, 规程 art. 34).
    pub deemed: bool,
}

/// Where a filing stands. Each stage holds its own evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Stage {
    /// 待审核: applied for, not decided.
    Submitted,
    /// 已生效: stays admitted within its days are filed.
    Effective {
        /// When it was approved.
        since: Moment,
    },
    /// 已驳回.
    Rejected {
        /// When.
        at: Moment,
        /// What the person is told, in Chinese.
        reason: String,
    },
    /// 已变更: another filing stands in its place; stays admitted before that day keep it.
    Replaced {
        /// When it was approved.
        since: Moment,
        /// When it was changed.
        at: Moment,
        /// The filing in its place.
        by: FilingId,
    },
    /// 已取消: stays admitted before that day keep it.
    Cancelled {
        /// When it was approved; none if it was withdrawn before.
        since: Option<Moment>,
        /// When it was cancelled.
        at: Moment,
    },
}

impl Stage {
    /// The Chinese word.
    pub const fn chinese(&self) -> &'static str {
        match self {
            Self::Submitted => "待审核",
            Self::Effective { .. } => "已生效",
            Self::Rejected { .. } => "已驳回",
            Self::Replaced { .. } => "已变更",
            Self::Cancelled { .. } => "已取消",
        }
    }

    /// The name that programs and the register use, the same as in its serialized form.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Effective { .. } => "effective",
            Self::Rejected { .. } => "rejected",
            Self::Replaced { .. } => "replaced",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// From which moment to which (if it ended) the filing was in effect.
    const fn in_effect(&self) -> Option<(Moment, Option<Moment>)> {
        match *self {
            Self::Effective { since } => Some((since, None)),
            Self::Replaced { since, at, .. } | Self::Cancelled { since: Some(since), at } => {
                Some((since, Some(at)))
            }
            Self::Submitted | Self::Rejected { .. } | Self::Cancelled { since: None, .. } => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.chinese())
    }
}

/// Where a filing goes to: a city (`xxxx00`), a county that hangs directly on its province (`xx90xx`), or a whole province
/// or municipality (`xx0000`). Filing to a hospital is abolished (医保发〔2022〕22号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "AdminDivision", into = "AdminDivision")]
pub struct Destination(AdminDivision);

impl Destination {
    /// The destination that this division names. Any city-level code of a municipality (`110100`) names the municipality.
    pub fn new(division: AdminDivision) -> Result<Self, Refusal> {
        let province = division.province().division();
        let area = division.pooling_area().division();
        if division == province || division == area {
            Ok(Self(division))
        } else if area == province && division.number().is_multiple_of(100) {
            Ok(Self(area))
        } else {
            Err(rule(format!(
                "就医地[{division}]应为地市或省（直辖市），不备案到区县或医院，请重新选择就医地"
            )))
        }
    }

    /// The smallest destination that a treatment place lies in.
    pub const fn containing(treatment: TreatmentPlace) -> Self {
        Self(treatment.division().pooling_area().division())
    }

    /// The division it is.
    pub const fn division(self) -> AdminDivision {
        self.0
    }

    /// Whether a treatment place lies in it: in the same city, or anywhere in the province if it is a whole one.
    pub fn covers(self, treatment: TreatmentPlace) -> bool {
        self.0 == treatment.province().division() || self == Self::containing(treatment)
    }
}

impl TryFrom<AdminDivision> for Destination {
    type Error = Refusal;
    fn try_from(division: AdminDivision) -> Result<Self, Refusal> {
        Self::new(division)
    }
}

impl From<Destination> for AdminDivision {
    fn from(destination: Destination) -> Self {
        destination.0
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the national rules leave to the insured place. The defaults are the national bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Months that a temporary filing is valid: the default and the least. In principle not under 6 (医保发〔2022〕22号).
    pub temporary_months: i32,
    /// Months from the first day during which a long-term filing is neither changed nor cancelled. In principle not over
    /// 6 (医保发〔2022〕22号).
    pub long_term_hold_months: i32,
    /// One long-term and one temporary filing at a time (一次仅能备案一个统筹区: seen as a local rule, so a configuration).
    /// A person who lives away for long may still be referred onward.
    pub one_place_at_a_time: bool,
    /// Months that a filing may begin after it is made: a configuration, no national figure.
    pub ahead_months: i32,
    /// Materials that a filing carries at most ([`crate::material`]): a configuration, no national figure.
    pub materials_max: u16,
    /// Working days that a person has to hand in what a reviewer asks for beside (补正): a configuration, no national figure.
    pub supplement_working_days: u16,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            temporary_months: 6,
            long_term_hold_months: 6,
            one_place_at_a_time: true,
            ahead_months: 12,
            materials_max: 10,
            supplement_working_days: 5,
        }
    }
}

/// What a person applies for (备案申请).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The id that the filing will have.
    pub id: FilingId,
    /// Who (人员编号).
    pub person: PersonNumber,
    /// In which scheme.
    pub scheme: InsuranceScheme,
    /// Insured where.
    pub insured: InsuredPlace,
    /// Why.
    pub category: FilingCategory,
    /// Where to.
    pub destination: Destination,
    /// From which day; the day of applying if none is given.
    pub begins: Option<Day>,
    /// To which day; [`Rules::temporary_months`] later if none is given and the category is temporary.
    pub ends: Option<Day>,
    /// On the person's commitment instead of papers.
    pub commitment: bool,
}

/// What is to be different (备案变更). What is `None` stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The id of the filing that takes the place of the changed one.
    pub id: FilingId,
    /// Another destination.
    pub destination: Option<Destination>,
    /// Another first day; the day of the change if none is given.
    pub begins: Option<Day>,
    /// Another last day.
    pub ends: Option<Day>,
}

/// What a change leaves: both are written down together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The filing that was, [`Stage::Replaced`].
    pub former: Filing,
    /// The filing that is, [`Stage::Effective`] at once.
    pub successor: Filing,
}

/// Takes an application. `others` are the filings that the register has of the person; those of another scheme do not matter.
pub fn submit(
    application: Application,
    others: &[Filing],
    rules: &Rules,
    at: Moment,
) -> Result<Filing, Refusal> {
    let Application { id, person, scheme, insured, category, destination, begins, ends, commitment } =
        application;
    must_lead_away(insured, destination)?;
    if commitment && !category.is_long_term() {
        return Err(rule("承诺制只适用于跨省异地长期居住人员，请提交备案材料后重新申请"));
    }
    let begins = begins.unwrap_or(at.day());
    let ends = validity(category, begins, ends, rules, at)?;
    let filing = Filing {
        id,
        person,
        scheme,
        insured,
        category,
        destination,
        begins,
        ends,
        commitment,
        filed_at: at,
        stage: Stage::Submitted,
        generation: 1,
        deemed: false,
    };
    if let Some(other) = others.iter().find(|other| rules.one_place_at_a_time && filing.competes_with(other))
    {
        let (id, destination) = (other.id, other.destination);
        return Err(rule(format!("该人员同期已有到[{destination}]的备案[{id}]，请先变更或取消原备案")));
    }
    Ok(filing)
}

/// A filing leads out of the pooling area: to another province, or to another pooling area of the own one (省内异地), which few
/// areas ask for.
fn must_lead_away(insured: InsuredPlace, destination: Destination) -> Result<(), Refusal> {
    if destination.covers(TreatmentPlace(insured.division())) {
        return Err(rule(format!(
            "就医地[{destination}]包含参保地所在统筹区，本统筹区就医不需要备案，请选择其他统筹区或取消备案"
        )));
    }
    Ok(())
}

/// The last day that these days come to, if they may be so.
fn validity(
    category: FilingCategory,
    begins: Day,
    ends: Option<Day>,
    rules: &Rules,
    at: Moment,
) -> Result<Option<Day>, Refusal> {
    if begins > at.day().plus_months(rules.ahead_months) {
        return Err(rule(format!(
            "开始日期[{begins}]超过办理之日后{}个月，请更正开始日期",
            rules.ahead_months
        )));
    }
    if category.is_long_term() {
        return match ends {
            None => Ok(None),
            Some(_) => Err(rule("跨省异地长期居住备案长期有效，不设结束日期，请删去结束日期")),
        };
    }
    let ends = ends.unwrap_or(begins.plus_months(rules.temporary_months));
    if ends < begins.plus_months(rules.temporary_months).plus_days(-1) {
        let months = rules.temporary_months;
        return Err(rule(format!("临时外出就医备案有效期不少于{months}个月，请更正结束日期[{ends}]")));
    }
    Ok(Some(ends))
}

impl Filing {
    /// 审核通过: from now on it is in effect.
    pub fn approve(&self, at: Moment) -> Result<Self, Refusal> {
        self.must_be_submitted()?;
        Ok(self.next(Stage::Effective { since: at }))
    }

    /// 审核不通过, with the reason that the person is told.
    pub fn reject(&self, reason: &str, at: Moment) -> Result<Self, Refusal> {
        self.must_be_submitted()?;
        if reason.trim().is_empty() {
            return Err(rule("驳回备案应说明理由，请填写驳回理由"));
        }
        Ok(self.next(Stage::Rejected { at, reason: reason.trim().to_owned() }))
    }

    /// 变更: another destination or other days. The filing is replaced by another one of the next generation, which is in
    /// effect at once, since who the person is and why they are away was decided before.
    pub fn change(&self, change: &Change, rules: &Rules, at: Moment) -> Result<Changed, Refusal> {
        let Stage::Effective { since } = self.stage else {
            return Err(self.stands_wrong("变更", "已生效"));
        };
        if self.deemed {
            return Err(rule("急诊抢救视同备案不能变更，请另行办理备案"));
        }
        if self.is_expired_on(at.day()) {
            return Err(rule("备案已过有效期，不能变更，请重新备案"));
        }
        self.must_not_be_held(rules, at)?;
        let destination = change.destination.unwrap_or(self.destination);
        must_lead_away(self.insured, destination)?;
        let begins = change.begins.unwrap_or(at.day());
        let ends = validity(self.category, begins, change.ends, rules, at)?;
        let former = self.next(Stage::Replaced { since, at, by: change.id });
        let successor = Self {
            id: change.id,
            destination,
            begins,
            ends,
            filed_at: at,
            stage: Stage::Effective { since: at },
            generation: former.generation + 1,
            ..self.clone()
        };
        Ok(Changed { former, successor })
    }

    /// 取消. What is not decided yet is withdrawn.
    pub fn cancel(&self, rules: &Rules, at: Moment) -> Result<Self, Refusal> {
        let since = match self.stage {
            Stage::Submitted => None,
            Stage::Effective { since } => {
                self.must_not_be_held(rules, at)?;
                Some(since)
            }
            Stage::Rejected { .. } | Stage::Replaced { .. } | Stage::Cancelled { .. } => {
                return Err(self.stands_wrong("取消", "待审核或已生效"));
            }
        };
        Ok(self.next(Stage::Cancelled { since, at }))
    }

    /// Whether the last day of validity is over.
    pub fn is_expired_on(&self, day: Day) -> bool {
        self.ends.is_some_and(|ends| ends < day)
    }

    /// Whether this is a later record of the filing than the one that a register has.
    pub fn is_newer_than(&self, known: &Self) -> bool {
        self.id == known.id && self.generation > known.generation
    }

    fn next(&self, stage: Stage) -> Self {
        Self { stage, generation: self.generation + 1, ..self.clone() }
    }

    fn must_be_submitted(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Submitted => Ok(()),
            _ => Err(self.stands_wrong("审核", "待审核")),
        }
    }

    /// Long-term filings stay for a while, so that nobody moves between standards at will.
    fn must_not_be_held(&self, rules: &Rules, at: Moment) -> Result<(), Refusal> {
        let free = self.begins.plus_months(rules.long_term_hold_months);
        if self.category.is_long_term() && at.day() < free {
            let months = rules.long_term_hold_months;
            return Err(rule(format!("长期居住备案{months}个月内不能变更或取消，请于{free}起办理")));
        }
        Ok(())
    }

    /// Both live, of one scheme and one class, with a day in common.
    fn competes_with(&self, other: &Self) -> bool {
        let lives = matches!(other.stage, Stage::Submitted | Stage::Effective { .. }) && !other.deemed;
        lives
            && self.person == other.person
            && self.scheme == other.scheme
            && self.category.is_long_term() == other.category.is_long_term()
            && !self.is_expired_on(other.begins)
            && !other.is_expired_on(self.begins)
    }

    fn stands_wrong(&self, verb: &str, needed: &str) -> Refusal {
        rule(format!("备案[{}]当前为[{}]，{needed}的备案才能{verb}", self.id, self.stage))
    }
}

fn rule(reason: impl Into<String>) -> Refusal {
    Refusal::FilingRule { reason: reason.into() }
}

/// Whether the filing covers a stay that is settled at a moment.
///
/// - The destination takes in the treatment place.
/// - It was in effect when the stay was settled, so that computing the settlement again gives the same answer.
/// - The admission is within its days; that they end before the discharge does not matter (医保发〔2022〕22号).
/// - Or it was filed late, on or after the day of admission and before the settlement, and begins no later than the
///   discharge (允许补办备案, 医保发〔2022〕22号, 规程 art. 16).
/// - Cancelled or replaced, it keeps covering whoever was admitted on an earlier day.
pub fn covers(
    filing: &Filing,
    treatment: TreatmentPlace,
    admission: Day,
    discharge: Day,
    settled_at: Moment,
) -> bool {
    filing.destination.covers(treatment) && holds_on(filing, admission, discharge, settled_at)
}

/// Whether the filing holds on the days of a stay, wherever that is.
fn holds_on(filing: &Filing, admission: Day, discharge: Day, settled_at: Moment) -> bool {
    let Some((since, until)) = filing.stage.in_effect() else { return false };
    let in_effect =
        since <= settled_at && until.is_none_or(|until| admission < until.day() || settled_at < until);
    let begun =
        filing.begins <= admission || (filing.filed_at.day() >= admission && filing.begins <= discharge);
    in_effect && begun && !filing.is_expired_on(admission)
}

/// How a stay stands as to filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Filed, under this category.
    Filed(FilingCategory, FilingId),
    /// An emergency without a filing that covers one, which counts as filed (视同已备案, 规程 art. 34).
    Deemed,
    /// A long-term filing stands on these days, but for another place: the person came home (备案期间回参保地) or went on to a
    /// third one. This category, this filing.
    FiledElsewhere(FilingCategory, FilingId),
    /// Not filed (未备案): the insured place's rule for such stays applies (规程 art. 14).
    NotFiled,
}

impl Standing {
    /// The category whose standard applies; none if not filed for this place.
    pub const fn category(self) -> Option<FilingCategory> {
        match self {
            Self::Filed(category, _) => Some(category),
            Self::Deemed => Some(FilingCategory::Emergency),
            Self::FiledElsewhere(..) | Self::NotFiled => None,
        }
    }
}

/// The best standing that the filings of one person in one scheme give a stay: long-term before referral before emergency
/// before other; of two alike, the one filed last. Records of earlier emergencies do not count: each emergency is shown
/// by the hospital (门诊急诊转诊标志, 住院类型) as `emergency`. An emergency counts as filed wherever it happens, so it
/// comes before a long-term filing for another place; temporary filings say nothing about other places.
///
/// 其他临时外出就医 is by its definition 非急诊且未转诊 (医保发〔2022〕22号): such a filing does not cover an emergency, which stands as it
/// would if nothing were filed. So nobody is worse off in an emergency for having filed it.
pub fn standing(
    filings: &[Filing],
    treatment: TreatmentPlace,
    admission: Day,
    discharge: Day,
    settled_at: Moment,
    emergency: bool,
) -> Standing {
    let best = |holds: &dyn Fn(&Filing) -> bool| {
        let covers_such = |filing: &Filing| !(emergency && filing.category == FilingCategory::OtherTemporary);
        let standing = filings.iter().filter(|filing| !filing.deemed && covers_such(filing) && holds(filing));
        standing.min_by_key(|filing| (rank(filing.category), Reverse(filing.filed_at), filing.id))
    };
    if let Some(filing) = best(&|filing| covers(filing, treatment, admission, discharge, settled_at)) {
        return Standing::Filed(filing.category, filing.id);
    }
    if emergency {
        return Standing::Deemed;
    }
    let elsewhere =
        best(&|filing| filing.category.is_long_term() && holds_on(filing, admission, discharge, settled_at));
    elsewhere.map_or(Standing::NotFiled, |filing| Standing::FiledElsewhere(filing.category, filing.id))
}

const fn rank(category: FilingCategory) -> u8 {
    match category {
        FilingCategory::ResettledRetiree
        | FilingCategory::LongTermResident
        | FilingCategory::StationedWorker => 0,
        FilingCategory::Referral => 1,
        FilingCategory::Emergency => 2,
        FilingCategory::OtherTemporary => 3,
    }
}

/// The virtual record of an emergency that counts as filed (视同备案, 规程 art. 34): for its one admission, in effect at once.
pub fn deemed_filing(
    id: FilingId,
    person: PersonNumber,
    scheme: InsuranceScheme,
    insured: InsuredPlace,
    treatment: TreatmentPlace,
    admission: Day,
    at: Moment,
) -> Filing {
    Filing {
        id,
        person,
        scheme,
        insured,
        category: FilingCategory::Emergency,
        destination: Destination::containing(treatment),
        begins: admission,
        ends: Some(admission),
        commitment: false,
        filed_at: at,
        stage: Stage::Effective { since: at },
        generation: 1,
        deemed: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FilingCategory::{Emergency, LongTermResident, OtherTemporary, Referral};

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// A moment of 2026, `MM-dd` or `MM-dd HH:mm:ss`.
    fn at(text: &str) -> Moment {
        format!("2026-{text}").parse().unwrap()
    }

    fn id(serial: u64) -> FilingId {
        FilingId::new("420000".parse().unwrap(), at("01-01"), serial)
    }

    fn destination(code: &str) -> Destination {
        Destination::new(code.parse().unwrap()).unwrap()
    }

    fn treated_in(code: &str) -> TreatmentPlace {
        TreatmentPlace(code.parse().unwrap())
    }

    fn application(category: FilingCategory) -> Application {
        Application {
            id: id(1),
            person: "42010000000000000000900001".parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            insured: InsuredPlace("420106".parse().unwrap()),
            category,
            destination: destination("310000"),
            begins: None,
            ends: None,
            commitment: false,
        }
    }

    /// Applied for on 2 March 2026.
    fn submitted(category: FilingCategory) -> Filing {
        submit(application(category), &[], &Rules::default(), at("03-02 09:00:00")).unwrap()
    }

    fn effective(category: FilingCategory) -> Filing {
        submitted(category).approve(at("03-02 10:00:00")).unwrap()
    }

    fn change_to(code: &str) -> Change {
        Change { id: id(2), destination: Some(destination(code)), begins: None, ends: None }
    }

    fn reason(refusal: &Refusal) -> String {
        refusal.message().replace("备案不能办理：", "")
    }

    #[test]
    fn every_move_from_every_stage() {
        let rules = Rules::default();
        let in_april = at("04-01");
        let filed = effective(Referral);
        let starts = [
            ("submitted", submitted(Referral)),
            ("effective", filed.clone()),
            ("effective, long-term", effective(LongTermResident)),
            ("effective, expired", Filing { ends: Some(day("2026-03-31")), ..filed.clone() }),
            ("effective, deemed", Filing { deemed: true, ..filed.clone() }),
            ("rejected", submitted(Referral).reject("材料不全", in_april).unwrap()),
            ("replaced", filed.change(&change_to("110000"), &rules, in_april).unwrap().former),
            ("cancelled", filed.cancel(&rules, in_april).unwrap()),
        ];
        let name = |result: Result<Filing, Refusal>| {
            result.map_or("-".to_owned(), |filing| filing.stage.name().to_owned())
        };
        let mut grid = String::from("stage                 approve    reject     change     cancel\n");
        for (label, start) in starts {
            let row = [
                label.to_owned(),
                name(start.approve(in_april)),
                name(start.reject("材料不全", in_april)),
                name(start.change(&change_to("110000"), &rules, in_april).map(|changed| changed.former)),
                name(start.cancel(&rules, in_april)),
            ];
            let [label, approve, reject, change, cancel] = row;
            grid += format!("{label:<22}{approve:<11}{reject:<11}{change:<11}{cancel}").trim_end();
            grid += "\n";
        }
        assert_eq!(
            grid,
            "\
stage                 approve    reject     change     cancel
submitted             effective  rejected   -          cancelled
effective             -          -          replaced   cancelled
effective, long-term  -          -          -          -
effective, expired    -          -          -          cancelled
effective, deemed     -          -          -          cancelled
rejected              -          -          -          -
replaced              -          -          -          -
cancelled             -          -          -          -
"
        );
    }

    #[test]
    fn applications_that_are_refused() {
        let base = application(Referral);
        let long = application(LongTermResident);
        let cases = [
            (
                Application { destination: destination("420100"), ..base.clone() },
                "就医地[420100]包含参保地所在统筹区，本统筹区就医不需要备案，请选择其他统筹区或取消备案",
            ),
            (
                Application { destination: destination("420000"), ..base.clone() },
                "就医地[420000]包含参保地所在统筹区，本统筹区就医不需要备案，请选择其他统筹区或取消备案",
            ),
            (
                Application { commitment: true, ..base.clone() },
                "承诺制只适用于跨省异地长期居住人员，请提交备案材料后重新申请",
            ),
            (
                Application { begins: Some(day("9999-12-31")), ..base.clone() },
                "开始日期[9999-12-31]超过办理之日后12个月，请更正开始日期",
            ),
            (
                Application { ends: Some(day("2026-08-31")), ..base.clone() },
                "临时外出就医备案有效期不少于6个月，请更正结束日期[2026-08-31]",
            ),
            (
                Application { ends: Some(day("2027-03-01")), ..long },
                "跨省异地长期居住备案长期有效，不设结束日期，请删去结束日期",
            ),
        ];
        for (application, expected) in cases {
            let refusal = submit(application, &[], &Rules::default(), at("03-02 09:00:00")).unwrap_err();
            assert_eq!(reason(&refusal), expected);
        }
    }

    #[test]
    fn a_temporary_filing_lasts_six_months_and_a_long_term_one_is_open() {
        let ends = |category| submitted(category).ends.map(|ends| ends.to_string());
        assert_eq!(ends(Referral).as_deref(), Some("2026-09-02"));
        assert_eq!(ends(LongTermResident), None);
        let exact = Application { ends: Some(day("2026-09-01")), ..application(OtherTemporary) };
        assert!(
            submit(exact, &[], &Rules::default(), at("03-02")).is_ok(),
            "2 March to 1 September is six months"
        );
    }

    #[test]
    fn one_place_at_a_time_unless_the_area_says_otherwise() {
        let rules = Rules::default();
        let several = Rules { one_place_at_a_time: false, ..rules };
        let again = |category, others: &[Filing], rules: &Rules| {
            submit(Application { id: id(9), ..application(category) }, others, rules, at("04-01")).is_ok()
        };
        let cancelled = effective(Referral).cancel(&rules, at("03-20")).unwrap();
        let expired = Filing { ends: Some(day("2026-03-31")), ..effective(Referral) };
        let residents = Filing { scheme: InsuranceScheme::Resident, ..effective(Referral) };
        for (what, category, other, rules, expected) in [
            ("a second temporary one", OtherTemporary, effective(Referral), rules, false),
            ("the same, where several are allowed", OtherTemporary, effective(Referral), several, true),
            ("while the first is not decided", OtherTemporary, submitted(Referral), rules, false),
            ("after the first is cancelled", OtherTemporary, cancelled, rules, true),
            ("after the first has expired", OtherTemporary, expired, rules, true),
            ("a referral from the long-term place", Referral, effective(LongTermResident), rules, true),
            ("in the other scheme", Referral, residents, rules, true),
        ] {
            assert_eq!(again(category, &[other], &rules), expected, "{what}");
        }
    }

    #[test]
    fn a_change_replaces_the_filing_by_one_of_a_higher_generation() {
        let filed = effective(Referral);
        let Changed { former, successor } =
            filed.change(&change_to("440100"), &Rules::default(), at("05-10")).unwrap();
        assert_eq!(former.stage, Stage::Replaced { since: at("03-02 10:00:00"), at: at("05-10"), by: id(2) });
        assert!(former.is_newer_than(&filed) && !filed.is_newer_than(&former));
        assert!(successor.generation > former.generation);
        assert_eq!((successor.id, successor.destination), (id(2), destination("440100")));
        assert_eq!((successor.begins, successor.ends), (day("2026-05-10"), Some(day("2026-11-10"))));

        let home = filed.change(&change_to("420100"), &Rules::default(), at("05-10")).unwrap_err();
        assert_eq!(
            reason(&home),
            "就医地[420100]包含参保地所在统筹区，本统筹区就医不需要备案，请选择其他统筹区或取消备案"
        );
    }

    #[test]
    fn a_long_term_filing_is_held_for_six_months() {
        let rules = Rules::default();
        let filed = effective(LongTermResident);
        let early = filed.cancel(&rules, at("09-01")).unwrap_err();
        assert_eq!(reason(&early), "长期居住备案6个月内不能变更或取消，请于2026-09-02起办理");
        assert!(filed.cancel(&rules, at("09-02")).is_ok());
        assert!(filed.change(&change_to("110000"), &rules, at("09-02")).is_ok());
        assert!(filed.cancel(&Rules { long_term_hold_months: 0, ..rules }, at("03-03")).is_ok());
    }

    #[test]
    fn destinations_are_cities_or_provinces() {
        for (code, expected) in [
            ("310000", Some("310000")),
            ("110100", Some("110000")),
            ("440100", Some("440100")),
            ("440000", Some("440000")),
            ("429004", Some("429004")),
            ("440103", None),
            ("110101", None),
        ] {
            let found =
                Destination::new(code.parse().unwrap()).ok().map(|destination| destination.to_string());
            assert_eq!(found.as_deref(), expected, "{code}");
        }
        for (to, treated, expected) in [
            ("310000", "310101", true),
            ("440000", "440103", true),
            ("440100", "440103", true),
            ("440100", "440300", false),
            ("429004", "429005", false),
            ("310000", "320500", false),
        ] {
            assert_eq!(destination(to).covers(treated_in(treated)), expected, "{to} {treated}");
        }
    }

    #[test]
    fn which_stays_a_filing_covers() {
        // Filed 2 March, valid to 2 September.
        let filed = effective(Referral);
        let rules = Rules::default();
        let cancelled = filed.cancel(&rules, at("05-10 12:00:00")).unwrap();
        let begins_later = Filing { begins: day("2026-04-01"), ..filed.clone() };
        for (what, filing, admission, discharge, settled, expected) in [
            ("within its days", &filed, "03-10", "03-20", "03-20 15:00:00", true),
            ("admitted on its first day", &filed, "03-02", "03-20", "03-20 15:00:00", true),
            ("admitted on its last day", &filed, "09-02", "09-20", "09-20 15:00:00", true),
            ("admitted the day after", &filed, "09-03", "09-20", "09-20 15:00:00", false),
            ("late, before the settlement", &filed, "02-20", "03-02", "03-02 16:00:00", true),
            ("late, discharged the day before it begins", &filed, "02-20", "03-01", "03-02 16:00:00", false),
            ("late, approved after the settlement", &filed, "02-20", "03-02", "03-02 09:30:00", false),
            (
                "filed early to begin within the stay",
                &begins_later,
                "03-20",
                "04-05",
                "04-05 15:00:00",
                false,
            ),
            ("admitted before it was cancelled", &cancelled, "05-09", "05-20", "05-20 15:00:00", true),
            ("admitted after it was cancelled", &cancelled, "05-11", "05-20", "05-20 15:00:00", false),
            ("not decided", &submitted(Referral), "03-10", "03-20", "03-20 15:00:00", false),
        ] {
            let (admission, discharge) = (at(admission).day(), at(discharge).day());
            let covered = covers(filing, treated_in("310115"), admission, discharge, at(settled));
            assert_eq!(covered, expected, "{what}");
        }
        let elsewhere =
            covers(&filed, treated_in("320500"), day("2026-03-10"), day("2026-03-20"), at("03-20"));
        assert!(!elsewhere, "in another province");
    }

    #[test]
    fn the_best_standing_counts() {
        let other = Filing { id: id(4), ..effective(OtherTemporary) };
        let emergency = Filing { id: id(3), ..effective(Emergency) };
        let referral = Filing { id: id(2), ..effective(Referral) };
        let long = effective(LongTermResident);
        let deemed = deemed_filing(
            id(5),
            long.person.clone(),
            long.scheme,
            long.insured,
            treated_in("310115"),
            day("2026-03-10"),
            at("03-20"),
        );
        let all = [other.clone(), emergency.clone(), referral.clone(), long, deemed.clone()];
        let of = |filings: &[Filing], emergency| {
            standing(
                filings,
                treated_in("310115"),
                day("2026-03-10"),
                day("2026-03-20"),
                at("03-20"),
                emergency,
            )
        };
        let filed = |category, serial| Standing::Filed(category, id(serial));
        for (filings, otherwise, in_an_emergency) in [
            (&all[..], filed(LongTermResident, 1), filed(LongTermResident, 1)),
            (&all[..3], filed(Referral, 2), filed(Referral, 2)),
            (&all[..2], filed(Emergency, 3), filed(Emergency, 3)),
            // 非急诊且未转诊: the filing says that it is for something else.
            (&all[..1], filed(OtherTemporary, 4), Standing::Deemed),
            (&all[..0], Standing::NotFiled, Standing::Deemed),
        ] {
            assert_eq!(of(filings, false), otherwise, "{filings:?}");
            assert_eq!(of(filings, true), in_an_emergency, "{filings:?} in an emergency");
        }
        assert_eq!(
            of(std::slice::from_ref(&deemed), false),
            Standing::NotFiled,
            "an earlier emergency does not count"
        );
        let third = |filings: &[Filing], emergency| {
            let (admission, discharge) = (day("2026-03-10"), day("2026-03-20"));
            standing(filings, treated_in("320500"), admission, discharge, at("03-20"), emergency)
        };
        assert_eq!(third(&all, false), Standing::FiledElsewhere(LongTermResident, id(1)));
        assert_eq!(third(&all, true), Standing::Deemed, "an emergency counts as filed wherever it is");
        assert_eq!(
            third(&all[..3], false),
            Standing::NotFiled,
            "temporary filings are for their place alone"
        );
        assert_eq!(third(&all, false).category(), None);
        assert!(covers(&deemed, treated_in("310115"), day("2026-03-10"), day("2026-03-20"), at("03-20")));
        assert_eq!(Standing::Deemed.category(), Some(Emergency));
    }

    #[test]
    fn a_filing_reads_back_as_it_is_written() {
        let filing = effective(Referral).cancel(&Rules::default(), at("05-10")).unwrap();
        let text = serde_json::to_string(&filing).unwrap();
        assert!(text.contains(r#""stage":{"name":"cancelled""#), "{text}");
        assert_eq!(serde_json::from_str::<Filing>(&text).unwrap(), filing);
        assert!(
            serde_json::from_str::<Filing>(&text.replace("310000", "310115")).is_err(),
            "not to a county"
        );
    }
}
