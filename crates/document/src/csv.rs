//! The tables of a paper as CSV (RFC 4180, UTF-8), for programs: amounts in plain yuan, no sums; before each row the paper's number
//! and the table's name.

use crate::paper::{Cell, Paper};

/// Writes the tables of a paper, one after the other, each with its heads; of a paper without any, its named values.
pub fn write(paper: &Paper) -> Vec<u8> {
    let mut text = String::new();
    if paper.tables.is_empty() {
        line(&mut text, ["编号", "表", "项目", "值"].map(str::to_owned).into_iter());
        let fields = paper.fields.iter().map(|field| (words(&field.name), words(&field.value)));
        let total = paper.total.iter().map(|(name, amount)| (words(name), amount.to_string()));
        for (name, value) in fields.chain(total) {
            line(&mut text, [paper.number.to_string(), words(&paper.title), name, value].into_iter());
        }
    }
    for (index, table) in paper.tables.iter().enumerate() {
        if index > 0 {
            text += "\r\n";
        }
        let name = if table.title.is_empty() { &paper.title } else { &table.title };
        let heads = table.columns.iter().map(|column| words(&column.name));
        line(&mut text, ["编号".to_owned(), "表".to_owned()].into_iter().chain(heads));
        for row in &table.rows {
            let cells = row.iter().map(cell);
            line(&mut text, [paper.number.to_string(), words(name)].into_iter().chain(cells));
        }
    }
    text.into_bytes()
}

fn line(text: &mut String, values: impl Iterator<Item = String>) {
    text.push_str(&values.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => words(text),
        Cell::Money(amount) => amount.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}

/// Words, in quotes where they need some. Words that a spreadsheet would take for a formula begin with an apostrophe.
fn words(text: &str) -> String {
    let apostrophe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{apostrophe}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_quotes_where_they_need_some() {
        for (plain, written) in [
            ("上海市", "上海市"),
            ("甲,乙", "\"甲,乙\""),
            ("称\"甲\"者", "\"称\"\"甲\"\"者\""),
            ("一\n二", "\"一\n二\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
            ("", ""),
        ] {
            assert_eq!(words(plain), written);
        }
        assert_eq!(cell(&Cell::Money(terms::Fen(-123_456_789))), "-1234567.89", "a figure is a figure");
    }
}
