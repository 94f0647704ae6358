//! Tables for programs: CSV as RFC 4180 has it, UTF-8. It must not know what the tables are about.

/// A table with its heads.
pub fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = line(heads.iter().map(|head| cell(head)));
    for row in rows {
        text += &line(row.iter().map(|value| cell(value)));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(",") + "\r\n"
}

/// A value, in quotes where it needs some. Words that a spreadsheet would take for a formula begin with an apostrophe; numbers
/// stay numbers.
fn cell(value: &str) -> String {
    let is_formula =
        value.starts_with(['=', '+', '-', '@', '\t', '\r']) && value.parse::<terms::Fen>().is_err();
    let value = if is_formula { format!("'{value}") } else { value.to_owned() };
    if value.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
}

/// The rows of a text, each with its cells, as spreadsheets write it; `None` where a quote is opened and not closed. Rows may be of
/// different lengths.
pub fn read(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(one) = rest.next() {
        match (one, quoted) {
            ('"', true) if rest.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', true) => quoted = false,
            ('"', false) if cell.is_empty() => quoted = true,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            ('\r', false) if matches!(rest.peek(), Some('\n') | None) => {}
            (one, _) => cell.push(one),
        }
    }
    if quoted {
        return None;
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::{read, table};

    #[test]
    fn what_is_written_is_read_again() {
        let row = ["甲,乙", "称\"丙\"", "一\n二", "", "-1"].map(str::to_owned).to_vec();
        let heads = ["一", "二", "三", "四", "五"];
        let rows = read(&table(&heads, [row.clone()])).unwrap();
        assert_eq!(rows, [heads.map(str::to_owned).to_vec(), row]);
        assert_eq!(read("a,b\n\"c").as_deref(), None);
        assert_eq!(read("a\r\n\r\nb").unwrap(), [vec!["a"], vec![""], vec!["b"]]);
        assert_eq!(read("").unwrap(), Vec::<Vec<String>>::new());
    }

    #[test]
    fn values_are_quoted_where_they_need_it() {
        let row = ["甲,乙", "称\"丙\"", "-12.50", "=1+1", ""].map(str::to_owned).to_vec();
        let written = table(&["一", "二", "三", "四", "五"], [row]);
        assert_eq!(written, "一,二,三,四,五\r\n\"甲,乙\",\"称\"\"丙\"\"\",-12.50,'=1+1,\r\n");
    }
}
