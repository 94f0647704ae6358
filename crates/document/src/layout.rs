//! Where everything stands on the pages of a paper: an A4 form in the Chinese manner, measured in twips (a twentieth of a point).
//!
//! Whole numbers throughout: a page does not depend on how a machine rounds.

use crate::{
    font::Font,
    missing_characters,
    paper::{Align, Cell, Orientation, Paper, Seal, Table, chinese_day, with_commas},
};

/// A page.
#[derive(Default)]
pub struct Sheet {
    /// What is on it, in the order in which it is drawn.
    pub marks: Vec<Mark>,
}

/// Something on a page; positions from the upper left corner.
pub enum Mark {
    /// A line of text, from its left end on its base line.
    Text {
        /// From the left.
        x: i32,
        /// The base line, from the top.
        y: i32,
        /// 字号.
        size: i32,
        /// 粗体.
        bold: bool,
        /// The words.
        text: String,
    },
    /// A line.
    Line {
        /// One end.
        from: (i32, i32),
        /// The other.
        to: (i32, i32),
        /// How thick.
        width: i32,
    },
    /// A rectangle in light grey.
    Shade {
        /// Its upper left corner.
        at: (i32, i32),
        /// Its width and height.
        size: (i32, i32),
    },
    /// The QR code, in a square.
    Code {
        /// Its upper left corner.
        at: (i32, i32),
        /// Its side.
        side: i32,
    },
}

/// The pages of a paper.
pub struct Laid {
    /// Width and height of a page.
    pub page: (i32, i32),
    /// The pages, at least one.
    pub sheets: Vec<Sheet>,
}

/// The short and the long side of A4.
const A4: (i32, i32) = (11_906, 16_838);
const MARGIN_SIDE: i32 = 1_020;
const MARGIN_TOP: i32 = 960;
/// Room below the text, in which the foot of the page stands.
const MARGIN_BOTTOM: i32 = 1_080;

const TITLE: i32 = 360;
const BODY: i32 = 220;
const FIELD: i32 = 190;
/// The size of tables, and the smallest to which wide tables are set.
const TABLE: (i32, i32) = (180, 100);
const NOTE: i32 = 165;
const FOOT: i32 = 155;
/// Beside and above the text of a place of a table.
const PAD: (i32, i32) = (70, 62);
const THIN: i32 = 8;
const CODE: i32 = 1_250;

/// Lays a paper out.
pub fn lay_out(paper: &Paper, seal: &Seal) -> Laid {
    let page = match paper.orientation {
        Orientation::Portrait => A4,
        Orientation::Landscape => (A4.1, A4.0),
    };
    let mut press = Press { font: Font::get(), page, y: MARGIN_TOP, sheets: vec![Sheet::default()] };
    press.head(paper);
    press.fields(paper);
    for table in &paper.tables {
        press.table(table);
    }
    press.total(paper);
    press.notes(paper);
    press.close(paper, seal);
    press.feet(paper, seal);
    Laid { page, sheets: press.sheets }
}

/// The height of a line of text of a size.
const fn line_height(size: i32) -> i32 {
    size * 7 / 5
}

/// Where something stands between two edges.
#[derive(Clone, Copy)]
enum Place {
    Left,
    Center,
    Right,
}

/// A place of a grid: words that fill a number of lines.
struct Block {
    lines: Vec<String>,
    place: Place,
    bold: bool,
    shaded: bool,
}

struct Press {
    font: &'static Font,
    page: (i32, i32),
    y: i32,
    sheets: Vec<Sheet>,
}

impl Press {
    const fn left() -> i32 {
        MARGIN_SIDE
    }

    const fn right(&self) -> i32 {
        self.page.0 - MARGIN_SIDE
    }

    const fn wide(&self) -> i32 {
        self.right() - Self::left()
    }

    const fn bottom(&self) -> i32 {
        self.page.1 - MARGIN_BOTTOM
    }

    fn mark(&mut self, mark: Mark) {
        self.sheets.last_mut().expect("there is a page").marks.push(mark);
    }

