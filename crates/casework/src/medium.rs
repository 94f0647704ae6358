//! Identity media (就医介质): what a person shows at the counter to say who they are. The electronic voucher (医保电子凭证) and the
//! social security card (社会保障卡) are issued, watched and withdrawn by the insured place; the identity card is not ours to
//! stop, and its number is checked where it is read ([`terms::CitizenId`]).
//!
//! A medium says by itself where it was issued: a voucher's code and a card's identification code begin with the division of the
//! pooling area, so that whoever reads one knows whom to ask. This module decides; it must not know how secrets are hashed or
//! where a medium is kept. Randomness is given to it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use terms::{AdminDivision, InsuredPlace, Moment, PersonNumber, PoolingArea, Refusal};

/// How often a card may be shown with a wrong cipher before it is locked (RECALLED of the chip's own counter; the number is
/// ours). A right one counts from the beginning again.
pub const WRONG_CIPHERS_MAX: u16 = 5;

/// How long the message that read a voucher may read it again, in milliseconds: an answer that was lost on the way is asked for
/// under the same message id. As long as messages between nodes are taken (ten minutes).
pub const SAME_READER_MILLIS: i64 = 10 * 60 * 1_000;

/// A text is no code of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMedium;

impl fmt::Display for NotAMedium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a code of an identity medium")
    }
}

