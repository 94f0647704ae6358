//! The envelope (交易报文) that every transaction of the hospital interface travels in, asked and answered.
//!
//! It is read tolerantly: key order, case and unknown extras do not matter, and nearly everything that the standard calls
//! required is left out by some real client. It knows nothing of what a transaction means.

use super::field::Row;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sign::sm2_sm4::Sealed;
use sm3::{Digest, Sm3};
use std::{borrow::Cow, fmt::Write as _};
use terms::{
    AdminDivision, InstitutionCode, InsuredPlace, MessageId, Moment, Province, Refusal, TreatmentPlace,
};

/// The longest `err_msg` of the standard, in characters.
pub const ERR_MSG_MAX: usize = 200;

/// What a hospital sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Transaction number (交易编号), in capital letters: `2304`, `2206A`.
    pub infno: String,
    /// The sender's message id (发送方报文ID). Real clients use one for transactions of different numbers.
    pub msgid: MessageId,
    /// Treatment place (就医地医保区划) as it came; [`Request::treatment_place`] reads it.
    pub mdtrtarea_admvs: String,
    /// Insured place (参保地医保区划) as it came; [`Request::insured_place`] reads it.
    pub insuplc_admdvs: Option<String>,
    /// Operator (经办人), empty if the client names none.
    pub opter: String,
    /// The operator's name (经办人姓名).
    pub opter_name: String,
    /// Kind of operator (经办人类别): `1` 经办人, `2` 自助终端, `3` 移动终端.
    pub opter_type: String,
    /// When the client says it sent the message (交易时间).
    pub inf_time: Option<Moment>,
    /// The institution (定点医药机构编号).
    pub fixmedins_code: InstitutionCode,
    /// The institution's name (定点医药机构名称).
    pub fixmedins_name: String,
    /// Number of the sign-in (交易签到流水号), as 9001 gave it; many clients send a dummy.
    pub sign_no: Option<String>,
    /// Version of the interface (接口版本号) as the client writes it: `V1.0`, `1.0.0`.
    pub infver: String,
    /// The transaction's input (交易输入); empty if there is none.
    pub input: Map<String, Value>,
}

impl Request {
    /// A message of somebody at a window of an institution, whose session has shown who it is: the node makes the envelope that the
    /// institution's software would make. `operator` is the account and the name; `institution` its code, name and place.
    pub fn of_window(
        infno: &str,
        message: &crate::api::portal::WindowMessage,
        operator: (&str, &str),
        institution: (&InstitutionCode, &str, AdminDivision),
        at: Moment,
    ) -> Result<Self, Refusal> {
        let msgid = message.msgid.parse();
        let msgid = msgid.map_err(|_| Refusal::invalid("msgid", "1到40位的报文ID"))?;
        let input = match &message.input {
            Value::Object(input) => input.clone(),
            Value::Null => Map::new(),
            _ => return Err(Refusal::invalid("input", "JSON对象")),
        };
        let insured = message.insured.trim();
        Ok(Self {
            infno: infno.to_owned(),
            msgid,
            mdtrtarea_admvs: institution.2.to_string(),
            insuplc_admdvs: Some(insured.to_owned()).filter(|insured| !insured.is_empty()),
            opter: operator.0.to_owned(),
            opter_name: operator.1.to_owned(),
            opter_type: "1".to_owned(),
            inf_time: Some(at),
            fixmedins_code: institution.0.clone(),
            fixmedins_name: institution.1.to_owned(),
            sign_no: None,
            infver: "V1.0".to_owned(),
            input,
        })
    }

    /// The message as its sender's software would have written it: the form in which it is shown to people.
    pub fn written(&self) -> Vec<u8> {
        let message = json!({
            "infno": self.infno,
            "msgid": self.msgid.as_str(),
            "mdtrtarea_admvs": self.mdtrtarea_admvs,
            "insuplc_admdvs": self.insuplc_admdvs,
            "infver": self.infver,
            "opter_type": self.opter_type,
            "opter": self.opter,
            "opter_name": self.opter_name,
            "inf_time": self.inf_time.map(|at| at.to_string()),
            "fixmedins_code": self.fixmedins_code.as_str(),
            "fixmedins_name": self.fixmedins_name,
            "sign_no": self.sign_no,
            "input": self.input,
        });
        message.to_string().into_bytes()
    }