    fn turn(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = MARGIN_TOP;
    }

    /// A new page if so much does not fit on this one any more.
    fn need(&mut self, height: i32) {
        if self.y + height > self.bottom() && self.y > MARGIN_TOP {
            self.turn();
        }
    }

    /// One line of text in a line's height from `top`.
    fn text(
        &mut self,
        (from, to): (i32, i32),
        top: i32,
        place: Place,
        (size, bold): (i32, bool),
        text: &str,
    ) {
        let room = to - from - self.font.text_width(text, size);
        let x = match place {
            Place::Left => from,
            Place::Center => from + room / 2,
            Place::Right => from + room,
        };
        // The font's ascent is 0.88 of its size.
        let y = top + (line_height(size) - size) / 2 + size * 22 / 25;
        self.mark(Mark::Text { x, y, size, bold, text: text.to_owned() });
    }

    /// Lines of text across the page, each on a page where it fits.
    fn paragraph(&mut self, text: &str, size: i32, gap: i32) {
        for line in wrap(self.font, text, size, self.wide()) {
            self.need(line_height(size) + gap);
            self.text((Self::left(), self.right()), self.y, Place::Left, (size, false), &line);
            self.y += line_height(size) + gap;
        }
    }

    fn head(&mut self, paper: &Paper) {
        let edges = (Self::left(), self.right());
        self.text(edges, self.y, Place::Right, (FOOT, false), &format!("编号：{}", paper.number));
        self.y += line_height(FOOT) + 120;
        for line in wrap(self.font, &paper.title, TITLE, self.wide()) {
            self.text(edges, self.y, Place::Center, (TITLE, true), &line);
            self.y += line_height(TITLE);
        }
        self.y += 160;
        if let Some(addressee) = &paper.addressee {
            self.y += 60;
            self.paragraph(&format!("{addressee}："), BODY, 60);
        }
        for paragraph in &paper.text {
            self.paragraph(&format!("　　{paragraph}"), BODY, 60);
        }
        if paper.addressee.is_some() || !paper.text.is_empty() {
            self.y += 100;
        }
        let unit = if has_money(paper) { "单位：元" } else { "" };
        if paper.addressee.is_none() {
            let issuer = format!("制表单位：{}", paper.issuer);
            self.text(edges, self.y, Place::Left, (FIELD, false), &issuer);
            let day = format!("制表日期：{}", chinese_day(paper.day));
            self.text(edges, self.y, Place::Center, (FIELD, false), &day);
            self.text(edges, self.y, Place::Right, (FIELD, false), unit);
            self.y += line_height(FIELD) + 60;
        } else if !unit.is_empty() {
            self.text(edges, self.y, Place::Right, (FIELD, false), unit);
            self.y += line_height(FIELD) + 40;
        }
    }

    /// Names and values as a grid: two pairs a line, or one that has the whole line.
    fn fields(&mut self, paper: &Paper) {
        if paper.fields.is_empty() {
            return;
        }
        let font = self.font;
        let longest = paper.fields.iter().map(|field| font.text_width(&field.name, FIELD)).max();
        let name = (longest.expect("there are fields") + 2 * PAD.0).min(self.wide() / 4);
        let half = self.wide() / 2;
        let label = |text: &str| Block {
            lines: wrap(font, text, FIELD, name - 2 * PAD.0),
            place: Place::Center,
            bold: true,
            shaded: true,
        };
        let value = |text: &str, width: i32| Block {
            lines: wrap(font, text, FIELD, width - 2 * PAD.0),
            place: Place::Left,
            bold: false,
            shaded: false,
        };
        let mut left = &paper.fields[..];
        while let Some((first, rest)) = left.split_first() {
            let second = rest.first().filter(|second| !first.whole_line && !second.whole_line);
            if let Some(second) = second {
                let (one, other) = (half - name, self.wide() - half - name);
                let blocks = [
                    label(&first.name),
                    value(&first.value, one),
                    label(&second.name),
                    value(&second.value, other),
                ];
                self.row(&blocks, &[name, one, name, other], FIELD, None);
                left = &rest[1..];
            } else {
                let wide = self.wide() - name;
                self.row(&[label(&first.name), value(&first.value, wide)], &[name, wide], FIELD, None);
                left = rest;
            }
        }
        self.y += 160;
    }

