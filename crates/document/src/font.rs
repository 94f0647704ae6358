//! The font of PDF documents: a subset of Noto Sans CJK SC, part of the program, so that a paper looks the same on every machine.
//!
//! Its characters are those of GB/T 2312 and 通用规范汉字表 with the signs of forms; `tools/make_font.py` makes it. Its licence (SIL Open
//! Font License) lies beside it.

use flate2::read::GzDecoder;
use krilla::text::{Font as Drawn, GlyphId, KrillaGlyph};
use skrifa::{FontRef, MetadataProvider, raw::TableProvider};
use std::{collections::HashMap, io::Read, sync::LazyLock};

static PACKED: &[u8] = include_bytes!("../font/NotoSansCJKsc-subset.otf.gz");

/// What is printed for a character that the font does not have (GB/T 2312: 〓 is "missing character").
const STAND_IN: char = '〓';

/// The units of an em in this font.
const EM: u16 = 1_000;

/// The font with what setting text needs.
pub struct Font {
    /// As it is drawn with.
    pub drawn: Drawn,
    /// Number and width of the glyph of each character.
    glyphs: HashMap<char, Glyph>,
}

/// The glyph of a character.
#[derive(Clone, Copy)]
struct Glyph {
    number: u32,
    /// In thousandths of an em.
    width: u16,
}

impl Font {
    /// The one font, read on first use.
    pub fn get() -> &'static Self {
        static READ: LazyLock<Font> = LazyLock::new(Font::read);
        &READ
    }

    fn read() -> Self {
        let mut plain = Vec::new();
        GzDecoder::new(PACKED).read_to_end(&mut plain).expect("the font is packed whole");
        let font = FontRef::new(&plain).expect("the font is a font");
        let metrics = font.hmtx().expect("the font has widths");
        let glyphs = font.charmap().mappings().filter_map(|(code, glyph)| {
            let width = metrics.advance(glyph).expect("every glyph has a width");
            Some((char::from_u32(code)?, Glyph { number: glyph.to_u32(), width }))
        });
        let glyphs: HashMap<_, _> = glyphs.collect();
        assert!(glyphs.contains_key(&STAND_IN), "the font has a stand-in");
        let drawn = Drawn::new(plain.into(), 0).expect("the font can be drawn with");
        Self { drawn, glyphs }
    }

    /// Whether it has this character.
    pub fn has(&self, character: char) -> bool {
        self.glyphs.contains_key(&character)
    }

    fn glyph(&self, character: char) -> Glyph {
        self.glyphs.get(&character).copied().unwrap_or_else(|| self.glyphs[&STAND_IN])
    }

    /// The width of a character at a size, in the unit of the size times a thousand.
    pub fn width(&self, character: char, size: i32) -> i32 {
        i32::from(self.glyph(character).width) * size
    }

    /// The width of a text at a size, in the unit of the size.
    pub fn text_width(&self, text: &str, size: i32) -> i32 {
        let thousandths: i32 = text.chars().map(|one| self.width(one, size)).sum();
        thousandths / i32::from(EM)
    }

    /// What a line of text is drawn with.
    pub fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, character): (usize, char)| {
            let Glyph { number, width } = self.glyph(character);
            let [none, wide] = [0, width].map(of_em);
            let range = at..at + character.len_utf8();
            KrillaGlyph::new(GlyphId::new(number), wide, none, none, none, range, None)
        };
        text.char_indices().map(glyph).collect()
    }
}

/// Thousandths of an em as PDF wants them. Not money.
#[expect(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "PDF measures in fractions; no money is in it"
)]
fn of_em(thousandths: u16) -> f32 {
    f32::from(thousandths) / f32::from(EM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_capitals_and_provinces_are_in_the_font() {
        let font = Font::get();
        let capitals = "零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整负";
        for character in capitals.chars().chain("￥¥《》（）【】〔〕、，。：；—…·%％".chars())
        {
            assert!(font.has(character), "{character}");
        }
        for (_, name) in terms::AdminDivision::named() {
            for character in name.chars() {
                assert!(font.has(character), "{character} of {name}");
            }
        }
        for character in terms::Fund::ALL.iter().flat_map(|fund| fund.chinese().chars()) {
            assert!(font.has(character), "{character}");
        }
        assert!(!font.has('𠮷') && !font.has('한'));
    }

    #[test]
    fn figures_are_all_as_wide() {
        let font = Font::get();
        let widths: std::collections::BTreeSet<_> = ('0'..='9').map(|one| font.width(one, 1)).collect();
        assert_eq!(widths.len(), 1, "columns of figures stand below one another");
        assert_eq!(font.text_width("中文", 180), 360);
        assert_eq!(font.text_width("𠮷", 180), 180, "the stand-in's width");
    }
}
