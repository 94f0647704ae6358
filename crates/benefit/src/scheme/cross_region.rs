//! 异地就医: what changes for a visit outside the pooling area.

use super::{Citation, Origin, Selector, points, ratio::times_rate, yuan};
use crate::bill::{Case, FilingStanding};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use terms::{AdminDivision, CareKind, Fen, FilingCategory, Listed, Rate, Set};

/// How a visit stands, as cross-region rules tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Inside the pooling area, and no long-term filing elsewhere: no rule concerns it.
    Local,
    /// One of the three long-term categories (跨省异地长期居住), in the filed place.
    LongTerm,
    /// Filed long-term, treated at home in the insured place (备案期间回参保地就医).
    LongTermAtHome,
    /// Filed long-term, treated in a third place (备案期间到备案地以外就医).
    LongTermElsewhere,
    /// 异地转诊.
    Referral,
    /// 异地急诊抢救, filed or deemed filed.
    Emergency,
    /// 其他跨省临时外出就医.
    OtherTemporary,
    /// 未备案.
    NotFiled,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Local,
        Self::LongTerm,
        Self::LongTermAtHome,
        Self::LongTermElsewhere,
        Self::Referral,
        Self::Emergency,
        Self::OtherTemporary,
        Self::NotFiled,
    ];

    /// The standings for which every policy has a rule; the others fall back on one of them or on the local benefit.
    pub const RULED: [Self; 5] =
        [Self::LongTerm, Self::Referral, Self::Emergency, Self::OtherTemporary, Self::NotFiled];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Local => "本地就医",
            Self::LongTerm => "异地长期居住",
            Self::LongTermAtHome => "长期居住备案人员回参保地",
            Self::LongTermElsewhere => "长期居住备案人员到备案地以外",
            Self::Referral => "异地转诊",
            Self::Emergency => "异地急诊抢救",
            Self::OtherTemporary => "其他临时外出",
            Self::NotFiled => "未备案",
        }
    }

    /// Of a case.
    pub fn of(case: &Case) -> Self {
        use FilingCategory as Category;
        let inside = case.is_inside();
        match case.standing {
            FilingStanding::Filed(category) | FilingStanding::FiledElsewhere(category)
                if inside && category.is_long_term() =>
            {
                Self::LongTermAtHome
            }
            _ if inside => Self::Local,
            FilingStanding::Filed(Category::Referral) => Self::Referral,
            FilingStanding::Filed(Category::Emergency) | FilingStanding::DeemedFiled => Self::Emergency,
            FilingStanding::Filed(Category::OtherTemporary) => Self::OtherTemporary,
            FilingStanding::Filed(_) => Self::LongTerm,
            FilingStanding::FiledElsewhere(category) if category.is_long_term() => Self::LongTermElsewhere,
            FilingStanding::FiledElsewhere(_) | FilingStanding::NotFiled => Self::NotFiled,
        }
    }

    /// The standing whose rule holds where none is written for this one; `None`: the local benefit.
    pub const fn else_as(self) -> Option<Self> {
        match self {
            Self::LongTermElsewhere => Some(Self::NotFiled),
            _ => None,
        }
    }
}

impl Listed for Standing {
    const LISTED: &'static [Self] = &Self::ALL;
    fn position(self) -> u32 {
        self as u32
    }
}

/// What changes for some visits outside the area. The first rule that concerns a visit is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossRegionRule {
    /// For these standings.
    pub standings: Set<Standing>,
    /// For these kinds of care.
    pub care: Set<CareKind>,
    /// For whom and where; its own standings are not used.
    pub who: Selector,
    /// How far away.
    pub within: Where,
    /// In these provinces or cities: a division fits the ones that lie in it; none named: everywhere.
    pub places: Vec<AdminDivision>,
    /// What changes.
    pub change: Change,
    /// Where it is written.
    pub origin: Origin,
}

/// How far away a visit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// Anywhere outside the pooling area.
    #[default]
    Anywhere,
    /// In another pooling area of the same province (省内异地).
    SameProvince,
    /// In another province (跨省异地).
    OtherProvince,
}

impl CrossRegionRule {
    /// Where the rule is written.
    pub fn citation(&self) -> &Arc<Citation> {
        &self.origin.citation
    }

