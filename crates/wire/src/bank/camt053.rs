//! Statements that a bank gives: `camt.053.001.08` (Bank to Customer Statement), in yuan.
//!
//! Only what is booked counts; what is pending comes again in a later statement. An entry that the bank made of several
//! transactions (批量) is taken apart where it says each one's amount, so that each finds its order.

use super::{Element, NotABankFile, read, wrong};
use funds::bank::{Counterparty, Entry, Nature, Statement};
use terms::{Day, Fen, money::parse_decimal};

/// The most statements of a file.
const STATEMENTS_MAX: usize = 100;
/// The most entries of a statement.
const ENTRIES_MAX: usize = 50_000;
/// The largest amount that is read: a hundred billion yuan.
const AMOUNT_MAX: i64 = 10_000_000_000_000;
/// The longest text that is kept.
const TEXT_MAX: usize = 200;

/// The statements of a file, each checked: what stood before and the entries come to what stood after.
///
/// # Errors
/// The first thing that is wrong, as a Chinese phrase.
pub fn statements(bytes: &[u8]) -> Result<Vec<Statement>, NotABankFile> {
    let root = read(bytes)?;
    let Some(message) = root.child("BkToCstmrStmt").filter(|_| root.name == "Document") else {
        return wrong("文件不是camt.053对账单");
    };
    let found: Vec<&Element> = message.all("Stmt").collect();
    if found.is_empty() || found.len() > STATEMENTS_MAX {
        return wrong(format!("文件中的对账单应为1至{STATEMENTS_MAX}份"));
    }
    found.into_iter().map(statement).collect()
}

fn statement(element: &Element) -> Result<Statement, NotABankFile> {
    let id = needed(element, "Id", 35)?;
    let account = element.text_at("Acct/Id/IBAN").or_else(|| element.text_at("Acct/Id/Othr/Id"));
    let Some(account) = account.filter(|number| number.len() <= 34) else {
        return wrong(format!("对账单[{id}]没有账号"));
    };
    if element.text_at("Acct/Ccy").is_some_and(|currency| currency != "CNY") {
        return wrong(format!("对账单[{id}]不是人民币账户"));
    }
    let (opening, from) = balance(element, &["OPBD", "PRCD"])?;
    let (closing, to) = balance(element, &["CLBD"])?;
    let from = element.text_at("FrToDt/FrDtTm").map_or(Ok(from), day)?;
    let to = element.text_at("FrToDt/ToDtTm").map_or(Ok(to), day)?;
    let mut entries = Vec::new();
    for (at, entry) in element.all("Ntry").enumerate() {
        if entry.text_at("Sts/Cd").or_else(|| entry.text_at("Sts")) != Some("BOOK") {
            continue;
        }
        add_entry(&mut entries, &id, entry)
            .map_err(|why| NotABankFile(format!("对账单[{id}]第{}笔：{}", at + 1, why.0)))?;
        if entries.len() > ENTRIES_MAX {
            return wrong(format!("对账单[{id}]的分录超过{ENTRIES_MAX}条"));
        }
    }
    let statement = Statement { id, account: account.to_owned(), from, to, opening, closing, entries };
    statement.check().map_err(|why| NotABankFile(format!("对账单[{}]：{why}", statement.id)))?;
    Ok(statement)
}

/// The balance of the first of these kinds that is there, and its day.
fn balance(element: &Element, kinds: &[&str]) -> Result<(Fen, Day), NotABankFile> {
    let is = |balance: &&Element, kind: &str| balance.text_at("Tp/CdOrPrtry/Cd") == Some(kind);
    let found = kinds.iter().find_map(|kind| element.all("Bal").find(|balance| is(balance, kind)));
    let Some(balance) = found else { return wrong("对账单没有期初余额或期末余额") };
    let on = balance.text_at("Dt/Dt").or_else(|| balance.text_at("Dt/DtTm"));
    Ok((signed(balance)?, day(on.unwrap_or_default())?))
}

fn add_entry(entries: &mut Vec<Entry>, statement: &str, element: &Element) -> Result<(), NotABankFile> {
    let amount = signed(element)?;
    let on = element.text_at("BookgDt/Dt").or_else(|| element.text_at("BookgDt/DtTm"));
    let on = day(on.unwrap_or_default())?;
    // The bank's own reference is one for the account; the number of an entry is one only within its statement.
    let reference = match (element.text_at("AcctSvcrRef"), element.text_at("NtryRef")) {
        (Some(reference), _) => reference.to_owned(),
        (None, Some(number)) => format!("{statement}.{number}"),
        (None, None) => format!("{statement}.{}", entries.len() + 1),
    };
    let Some(reference) = Some(reference).filter(|reference| is_plain(reference)) else {
        return wrong("流水号应为1至64位字母、数字和/-_.:");
    };
    let whole = Entry {
        reference,
        on,
        amount,
        nature: nature(element),
        reversal: element.text_at("RvslInd").is_some_and(|flag| flag == "true" || flag == "1"),
        end_to_end: None,
        counterparty: Counterparty::default(),
        text: element.text_at("AddtlNtryInf").map(short),
    };
    let transactions: Vec<&Element> =
        element.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    if let [one] = transactions[..] {
        entries.push(of_transaction(&whole, one));
        return Ok(());
    }
    let parts: Option<Vec<Entry>> =
        transactions.iter().enumerate().map(|(at, one)| part(&whole, at, one)).collect();
    match parts {
        Some(parts) if parts.len() > 1 && parts.iter().map(|part| part.amount).sum::<Fen>() == amount => {
            entries.extend(parts);
        }
        _ => entries.push(whole),
    }
    Ok(())
}

