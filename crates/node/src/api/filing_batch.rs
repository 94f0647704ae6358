//! Many applications at once (批量备案): a list out of a spreadsheet, each line taken or refused by itself as if it had been handed in
//! alone.

use super::{Answer, Clerk, Input, province::submit_one};
use crate::province::ProvinceNode;
use axum::{Router, extract::State, routing::post};
use casework::access::Area;
use std::sync::Arc;
use terms::{AdminDivision, Day, FilingCategory, InsuranceScheme, InsuredPlace, Refusal};
use wire::api::{
    FilingView, NewFiling, Refused, Shown,
    search::{FilingBatch, FilingBatchLine, FilingBatchReport},
};

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new().route("/api/v1/filings/batch", post(submit))
}

/// The most lines at once.
const LINES_MAX: usize = 500;

/// The heads, which stand in the first line in any order.
const HEADS: [&str; 9] =
    ["参保地", "人员编号", "公民身份号码", "险种", "备案类型", "就医地", "开始日期", "结束日期", "承诺制"];

async fn submit(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    Input(body): Input<FilingBatch>,
) -> Result<Answer, Answer> {
    let lines = table(&body.csv)?;
    // What each line is about is asked when it is taken; nothing but forms is looked at before.
    let _: Area = clerk.area();
    let mut report = FilingBatchReport { taken: 0, refused: 0, lines: Vec::new() };
    for (line, read) in lines {
        let read = read.map(|one| NewFiling { approve_now: body.approve_now, ..one });
        let taken = match read {
            Err(refusal) => Err(refusal),
            Ok(_) if body.check_only => Ok(None),
            Ok(one) => submit_one(&node, &clerk, one).await.map(Some),
        };
        report.lines.push(match taken {
            Ok(filing) => {
                report.taken += 1;
                let filing = filing.map(|filing| FilingView::of(&filing, Shown::Masked));
                FilingBatchLine { line, filing, refusal: None }
            }
            Err(refusal) => {
                report.refused += 1;
                FilingBatchLine { line, filing: None, refusal: Some(Refused::from(&refusal)) }
            }
        });
    }
    Ok(Answer::json(&report))
}

/// A line of the text, and what it asks for.
type Line = (u32, Result<NewFiling, Refusal>);

fn table(text: &str) -> Result<Vec<Line>, Refusal> {
    let rows = wire::csv::read(text.trim_start_matches('\u{feff}'));
    let rows = rows.ok_or_else(|| Refusal::invalid("csv", "引号成对的CSV文本"))?;
    let mut rows = rows.into_iter().enumerate().map(|(at, cells)| (at + 1, cells));
    let (_, heads) = rows.next().ok_or_else(|| Refusal::missing("csv", "首行为列名的CSV文本"))?;
    let heads: Vec<String> = heads.iter().map(|head| head.trim().to_owned()).collect();
    if let Some(head) = heads.iter().find(|head| !HEADS.contains(&head.as_str())) {
        let head: String = head.chars().take(20).collect();
        return Err(Refusal::invalid("csv", format!("列名{}，没有列名[{head}]", HEADS.join("、"))));
    }
    let lines: Vec<(usize, Vec<String>)> =
        rows.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())).collect();
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(Refusal::invalid("csv", format!("1到{LINES_MAX}行备案")));
    }
    let read = |(at, cells): (usize, Vec<String>)| {
        (u32::try_from(at).expect("a few hundred lines"), application(&heads, &cells))
    };
    Ok(lines.into_iter().map(read).collect())
}

fn application(heads: &[String], cells: &[String]) -> Result<NewFiling, Refusal> {
    let value = |name: &str| {
        let at = heads.iter().position(|head| head == name)?;
        cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    };
    let must = |name: &str| value(name).ok_or_else(|| Refusal::missing(name, "此行的值"));
    let day = |name: &str| -> Result<Option<Day>, Refusal> {
        value(name).map(|text| super::read(text, name, "yyyy-MM-dd形式的日期")).transpose()
    };
    let scheme = must("险种")?;
    let scheme = InsuranceScheme::ALL
        .iter()
        .find(|one| one.code() == scheme || one.chinese() == scheme || one.chinese().contains(scheme))
        .ok_or_else(|| Refusal::invalid("险种", "310或职工、390或居民"))?;
    let category = must("备案类型")?;
    let category = FilingCategory::ALL
        .iter()
        .find(|one| one.code() == category || one.chinese() == category)
        .ok_or_else(|| Refusal::invalid("备案类型", "备案类型代码或名称"))?;
    Ok(NewFiling {
        insured: InsuredPlace(super::read::<AdminDivision>(must("参保地")?, "参保地", "六位参保地区划")?),
        person: value("人员编号").map(|text| super::read(text, "人员编号", "人员编号")).transpose()?,
        certno: value("公民身份号码")
            .map(|text| super::read(text, "公民身份号码", "18位公民身份号码"))
            .transpose()?,
        scheme: *scheme,
        category: *category,
        destination: super::read(must("就医地")?, "就医地", "六位就医地区划")?,
        begins: day("开始日期")?,
        ends: day("结束日期")?,
        commitment: matches!(value("承诺制"), Some("是" | "1" | "true")),
        approve_now: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_read_by_itself() {
        let text = "\u{feff}参保地,人员编号,险种,备案类型,就医地,承诺制\r\n420100,42010099001,310,异地长期居住人员,110000,是\r\n\r\n\
                    420100,\"42010099002\",居民,4,310000,\r\n420100,42010099003,310,没有,310000,\r\n420100,,310,4,x,\r\n";
        let lines = table(text).unwrap();
        let told: Vec<(u32, String)> = lines
            .iter()
            .map(|(at, read)| {
                let told = match read {
                    Ok(one) => format!("{} {} {}", one.destination, one.category.code(), one.commitment),
                    Err(refusal) => refusal.context(),
                };
                (*at, told)
            })
            .collect();
        assert_eq!(told[0], (2, "110000 2 true".to_owned()));
        assert_eq!(told[1], (4, "310000 4 false".to_owned()));
        assert!(told[2].0 == 5 && told[2].1.contains("备案类型"), "{told:?}");
        assert!(told[3].0 == 6 && told[3].1.contains("就医地"), "{told:?}");
    }

    #[test]
    fn a_text_that_is_no_list_is_refused_as_a_whole() {
        for text in ["", "参保地,姓名\r\n420100,王\r\n", "参保地,险种\r\n", "参保地\r\n\"420100\r\n"]
        {
            assert!(table(text).is_err(), "{text:?}");
        }
    }
}
