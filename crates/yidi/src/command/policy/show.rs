//! `yidi policy show`: which policies there are, or all values of one on a day.

use super::{Folder, scheme_on};
use crate::{say, stop::Stop, words};
use clap::Args;
use terms::{AdminDivision, Day, InsuranceScheme};

/// 显示什么.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// 统筹区代码，如420100；不填则列出全部 (pooling area; all are listed if left out)
    #[arg(long, value_parser = words::division, requires = "scheme")]
    area: Option<AdminDivision>,
    /// 险种：310 职工、390 居民 (scheme)
    #[arg(long, value_parser = words::scheme, requires = "area")]
    scheme: Option<InsuranceScheme>,
    /// 出院或就诊日期，默认当日 (day of discharge or of the visit)
    #[arg(long, value_parser = words::day, requires = "area")]
    day: Option<Day>,
    #[command(flatten)]
    folder: Folder,
}

/// Shows it.
pub fn run(show: &Show) -> Result<(), Stop> {
    let library = show.folder.library()?;
    if let Some((area, scheme)) = show.area.zip(show.scheme) {
        say(scheme_on(&library, area, scheme, show.day)?.explain().trim_end());
        return Ok(());
    }
    for (area, scheme, name) in library.areas() {
        let days: Vec<String> =
            library.days_of_change(area, scheme).iter().map(ToString::to_string).collect();
        say(&format!("{area}  {name}  {} {scheme}  版本 (versions)：{}", scheme.code(), days.join(" ")));
    }
    Ok(())
}
