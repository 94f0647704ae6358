//! A policy file that lies outside a policy folder: a draft, or an earlier version.

use super::lines;
use crate::stop::Stop;
use benefit::{Library, PolicyError};
use std::{fs, path::Path};

/// One policy file, wherever it lies and whatever it is called.
pub fn draft(path: &Path) -> Result<Library, Stop> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::Unable(format!("文件{shown}无法读取，请核对路径 (cannot read: {error})")))?;
    read(&shown, &text).map_err(|errors| {
        Stop::Refused(format!("政策文件有误，请按所列位置更正 (wrong policy file):\n{}", lines(&errors)))
    })
}

/// Reads it under the name that it would have in a policy folder; what is wrong is told with its own.
pub fn read(shown: &str, text: &str) -> Result<Library, Vec<PolicyError>> {
    let value = |key: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let found = pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value);
        found.and_then(|value| value.split('"').nth(1)).unwrap_or_default().to_owned()
    };
    let named = format!("{}/{}.toml", value("area"), value("scheme"));
    Library::load([(named.as_str(), text)]).map_err(|mut errors| {
        for error in &mut errors {
            shown.clone_into(&mut error.file);
        }
        errors
    })
}
