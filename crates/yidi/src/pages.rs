//! The pages that were built into the program, if any were: see `build.rs`.

use node::pages::Pages;

/// Path and content, packed files with `.gz` behind their names.
static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The pages; none where nobody had built them.
pub fn built_in() -> Pages {
    Pages::of(BUILT_IN.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_all_entries_are_there_or_nothing_is() {
        let has = |name: &str| BUILT_IN.iter().any(|(path, content)| *path == name && !content.is_empty());
        assert_eq!(built_in().is_empty(), BUILT_IN.is_empty());
        if !BUILT_IN.is_empty() {
            assert!(has("console.html") && has("portal.html"), "web/dist is not what npm run build leaves");
        }
    }
}
