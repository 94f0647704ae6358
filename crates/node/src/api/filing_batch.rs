//! Many applications at once (批量备案): a list out of a spreadsheet, as text or as the workbook itself, each line taken or refused by itself as
//! if it had been handed in alone.

use super::{
    Answer, Clerk, list,
    material::{Large, decoded},
    province::submit_one,
};
use crate::{
    context::Failure,
    filing,
    job::{Lines, Progress},
    province::ProvinceNode,
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use casework::access::Area;
use document::{Format, sheet};
use std::sync::Arc;
use terms::{AdminDivision, Day, FilingCategory, InsuranceScheme, InsuredPlace, Refusal};
use wire::api::{
    FilingView, NewFiling, Refused, Shown,
    search::{FilingBatch, FilingBatchLine, FilingBatchReport},
};

/// The routes of a province.
pub fn routes() -> Router<Arc<ProvinceNode>> {
    Router::new()
        .route("/api/v1/filings/batch", post(submit))
        .route("/api/v1/filings/batch/template", get(template))
}

/// The most lines at once.
const LINES_MAX: usize = 500;

/// The heads, which stand in the first line in any order.
const HEADS: [&str; 9] =
    ["参保地", "人员编号", "公民身份号码", "险种", "备案类型", "就医地", "开始日期", "结束日期", "承诺制"];

/// The largest body: a workbook in Base64, and the rest.
const BODY_BYTES_MAX: usize = wire::workbook::FILE_BYTES_MAX / 3 * 4 + 4_096;

/// A workbook with the heads to be filled in, and a sheet that says what goes into each.
async fn template(_: Clerk) -> Answer {
    let hints: [(&str, &str); 9] = [
        ("参保地", "必填。参保地六位区划，如420100"),
        ("人员编号", "人员编号和公民身份号码填一项"),
        ("公民身份号码", "人员编号和公民身份号码填一项；单元格须为文本格式，否则后几位会变成0"),
        ("险种", "必填。310或职工、390或居民"),
        ("备案类型", "必填。代码或名称，如异地长期居住人员"),
        ("就医地", "必填。就医地六位区划，到市或省，如310000"),
        ("开始日期", "形如2026-10-01，不填为今天"),
        ("结束日期", "形如2027-03-31，长期类不填"),
        ("承诺制", "按个人承诺书办理的填“是”，否则不填"),
    ];
    let heads = HEADS.map(str::to_owned).to_vec();
    let filled = sheet::Sheet { name: "备案".to_owned(), heads, rows: Vec::new() };
    let explained = sheet::Sheet {
        name: "填写说明".to_owned(),
        heads: ["列", "怎样填"].map(str::to_owned).to_vec(),
        rows: hints.iter().map(|(head, words)| vec![(*head).into(), (*words).into()]).collect(),
    };
    list::attached("批量备案模板", Format::Xlsx, sheet::write(&[filled, explained]))
}

async fn submit(
    State(node): State<Arc<ProvinceNode>>,
    clerk: Clerk,
    progress: Progress,
    lines_in: Lines,
    body: Large<FilingBatch, BODY_BYTES_MAX>,
) -> Result<Answer, Answer> {
    let body = body.into_value();
    let lines = match &body.workbook {
        Some(workbook) => in_workbook(&decoded(workbook, "workbook")?)?,
        None => in_text(&body.csv)?,
    };
    // What each line is about is asked when it is taken; nothing but forms is looked at before.
    let _: Area = clerk.area();
    let mut report = FilingBatchReport { taken: 0, refused: 0, lines: Vec::new() };
    progress.of(lines.len());
    // Of a list that somebody else had begun, some lines are in.
    let known = async || lines_in.known(&node.context).await.map_err(Failure::refusal);
    let mut is_in = known().await?;
    for (line, read) in lines {
        let read = read.map(|one| NewFiling { approve_now: body.approve_now, ..one });
        let taken = match read {
            Err(refusal) => Err(refusal),
            Ok(_) if body.check_only => Ok(None),
            Ok(one) if !is_in.contains_key(&line) => {
                let taken = submit_one(&node, &clerk, one, lines_in.line(line)).await;
                // It may have been brought in by whoever had begun the list and was slow to go: then that counts.
                if taken.is_err() {
                    is_in = known().await?;
                }
                taken.map(Some)
            }
            Ok(_) => Ok(None),
        };
        let taken = match is_in.get(&line) {
            Some(filing) => filing::of_line(&node, filing).await.map(Some).map_err(Failure::refusal),
            None => taken,
        };
        if let Err(refusal) = &taken
            && lines_in.come_again(refusal)
        {
            return Err(refusal.clone().into());
        }
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
        progress.step();
    }
    Ok(Answer::json(&report))
}

/// A line of the text, and what it asks for.
type Line = (u32, Result<NewFiling, Refusal>);

fn in_text(text: &str) -> Result<Vec<Line>, Refusal> {
    let rows = wire::csv::read(text.trim_start_matches('\u{feff}'));
    table(rows.ok_or_else(|| Refusal::invalid("csv", "引号成对的CSV文本"))?, "csv")
}

fn in_workbook(bytes: &[u8]) -> Result<Vec<Line>, Refusal> {
    let rows = wire::workbook::read(bytes);
    let rows = rows.map_err(|why| Refusal::invalid("workbook", format!("xlsx工作簿（{why}）")))?;
    table(rows, "workbook")
}

/// The lines of a table that came in a field of this name.
fn table(rows: Vec<Vec<String>>, field: &str) -> Result<Vec<Line>, Refusal> {
    let mut rows = rows.into_iter().enumerate().map(|(at, cells)| (at + 1, cells));
    let (_, heads) = rows.next().ok_or_else(|| Refusal::missing(field, "首行为列名的表格"))?;
    let mut heads: Vec<String> = heads.iter().map(|head| head.trim().to_owned()).collect();
    // Columns without a head at the right are none.
    while heads.last().is_some_and(String::is_empty) {
        heads.pop();
    }
    if let Some(head) = heads.iter().find(|head| !HEADS.contains(&head.as_str())) {
        let head: String = head.chars().take(20).collect();
        return Err(Refusal::invalid(field, format!("列名{}，没有列名[{head}]", HEADS.join("、"))));
    }
    let lines: Vec<(usize, Vec<String>)> =
        rows.filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())).collect();
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(Refusal::invalid(field, format!("1到{LINES_MAX}行备案")));
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
            .map(|text| super::read(text, "公民身份号码", "18位公民身份号码，在表格中须为文本格式"))
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
        let lines = in_text(text).unwrap();
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
            assert!(in_text(text).is_err(), "{text:?}");
        }
        for bytes in [&b""[..], b"PK", b"csv,text"] {
            assert_eq!(in_workbook(bytes).unwrap_err().code(), "field-invalid");
        }
    }

    #[test]
    fn a_workbook_says_the_same_as_the_text_of_it() {
        let text = "参保地,人员编号,险种,备案类型,就医地,开始日期\n420100,42010099001,职工,4,310000,2026-12-01\n420100,,310,4,x,\n";
        let rows = wire::csv::read(text).unwrap();
        let cells = |row: &Vec<String>| row.iter().map(|cell| document::Cell::from(cell.as_str())).collect();
        let rows = rows.iter().skip(1).map(cells).collect();
        let heads = text.lines().next().unwrap().split(',').map(str::to_owned).collect();
        let workbook = sheet::write(&[sheet::Sheet { name: "备案".to_owned(), heads, rows }]);
        let told = |lines: Vec<Line>| {
            let one = |(at, read): Line| (at, read.map_err(|refusal| refusal.context()));
            lines.into_iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(told(in_workbook(&workbook).unwrap()), told(in_text(text).unwrap()));
    }
}
