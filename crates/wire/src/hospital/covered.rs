//! A message with what is personal covered (脱敏): for transcripts of real messages, which are kept and looked at.
//!
//! What stays is what is named here: amounts, days, codes of tables, ids of visits, settlements and messages, codes of items and diagnoses.
//! Everything else is covered, so that a field of which nobody has thought, and one that the standard does not have, shows nothing. Keys
//! and the shape of the message stay, since those are what is looked at. It is done before anything is kept: there is no way back.

use super::{
    field::letters,
    standard::{self, Field, Kind},
};
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::LazyLock};
use terms::person::masked_name;

/// The most rows that are kept of a list; how many more there were is told.
pub const ROWS_KEPT: usize = 50;
/// The deepest that is looked into: what lies deeper is told as such.
const DEPTH_MAX: usize = 12;
/// The longest that is kept of a value that stays, in characters.
const VALUE_MAX: usize = 400;
/// The longest key that is kept.
const KEY_MAX: usize = 64;

/// Texts that stay, beside those whose names end as [`ENDS`] says.
const STAYS: &[&str] = &[
    "infno",
    "msgid",
    "infver",
    "signtype",
    "infcode",
    "inf_refmsgid",
    "refmsg_time",
    "respond_time",
    "inf_time",
    "err_msg",
    "warn_msg",
    "fixmedins_name",
    "page_num",
    "page_size",
    "startrow",
    "setl_ym",
    "year",
    "hilist_name",
    "medins_list_name",
    "fixmedins_hilist_name",
    "fund_pay_type_name",
    "insutype_name",
    "med_type_name",
    "psn_type_name",
    "clr_type_name",
    "clr_stas_name",
];
/// How names of texts end that stay: numbers and codes.
const ENDS: &[&str] = &[
    "_id", "_no", "_code", "_codg", "_sn", "_type", "_flag", "_ver", "_admvs", "_admdvs", "_lv", "_optins",
    "_bchno",
];
/// What is in names of texts and days that do not stay, however they end: who is treated, accompanies, treats, works; what lets in.
const COVERED: &[&str] = &[
    "psn_no",
    "psn_insu",
    "cert",
    "card",
    "cainfo",
    "dev_",
    "brdy",
    "birthday",
    "tel",
    "addr",
    "poscode",
    "emp_",
    "ssn",
    "opter",
    "crter",
    "dr_no",
    "dr_cod",
    "chfpdr",
    "atddr",
    "nurs",
    "doc_",
    "phar_",
    "prac_",
    "patn",
    "patient",
    "coner",
    "agnter",
    "appler",
    "resper",
    "token",
    "auth",
    "sign_",
    "ipt_no",
    "ipt_otp_no",
    "regno",
    "medcas",
    "bed_no",
    "idno",
    "id_no",
    "chker",
    "train_",
    "rechker",
    "orders_dr",
    "itvt",
];
/// Numbers that say something of a person, and nothing of a bill: how old, and how much is in the personal account.
const NUMBERS: &[&str] = &["age", "nwb_age", "balc"];
/// What is in names of fields whose values show a little, so that two can be told apart: the first and the last two characters.
const SHOWN_A_LITTLE: &[&str] = &["psn_no", "certno", "cert_no", "card_sn", "ipt_no", "ipt_otp_no"];
/// Names of people, of which the first character shows.
const NAMES: &[&str] =
    &["psn_name", "opter_name", "patn_name", "coner_name", "agnter_name", "bilg_dr_name", "opter"];

/// What becomes of a field of the standard, by the letters of its name.
static FIELDS: LazyLock<HashMap<String, Way>> = LazyLock::new(|| {
    let (asked, answered) = standard::envelope();
    let nodes = standard::transactions().flat_map(|one| one.input.iter().chain(&one.output));
    let all = asked.iter().chain(answered).chain(nodes.flat_map(|node| &node.fields));
    let mut ways: HashMap<String, Way> = HashMap::new();
    for field in all {
        let way = way_of(field);
        // A name that is of a person in one transaction is so in all.
        ways.entry(name_of(field.name)).and_modify(|known| *known = (*known).max(way)).or_insert(way);
    }
    ways
});

/// How a key is spelled, but for its case and its underscores: messages differ in those.
fn name_of(key: &str) -> String {
    letters(key).take(KEY_MAX).map(char::from).collect()
}

/// The same with words apart, however the standard's table writes them: `psnNo` and `psn_no`.
fn words_of(name: &str) -> String {
    let mut words = String::new();
    for one in name.chars() {
        if one.is_ascii_uppercase() && !words.is_empty() && !words.ends_with('_') {
            words.push('_');
        }
        words.push(one.to_ascii_lowercase());
    }
    words
}

