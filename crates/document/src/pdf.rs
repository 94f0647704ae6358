//! A paper as PDF: the marks of its layout, drawn, with its font (only the characters used) inside. Text can be searched and copied.

use crate::{
    font::Font,
    layout::{Laid, Mark, lay_out},
    paper::{Paper, Seal},
    qr::Code,
};
use krilla::{
    Document, SerializeSettings,
    color::luma,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, Stroke},
    surface::Surface,
};

/// The grey behind heads of tables, and that of lines.
const SHADE: u8 = 236;

/// Writes a paper.
pub fn write(paper: &Paper, seal: &Seal) -> Vec<u8> {
    let Laid { page, sheets } = lay_out(paper, seal);
    let address = paper.verification_address(seal);
    // Tags for screen readers are left out: a table without them reads from left to right all the same.
    let settings = SerializeSettings { enable_tagging: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    for sheet in &sheets {
        let size = PageSettings::from_wh(points(page.0), points(page.1)).expect("A4 is a page");
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for mark in &sheet.marks {
            draw(&mut surface, mark, &address);
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(paper));
    document.finish().expect("a plain document can be written")
}

/// Nothing of the present: the day is the paper's own.
fn metadata(paper: &Paper) -> Metadata {
    let part = |number: i32| u8::try_from(number).expect("a day's parts are small");
    let year = u16::try_from(paper.day.year()).expect("a day of our era");
    let day = DateTime::new(year)
        .month(part(paper.day.month().number() % 100))
        .day(part(i32::from(paper.day.day_of_month())));
    Metadata::new()
        .title(format!("{} {}", paper.title, paper.number))
        .authors(vec![paper.issuer.clone()])
        .language("zh-CN".to_owned())
        .creator("yidi".to_owned())
        .document_id(paper.number.to_string())
        .creation_date(day)
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, address: &str) {
    match mark {
        Mark::Text { x, y, size, bold, text } => {
            surface.set_fill(Some(fill(0)));
            // There is one weight in the font; bold is its outline drawn along.
            surface.set_stroke(bold.then(|| stroke(size / 32)));
            let font = Font::get();
            let start = Point::from_xy(points(*x), points(*y));
            surface.draw_glyphs(start, &font.glyphs(text), font.drawn.clone(), text, points(*size), false);
        }
        Mark::Line { from, to, width } => {
            let mut path = PathBuilder::new();
            path.move_to(points(from.0), points(from.1));
            path.line_to(points(to.0), points(to.1));
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*width)));
            surface.draw_path(&path.finish().expect("a line has two ends"));
        }
        Mark::Shade { at, size } => {
            let mut path = PathBuilder::new();
            path.push_rect(rectangle(*at, *size));
            surface.set_fill(Some(fill(SHADE)));
            surface.set_stroke(None);
            surface.draw_path(&path.finish().expect("a rectangle has four sides"));
        }
        Mark::Code { at, side } => {
            let code = Code::of(address);
            let number = |count: usize| i32::try_from(count).expect("a small code");
            // Every edge is rounded from the whole, so that no gap shows between modules.
            let edge = |from: i32, index: usize| from + number(index) * side / number(code.side);
            let mut path = PathBuilder::new();
            for (row, column, many) in code.runs() {
                let (left, right) = (edge(at.0, column), edge(at.0, column + many));
                let (top, bottom) = (edge(at.1, row), edge(at.1, row + 1));
                path.push_rect(rectangle((left, top), (right - left, bottom - top)));
            }
            surface.set_fill(Some(fill(0)));
            surface.set_stroke(None);
            surface.draw_path(&path.finish().expect("a code has dark modules"));
        }
    }
}

fn rectangle(at: (i32, i32), size: (i32, i32)) -> Rect {
    Rect::from_xywh(points(at.0), points(at.1), points(size.0), points(size.1)).expect("it has a size")
}

fn fill(grey: u8) -> Fill {
    Fill { paint: luma::Color::new(grey).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn stroke(width: i32) -> Stroke {
    Stroke { paint: luma::Color::black().into(), width: points(width), ..Stroke::default() }
}

/// Twips as PDF wants them: points. Not money.
#[expect(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "PDF measures in fractions; no money is in it"
)]
fn points(twips: i32) -> f32 {
    let twips = i16::try_from(twips).expect("everything lies on a page of less than 32767 twips");
    f32::from(twips) / 20.0
}