    fn table(&mut self, table: &Table) {
        let (size, widths) = fit(self.font, table, self.wide());
        let font = self.font;
        if !table.title.is_empty() {
            self.need(line_height(BODY) + 6 * line_height(size));
            self.text((Self::left(), self.right()), self.y, Place::Left, (BODY, true), &table.title);
            self.y += line_height(BODY) + 40;
        }
        let inner = |index: usize| widths[index] - 2 * PAD.0;
        let heads = table.columns.iter().enumerate().map(|(index, column)| Block {
            lines: wrap(font, &column.name, size, inner(index)),
            place: Place::Center,
            bold: true,
            shaded: true,
        });
        let heads: Vec<Block> = heads.collect();
        let blocks = |row: &[Cell], bold: bool| -> Vec<Block> {
            let cells = row.iter().zip(&table.columns).enumerate();
            let block = |(index, (cell, column)): (usize, (&Cell, &crate::paper::Column))| Block {
                lines: wrap(font, &cell.shown(), size, inner(index)),
                place: match column.align {
                    _ if cell.is_figure() => Place::Right,
                    _ if bold => Place::Center,
                    Align::Left => Place::Left,
                    Align::Center => Place::Center,
                },
                bold,
                shaded: false,
            };
            cells.map(block).collect()
        };
        self.need(4 * (line_height(size) + 2 * PAD.1));
        self.row(&heads, &widths, size, None);
        let heads = Some((&heads[..], &widths[..]));
        if table.rows.is_empty() {
            let nothing = Block {
                lines: vec!["（本期无数据）".to_owned()],
                place: Place::Center,
                bold: false,
                shaded: false,
            };
            self.row(&[nothing], &[self.wide()], size, heads);
        }
        for row in &table.rows {
            self.row(&blocks(row, false), &widths, size, heads);
        }
        if let Some(totals) = &table.totals {
            self.row(&blocks(totals, true), &widths, size, heads);
        }
        self.y += 160;
    }

    /// One row of a grid. Where it does not fit, it begins a new page, below the heads if there are any; a row that is longer
    /// than a page goes on on the next.
    fn row(&mut self, blocks: &[Block], widths: &[i32], size: i32, heads: Option<(&[Block], &[i32])>) {
        let most = blocks.iter().map(|block| block.lines.len()).max().unwrap_or(1).max(1);
        let height = |lines: usize| number(lines) * line_height(size) + 2 * PAD.1;
        let mut from = 0;
        loop {
            let left = most - from;
            let whole_page = self.bottom() - MARGIN_TOP;
            if self.y + height(left.min(1)) > self.bottom()
                || (self.y + height(left) > self.bottom() && height(left) * 2 < whole_page)
            {
                self.turn();
                if let Some((heads, widths)) = heads {
                    self.strip(heads, widths, size, 0, usize::MAX);
                }
            }
            let room = (self.bottom() - self.y - 2 * PAD.1) / line_height(size);
            let many = left.min(usize::try_from(room).unwrap_or(0).max(1));
            self.strip(blocks, widths, size, from, many);
            from += many;
            if from >= most {
                return;
            }
        }
    }

