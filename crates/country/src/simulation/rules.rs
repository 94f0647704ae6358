//! The policies of a simulated country: those of a policy folder, in all of which something changes on the same day.

use super::CHANGES;
use crate::world::{Rulebook, Trouble};

/// The table that changes.
const TABLE: &str = "[[inpatient.ratio]]";

/// The rules of the texts of a policy folder, with another ratio for stays in every pooling area from the day on which policies change.
///
/// # Errors
/// What is wrong with the texts.
pub fn rules(files: &[(String, String)]) -> Result<Rulebook, Trouble> {
    let changed = |(path, text): &(String, String)| (path.clone(), with_change(text));
    Rulebook::load(&files.iter().map(changed).collect::<Vec<_>>())
}

/// A policy with one more version of its ratio for stays: half of everything. A text that has none, or whose last version says only
/// what is not known, stays as it is.
fn with_change(text: &str) -> String {
    let Some((_, last)) = text.rsplit_once(TABLE) else { return text.to_owned() };
    let last = last.split("\n\n").next().unwrap_or_default();
    let of_last = |key: &str| last.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    let (source, basis, care) = (of_last("source = "), of_last("basis = "), of_last("care = "));
    if basis.is_empty() {
        return text.to_owned();
    }
    format!(
        "{text}\n{TABLE}\nfrom = \"{CHANGES}\"\nconfidence = \"confirmed\"\n{source}\n{basis}\n{care}\n\
         bands = [{{ over = 0, all = \"50%\" }}]\n"
    )
}
