//! Lenient readers and exact writers of single fields.
//!
//! Real clients send numbers as strings, nothing as `""`, `null` or `"null"`, one row where rows belong and rows where one
//! belongs, and keys in other spellings. All of that is read here, once; what cannot be read is refused by the name of its
//! field. Writing is the opposite: one spelling, amounts as JSON numbers whose text is the exact decimal.
//!
//! Numbers are read from and written as their decimal text. The JSON reader keeps fifteen digits of a number exactly, and no
//! amount, quantity or price within the limits here has more.
//!
//! To add a kind of field: a reader on [`Row`] if it is read, an implementation of [`Write`] if it is written.

use super::envelope::Request;
use serde_json::{Map, Number, Value};
use std::{borrow::Cow, str::FromStr};
use terms::{
    AdminDivision, CatalogClass, ChargeCategory, Day, DiseaseCode, Fen, InstitutionCode, InsuranceScheme,
    MessageId, Moment, PersonNumber, Rate, Refusal, RegistrationId, SettlementId, VisitId,
    money::parse_decimal,
};

/// A quantity (数量, `cnt`) in ten-thousandths: the interface gives it four decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(pub i64);

/// A price (单价, `pric`) in millionths of a yuan: the interface gives it six decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(pub i64);

/// An age (年龄, `age`) in tenths of a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(pub i64);

impl Quantity {
    /// The largest quantity taken from outside: one hundred million. A line above it is a mistake.
    pub const LIMIT: Self = Self(1_000_000_000_000);
}

impl Price {
    /// The largest price taken from outside: as for amounts, one thousand million yuan.
    pub const LIMIT: Self = Self(Fen::LIMIT.0 * 10_000);

    /// Price times quantity, rounded half up to the fen (四舍五入); `None` beyond [`Fen::LIMIT`].
    pub fn times(self, quantity: Quantity) -> Option<Fen> {
        /// `10^-6` yuan times `10^-4` is `10^-10` yuan, and a fen has a hundred million of them.
        const PER_FEN: i128 = 100_000_000;
        let product = i128::from(self.0) * i128::from(quantity.0);
        let magnitude = (product.abs() + PER_FEN / 2) / PER_FEN;
        let fen = i64::try_from(magnitude * product.signum()).ok().map(Fen)?;
        (fen.0.abs() <= Fen::LIMIT.0).then_some(fen)
    }
}

impl Age {
    /// The age on a day of a person born on another: whole years, and tenths of which the broken one is dropped.
    pub fn between(birth: Day, on: Day) -> Self {
        let years = birth.years_until(on).max(0);
        let birthday = birth.plus_months(i32::from(years) * 12);
        let tenths = i64::from(birthday.days_until(on).max(0)) * 10 / 366;
        Self(i64::from(years) * 10 + tenths)
    }
}

/// One row of the input: a JSON object whose fields are asked for by the standard's names.
///
/// A key is found in any case and with or without underscores, so `insuplcAdmdvs`, `dscgTime`, `psn_No` and `expContent`
/// are what they mean; the standard's own spelling wins where both are there.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    fields: &'a Map<String, Value>,
    place: Cow<'static, str>,
}

impl<'a> Row<'a> {
    /// The one row of a node (单行数据). An array of one row is that row; without the node, fields that lie directly in the
    /// input are the row.
    pub fn one(request: &'a Request, node: &'static str) -> Result<Self, Refusal> {
        let row = |fields| Ok(Self { fields, place: Cow::Borrowed("") });
        match find(&request.input, node) {
            Some(Value::Object(fields)) => row(fields),
            Some(Value::Array(rows)) => match rows.as_slice() {
                [Value::Object(fields)] => row(fields),
                _ => Err(Refusal::invalid(node, "只有一行的JSON对象")),
            },
            Some(value) if !is_absent(value) => Err(Refusal::invalid(node, "JSON对象")),
            _ if is_flat(&request.input) => row(&request.input),
            _ => Err(Refusal::missing(node, "输入节点（JSON对象）")),
        }
    }

    /// The one row of a transaction for which the standard has no node: it stands directly in the input, perhaps beside nodes of
    /// several rows. A client that puts it into this node is understood.
    pub fn direct(request: &'a Request, node: &'static str) -> Result<Self, Refusal> {
        match find(&request.input, node) {
            Some(Value::Object(_) | Value::Array(_)) => Self::one(request, node),
            _ if request.input.is_empty() => Err(Refusal::missing("input", "交易输入（JSON对象）")),
            _ => Ok(Self { fields: &request.input, place: Cow::Borrowed("") }),
        }
    }

