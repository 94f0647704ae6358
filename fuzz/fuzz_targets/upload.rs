//! Files of hospitals (9101): forms of several parts, archives, and the lists in them; workbooks, and papers of filings. The first byte says which.
#![no_main]

use fuzz::{Bytes, fits, is_without_nul};
use libfuzzer_sys::fuzz_target;
use wire::{
    api::material::ContentType,
    hospital::{Request, archive, multipart, statement, t9101},
};

const TYPE: &str = "multipart/form-data; boundary=\"x-9\"";

fuzz_target!(|data: &[u8]| {
    let Some((kind, content)) = data.split_first() else { return };
    match kind {
        b'z' => unpacked(content),
        b'f' => form(TYPE, content),
        b't' => {
            let mut bytes = Bytes(content);
            let kind = bytes.text();
            form(&kind, bytes.0);
        }
        b'l' => list(&Bytes(content).rest()),
        b'w' => workbook(content),
        b'm' => drop(ContentType::of(content)),
        _ => {
            let text = Bytes(content).rest();
            let archive = archive::pack("清单.txt", &text);
            assert_eq!(archive::unpack(&archive).as_deref(), Ok(text.as_str()));
            uploaded(content);
        }
    }
});

fn unpacked(content: &[u8]) {
    match archive::unpack(content) {
        Ok(text) => {
            assert!(text.len() <= archive::TEXT_BYTES_MAX);
            assert_eq!(archive::unpack(&archive::pack("a.txt", &text)).as_deref(), Ok(text.as_str()));
            list(&text);
        }
        Err(wrong) => assert!(!wrong.0.is_empty()),
    }
}

fn workbook(content: &[u8]) {
    match wire::workbook::read(content) {
        Ok(rows) => is_without_nul(&rows),
        Err(wrong) => assert!(!wrong.0.is_empty()),
    }
}

fn form(kind: &str, body: &[u8]) {
    let Some(form) = multipart::read(kind, body) else { return };
    assert!(form.message.len() + form.file.as_ref().map_or(0, Vec::len) <= body.len());
    if let (Ok(mut request), Some(file)) = (Request::read(&form.message), &form.file) {
        t9101::attach(&mut request, file);
        match t9101::Input::read(&request) {
            Ok(input) => assert_eq!(&input.content, file),
            Err(refusal) => fits(&refusal),
        }
        unpacked(file);
    }
}

fn list(text: &str) {
    match statement::read_list(text) {
        Ok(lines) => {
            assert!(lines.len() <= statement::LINES_MAX);
            is_without_nul(&lines);
            let cells = lines.iter().map(|line| {
                [
                    Some(line.setl_id.clone()),
                    Some(line.mdtrt_id.clone()),
                    Some(line.psn_no.clone()),
                    Some(line.medfee_sumamt.to_string()),
                    Some(line.fund_pay_sumamt.to_string()),
                    Some(line.acct_pay.to_string()),
                    Some(if line.refd_setl_flag { "1" } else { "0" }.to_owned()),
                ]
            });
            let cells: Vec<_> = cells.collect();
            let written = archive::text(cells.iter().map(|row| row.as_slice()));
            assert_eq!(statement::read_list(&written).as_ref(), Ok(&lines), "written as {written:?}");
        }
        Err(refusal) => fits(&refusal),
    }
}

/// The same bytes as the file of a message, in each of the ways in which clients send them.
fn uploaded(content: &[u8]) {
    let message = serde_json::json!({
        "infno": "9101", "msgid": "m1", "mdtrtarea_admvs": "420106", "fixmedins_code": "H42010600001",
        "input": { "fsUploadIn": { "filename": "a.zip", "in": content.iter().map(|byte| byte.cast_signed()).collect::<Vec<_>>() } },
    });
    let mut request = Request::read(message.to_string().as_bytes()).expect("an envelope in order");
    let signed = t9101::Input::read(&request).map(|input| input.content);
    t9101::attach(&mut request, content);
    let attached = t9101::Input::read(&request).map(|input| input.content);
    if content.is_empty() {
        assert!(attached.is_err(), "an empty file is none");
    } else {
        assert_eq!((signed.as_deref(), attached.as_deref()), (Ok(content), Ok(content)));
    }
}
