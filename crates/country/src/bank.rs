//! The bank of the simulated country: it holds every fiscal special account (财政专户), does what payment files (pain.001) tell it,
//! and writes statements (camt.053) of what it has done.
//!
//! It knows accounts, amounts and references, and nothing of funds: what it says it moved is a fact that the nodes' books can
//! be held against.

use crate::world::Trouble;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};
use terms::{Day, Fen};

/// The bank.
#[derive(Debug, Default)]
pub struct Bank {
    accounts: BTreeMap<String, Held>,
    instructions: Vec<Instruction>,
    files: BTreeSet<String>,
    references: u64,
}

/// An account, and what of it no statement has told yet.
#[derive(Debug)]
struct Held {
    holder: String,
    balance: Fen,
    told: Fen,
    fees: Fen,
    statements: u32,
    waiting: Vec<Booked>,
}

/// What happened to an account.
#[derive(Debug)]
struct Booked {
    reference: String,
    on: Day,
    amount: Fen,
    kind: Kind,
    end_to_end: Option<String>,
    /// Name and number of the other account.
    other: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Transfer,
    Returned,
    Fee,
}

/// A payment that the bank was told to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The payer's reference (`EndToEndId`): the number of the payment order (划拨单号).
    pub end_to_end: String,
    /// The payer's account.
    pub payer: String,
    /// The payee's account.
    pub payee: String,
    /// How much.
    pub amount: Fen,
    /// How much of it has arrived.
    pub paid: Fen,
}

impl Instruction {
    /// What is left of it.
    pub fn rest(&self) -> Fen {
        self.amount - self.paid
    }
}

impl Bank {
    /// Opens an account with what stands on it.
    pub fn open(&mut self, number: &str, holder: &str, balance: Fen) {
        let held = Held {
            holder: holder.to_owned(),
            balance,
            told: balance,
            fees: Fen::ZERO,
            statements: 0,
            waiting: Vec::new(),
        };
        self.accounts.insert(number.to_owned(), held);
    }

