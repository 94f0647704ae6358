//! Materials of a filing (备案材料): what is handed in with it, what its category asks for, and what a reviewer asks for beside (补正).
//!
//! What each category asks for is 规程 art. 8 (annex of 医保发〔2022〕22号); how many, and how long a person has to supplement, is no national
//! figure and stands in [`filing::Rules`]. A filing on commitment (承诺制) asks for none; whoever made it may hand papers in later all the
//! same. This module must not know how a paper is kept or what a picture looks like inside.

use crate::filing::{Filing, Rules, Stage};
use serde::{Deserialize, Serialize};
use terms::{Day, FilingCategory, Moment, Refusal, WorkingDays};

/// What a paper is (材料种类).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 身份证件: electronic voucher, identity card or social security card.
    Identity,
    /// 登记备案表, signed; what is filed on a page is one.
    Form,
    /// 户口簿首页和本人常住人口登记卡.
    Household,
    /// 长期居住证明, as a residence permit (居住证).
    Residence,
    /// 派出证明、异地单位证明或工作合同.
    Work,
    /// 转诊转院证明.
    Referral,
    /// 个人承诺书.
    Commitment,
    /// 其他材料.
    Other,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Form,
        Self::Household,
        Self::Residence,
        Self::Work,
        Self::Referral,
        Self::Commitment,
        Self::Other,
    ];

    /// The name that programs use, the same as in its serialized form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Form => "form",
            Self::Household => "household",
            Self::Residence => "residence",
            Self::Work => "work",
            Self::Referral => "referral",
            Self::Commitment => "commitment",
            Self::Other => "other",
        }
    }

    /// The Chinese words.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Identity => "身份证件",
            Self::Form => "登记备案表",
            Self::Household => "户口簿首页和本人登记卡",
            Self::Residence => "居住证等长期居住证明",
            Self::Work => "派出证明或工作合同",
            Self::Referral => "转诊转院证明",
            Self::Commitment => "个人承诺书",
            Self::Other => "其他材料",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a category asks for beside the form that the application is: one paper of each of these groups (规程 art. 8). An emergency counts as
/// filed and asks for nothing (art. 34).
pub const fn wanted(category: FilingCategory) -> &'static [&'static [Kind]] {
    const IDENTITY: &[Kind] = &[Kind::Identity];
    match category {
        FilingCategory::ResettledRetiree => &[IDENTITY, &[Kind::Household, Kind::Commitment]],
        FilingCategory::LongTermResident => &[IDENTITY, &[Kind::Residence, Kind::Commitment]],
        FilingCategory::StationedWorker => &[IDENTITY, &[Kind::Work, Kind::Commitment]],
        FilingCategory::Referral => &[IDENTITY, &[Kind::Referral]],
        FilingCategory::OtherTemporary => &[IDENTITY],
        FilingCategory::Emergency => &[],
    }
}

/// Of what a filing asks for, what has not been handed in; nothing of one on commitment, or that counts as filed.
pub fn missing(filing: &Filing, kept: &[Material]) -> Vec<&'static [Kind]> {
    if filing.commitment || filing.deemed {
        return Vec::new();
    }
    let is_there = |group: &&&'static [Kind]| {
        kept.iter().any(|one| one.removed_at.is_none() && group.contains(&one.kind))
    };
    wanted(filing.category).iter().filter(|group| !is_there(group)).copied().collect()
}

/// A paper that was handed in, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// Counted within the filing, from one; never given twice.
    pub number: u16,
    /// What it is.
    pub kind: Kind,
    /// What its content is, as a media type: `image/png`.
    pub media_type: String,
    /// Bytes of its content.
    pub size: u32,
    /// Who handed it in, for the record.
    pub added_by: String,
    /// When.
    pub added_at: Moment,
    /// When it was taken back; its content is gone then.
    pub removed_at: Option<Moment>,
}

/// What a reviewer asks for beside (补正).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supplement {
    /// Counted within the filing, from one.
    pub number: u16,
    /// What the person is told, in Chinese.
    pub wanted: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Moment,
    /// The last day on which it is in time.
    pub due: Day,
    /// When something was handed in after it.
    pub answered_at: Option<Moment>,
}

impl Supplement {
    /// Whether it waits for the person, and its day is over.
    pub fn is_overdue_on(&self, day: Day) -> bool {
        self.answered_at.is_none() && self.due < day
    }
}

