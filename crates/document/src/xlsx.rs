//! A paper as an Excel workbook of one sheet, ready to be printed on A4: the same form as the PDF, with figures that can be
//! reckoned with.

use crate::{
    missing_characters,
    paper::{Align, Cell, Orientation, Paper, Seal, Table, chinese_day},
    qr::Code,
};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Image, Workbook, Worksheet, XlsxError,
};
use terms::Fen;

/// The Chinese font that every office has.
const FONT: &str = "宋体";
/// Characters of width that a page takes, for each way it lies.
const PORTRAIT: u32 = 92;
const LANDSCAPE: u32 = 138;

/// Writes a paper.
pub fn write(paper: &Paper, seal: &Seal) -> Vec<u8> {
    try_write(paper, seal).expect("memory takes it, and its texts are shorter than Excel's longest")
}

/// The longest text that a place of a sheet takes, in characters; what is longer is cut, and says so.
const TEXT_MAX: usize = 32_000;

fn try_write(paper: &Paper, seal: &Seal) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&properties(paper)?);
    let sheet = book.add_worksheet();
    sheet.set_name("文书")?;
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0).set_margins(0.6, 0.6, 0.7, 0.7, 0.3, 0.3);
    let wide = match paper.orientation {
        Orientation::Portrait => PORTRAIT,
        Orientation::Landscape => {
            sheet.set_landscape();
            LANDSCAPE
        }
    };
    sheet.set_footer(format!("&L{}&C第 &P 页　共 &N 页&R校验码 {}", paper.number, seal.code));
    let columns = paper.tables.iter().map(|table| table.columns.len()).max().unwrap_or(0).clamp(4, 60);
    set_widths(sheet, paper, columns, wide)?;
    let mut writer = Writer { sheet, row: 0, last: column(columns - 1) };
    writer.head(paper)?;
    writer.fields(paper)?;
    for table in &paper.tables {
        writer.table(table, paper.tables.len() == 1)?;
    }
    writer.total(paper)?;
    writer.notes(paper)?;
    writer.close(paper, seal)?;
    book.save_to_buffer()
}

fn column(index: usize) -> u16 {
    u16::try_from(index).expect("a table has few columns")
}

/// Nothing of the present: the day is the paper's own.
fn properties(paper: &Paper) -> Result<DocProperties, XlsxError> {
    let part = |number: i32| u8::try_from(number).expect("a day's parts are small");
    let year = u16::try_from(paper.day.year()).expect("a day of our era");
    let month = part(paper.day.month().number() % 100);
    let day = ExcelDateTime::from_ymd(year, month, part(i32::from(paper.day.day_of_month())))?;
    let properties = DocProperties::new();
    Ok(properties.set_title(&paper.title).set_author(&paper.issuer).set_creation_datetime(&day))
}

/// The widths of the widest table's columns, on the scale of a page.
fn set_widths(sheet: &mut Worksheet, paper: &Paper, columns: usize, wide: u32) -> Result<(), XlsxError> {
    let widest = paper.tables.iter().max_by_key(|table| table.columns.len());
    let weight = |index: usize| {
        widest.and_then(|table| table.columns.get(index)).map_or(1, |column| u32::from(column.width.max(1)))
    };
    let all: u32 = (0..columns).map(weight).sum();
    for index in 0..columns {
        let longest = paper.tables.iter().map(|table| longest_figure(table, index)).max().unwrap_or(0);
        let width = (wide * weight(index) / all).max(8).max(longest + 2);
        sheet.set_column_width(column(index), width)?;
    }
    Ok(())
}

fn longest_figure(table: &Table, index: usize) -> u32 {
    let cells = table.rows.iter().chain(&table.totals).filter_map(|row| row.get(index));
    let lengths = cells.filter(|cell| cell.is_figure()).map(|cell| cell.shown().len());
    u32::try_from(lengths.max().unwrap_or(0)).expect("a figure is short")
}

struct Writer<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    last: u16,
}