    /// Reads the body of a request in clear text, whatever its content type. A byte order mark, blanks and the `=` of a
    /// form-encoding proxy before the object are passed over; a body that is form-encoded as a whole is decoded.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        Received::read(body)?.clear()
    }

    /// The treatment place (就医地), which the standard requires.
    pub fn treatment_place(&self) -> Result<TreatmentPlace, Refusal> {
        if self.mdtrtarea_admvs.is_empty() {
            return Err(Refusal::missing("mdtrtarea_admvs", DIVISION));
        }
        let place: Result<AdminDivision, _> = self.mdtrtarea_admvs.parse();
        place.map(TreatmentPlace).map_err(|_| Refusal::invalid("mdtrtarea_admvs", DIVISION))
    }

    /// The insured place (参保地): the routing key of a cross-region case. Without it the case counts as a local one.
    pub fn insured_place(&self) -> Result<Option<InsuredPlace>, Refusal> {
        let Some(text) = &self.insuplc_admdvs else { return Ok(None) };
        let place: Result<AdminDivision, _> = text.parse();
        place.map(|place| Some(InsuredPlace(place))).map_err(|_| Refusal::invalid("insuplc_admdvs", DIVISION))
    }

    /// A digest (SM3) of what the message asks for: number, places, institution and input, with sorted keys. A message sent
    /// again has the same digest although its time differs; other content under the same id has another.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut text = String::new();
        let parts =
            json!([self.infno, self.mdtrtarea_admvs, self.insuplc_admdvs, self.fixmedins_code.as_str()]);
        write_canonical(&parts, &mut text);
        write_canonical_object(&self.input, &mut text);
        Sm3::digest(text.as_bytes()).into()
    }
}

/// A message as it came: in clear text, or with its input under seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message; without its input, if that is under seal.
    pub request: Request,
    /// The `input` of the encrypted edition: a text.
    sealed: Option<String>,
    /// 数字签名信息 (`cainfo`), which other editions fill with anything.
    cainfo: Option<Value>,
    /// 签名类型 (`signtype`).
    signtype: Option<Value>,
    /// 加密类型 (`enctype`, `encType`).
    enctype: Option<Value>,
}