/// The longest text of what is asked for beside, in characters.
const WANTED_MAX: usize = 300;

/// Whether something may be handed in: until the filing is decided on; after that only for one on commitment that stands, whose papers may
/// come later. `kept` are all of the filing.
///
/// # Errors
/// [`Refusal::FilingRule`]: the filing is decided on, or carries as many as it may.
pub fn may_add(filing: &Filing, kept: &[Material], rules: &Rules) -> Result<(), Refusal> {
    let later = filing.commitment && matches!(filing.stage, Stage::Effective { .. });
    if filing.deemed || !(later || filing.stage == Stage::Submitted) {
        let (id, stage) = (filing.id, &filing.stage);
        return Err(rule(format!("备案[{id}]当前为[{stage}]，不再收材料，确有需要的请重新办理备案")));
    }
    let there = kept.iter().filter(|one| one.removed_at.is_none()).count();
    if there >= usize::from(rules.materials_max) {
        let most = rules.materials_max;
        return Err(rule(format!("一份备案最多{most}份材料，请先删去不需要的再上传")));
    }
    Ok(())
}

/// Whether something may be taken back: until the filing is decided on. What it was decided by stays.
///
/// # Errors
/// [`Refusal::FilingRule`]: the filing is decided on.
pub fn may_remove(filing: &Filing) -> Result<(), Refusal> {
    match filing.stage {
        Stage::Submitted => Ok(()),
        _ => Err(rule(format!("备案[{}]已办理，所交材料留存备查，不能删去", filing.id))),
    }
}

/// 补正: a reviewer asks for something beside. `open` are those that were asked before.
///
/// # Errors
/// [`Refusal::FilingRule`]: the filing is decided on, nothing is said, or the last one still waits for the person.
pub fn ask(
    filing: &Filing,
    asked: &[Supplement],
    (wanted, by): (&str, &str),
    rules: &Rules,
    at: Moment,
) -> Result<Supplement, Refusal> {
    if filing.stage != Stage::Submitted {
        let (id, stage) = (filing.id, &filing.stage);
        return Err(rule(format!("备案[{id}]当前为[{stage}]，待审核的备案才能要求补正材料")));
    }
    let wanted = wanted.trim();
    if wanted.is_empty() || wanted.chars().count() > WANTED_MAX {
        return Err(rule(format!("请用1到{WANTED_MAX}字写明需要补正什么材料")));
    }
    let today = at.day();
    if let Some(open) = asked.iter().find(|one| one.answered_at.is_none() && !one.is_overdue_on(today)) {
        return Err(rule(format!("已要求{}前补正材料，请等待参保人补交，或直接审核", open.due)));
    }
    let number = asked.iter().map(|one| one.number).max().unwrap_or(0).saturating_add(1);
    let due = WorkingDays::published().due(today, rules.supplement_working_days).day;
    Ok(Supplement {
        number,
        wanted: wanted.to_owned(),
        asked_by: by.to_owned(),
        asked_at: at,
        due,
        answered_at: None,
    })
}

/// The number of what is handed in next.
pub fn next_number(kept: &[Material]) -> u16 {
    kept.iter().map(|one| one.number).max().unwrap_or(0).saturating_add(1)
}

