//! An exchange (一次报文往来): a message and its answer as they went over the line, read for people who look at them: what it was about,
//! how it ended, what is under seal in clear, and where either leaves the standard.
//!
//! Transcripts of sandboxes, proxies and nodes are made of it. It decides nothing about the message. What it gives is whole; what is kept
//! of real people's messages goes through [`super::covered`] first.

use super::{
    conformance::{self, Deviation},
    multipart,
};
use serde_json::{Map, Value};
use sign::sm4;

/// What went over the line.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Content type of the message; empty if it named none.
    pub content_type: &'a str,
    /// The message.
    pub request: &'a [u8],
    /// HTTP status of the answer.
    pub status: u16,
    /// The answer.
    pub answer: &'a [u8],
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// 成功.
    Done,
    /// Refused, with this sentence (`err_msg`).
    Refused(String),
    /// Refused by the gateway, with its own words.
    Gateway(String),
    /// Answered with a file of so many bytes.
    File(usize),
    /// Something else came back: an HTTP status.
    Other(u16),
}

impl Ended {
    /// The name that programs use.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done | Self::File(_) => "done",
            Self::Refused(_) => "refused",
            Self::Gateway(_) => "gateway",
            Self::Other(_) => "other",
        }
    }

    /// In Chinese, with what was said.
    pub fn words(&self) -> String {
        match self {
            Self::Done => "成功".to_owned(),
            Self::Refused(said) => said.clone(),
            Self::Gateway(said) => format!("网关拒绝：{said}"),
            Self::File(bytes) => format!("文件，{bytes}字节"),
            Self::Other(status) => format!("HTTP {status}"),
        }
    }
}

/// An exchange, read.
#[derive(Clone, Debug)]
pub struct Said {
    /// 交易编号 in capitals; empty where none could be read.
    pub infno: String,
    /// 发送方报文ID.
    pub msgid: String,
    /// 定点医药机构编号.
    pub institution: String,
    /// The message in clear, without the form around it.
    pub request: Vec<u8>,
    /// The answer in clear; empty where it is a file.
    pub answer: Vec<u8>,
    /// How it ended.
    pub ended: Ended,
    /// Deviations of the message.
    pub asked: Vec<Deviation>,
    /// Deviations of the answer.
    pub answered: Vec<Deviation>,
}