impl Received {
    /// Reads the body of a request, as [`Request::read`] does.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let not_json = |detail: String| Refusal::NotJson { detail };
        let text = std::str::from_utf8(body).map_err(|_| not_json("不是UTF-8编码".to_owned()))?;
        let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c == '=' || c.is_whitespace());
        let text = form_decoded(text).ok_or_else(|| not_json("不是UTF-8编码".to_owned()))?;
        let root: Value = serde_json::from_str(&text)
            .map_err(|error| not_json(format!("第{}行第{}列", error.line(), error.column())))?;
        let Value::Object(fields) = root else {
            return Err(not_json("根节点不是JSON对象".to_owned()));
        };
        Self::read_fields(&fields)
    }

    fn read_fields(fields: &Map<String, Value>) -> Result<Self, Refusal> {
        let row = Row::of(fields);
        let or_empty = |field: &str, chinese: &str, longest: usize| {
            row.optional_text(field, chinese, longest).map(Option::unwrap_or_default)
        };
        let mut request = Request {
            infno: row.text("infno", "交易编号", 6)?.to_ascii_uppercase(),
            msgid: row.message("msgid", "发送方报文ID")?,
            mdtrtarea_admvs: or_empty("mdtrtarea_admvs", "就医地医保区划", 6)?,
            insuplc_admdvs: row.optional_text("insuplc_admdvs", "参保地医保区划", 6)?,
            opter: or_empty("opter", "经办人", 30)?,
            opter_name: or_empty("opter_name", "经办人姓名", 50)?,
            opter_type: or_empty("opter_type", "经办人类别", 3)?,
            inf_time: row.optional_moment("inf_time", "交易时间")?,
            fixmedins_code: row
                .optional_institution("fixmedins_code", "定点医药机构编号")?
                .ok_or_else(|| Refusal::missing("fixmedins_code", "定点医药机构编号"))?,
            fixmedins_name: or_empty("fixmedins_name", "定点医药机构名称", 200)?,
            sign_no: row.optional_text("sign_no", "交易签到流水号", 50)?,
            infver: or_empty("infver", "接口版本号", 10)?,
            input: Map::new(),
        };
        let sealed = match row.value("input") {
            None => None,
            Some(Value::Object(input)) => {
                request.input.clone_from(input);
                None
            }
            Some(Value::String(sealed)) => Some(sealed.clone()),
            Some(_) => return Err(row.wrong("input", CLEAR)),
        };
        let owned = |field: &str| row.value(field).cloned();
        Ok(Self {
            request,
            sealed,
            cainfo: owned("cainfo"),
            signtype: owned("signtype"),
            enctype: owned("enctype"),
        })
    }

    /// The message, whose input must be in clear text: an object, or the text of one. The standard calls the input a text
    /// (字符型), and some clients send it as one.
    pub fn clear(mut self) -> Result<Request, Refusal> {
        if let Some(text) = &self.sealed {
            let input = serde_json::from_str(text);
            self.request.input = input.map_err(|_| Refusal::invalid("input", CLEAR))?;
        }
        Ok(self.request)
    }

    /// What is under seal, in an envelope of the encrypted edition. `signtype` and `enctype` may be left out, but not say
    /// another way.
    pub fn sealed(&self) -> Result<Sealed, Refusal> {
        for (field, value, expected) in
            [("signtype", &self.signtype, "SM2"), ("enctype", &self.enctype, "SM4")]
        {
            let fits = |value: &Value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(expected));
            if !value.as_ref().is_none_or(fits) {
                return Err(Refusal::invalid(field, expected));
            }
        }
        let text = self.sealed.clone().ok_or_else(|| Refusal::invalid("input", SEALED))?;
        let signature = self.cainfo.as_ref().ok_or_else(|| Refusal::missing("cainfo", SIGNATURE))?;
        let signature = signature.as_str().ok_or_else(|| Refusal::invalid("cainfo", SIGNATURE))?;
        Ok(Sealed { text, signature: signature.to_owned() })
    }

    /// The message with the input that was under seal.
    pub fn opened(mut self, input: &[u8]) -> Result<Request, Refusal> {
        let input = serde_json::from_slice(input);
        self.request.input = input.map_err(|_| Refusal::invalid("input", "解密后为JSON对象"))?;
        Ok(self.request)
    }
}

/// The JSON in a body as a browser form sends it (`%7B%22infno%22…`); every other text as it is. `None` if it decodes to no text.
fn form_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%7B")) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| hex_pair(after)).flatten();
        decoded.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// The byte that two hexadecimal digits at the beginning stand for.
fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (high, low) = (digit(text.first()?)?, digit(text.get(1)?)?);
    u8::try_from(high * 16 + low).ok()
}

const CLEAR: &str = "明文JSON对象（本机构登记的方式不加密交易输入）";
const SEALED: &str = "以SM4加密并以Base64编码的交易输入（本机构登记的方式为sm2-sm4）";
const SIGNATURE: &str = "对交易输入明文的SM2签名，Base64编码";

/// An answer with its output under seal: encrypted in `output`, and signed in `cainfo`. One without output has nothing to sign.
pub fn seal_output(answer: &[u8], seal: impl FnOnce(&[u8]) -> Sealed) -> Vec<u8> {
    let mut answer: Map<String, Value> =
        serde_json::from_slice(answer).expect("an answer of this system is a JSON object");
    let output = answer.get("output").filter(|output| !output.is_null());
    if let Some(sealed) = output.map(|output| seal(output.to_string().as_bytes())) {
        answer.insert("output".to_owned(), sealed.text.into());
        answer.insert("cainfo".to_owned(), sealed.signature.into());
        answer.insert("signtype".to_owned(), "SM2".into());
        answer.insert("enctype".to_owned(), "SM4".into());
    }
    Value::Object(answer).to_string().into_bytes()
}

const DIVISION: &str = "六位医保区划代码";

/// JSON without blanks and with its keys sorted; numbers keep the text they came with.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => write_canonical_object(fields, text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        leaf => write!(text, "{leaf}").expect("a string takes any text"),
    }
}

fn write_canonical_object(fields: &Map<String, Value>, text: &mut String) {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    text.push('{');
    for (key, value) in sorted {
        write_canonical(&Value::String(key.clone()), text);
        text.push(':');
        write_canonical(value, text);
        text.push(',');
    }
    text.push('}');
}