fn rule(reason: impl Into<String>) -> Refusal {
    Refusal::FilingRule { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filing::{Application, Destination, submit};
    use terms::{FilingId, InsuranceScheme, InsuredPlace};

    fn at(text: &str) -> Moment {
        format!("2026-{text}").parse().unwrap()
    }

    fn filed(category: FilingCategory, commitment: bool) -> Filing {
        let application = Application {
            id: FilingId::new("420000".parse().unwrap(), at("01-01"), 1),
            person: "42010000000000000000900001".parse().unwrap(),
            scheme: InsuranceScheme::Employee,
            insured: InsuredPlace("420106".parse().unwrap()),
            category,
            destination: Destination::new("310000".parse().unwrap()).unwrap(),
            begins: None,
            ends: None,
            commitment,
        };
        submit(application, &[], &Rules::default(), at("03-02 09:00:00")).unwrap()
    }

    fn paper(number: u16, kind: Kind) -> Material {
        Material {
            number,
            kind,
            media_type: "image/png".to_owned(),
            size: 10,
            added_by: "本人".to_owned(),
            added_at: at("03-02 10:00:00"),
            removed_at: None,
        }
    }

    #[test]
    fn each_category_asks_for_its_papers() {
        use Kind::{Commitment, Household, Identity, Other, Referral, Residence, Work};
        for (category, kept, left) in [
            (FilingCategory::ResettledRetiree, vec![Identity], 1),
            (FilingCategory::ResettledRetiree, vec![Identity, Household], 0),
            (FilingCategory::ResettledRetiree, vec![Identity, Commitment], 0),
            (FilingCategory::LongTermResident, vec![Residence], 1),
            (FilingCategory::StationedWorker, vec![Identity, Work, Other], 0),
            (FilingCategory::Referral, vec![Identity, Commitment], 1),
            (FilingCategory::Referral, vec![Identity, Referral], 0),
            (FilingCategory::OtherTemporary, vec![], 1),
            (FilingCategory::Emergency, vec![], 0),
        ] {
            let kept: Vec<Material> = (1..).zip(kept).map(|(number, kind)| paper(number, kind)).collect();
            let filing = filed(category, false);
            assert_eq!(missing(&filing, &kept).len(), left, "{category:?} {kept:?}");
            let gone: Vec<Material> =
                kept.iter().map(|one| Material { removed_at: Some(at("03-03")), ..one.clone() }).collect();
            assert_eq!(missing(&filing, &gone), wanted(category), "what was taken back is missing");
        }
        assert_eq!(missing(&filed(FilingCategory::LongTermResident, true), &[]), Vec::<&[Kind]>::new());
    }

    #[test]
    fn papers_come_and_go_until_the_filing_is_decided_on() {
        let rules = Rules { materials_max: 2, ..Rules::default() };
        let submitted = filed(FilingCategory::LongTermResident, false);
        let on_commitment = filed(FilingCategory::LongTermResident, true);
        let now = at("03-03");
        let stages = [
            (submitted.clone(), true, true),
            (submitted.approve(now).unwrap(), false, false),
            (submitted.reject("材料不清", now).unwrap(), false, false),
            (submitted.cancel(&rules, now).unwrap(), false, false),
            (on_commitment.clone(), true, true),
            (on_commitment.approve(now).unwrap(), true, false),
        ];
        for (filing, add, remove) in stages {
            assert_eq!(may_add(&filing, &[], &rules).is_ok(), add, "{}", filing.stage);
            assert_eq!(may_remove(&filing).is_ok(), remove, "{}", filing.stage);
        }
        let full = [paper(1, Kind::Identity), paper(2, Kind::Residence)];
        assert!(may_add(&submitted, &full, &rules).unwrap_err().message().contains("最多2份"));
        let one_gone = [Material { removed_at: Some(now), ..full[0].clone() }, full[1].clone()];
        assert!(may_add(&submitted, &one_gone, &rules).is_ok());
        assert_eq!((next_number(&one_gone), next_number(&[])), (3, 1));
    }

    #[test]
    fn a_supplement_has_its_day_and_is_asked_for_once_at_a_time() {
        let rules = Rules::default();
        let submitted = filed(FilingCategory::Referral, false);
        let said = ("转诊证明没有盖章，请重新拍照", "复核某");
        // A Monday in March: five working days later is the Monday after.
        let first = ask(&submitted, &[], said, &rules, at("03-02 09:00:00")).unwrap();
        assert_eq!((first.number, first.due.to_string().as_str()), (1, "2026-03-09"));
        let asked = [first.clone()];
        let at_once = ask(&submitted, &asked, said, &rules, at("03-09 09:00:00")).unwrap_err();
        assert!(at_once.message().contains("2026-03-09"), "{at_once}");
        assert!(!first.is_overdue_on("2026-03-09".parse().unwrap()));
        assert!(first.is_overdue_on("2026-03-10".parse().unwrap()));
        assert_eq!(ask(&submitted, &asked, said, &rules, at("03-10 09:00:00")).unwrap().number, 2);
        let answered = [Supplement { answered_at: Some(at("03-04")), ..first }];
        assert_eq!(ask(&submitted, &answered, said, &rules, at("03-05 09:00:00")).unwrap().number, 2);
        for (filing, wanted) in [
            (submitted.approve(at("03-03")).unwrap(), "证明"),
            (submitted.clone(), " "),
            (submitted.clone(), &"长".repeat(301)),
        ] {
            assert!(ask(&filing, &[], (wanted, "复核某"), &rules, at("03-03")).is_err());
        }
    }
}