fn plain() -> Format {
    Format::new().set_font_name(FONT).set_font_size(10).set_align(FormatAlign::VerticalCenter)
}

fn framed() -> Format {
    plain().set_border(FormatBorder::Thin).set_text_wrap()
}

fn label() -> Format {
    framed().set_bold().set_align(FormatAlign::Center).set_background_color("#ECECEC")
}

impl Writer<'_> {
    /// One text over a part of the row.
    fn span(&mut self, from: u16, to: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
        let text = cut(text);
        if from == to {
            self.sheet.write_string_with_format(self.row, from, text, format)?;
        } else {
            self.sheet.merge_range(self.row, from, self.row, to, &text, format)?;
        }
        Ok(())
    }

    fn height(&mut self, text: &str, characters: u32) -> Result<(), XlsxError> {
        let long = u32::try_from(text.chars().count()).expect("a paragraph");
        let lines = (long / characters.max(1) + 1).min(20);
        self.sheet.set_row_height(self.row, lines * 18)?;
        Ok(())
    }

    fn head(&mut self, paper: &Paper) -> Result<(), XlsxError> {
        let right = plain().set_align(FormatAlign::Right);
        self.span(0, self.last, &format!("编号：{}", paper.number), &right)?;
        self.row += 1;
        let title = plain().set_font_size(16).set_bold().set_align(FormatAlign::Center);
        self.sheet.set_row_height(self.row, 30)?;
        self.span(0, self.last, &paper.title, &title)?;
        self.row += 1;
        if let Some(addressee) = &paper.addressee {
            self.span(0, self.last, &format!("{addressee}："), &plain())?;
            self.row += 1;
            let words = plain().set_text_wrap();
            for paragraph in &paper.text {
                self.height(paragraph, 44)?;
                self.span(0, self.last, &format!("　　{paragraph}"), &words)?;
                self.row += 1;
            }
            self.span(0, self.last, "单位：元", &right)?;
        } else {
            let half = self.last / 2;
            let issuer = format!("制表单位：{}　　制表日期：{}", paper.issuer, chinese_day(paper.day));
            self.span(0, half, &issuer, &plain())?;
            self.span(half + 1, self.last, "单位：元", &right)?;
        }
        self.row += 1;
        Ok(())
    }

    fn fields(&mut self, paper: &Paper) -> Result<(), XlsxError> {
        for field in &paper.fields {
            self.height(&field.value, 34)?;
            self.span(0, 0, &field.name, &label())?;
            self.span(1, self.last, &field.value, &framed())?;
            self.row += 1;
        }
        Ok(())
    }

    fn table(&mut self, table: &Table, only: bool) -> Result<(), XlsxError> {
        if !table.title.is_empty() {
            self.span(0, self.last, &table.title, &plain().set_bold())?;
            self.row += 1;
        }
        for (index, head) in table.columns.iter().enumerate() {
            self.span(column(index), column(index), &head.name, &label())?;
        }
        if only {
            self.sheet.set_repeat_rows(self.row, self.row)?;
            self.sheet.set_freeze_panes(self.row + 1, 0)?;
        }
        self.row += 1;
        for row in &table.rows {
            self.cells(table, row, false)?;
        }
        if let Some(totals) = &table.totals {
            self.cells(table, totals, true)?;
        }
        Ok(())
    }

    fn cells(&mut self, table: &Table, row: &[Cell], bold: bool) -> Result<(), XlsxError> {
        for (index, (cell, head)) in row.iter().zip(&table.columns).enumerate() {
            let at = column(index);
            let mut format = framed();
            if bold {
                format = format.set_bold();
            }
            match cell {
                Cell::Money(amount) => {
                    let format = format.set_num_format("#,##0.00").set_align(FormatAlign::Right);
                    self.sheet.write_number_with_format(self.row, at, number(*amount), &format)?;
                }
                Cell::Count(count) => {
                    let format = format.set_num_format("#,##0").set_align(FormatAlign::Right);
                    // A count in whole numbers, written as amounts are.
                    self.sheet.write_number_with_format(self.row, at, whole(*count), &format)?;
                }
                Cell::Text(text) => {
                    if bold || head.align == Align::Center {
                        format = format.set_align(FormatAlign::Center);
                    }
                    self.span(at, at, text, &format)?;
                }
                Cell::Empty => {
                    self.sheet.write_blank(self.row, at, &format)?;
                }
            }
        }
        self.row += 1;
        Ok(())
    }

    fn total(&mut self, paper: &Paper) -> Result<(), XlsxError> {
        let Some((name, amount)) = &paper.total else { return Ok(()) };
        self.span(0, 0, name, &label())?;
        let capitals = format!("人民币（大写）{}", amount.capitals());
        self.span(1, self.last - 1, &capitals, &framed().set_bold())?;
        let figures = framed().set_bold().set_num_format("￥#,##0.00").set_align(FormatAlign::Right);
        self.sheet.write_number_with_format(self.row, self.last, number(*amount), &figures)?;
        self.row += 1;
        Ok(())
    }

    fn notes(&mut self, paper: &Paper) -> Result<(), XlsxError> {
        let words = plain().set_font_size(9).set_text_wrap();
        let mut notes = paper.notes.clone();
        let missing = missing_characters(paper);
        if !missing.is_empty() {
            let codes: Vec<String> = missing.iter().map(|one| format!("U+{:04X}", u32::from(*one))).collect();
            notes.push(format!("本件有不在PDF字库内的字，其编码为{}。", codes.join("、")));
        }
        for (index, note) in notes.iter().enumerate() {
            let lead = if index == 0 { "说明：" } else { "　　　" };
            self.height(note, 50)?;
            self.span(0, self.last, &format!("{lead}{}．{note}", index + 1), &words)?;
            self.row += 1;
        }
        Ok(())
    }

    fn close(&mut self, paper: &Paper, seal: &Seal) -> Result<(), XlsxError> {
        self.row += 1;
        if !paper.signatures.is_empty() {
            let signers: Vec<String> =
                paper.signatures.iter().map(|name| format!("{name}：____________")).collect();
            self.span(0, self.last, &signers.join("　　　"), &plain())?;
            self.row += 2;
        }
        if paper.addressee.is_some() {
            let right = plain().set_align(FormatAlign::Right);
            self.span(0, self.last, &format!("{}（盖章）　　　", paper.issuer), &right)?;
            self.row += 1;
            self.span(0, self.last, &format!("{}　　　", chinese_day(paper.day)), &right)?;
            self.row += 1;
        }
        self.span(0, self.last, &format!("校验码：{}", seal.code), &plain())?;
        self.row += 1;
        if paper.portal.is_empty() {
            return self.span(0, self.last, "凭编号和校验码向签发单位核验", &plain());
        }
        let address = paper.verification_address(seal);
        self.span(0, self.last, &format!("扫描二维码核验本文书真伪：{address}"), &plain().set_font_size(8))?;
        self.row += 1;
        let picture = Image::new_from_buffer(&Code::of(&address).png())?.set_alt_text("核验二维码");
        let picture = picture.set_scale_to_size(96, 96, true);
        self.sheet.insert_image(self.row, 0, &picture)?;
        Ok(())
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX {
        return text.to_owned();
    }
    text.chars().take(TEXT_MAX).chain("…（已截断）".chars()).collect()
}

/// An amount in yuan as Excel keeps numbers, read of its text: exact to 15 digits, as Excel itself is.
#[expect(clippy::disallowed_types, reason = "Excel has no other numbers; nothing is reckoned with it here")]
pub(crate) fn number(amount: Fen) -> f64 {
    amount.to_string().parse().expect("an amount is written as a number")
}

#[expect(clippy::disallowed_types, reason = "Excel has no other numbers; nothing is reckoned with it here")]
pub(crate) fn whole(count: i64) -> f64 {
    count.to_string().parse().expect("a count is written as a number")
}