    /// The rows of a node (多行数据), perhaps none. A single object is one row.
    pub fn many(request: &'a Request, node: &'static str, rows_max: usize) -> Result<Vec<Self>, Refusal> {
        Self::rows(find(&request.input, node), node, rows_max)
    }

    /// The rows of a node that lies in this row, perhaps none. A single object is one row.
    pub fn inner(&self, node: &str, rows_max: usize) -> Result<Vec<Self>, Refusal> {
        Self::rows(self.value(node), &self.name_of(node), rows_max)
    }

    fn rows(found: Option<&'a Value>, node: &str, rows_max: usize) -> Result<Vec<Self>, Refusal> {
        let row = |index: usize, value: &'a Value| match value {
            Value::Object(fields) => {
                Ok(Self { fields, place: Cow::Owned(format!("{node}第{}行.", index + 1)) })
            }
            _ => Err(Refusal::invalid(format!("{node}第{}行", index + 1), "JSON对象")),
        };
        match found {
            Some(value @ Value::Object(_)) => Ok(vec![row(0, value)?]),
            Some(Value::Array(rows)) if rows.len() > rows_max => {
                Err(Refusal::invalid(node, format!("每次不超过{rows_max}行，请分批上传")))
            }
            Some(Value::Array(rows)) => {
                rows.iter().enumerate().map(|(index, value)| row(index, value)).collect()
            }
            Some(value) if !is_absent(value) => Err(Refusal::invalid(node, "JSON数组")),
            _ => Ok(Vec::new()),
        }
    }

    /// The rows of a node, at least one.
    pub fn some(request: &'a Request, node: &'static str, rows_max: usize) -> Result<Vec<Self>, Refusal> {
        let rows = Self::many(request, node, rows_max)?;
        if rows.is_empty() { Err(Refusal::missing(node, "至少一行数据")) } else { Ok(rows) }
    }

    pub(super) fn of(fields: &'a Map<String, Value>) -> Self {
        Self { fields, place: Cow::Borrowed("") }
    }

    /// The raw value of a field; `None` if it is absent, empty, `null` or `"null"`.
    pub fn value(&self, field: &str) -> Option<&'a Value> {
        find(self.fields, field).filter(|value| !is_absent(value))
    }

    /// The name by which a refusal speaks of a field of this row.
    pub fn name_of(&self, field: &str) -> String {
        format!("{}{field}", self.place)
    }

    /// A refusal of a field of this row.
    pub fn wrong(&self, field: &str, expected: impl Into<String>) -> Refusal {
        Refusal::invalid(self.name_of(field), expected)
    }

    /// A text of at most so many characters.
    pub fn text(&self, field: &str, chinese: &str, longest: usize) -> Result<String, Refusal> {
        let text = self.optional_text(field, chinese, longest)?;
        self.required(field, text, || format!("{chinese}，不超过{longest}字的文本"))
    }

    /// A text of at most so many characters, if there is one. A number counts as its text, unless it has more digits than
    /// the JSON reader keeps: then an id in it would be another one.
    pub fn optional_text(
        &self,
        field: &str,
        chinese: &str,
        longest: usize,
    ) -> Result<Option<String>, Refusal> {
        let Some(value) = self.value(field) else { return Ok(None) };
        let refuse = || self.wrong(field, format!("{chinese}，不超过{longest}字的文本"));
        let text = whole_text(value).ok_or_else(refuse)?;
        let has_control = text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
        if has_control || text.chars().count() > longest {
            return Err(refuse());
        }
        Ok(Some(text.into_owned()))
    }

    /// An amount of money (`16,2`), not below nothing.
    pub fn amount(&self, field: &str, chinese: &str) -> Result<Fen, Refusal> {
        let amount = self.optional_amount(field, chinese)?;
        self.required(field, amount, || format!("{chinese}，{AMOUNT}"))
    }

    /// An amount of money (`16,2`), not below nothing, if there is one.
    pub fn optional_amount(&self, field: &str, chinese: &str) -> Result<Option<Fen>, Refusal> {
        let amount = self.decimal(field, chinese, 2, Fen::LIMIT.0, AMOUNT)?;
        match amount {
            Some(fen) if fen < 0 => Err(self.wrong(field, format!("{chinese}，{AMOUNT}"))),
            amount => Ok(amount.map(Fen)),
        }
    }

    /// An amount of money (`16,2`) that may be below nothing, as on a refunded line.
    pub fn signed_amount(&self, field: &str, chinese: &str) -> Result<Fen, Refusal> {
        const EXPECTED: &str = "不超过十亿元、最多两位小数的金额";
        let amount = self.decimal(field, chinese, 2, Fen::LIMIT.0, EXPECTED)?;
        self.required(field, amount.map(Fen), || format!("{chinese}，{EXPECTED}"))
    }

    /// A quantity (`16,4`), which may be below nothing on a refunded line.
    pub fn quantity(&self, field: &str, chinese: &str) -> Result<Quantity, Refusal> {
        const EXPECTED: &str = "不超过一亿、最多四位小数的数量";
        let quantity = self.decimal(field, chinese, 4, Quantity::LIMIT.0, EXPECTED)?;
        self.required(field, quantity.map(Quantity), || format!("{chinese}，{EXPECTED}"))
    }

    /// A price (`16,6`), not below nothing.
    pub fn price(&self, field: &str, chinese: &str) -> Result<Price, Refusal> {
        const EXPECTED: &str = "零至十亿元、最多六位小数的单价";
        match self.decimal(field, chinese, 6, Price::LIMIT.0, EXPECTED)? {
            Some(price) if price < 0 => Err(self.wrong(field, format!("{chinese}，{EXPECTED}"))),
            price => self.required(field, price.map(Price), || format!("{chinese}，{EXPECTED}")),
        }
    }

    /// A share between nothing and the whole (`5,4`), if there is one.
    pub fn optional_rate(&self, field: &str, chinese: &str) -> Result<Option<Rate>, Refusal> {
        const EXPECTED: &str = "零至一、最多四位小数的比例";
        let permyriad = self.decimal(field, chinese, 4, 10_000, EXPECTED)?;
        let rate = |permyriad| u16::try_from(permyriad).ok().and_then(Rate::permyriad);
        permyriad
            .map(|permyriad| {
                rate(permyriad).ok_or_else(|| self.wrong(field, format!("{chinese}，{EXPECTED}")))
            })
            .transpose()
    }

    /// A count (`2`, `3`), if there is one.
    pub fn optional_count(&self, field: &str, chinese: &str) -> Result<Option<u16>, Refusal> {
        const EXPECTED: &str = "零至999的整数";
        let count = self.decimal(field, chinese, 0, 999, EXPECTED)?;
        count
            .map(|count| {
                u16::try_from(count).map_err(|_| self.wrong(field, format!("{chinese}，{EXPECTED}")))
            })
            .transpose()
    }

    /// A count that must be there.
    pub fn count(&self, field: &str, chinese: &str) -> Result<u16, Refusal> {
        let count = self.optional_count(field, chinese)?;
        self.required(field, count, || format!("{chinese}，零至999的整数"))
    }

    /// A flag (`0` 否, `1` 是), if there is one.
    pub fn optional_flag(&self, field: &str, chinese: &str) -> Result<Option<bool>, Refusal> {
        match self.optional_text(field, chinese, 3)?.as_deref() {
            None => Ok(None),
            Some("0" | "00") => Ok(Some(false)),
            Some("1" | "01") => Ok(Some(true)),
            Some(_) => Err(self.wrong(field, format!("{chinese}，0（否）或1（是）"))),
        }
    }

    /// A text of at most so many characters, empty if there is none: where something else can stand for it.
    pub fn text_or_empty(&self, field: &str, chinese: &str, longest: usize) -> Result<String, Refusal> {
        Ok(self.optional_text(field, chinese, longest)?.unwrap_or_default())
    }

    /// A day (日期型). A time is read as its day.
    pub fn day(&self, field: &str, chinese: &str) -> Result<Day, Refusal> {
        let day = self.optional_day(field, chinese)?;
        self.required(field, day, || format!("{chinese}，yyyy-MM-dd的日期"))
    }

    /// A day (日期型), if there is one. A time is read as its day.
    pub fn optional_day(&self, field: &str, chinese: &str) -> Result<Option<Day>, Refusal> {
        Ok(self.optional_moment(field, chinese)?.map(Moment::day))
    }

    /// A time (日期时间型).
    pub fn moment(&self, field: &str, chinese: &str) -> Result<Moment, Refusal> {
        let moment = self.optional_moment(field, chinese)?;
        self.required(field, moment, || format!("{chinese}，{MOMENT}"))
    }

    /// A time (日期时间型), if there is one. A bare day is its midnight; digits without separators are read too.
    pub fn optional_moment(&self, field: &str, chinese: &str) -> Result<Option<Moment>, Refusal> {
        let refuse = || self.wrong(field, format!("{chinese}，{MOMENT}"));
        let Some(value) = self.value(field) else { return Ok(None) };
        plain_text(value).and_then(|text| read_moment(&text)).map(Some).ok_or_else(refuse)
    }

    /// The end of a period, if there is one: a bare day is its last second (2.3 of the interface). The last day of the year 9999,
    /// with which clients say that there is none, is none.
    pub fn optional_end(&self, field: &str, chinese: &str) -> Result<Option<Moment>, Refusal> {
        const LAST_SECOND: i64 = (24 * 60 * 60 - 1) * 1_000;
        let text = self.value(field).and_then(plain_text);
        if text.as_ref().is_some_and(|text| is_no_end(text)) {
            return Ok(None);
        }
        let bare_day = text.is_some_and(|text| text.trim().len() <= 10);
        let moment = self.optional_moment(field, chinese)?;
        Ok(moment.map(|moment| if bare_day { moment.plus_millis(LAST_SECOND) } else { moment }))
    }

    /// A person's number (人员编号).
    pub fn person(&self, field: &str, chinese: &str) -> Result<PersonNumber, Refusal> {
        let person = self.optional_person(field, chinese)?;
        self.required(field, person, || format!("{chinese}，1101返回的人员编号"))
    }

    /// A person's number (人员编号), if there is one.
    pub fn optional_person(&self, field: &str, chinese: &str) -> Result<Option<PersonNumber>, Refusal> {
        self.parsed(field, || format!("{chinese}，1101返回的人员编号（不超过30字）"))
    }

    /// A visit's id (就诊ID).
    pub fn visit(&self, field: &str, chinese: &str) -> Result<VisitId, Refusal> {
        let visit = self.optional_visit(field, chinese)?;
        self.required(field, visit, || format!("{chinese}，2401返回的30位数字"))
    }

    /// A visit's id (就诊ID), if there is one.
    pub fn optional_visit(&self, field: &str, chinese: &str) -> Result<Option<VisitId>, Refusal> {
        self.known_id(field, chinese, |mdtrt_id| Refusal::UnknownVisit { mdtrt_id })
    }

    /// A settlement's id (结算ID).
    pub fn settlement(&self, field: &str, chinese: &str) -> Result<SettlementId, Refusal> {
        let settlement = self.optional_settlement(field, chinese)?;
        self.required(field, settlement, || format!("{chinese}，2304返回的30位数字"))
    }

    /// A settlement's id (结算ID), if there is one.
    pub fn optional_settlement(&self, field: &str, chinese: &str) -> Result<Option<SettlementId>, Refusal> {
        self.known_id(field, chinese, |setl_id| Refusal::UnknownSettlement { setl_id })
    }

    /// An institution's code (定点医药机构编号).
    pub fn institution(&self, field: &str, chinese: &str) -> Result<InstitutionCode, Refusal> {
        let institution = self.optional_institution(field, chinese)?;
        self.required(field, institution, || format!("{chinese}，不超过30字的文本"))
    }

    /// An administrative division (医保区划).
    pub fn division(&self, field: &str, chinese: &str) -> Result<AdminDivision, Refusal> {
        let division = self.optional_division(field, chinese)?;
        self.required(field, division, || format!("{chinese}，六位医保区划代码"))
    }

    /// The code of a chronic disease (病种编码).
    pub fn disease(&self, field: &str, chinese: &str) -> Result<DiseaseCode, Refusal> {
        let expected = || format!("{chinese}，不超过12位的字母和数字");
        let disease = self.parsed(field, expected)?;
        self.required(field, disease, expected)
    }

    /// A registration's id (待遇申报明细流水号).
    pub fn registration(&self, field: &str, chinese: &str) -> Result<RegistrationId, Refusal> {
        let unknown = |trt_dcla_detl_sn| Refusal::UnknownRegistration { trt_dcla_detl_sn };
        let registration = self.known_id(field, chinese, unknown)?;
        self.required(field, registration, || format!("{chinese}，备案交易返回的30位数字"))
    }

    /// A message's id (报文ID).
    pub fn message(&self, field: &str, chinese: &str) -> Result<MessageId, Refusal> {
        let expected = || format!("{chinese}，不超过40字的文本");
        let message = self.parsed(field, expected)?;
        self.required(field, message, expected)
    }

    /// An institution's code (定点医药机构编号), if there is one.
    pub fn optional_institution(
        &self,
        field: &str,
        chinese: &str,
    ) -> Result<Option<InstitutionCode>, Refusal> {
        self.parsed(field, || format!("{chinese}，不超过30字的文本"))
    }

    /// An administrative division (医保区划), if there is one.
    pub fn optional_division(&self, field: &str, chinese: &str) -> Result<Option<AdminDivision>, Refusal> {
        self.parsed(field, || format!("{chinese}，六位医保区划代码"))
    }

    /// The scheme (险种类型): one of the two that settle across regions, also by a longer code.
    pub fn scheme(&self, field: &str, chinese: &str) -> Result<InsuranceScheme, Refusal> {
        let scheme = self.optional_scheme(field, chinese)?;
        self.required(field, scheme, || format!("{chinese}，{SCHEME}"))
    }

    /// The scheme (险种类型), if it is said.
    pub fn optional_scheme(&self, field: &str, chinese: &str) -> Result<Option<InsuranceScheme>, Refusal> {
        let Some(code) = self.optional_text(field, chinese, 6)? else { return Ok(None) };
        let wrong = || self.wrong(field, format!("{chinese}，{SCHEME}"));
        InsuranceScheme::from_code(&code).map(Some).ok_or_else(wrong)
    }

    /// The kind of a person's document (人员证件类型), if there is one: `1` is `01`.
    pub fn optional_certificate_type(&self, field: &str, chinese: &str) -> Result<Option<String>, Refusal> {
        let code = self.optional_text(field, chinese, 6)?;
        Ok(code.map(|code| if code.len() == 1 { format!("0{code}") } else { code }))
    }

    /// The kind of the credential shown at the counter (就诊凭证类型: `01` 电子凭证, `02` 身份证, `03` 社保卡), if there is one.
    pub fn optional_credential(&self, field: &str, chinese: &str) -> Result<Option<String>, Refusal> {
        self.optional_certificate_type(field, chinese)
    }

    fn required<T>(
        &self,
        field: &str,
        value: Option<T>,
        expected: impl Fn() -> String,
    ) -> Result<T, Refusal> {
        value.ok_or_else(|| Refusal::missing(self.name_of(field), expected()))
    }

    fn parsed<T: FromStr>(&self, field: &str, expected: impl Fn() -> String) -> Result<Option<T>, Refusal> {
        let Some(value) = self.value(field) else { return Ok(None) };
        let parsed = whole_text(value).and_then(|text| text.parse().ok());
        parsed.map(Some).ok_or_else(|| self.wrong(field, expected()))
    }

    /// An id that this system gave. A text of another shape may be an id, but not one of ours: nothing is known by it.
    fn known_id<T: FromStr>(
        &self,
        field: &str,
        chinese: &str,
        unknown: impl Fn(String) -> Refusal,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.optional_text(field, chinese, 30)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| unknown(text))
    }

    /// A decimal number in units of `10^-places`, of at most `limit` in either direction.
    fn decimal(
        &self,
        field: &str,
        chinese: &str,
        places: u32,
        limit: i64,
        expected: &str,
    ) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.value(field) else { return Ok(None) };
        let number = match value {
            Value::Number(_) | Value::String(_) => {
                plain_text(value).and_then(|text| read_decimal(&text, places))
            }
            _ => None,
        };
        match number.and_then(|number| i64::try_from(number).ok()) {
            Some(number) if number.unsigned_abs() <= limit.unsigned_abs() => Ok(Some(number)),
            _ => Err(self.wrong(field, format!("{chinese}，{expected}"))),
        }
    }
}