    /// Takes a payment file; which instruction it is. A file that came before is the same instruction.
    ///
    /// # Errors
    /// What in the file the bank does not understand, or an account that it does not hold.
    pub fn instruct(&mut self, file: &str) -> Result<usize, Trouble> {
        let part = |text: &str, open: &str, close: &str| -> Result<String, Trouble> {
            let found = text.split_once(open).and_then(|(_, rest)| rest.split_once(close));
            let missing = || Trouble(format!("付款文件缺少{open}"));
            found.map(|(inner, _)| inner.trim().to_owned()).ok_or_else(missing)
        };
        let account = |name: &str| -> Result<String, Trouble> {
            let inner = part(file, &format!("<{name}>"), &format!("</{name}>"))?;
            part(&inner, "<Othr>", "</Othr>").and_then(|other| part(&other, "<Id>", "</Id>"))
        };
        let message = part(file, "<MsgId>", "</MsgId>")?;
        let amount = part(file, r#"<InstdAmt Ccy="CNY">"#, "</InstdAmt>")?;
        let instruction = Instruction {
            end_to_end: part(file, "<EndToEndId>", "</EndToEndId>")?,
            payer: account("DbtrAcct")?,
            payee: account("CdtrAcct")?,
            amount: amount.parse().map_err(|_| Trouble(format!("付款文件金额[{amount}]不是金额")))?,
            paid: Fen::ZERO,
        };
        for number in [&instruction.payer, &instruction.payee] {
            self.held(number)?;
        }
        if !self.files.insert(message) {
            let known = self.instructions.iter().position(|one| one.end_to_end == instruction.end_to_end);
            return Ok(known.expect("a file that came before is an instruction"));
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    /// An instruction.
    ///
    /// # Panics
    /// If there is none of the number.
    pub fn instruction(&self, number: usize) -> &Instruction {
        &self.instructions[number]
    }

    /// Pays so much of an instruction.
    ///
    /// # Errors
    /// More than is left of it, or than stands on the account.
    pub fn pay(&mut self, number: usize, amount: Fen, on: Day) -> Result<(), Trouble> {
        let Instruction { end_to_end, payer, payee, .. } = self.instructions[number].clone();
        if amount > self.instructions[number].rest() || amount > self.held(&payer)?.balance {
            return Err(Trouble(format!("银行不能支付[{end_to_end}]的{amount}元")));
        }
        self.book(&payer, -amount, on, (Kind::Transfer, Some(&end_to_end), Some(&payee)))?;
        self.book(&payee, amount, on, (Kind::Transfer, Some(&end_to_end), Some(&payer)))?;
        self.instructions[number].paid += amount;
        Ok(())
    }

    /// Takes what is left of an instruction from the payer's account and gives it back: the payee's side would not have it (退汇).
    ///
    /// # Errors
    /// As [`Bank::pay`].
    pub fn pay_in_vain(&mut self, number: usize, on: Day) -> Result<(), Trouble> {
        let Instruction { end_to_end, payer, payee, .. } = self.instructions[number].clone();
        let amount = self.instructions[number].rest();
        if amount > self.held(&payer)?.balance {
            return Err(Trouble(format!("银行不能支付[{end_to_end}]的{amount}元")));
        }
        self.book(&payer, -amount, on, (Kind::Transfer, Some(&end_to_end), Some(&payee)))?;
        self.book(&payer, amount, on, (Kind::Returned, Some(&end_to_end), Some(&payee)))
    }

    /// Charges an account.
    ///
    /// # Errors
    /// An account that it does not hold.
    pub fn charge(&mut self, number: &str, fee: Fen, on: Day) -> Result<(), Trouble> {
        self.book(number, -fee, on, (Kind::Fee, None, None))?;
        self.accounts.get_mut(number).expect("it was just booked on").fees += fee;
        Ok(())
    }

    /// Money comes from an account about which nobody told anything.
    ///
    /// # Errors
    /// An account that it does not hold.
    pub fn receive(&mut self, number: &str, amount: Fen, from: &str, on: Day) -> Result<(), Trouble> {
        self.book(number, amount, on, (Kind::Transfer, None, Some(from)))
    }

    fn held(&self, number: &str) -> Result<&Held, Trouble> {
        self.accounts.get(number).ok_or_else(|| Trouble(format!("银行没有账户[{number}]")))
    }

    fn book(
        &mut self,
        number: &str,
        amount: Fen,
        on: Day,
        (kind, end_to_end, other): (Kind, Option<&str>, Option<&str>),
    ) -> Result<(), Trouble> {
        let other = other.map(|other| Ok::<_, Trouble>((self.held(other)?.holder.clone(), other.to_owned())));
        let other = other.transpose()?;
        self.held(number)?;
        self.references += 1;
        let reference = format!("L{:08}", self.references);
        let held = self.accounts.get_mut(number).expect("it was just looked at");
        held.balance += amount;
        let end_to_end = end_to_end.map(str::to_owned);
        held.waiting.push(Booked { reference, on, amount, kind, end_to_end, other });
        Ok(())
    }

    /// The accounts on which something has happened that no statement has told.
    pub fn untold(&self) -> Vec<String> {
        let untold = self.accounts.iter().filter(|(_, held)| !held.waiting.is_empty());
        untold.map(|(number, _)| number.clone()).collect()
    }

    /// The next statement of an account (camt.053); nothing if nothing has happened.
    pub fn statement(&mut self, number: &str, on: Day) -> Option<String> {
        let held = self.accounts.get_mut(number)?;
        if held.waiting.is_empty() {
            return None;
        }
        held.statements += 1;
        let (opening, closing) = (held.told, held.balance);
        held.told = closing;
        let waiting = std::mem::take(&mut held.waiting);
        let first = waiting.first().map_or(on, |booked| booked.on);
        let mut text = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n",
        );
        let id = format!("S{:05}", held.statements);
        let written = write!(
            text,
            "<Stmt><Id>{id}</Id><Acct><Id><Othr><Id>{number}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>\n{}{}",
            balance("OPBD", opening, first),
            balance("CLBD", closing, on)
        );
        written.expect("a string takes any text");
        for booked in &waiting {
            text += &booked.entry();
        }
        text += "</Stmt></BkToCstmrStmt></Document>\n";
        Some(text)
    }

    /// What stands on an account.
    pub fn balance(&self, number: &str) -> Fen {
        self.accounts.get(number).map_or(Fen::ZERO, |held| held.balance)
    }

    /// What the bank has charged an account with.
    pub fn fees(&self, number: &str) -> Fen {
        self.accounts.get(number).map_or(Fen::ZERO, |held| held.fees)
    }

    /// The account numbers.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }

    /// What has arrived, by reference.
    pub fn moved(&self) -> BTreeMap<String, Fen> {
        let mut moved = BTreeMap::<String, Fen>::new();
        for one in &self.instructions {
            *moved.entry(one.end_to_end.clone()).or_default() += one.paid;
        }
        moved
    }
}

impl Booked {
    fn entry(&self) -> String {
        let side = side(self.amount);
        let reversal = if self.kind == Kind::Returned { "<RvslInd>true</RvslInd>" } else { "" };
        let code = if self.kind == Kind::Fee {
            "<BkTxCd><Domn><Fmly><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>"
        } else {
            ""
        };
        let reference =
            self.end_to_end.as_ref().map(|one| format!("<Refs><EndToEndId>{one}</EndToEndId></Refs>"));
        let party = if self.amount.is_negative() { "Cdtr" } else { "Dbtr" };
        let other = self.other.as_ref().map(|(name, number)| {
            format!(
                "<RltdPties><{party}><Pty><Nm>{name}</Nm></Pty></{party}>\
                 <{party}Acct><Id><Othr><Id>{number}</Id></Othr></Id></{party}Acct></RltdPties>"
            )
        });
        format!(
            "<Ntry><Amt Ccy=\"CNY\">{}</Amt><CdtDbtInd>{side}</CdtDbtInd>{reversal}<Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{}</Dt></BookgDt><AcctSvcrRef>{}</AcctSvcrRef>{code}\
             <NtryDtls><TxDtls>{}{}</TxDtls></NtryDtls></Ntry>\n",
            Fen(self.amount.0.abs()),
            self.on,
            self.reference,
            reference.unwrap_or_default(),
            other.unwrap_or_default()
        )
    }
}

fn side(amount: Fen) -> &'static str {
    if amount.is_negative() { "DBIT" } else { "CRDT" }
}

fn balance(kind: &str, amount: Fen, on: Day) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"CNY\">{}</Amt>\
         <CdtDbtInd>{}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>\n",
        Fen(amount.0.abs()),
        side(amount)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use funds::bank::Nature;
    use wire::bank::camt053;

