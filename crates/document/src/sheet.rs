//! Lists as an Excel workbook: heads, rows and figures that can be reckoned with. Unlike a paper they say nothing of who made them, and
//! nobody verifies them.

use crate::paper::Cell;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

/// The most rows that are written into one sheet: Excel takes not many more.
const ROWS_MAX: usize = 1_000_000;
/// The longest text that a place of a sheet takes, in characters.
const TEXT_MAX: usize = 32_000;

/// One list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its name, as it stands on the tab.
    pub name: String,
    /// The heads of its columns.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// Writes lists as one workbook, the same bytes of the same lists.
pub fn write(sheets: &[Sheet]) -> Vec<u8> {
    try_write(sheets).expect("memory takes it, and its texts are shorter than Excel's longest")
}

/// A tab's name as Excel takes it: at most 31 characters, none of its signs.
fn tab(name: &str, index: usize) -> String {
    let plain: String = name.chars().filter(|one| !"[]:*?/\\'".contains(*one)).take(28).collect();
    if plain.is_empty() { format!("表{}", index + 1) } else { plain }
}

fn try_write(sheets: &[Sheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Nothing of the present: the file says nothing of when it was written.
    let day = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let plain = Format::new().set_font_name("宋体").set_font_size(10).set_border(FormatBorder::Thin);
    let head = plain.clone().set_bold().set_align(FormatAlign::Center).set_background_color("#ECECEC");
    let money = plain.clone().set_num_format("#,##0.00");
    let count = plain.clone().set_num_format("#,##0");
    let typed = plain.clone().set_num_format("@");
    for (index, list) in sheets.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(tab(&list.name, index))?.set_freeze_panes(1, 0)?.set_repeat_rows(0, 0)?;
        for (column, words) in (0_u16..).zip(&list.heads) {
            sheet.write_string_with_format(0, column, words, &head)?;
            sheet.set_column_width(column, width(list, usize::from(column)))?;
            // A list without rows is filled in by somebody: long numbers that are typed stay as they are.
            if list.rows.is_empty() {
                sheet.set_column_format(column, &typed)?;
            }
        }
        for (row, cells) in (1_u32..).zip(list.rows.iter().take(ROWS_MAX)) {
            for (column, cell) in (0_u16..).zip(cells) {
                match cell {
                    Cell::Empty => sheet.write_blank(row, column, &plain)?,
                    Cell::Text(text) => {
                        let text: String = text.chars().take(TEXT_MAX).collect();
                        sheet.write_string_with_format(row, column, text, &plain)?
                    }
                    Cell::Money(amount) => {
                        sheet.write_number_with_format(row, column, crate::xlsx::number(*amount), &money)?
                    }
                    Cell::Count(number) => {
                        sheet.write_number_with_format(row, column, crate::xlsx::whole(*number), &count)?
                    }
                };
            }
        }
    }
    book.save_to_buffer()
}

/// As wide as its head and first rows ask for, Chinese characters counting twice.
fn width(list: &Sheet, column: usize) -> u32 {
    let wide = |text: &str| text.chars().map(|one| if one.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let cells = list.rows.iter().take(200).filter_map(|row| row.get(column)).map(|cell| wide(&cell.shown()));
    let widest = cells.chain(list.heads.get(column).map(|head| wide(head))).max().unwrap_or(0);
    u32::try_from(widest.clamp(6, 60) + 2).expect("a few dozen")
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::Fen;

    #[test]
    fn lists_become_a_workbook_of_the_same_bytes() {
        let rows = vec![
            vec![Cell::from("湖北省"), Cell::Money(Fen(123_456)), Cell::Count(7)],
            vec![Cell::Empty, Cell::Money(Fen(-1)), Cell::Count(0)],
        ];
        let heads = ["参保地", "金额（元）", "人次"].map(str::to_owned).to_vec();
        let lists = [
            Sheet { name: "各省[2026]:*?/".to_owned(), heads: heads.clone(), rows },
            Sheet { name: String::new(), heads, rows: Vec::new() },
        ];
        let written = write(&lists);
        assert_eq!(written, write(&lists));
        assert!(written.starts_with(b"PK"));
        assert_eq!((tab("各省[2026]:*?/", 0).as_str(), tab("", 1).as_str()), ("各省2026", "表2"));
    }
}
