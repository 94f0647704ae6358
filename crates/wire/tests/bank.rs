//! Files of banks: a golden payment, a golden statement, and bytes of any kind. `UPDATE_SAMPLES=1` writes the golden files anew.

use funds::{
    bank::{BankAccount, Nature},
    notice::{Cause, NoticeNumber},
    payment_order::OrderNumber,
};
use proptest::prelude::*;
use std::{fmt::Write as _, fs, path::PathBuf};
use terms::{Fen, InsuranceScheme, Month};
use wire::bank::{camt053, pain001};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bank")
}

fn golden(name: &str, found: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        fs::write(&path, found).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        found,
        "{name}: UPDATE_SAMPLES=1 writes it anew"
    );
}

fn account(owner: &str, name: &str, number: &str) -> BankAccount {
    BankAccount {
        owner: owner.parse().unwrap(),
        scheme: InsuranceScheme::Employee,
        name: name.to_owned(),
        bank: "示范银行营业部".to_owned(),
        number: number.to_owned(),
        bank_code: "102521000017".to_owned(),
        changed_at: "2026-11-30 10:00:00".parse().unwrap(),
    }
}

#[test]
fn a_payment_as_the_bank_gets_it() {
    let cause = Cause::Clearing { month: Month::new(2026, 10).unwrap() };
    let number = NoticeNumber::of(&cause, "420000".parse().unwrap(), "310000".parse().unwrap());
    let number = OrderNumber::of(number, InsuranceScheme::Employee);
    let (payer, payee) = (
        account("420000", "湖北省社会保障基金<财政专户>", "42001123456789"),
        account("310000", "上海市社会保障基金财政专户&医保", "31001123456789"),
    );
    let text = number.to_string();
    let payment = |round| pain001::Payment {
        number: &text,
        round,
        amount: Fen(123_456_789),
        payer: (&payer).into(),
        payee: (&payee).into(),
        text: "2026年10月跨省异地就医费用清算",
        on: "2026-12-09".parse().unwrap(),
        made_at: "2026-12-08 16:30:00".parse().unwrap(),
    };
    golden("pain001.xml", &pain001::write(&payment(1)));
    let again = pain001::write(&payment(2));
    assert!(again.contains("<MsgId>QS202610-420000-310000-310-R2</MsgId>"), "{again}");
    assert!(again.contains("<EndToEndId>QS202610-420000-310000-310</EndToEndId>"), "{again}");
}

fn statement() -> Vec<u8> {
    fs::read(folder().join("camt053.xml")).unwrap()
}

#[test]
fn a_statement_as_it_is_read() {
    let mut said = String::new();
    for one in camt053::statements(&statement()).unwrap() {
        writeln!(
            said,
            "{} {} {}..{} {} -> {}",
            one.id, one.account, one.from, one.to, one.opening, one.closing
        )
        .unwrap();
        for entry in one.entries {
            let kind = match (entry.nature, entry.reversal) {
                (Nature::Fee, _) => "fee",
                (Nature::Interest, _) => "interest",
                (Nature::Transfer, true) => "returned",
                (Nature::Transfer, false) => "transfer",
            };
            let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            writeln!(
                said,
                "{} {} {} {kind} {} {} {} | {}",
                entry.reference,
                entry.on,
                entry.amount,
                or(entry.end_to_end),
                or(entry.counterparty.name),
                or(entry.counterparty.number),
                or(entry.text),
            )
            .unwrap();
        }
    }
    golden("camt053.txt", &said);
}

#[test]
fn what_is_wrong_with_a_statement_is_said() {
    let file = String::from_utf8(statement()).unwrap();
    for (from, to, said) in [
        ("BkToCstmrStmt>", "BkToCstmrRpt>", "不是camt.053"),
        ("<Ccy>CNY</Ccy>", "<Ccy>USD</Ccy>", "不是人民币账户"),
        ("Ccy=\"CNY\">5000.00", "Ccy=\"USD\">5000.00", "人民币元"),
        (">5000.00<", ">5000.001<", "人民币元"),
        (">5000.00<", ">-5000.00<", "人民币元"),
        (">5000.00<", ">5001.00<", "不等于期末余额"),
        ("<CdtDbtInd>DBIT</CdtDbtInd>", "<CdtDbtInd>XXXX</CdtDbtInd>", "借贷标志"),
        ("<Cd>CLBD</Cd>", "<Cd>ITBD</Cd>", "没有期初余额或期末余额"),
        ("<Dt>2026-12-09</Dt>", "<Dt>2026-13-09</Dt>", "日期"),
        ("<AcctSvcrRef>F0001<", "<AcctSvcrRef>F 01<", "笔：流水号"),
        ("<AcctSvcrRef>F0002<", "<AcctSvcrRef>F0001<", "重复"),
        ("<Id>42001123456789</Id>", "", "没有账号"),
        ("<Id>42001123456789</Id>", "<Id>42001\u{0}123456789</Id>", "不允许的字符"),
        ("<Id>20261209-1</Id>", "<Id>编号</Id>", "对账单编号"),
        ("</Document>", "", "不是"),
    ] {
        assert!(file.contains(from), "{from}");
        let why = camt053::statements(file.replace(from, to).as_bytes()).unwrap_err();
        assert!(why.0.contains(said), "{from} -> {to}: {why}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_mutation_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut bytes = statement();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 if bytes.len() > 1 => { bytes.remove(at); }
                _ => bytes.truncate(at.max(1)),
            }
        }
        if let Ok(statements) = camt053::statements(&bytes) {
            for one in statements {
                prop_assert!(one.check().is_ok());
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = camt053::statements(&bytes);
    }
}