    const FILE: &str = "<Document><GrpHdr><MsgId>QS1-310</MsgId></GrpHdr>\
        <DbtrAcct><Id><Othr><Id>11001</Id></Othr></Id></DbtrAcct><PmtId><EndToEndId>QS1-310</EndToEndId></PmtId>\
        <InstdAmt Ccy=\"CNY\">100.05</InstdAmt><CdtrAcct><Id><Othr><Id>42001</Id></Othr></Id></CdtrAcct></Document>";

    #[test]
    fn what_it_is_told_it_does_and_says_in_statements_that_are_read() {
        let (mut bank, on) = (Bank::default(), "2026-03-02".parse().unwrap());
        bank.open("11001", "甲", Fen(20_000));
        bank.open("42001", "乙", Fen::ZERO);
        let number = bank.instruct(FILE).unwrap();
        assert_eq!(bank.instruct(FILE).unwrap(), number, "a file may come twice");
        bank.pay_in_vain(number, on).unwrap();
        bank.pay(number, Fen(5), on).unwrap();
        bank.charge("11001", Fen(500), on).unwrap();
        assert!(bank.pay(number, Fen(10_001), on).is_err(), "more than is left");
        bank.pay(number, Fen(10_000), on).unwrap();
        let said = camt053::statements(bank.statement("11001", on).unwrap().as_bytes()).unwrap();
        let told: Vec<_> = said[0].entries.iter().map(|one| (one.amount.0, one.reversal)).collect();
        assert_eq!(told, [(-10_005, false), (10_005, true), (-5, false), (-500, false), (-10_000, false)]);
        assert_eq!(said[0].entries[3].nature, Nature::Fee);
        assert_eq!(said[0].entries[0].end_to_end.as_deref(), Some("QS1-310"));
        assert_eq!(said[0].entries[0].counterparty.number.as_deref(), Some("42001"));
        assert_eq!((said[0].opening, said[0].closing), (Fen(20_000), Fen(9_495)));
        assert_eq!(bank.statement("11001", on), None, "nothing new");
        assert_eq!((bank.balance("42001"), bank.fees("11001")), (Fen(10_005), Fen(500)));
        bank.receive("11001", Fen(700), "42001", on).unwrap();
        let said = camt053::statements(bank.statement("11001", on).unwrap().as_bytes()).unwrap();
        assert_eq!((said[0].entries[0].amount.0, &said[0].entries[0].end_to_end), (700, &None));
        assert_eq!(bank.moved(), BTreeMap::from([("QS1-310".to_owned(), Fen(10_005))]));
    }
}