    /// Some lines of a row, in their frames.
    fn strip(&mut self, blocks: &[Block], widths: &[i32], size: i32, from: usize, many: usize) {
        let of = |block: &Block| block.lines.len().saturating_sub(from).min(many);
        let most = blocks.iter().map(of).max().unwrap_or(1).max(1);
        let (top, height) = (self.y, number(most) * line_height(size) + 2 * PAD.1);
        let mut x = Self::left();
        for (block, width) in blocks.iter().zip(widths) {
            if block.shaded {
                self.mark(Mark::Shade { at: (x, top), size: (*width, height) });
            }
            x += width;
        }
        x = Self::left();
        for (block, width) in blocks.iter().zip(widths) {
            let spare = height - 2 * PAD.1 - number(of(block)) * line_height(size);
            let mut y = top + PAD.1 + spare / 2;
            for line in block.lines.iter().skip(from).take(many) {
                let edges = (x + PAD.0, x + width - PAD.0);
                self.text(edges, y, block.place, (size, block.bold), line);
                y += line_height(size);
            }
            x += width;
        }
        let (left, right, end) = (Self::left(), x, top + height);
        for y in [top, end] {
            self.mark(Mark::Line { from: (left, y), to: (right, y), width: THIN });
        }
        x = left;
        self.mark(Mark::Line { from: (x, top), to: (x, end), width: THIN });
        for width in widths {
            x += width;
            self.mark(Mark::Line { from: (x, top), to: (x, end), width: THIN });
        }
        self.y = end;
    }

    fn total(&mut self, paper: &Paper) {
        let Some((name, amount)) = &paper.total else { return };
        let font = self.font;
        let figures = format!("￥{}", with_commas(&amount.to_string()));
        let label = font.text_width(name, FIELD).max(4 * FIELD) + 2 * PAD.0;
        let small = font.text_width(&figures, FIELD) + 2 * PAD.0 + 40;
        let capitals = self.wide() - label - small;
        let block = |text: &str, width: i32, place: Place, shaded: bool| Block {
            lines: wrap(font, text, FIELD, width - 2 * PAD.0),
            place,
            bold: true,
            shaded,
        };
        let blocks = [
            block(name, label, Place::Center, true),
            block(&format!("人民币（大写）{}", amount.capitals()), capitals, Place::Left, false),
            block(&figures, small, Place::Right, false),
        ];
        // Against the table that it sums up, or with a gap below the fields.
        if !paper.tables.is_empty() {
            self.y -= 160;
        }
        self.row(&blocks, &[label, capitals, small], FIELD, None);
        self.y += 160;
    }

    fn notes(&mut self, paper: &Paper) {
        let missing = missing_characters(paper);
        let mut notes = paper.notes.clone();
        if !missing.is_empty() {
            let codes: Vec<String> = missing.iter().map(|one| format!("U+{:04X}", u32::from(*one))).collect();
            notes.push(format!("本件中以〓代替的字不在字库内，其编码为{}。", codes.join("、")));
        }
        match &notes[..] {
            [] => {}
            [one] => self.paragraph(&format!("说明：{one}"), NOTE, 20),
            _ => {
                for (index, note) in notes.iter().enumerate() {
                    let lead = if index == 0 { "说明：" } else { "　　　" };
                    self.paragraph(&format!("{lead}{}．{note}", index + 1), NOTE, 20);
                }
            }
        }
    }

    /// Issuer and day, who signs, and how to verify: together on one page.
    fn close(&mut self, paper: &Paper, seal: &Seal) {
        let signers = if paper.signatures.is_empty() { 0 } else { line_height(FIELD) + 340 };
        self.need(signers + CODE + 360);
        self.y += 200;
        let edges = (Self::left(), self.right());
        if !paper.signatures.is_empty() {
            let many = number(paper.signatures.len());
            for (index, name) in paper.signatures.iter().enumerate() {
                let from = Self::left() + self.wide() * number(index) / many;
                let top = self.y;
                let label = format!("{name}：");
                self.text((from, self.right()), top, Place::Left, (FIELD, false), &label);
                let begin = from + self.font.text_width(&label, FIELD) + 20;
                let end = Self::left() + self.wide() * number(index + 1) / many - 260;
                let y = top + line_height(FIELD);
                if begin < end {
                    self.mark(Mark::Line { from: (begin, y), to: (end, y), width: THIN });
                }
            }
            self.y += signers;
        }
        let top = self.y;
        if paper.addressee.is_some() {
            let middle = self.page.0 / 2;
            let place = (middle, self.right() - 200);
            let issuer = format!("{}（盖章）", paper.issuer);
            self.text(place, top + 160, Place::Center, (BODY, false), &issuer);
            self.text(
                place,
                top + 160 + line_height(BODY) + 100,
                Place::Center,
                (BODY, false),
                &chinese_day(paper.day),
            );
        }
        let mut x = edges.0;
        let mut words = vec![format!("校验码：{}", in_groups(&seal.code))];
        if paper.portal.is_empty() {
            words.push("凭编号和校验码向签发单位核验".to_owned());
        } else {
            self.mark(Mark::Code { at: (x, top), side: CODE });
            x += CODE + 120;
            words.insert(0, "扫描二维码核验本文书真伪".to_owned());
        }
        for (index, line) in words.iter().enumerate() {
            let y = top + 260 + number(index) * (line_height(NOTE) + 60);
            self.text((x, edges.1), y, Place::Left, (NOTE, false), line);
        }
        self.y = top + CODE;
    }

