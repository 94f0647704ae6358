//! Documents that a clerk prints, signs and files (文书): notices, statements, vouchers and orders as PDF, Excel and CSV.
//!
//! A layout (`clearing`, `notice`, `voucher` …) makes a [`Paper`] of values of `funds`; a writer (`pdf`, `xlsx`, `csv`) makes bytes
//! of a paper and its [`Seal`]. Both are functions of values: the same paper and seal give the same bytes, without clock, chance or
//! fonts of the machine. What is kept is the paper, so that it can be written again at any time; another version of this program
//! may write other bytes of it, but never another content.
//!
//! The forms that 国家医保经办 uses are named in the regulations, their columns are not published. The columns here are those
//! which the national interface has for an application for payment (3203: 清算类别, 清算年月, 起止日期, 人次, 医疗费总额, 基金申报总额,
//! 个人账户支出, 现金); their arrangement is this project's own.
//!
//! This crate must not know I/O, SQL, HTTP, keys, nor how the figures come about. To add a document: a variant of [`Kind`], a
//! function in the file of its noun that makes the paper, and a row in that file's test.

pub mod balance;
pub mod clearing;
mod csv;
pub mod deduction;
mod font;
mod layout;
pub mod notice;
mod paper;
pub mod payment;
mod pdf;
mod qr;
pub mod reconciliation;
pub mod settlement;
pub mod sheet;
pub mod voucher;
mod xlsx;

pub use paper::{
    Align, Cell, Column, Field, Kind, NotADocumentNumber, Number, Office, Orientation, Paper, Seal, Table,
};

/// In which form a paper is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For paper and files.
    Pdf,
    /// For the clerk's own sums.
    Xlsx,
    /// For programs: the tables alone, UTF-8, RFC 4180.
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Xlsx, Self::Csv];

    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    /// The format with this end.
    pub fn of_extension(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == text)
    }

    /// What it is called on the web.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Writes a paper.
///
/// # Panics
/// If a table has a row of another width than its columns.
pub fn write(paper: &Paper, seal: &Seal, format: Format) -> Vec<u8> {
    paper.assert_whole();
    match format {
        Format::Pdf => pdf::write(paper, seal),
        Format::Xlsx => xlsx::write(paper, seal),
        Format::Csv => csv::write(paper),
    }
}

/// The characters of a paper that the font of PDF documents does not have. Such a character is printed as 〓, and named by its
/// number below the tables, so that it is not lost; Excel and CSV carry the character itself.
pub fn missing_characters(paper: &Paper) -> Vec<char> {
    let font = font::Font::get();
    let mut missing: Vec<char> =
        paper.texts().flat_map(str::chars).filter(|one| !one.is_control() && !font.has(*one)).collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}