/// What goes back to the hospital: always HTTP 200, with the outcome inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `infcode` 0, with the output if the transaction has one.
    Success(Option<Value>),
    /// `infcode` -1, with the sentence that the cashier reads.
    Refused(String),
}

impl Answer {
    /// The transaction is done. An output of `Value::Null` counts as none.
    pub fn success(output: Option<Value>) -> Self {
        Self::Success(output.filter(|output| !output.is_null()))
    }

    /// The transaction is not done, and why. The sentence is cut to [`ERR_MSG_MAX`] characters.
    pub fn refusal(refusal: &Refusal) -> Self {
        Self::Refused(refusal.message().chars().take(ERR_MSG_MAX).collect())
    }

    /// The answer's body. The message id of the answer is an [`inf_refmsgid`].
    pub fn render(&self, inf_refmsgid: &str, received: Moment, responded: Moment) -> Vec<u8> {
        let (infcode, err_msg, output) = match self {
            Self::Success(output) => (0, None, output.as_ref()),
            Self::Refused(sentence) => (-1, Some(sentence), None),
        };
        let body = Body {
            infcode,
            inf_refmsgid,
            refmsg_time: received.compact_millis(),
            respond_time: responded.compact_millis(),
            err_msg,
            output,
            warn_msg: (),
            cainfo: (),
            signtype: (),
        };
        serde_json::to_vec(&body).expect("texts, numbers and JSON become JSON")
    }
}

/// An answer as it is written, its keys in this order.
#[derive(Serialize)]
struct Body<'a> {
    infcode: i32,
    inf_refmsgid: &'a str,
    refmsg_time: String,
    respond_time: String,
    err_msg: Option<&'a String>,
    output: Option<&'a Value>,
    warn_msg: (),
    cainfo: (),
    signtype: (),
}