/// Reads an exchange. `key_of` gives the key of an institution whose messages go under seal; what it does not open stays as it is.
pub fn read<'k>(exchange: &Exchange<'_>, key_of: impl Fn(&str) -> Option<&'k sm4::Key>) -> Said {
    let of_form = multipart::read(exchange.content_type, exchange.request).map(|form| form.message);
    let mut request = of_form.unwrap_or_else(|| exchange.request.to_vec());
    let text = String::from_utf8_lossy(&request);
    let bare = text.trim_start_matches(|c: char| c == '\u{feff}' || c == '=' || c.is_whitespace());
    let mut fields: Map<String, Value> = serde_json::from_str(bare).unwrap_or_default();
    let text = |name: &str| match fields.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (infno, msgid, institution) = (text("infno").to_uppercase(), text("msgid"), text("fixmedins_code"));
    let opened = |sealed: Option<&Value>| -> Option<Value> {
        let clear = key_of(&institution)?.decrypt(sealed?.as_str()?).ok()?;
        serde_json::from_slice(&clear).ok()
    };
    if let Some(input) = opened(fields.get("input")) {
        fields.insert("input".to_owned(), input);
        request = Value::Object(fields).to_string().into_bytes();
    }
    let mut fields: Option<Map<String, Value>> = serde_json::from_slice(exchange.answer).ok();
    let is_file = fields.is_none() && exchange.status == 200;
    let mut answer = if is_file { Vec::new() } else { exchange.answer.to_vec() };
    if let Some(fields) = &mut fields
        && let Some(output) = opened(fields.get("output"))
    {
        fields.insert("output".to_owned(), output);
        answer = Value::Object(fields.clone()).to_string().into_bytes();
    }
    let is_envelope = fields.as_ref().is_some_and(|fields| fields.contains_key("infcode"));
    let said = |fields: &Map<String, Value>, name: &str| fields.get(name)?.as_str().map(str::to_owned);
    let ended = match &fields {
        Some(fields) if is_envelope => match fields.get("infcode") {
            Some(code) if code == 0 || code == "0" => Ended::Done,
            _ => Ended::Refused(said(fields, "err_msg").unwrap_or_else(|| "拒绝".to_owned())),
        },
        Some(fields) => Ended::Gateway(said(fields, "message").unwrap_or_default()),
        None if is_file => Ended::File(exchange.answer.len()),
        None => Ended::Other(exchange.status),
    };
    let asked = conformance::of_request(&request);
    let answered = if is_envelope { conformance::of_answer(&infno, &answer) } else { Vec::new() };
    Said { infno, msgid, institution, request, answer, ended, asked, answered }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hospital::conformance::Rule;

    fn said(content_type: &str, request: &str, status: u16, answer: &str) -> Said {
        let (request, answer) = (request.as_bytes(), answer.as_bytes());
        read(&Exchange { content_type, request, status, answer }, |_| None)
    }

    #[test]
    fn how_it_ended_is_read_off_the_answer() {
        for (status, answer, name, words) in [
            (200, r#"{"infcode":0,"output":{}}"#, "done", "成功"),
            (200, r#"{"infcode":"0"}"#, "done", "成功"),
            (200, r#"{"infcode":-1,"err_msg":"未查到就诊"}"#, "refused", "未查到就诊"),
            (200, r#"{"infcode":-1}"#, "refused", "拒绝"),
            (200, r#"{"code":401,"message":"签名不符"}"#, "gateway", "网关拒绝：签名不符"),
            (200, "a\tfile", "done", "文件，6字节"),
            (413, "too large", "other", "HTTP 413"),
        ] {
            let said = said("application/json", r#"{"infno":"2304"}"#, status, answer);
            assert_eq!((said.ended.name(), said.ended.words().as_str()), (name, words), "{answer}");
            assert_eq!(said.infno, "2304");
        }
    }

    #[test]
    fn a_form_is_taken_off_and_what_is_no_message_is_told() {
        let form = "--b\r\nContent-Disposition: form-data; name=\"jsonStr\"\r\n\r\n{\"infno\":\"9101\",\"msgid\":7}\r\n--b--";
        let read = said("multipart/form-data; boundary=b", form, 200, "{}");
        assert_eq!((read.infno.as_str(), read.msgid.as_str()), ("9101", "7"));
        assert!(read.request.starts_with(b"{"));
        let read = said("", "not json", 200, r#"{"infcode":-1,"err_msg":"x"}"#);
        assert_eq!(read.asked.iter().map(|one| one.rule).collect::<Vec<_>>(), [Rule::NotJson]);
    }

    #[test]
    fn what_is_under_seal_is_opened_with_the_key_of_its_sender() {
        let key = sm4::Key::from_hex("6b8a417e837c9275bf6147657287567e").unwrap();
        let sealed = key.encrypt(br#"{"data":{"psn_no":"1"}}"#);
        let request = format!(r#"{{"infno":"5206","fixmedins_code":"H1","input":"{sealed}"}}"#);
        let answer =
            format!(r#"{{"infcode":0,"output":"{}"}}"#, key.encrypt(br#"{"cuminfo":[{"year":"2026"}]}"#));
        let (request, answer) = (request.as_bytes(), answer.as_bytes());
        let exchange = Exchange { content_type: "", request, status: 200, answer };
        let opened = read(&exchange, |code| (code == "H1").then_some(&key));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(text(&opened.request).contains("psn_no") && text(&opened.answer).contains("cuminfo"));
        let closed = read(&exchange, |_| None);
        assert!(!text(&closed.request).contains("psn_no"), "nobody else opens it");
    }
}
