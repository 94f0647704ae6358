//! The field's words on the command line: each by its national code, its Chinese word, or its English name.

use serde::de::DeserializeOwned;
use serde_json::Value;
use terms::{
    AdminDivision, CareKind, CitizenId, ContributionTier, Day, DiseaseCode, Fen, FilingCategory, FilingId,
    InstitutionCode, InsuranceScheme, MemberClass, MemberStatus, Participant, PersonNumber, SettlementId,
    SettlementLevel, VisitMark,
};

fn word<T: Copy + DeserializeOwned>(
    text: &str,
    all: &[T],
    code: impl Fn(T) -> &'static str,
    chinese: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    let text = text.trim();
    let whole = all.iter().copied().find(|one| code(*one) == text || chinese(*one) == text);
    let by_name = || serde_json::from_value(Value::String(text.replace('-', "_"))).ok();
    // A part of the Chinese word will do where only one has it: 转诊.
    let by_part = || {
        let mut having = all.iter().copied().filter(|one| !text.is_ascii() && chinese(*one).contains(text));
        having.next().filter(|_| having.next().is_none())
    };
    whole.or_else(by_name).or_else(by_part).ok_or_else(|| {
        let known: Vec<String> = all.iter().map(|one| format!("{} {}", code(*one), chinese(*one))).collect();
        format!("应为下列之一 (one of)：{}", known.join("、"))
    })
}

/// 险种.
pub fn scheme(text: &str) -> Result<InsuranceScheme, String> {
    word(text, InsuranceScheme::ALL, InsuranceScheme::code, InsuranceScheme::chinese)
}

/// 备案类型.
pub fn category(text: &str) -> Result<FilingCategory, String> {
    word(text, FilingCategory::ALL, FilingCategory::code, FilingCategory::chinese)
}

/// 医保结算等级.
pub fn level(text: &str) -> Result<SettlementLevel, String> {
    word(text, SettlementLevel::ALL, SettlementLevel::code, SettlementLevel::chinese)
}

/// 人员类别.
pub fn status(text: &str) -> Result<MemberStatus, String> {
    word(text, MemberStatus::ALL, MemberStatus::code, MemberStatus::chinese)
}

/// 就医类别.
pub fn care(text: &str) -> Result<CareKind, String> {
    word(text, CareKind::ALL, CareKind::code, CareKind::chinese)
}

/// 缴费档次.
pub fn tier(text: &str) -> Result<ContributionTier, String> {
    word(text, ContributionTier::ALL, ContributionTier::code, ContributionTier::chinese)
}

/// 人员身份类别.
pub fn class(text: &str) -> Result<MemberClass, String> {
    word(text, MemberClass::ALL, MemberClass::code, MemberClass::chinese)
}

/// What is special about a visit.
pub fn mark(text: &str) -> Result<VisitMark, String> {
    word(text, VisitMark::ALL, VisitMark::code, VisitMark::chinese)
}

/// 门诊慢特病病种.
pub fn disease(text: &str) -> Result<DiseaseCode, String> {
    text.parse().map_err(|_| "应为病种编码，如M03900 (a disease's code)".to_owned())
}

/// 医保区划.
pub fn division(text: &str) -> Result<AdminDivision, String> {
    text.parse().map_err(|_| "应为六位区划代码，如420100 (six digits)".to_owned())
}

/// 省级区划.
pub fn participant(text: &str) -> Result<Participant, String> {
    text.parse().map_err(|_| "应为省级六位代码，如420000 (a province's code)".to_owned())
}

/// A day.
pub fn day(text: &str) -> Result<Day, String> {
    text.parse().map_err(|_| "应为日期，如2026-11-21 (a day)".to_owned())
}

/// 结算ID.
pub fn settlement(text: &str) -> Result<SettlementId, String> {
    text.parse().map_err(|_| "应为30位结算ID (a settlement's id)".to_owned())
}

/// Money in yuan.
pub fn yuan(text: &str) -> Result<Fen, String> {
    let amount: Option<Fen> = text.parse().ok();
    let amount = amount.filter(|amount| !amount.is_negative());
    amount.ok_or_else(|| "应为不小于0、至多两位小数的金额（元） (yuan)".to_owned())
}

/// 公民身份号码.
pub fn citizen(text: &str) -> Result<CitizenId, String> {
    text.parse().map_err(|_| "应为18位公民身份号码，请核对校验码 (a citizen identity number)".to_owned())
}

/// 人员编号.
pub fn person(text: &str) -> Result<PersonNumber, String> {
    let number: Option<PersonNumber> = text.parse().ok();
    number
        .filter(|number| is_in_a_path(number.as_str()))
        .ok_or_else(|| "应为人员编号 (a person's number)".to_owned())
}

/// 定点医药机构编号.
pub fn institution(text: &str) -> Result<InstitutionCode, String> {
    let code: Option<InstitutionCode> = text.parse().ok();
    let fits = code.filter(|code| is_in_a_path(code.as_str()));
    fits.ok_or_else(|| "应为定点医药机构编号，如H42010600001 (an institution's code)".to_owned())
}

/// 备案编号.
pub fn filing_id(text: &str) -> Result<FilingId, String> {
    text.parse().map_err(|_| "应为30位备案编号 (a filing's id)".to_owned())
}

/// Whether a text stands in an address as it is.
fn is_in_a_path(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_by_code_by_chinese_and_by_name() {
        for text in ["4", "异地转诊人员", "转诊", "referral"] {
            assert_eq!(category(text), Ok(FilingCategory::Referral), "{text}");
        }
        assert_eq!(category("long-term-resident"), Ok(FilingCategory::LongTermResident));
        assert_eq!(scheme("310"), Ok(InsuranceScheme::Employee));
        assert_eq!(level("31"), Ok(SettlementLevel::TertiarySpecial));
        assert!(category("异地").is_err(), "five have it");
        assert!(category("7").unwrap_err().contains("异地转诊人员"));
        assert!(person("a/../b").is_err());
        assert!(yuan("-1").is_err() && yuan("1.001").is_err());
    }
}
