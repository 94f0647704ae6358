//! Extra keys of a transaction (字段扩展, `exp_content`) by which the standard passes what matters for out-of-province
//! patients (异地就医2.1规范): a JSON text inside JSON, which real clients also send as an object, empty, or malformed.

use super::field::{Row, find, is_absent};
use serde_json::{Map, Value};
use terms::{AdmissionKind, OutpatientKind, Refusal};

/// The keys that this system reads. Others are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpContent {
    /// 就诊人群类型 (`MDTRT_GRP_TYPE`): 1 新冠确诊, 2 其他突发公共事件, 3 新冠疑似, 4 无症状.
    pub group: Option<String>,
    /// 外伤标志 (`TRUM_FLAG`).
    pub injury: Option<bool>,
    /// 涉及第三方标志 (`REL_TTP_FLAG`).
    pub third_party: Option<bool>,
    /// 住院类型 (`IPT_TYPE`).
    pub admission_kind: Option<AdmissionKind>,
    /// 门诊急诊转诊标志 (`OTP_ER_REFL_FLAG`): 1 急诊, 2 转诊, 3 转诊合并急诊.
    pub outpatient_kind: Option<OutpatientKind>,
}

/// The longest `exp_content` of the standard.
const LONGEST: usize = 4_000;
const KEYS: [&str; 5] = ["MDTRT_GRP_TYPE", "TRUM_FLAG", "REL_TTP_FLAG", "IPT_TYPE", "OTP_ER_REFL_FLAG"];

impl ExpContent {
    /// Reads `exp_content` of a row. What does not parse as JSON is searched for the known keys, since the standard's own
    /// example is malformed; a known key with an unknown value is refused.
    pub fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let empty = Map::new();
        let parsed;
        let fields = match row.value("exp_content") {
            Some(Value::Object(fields)) => fields,
            Some(Value::String(text)) if text.chars().count() > LONGEST => {
                return Err(row.wrong("exp_content", "不超过4000字的JSON文本"));
            }
            Some(Value::String(text)) => {
                parsed = parse(text);
                &parsed
            }
            _ => &empty,
        };
        Self::read_keys(fields)
    }

    /// Applies the rules that tie the keys of an admission to its 医疗类别: 13 急诊 is an emergency admission, 22 外伤 an injury,
    /// and an injury says whether a third party is liable.
    pub fn for_admission(mut self, med_type: &str) -> Result<Self, Refusal> {
        if med_type.starts_with("13")
            && *self.admission_kind.get_or_insert(AdmissionKind::Emergency) != AdmissionKind::Emergency
        {
            return Err(Refusal::invalid("exp_content.IPT_TYPE", "2（急诊或抢救住院），因医疗类别为13急诊"));
        }
        if med_type.starts_with("22") && !*self.injury.get_or_insert(true) {
            return Err(Refusal::invalid("exp_content.TRUM_FLAG", "1（外伤），因医疗类别为22外伤住院"));
        }
        if self.injury == Some(true) && self.third_party.is_none() {
            return Err(Refusal::missing("exp_content.REL_TTP_FLAG", "是否涉及第三方：0或1，外伤就医必填"));
        }
        Ok(self)
    }

    /// Applies the rules that tie the keys of an outpatient visit to its 医疗类别: 13 急诊 is an emergency, 9903 an injury, and an
    /// injury says whether a third party is liable.
    pub fn for_outpatient(mut self, med_type: &str) -> Result<Self, Refusal> {
        if med_type.starts_with("13")
            && !self.outpatient_kind.get_or_insert(OutpatientKind::Emergency).is_emergency()
        {
            return Err(Refusal::invalid(
                "exp_content.OTP_ER_REFL_FLAG",
                "1（急诊）或3（转诊合并急诊），因医疗类别为13急诊",
            ));
        }
        if med_type == "9903" && !*self.injury.get_or_insert(true) {
            return Err(Refusal::invalid("exp_content.TRUM_FLAG", "1（外伤），因医疗类别为9903意外伤害门诊"));
        }
        if self.injury == Some(true) && self.third_party.is_none() {
            return Err(Refusal::missing("exp_content.REL_TTP_FLAG", "是否涉及第三方：0或1，外伤就医必填"));
        }
        Ok(self)
    }

    fn read_keys(fields: &Map<String, Value>) -> Result<Self, Refusal> {
        let [group, injury, third_party, admission_kind, outpatient_kind] =
            KEYS.map(|key| find(fields, key).filter(|value| !is_absent(value)).map(code_of));
        let wrong = |key: &str, expected: &str| Refusal::invalid(format!("exp_content.{key}"), expected);
        let one_of = |code: Option<String>, key: &str, allowed: &[&str]| match code {
            Some(code) if !allowed.contains(&code.as_str()) => Err(wrong(key, &allowed.join("、"))),
            code => Ok(code),
        };
        let flag = |code, key| Ok(one_of(code, key, &["0", "1"])?.map(|code| code == "1"));
        let admission_kind = one_of(admission_kind, KEYS[3], &["1", "2", "3"])?;
        let outpatient_kind = one_of(outpatient_kind, KEYS[4], &["1", "2", "3"])?;
        Ok(Self {
            group: one_of(group, KEYS[0], &["1", "2", "3", "4"])?,
            injury: flag(injury, KEYS[1])?,
            third_party: flag(third_party, KEYS[2])?,
            admission_kind: admission_kind.as_deref().and_then(AdmissionKind::from_code),
            outpatient_kind: outpatient_kind.as_deref().and_then(OutpatientKind::from_code),
        })
    }
}