/// What becomes of a value. Where the standard has several fields of a name, the last of these counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Nothing is known that would let it stay.
    Unknown,
    Stays,
    /// 王**.
    AsName,
    /// 42**************08.
    ALittle,
    /// It is of a person.
    Covered,
}

fn way_of(field: &Field) -> Way {
    let words = words_of(field.name);
    // What kind of a thing something is, is a code, whatever it is of.
    let is_kind = words.ends_with("_type") || words.ends_with("_flag");
    let has = |parts: &[&str]| !is_kind && parts.iter().any(|part| words.contains(part));
    let ends = |ends: &[&str]| ends.iter().any(|end| words.ends_with(end));
    match field.kind {
        Kind::Number if NUMBERS.contains(&words.as_str()) => Way::Covered,
        Kind::Text if field.coded => Way::Stays,
        Kind::Text if NAMES.contains(&words.as_str()) => Way::AsName,
        Kind::Text if has(SHOWN_A_LITTLE) => Way::ALittle,
        Kind::Text if STAYS.contains(&words.as_str()) => Way::Stays,
        Kind::Text | Kind::Day | Kind::Moment | Kind::Other if has(COVERED) => Way::Covered,
        Kind::Number | Kind::Day | Kind::Moment => Way::Stays,
        Kind::Text if ends(ENDS) => Way::Stays,
        Kind::Text | Kind::Other => Way::Unknown,
    }
}

/// A message or an answer with what is personal covered; what is no JSON is covered whole.
pub fn covered(body: &[u8]) -> Value {
    let text = String::from_utf8_lossy(body);
    let bare = text.trim_start_matches(|c: char| c == '\u{feff}' || c == '=' || c.is_whitespace());
    match serde_json::from_str::<Value>(bare) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => inside("", &value, 0),
        _ if body.is_empty() => Value::Null,
        _ => Value::String(format!("（不是JSON，{}字节，内容不保存）", body.len())),
    }
}

fn inside(key: &str, value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(_) | Value::Array(_) if depth >= DEPTH_MAX => {
            Value::String("（层次过深，内容不保存）".to_owned())
        }
        Value::Object(fields) => {
            let one = |(key, value): (&String, &Value)| {
                let kept: String = key.chars().take(KEY_MAX).collect();
                (kept, inside(key, value, depth + 1))
            };
            Value::Object(fields.iter().map(one).collect::<Map<_, _>>())
        }
        Value::Array(rows) => {
            let mut kept: Vec<Value> =
                rows.iter().take(ROWS_KEPT).map(|row| inside(key, row, depth + 1)).collect();
            if rows.len() > ROWS_KEPT {
                kept.push(Value::String(format!("（另有{}行，内容不保存）", rows.len() - ROWS_KEPT)));
            }
            Value::Array(kept)
        }
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(number) => scalar(key, value, &number.to_string()),
        Value::String(text) => scalar(key, value, text),
    }
}

fn scalar(key: &str, value: &Value, text: &str) -> Value {
    let bare = text.trim();
    if bare.is_empty() || bare.eq_ignore_ascii_case("null") {
        return Value::String(text.chars().take(KEY_MAX).collect());
    }
    let name = name_of(key);
    match FIELDS.get(&name).copied().unwrap_or(Way::Unknown) {
        // What a known field holds is shown as long as a known field is.
        Way::Stays if bare.chars().count() <= VALUE_MAX => value.clone(),
        Way::AsName if bare.chars().count() <= KEY_MAX => Value::String(masked_name(bare)),
        Way::ALittle if bare.chars().count() <= KEY_MAX => Value::String(a_little(bare)),
        _ => Value::String(format!("***（{}字）", text.chars().count())),
    }
}