    fn feet(&mut self, paper: &Paper, seal: &Seal) {
        let all = self.sheets.len();
        let (edges, y) = ((Self::left(), self.right()), self.page.1 - MARGIN_BOTTOM + 320);
        let sheets = std::mem::take(&mut self.sheets);
        for (index, sheet) in sheets.into_iter().enumerate() {
            self.sheets.push(sheet);
            self.mark(Mark::Line { from: (edges.0, y - 60), to: (edges.1, y - 60), width: THIN });
            self.text(edges, y, Place::Left, (FOOT, false), &paper.number.to_string());
            let page = format!("第 {} 页　共 {all} 页", index + 1);
            self.text(edges, y, Place::Center, (FOOT, false), &page);
            let code = format!("校验码 {}", in_groups(&seal.code));
            self.text(edges, y, Place::Right, (FOOT, false), &code);
        }
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).expect("a page holds few things")
}

fn has_money(paper: &Paper) -> bool {
    let mut cells = paper.tables.iter().flat_map(|table| table.rows.iter().chain(&table.totals)).flatten();
    paper.total.is_some() || cells.any(|cell| matches!(cell, Cell::Money(_)))
}

/// A code of letters and digits in groups of four.
fn in_groups(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect()).collect::<Vec<String>>().join("-")
}

/// The size of a table's text, and the widths of its columns: as the columns say, but none narrower than its figures; where not
/// all figures fit, in a smaller size.
fn fit(font: &Font, table: &Table, wide: i32) -> (i32, Vec<i32>) {
    let mut size = TABLE.0;
    loop {
        let least = |index: usize| {
            let rows = table.rows.iter().chain(&table.totals).map(|row| &row[index]);
            let figures = rows.filter(|cell| cell.is_figure());
            let longest = figures.map(|cell| font.text_width(&cell.shown(), size)).max().unwrap_or(0);
            longest.max(2 * size) + 2 * PAD.0 + 10
        };
        let least: Vec<i32> = (0..table.columns.len()).map(least).collect();
        if least.iter().sum::<i32>() <= wide || size <= TABLE.1 {
            return (size, shared(table, &least, wide));
        }
        size -= 10;
    }
}

/// The width of a page shared out as the columns say, with no column below its least.
fn shared(table: &Table, least: &[i32], wide: i32) -> Vec<i32> {
    let weights: Vec<i32> = table.columns.iter().map(|column| i32::from(column.width.max(1))).collect();
    let mut fixed = vec![false; least.len()];
    loop {
        let taken: i32 = least.iter().zip(&fixed).filter(|(_, fixed)| **fixed).map(|(least, _)| least).sum();
        let free: i32 = weights.iter().zip(&fixed).filter(|(_, fixed)| !**fixed).map(|(one, _)| one).sum();
        let share = |index: usize| (wide - taken) * weights[index] / free.max(1);
        let short = (0..least.len()).find(|&index| !fixed[index] && share(index) < least[index]);
        if let Some(index) = short {
            fixed[index] = true;
            continue;
        }
        let width = |index: usize| if fixed[index] { least[index] } else { share(index) };
        let mut widths: Vec<i32> = (0..least.len()).map(width).collect();
        // What rounding leaves goes to the last column; what is too much stays beyond the margin, where it can be seen.
        let rest = wide - widths.iter().sum::<i32>();
        if let Some(last) = widths.last_mut().filter(|_| rest > 0) {
            *last += rest;
        }
        return widths;
    }
}

