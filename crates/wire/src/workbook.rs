//! Excel workbooks (.xlsx, ECMA-376) that come from outside: the texts of the first sheet, row by row, as a list of people's is read.
//!
//! A workbook is an archive of XML; each has its limit before it is unpacked and read. Formulas count with the value that was written
//! beside them; a cell formatted as a day becomes `yyyy-MM-dd`. This module must not know what the columns mean.

use crate::hospital::archive::{self, NotAnArchive};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::{collections::BTreeMap, fmt};
use terms::Day;

/// The largest workbook, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// The longest part of one that is unpacked, in bytes.
const PART_BYTES_MAX: usize = 8 << 20;
/// The last row that is read; what lies below is refused.
const ROWS_MAX: usize = 5_000;
/// The last column that is read; what lies right of it is refused.
const COLUMNS_MAX: usize = 64;
/// The most texts that a workbook keeps for its cells.
const TEXTS_MAX: usize = 50_000;
/// The longest text of a cell, in characters: what is longer is cut, since nothing that is read is.
const TEXT_MAX: usize = 1_000;

/// Why a file is no workbook that can be read: a Chinese phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAWorkbook(pub &'static str);

impl fmt::Display for NotAWorkbook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotAWorkbook {}

impl From<NotAnArchive> for NotAWorkbook {
    fn from(why: NotAnArchive) -> Self {
        Self(why.0)
    }
}

const BROKEN: NotAWorkbook = NotAWorkbook("不是完整的xlsx工作簿，请用Excel或WPS另存为xlsx");

/// The rows of the first sheet with the texts of their cells. Row `n` of the sheet is the `n`th, so that each can be spoken of by its
/// number; empty ones in between are empty.
///
/// # Errors
/// It is no workbook, or larger than is read.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, NotAWorkbook> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(NotAWorkbook("工作簿超过1MB，请删去多余的工作表和格式"));
    }
    let workbook = part(bytes, "xl/workbook.xml")?.ok_or(BROKEN)?;
    let (sheet, from_1904) = first_sheet(&workbook)?;
    let relations = part(bytes, "xl/_rels/workbook.xml.rels")?.ok_or(BROKEN)?;
    let path = target(&relations, &sheet)?;
    let texts = part(bytes, "xl/sharedStrings.xml")?.map_or_else(|| Ok(Vec::new()), |text| shared(&text))?;
    let days = part(bytes, "xl/styles.xml")?.map_or_else(|| Ok(Vec::new()), |text| day_formats(&text))?;
    let sheet = part(bytes, &path)?.ok_or(BROKEN)?;
    cells(&sheet, &Book { texts, days, from_1904 })
}

fn part(bytes: &[u8], name: &str) -> Result<Option<String>, NotAWorkbook> {
    let Some(found) = archive::named(bytes, name, PART_BYTES_MAX)? else { return Ok(None) };
    String::from_utf8(found).map(Some).map_err(|_| BROKEN)
}

/// What stands in XML, one after the other.
enum Token<'a> {
    Open(&'a BytesStart<'a>),
    Close(&'a str),
    Text(&'a str),
}

/// Goes through XML; elements without content open and close.
fn walk(text: &str, mut take: impl FnMut(Token<'_>) -> Result<(), NotAWorkbook>) -> Result<(), NotAWorkbook> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    loop {
        match reader.read_event().map_err(|_| BROKEN)? {
            Event::Start(start) => take(Token::Open(&start))?,
            Event::Empty(start) => {
                take(Token::Open(&start))?;
                take(Token::Close(start.local_name().as_ref()))?;
            }
            Event::End(end) => take(Token::Close(end.local_name().as_ref()))?,
            Event::Text(text) => take(Token::Text(&text.xml10_content()))?,
            Event::CData(text) => take(Token::Text(&text.xml10_content()))?,
            Event::GeneralRef(name) => {
                let character = match name.resolve_char_ref() {
                    Ok(Some(character)) => character,
                    Ok(None) => match &*name {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        _ => return Err(BROKEN),
                    },
                    Err(_) => return Err(BROKEN),
                };
                take(Token::Text(character.encode_utf8(&mut [0; 4])))?;
            }
            Event::DocType(_) => return Err(BROKEN),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return Ok(()),
        }
    }
}

/// The value of an attribute, whatever its prefix.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|one| one.key.local_name().as_ref() == name)?;
    Some(found.value.chars().take(TEXT_MAX).collect())
}