macro_rules! medium_code {
    ($(#[$doc:meta])* $name:ident, $is_one:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The whole code: for whoever carries it on, hashes it or gives it out.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAMedium;
            fn from_str(text: &str) -> Result<Self, NotAMedium> {
                let text = text.trim();
                let is_one: fn(&str) -> bool = $is_one;
                if text.is_ascii() && is_one(text) { Ok(Self(text.to_owned())) } else { Err(NotAMedium) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAMedium;
            fn try_from(text: String) -> Result<Self, NotAMedium> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

medium_code! {
    /// What the two-dimensional code of an electronic voucher says (电子凭证二维码): 28 digits, of which the first six are the
    /// division of the pooling area that issued it and the rest is random. Real codes have 28 characters and begin with the
    /// issuing place (RECALLED). Good for a short time and once; printed covered.
    VoucherCode,
    |text| text.len() == 28 && digits(text) && issued_by(text).is_some()
}
medium_code! {
    /// The number of a social security card (社会保障卡卡号): up to 20 letters and digits; ours are a letter and eight digits, as
    /// real ones. Unique within its pooling area; printed covered.
    CardNumber,
    |text| (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
medium_code! {
    /// The identification code in a card's chip (卡识别码, `card_sn`): 32 characters, of which the first six are the division of
    /// the pooling area that issued it (RECALLED of the card's standard). Who knows it has read the card; printed covered.
    CardIdentification,
    |text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && issued_by(text).is_some()
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The place that a code begins with.
fn issued_by(text: &str) -> Option<InsuredPlace> {
    let division: AdminDivision = text.get(..6)?.parse().ok()?;
    Some(InsuredPlace(division))
}

impl VoucherCode {
    /// A code of this pooling area out of two random numbers.
    pub fn new(area: PoolingArea, random: [u64; 2]) -> Self {
        const ELEVEN_DIGITS: u64 = 100_000_000_000;
        Self(format!("{area}{:011}{:011}", random[0] % ELEVEN_DIGITS, random[1] % ELEVEN_DIGITS))
    }

    /// Where it was issued: whom to ask about it.
    pub fn issued_by(&self) -> InsuredPlace {
        issued_by(&self.0).expect("checked when the code was read")
    }
}

impl CardNumber {
    /// A number out of a random one.
    pub fn new(random: u64) -> Self {
        const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
        let letter = LETTERS[usize::try_from(random / 100_000_000 % 24).expect("a small number")];
        Self(format!("{}{:08}", char::from(letter), random % 100_000_000))
    }

    /// The number with its middle covered, for lists: `A1*****89`.
    pub fn masked(&self) -> String {
        let shown = |(at, one)| if at < 2 || at + 2 >= self.0.len() { one } else { '*' };
        self.0.chars().enumerate().map(shown).collect()
    }
}

impl CardIdentification {
    /// An identification code of this pooling area out of two random numbers.
    pub fn new(area: PoolingArea, random: [u64; 2]) -> Self {
        Self(format!("{area}{}", &secret(random)[6..]).to_ascii_uppercase())
    }

    /// Where it was issued: whom to ask about it.
    pub fn issued_by(&self) -> InsuredPlace {
        issued_by(&self.0).expect("checked when the code was read")
    }
}

/// A secret of 32 hexadecimal digits out of two random numbers: a card's cipher (密文), or a token (令牌).
pub fn secret(random: [u64; 2]) -> String {
    format!("{:016x}{:016x}", random[0], random[1])
}

/// A social security card as its insured place keeps it. Its cipher is kept elsewhere, hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// 社会保障卡卡号.
    pub number: CardNumber,
    /// 卡识别码.
    pub identification: CardIdentification,
    /// Whose it is.
    pub person: PersonNumber,
    /// Where it stands.
    pub stage: Stage,
    /// Wrong ciphers since the last right one.
    pub wrong_ciphers: u16,
    /// When it was issued (发卡).
    pub issued_at: Moment,
    /// When it last moved.
    pub changed_at: Moment,
}

/// Where a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 正常: in force.
    InForce,
    /// 挂失: reported lost; good for nothing until it is found.
    Lost,
    /// 锁定: shown too often with a wrong cipher.
    Locked,
    /// 注销: given back or replaced, for ever.
    Stopped,
}

impl Stage {
    /// All stages, in the order of their numbers in the database.
    pub const ALL: [Self; 4] = [Self::InForce, Self::Lost, Self::Locked, Self::Stopped];

    /// The Chinese word.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::InForce => "正常",
            Self::Lost => "挂失",
            Self::Locked => "锁定",
            Self::Stopped => "注销",
        }
    }
}

/// What can be done to a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// 挂失: the person says that it is gone. Said again, it stays so.
    ReportLoss,
    /// 解挂, 解锁: it is found, or the person has shown who they are.
    Lift,
    /// Too many wrong ciphers.
    Lock,
    /// 注销, also by a new card in its place (补换).
    Stop,
}

impl Move {
    /// All moves.
    pub const ALL: [Self; 4] = [Self::ReportLoss, Self::Lift, Self::Lock, Self::Stop];

    const fn chinese(self) -> &'static str {
        match self {
            Self::ReportLoss => "挂失",
            Self::Lift => "解除挂失或锁定",
            Self::Lock => "锁定",
            Self::Stop => "注销",
        }
    }
}

/// The stage that follows when the move is made; `None` where it cannot be.
pub const fn after(stage: Stage, step: Move) -> Option<Stage> {
    match (stage, step) {
        (Stage::InForce | Stage::Locked | Stage::Lost, Move::ReportLoss) => Some(Stage::Lost),
        (Stage::Lost | Stage::Locked, Move::Lift) => Some(Stage::InForce),
        (Stage::InForce, Move::Lock) => Some(Stage::Locked),
        (Stage::InForce | Stage::Lost | Stage::Locked, Move::Stop) => Some(Stage::Stopped),
        _ => None,
    }
}

/// What is shown of a card, held against what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    /// Whether the cipher fits, if one was shown.
    pub cipher: Option<bool>,
    /// The identification code that was shown.
    pub identification: Option<&'a CardIdentification>,
    /// Who is said to hold it, where that is known already.
    pub holder: Option<&'a PersonNumber>,
}

impl Card {
    /// A new one, in force.
    pub fn issue(
        (number, identification): (CardNumber, CardIdentification),
        person: PersonNumber,
        now: Moment,
    ) -> Self {
        Self {
            number,
            identification,
            person,
            stage: Stage::InForce,
            wrong_ciphers: 0,
            issued_at: now,
            changed_at: now,
        }
    }

    /// The card after a move, or a refusal that says where it stands.
    pub fn step(mut self, step: Move, now: Moment) -> Result<Self, Refusal> {
        let refused = || {
            let reason = format!("该卡当前为{}，不能{}", self.stage.chinese(), step.chinese());
            Refusal::CardRule { reason }
        };
        self.stage = after(self.stage, step).ok_or_else(refused)?;
        if step == Move::Lift {
            self.wrong_ciphers = 0;
        }
        self.changed_at = now;
        Ok(self)
    }

    /// What comes of showing the card: the card as it stands then, which is kept also where the answer is no, and the answer.
    /// Whoever does not show that they have read the chip (identification code or cipher) must say whom the card is to belong
    /// to: a number alone tells nobody who somebody is.
    pub fn show(mut self, shown: Shown<'_>, now: Moment) -> (Self, Result<(), Refusal>) {
        if shown.identification.is_some_and(|identification| *identification != self.identification) {
            return (self, Err(Refusal::UnknownMedium {}));
        }
        match self.stage {
            Stage::InForce => {}
            Stage::Lost => return (self, Err(Refusal::CardLost {})),
            Stage::Locked => return (self, Err(Refusal::CardLocked {})),
            Stage::Stopped => return (self, Err(Refusal::CardStopped {})),
        }
        match shown.cipher {
            Some(false) => return self.count_wrong(now),
            Some(true) => self.wrong_ciphers = 0,
            None => {}
        }
        let answer = match shown.holder {
            Some(holder) if *holder != self.person => Err(Refusal::MediumOfAnother {}),
            None if shown.cipher.is_none() && shown.identification.is_none() => {
                Err(Refusal::missing("card_sn", "读卡得到的卡识别码，就诊凭证类型为03时必填"))
            }
            _ => Ok(()),
        };
        (self, answer)
    }

    fn count_wrong(mut self, now: Moment) -> (Self, Result<(), Refusal>) {
        self.wrong_ciphers += 1;
        let left = WRONG_CIPHERS_MAX.saturating_sub(self.wrong_ciphers);
        if left > 0 {
            return (self, Err(Refusal::CardCipherWrong { left: left.to_string() }));
        }
        self.stage = after(self.stage, Move::Lock).expect("a card in force can be locked");
        self.changed_at = now;
        (self, Err(Refusal::CardLocked {}))
    }
}

/// An electronic voucher as its insured place keeps it: without its code, of which only a hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Whose it is.
    pub person: PersonNumber,
    /// When it was made.
    pub made_at: Moment,
    /// Until when it may be read.
    pub expires_at: Moment,
    /// When it was read, and by whom: the one message that it was good for.
    pub used: Option<(Moment, String)>,
}

