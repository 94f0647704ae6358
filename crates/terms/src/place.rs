//! Places: administrative divisions (医保区划, `admdvs`), and the two roles that a place plays in a settlement, which are two
//! types so that they cannot be swapped.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An administrative division of six digits (GB/T 2260, with the insurance agencies' own extensions such as `xxxx99` for
/// 市本级): province `xx0000`, city `xxxx00`, county `xxxxxx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AdminDivision(u32);

impl AdminDivision {
    /// From a number of six digits; `None` for any other, or for a province part that no province has.
    pub const fn new(number: u32) -> Option<Self> {
        if number >= 110_000 && number <= 829_999 { Some(Self(number)) } else { None }
    }

    /// As a number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The province that it lies in.
    pub const fn province(self) -> Province {
        Province(Self(self.0 / 10_000 * 10_000))
    }

    /// Whether the other lies in it or is it: a province contains its cities and counties, a city its counties.
    pub const fn contains(self, other: Self) -> bool {
        let width = if self.0.is_multiple_of(10_000) {
            10_000
        } else if self.0.is_multiple_of(100) {
            100
        } else {
            1
        };
        self.0 / width == other.0 / width
    }

    /// The pooling area (统筹区) that insures people of this division: the municipality, the county where it hangs directly
    /// on the province (`xx90xx`), else the city.
    pub const fn pooling_area(self) -> PoolingArea {
        let province = self.0 / 10_000;
        let area = match (province, self.0 / 100 % 100) {
            (11 | 12 | 31 | 50, _) => province * 10_000,
            (_, 90) => self.0,
            _ => self.0 / 100 * 100,
        };
        PoolingArea(Self(area))
    }
}

impl fmt::Display for AdminDivision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl FromStr for AdminDivision {
    type Err = NotAPlace;
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let text = text.trim();
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAPlace);
        }
        text.parse().ok().and_then(Self::new).ok_or(NotAPlace)
    }
}

impl TryFrom<String> for AdminDivision {
    type Error = NotAPlace;
    fn try_from(text: String) -> Result<Self, NotAPlace> {
        text.parse()
    }
}

impl From<AdminDivision> for String {
    fn from(division: AdminDivision) -> Self {
        division.to_string()
    }
}

/// A text is not an administrative division of six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPlace;

impl fmt::Display for NotAPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an administrative division of six digits")
    }
}

macro_rules! place {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub AdminDivision);

        impl $name {
            /// The division it is.
            pub const fn division(self) -> AdminDivision {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

place! {
    /// A province, autonomous region or municipality (省级), which runs one node of the network: `110000`.
    Province
}
place! {
    /// A pooling area (统筹区): the area whose fund insures a person and whose policy computes the benefit.
    PoolingArea
}
place! {
    /// The insured place (参保地, `insuplc_admdvs`): where a person is insured; it decides deductible, ratio and cap.
    InsuredPlace
}
place! {
    /// The treatment place (就医地, `mdtrtarea_admvs`): where a person is treated; it decides what is in scope.
    TreatmentPlace
}

impl FromStr for Province {
    type Err = NotAPlace;
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let division: AdminDivision = text.parse()?;
        if division.number().is_multiple_of(10_000) { Ok(Self(division)) } else { Err(NotAPlace) }
    }
}

/// A participant of the network (接入方): the national hub (国家异地就医结算系统) or a province's node. The hub is written `100000`, the
/// number of the whole country in GB/T 2260.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Participant {
    /// The national hub.
    Hub,
    /// The node of a province.
    Province(Province),
}

impl fmt::Display for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub => f.write_str("100000"),
            Self::Province(province) => province.fmt(f),
        }
    }
}

impl FromStr for Participant {
    type Err = NotAPlace;
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if text == "100000" { Ok(Self::Hub) } else { text.parse().map(Self::Province) }
    }
}

impl TryFrom<String> for Participant {
    type Error = NotAPlace;
    fn try_from(text: String) -> Result<Self, NotAPlace> {
        text.parse()
    }
}

impl From<Participant> for String {
    fn from(participant: Participant) -> Self {
        participant.to_string()
    }
}

impl InsuredPlace {
    /// The province whose node answers for people insured here.
    pub const fn province(self) -> Province {
        self.0.province()
    }

    /// The pooling area whose policy and fund apply.
    pub const fn pooling_area(self) -> PoolingArea {
        self.0.pooling_area()
    }
}

impl TreatmentPlace {
    /// The province whose node serves hospitals here.
    pub const fn province(self) -> Province {
        self.0.province()
    }
}

impl PoolingArea {
    /// The province it lies in.
    pub const fn province(self) -> Province {
        self.0.province()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_knows_its_province_and_pooling_area() {
        for (text, province, area) in [
            ("110101", "110000", "110000"),
            ("420106", "420000", "420100"),
            ("420199", "420000", "420100"),
            ("429004", "420000", "429004"),
            ("500113", "500000", "500000"),
            ("440300", "440000", "440300"),
        ] {
            let division: AdminDivision = text.parse().unwrap();
            assert_eq!(division.province().to_string(), province);
            assert_eq!(division.pooling_area().to_string(), area);
        }
        for wrong in ["", "42010", "4201066", "42010a", "000000", "990000", "-42010"] {
            assert_eq!(wrong.parse::<AdminDivision>(), Err(NotAPlace), "{wrong}");
        }
    }
}
