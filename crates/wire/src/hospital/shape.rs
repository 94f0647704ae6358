//! What the fields of a row are, said by the rows themselves: the macros that make a row make this list of it, so that a
//! description of the interface says what the program reads and writes, and cannot say anything else.
//!
//! To add a kind: its word in [`Kind`], and the readers or types that have it in [`kind_of_reader`] or [`kind_of_type`]. A
//! reader or type that is not named there is a text.

/// A field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldShape {
    /// The standard's name.
    pub name: &'static str,
    /// Its Chinese name.
    pub chinese: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The most characters of a text.
    pub longest: Option<usize>,
    /// Of an input: refused without. Of an output: never `null`.
    pub required: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 字符型.
    Text,
    /// An amount of money (`16,2`).
    Amount,
    /// A quantity (`16,4`).
    Quantity,
    /// A price (`16,6`).
    Price,
    /// A share of one (`5,4`).
    Rate,
    /// An age (`4,1`).
    Age,
    /// A count (`3`).
    Count,
    /// `0` or `1`.
    Flag,
    /// 日期型.
    Day,
    /// 日期时间型.
    Moment,
    /// 人员编号.
    Person,
    /// 就诊ID.
    Visit,
    /// 结算ID.
    Settlement,
    /// 待遇申报明细流水号.
    Registration,
    /// 病种编码.
    Disease,
    /// 报文ID.
    Message,
    /// 定点医药机构编号.
    Institution,
    /// 医保区划.
    Division,
    /// 险种类型.
    Scheme,
    /// A number of which the standard says no more.
    Number,
    /// A list, an object or bytes.
    Other,
}

impl Kind {
    /// Whether the interface writes it as a JSON number.
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Amount | Self::Quantity | Self::Price | Self::Rate | Self::Age | Self::Count | Self::Number
        )
    }

    /// Its name in Chinese, with the form in which it is written.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Text => "文本",
            Self::Amount => "金额（元，两位小数）",
            Self::Quantity => "数量（四位小数）",
            Self::Price => "单价（元，六位小数）",
            Self::Rate => "比例（0至1，四位小数）",
            Self::Age => "年龄（一位小数）",
            Self::Count => "整数",
            Self::Flag => "标志（0否，1是）",
            Self::Day => "日期（yyyy-MM-dd）",
            Self::Moment => "时间（yyyy-MM-dd HH:mm:ss）",
            Self::Person => "人员编号",
            Self::Visit => "就诊ID",
            Self::Settlement => "结算ID",
            Self::Registration => "待遇申报明细流水号",
            Self::Disease => "病种编码",
            Self::Message => "报文ID",
            Self::Institution => "定点医药机构编号",
            Self::Division => "六位医保区划",
            Self::Scheme => "险种类型",
            Self::Number => "数值",
            Self::Other => "列表、对象或字节",
        }
    }
}

impl FieldShape {
    /// Of an input row: the reader's name and arguments as they stand in the row.
    pub fn read(
        name: &'static str,
        chinese: &'static str,
        reader: &'static str,
        arguments: &[&'static str],
    ) -> Self {
        let longest = arguments.first().and_then(|text| text.replace('_', "").parse().ok());
        let kind = kind_of_reader(reader);
        let required = !reader.starts_with("optional_") && reader != "text_or_empty";
        Self { name, chinese: chinese_alone(chinese), kind, longest: longest.or(longest_of(kind)), required }
    }

    /// Of an output row: the type as it stands in the row.
    pub fn written(name: &'static str, chinese: &'static str, written_type: &'static str) -> Self {
        let whole: String = written_type.chars().filter(|c| !c.is_whitespace()).collect();
        let inner = whole.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>'));
        let kind = kind_of_type(inner.unwrap_or(&whole));
        let required = inner.is_none();
        Self { name, chinese: chinese_alone(chinese), kind, longest: longest_of(kind), required }
    }
}

/// Some names have a remark for the reader of the code behind a comma.
fn chinese_alone(chinese: &'static str) -> &'static str {
    chinese.split_once(", ").map_or(chinese, |(name, _)| name)
}

fn kind_of_reader(reader: &str) -> Kind {
    match reader.strip_prefix("optional_").unwrap_or(reader) {
        "amount" | "signed_amount" => Kind::Amount,
        "quantity" => Kind::Quantity,
        "price" => Kind::Price,
        "rate" => Kind::Rate,
        "count" => Kind::Count,
        "flag" => Kind::Flag,
        "day" => Kind::Day,
        "moment" | "end" => Kind::Moment,
        "person" => Kind::Person,
        "visit" => Kind::Visit,
        "settlement" => Kind::Settlement,
        "registration" => Kind::Registration,
        "disease" => Kind::Disease,
        "message" => Kind::Message,
        "institution" => Kind::Institution,
        "division" => Kind::Division,
        "scheme" => Kind::Scheme,
        _ => Kind::Text,
    }
}

fn kind_of_type(name: &str) -> Kind {
    match name.rsplit("::").next().unwrap_or(name) {
        "Fen" => Kind::Amount,
        "Quantity" => Kind::Quantity,
        "Price" => Kind::Price,
        "Rate" => Kind::Rate,
        "Age" => Kind::Age,
        "u16" | "u32" | "usize" | "i32" => Kind::Count,
        "bool" => Kind::Flag,
        "Day" => Kind::Day,
        "Moment" => Kind::Moment,
        "PersonNumber" => Kind::Person,
        "VisitId" => Kind::Visit,
        "SettlementId" => Kind::Settlement,
        "RegistrationId" => Kind::Registration,
        "DiseaseCode" => Kind::Disease,
        "MessageId" => Kind::Message,
        "InstitutionCode" => Kind::Institution,
        "AdminDivision" => Kind::Division,
        "InsuranceScheme" => Kind::Scheme,
        _ => Kind::Text,
    }
}

/// The longest text that a kind can be, where it is the kind that says so.
const fn longest_of(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Person
        | Kind::Institution
        | Kind::Visit
        | Kind::Settlement
        | Kind::Registration
        | Kind::Disease => Some(30),
        Kind::Message => Some(40),
        Kind::Division | Kind::Scheme => Some(6),
        Kind::Flag => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hospital::{t2301, t2401};

    #[test]
    fn a_row_says_what_its_fields_are() {
        let line = t2301::Line::fields();
        let said = |name: &str| {
            let field = line.iter().find(|field| field.name == name).unwrap();
            (field.chinese, field.kind, field.longest, field.required)
        };
        assert_eq!(said("feedetl_sn"), ("费用明细流水号", Kind::Text, Some(30), true));
        assert_eq!(said("init_feedetl_sn"), ("原费用流水号", Kind::Text, Some(30), false));
        assert_eq!(said("mdtrt_id"), ("就诊ID", Kind::Visit, Some(30), true));
        assert_eq!(said("cnt"), ("数量", Kind::Quantity, None, true));
        assert_eq!(said("med_list_codg"), ("医疗目录编码", Kind::Text, Some(50), false));
        assert_eq!(said("etip_flag"), ("外检标志", Kind::Flag, Some(3), false));
        let admitted = t2401::Admitted::fields();
        let expected = FieldShape {
            name: "mdtrt_id",
            chinese: "就诊ID",
            kind: Kind::Visit,
            longest: Some(30),
            required: true,
        };
        assert_eq!(admitted, [expected]);
        let split = t2301::SplitLine::fields();
        let share = split.iter().find(|field| field.name == "selfpay_prop").unwrap();
        assert_eq!((share.kind, share.required), (Kind::Rate, false));
    }
}
