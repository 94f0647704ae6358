//! Payments that a bank is to make: `pain.001.001.09` (Customer Credit Transfer Initiation), in yuan.
//!
//! One file is one payment: of an order (划拨单) to another province, or of an instalment to an institution. The reference from end to
//! end is the order's, by which the statement is matched. Fees are the payer's (`DEBT`), so that the payee gets the amount to the fen; they are no money of the fund.

use funds::bank::BankAccount;
use std::fmt::Write;
use terms::{Day, Fen, Moment};

/// One payment.
#[derive(Clone, Debug)]
pub struct Payment<'a> {
    /// The order's reference: at most 35 letters, digits and hyphens.
    pub number: &'a str,
    /// How often it is sent to the bank, from 1: a file is known by order and round.
    pub round: u16,
    /// How much.
    pub amount: Fen,
    /// The payer's account.
    pub payer: Party<'a>,
    /// The payee's.
    pub payee: Party<'a>,
    /// What for (附言), for the payee.
    pub text: &'a str,
    /// The day on which the bank is to pay.
    pub on: Day,
    /// When the file was made.
    pub made_at: Moment,
}

/// An account of one side.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// 户名.
    pub name: &'a str,
    /// 开户行.
    pub bank: &'a str,
    /// 账号.
    pub number: &'a str,
    /// 行号: 12 digits.
    pub bank_code: &'a str,
}

impl<'a> From<&'a BankAccount> for Party<'a> {
    fn from(account: &'a BankAccount) -> Self {
        let BankAccount { name, bank, number, bank_code, .. } = account;
        Self { name, bank, number, bank_code }
    }
}

/// The longest text for the payee.
const TEXT_MAX: usize = 140;

/// The file.
pub fn write(payment: &Payment<'_>) -> String {
    let Payment { number, round, amount, payer, payee, text, on, made_at } = payment;
    let message = if *round > 1 { format!("{number}-R{round}") } else { (*number).to_owned() };
    let made_at = made_at.to_string().replace(' ', "T");
    let mut file = Writer::default();
    file.line(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    file.open(r#"Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09""#);
    file.open("CstmrCdtTrfInitn");
    file.open("GrpHdr");
    file.text("MsgId", &message);
    file.text("CreDtTm", &format!("{made_at}+08:00"));
    file.text("NbOfTxs", "1");
    file.text("CtrlSum", &amount.to_string());
    file.open("InitgPty");
    file.text("Nm", payer.name);
    file.close("InitgPty");
    file.close("GrpHdr");
    file.open("PmtInf");
    file.text("PmtInfId", &message);
    file.text("PmtMtd", "TRF");
    file.text("BtchBookg", "false");
    file.text("NbOfTxs", "1");
    file.text("CtrlSum", &amount.to_string());
    file.open("ReqdExctnDt");
    file.text("Dt", &on.to_string());
    file.close("ReqdExctnDt");
    file.party("Dbtr", payer);
    file.account("DbtrAcct", payer);
    file.agent("DbtrAgt", payer);
    file.text("ChrgBr", "DEBT");
    file.open("CdtTrfTxInf");
    file.open("PmtId");
    file.text("InstrId", &message);
    file.text("EndToEndId", number);
    file.close("PmtId");
    file.open("Amt");
    file.line(&format!(r#"<InstdAmt Ccy="CNY">{amount}</InstdAmt>"#));
    file.close("Amt");
    file.agent("CdtrAgt", payee);
    file.party("Cdtr", payee);
    file.account("CdtrAcct", payee);
    file.open("Purp");
    file.text("Cd", "GOVT");
    file.close("Purp");
    file.open("RmtInf");
    file.text("Ustrd", &text.chars().take(TEXT_MAX).collect::<String>());
    file.close("RmtInf");
    file.close("CdtTrfTxInf");
    file.close("PmtInf");
    file.close("CstmrCdtTrfInitn");
    file.close("Document");
    file.text
}

/// Writes elements, two spaces deeper each.
#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        let indent = self.depth * 2;
        writeln!(self.text, "{:indent$}{line}", "").expect("a string takes any text");
    }

    fn open(&mut self, name: &str) {
        self.line(&format!("<{name}>"));
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.line(&format!("<{name}>{}</{name}>", quick_xml::escape::escape(text)));
    }

    fn party(&mut self, name: &str, account: &Party<'_>) {
        self.open(name);
        self.text("Nm", account.name);
        self.close(name);
    }

    fn account(&mut self, name: &str, account: &Party<'_>) {
        self.open(name);
        self.open("Id");
        self.open("Othr");
        self.text("Id", account.number);
        self.close("Othr");
        self.close("Id");
        self.text("Ccy", "CNY");
        self.text("Nm", account.name);
        self.close(name);
    }

    /// The bank, by its number in China's payment system.
    fn agent(&mut self, name: &str, account: &Party<'_>) {
        self.open(name);
        self.open("FinInstnId");
        self.open("ClrSysMmbId");
        self.open("ClrSysId");
        self.text("Cd", "CNAPS");
        self.close("ClrSysId");
        self.text("MmbId", account.bank_code);
        self.close("ClrSysMmbId");
        self.text("Nm", account.bank);
        self.close("FinInstnId");
        self.close(name);
    }
}
