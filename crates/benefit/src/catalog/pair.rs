//! 目录对照 against the catalog: what about a pair of a hospital's own item and a national one does not fit, as far as the catalog tells.
//! None of it refuses anything: it is for the agency to look at with the hospital.

use super::Catalog;
use terms::Day;

/// A pair, as far as it is held against the catalog.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// 医疗目录编码: the national item.
    pub item: &'a str,
    /// The name of the hospital's own item.
    pub name: &'a str,
    /// 目录类别 under which it was uploaded.
    pub list: &'a str,
    /// 目录类别 of the national code.
    pub list_of_item: &'a str,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// The catalog does not have the item at all.
    NotInCatalog,
    /// The item held once, and not on the day: lines of it are refused.
    ItemEnded,
    /// The pair was uploaded under another 目录类别 than the item is of.
    ListDiffers,
    /// Neither name holds the other: perhaps not the same thing.
    NameDiffers,
}

impl Deviation {
    /// All, in the order in which they are found.
    pub const ALL: [Self; 4] = [Self::NotInCatalog, Self::ItemEnded, Self::ListDiffers, Self::NameDiffers];

    /// The name that programs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotInCatalog => "not_in_catalog",
            Self::ItemEnded => "item_ended",
            Self::ListDiffers => "list_differs",
            Self::NameDiffers => "name_differs",
        }
    }

    /// What it is and what to do, in Chinese.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::NotInCatalog => "医疗目录编码不在医保目录内，请医药机构更正对照",
            Self::ItemEnded => "医保目录该项目在查询日无效，请医药机构改对现行项目",
            Self::ListDiffers => "目录类别与医疗目录编码不一致，请医药机构更正",
            Self::NameDiffers => "名称与医保目录名称不同，请核对是否同一项目",
        }
    }
}

/// What about a pair does not fit on a day.
pub fn deviations(catalog: &Catalog, pair: Pair<'_>, day: Day) -> Vec<Deviation> {
    let mut found = Vec::new();
    match (catalog.find(pair.item, day), catalog.has(pair.item)) {
        (Some(item), _) => {
            if pair.list != pair.list_of_item {
                found.push(Deviation::ListDiffers);
            }
            let (own, national) = (plain(pair.name), plain(&item.name));
            if !own.contains(&national) && !national.contains(&own) {
                found.push(Deviation::NameDiffers);
            }
        }
        (None, true) => found.push(Deviation::ItemEnded),
        (None, false) => found.push(Deviation::NotInCatalog),
    }
    found
}

/// A name without what hospitals put around it: blanks, brackets, signs.
fn plain(name: &str) -> String {
    name.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::HEAD;

    #[test]
    fn what_does_not_fit_is_named() {
        use Deviation::{ItemEnded, ListDiffers, NameDiffers, NotInCatalog};
        let text = format!(
            "{HEAD}\nXA01,阿司匹林肠溶片,09,01,0%,,,,2024-01-01,\nXA02,旧药,09,01,0%,,,,2024-01-01,2025-12-31\n"
        );
        let catalog = Catalog::load("test", &text).unwrap();
        let day = "2026-11-21".parse().unwrap();
        for (item, name, list, expected) in [
            ("XA01", "阿司匹林肠溶片", "101", vec![]),
            ("XA01", "阿司匹林 肠溶片（100mg*30片）", "101", vec![]),
            ("XA01", "阿司匹林", "101", vec![]),
            ("XA01", "头孢", "101", vec![NameDiffers]),
            ("XA01", "头孢", "301", vec![ListDiffers, NameDiffers]),
            ("XA02", "旧药", "101", vec![ItemEnded]),
            ("XA03", "阿司匹林", "101", vec![NotInCatalog]),
        ] {
            let pair = Pair { item, name, list, list_of_item: "101" };
            assert_eq!(deviations(&catalog, pair, day), expected, "{pair:?}");
        }
    }
}
