//! Areas (管辖范围): where somebody works and whose a thing is, from the whole nation down to one institution.

use std::fmt;
use terms::{AdminDivision, InstitutionCode, Participant, PoolingArea, Province};

/// Where somebody works, or whose a thing is. Each lies within the one above it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The whole nation: the hub's.
    Nation,
    /// A province.
    Province(Province),
    /// A pooling area (统筹区): a city, a municipality, or a county that hangs directly on its province.
    City(PoolingArea),
    /// A county of a pooling area.
    County(AdminDivision),
    /// One institution.
    Institution {
        /// Its code.
        code: InstitutionCode,
        /// Where it stands.
        place: AdminDivision,
    },
}

impl Area {
    /// The area of a node.
    pub const fn of_node(me: Participant) -> Self {
        match me {
            Participant::Hub => Self::Nation,
            Participant::Province(province) => Self::Province(province),
        }
    }

    /// The area of a division as it is written: its province, its pooling area, or else the county. A municipality's number says
    /// both, so that its province is taken for the pooling area, which is the narrower of the two.
    pub fn of_division(division: AdminDivision) -> Self {
        let province = division.province();
        let county_of_it = AdminDivision::new(province.division().number() + 101);
        let is_municipality =
            county_of_it.is_some_and(|county| county.pooling_area().division() == province.division());
        if division == province.division() && !is_municipality {
            Self::Province(province)
        } else if division == division.pooling_area().division() {
            Self::City(division.pooling_area())
        } else {
            Self::County(division)
        }
    }

    /// The name of its kind at the interface.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Nation => "nation",
            Self::Province(_) => "province",
            Self::City(_) => "city",
            Self::County(_) => "county",
            Self::Institution { .. } => "institution",
        }
    }

    /// Its number, or the institution's code.
    pub fn code(&self) -> String {
        match self {
            Self::Nation => Participant::Hub.to_string(),
            Self::Province(province) => province.to_string(),
            Self::City(area) => area.to_string(),
            Self::County(county) => county.to_string(),
            Self::Institution { code, .. } => code.to_string(),
        }
    }

    /// Its name as it is known without a register: an institution's is its code.
    pub fn name(&self) -> String {
        match self {
            Self::Nation => "全国".to_owned(),
            Self::Province(province) => province.division().full_name(),
            Self::City(area) => area.division().full_name(),
            Self::County(county) => county.full_name(),
            Self::Institution { code, .. } => code.to_string(),
        }
    }

    /// The division that it is or stands in; none for the nation.
    pub fn division(&self) -> Option<AdminDivision> {
        match self {
            Self::Nation => None,
            Self::Province(province) => Some(province.division()),
            Self::City(area) => Some(area.division()),
            Self::County(county) => Some(*county),
            Self::Institution { place, .. } => Some(*place),
        }
    }

    /// The first and the last number of the divisions that lie in it, for whoever looks things up by the number of their division: a
    /// county's division and an institution's are one number, which other institutions share.
    pub fn divisions(&self) -> (u32, u32) {
        let from = |division: AdminDivision, width: u32| (division.number(), division.number() + width - 1);
        match self {
            Self::Nation => (0, 999_999),
            Self::Province(province) => from(province.division(), 10_000),
            Self::City(area) => {
                let division = area.division();
                let width = if division.number().is_multiple_of(10_000) {
                    10_000
                } else if division.number().is_multiple_of(100) {
                    100
                } else {
                    1
                };
                from(division, width)
            }
            Self::County(division) | Self::Institution { place: division, .. } => from(*division, 1),
        }
    }

    /// The area that it lies in directly.
    pub fn above(&self) -> Option<Self> {
        match self {
            Self::Nation => None,
            Self::Province(_) => Some(Self::Nation),
            Self::City(area) => Some(Self::Province(area.province())),
            Self::County(county) => Some(Self::City(county.pooling_area())),
            Self::Institution { place, .. } => Some(Self::of_division(*place)),
        }
    }

    /// All areas that it lies in, from the nearest up.
    pub fn all_above(&self) -> Vec<Self> {
        std::iter::successors(self.above(), Self::above).collect()
    }

    /// Whether the other is this one or lies in it.
    pub fn contains(&self, other: &Self) -> bool {
        self == other || other.all_above().contains(self)
    }
}

impl From<PoolingArea> for Area {
    fn from(area: PoolingArea) -> Self {
        Self::City(area)
    }
}

impl From<AdminDivision> for Area {
    fn from(division: AdminDivision) -> Self {
        Self::of_division(division)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn division(text: &str) -> AdminDivision {
        text.parse().unwrap()
    }

    fn area(text: &str) -> Area {
        Area::of_division(division(text))
    }

    #[test]
    fn divisions_are_areas_as_they_are_written() {
        for (text, shown) in [
            ("420000", "province:420000"),
            ("420100", "city:420100"),
            ("420106", "county:420106"),
            ("429004", "city:429004"),
            ("110000", "city:110000"),
            ("110105", "county:110105"),
        ] {
            assert_eq!(area(text).to_string(), shown);
        }
    }

    #[test]
    fn divisions_of_an_area_are_numbers_in_a_row() {
        for (text, range) in [
            ("420000", (420_000, 429_999)),
            ("420100", (420_100, 420_199)),
            ("420106", (420_106, 420_106)),
            ("429004", (429_004, 429_004)),
            ("110000", (110_000, 119_999)),
        ] {
            assert_eq!(area(text).divisions(), range);
            assert!((range.0..=range.1).contains(&area(text).division().unwrap().number()));
        }
    }

    #[test]
    fn areas_lie_in_one_another() {
        let beijing = Area::Province("110000".parse().unwrap());
        let hospital =
            |place: &str| Area::Institution { code: "H42010600001".parse().unwrap(), place: division(place) };
        for (outer, inner, contained) in [
            (Area::Nation, area("420106"), true),
            (area("420000"), area("420106"), true),
            (area("420100"), area("420106"), true),
            (area("420100"), area("420500"), false),
            (area("420100"), area("429004"), false),
            (area("420106"), area("420100"), false),
            (area("420100"), area("420000"), false),
            (beijing.clone(), area("110105"), true),
            (beijing, area("110000"), true),
            (area("110000"), area("110105"), true),
            (area("420100"), hospital("420106"), true),
            (area("420106"), hospital("420106"), true),
            (area("420500"), hospital("420106"), false),
            (hospital("420106"), area("420106"), false),
            (hospital("420106"), hospital("420106"), true),
        ] {
            assert_eq!(outer.contains(&inner), contained, "{outer} {inner}");
        }
    }
}