/// One of several transactions of an entry, if the bank says its amount.
fn part(whole: &Entry, at: usize, element: &Element) -> Option<Entry> {
    let stated = element.child("Amt").and_then(amount_of)?;
    let is_credit = match element.text_at("CdtDbtInd") {
        Some("CRDT") => true,
        Some("DBIT") => false,
        Some(_) => return None,
        None => !whole.amount.is_negative(),
    };
    let amount = if is_credit { stated } else { -stated };
    let reference = format!("{}:{}", whole.reference, at + 1);
    Some(Entry { reference, amount, ..of_transaction(whole, element) })
}

fn of_transaction(whole: &Entry, element: &Element) -> Entry {
    let came = !whole.amount.is_negative();
    let (party, account) = if came { ("Dbtr", "DbtrAcct") } else { ("Cdtr", "CdtrAcct") };
    let parties = element.child("RltdPties");
    let text_at = |path: String| parties.and_then(|parties| parties.text_at(&path)).map(short);
    let name = text_at(format!("{party}/Pty/Nm")).or_else(|| text_at(format!("{party}/Nm")));
    let number = text_at(format!("{account}/Id/IBAN")).or_else(|| text_at(format!("{account}/Id/Othr/Id")));
    let words = [
        element.text_at("RmtInf/Ustrd"),
        element.text_at("RtrInf/AddtlInf"),
        element.text_at("AddtlTxInf"),
        whole.text.as_deref(),
    ];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let end_to_end = element.text_at("Refs/EndToEndId").filter(|id| *id != "NOTPROVIDED");
    Entry {
        // What comes back under a reference of ours is a return, whether the bank marks the entry or the transaction.
        reversal: whole.reversal || element.child("RtrInf").is_some(),
        end_to_end: end_to_end.map(short),
        counterparty: Counterparty { name, number },
        text: Some(short(&words.join(" "))).filter(|text| !text.is_empty()),
        nature: if whole.nature == Nature::Transfer { nature(element) } else { whole.nature },
        ..whole.clone()
    }
}

/// Fees and interest, by the bank's transaction code.
fn nature(element: &Element) -> Nature {
    let code = element.text_at("BkTxCd/Domn/Fmly/SubFmlyCd");
    match code.or_else(|| element.text_at("BkTxCd/Prtry/Cd")) {
        Some("CHRG" | "FEES" | "COMM" | "COME" | "COMI" | "COMT") => Nature::Fee,
        Some("INTR") => Nature::Interest,
        _ => Nature::Transfer,
    }
}

/// An amount with its sign, from an element with `Amt` and `CdtDbtInd`.
fn signed(element: &Element) -> Result<Fen, NotABankFile> {
    let Some(amount) = element.child("Amt").and_then(amount_of) else {
        return wrong("金额应为人民币元，至多两位小数");
    };
    match element.text_at("CdtDbtInd") {
        Some("CRDT") => Ok(amount),
        Some("DBIT") => Ok(-amount),
        _ => wrong("借贷标志应为CRDT或DBIT"),
    }
}

fn amount_of(element: &Element) -> Option<Fen> {
    let is_yuan = element.currency.as_deref().is_none_or(|currency| currency == "CNY");
    let text = element.text.trim();
    let is_plain = !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit() || one == b'.');
    let fen = Some(text).filter(|_| is_yuan && is_plain).and_then(|text| parse_decimal(text, 2).ok())?;
    i64::try_from(fen).ok().filter(|fen| *fen <= AMOUNT_MAX).map(Fen)
}

fn needed(element: &Element, name: &str, most: usize) -> Result<String, NotABankFile> {
    let text = element.text_at(name).filter(|text| text.len() <= most && is_plain(text));
    text.map_or_else(
        || wrong(format!("对账单编号应为1至{most}位字母、数字和/-_.:")),
        |text| Ok(text.to_owned()),
    )
}

/// References become parts of names of vouchers.
fn is_plain(text: &str) -> bool {
    let is_plain = |one: u8| one.is_ascii_alphanumeric() || b"/-_.:".contains(&one);
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

/// The day at the beginning of a date or time.
fn day(text: &str) -> Result<Day, NotABankFile> {
    let day = text.get(..10).and_then(|day| day.parse().ok());
    day.map_or_else(|| wrong("日期应为yyyy-MM-dd"), Ok)
}

fn short(text: &str) -> String {
    text.chars().filter(|one| !one.is_control()).take(TEXT_MAX).collect()
}
