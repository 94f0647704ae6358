//! The names of administrative divisions (GB/T 2260), for what people read. A division without a name here is none the less
//! valid: the insurance agencies have codes of their own, and divisions change.

use crate::place::AdminDivision;
use std::sync::LazyLock;

/// Code and name, by code.
static NAMES: LazyLock<Vec<(u32, &str)>> = LazyLock::new(|| {
    let lines = include_str!("place_names.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<_> = lines
        .map(|line| {
            let (code, name) = line.split_once('\t').expect("a line of place_names.tsv is code, tab, name");
            (code.parse().expect("a code of place_names.tsv is a number"), name)
        })
        .collect();
    names.sort_unstable();
    names
});

fn name_of(number: u32) -> Option<&'static str> {
    let at = NAMES.binary_search_by_key(&number, |&(code, _)| code).ok()?;
    Some(NAMES[at].1)
}

impl AdminDivision {
    /// All divisions that have a name, with it, by code: provinces, cities and counties, each before what lies in it.
    pub fn named() -> impl Iterator<Item = (Self, &'static str)> {
        NAMES.iter().filter_map(|&(code, name)| Some((Self::new(code)?, name)))
    }

    /// Its own name: `武昌区`. A city's own level (市本级, `xxxx99`) has the city's name, a province's own (省本级, `xx9900`) and
    /// the districts of a municipality as one (`110100`) have the province's.
    pub fn name(self) -> Option<&'static str> {
        let number = self.number();
        let whole = match (number / 100 % 100, number % 100) {
            (99, 0) => self.province().division().number(),
            (_, 99) => number / 100 * 100,
            _ => number,
        };
        name_of(whole)
            .or_else(|| name_of(self.pooling_area().division().number()).filter(|_| whole % 100 == 0))
    }

    /// Its name with those of the places that it lies in: `湖北省武汉市武昌区`. What has no name is shown by its code.
    pub fn full_name(self) -> String {
        let number = self.number();
        let mut full = String::new();
        for outer in [number / 10_000 * 10_000, number / 100 * 100] {
            if outer != number {
                full += name_of(outer).unwrap_or_default();
            }
        }
        match self.name() {
            Some(name) if full.ends_with(name) => full,
            Some(name) => full + name,
            None => full + &self.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisions_are_named() {
        for (code, name, full) in [
            ("420000", Some("湖北省"), "湖北省"),
            ("420100", Some("武汉市"), "湖北省武汉市"),
            ("420106", Some("武昌区"), "湖北省武汉市武昌区"),
            ("420199", Some("武汉市"), "湖北省武汉市"),
            ("429004", Some("仙桃市"), "湖北省仙桃市"),
            ("439900", Some("湖南省"), "湖南省"),
            ("110000", Some("北京市"), "北京市"),
            ("110100", Some("北京市"), "北京市"),
            ("110105", Some("朝阳区"), "北京市朝阳区"),
            ("500230", Some("丰都县"), "重庆市丰都县"),
            ("441900", Some("东莞市"), "广东省东莞市"),
            ("659001", Some("石河子市"), "新疆维吾尔自治区石河子市"),
            ("660000", Some("新疆生产建设兵团"), "新疆生产建设兵团"),
            ("710000", Some("台湾省"), "台湾省"),
            ("810000", Some("香港特别行政区"), "香港特别行政区"),
            ("820000", Some("澳门特别行政区"), "澳门特别行政区"),
            ("420198", None, "湖北省武汉市420198"),
            ("999999", None, ""),
        ] {
            let Ok(division) = code.parse::<AdminDivision>() else {
                assert_eq!(name, None, "{code}");
                continue;
            };
            assert_eq!((division.name(), division.full_name().as_str()), (name, full), "{code}");
        }
    }

    #[test]
    fn every_name_belongs_to_a_division_of_a_named_province() {
        let mut provinces = 0;
        let mut before = 0;
        for &(code, name) in NAMES.iter() {
            assert!(code > before, "{code} comes twice");
            before = code;
            let division = AdminDivision::new(code).unwrap_or_else(|| panic!("{code} is not a division"));
            let province = division.province().division();
            assert!(province.name().is_some(), "{code}");
            provinces += usize::from(division == province);
            assert!(!name.is_empty() && name.chars().all(|c| !c.is_ascii()), "{code} {name}");
        }
        assert_eq!(provinces, 35, "34, and the corps");
        assert_eq!(AdminDivision::named().count(), NAMES.len());
    }
}
