//! A visit as rules of audit look at it.

use terms::{CareKind, ChargeCategory, Day, Fen, SettlementLevel};

/// A person's sex (性别, `gend`), where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// From the code of the interface: `1` 男, `2` 女; anything else (`0` 未知, `9` 未说明) is not known.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Male),
            "2" => Some(Self::Female),
            _ => None,
        }
    }

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Male => "男性",
            Self::Female => "女性",
        }
    }
}

/// One visit of one person with its lines, and what the catalog knows of their items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encounter {
    /// 性别; without it no rule about sex finds anything.
    pub sex: Option<Sex>,
    /// 出生日期; without it no rule about age finds anything.
    pub birth: Option<Day>,
    /// 医保结算等级 of the institution, as registered.
    pub level: SettlementLevel,
    /// Kind of care.
    pub care: CareKind,
    /// 医疗类别 (`med_type`), as given.
    pub medical_type: String,
    /// Codes of the diagnoses (ICD-10).
    pub diagnoses: Vec<String>,
    /// Lines: orders, fee details, and what gives them back.
    pub lines: Vec<Line>,
}

/// An order or fee detail. One that gives back has a quantity and amount below nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// By which the institution knows it: 处方（医嘱）标识 or 费用明细流水号.
    pub id: String,
    /// The line that this one gives back, where it says so.
    pub refunds: Option<String>,
    /// 医疗目录编码.
    pub item: String,
    /// What the item is called.
    pub name: String,
    /// 医疗收费项目类别, if known.
    pub category: Option<ChargeCategory>,
    /// Limit price of a unit at the institution's level in millionths of a yuan, as the catalog has it.
    pub price_limit: Option<i64>,
    /// First day.
    pub from: Day,
    /// Last day, the first one or later.
    pub to: Day,
    /// 数量 in ten-thousandths.
    pub quantity: i64,
    /// 单价 in millionths of a yuan.
    pub price: i64,
    /// Amount.
    pub amount: Fen,
    /// For how many days a medicine was prescribed, if said.
    pub prescribed_days: Option<u16>,
    /// 医院审批标志: the institution has approved the restricted use.
    pub approved: bool,
}

impl Line {
    /// On how many days it lies.
    pub fn days(&self) -> i32 {
        self.from.days_until(self.to) + 1
    }

    /// Whether it lies on a day.
    pub fn is_on(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}