const AMOUNT: &str = "零至十亿元、最多两位小数的金额";
const SCHEME: &str = "310（职工）或390（城乡居民）";
const MOMENT: &str = "1900至2199年间的yyyy-MM-dd HH:mm:ss";

/// A field's value as the interface writes it.
pub trait Write {
    /// The JSON value.
    fn write(&self) -> Value;
}

impl<T: Write> Write for Option<T> {
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, Write::write)
    }
}

impl Write for String {
    fn write(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Write for bool {
    fn write(&self) -> Value {
        Value::String(if *self { "1" } else { "0" }.to_owned())
    }
}

impl Write for Fen {
    fn write(&self) -> Value {
        exact(&self.to_string())
    }
}

impl Write for Quantity {
    fn write(&self) -> Value {
        exact(&decimal_text(self.0, 4))
    }
}

impl Write for Price {
    fn write(&self) -> Value {
        exact(&decimal_text(self.0, 6))
    }
}

impl Write for Age {
    fn write(&self) -> Value {
        exact(&decimal_text(self.0, 1))
    }
}

impl Write for Rate {
    fn write(&self) -> Value {
        exact(&decimal_text(i64::from(self.as_permyriad()), 4))
    }
}

impl Write for u16 {
    fn write(&self) -> Value {
        Value::Number(Number::from(*self))
    }
}

macro_rules! written_as_text {
    ($($type:ty),*) => {
        $(impl Write for $type {
            fn write(&self) -> Value {
                Value::String(self.to_string())
            }
        })*
    };
}

written_as_text!(
    Day,
    Moment,
    VisitId,
    SettlementId,
    RegistrationId,
    PersonNumber,
    MessageId,
    InstitutionCode,
    AdminDivision
);

macro_rules! written_as_code {
    ($($type:ty),*) => {
        $(impl Write for $type {
            fn write(&self) -> Value {
                Value::String(self.code().to_owned())
            }
        })*
    };
}

written_as_code!(InsuranceScheme, CatalogClass, ChargeCategory);

/// Rows as a JSON array.
pub fn write_rows<T>(rows: &[T], write: impl Fn(&T) -> Value) -> Value {
    Value::Array(rows.iter().map(write).collect())
}

/// A struct that reads one row of the input: a line a field, in the order of the standard's table.
macro_rules! input_row {
    (
        $(#[$doc:meta])*
        $name:ident { $($field:ident: $type:ty = $reader:ident($($argument:expr),*), $chinese:literal;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $(#[doc = concat!($chinese, ".")] pub $field: $type,)*
        }

        impl $name {
            /// What the row's fields are, in the standard's order.
            pub fn fields() -> Vec<$crate::hospital::shape::FieldShape> {
                use $crate::hospital::shape::FieldShape;
                vec![$(FieldShape::read(stringify!($field), $chinese, stringify!($reader), &[$(stringify!($argument)),*]),)*]
            }

            /// Reads the row, or refuses the first field that cannot be read.
            pub fn read_row(row: &$crate::hospital::field::Row<'_>) -> Result<Self, terms::Refusal> {
                Ok(Self { $($field: row.$reader(stringify!($field), $chinese $(, $argument)*)?,)* })
            }
        }
    };
}

/// A struct that writes fields of the output: a line a field, in the order of the standard's table.
macro_rules! output_row {
    (
        $(#[$doc:meta])*
        $name:ident { $($field:ident: $type:ty, $chinese:literal;)* }
    ) => {
        $(#[$doc])*
        pub struct $name {
            $(#[doc = concat!($chinese, ".")] pub $field: $type,)*
        }

        impl $name {
            /// What the row's fields are, in the standard's order.
            pub fn fields() -> Vec<$crate::hospital::shape::FieldShape> {
                use $crate::hospital::shape::FieldShape;
                vec![$(FieldShape::written(stringify!($field), $chinese, stringify!($type)),)*]
            }

            /// Writes the fields into a row.
            pub fn fill(&self, row: &mut serde_json::Map<String, serde_json::Value>) {
                $(row.insert(stringify!($field).to_owned(), $crate::hospital::field::Write::write(&self.$field));)*
            }

            /// The fields as a row of their own.
            pub fn value(&self) -> serde_json::Value {
                let mut row = serde_json::Map::new();
                self.fill(&mut row);
                serde_json::Value::Object(row)
            }
        }
    };
}

pub(crate) use {input_row, output_row};

/// Finds a key as the standard spells it, or else in any case and without its underscores.
pub(super) fn find<'a>(fields: &'a Map<String, Value>, wanted: &str) -> Option<&'a Value> {
    let same = |key: &str| letters(key).eq(letters(wanted));
    fields.get(wanted).or_else(|| fields.iter().find(|(key, _)| same(key)).map(|(_, value)| value))
}

pub(super) fn letters(key: &str) -> impl Iterator<Item = u8> {
    key.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase())
}

/// Nothing, in any of the spellings that clients have for it.
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty() || text.trim().eq_ignore_ascii_case("null"),
        _ => false,
    }
}

/// An input whose fields lie in it directly, without the node that the standard puts around them.
pub(super) fn is_flat(input: &Map<String, Value>) -> bool {
    !input.is_empty() && !input.values().any(|value| value.is_object() || value.is_array())
}

fn plain_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "1" } else { "0" })),
        _ => None,
    }
}