/// Whether an answer of this system, sealed or not, says yes: [`Answer::render`] writes that first.
pub fn says_yes(answer: &[u8]) -> bool {
    answer.starts_with(br#"{"infcode":0,"#)
}

/// The receiver's message id (接收方报文ID): province (6), `yyyyMMddHHmmss` (14), serial (10).
pub fn inf_refmsgid(province: Province, at: Moment, serial: u64) -> String {
    format!("{province}{}{:010}", at.compact(), serial % 10_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"infno":"2304","msgid":"H42010600001202611220958410001","mdtrtarea_admvs":"420106",
        "insuplc_admdvs":"110101","inf_time":"2026-11-22 09:58:41","fixmedins_code":"H42010600001","opter_type":1,
        "input":{"data":{"a":"1","b":[1,2]}}}"#;

    fn read(body: &str) -> Result<Request, Refusal> {
        Request::read(body.as_bytes())
    }

    #[test]
    fn an_envelope_is_read_whatever_stands_before_it() {
        let request = read(BODY).unwrap();
        assert_eq!((request.infno.as_str(), request.opter_type.as_str()), ("2304", "1"));
        assert_eq!(request.treatment_place().map(|place| place.to_string()), Ok("420106".to_owned()));
        assert_eq!(
            request.insured_place().unwrap().map(|place| place.to_string()),
            Some("110101".to_owned())
        );
        for before in ["=", "\u{feff}", " \r\n", "\u{feff}= "] {
            assert_eq!(read(&format!("{before}{BODY}")), Ok(request.clone()), "{before:?}");
        }
    }

    #[test]
    fn a_message_that_is_written_is_read_as_the_same() {
        let request = read(BODY).unwrap();
        assert_eq!(Request::read(&request.written()), Ok(request));
    }

    #[test]
    fn a_form_of_a_browser_is_decoded() {
        let name = r#"{"fixmedins_name":"示范 医院+1%","#;
        let body = BODY.replacen('{', name, 1);
        let encode = |text: &str| {
            let escape = |byte: u8| match byte {
                b' ' => "+".to_owned(),
                letter if letter.is_ascii_alphanumeric() => char::from(letter).to_string(),
                other => format!("%{other:02X}"),
            };
            text.bytes().map(escape).collect::<String>()
        };
        let read_back = read(&format!("={}", encode(&body))).unwrap();
        assert_eq!(read_back, read(&body).unwrap());
        assert_eq!(read_back.fixmedins_name, "示范 医院+1%");
        for broken in ["=%7B", "=%7B%", "=%7B%ff", "=%7Bé"] {
            assert_eq!(read(broken).unwrap_err().code(), "envelope-not-json", "{broken}");
        }
    }

    #[test]
    fn an_input_in_clear_may_be_the_text_of_an_object() {
        let object = r#"{"data":{"a":"1","b":[1,2]}}"#;
        let text = serde_json::to_string(object).unwrap();
        let as_text = read(&BODY.replace(object, &text)).unwrap();
        assert_eq!(as_text, read(BODY).unwrap());
        assert_eq!(as_text.content_hash(), read(BODY).unwrap().content_hash());
        for broken in [r#""[1]""#, r#""{""#, r#""1""#] {
            assert_eq!(read(&BODY.replace(object, broken)).unwrap_err().code(), "field-invalid", "{broken}");
        }
    }

    #[test]
    fn every_refusal_of_an_envelope() {
        for (change, to, expected) in [
            (r#"{"infno""#, "[", "交易报文不是合法的JSON对象（第1行第2列），请检查报文格式后重新发送"),
            (r#""2304""#, r#""""#, "字段[infno]不能为空，应为交易编号，不超过6字的文本"),
            (
                r#""2304""#,
                r#""2304567""#,
                "字段[infno]不合规，应为交易编号，不超过6字的文本，请更正后重新发送",
            ),
            (r#""msgid""#, r#""other""#, "字段[msgid]不能为空，应为发送方报文ID，不超过40字的文本"),
            (
                r#""H42010600001","opter"#,
                r#"null,"opter"#,
                "字段[fixmedins_code]不能为空，应为定点医药机构编号",
            ),
            (
                "2026-11-22 09:58:41",
                "yesterday",
                "字段[inf_time]不合规，应为交易时间，1900至2199年间的yyyy-MM-dd HH:mm:ss，请更正后重新发送",
            ),
            (
                r#"{"data":{"a":"1","b":[1,2]}}"#,
                r#""Base64""#,
                "字段[input]不合规，应为明文JSON对象（本机构登记的方式不加密交易输入），请更正后重新发送",
            ),
        ] {
            let body = BODY.replacen(change, to, 1);
            assert_ne!(body, BODY, "nothing was changed: {change}");
            assert_eq!(read(&body).unwrap_err().message(), expected);
        }
        assert_eq!(Request::read(b"\xff").unwrap_err().code(), "envelope-not-json");
        assert_eq!(read("[]").unwrap_err().code(), "envelope-not-json");
        let odd = read(&BODY.replace("420106\"", "4201\"").replace("110101", "100000")).unwrap();
        assert_eq!(odd.treatment_place().unwrap_err().code(), "field-invalid");
        assert_eq!(odd.insured_place().unwrap_err().code(), "field-invalid");
    }

    #[test]
    fn an_envelope_under_seal() {
        const SEALED_BODY: &str = r#"{"infno":"1201","msgid":"m1","mdtrtarea_admvs":"420106","fixmedins_code":"H42010600001",
            "signtype":"SM2","encType":"SM4","cainfo":"c","input":"i"}"#;
        let received = |body: &str| Received::read(body.as_bytes());
        let whole = received(SEALED_BODY).unwrap();
        assert_eq!(whole.sealed(), Ok(Sealed { text: "i".to_owned(), signature: "c".to_owned() }));
        assert_eq!(whole.opened(br#"{"data":{"a":1}}"#).unwrap().input.len(), 1);
        assert!(read(SEALED_BODY).is_err(), "not in clear");
        for left_out in [r#""signtype":"SM2","#, r#""encType":"SM4","#] {
            assert!(received(&SEALED_BODY.replace(left_out, "")).unwrap().sealed().is_ok(), "{left_out}");
        }
        for (change, to, field) in [
            (r#""SM2""#, r#""SM3""#, "signtype"),
            (r#""SM4""#, r#""AES""#, "enctype"),
            (r#""SM4""#, "4", "enctype"),
            (r#""c""#, r#""null""#, "cainfo"),
            (r#""c""#, "[1]", "cainfo"),
            (r#""i""#, r#""""#, "input"),
            (r#""i""#, "{}", "input"),
        ] {
            let refusal = received(&SEALED_BODY.replace(change, to)).unwrap().sealed().unwrap_err();
            assert!(refusal.message().starts_with(&format!("字段[{field}]")), "{to}: {refusal:?}");
        }
        for text in ["", "[]", "null", "{"] {
            let refusal = received(SEALED_BODY).unwrap().opened(text.as_bytes()).unwrap_err();
            assert_eq!(refusal.code(), "field-invalid", "{text}");
        }
        assert_eq!(received(&SEALED_BODY.replace(r#""i""#, "[1]")).unwrap_err().code(), "field-invalid");
    }

    #[test]
    fn an_output_is_sealed_and_no_output_is_not() {
        let seal = |text: &[u8]| Sealed {
            text: format!("sealed {}", String::from_utf8_lossy(text)),
            signature: "signed".to_owned(),
        };
        let sealed = |answer: &str| String::from_utf8(seal_output(answer.as_bytes(), seal)).unwrap();
        assert_eq!(
            sealed(r#"{"infcode":0,"output":{"b":23442.46,"a":[]},"cainfo":null,"signtype":null}"#),
            r#"{"infcode":0,"output":"sealed {\"b\":23442.46,\"a\":[]}","cainfo":"signed","signtype":"SM2","enctype":"SM4"}"#
        );
        let none = r#"{"infcode":-1,"output":null,"cainfo":null,"signtype":null}"#;
        assert_eq!(sealed(none), none);
    }

    #[test]
    fn the_input_may_be_missing_or_capitalised() {
        for input in [r#""input":{}"#, r#""input":null"#, r#""Input":"""#, r#""other":1"#] {
            let body = BODY.replace(r#""input":{"data":{"a":"1","b":[1,2]}}"#, input);
            assert!(read(&body).unwrap().input.is_empty(), "{input}");
        }
        assert_eq!(read(&BODY.replace("\"input\"", "\"Input\"")).unwrap().input.len(), 1);
    }

    #[test]
    fn the_digest_is_of_the_content_and_not_of_its_dress() {
        let digest = |body: &str| read(body).unwrap().content_hash();
        let same = [
            BODY.replace("09:58:41", "10:00:00"),
            BODY.replace(r#""a":"1","b":[1,2]"#, r#""b" : [1, 2], "a" : "1""#),
            BODY.replace("410001\"", "410002\""),
        ];
        for body in same {
            assert_eq!(digest(&body), digest(BODY), "{body}");
        }
        let other = [
            BODY.replace("2304", "2303"),
            BODY.replace("420106\"", "420107\""),
            BODY.replace("110101", "110102"),
            BODY.replace("H42010600001\"", "H42010600002\""),
            BODY.replace("[1,2]", "[2,1]"),
            BODY.replace("[1,2]", "[12]"),
            BODY.replace(r#""a":"1""#, r#""a":1"#),
        ];
        for body in other {
            assert_ne!(digest(&body), digest(BODY), "{body}");
        }
    }

    #[test]
    fn answers_are_rendered_as_the_standard_says() {
        let received: Moment = "2026-11-22 09:58:41".parse().unwrap();
        let responded = received.plus_millis(17);
        let id = inf_refmsgid("420000".parse().unwrap(), received, 12_345_678_901_234);
        assert_eq!(id, "420000202611220958415678901234");
        let text = |answer: Answer| String::from_utf8(answer.render(&id, received, responded)).unwrap();
        assert_eq!(
            text(Answer::success(Some(json!({ "result": 1 })))),
            r#"{"infcode":0,"inf_refmsgid":"420000202611220958415678901234","refmsg_time":"20261122095841000","respond_time":"20261122095841017","err_msg":null,"output":{"result":1},"warn_msg":null,"cainfo":null,"signtype":null}"#
        );
        assert!(text(Answer::success(Some(Value::Null))).contains(r#""output":null"#));
        let long = Refusal::PolicyRefuses { reason: "长".repeat(300) };
        let refused: Value = serde_json::from_str(&text(Answer::refusal(&long))).unwrap();
        assert_eq!(refused["infcode"], json!(-1));
        assert_eq!(refused["err_msg"].as_str().map(|text| text.chars().count()), Some(ERR_MSG_MAX));
    }
}
