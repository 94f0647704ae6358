//! A rule of audit as data, in the words of the published descriptors of rules (规则名称, 定义, 逻辑, 结果类型, 监管环节, 应用场景).

use super::{Line, Sex};
use serde::Deserialize;
use terms::{CareKind, ChargeCategory, Day, SettlementLevel};

/// All rules of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(pub(super) Vec<Rule>);

impl Rules {
    /// All of them.
    pub fn all(&self) -> &[Rule] {
        &self.0
    }

    /// The rule of this id.
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.id == id)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// 规则标识 (`rule_id`).
    pub id: String,
    /// 规则名称.
    pub name: String,
    /// 定义: what it finds, in a sentence.
    pub definition: String,
    /// How sure a finding is.
    pub severity: Severity,
    /// 监管环节.
    pub stages: Vec<Stage>,
    /// 应用场景.
    pub care: Vec<CareKind>,
    /// What it says of which items, and from when.
    pub rows: Vec<Row>,
}

/// One row of a rule: a limit on some items, from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which items.
    pub items: Items,
    /// 医疗类别 by which it is narrowed, each with the codes that extend it; none: all.
    pub medical_types: Vec<String>,
    /// What holds for them.
    pub limit: Limit,
    /// First day.
    pub from: Day,
    /// Last day, if it has ended.
    pub to: Option<Day>,
    /// Where it is written.
    pub citation: Citation,
}

impl Row {
    /// Whether the row says something of a line.
    pub fn concerns(&self, line: &Line) -> bool {
        self.from <= line.from && self.to.is_none_or(|to| line.from <= to) && self.items.concern(line)
    }
}

/// Items by what their national code or name begins with, or by expense category. Empty: all items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// What the code begins with.
    pub codes: Vec<String>,
    /// What the name begins with.
    pub names: Vec<String>,
    /// 医疗收费项目类别.
    pub categories: Vec<ChargeCategory>,
}

impl Items {
    /// Whether a line is of one of them.
    pub fn concern(&self, line: &Line) -> bool {
        let all = self.codes.is_empty() && self.names.is_empty() && self.categories.is_empty();
        all || self.codes.iter().any(|code| line.item.starts_with(code.as_str()))
            || self.names.iter().any(|name| line.name.starts_with(name.as_str()))
            || line.category.is_some_and(|category| self.categories.contains(&category))
    }
}

/// What a rule holds items to: one variant a kind of logic (检出逻辑).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// 重复收费: not charged together with these others, which the items contain or replace.
    Together {
        /// The others: they are what is charged too much.
        with: Items,
        /// Within which time.
        per: Interval,
    },
    /// 重复记录: not the same item, quantity and price on two lines of one day.
    Again,
    /// 限性别.
    Sex(Sex),
    /// 限年龄: from so many whole years, or under so many, on the day of the line.
    Age {
        /// The least age.
        from: Option<u16>,
        /// The age that is too old.
        under: Option<u16>,
    },
    /// 限医疗机构级别: this level or a higher one.
    Level(SettlementLevel),
    /// 限频次, 限数量: at most this quantity in ten-thousandths.
    Quantity {
        /// The most.
        most: i64,
        /// Within which time.
        per: Interval,
    },
    /// 限天数: prescribed for at most so many days.
    Days(u16),
    /// 超限价: at most the catalog's limit price at the institution's level.
    Price,
    /// 限制使用: only after the institution's approval, or with one of these diagnoses.
    Restricted {
        /// What the restriction is, in Chinese.
        remark: String,
        /// What the code of a fitting diagnosis begins with; none: no diagnosis stands for the approval.
        diagnoses: Vec<String>,
    },
}

impl Limit {
    /// The name of the kind in the file (`logic`).
    pub const fn logic(&self) -> &'static str {
        match self {
            Self::Together { .. } => "together",
            Self::Again => "again",
            Self::Sex(_) => "sex",
            Self::Age { .. } => "age",
            Self::Level(_) => "level",
            Self::Quantity { .. } => "quantity",
            Self::Days(_) => "days",
            Self::Price => "price",
            Self::Restricted { .. } => "restricted",
        }
    }
}

/// The time in which charges are counted (时间区间).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// 同日.
    Day,
    /// 本次就诊.
    Visit,
}

/// How sure a finding is (严重程度, `sev_deg`); 结果类型 is 明确 for the first and 可疑 for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 明确违规.
    Definite,
    /// 高度可疑.
    HighlySuspected,
    /// 轻度可疑.
    SlightlySuspected,
}

impl Severity {
    /// The code of the interface.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Definite => "1",
            Self::HighlySuspected => "2",
            Self::SlightlySuspected => "3",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Definite => "明确违规",
            Self::HighlySuspected => "高度可疑",
            Self::SlightlySuspected => "轻度可疑",
        }
    }
}

/// When a rule is asked (监管环节).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 事前 (3101).
    Before,
    /// 事中 (3102).
    During,
}

impl Stage {
    /// The code of 3103 (`warn_type`).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Before => "1",
            Self::During => "2",
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Before => "事前",
            Self::During => "事中",
        }
    }
}

/// Where a row is written, and how sure one is of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The source.
    pub source: Source,
    /// How sure.
    pub confidence: Confidence,
}

impl Citation {
    /// As one text (违规依据, `vola_evid`).
    pub fn text(&self) -> String {
        let Source { title, number, .. } = &self.source;
        let gap = if number.is_empty() { "" } else { " " };
        format!("{title}{gap}{number}（{}）", self.confidence.chinese())
    }
}

/// A notice, list or page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its title.
    pub title: String,
    /// Its number, `国卫办医发〔2021〕17号`.
    #[serde(default)]
    pub number: String,
    /// Where it can be read.
    #[serde(default)]
    pub link: String,
}

/// Whether a row has been read in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in the notice or list itself.
    Confirmed,
    /// Taken from elsewhere, or derived.
    Unconfirmed,
    /// From memory: nobody has looked it up.
    Recalled,
}

impl Confidence {
    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Confirmed => "已核对",
            Self::Unconfirmed => "待核实",
            Self::Recalled => "凭记忆，待核实",
        }
    }
}