impl Voucher {
    /// Reads it once: the voucher as it is kept from then on. The same reader may read it again for [`SAME_READER_MILLIS`].
    pub fn read(mut self, reader: &str, now: Moment) -> Result<Self, Refusal> {
        match &self.used {
            Some((at, by)) if by == reader && now.millis() - at.millis() <= SAME_READER_MILLIS => Ok(self),
            Some(_) => Err(Refusal::VoucherUsed {}),
            None if now >= self.expires_at => Err(Refusal::VoucherExpired {}),
            None => {
                self.used = Some((now, reader.to_owned()));
                Ok(self)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    const AREA: PoolingArea = match AdminDivision::new(420_100) {
        Some(division) => PoolingArea(division),
        None => panic!("a division"),
    };

    fn now() -> Moment {
        "2026-11-21 10:00:00".parse().unwrap()
    }

    fn card(stage: Stage) -> Card {
        let codes = (CardNumber::new(1), CardIdentification::new(AREA, [1, 2]));
        Card { stage, ..Card::issue(codes, "42010099001".parse().unwrap(), now()) }
    }

    /// Every stage × every move.
    #[test]
    fn the_grid_of_stages_and_moves() {
        let mut grid = String::new();
        for step in Move::ALL {
            let cell = |stage: &Stage| after(*stage, step).map_or("-", Stage::chinese);
            writeln!(grid, "{step:?}: {}", Stage::ALL.iter().map(cell).collect::<Vec<_>>().join(" "))
                .unwrap();
        }
        let expected = "\
ReportLoss: 挂失 挂失 挂失 -
Lift: - 正常 正常 -
Lock: 锁定 - - -
Stop: 注销 注销 注销 -
";
        assert_eq!(grid, expected);
        for stage in Stage::ALL {
            for step in Move::ALL {
                let moved = card(stage).step(step, now());
                let code = moved.as_ref().err().map(Refusal::code);
                assert_eq!(moved.as_ref().ok().map(|card| card.stage), after(stage, step));
                assert!(code.is_none_or(|code| code == "card-rule"), "{stage:?} {step:?}");
            }
        }
    }

    /// Every stage × what is shown.
    #[test]
    fn what_comes_of_showing_a_card() {
        let (mine, other) = (CardIdentification::new(AREA, [1, 2]), CardIdentification::new(AREA, [1, 3]));
        let (holder, stranger) = ("42010099001".parse().unwrap(), "42010099002".parse().unwrap());
        for (name, cipher, identification, of, answers) in [
            ("read", None, Some(&mine), None, ["-", "card-lost", "card-locked", "card-stopped"]),
            ("with cipher", Some(true), None, None, ["-", "card-lost", "card-locked", "card-stopped"]),
            (
                "both",
                Some(true),
                Some(&mine),
                Some(&holder),
                ["-", "card-lost", "card-locked", "card-stopped"],
            ),
            (
                "number of a known person",
                None,
                None,
                Some(&holder),
                ["-", "card-lost", "card-locked", "card-stopped"],
            ),
            ("number alone", None, None, None, ["field-missing", "card-lost", "card-locked", "card-stopped"]),
            (
                "another's",
                None,
                Some(&mine),
                Some(&stranger),
                ["medium-of-another", "card-lost", "card-locked", "card-stopped"],
            ),
            ("another chip", Some(true), Some(&other), None, ["unknown-medium"; 4]),
            (
                "wrong cipher",
                Some(false),
                Some(&mine),
                None,
                ["card-cipher-wrong", "card-lost", "card-locked", "card-stopped"],
            ),
        ] {
            for (stage, expected) in Stage::ALL.into_iter().zip(answers) {
                let (after, answer) = card(stage).show(Shown { cipher, identification, holder: of }, now());
                let answer = answer.map_or_else(|refusal| refusal.code().to_owned(), |()| "-".to_owned());
                assert_eq!(answer, expected, "{name} {stage:?}");
                assert_eq!(after.stage, stage, "{name}");
            }
        }
    }

    #[test]
    fn wrong_ciphers_lock_a_card_and_a_right_one_begins_anew() {
        let show = |card: Card, fits| {
            card.show(Shown { cipher: Some(fits), identification: None, holder: None }, now())
        };
        let mut card = card(Stage::InForce);
        for fits in [false, false, true, false, false, false, false] {
            card = show(card, fits).0;
        }
        assert_eq!((card.stage, card.wrong_ciphers), (Stage::InForce, 4));
        let (card, answer) = show(card, false);
        assert_eq!((card.stage, answer), (Stage::Locked, Err(Refusal::CardLocked {})));
        assert_eq!(show(card.clone(), true).1, Err(Refusal::CardLocked {}));
        let card = card.step(Move::Lift, now()).unwrap();
        assert_eq!((card.wrong_ciphers, show(card, true).1), (0, Ok(())));
    }

    #[test]
    fn a_voucher_is_read_once_in_its_time_and_again_by_the_same_message_only() {
        let made = Voucher {
            person: "42010099001".parse().unwrap(),
            made_at: now(),
            expires_at: now().plus_millis(60_000),
            used: None,
        };
        let later = |millis| now().plus_millis(millis);
        let read = made.clone().read("H1 m1", later(59_999)).unwrap();
        assert_eq!(made.read("H1 m1", later(60_000)), Err(Refusal::VoucherExpired {}));
        for (reader, after, expected) in [
            ("H1 m1", 60_000, Ok(read.clone())),
            ("H1 m1", 59_999 + SAME_READER_MILLIS, Ok(read.clone())),
            ("H1 m1", 60_000 + SAME_READER_MILLIS, Err(Refusal::VoucherUsed {})),
            ("H1 m2", 60_000, Err(Refusal::VoucherUsed {})),
            ("H2 m1", 59_999, Err(Refusal::VoucherUsed {})),
        ] {
            assert_eq!(read.clone().read(reader, later(after)), expected, "{reader} {after}");
        }
    }

    #[test]
    fn codes_say_where_they_were_issued_and_do_not_print_themselves() {
        let voucher = VoucherCode::new(AREA, [u64::MAX, 7]);
        assert_eq!(voucher.reveal(), "4201007370955161500000000007");
        assert_eq!(voucher.issued_by().pooling_area(), AREA);
        let identification = CardIdentification::new(AREA, [u64::MAX, 7]);
        assert_eq!((identification.reveal().len(), identification.issued_by().pooling_area()), (32, AREA));
        assert_eq!(identification.reveal().parse(), Ok(identification.clone()));
        assert_eq!(CardNumber::new(2_512_345_678).reveal(), "B12345678");
        assert_eq!(CardNumber::new(2_512_345_678).masked(), "B1*****78");
        assert_eq!(format!("{voucher:?} {identification:?}"), "VoucherCode(…) CardIdentification(…)");
        for wrong in [
            "",
            "420100",
            "99010012345678901234567890 1",
            "9901001234567890123456789012",
            "42010012345678901234567890一",
        ] {
            assert_eq!(wrong.parse::<VoucherCode>(), Err(NotAMedium), "{wrong}");
        }
        for wrong in ["", "A-1", "A12345678901234567890", "卡"] {
            assert_eq!(wrong.parse::<CardNumber>(), Err(NotAMedium), "{wrong}");
        }
    }
}
