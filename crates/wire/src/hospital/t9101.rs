//! 9101 文件上传: a text in an archive.

use super::{
    envelope::Request,
    field::{Row, output_row},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use terms::{InstitutionCode, Moment, Refusal};

/// The largest file taken, in bytes, as it is packed.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// The input (`fsUploadIn`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// 文件数据: an array of bytes, signed as Java writes them or not, or their Base64 text.
    pub content: Vec<u8>,
    /// 文件名.
    pub filename: String,
    /// 医药机构编号; the sender's if not said.
    pub fixmedins_code: Option<InstitutionCode>,
}

impl Input {
    /// Reads the input.
    pub fn read(request: &Request) -> Result<Self, Refusal> {
        let row = Row::one(request, NODE)?;
        let filename = row.text("filename", "文件名", 200)?;
        let fixmedins_code = row.optional_institution("fixmedins_code", "医药机构编号")?;
        let value = row.value("in").ok_or_else(|| Refusal::missing("in", EXPECTED))?;
        let content = bytes(value).ok_or_else(|| row.wrong("in", EXPECTED))?;
        if content.len() > FILE_BYTES_MAX {
            return Err(row.wrong("in", "不超过4兆字节的文件，请分批上传"));
        }
        Ok(Self { content, filename, fixmedins_code })
    }
}

const NODE: &str = "fsUploadIn";
const EXPECTED: &str = "文件数据，字节数组";

fn bytes(value: &Value) -> Option<Vec<u8>> {
    let byte = |value: &Value| match value.as_i64()? {
        // -1 is 255: Java's bytes have a sign.
        number @ -128..=255 => u8::try_from(number & 0xff).ok(),
        _ => None,
    };
    match value {
        Value::Array(numbers) => numbers.iter().map(byte).collect(),
        Value::String(text) => STANDARD.decode(text.trim()).ok(),
        _ => None,
    }
}

/// Puts a file that came beside its message into the message, so that both forms are one.
pub fn attach(request: &mut Request, file: &[u8]) {
    let node = request.input.entry(NODE).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(fields) = node {
        fields.insert("in".to_owned(), Value::String(STANDARD.encode(file)));
    }
}

output_row! {
    /// The output.
    #[derive(Clone, Debug, PartialEq, Eq)]
    Output {
        file_qury_no: String, "文件查询号";
        filename: String, "文件名";
        fixmedins_code: InstitutionCode, "医药机构编号";
        dld_endtime: Moment, "截止时间";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bytes_come_with_a_sign_or_without_or_as_text() {
        for (value, expected) in [
            (json!([80, 75, 3, 4]), Some(vec![80, 75, 3, 4])),
            (json!([-1, -128, 127, 255]), Some(vec![255, 128, 127, 255])),
            (json!("UEsDBA=="), Some(vec![80, 75, 3, 4])),
            (json!([]), Some(vec![])),
            (json!([256]), None),
            (json!([-129]), None),
            (json!(["80"]), None),
            (json!([1.5]), None),
            (json!("压缩包"), None),
            (json!(80), None),
        ] {
            assert_eq!(bytes(&value), expected, "{value}");
        }
    }
}