    /// Whether a treatment place is one of those that the rule is for.
    pub fn holds_at(&self, case: &Case) -> bool {
        let same = case.insured.province() == case.treatment.province();
        let far = match self.within {
            Where::Anywhere => true,
            Where::SameProvince => same,
            Where::OtherProvince => !same,
        };
        let treated = case.treatment.division();
        far && (self.places.is_empty() || self.places.iter().any(|place| place.contains(treated)))
    }

    /// Whether it speaks of its places, not of all that lies outside the area: what a person who needs not file within the
    /// province is held to.
    pub fn names_places(&self) -> bool {
        self.within == Where::SameProvince || !self.places.is_empty()
    }

    /// Whether it holds everywhere for all persons in a kind of care.
    pub fn is_general(&self, care: CareKind) -> bool {
        let who = &self.who;
        self.care.contains(care)
            && self.places.is_empty()
            && self.within != Where::SameProvince
            && who.levels.is_empty()
            && who.specialty() == 0
            && who.age_from.is_none()
            && who.age_below.is_none()
            && who.visit_from.is_none()
            && who.visit_below.is_none()
            && who.tiers.is_empty()
            && who.years_from.is_none()
            && who.years_below.is_none()
            && who.retired_from.is_none()
            && who.retired_before.is_none()
    }
}

/// A change to the local rule; all absent: as at home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Nothing is paid directly, for this reason.
    pub refuse: Option<String>,
    /// The person first pays this share of the in-scope amount (个人先自付), before the deductible.
    pub first_self_pay: Option<Rate>,
    /// This deductible in place of the local one.
    pub deductible: Option<Fen>,
    /// The deductible higher by this.
    pub deductible_more: Option<Fen>,
    /// The deductible higher by this share of it.
    pub deductible_more_share: Option<Rate>,
    /// This ratio in place of all of the pool's ratios.
    pub ratio: Option<Rate>,
    /// The pool's ratios times this.
    pub factor: Option<Rate>,
    /// The pool's ratios lower by these points.
    pub ratio_less: Option<Rate>,
    /// The person's own share higher by these points.
    pub own_share_more: Option<Rate>,
    /// But the pool's ratio is at least this (保底).
    pub ratio_at_least: Option<Rate>,
}

impl Change {
    /// A ratio of the pool, changed.
    pub fn applied_to(&self, local: Rate) -> Rate {
        let rate = self.ratio.unwrap_or(local);
        let rate = self.factor.map_or(rate, |factor| times_rate(rate, factor));
        let rate =
            rate.less(self.ratio_less.unwrap_or_default()).less(self.own_share_more.unwrap_or_default());
        rate.max(self.ratio_at_least.unwrap_or_default())
    }

    /// A deductible, changed.
    pub fn deductible_of(&self, local: Fen) -> Fen {
        let standard = self.deductible.unwrap_or(local) + self.deductible_more.unwrap_or_default();
        let share = self.deductible_more_share.unwrap_or_default();
        standard + share.of(standard, terms::Rounding::HalfUp)
    }

    /// Whether it touches the deductible.
    pub const fn touches_deductible(&self) -> bool {
        self.deductible.is_some() || self.deductible_more.is_some() || self.deductible_more_share.is_some()
    }

    /// In Chinese words.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        let mut say = |what: &str, rate: Option<Rate>| words.extend(rate.map(|rate| format!("{what}{rate}")));
        say("个人先自付", self.first_self_pay);
        say("统一支付比例", self.ratio);
        say("支付比例乘以", self.factor);
        say("支付比例不低于", self.ratio_at_least);
        say("起付标准提高", self.deductible_more_share);
        words.extend(self.ratio_less.map(|rate| format!("支付比例降低{}", points(rate))));
        words.extend(self.own_share_more.map(|rate| format!("个人负担比例提高{}", points(rate))));
        words.extend(self.deductible.map(|amount| format!("起付标准{}元", yuan(amount))));
        words.extend(self.deductible_more.map(|amount| format!("起付标准增加{}元", yuan(amount))));
        words.extend(self.refuse.as_ref().map(|reason| format!("不直接结算：{reason}")));
        if words.is_empty() { "执行参保地本地待遇".to_owned() } else { words.join("，") }
    }
}