/// The first and the last two characters, where there are enough between.
fn a_little(text: &str) -> String {
    let length = text.chars().count();
    let cover = |(at, one)| if at < 2 || at + 2 >= length { one } else { '*' };
    if length < 8 { "*".repeat(length) } else { text.chars().enumerate().map(cover).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_personal_is_covered_and_what_is_looked_at_stays() {
        let message = json!({
            "infno": "2401", "msgid": "H42010600002202611211000000001", "fixmedins_name": "武汉市示范第二医院",
            "opter": "gh001", "opter_name": "王某甲", "cainfo": "密", "sign_no": "S1234567890",
            "input": { "mdtrtinfo": {
                "psn_no": "32900000000S", "insutype": "310", "coner_name": "李某", "tel": "13800000000",
                "begntime": "2026-11-21 10:00:00", "mdtrt_cert_type": "02", "mdtrt_cert_no": "110101194501019005",
                "ipt_no": "Z20261121", "dscg_maindiag_code": "I63.900", "dscg_maindiag_name": "脑梗死", "adm_bed": "12",
                "main_cond_dscr": "头晕三天", "medfee_sumamt": 1234.5, "age": 81.8, "balc": 1000, "brdy": "1945-01-01",
                "patientName": "黄某甲", "phone": 13_800_000_000_u64, "PSN_NAME": "黄某甲", "certno": "123",
                "remark": "", "note": "null", "flag": true, "nothing": null,
            }, "diseinfo": [{ "diag_code": "I63.900", "diag_name": "脑梗死" }] },
        });
        let expected = json!({
            "infno": "2401", "msgid": "H42010600002202611211000000001", "fixmedins_name": "武汉市示范第二医院",
            "opter": "g****", "opter_name": "王**", "cainfo": "***（1字）", "sign_no": "***（11字）",
            "input": { "mdtrtinfo": {
                "psn_no": "32********0S", "insutype": "310", "coner_name": "***（2字）", "tel": "***（11字）",
                "begntime": "2026-11-21 10:00:00", "mdtrt_cert_type": "02", "mdtrt_cert_no": "11**************05",
                "ipt_no": "Z2*****21", "dscg_maindiag_code": "I63.900", "dscg_maindiag_name": "***（3字）",
                "adm_bed": "***（2字）", "main_cond_dscr": "***（4字）", "medfee_sumamt": 1234.5, "age": "***（4字）", "balc": "***（4字）",
                "brdy": "***（10字）", "patientName": "***（3字）", "phone": "***（11字）", "PSN_NAME": "黄**",
                "certno": "***", "remark": "", "note": "null", "flag": true, "nothing": null,
            }, "diseinfo": [{ "diag_code": "I63.900", "diag_name": "***（3字）" }] },
        });
        assert_eq!(covered(message.to_string().as_bytes()), expected);
    }

    #[test]
    fn no_field_of_the_standard_that_is_called_something_of_a_person_stays() {
        let of_people = [
            "人员姓名",
            "患者姓名",
            "联系人",
            "身份证",
            "证件号",
            "凭证编号",
            "电话",
            "手机",
            "住址",
            "地址",
            "邮编",
            "出生日期",
            "卡识别码",
            "令牌",
            "签名",
            "工作单位",
            "单位名称",
            "医师姓名",
            "医生姓名",
            "护士",
            "病情",
            "主诉",
            "人员编号",
            "个人管理码",
            "经办人姓名",
        ];
        let (asked, answered) = standard::envelope();
        let nodes = standard::transactions().flat_map(|one| one.input.iter().chain(&one.output));
        let all = asked.iter().chain(answered).chain(nodes.flat_map(|node| &node.fields));
        let mut open: Vec<String> = all
            .filter(|field| !field.coded && field.kind != Kind::Number)
            // How a message is signed, and when a token is over, says nothing of anybody.
            .filter(|field| !["signtype", "expiresIn"].contains(&field.name))
            .filter(|field| of_people.iter().any(|word| field.chinese.contains(word)))
            .filter(|field| FIELDS[&name_of(field.name)] == Way::Stays)
            .map(|field| format!("{} {}", field.name, field.chinese))
            .collect();
        open.sort_unstable();
        open.dedup();
        assert_eq!(open, Vec::<String>::new());
    }

    #[test]
    fn what_is_no_message_long_or_deep_is_told_and_not_kept() {
        assert_eq!(covered(b""), Value::Null);
        assert_eq!(covered("王某甲".as_bytes()), json!("（不是JSON，9字节，内容不保存）"));
        assert_eq!(covered(b"13800000000"), json!("（不是JSON，11字节，内容不保存）"));
        assert_eq!(covered("\u{feff}={\"infno\":\"1\"}".as_bytes()), json!({ "infno": "1" }));
        let rows: Vec<Value> = (0..60).map(|n| json!({ "cnt": n })).collect();
        let kept = covered(json!({ "feedetail": rows }).to_string().as_bytes());
        let kept = kept["feedetail"].as_array().unwrap();
        assert_eq!((kept.len(), &kept[50]), (51, &json!("（另有10行，内容不保存）")));
        let mut deep = json!("x");
        for _ in 0..40 {
            deep = json!({ "input": deep });
        }
        assert!(covered(deep.to_string().as_bytes()).to_string().contains("层次过深"));
        let long = json!({ "msgid": "9".repeat(1000) });
        assert_eq!(covered(long.to_string().as_bytes()), json!({ "msgid": "***（1000字）" }));
    }
}
