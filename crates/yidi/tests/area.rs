//! `yidi funds area` on either side of the line: what it asks is what the management interface describes, what it prints is what came, and a refusal
//! ends it with its sentence. The node is a listener that keeps what it was asked.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::Command,
    thread,
};
use wire::{
    api::{
        Refused,
        area_clearing::{AreaMonthView, ConfirmArea, DecideAreaDispute, DisputeArea},
    },
    openapi::{Role, permissions},
};

const SETTLEMENT: &str = "420000179530845981545364139283";

struct Ran {
    code: i32,
    out: String,
    err: String,
    /// Method, path and body, if the node was asked.
    asked: Option<(String, String, Value)>,
}

/// Runs `yidi funds area` at a node that answers so.
fn area(arguments: &[&str], (status, answer): (u16, &Value)) -> Ran {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let node = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = answer.to_string();
    let asked = thread::spawn(move || -> Option<(String, String, Value)> {
        let (mut line, _) = listener.accept().ok()?;
        let mut reader = BufReader::new(line.try_clone().ok()?);
        let (mut head, mut length) = (Vec::new(), 0);
        loop {
            let mut text = String::new();
            reader.read_line(&mut text).ok()?;
            let text = text.trim_end().to_owned();
            if text.is_empty() {
                break;
            }
            if let Some((_, value)) = text.to_ascii_lowercase().split_once("content-length:") {
                length = value.trim().parse().ok()?;
            }
            head.push(text);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let bytes = answer.len();
        let head_of_answer = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\n\r\n"
        );
        line.write_all(format!("{head_of_answer}{answer}").as_bytes()).ok()?;
        let mut words = head.first()?.split(' ').map(str::to_owned);
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).ok()? };
        Some((words.next()?, words.next()?, body))
    });
    let output = Command::new(env!("CARGO_BIN_EXE_yidi"))
        .args(["funds", "--node", &node, "--token", "0123456789abcdef", "area"])
        .args(arguments)
        .env_clear()
        .output()
        .expect("the program is built");
    // Whoever was not asked waits for somebody who comes and says nothing.
    drop(std::net::TcpStream::connect(node.trim_start_matches("http://")));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
        asked: asked.join().expect("a listener").filter(|(method, ..)| !method.is_empty()),
    }
}

/// A month of one area, of which the area says this.
fn month(answer: &Value) -> Value {
    let month = json!({
        "month": "2026-10", "divided_by": "王某经", "divided_at": "2026-11-23 10:00:00", "due": "2026-11-30",
        "areas": [{
            "area": "420100", "name": "湖北省武汉市", "notice": "鄂统筹〔2026〕1号",
            "lines": [{
                "treatment": "110000", "scheme": "employee", "purse": "310100", "purse_name": "职工基本医疗保险统筹基金",
                "count": 2, "amount": "1750.30",
            }],
            "owed": [], "before": [], "received": [], "open": [], "still_owed": "1750.30", "receipts": [],
            "answer": answer,
        }],
    });
    serde_json::from_value::<AreaMonthView>(month.clone()).expect("as the node would answer");
    month
}

/// Whether a province serves it.
fn is_served(method: &str, path: &str) -> bool {
    permissions(Role::Province).into_iter().any(|line| {
        line.method.eq_ignore_ascii_case(method) && line.path.replace("{month}", "2026-10") == path
    })
}