/// By what the first sheet is related to, and whether days are counted from 1904.
fn first_sheet(text: &str) -> Result<(String, bool), NotAWorkbook> {
    let (mut first, mut from_1904) = (None, false);
    walk(text, |token| {
        if let Token::Open(start) = token {
            match start.local_name().as_ref() {
                "sheet" if first.is_none() => first = attribute(start, "id"),
                "workbookPr" => {
                    from_1904 = matches!(attribute(start, "date1904").as_deref(), Some("1" | "true"));
                }
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok((first.ok_or(BROKEN)?, from_1904))
}

/// Where in the archive that lies which is related so.
fn target(text: &str, id: &str) -> Result<String, NotAWorkbook> {
    let mut found = None;
    walk(text, |token| {
        if let Token::Open(start) = token
            && attribute(start, "Id").as_deref() == Some(id)
        {
            found = attribute(start, "Target");
        }
        Ok(())
    })?;
    let found = found.ok_or(BROKEN)?;
    Ok(found.strip_prefix('/').map_or_else(|| format!("xl/{found}"), str::to_owned))
}

/// The texts that cells speak of by their numbers. How they are read aloud (`rPh`) is no part of them.
fn shared(text: &str) -> Result<Vec<String>, NotAWorkbook> {
    let mut texts = Vec::new();
    let (mut current, mut in_text, mut in_reading) = (String::new(), false, false);
    walk(text, |token| {
        match token {
            Token::Open(start) => match start.local_name().as_ref() {
                "si" => current.clear(),
                "t" => in_text = true,
                "rPh" => in_reading = true,
                _ => {}
            },
            Token::Close("si") => {
                if texts.len() >= TEXTS_MAX {
                    return Err(NotAWorkbook("工作簿的文字过多，请只保留需要的工作表"));
                }
                texts.push(std::mem::take(&mut current));
            }
            Token::Close("t") => in_text = false,
            Token::Close("rPh") => in_reading = false,
            Token::Text(text) if in_text && !in_reading => append(&mut current, text),
            Token::Close(_) | Token::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(texts)
}

fn append(to: &mut String, text: &str) {
    let left = TEXT_MAX.saturating_sub(to.chars().count());
    // No text of the database has what is no character of XML.
    let plain = |one: &char| !one.is_control() || one.is_whitespace();
    to.extend(text.chars().filter(plain).take(left));
}

/// Which of the styles of cells show a number as a day.
fn day_formats(text: &str) -> Result<Vec<bool>, NotAWorkbook> {
    let mut own: BTreeMap<u32, bool> = BTreeMap::new();
    let (mut styles, mut in_styles) = (Vec::new(), false);
    walk(text, |token| {
        match token {
            Token::Open(start) => match start.local_name().as_ref() {
                "numFmt" => {
                    let number = attribute(start, "numFmtId").and_then(|id| id.parse().ok());
                    if let (Some(number), Some(code)) = (number, attribute(start, "formatCode")) {
                        own.insert(number, shows_day(&code));
                    }
                }
                "cellXfs" => in_styles = true,
                "xf" if in_styles => {
                    let number: u32 =
                        attribute(start, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                    // Those that every program knows by number: of all, and of China.
                    let known = matches!(number, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58);
                    styles.push(own.get(&number).copied().unwrap_or(known));
                }
                _ => {}
            },
            Token::Close("cellXfs") => in_styles = false,
            Token::Close(_) | Token::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(styles)
}

/// Whether a format names year or day outside of what it shows as it is.
fn shows_day(code: &str) -> bool {
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    code.replace("&quot;", "\"").chars().any(|one| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match one {
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            'y' | 'Y' | 'd' | 'D' => return !quoted && !bracketed,
            _ => {}
        }
        false
    })
}

/// What cells need of the rest of the workbook.
struct Book {
    texts: Vec<String>,
    days: Vec<bool>,
    from_1904: bool,
}

/// A cell as it is read.
#[derive(Default)]
struct Cell {
    row: usize,
    column: usize,
    kind: String,
    style: usize,
    value: String,
}

impl Book {
    fn text(&self, cell: &Cell) -> Result<String, NotAWorkbook> {
        match cell.kind.as_str() {
            "s" => {
                let number: usize = cell.value.trim().parse().map_err(|_| BROKEN)?;
                self.texts.get(number).cloned().ok_or(BROKEN)
            }
            "inlineStr" | "str" | "d" => Ok(cell.value.clone()),
            "b" => Ok(if cell.value.trim() == "1" { "是" } else { "否" }.to_owned()),
            // A formula that came to nothing.
            "e" => Ok(String::new()),
            _ if self.days.get(cell.style) == Some(&true) => Ok(self.day(cell.value.trim())),
            _ => Ok(cell.value.trim().to_owned()),
        }
    }

    /// The day of a number of days; the number itself where there is none such.
    fn day(&self, number: &str) -> String {
        let days = number.split('.').next().and_then(|days| days.parse::<i32>().ok());
        // The first two months of 1900 are counted as if it had had a leap day: nobody is filed for them.
        let counted = days.filter(|days| (61..=2_958_465).contains(days));
        let begin: Day = if self.from_1904 { "1904-01-01" } else { "1899-12-30" }.parse().expect("a day");
        counted.map_or_else(|| number.to_owned(), |days| begin.plus_days(days).to_string())
    }
}

/// Column and row of `B12`, each from one.
fn place(reference: &str) -> Option<(usize, usize)> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase).count();
    let (column, row) = reference.split_at(letters);
    if !(1..=3).contains(&letters) {
        return None;
    }
    let column = column.bytes().fold(0, |sum, one| sum * 26 + usize::from(one - b'A') + 1);
    Some((column, row.parse().ok()?))
}

fn cells(text: &str, book: &Book) -> Result<Vec<Vec<String>>, NotAWorkbook> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut cell = Cell::default();
    let (mut row, mut column) = (0, 0);
    let (mut in_value, mut in_reading) = (false, false);
    walk(text, |token| {
        match token {
            Token::Open(start) => match start.local_name().as_ref() {
                // Who writes no numbers means the next.
                "row" => {
                    row = attribute(start, "r").map_or(Some(row + 1), |r| r.parse().ok()).ok_or(BROKEN)?;
                    column = 0;
                }
                "c" => {
                    let said = attribute(start, "r").map(|r| place(&r).ok_or(BROKEN)).transpose()?;
                    (column, row) = said.unwrap_or((column + 1, row));
                    cell = Cell {
                        row,
                        column,
                        kind: attribute(start, "t").unwrap_or_default(),
                        style: attribute(start, "s").and_then(|s| s.parse().ok()).unwrap_or(0),
                        value: String::new(),
                    };
                }
                "v" | "t" => in_value = true,
                "rPh" => in_reading = true,
                _ => {}
            },
            Token::Text(text) if in_value && !in_reading => append(&mut cell.value, text),
            Token::Close("v" | "t") => in_value = false,
            Token::Close("rPh") => in_reading = false,
            Token::Close("c") => {
                let text = if cell.value.is_empty() { String::new() } else { book.text(&cell)? };
                if !text.trim().is_empty() {
                    put(&mut rows, &cell, text)?;
                }
            }
            Token::Text(_) | Token::Close(_) => {}
        }
        Ok(())
    })?;
    Ok(rows)
}

fn put(rows: &mut Vec<Vec<String>>, cell: &Cell, text: String) -> Result<(), NotAWorkbook> {
    if !(1..=ROWS_MAX).contains(&cell.row) || !(1..=COLUMNS_MAX).contains(&cell.column) {
        return Err(NotAWorkbook("第一张工作表的行或列过多，请只保留需要的行列"));
    }
    if rows.len() < cell.row {
        rows.resize(cell.row, Vec::new());
    }
    let row = &mut rows[cell.row - 1];
    if row.len() < cell.column {
        row.resize(cell.column, String::new());
    }
    row[cell.column - 1] = text;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, Crc, write::DeflateEncoder};
    use std::io::Write as _;

    /// An archive of these files, as writers of workbooks make it.
    fn packed(files: &[(&str, &str)]) -> Vec<u8> {
        let (mut archive, mut directory) = (Vec::new(), Vec::new());
        for (name, text) in files {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            let content = encoder.finish().unwrap();
            let mut crc = Crc::new();
            crc.update(text.as_bytes());
            let mut said = vec![0, 0, 8, 0, 0, 0, 0x21, 0];
            for number in
                [crc.sum(), u32::try_from(content.len()).unwrap(), u32::try_from(text.len()).unwrap()]
            {
                said.extend(number.to_le_bytes());
            }
            said.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            said.extend([0; 2]);
            let at = u32::try_from(archive.len()).unwrap();
            archive.extend(b"PK\x03\x04\x14\0");
            archive.extend(&said);
            archive.extend(name.as_bytes());
            archive.extend(&content);
            directory.extend(b"PK\x01\x02\x14\0\x14\0");
            directory.extend(&said);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (at, length) = (archive.len(), directory.len());
        archive.extend(&directory);
        archive.extend(b"PK\x05\x06\0\0\0\0");
        let count = u16::try_from(files.len()).unwrap();
        archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        archive.extend(u32::try_from(length).unwrap().to_le_bytes());
        archive.extend(u32::try_from(at).unwrap().to_le_bytes());
        archive.extend([0; 2]);
        archive
    }

    const WORKBOOK: &str = "<?xml version=\"1.0\"?><workbook xmlns:r=\"r\"><sheets><sheet name=\"一\" sheetId=\"7\" r:id=\"rId3\"/>\
        <sheet name=\"二\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    const RELATIONS: &str = "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet2.xml\"/>\
        <Relationship Id=\"rId3\" Target=\"/xl/worksheets/sheet1.xml\"/></Relationships>";
    const TEXTS: &str = "<sst><si><t>参保地</t></si><si><r><t>开始</t></r><r><t xml:space=\"preserve\">日期</t></r><rPh><t>kaishi</t></rPh></si>\
        <si><t>a&lt;b&#x4e2d;</t></si></sst>";
    const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>\
        <numFmt numFmtId=\"165\" formatCode=\"[$-804]0.00&quot;yd&quot;\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs>\
        <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>";

    fn book(sheet: &str) -> Vec<u8> {
        packed(&[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", WORKBOOK),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/sharedStrings.xml", TEXTS),
            ("xl/styles.xml", STYLES),
            ("xl/worksheets/sheet1.xml", sheet),
            ("xl/worksheets/sheet2.xml", "<worksheet/>"),
        ])
    }

    #[test]
    fn the_first_sheet_is_read_cell_by_cell() {
        let sheet = "<worksheet><sheetData>\
            <row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"s\"><v>1</v></c></row>\
            <row r=\"3\"><c r=\"A3\"><v>420100</v></c><c r=\"B3\" s=\"1\"><v>46345</v></c><c r=\"C3\" s=\"2\"><v>46345.5</v></c>\
            <c r=\"D3\" s=\"3\"><v>1.5</v></c><c r=\"E3\" t=\"b\"><v>1</v></c><c r=\"F3\" t=\"s\"><v>2</v></c>\
            <c r=\"G3\" t=\"str\"><f>A1</f><v>由公式</v></c><c r=\"H3\" t=\"inlineStr\"><is><t>行内</t></is></c>\
            <c r=\"I3\" t=\"e\"><v>#N/A</v></c><c r=\"J3\" s=\"1\"/></row>\
            <row><c><v>7</v></c><c><v>8</v></c></row></sheetData></worksheet>";
        let rows = read(&book(sheet)).unwrap();
        let of = |cells: &[&str]| cells.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            rows,
            [
                of(&["参保地", "", "开始日期"]),
                of(&[]),
                of(&["420100", "2026-11-19", "2026-11-19", "1.5", "是", "a<b中", "由公式", "行内"]),
                of(&["7", "8"]),
            ]
        );
    }

    #[test]
    fn what_is_no_workbook_or_too_large_is_refused() {
        let cell = |reference: &str| {
            format!(
                "<worksheet><sheetData><row><c r=\"{reference}\"><v>1</v></c></row></sheetData></worksheet>"
            )
        };
        for (file, words) in [
            (Vec::new(), "ZIP"),
            (b"PK\x03\x04".to_vec(), "ZIP"),
            (vec![0; FILE_BYTES_MAX + 1], "1MB"),
            (packed(&[("xl/workbook.xml", WORKBOOK)]), "xlsx"),
            (packed(&[("a.txt", "x")]), "xlsx"),
            (book("<worksheet></sheetData>"), "xlsx"),
            (book("<!DOCTYPE a [<!ENTITY x \"y\">]><worksheet/>"), "xlsx"),
            (book("<worksheet><row><c t=\"s\"><v>99</v></c></row></worksheet>"), "xlsx"),
            (book(&cell("A5001")), "过多"),
            (book(&cell("BM1")), "过多"),
            (book(&cell("A99999999999999999999")), "xlsx"),
            (book(&cell("ZZZZ1")), "xlsx"),
            (book(&" ".repeat(PART_BYTES_MAX + 1)), "解压后过大"),
        ] {
            let refused = read(&file).map_err(|why| why.0);
            assert!(refused.clone().unwrap_err().contains(words), "{words}: {refused:?}");
        }
        let good = book(&cell("BL5000"));
        assert_eq!(read(&good).unwrap().len(), 5_000);
        for at in (0..good.len()).step_by(3) {
            let mut other = good.clone();
            other[at] ^= 0x55;
            drop(read(&other));
        }
    }
}