/// The text of a value of which no digit is lost: a number that the JSON reader had to round is none.
fn whole_text(value: &Value) -> Option<Cow<'_, str>> {
    plain_text(value).filter(|text| !value.is_number() || !text.contains(['e', 'E']))
}

/// A decimal number of reasonable length in units of `10^-places`.
fn read_decimal(text: &str, places: u32) -> Option<i128> {
    const LONGEST: usize = 32;
    let exponent_digits = text.split_once(['e', 'E']).map_or(0, |(_, exponent)| exponent.len());
    if text.len() > LONGEST || exponent_digits > 4 {
        return None;
    }
    parse_decimal(text, places).ok()
}

/// A time with or without its separators, in a year that a living person or a policy can be in.
pub(super) fn read_moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let moment: Moment = match text.len() {
        8 if digits => format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..8]).parse(),
        14 if digits => {
            let (day, time) = text.split_at(8);
            let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..8]);
            format!("{day} {}:{}:{}", &time[..2], &time[2..4], &time[4..6]).parse()
        }
        _ => text.parse(),
    }
    .ok()?;
    (1900..=2199).contains(&moment.day().year()).then_some(moment)
}

/// 9999-12-31, at any time of the day and with any separators.
fn is_no_end(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit);
    text.is_ascii() && text.len() <= 23 && digits.take(8).eq(*b"99991231")
}