#[test]
fn an_area_answers_and_the_province_decides_in_words_of_the_interface() {
    let disputed = json!({
        "verdict": "disputed", "verdict_name": "有异议", "reason": "住院日期有疑问", "settlements": [SETTLEMENT],
        "by": "李某办", "at": "2026-11-24 09:00:00",
    });
    let mut upheld = disputed.clone();
    for (key, value) in [
        ("verdict", "upheld"),
        ("verdict_name", "异议成立"),
        ("words", "转下月核实"),
        ("decided_by", "赵某核"),
        ("decided_at", "2026-11-25 09:00:00"),
    ] {
        upheld[key] = json!(value);
    }
    let awaited = json!({ "verdict": "awaited", "verdict_name": "待确认" });
    let confirmed = json!({
        "verdict": "confirmed", "verdict_name": "已确认", "by": "李某办", "at": "2026-11-24 09:00:00",
    });
    let dispute =
        ["dispute", "2026-10", "--area", "420100", "--settlement", SETTLEMENT, "--reason", "住院日期有疑问"];
    let decide = ["decide", "2026-10", "--area", "420100", "--words", "转下月核实"];
    let upholds = [&decide[..], &["--upheld"]].concat();
    let heads =
        "2026-10  上解期限2026-11-30  王某经\n鄂统筹〔2026〕1号  420100  湖北省武汉市  尚欠1750.30元  ";
    let line = "  就医地110000  310  职工基本医疗保险统筹基金  2笔  1750.30元\n";
    let disputes = format!("  异议理由：住院日期有疑问  李某办  2026-11-24 09:00:00\n    {SETTLEMENT}\n");
    let decided = "  裁定意见：转下月核实  赵某核  2026-11-25 09:00:00\n";
    for (arguments, asked, answer, printed) in [
        (&["show", "2026-10"][..], ("GET", "", Value::Null), &awaited, "待确认\n".to_owned()),
        (
            &["confirm", "2026-10", "--area", "420100"][..],
            ("POST", "/confirm", json!({ "area": "420100" })),
            &confirmed,
            "已确认\n  确认：李某办  2026-11-24 09:00:00\n".to_owned(),
        ),
        (
            &dispute[..],
            (
                "POST",
                "/dispute",
                json!({ "area": "420100", "settlements": [SETTLEMENT], "reason": "住院日期有疑问" }),
            ),
            &disputed,
            format!("有异议\n{disputes}"),
        ),
        (
            &upholds[..],
            ("POST", "/disputes", json!({ "area": "420100", "upheld": true, "words": "转下月核实" })),
            &upheld,
            format!("异议成立\n{disputes}{decided}"),
        ),
        (
            &decide[..],
            ("POST", "/disputes", json!({ "area": "420100", "upheld": false, "words": "转下月核实" })),
            &upheld,
            format!("异议成立\n{disputes}{decided}"),
        ),
    ] {
        let ran = area(arguments, (200, &month(answer)));
        assert_eq!(ran.code, 0, "{arguments:?}\n{}", ran.err);
        assert_eq!(ran.out, format!("{heads}{printed}{line}"), "{arguments:?}");
        let (method, path, body) = ran.asked.expect("the node is asked");
        let (expected, step, sent) = asked;
        assert_eq!((method.as_str(), &body), (expected, &sent), "{arguments:?}");
        assert_eq!(path, format!("/api/v1/funds/areas/2026-10{step}"));
        assert!(is_served(&method, &path), "{method} {path}");
        // Nothing is sent that the interface does not take.
        match step {
            "/confirm" => assert!(serde_json::from_value::<ConfirmArea>(body).is_ok()),
            "/dispute" => assert!(serde_json::from_value::<DisputeArea>(body).is_ok()),
            "/disputes" => assert!(serde_json::from_value::<DecideAreaDispute>(body).is_ok()),
            _ => {}
        }
    }
}

#[test]
fn what_is_refused_or_mistyped_is_told_and_nothing_is_asked_that_cannot_be() {
    let refused = json!({ "code": "statement-rule", "message": "2026-10尚未分割，请先分割" });
    serde_json::from_value::<Refused>(refused.clone()).expect("as the node would refuse");
    let ran = area(&["confirm", "2026-10", "--area", "420100"], (422, &refused));
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("2026-10尚未分割，请先分割 (statement-rule)"), "{}", ran.err);
    for (arguments, said) in [
        (&["dispute", "2026-10", "--area", "420100", "--reason", "有疑问"][..], "--settlement"),
        (
            &["dispute", "2026-10", "--area", "420100", "--settlement", "123", "--reason", "有疑问"][..],
            "30位结算ID",
        ),
        (&["confirm", "2026-10"][..], "--area"),
        (&["confirm", "2026-10", "--area", "4201"][..], "六位"),
        (&["decide", "2026-10", "--area", "420100", "--upheld"][..], "--words"),
    ] {
        let ran = area(arguments, (200, &Value::Null));
        assert_eq!(ran.code, 2, "{arguments:?}\n{}", ran.err);
        assert!(ran.err.contains(said), "{arguments:?}: {said} is not in\n{}", ran.err);
        assert_eq!(ran.asked, None, "{arguments:?}");
    }
}
