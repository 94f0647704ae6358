//! A writer of bank statements: what was read of a file is written as the simplest file that says the same.

use funds::bank::{Entry, Nature, Statement};
use std::fmt::Write;
use terms::Fen;

/// The statements as a file.
pub fn written(statements: &[Statement]) -> String {
    let mut file = String::from("<Document><BkToCstmrStmt>");
    for one in statements {
        let Statement { id, account, from, to, opening, closing, entries } = one;
        write!(
            file,
            "<Stmt><Id>{id}</Id><FrToDt><FrDtTm>{from}T00:00:00</FrDtTm><ToDtTm>{to}</ToDtTm></FrToDt>\
             <Acct><Id><Othr><Id>{}</Id></Othr></Id></Acct>{}{}",
            escaped(account),
            balance("OPBD", *opening, from),
            balance("CLBD", *closing, to),
        )
        .expect("a string takes any text");
        entries.iter().for_each(|entry| add(&mut file, entry));
        file += "</Stmt>";
    }
    file + "</BkToCstmrStmt></Document>"
}

fn balance(kind: &str, amount: Fen, on: &impl std::fmt::Display) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{}<Dt><Dt>{on}</Dt></Dt></Bal>",
        signed(amount)
    )
}

fn signed(amount: Fen) -> String {
    let way = if amount.is_negative() { "DBIT" } else { "CRDT" };
    format!("<Amt>{}</Amt><CdtDbtInd>{way}</CdtDbtInd>", amount.to_string().trim_start_matches('-'))
}

fn add(file: &mut String, entry: &Entry) {
    let Entry { reference, on, amount, nature, reversal, end_to_end, counterparty, text } = entry;
    let code = match nature {
        Nature::Transfer => "RCDT",
        Nature::Fee => "CHRG",
        Nature::Interest => "INTR",
    };
    write!(
        file,
        "<Ntry><AcctSvcrRef>{reference}</AcctSvcrRef>{}<RvslInd>{reversal}</RvslInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>{on}</Dt></BookgDt><BkTxCd><Prtry><Cd>{code}</Cd></Prtry></BkTxCd><NtryDtls><TxDtls>",
        signed(*amount),
    )
    .expect("a string takes any text");
    let mut element = |path: &[&str], text: &Option<String>| {
        let Some(text) = text else { return };
        path.iter().for_each(|name| *file += &format!("<{name}>"));
        *file += &escaped(text);
        path.iter().rev().for_each(|name| *file += &format!("</{name}>"));
    };
    element(&["Refs", "EndToEndId"], end_to_end);
    let side = if amount.is_negative() { "Cdtr" } else { "Dbtr" };
    let parties = format!("{side}Acct");
    // Both parts of the other side lie in one element: first come, first seen.
    let (name, number) = (&counterparty.name, &counterparty.number);
    if name.is_some() || number.is_some() {
        element(&["RmtInf", "Ustrd"], text);
        *file += "<RltdPties>";
        let mut within = |path: &[&str], text: &Option<String>| {
            let Some(text) = text else { return };
            path.iter().for_each(|name| *file += &format!("<{name}>"));
            *file += &escaped(text);
            path.iter().rev().for_each(|name| *file += &format!("</{name}>"));
        };
        within(&[side, "Pty", "Nm"], name);
        within(&[&parties, "Id", "Othr", "Id"], number);
        *file += "</RltdPties>";
    } else {
        element(&["RmtInf", "Ustrd"], text);
    }
    *file += "</TxDtls></NtryDtls></Ntry>";
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