fn decimal_text(units: i64, places: usize) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

fn exact(text: &str) -> Value {
    Value::Number(text.parse().expect("digits with a point are a JSON number"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Reads the field `x` of a row and says what came out, or which refusal.
    fn read<T: std::fmt::Debug>(value: Value, reader: impl Fn(&Row<'_>) -> Result<T, Refusal>) -> String {
        let fields = Map::from_iter([("x".to_owned(), value)]);
        match reader(&Row::of(&fields)) {
            Ok(read) => format!("{read:?}"),
            Err(refusal) => refusal.code().to_owned(),
        }
    }

    #[test]
    fn amounts_are_read_as_numbers_or_texts_and_absurd_ones_refused() {
        for (value, expected) in [
            (json!(100), "Some(Fen(10000))"),
            (json!(23442.46), "Some(Fen(2344246))"),
            (json!("23442.46"), "Some(Fen(2344246))"),
            (json!(" 1.00 "), "Some(Fen(100))"),
            (json!("1.230000"), "Some(Fen(123))"),
            (json!(""), "None"),
            (json!("null"), "None"),
            (json!("NULL"), "None"),
            (json!(null), "None"),
            (json!(1e9), "Some(Fen(100000000000))"),
            (json!(1_000_000_001), "field-invalid"),
            (json!(0.001), "field-invalid"),
            (json!(-0.01), "field-invalid"),
            (json!("-1"), "field-invalid"),
            (json!("1e-2147483648"), "field-invalid"),
            (json!("1,000"), "field-invalid"),
            (json!("一百"), "field-invalid"),
            (json!(true), "field-invalid"),
            (json!([1]), "field-invalid"),
            (json!({}), "field-invalid"),
        ] {
            let text = value.to_string();
            assert_eq!(read(value, |row| row.optional_amount("x", "金额")), expected, "{text}");
        }
        assert_eq!(read(json!(""), |row| row.amount("x", "金额")), "field-missing");
        assert_eq!(read(json!("-12.5"), |row| row.signed_amount("x", "金额")), "Fen(-1250)");
    }

    #[test]
    fn quantities_and_prices_keep_their_decimals() {
        assert_eq!(read(json!(0.3333), |row| row.quantity("x", "数量")), "Quantity(3333)");
        assert_eq!(read(json!("-2"), |row| row.quantity("x", "数量")), "Quantity(-20000)");
        assert_eq!(read(json!(0.33333), |row| row.quantity("x", "数量")), "field-invalid");
        assert_eq!(read(json!(999_999_999.123_456), |row| row.price("x", "单价")), "Price(999999999123456)");
        assert_eq!(read(json!(-1), |row| row.price("x", "单价")), "field-invalid");
        assert_eq!(read(json!(0.000_000_1), |row| row.price("x", "单价")), "field-invalid");
    }

    #[test]
    fn price_times_quantity_rounds_half_up_to_the_fen() {
        for (price, quantity, expected) in [
            (2_000_000, 30_000, Some(Fen(600))),
            (8_500, 10_000, Some(Fen(1))),
            (5_000, 10_000, Some(Fen(1))),
            (4_999, 10_000, Some(Fen(0))),
            (5_000, -10_000, Some(Fen(-1))),
            (Price::LIMIT.0, 10_000, Some(Fen::LIMIT)),
            (Price::LIMIT.0, 10_001, None),
            (Price::LIMIT.0, Quantity::LIMIT.0, None),
        ] {
            assert_eq!(Price(price).times(Quantity(quantity)), expected, "{price} x {quantity}");
        }
    }

    #[test]
    fn times_are_read_in_the_spellings_of_real_clients() {
        for (value, expected) in [
            (json!("2026-11-21 21:01:57"), Some("2026-11-21 21:01:57")),
            (json!("2021-05-26"), Some("2021-05-26 00:00:00")),
            (json!("20240115103000"), Some("2024-01-15 10:30:00")),
            (json!(20_240_115), Some("2024-01-15 00:00:00")),
            (json!("2026-02-30"), None),
            (json!("1899-12-31"), None),
            (json!("9999-12-31 23:59:59"), None),
            (json!("２０２６-11-21"), None),
            (json!(""), Some("")),
        ] {
            let text = value.to_string();
            let fields = Map::from_iter([("x".to_owned(), value)]);
            let moment = Row::of(&fields).optional_moment("x", "时间").ok();
            let read = moment.map(|moment| moment.map(|moment| moment.to_string()).unwrap_or_default());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        let fields = Map::from_iter([("x".to_owned(), json!("2026-11-21"))]);
        let end = Row::of(&fields).optional_end("x", "结束时间").unwrap().unwrap();
        assert_eq!(end.to_string(), "2026-11-21 23:59:59");
        for (value, expected) in [
            (json!("9999-12-31"), "None"),
            (json!("9999-12-31 23:59:59"), "None"),
            (json!(99_991_231), "None"),
            (json!("9999-12-30"), "field-invalid"),
            (json!("9999-12-31 and so on and so on"), "field-invalid"),
        ] {
            let text = value.to_string();
            assert_eq!(read(value, |row| row.optional_end("x", "结束时间")), expected, "{text}");
        }
    }

    #[test]
    fn texts_flags_and_codes() {
        assert_eq!(read(json!(7), |row| row.text("x", "文本", 3)), r#""7""#);
        assert_eq!(read(json!(u64::MAX), |row| row.text("x", "文本", 30)), r#""18446744073709551615""#);
        let rounded = serde_json::from_str("12345678901234567890123").unwrap();
        assert_eq!(
            read(rounded, |row| row.text("x", "文本", 30)),
            "field-invalid",
            "an id must not lose digits"
        );
        assert_eq!(read(json!("四个汉字"), |row| row.text("x", "文本", 4)), r#""四个汉字""#);
        assert_eq!(read(json!("四个汉字"), |row| row.text("x", "文本", 3)), "field-invalid");
        assert_eq!(read(json!("a\u{0}"), |row| row.text("x", "文本", 3)), "field-invalid");
        assert_eq!(read(json!(1), |row| row.optional_flag("x", "标志")), "Some(true)");
        assert_eq!(read(json!("2"), |row| row.optional_flag("x", "标志")), "field-invalid");
        assert_eq!(read(json!("39001"), |row| row.scheme("x", "险种")), "Resident");
        assert_eq!(read(json!("330"), |row| row.scheme("x", "险种")), "field-invalid");
        assert_eq!(read(json!("1"), |row| row.optional_certificate_type("x", "证件")), r#"Some("01")"#);
        assert_eq!(read(json!("M1"), |row| row.visit("x", "就诊ID")), "unknown-visit");
        assert_eq!(read(json!(""), |row| row.visit("x", "就诊ID")), "field-missing");
        assert_eq!(read(json!([]), |row| row.settlement("x", "结算ID")), "field-invalid");
        assert_eq!(read(json!("0.85"), |row| row.optional_rate("x", "比例")), "Some(Rate(8500))");
        assert_eq!(read(json!(1.1), |row| row.optional_rate("x", "比例")), "field-invalid");
        assert_eq!(read(json!("-1"), |row| row.optional_count("x", "数")), "field-invalid");
    }

    #[test]
    fn keys_are_found_in_the_spellings_of_real_clients() {
        let fields = json!({ "dscgTime": 1, "psn_No": 2, "insuplcAdmdvs": 3, "insuplc_admdvs": 4, "REFD_SETL_FLAG": 5 });
        let fields = fields.as_object().unwrap();
        for (asked, expected) in
            [("dscg_time", 1), ("psn_no", 2), ("insuplc_admdvs", 4), ("refd_setl_flag", 5), ("expContent", 0)]
        {
            let found = find(fields, asked).and_then(Value::as_i64).unwrap_or_default();
            assert_eq!(found, expected, "{asked}");
        }
    }

    #[test]
    fn numbers_are_written_as_their_exact_decimals() {
        for (value, expected) in [
            (Fen(2_344_246).write(), "23442.46"),
            (Fen(-203_939).write(), "-2039.39"),
            (Fen(100_000_000_000).write(), "1000000000.0"),
            (Fen(99_999_999_999).write(), "999999999.99"),
            (Rate::percent(85).unwrap().write(), "0.85"),
            (Price(999_999_999_123_456).write(), "999999999.123456"),
            (Quantity(-5).write(), "-0.0005"),
            (Age(5).write(), "0.5"),
        ] {
            assert_eq!(value.to_string(), expected);
        }
        assert_eq!(decimal_text(-5, 4), "-0.0005");
    }

    #[test]
    fn an_age_is_whole_years_and_tenths() {
        let birth: Day = "1941-06-18".parse().unwrap();
        for (on, expected) in [
            ("2026-06-17", 849),
            ("2026-06-18", 850),
            ("2026-12-17", 854),
            ("1941-06-18", 0),
            ("1941-01-01", 0),
        ] {
            assert_eq!(Age::between(birth, on.parse().unwrap()), Age(expected), "{on}");
        }
    }
}