/// The code as text; what is no code at all becomes one that no list has.
fn code_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => if *flag { "1" } else { "0" }.to_owned(),
        _ => "?".to_owned(),
    }
}

fn parse(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
            Ok(Value::Object(fields)) => fields,
            _ => search(&inner),
        },
        _ => search(text),
    }
}

/// The codes that follow the known keys in a text that is not JSON, such as `{"IPT_TYPE":"\1\"}`.
fn search(text: &str) -> Map<String, Value> {
    let text = text.to_ascii_uppercase();
    let code_after = |key: &str| {
        let (before, after) = text.split_once(key)?;
        if before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let code = after.trim_start_matches(|c: char| c.is_whitespace() || "\"\\':=".contains(c));
        let code: String = code.chars().take_while(char::is_ascii_digit).collect();
        (!code.is_empty()).then_some((key.to_owned(), Value::String(code)))
    };
    KEYS.into_iter().filter_map(code_after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<ExpContent, Refusal> {
        let fields = Map::from_iter([("expContent".to_owned(), value)]);
        ExpContent::read(&Row::of(&fields))
    }

    #[test]
    fn the_admission_kind_is_found_in_every_form_that_was_seen() {
        for (value, expected) in [
            (json!(r#"{"IPT_TYPE":"2"}"#), Some(AdmissionKind::Emergency)),
            (json!(r#"{"IPT_TYPE":"\2\"}"#), Some(AdmissionKind::Emergency)),
            (json!(r#"{"IPT_TYPE":"\1\","TRUM_FLAG":"\1\"}"#), Some(AdmissionKind::Ordinary)),
            (json!(r#""{\"ipt_type\":3}""#), Some(AdmissionKind::Transfer)),
            (json!({ "IPT_TYPE": 2, "local_dise": "" }), Some(AdmissionKind::Emergency)),
            (json!({ "local_dise": "" }), None),
            (json!("IPT_TYPE=2;"), Some(AdmissionKind::Emergency)),
            (json!(r#"{"IPT_TYPE":"","TRUM_FLAG":"1""#), None),
            (json!(r#"{"X_IPT_TYPE":"2"#), None),
            (json!(""), None),
            (json!("null"), None),
            (json!(null), None),
            (json!(7), None),
        ] {
            let text = value.to_string();
            assert_eq!(read(value).map(|read| read.admission_kind), Ok(expected), "{text}");
        }
        let both = read(json!(r#"{"IPT_TYPE":"\1\","TRUM_FLAG":"\1\"}"#)).unwrap();
        assert_eq!(both.injury, Some(true));
    }

    #[test]
    fn an_unknown_value_of_a_known_key_is_refused_by_name() {
        let refusal = read(json!({ "IPT_TYPE": "9" })).unwrap_err();
        assert_eq!(refusal.message(), "字段[exp_content.IPT_TYPE]不合规，应为1、2、3，请更正后重新发送");
        assert!(read(json!({ "TRUM_FLAG": {} })).is_err());
        assert!(read(json!("长".repeat(4_001))).is_err());
    }

    #[test]
    fn an_admission_is_completed_from_its_kind_or_refused() {
        let apply = |value, med_type: &str| {
            let read = read(value).and_then(|read| read.for_admission(med_type));
            read.map(|read| (read.admission_kind, read.injury)).map_err(|refusal| refusal.code().to_owned())
        };
        assert_eq!(apply(json!(null), "21"), Ok((None, None)));
        assert_eq!(apply(json!(null), "1301"), Ok((Some(AdmissionKind::Emergency), None)));
        assert_eq!(apply(json!({ "IPT_TYPE": 1 }), "13"), Err("field-invalid".to_owned()));
        assert_eq!(apply(json!(null), "22"), Err("field-missing".to_owned()));
        assert_eq!(apply(json!({ "REL_TTP_FLAG": 0 }), "22"), Ok((None, Some(true))));
        assert_eq!(apply(json!({ "TRUM_FLAG": 0 }), "22"), Err("field-invalid".to_owned()));
        assert_eq!(apply(json!({ "TRUM_FLAG": 1 }), "21"), Err("field-missing".to_owned()));
    }

    #[test]
    fn an_outpatient_visit_is_completed_from_its_kind_or_refused() {
        let apply = |value, med_type: &str| {
            let read = read(value).and_then(|read| read.for_outpatient(med_type));
            read.map(|read| (read.outpatient_kind, read.injury)).map_err(|refusal| refusal.code().to_owned())
        };
        let both = Some(OutpatientKind::ReferredEmergency);
        assert_eq!(apply(json!(null), "11"), Ok((None, None)));
        assert_eq!(apply(json!(null), "13"), Ok((Some(OutpatientKind::Emergency), None)));
        assert_eq!(apply(json!({ "OTP_ER_REFL_FLAG": "3" }), "13"), Ok((both, None)));
        assert_eq!(apply(json!({ "OTP_ER_REFL_FLAG": 2 }), "13"), Err("field-invalid".to_owned()));
        assert_eq!(apply(json!({ "OTP_ER_REFL_FLAG": 9 }), "11"), Err("field-invalid".to_owned()));
        assert_eq!(apply(json!(null), "9903"), Err("field-missing".to_owned()));
        assert_eq!(apply(json!({ "REL_TTP_FLAG": "1" }), "9903"), Ok((None, Some(true))));
        assert_eq!(apply(json!({ "TRUM_FLAG": "1" }), "11"), Err("field-missing".to_owned()));
    }
}
