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

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn values_are_quoted_where_they_need_it() {
        let row = ["甲,乙", "称\"丙\"", "-12.50", "=1+1", ""].map(str::to_owned).to_vec();
        let written = table(&["一", "二", "三", "四", "五"], [row]);
        assert_eq!(written, "一,二,三,四,五\r\n\"甲,乙\",\"称\"\"丙\"\"\",-12.50,'=1+1,\r\n");
    }
}