/// Signs that no line begins with.
const CLOSING: &str = "，。；：！？、）》〉】〕」』％‰…·,.;:!?)]}%";
/// Signs that no line ends with.
const OPENING: &str = "（《〈【〔「『￥([{";

/// Breaks a text into lines of a width: between Chinese characters anywhere, within words of letters and figures only where one
/// is longer than a line; no line begins with a closing sign or ends with an opening one.
pub fn wrap(font: &Font, text: &str, size: i32, width: i32) -> Vec<String> {
    let mut lines = Vec::new();
    for part in text.split('\n') {
        let mut line = String::new();
        for unit in units(part) {
            let wider = font.text_width(&format!("{line}{unit}"), size) > width;
            if wider && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end_matches(' ').to_owned());
            }
            if line.is_empty() && unit == " " {
                continue;
            }
            if font.text_width(&unit, size) <= width {
                line += &unit;
                continue;
            }
            for one in unit.chars() {
                if !line.is_empty() && font.text_width(&format!("{line}{one}"), size) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(one);
            }
        }
        lines.push(line);
    }
    lines
}

/// What stays together in a line.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut open = false;
    for one in text.chars().map(|one| if one.is_control() { ' ' } else { one }) {
        let after_word = |unit: &String| unit.ends_with(|last: char| last.is_ascii_graphic());
        let joins = open
            || (CLOSING.contains(one) && !units.is_empty())
            || (one.is_ascii_graphic() && !OPENING.contains(one) && units.last().is_some_and(after_word));
        match units.last_mut().filter(|last| joins && last.as_str() != " ") {
            Some(last) => last.push(one),
            None => units.push(one.to_string()),
        }
        open = OPENING.contains(one);
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_as_chinese_is_set() {
        let font = Font::get();
        for (text, ems, lines) in [
            ("跨省异地就医", 3, vec!["跨省异", "地就医"]),
            ("跨省异，地就医", 3, vec!["跨省", "异，地", "就医"]),
            ("跨省（异地）就医", 3, vec!["跨省", "（异", "地）就", "医"]),
            ("编号QS202610为准", 5, vec!["编号", "QS202610", "为准"]),
            ("一\n二", 5, vec!["一", "二"]),
            ("", 5, vec![""]),
            ("ABCDEFGHIJKL", 3, vec![]),
        ] {
            let broken = wrap(font, text, 100, ems * 100);
            if !lines.is_empty() {
                assert_eq!(broken, lines, "{text}");
            }
            for line in &broken {
                assert!(font.text_width(line, 100) <= ems * 100, "{line}");
            }
            let without = |text: &str| text.replace(['\n', ' '], "");
            assert_eq!(without(&broken.concat()), without(text), "nothing is lost");
        }
    }

    #[test]
    fn figures_are_never_broken() {
        let mut table = Table::of(&[("省份", 8), ("金额", 1)]);
        table.rows.push(vec!["上海市".into(), terms::Fen(123_456_789_012).into()]);
        let (size, widths) = fit(Font::get(), &table, 4_000);
        assert_eq!((size, widths.iter().sum::<i32>()), (180, 4_000));
        assert!(widths[1] - 2 * PAD.0 >= Font::get().text_width("1,234,567,890.12", 180));
        table.columns[1].width = 8;
        let (_, even) = fit(Font::get(), &table, 8_000);
        assert_eq!(even, [4_000, 4_000]);
        let (small, _) = fit(Font::get(), &table, 1_700);
        assert!(small < 180, "a narrow page takes smaller figures");
    }
}
