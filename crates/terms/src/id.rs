//! Ids: one kind a thing, so that a visit's id cannot stand where a settlement's is asked for. An id is given by an
//! [`IdSource`], never made up in passing.

use crate::{
    day::{Moment, Month},
    place::{AdminDivision, Province},
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A text is not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id of this kind")
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $longest:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            /// Any printable text without blanks at its ends, up to the length of the interface.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let text = text.trim();
                let length = text.chars().count();
                if length == 0 || length > $longest || text.chars().any(char::is_control) {
                    return Err(NotAnId);
                }
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

text_id! {
    /// A person's number at the insured place (人员编号, `psn_no`): not uniform between places, 9 to 30 characters.
    PersonNumber, 30
}
text_id! {
    /// The code of a designated institution (定点医药机构编号, `fixmedins_code`): `H` or `P`, six digits of division, five more;
    /// some provinces use up to 30 characters.
    InstitutionCode, 30
}
text_id! {
    /// The sender's message id (发送方报文ID, `msgid`): up to 40 characters of whatever the client makes of it.
    MessageId, 40
}

/// The code of a chronic or special disease (门诊慢特病病种编码, `opsp_dise_code`): `M03900`. At most twelve ASCII letters,
/// digits and points; compared as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiseaseCode([u8; 12]);

impl DiseaseCode {
    /// Its text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..length]).expect("checked to be ASCII when it was read")
    }
}

impl FromStr for DiseaseCode {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.trim().to_ascii_uppercase();
        let mut code = [0; 12];
        let fits = !text.is_empty() && text.len() <= code.len();
        if !fits || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
            return Err(NotAnId);
        }
        code[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(code))
    }
}

impl TryFrom<String> for DiseaseCode {
    type Error = NotAnId;
    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<DiseaseCode> for String {
    fn from(code: DiseaseCode) -> Self {
        code.as_str().to_owned()
    }
}

impl fmt::Display for DiseaseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for DiseaseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl InstitutionCode {
    /// The division that the code names, where it has the national shape.
    pub fn division(&self) -> Option<AdminDivision> {
        self.0.get(1..7)?.parse().ok()
    }
}

/// Width of the serial part of an id.
const SERIAL: u64 = 100_000_000_000;

macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Thirty digits: the province that gave it (6), milliseconds since 1970 (13), serial (11). So it says which node
        /// owns it and in which month it was given.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            province: Province,
            millis: u64,
            serial: u64,
        }

        impl $name {
            /// An id given by `province` at `at`; only the last eleven digits of `serial` count.
            pub fn new(province: Province, at: Moment, serial: u64) -> Self {
                Self { province, millis: at.millis().unsigned_abs(), serial: serial % SERIAL }
            }

            /// The province whose node gave the id.
            pub fn province(self) -> Province {
                self.province
            }

            /// The month in which the id was given: the partition in which its row lies.
            pub fn month(self) -> Month {
                self.given_at().day().month()
            }

            /// The moment at which the id was given.
            pub fn given_at(self) -> Moment {
                i64::try_from(self.millis).ok().and_then(Moment::from_millis).expect("checked when the id was made")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{}{:013}{:011}", self.province, self.millis, self.serial))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let text = text.trim();
                if text.len() != 30 || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(NotAnId);
                }
                let province = text[..6].parse().map_err(|_| NotAnId)?;
                let millis = text[6..19].parse().map_err(|_| NotAnId)?;
                let serial = text[19..].parse().map_err(|_| NotAnId)?;
                Ok(Self { province, millis, serial })
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

numbered_id! {
    /// A visit (就诊ID, `mdtrt_id`): one stay in hospital, from admission to its settlement.
    VisitId
}
numbered_id! {
    /// A settlement (结算ID, `setl_id`), given by the treatment province and the same in all three books; a cancellation has
    /// one of its own.
    SettlementId
}
numbered_id! {
    /// An entry in the filing register (备案), given by the insured province.
    FilingId
}
numbered_id! {
    /// A registration of a person (人员备案: referral, chronic disease, designated institution, accident; 待遇申报明细流水号,
    /// `trt_dcla_detl_sn`), given by the province that asks for it.
    RegistrationId
}
numbered_id! {
    /// A message from one node to another.
    PeerMessageId
}

/// Where ids come from: the program's source is random, the tests' counts.
pub trait IdSource: Send + Sync {
    /// A number that no other call on this node gets in the same millisecond.
    fn serial(&self) -> u64;
}

/// Ids that count from one, for tests and for worlds that must come out the same twice.
#[derive(Debug, Default)]
pub struct CountingIds(std::sync::atomic::AtomicU64);

impl IdSource for CountingIds {
    fn serial(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_who_gave_it_and_when() {
        let province: Province = "420000".parse().unwrap();
        let id = SettlementId::new(province, "2026-11-30 23:59:59".parse().unwrap(), 7);
        assert_eq!(id.to_string().len(), 30);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!((id.province(), id.month().number()), (province, 202_611));
        for wrong in ["", "1", "42010010000000000000000000000a", "420106178000000000000000000001"] {
            assert_eq!(wrong.parse::<SettlementId>(), Err(NotAnId), "{wrong}");
        }
    }
}
