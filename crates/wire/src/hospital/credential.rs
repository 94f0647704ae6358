//! 就诊凭证: what was shown at the counter, as `mdtrt_cert_type`, `mdtrt_cert_no` and `card_sn` say it in many transactions.
//!
//! | type | `mdtrt_cert_no` |
//! |---|---|
//! | `01` 医保电子凭证 | the token (令牌) that 1162 gave; also the voucher's code itself |
//! | `02` 居民身份证 | the citizen identity number |
//! | `03` 社会保障卡 | the card's number, perhaps with a bar and its cipher behind |
//!
//! Clients fill these fields with what they have: the identity number under every type, the type in the number's place, a filler,
//! or nothing. What says nothing is nothing; what could be a medium is one, and must be good.

use casework::medium::{CardIdentification, CardNumber, VoucherCode};
use std::fmt;
use terms::{CitizenId, Refusal};

/// What was shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing, or nothing that says anything.
    Nothing,
    /// A citizen identity number, whatever the type says.
    Citizen(CitizenId),
    /// A voucher that has yet to be read.
    Voucher(VoucherCode),
    /// A token of a voucher that was read.
    Token(String),
    /// A social security card.
    Card(CardShown),
}

/// A card as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct CardShown {
    /// 社会保障卡卡号.
    pub number: CardNumber,
    /// 卡识别码.
    pub identification: Option<CardIdentification>,
    /// The cipher (密文) that was written behind the number.
    pub cipher: Option<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Citizen(_) => "Citizen(…)",
            Self::Voucher(_) => "Voucher(…)",
            Self::Token(_) => "Token(…)",
            Self::Card(_) => "Card(…)",
        })
    }
}

impl fmt::Debug for CardShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardShown(…)")
    }
}

/// Nothing shorter is a number of anything: fillers such as `X`, or the type in the number's place.
const SHORTEST: usize = 4;

impl Credential {
    /// Reads the three fields. A type may come with one digit; another type than the three shows nothing.
    pub fn read(kind: Option<&str>, number: Option<&str>, card_sn: Option<&str>) -> Result<Self, Refusal> {
        let said = |text: &&str| text.len() >= SHORTEST && !text.eq_ignore_ascii_case("null");
        let Some(number) = number.map(str::trim).filter(said) else { return Ok(Self::Nothing) };
        if let Ok(citizen) = number.parse() {
            return Ok(Self::Citizen(citizen));
        }
        match kind.map(|kind| kind.trim().trim_start_matches('0')) {
            Some("1") => Self::electronic(number).ok_or_else(|| Refusal::invalid(NUMBER, ELECTRONIC)),
            Some("3") => CardShown::read(number, card_sn).map(Self::Card),
            _ => Ok(Self::Nothing),
        }
    }

    fn electronic(number: &str) -> Option<Self> {
        if let Ok(code) = number.parse() {
            return Some(Self::Voucher(code));
        }
        let is_token = number.len() == TOKEN && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_token.then(|| Self::Token(number.to_ascii_lowercase()))
    }

    /// What may be kept of `mdtrt_cert_no`: of a card its number, of a voucher nothing; else all of it.
    pub fn kept(number: &str) -> Option<&str> {
        let number = number.trim();
        match Self::electronic(number) {
            Some(_) => None,
            None => number.split('|').next(),
        }
    }
}

/// The length of a token.
const TOKEN: usize = 32;
const NUMBER: &str = "mdtrt_cert_no";
const ELECTRONIC: &str = "1162返回的32位电子凭证令牌，或28位电子凭证二维码内容";

impl CardShown {
    /// Reads a card's number, with a bar and its cipher behind where it has one, and its identification code.
    pub fn read(number: &str, card_sn: Option<&str>) -> Result<Self, Refusal> {
        let (number, cipher) = number.split_once('|').map_or((number, None), |(number, cipher)| {
            (number, Some(cipher.trim()).filter(|cipher| !cipher.is_empty()))
        });
        let number = number.parse();
        let number = number.map_err(|_| Refusal::invalid(NUMBER, "社会保障卡卡号，其后可加竖线和密文"))?;
        let said = |text: &&str| text.len() >= SHORTEST && !text.eq_ignore_ascii_case("null");
        let identification = card_sn.map(str::trim).filter(said).map(str::parse).transpose();
        let identification =
            identification.map_err(|_| Refusal::invalid("card_sn", "读卡得到的32位卡识别码"))?;
        Ok(Self { number, identification, cipher: cipher.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD_SN: &str = "420100D1560000050AAAAAAAAAAAAAAA";
    const TOKEN_TEXT: &str = "0123456789abcdef0123456789abcdef";
    const CODE: &str = "4201000000000000000000000001";
    const CITIZEN: &str = "110101194106189151";

    fn read(kind: &str, number: &str, card_sn: &str) -> String {
        match Credential::read(Some(kind), Some(number), Some(card_sn)) {
            Ok(Credential::Card(card)) => format!(
                "card {}{}{}",
                card.number.reveal(),
                if card.identification.is_some() { " identified" } else { "" },
                card.cipher.map(|cipher| format!(" {cipher}")).unwrap_or_default()
            ),
            Ok(shown) => format!("{shown:?}"),
            Err(refusal) => refusal.code().to_owned(),
        }
    }

    #[test]
    fn what_clients_show() {
        for (kind, number, card_sn, expected) in [
            ("01", CODE, "", "Voucher(…)"),
            ("1", CODE, "", "Voucher(…)"),
            ("01", TOKEN_TEXT, "", "Token(…)"),
            ("01", "9901000000000000000000000001", "", "field-invalid"),
            ("01", "token", "", "field-invalid"),
            ("01", CITIZEN, "", "Citizen(…)"),
            ("02", CITIZEN, "", "Citizen(…)"),
            ("03", CITIZEN, CARD_SN, "Citizen(…)"),
            ("02", "110101194106189152", "", "Nothing"),
            ("02", "02", "", "Nothing"),
            ("03", "X", "", "Nothing"),
            ("01", "", "", "Nothing"),
            ("03", "null", "", "Nothing"),
            ("", "A00000000", "", "Nothing"),
            ("03", "A00000000", CARD_SN, "card A00000000 identified"),
            ("3", " A00000000 ", "NULL", "card A00000000"),
            ("03", "A00000000|0a1b", "", "card A00000000 0a1b"),
            ("03", "A00000000|", "", "card A00000000"),
            ("03", "A00000000|0a|b", "", "card A00000000 0a|b"),
            ("03", "A-0000000", "", "field-invalid"),
            ("03", "A00000000", "42010", "field-invalid"),
        ] {
            assert_eq!(read(kind, number, card_sn), expected, "{kind} {number} {card_sn}");
        }
        assert_eq!(Credential::read(None, None, None), Ok(Credential::Nothing));
    }

    #[test]
    fn no_secret_is_kept() {
        for (number, kept) in [
            (CODE, None),
            (TOKEN_TEXT, None),
            ("A00000000|0a1b", Some("A00000000")),
            (CITIZEN, Some(CITIZEN)),
            ("X", Some("X")),
        ] {
            assert_eq!(Credential::kept(number), kept, "{number}");
        }
    }
}
