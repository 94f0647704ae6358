//! The catalogs of all provinces, out of the texts of a policy folder.

use super::{Catalog, SplitRules};
use crate::policy::PolicyError;
use std::{collections::BTreeMap, sync::Arc};
use terms::Province;

/// The catalog of every province: the national list and rules of splitting, and over them what each province has of its own.
#[derive(Clone, Debug, Default)]
pub struct Catalogs {
    national: Arc<Catalog>,
    provinces: BTreeMap<Province, Arc<Catalog>>,
}

/// The texts of one folder.
#[derive(Default)]
struct Own {
    /// Where the list lies, for what is wrong with it.
    path: String,
    catalog: Catalog,
    rules: SplitRules,
}

impl Catalogs {
    /// Out of the texts of a policy folder, each with its path in the folder: `national/catalog.csv`, `national/split.toml`,
    /// `420000/catalog.csv`, `420000/split.toml`. Other files are passed over.
    ///
    /// # Errors
    /// Everything that is wrong in all of them, in the order of the files; after that, items of which nothing says what their
    /// first self-pay is.
    pub fn load<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<PolicyError>> {
        let mut national = Own::default();
        let mut own: BTreeMap<Province, Own> = BTreeMap::new();
        let mut errors = Vec::new();
        for (path, text) in files {
            let mut parts = path.rsplit(['/', '\\']);
            let file = parts.next().unwrap_or_default();
            let place = match parts.next().unwrap_or_default().parse::<Province>() {
                Ok(province) if matches!(file, "catalog.csv" | "split.toml") => {
                    own.entry(province).or_default()
                }
                _ => &mut national,
            };
            match file {
                "catalog.csv" => match Catalog::load(path, text) {
                    Ok(catalog) => (place.catalog, place.path) = (catalog, path.to_owned()),
                    Err(found) => errors.extend(found),
                },
                "split.toml" => match SplitRules::load(path, text) {
                    Ok(rules) => place.rules = rules,
                    Err(found) => errors.extend(found),
                },
                _ => {}
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut laid = |path: &str, catalog: &Catalog, rules: &SplitRules| match catalog.under(rules) {
            Ok(catalog) => Arc::new(catalog),
            Err(open) => {
                errors.extend(open.into_iter().map(|message| PolicyError::at(path, 1, message)));
                Arc::default()
            }
        };
        let whole = laid(&national.path, &national.catalog, &national.rules);
        let mut provinces = BTreeMap::new();
        for (province, own) in &own {
            let list = national.catalog.overlay(&own.catalog);
            let path = if own.path.is_empty() { &national.path } else { &own.path };
            provinces.insert(*province, laid(path, &list, &own.rules.over(&national.rules)));
        }
        if errors.is_empty() { Ok(Self { national: whole, provinces }) } else { Err(errors) }
    }

    /// The catalog by which a province splits bills.
    pub fn of(&self, province: Province) -> Arc<Catalog> {
        Arc::clone(self.provinces.get(&province).unwrap_or(&self.national))
    }

    /// The national list under the national rules.
    pub fn national(&self) -> &Arc<Catalog> {
        &self.national
    }
}
