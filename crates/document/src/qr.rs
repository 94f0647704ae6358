//! The QR code on a document: the address at which it is verified.

use flate2::{Compression, Crc, write::ZlibEncoder};
use qrcode::{Color, EcLevel, QrCode};
use std::io::Write;

/// The modules of a code, row by row.
pub struct Code {
    /// How many modules a side has.
    pub side: usize,
    dark: Vec<bool>,
}

/// Modules of white around a code in pictures (静区).
const QUIET: usize = 2;
/// Points of a picture for each module.
const POINTS: usize = 4;

impl Code {
    /// The code of an address.
    ///
    /// # Panics
    /// If the address is longer than the largest code takes (some 2,300 bytes).
    pub fn of(address: &str) -> Self {
        let code = QrCode::with_error_correction_level(address, EcLevel::M).expect("an address is short");
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Self { side: code.width(), dark }
    }

    /// Whether a module is dark.
    pub fn is_dark(&self, row: usize, column: usize) -> bool {
        self.dark[row * self.side + column]
    }

    /// The dark runs of all rows: row, first column, how many.
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for row in 0..self.side {
            for column in (0..self.side).filter(|&column| self.is_dark(row, column)) {
                match runs.last_mut() {
                    Some((last, first, many)) if *last == row && *first + *many == column => *many += 1,
                    _ => runs.push((row, column, 1)),
                }
            }
        }
        runs
    }

    /// As a black and white PNG picture, for Excel.
    pub fn png(&self) -> Vec<u8> {
        let side = (self.side + 2 * QUIET) * POINTS;
        let is_dark = |row: usize, column: usize| {
            let inside = |at: usize| (at / POINTS).checked_sub(QUIET).filter(|at| *at < self.side);
            inside(row).zip(inside(column)).is_some_and(|(row, column)| self.is_dark(row, column))
        };
        let mut points = Vec::new();
        for row in 0..side {
            points.push(0); // no filter
            for start in (0..side).step_by(8) {
                let bits = (start..start + 8).map(|column| u8::from(column >= side || !is_dark(row, column)));
                points.push(bits.fold(0, |byte, bit| byte << 1 | bit));
            }
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&points).expect("memory takes it");
        let packed = packed.finish().expect("memory takes it");
        let side = u32::try_from(side).expect("a small picture").to_be_bytes();
        let header = [&side[..], &side[..], &[1, 0, 0, 0, 0]].concat(); // 1 bit, grey
        let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, content) in [(b"IHDR", &header), (b"IDAT", &packed), (b"IEND", &Vec::new())] {
            let length = u32::try_from(content.len()).expect("a small picture");
            let mut sum = Crc::new();
            sum.update(name);
            sum.update(content);
            picture.extend(length.to_be_bytes());
            picture.extend(name);
            picture.extend(content);
            picture.extend(sum.sum().to_be_bytes());
        }
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_dark_modules() {
        let code = Code::of("http://10.0.0.1:8800/api/v1/verify/FK-QS202610-420000-310000?code=ABCDEFGHJK");
        let all: usize = code.runs().iter().map(|(_, _, many)| many).sum();
        let dark = (0..code.side).flat_map(|row| (0..code.side).map(move |column| (row, column)));
        assert_eq!(all, dark.filter(|(row, column)| code.is_dark(*row, *column)).count());
        assert_eq!(code.runs()[0], (0, 0, 7), "the finder's upper edge");
    }

    #[test]
    fn a_picture_has_its_size_in_its_head() {
        let code = Code::of("x");
        let picture = code.png();
        assert!(picture.starts_with(b"\x89PNG"));
        let side = u32::try_from((code.side + 4) * 4).unwrap().to_be_bytes();
        assert_eq!((&picture[16..20], &picture[20..24]), (&side[..], &side[..]));
        assert_eq!(picture, code.png());
    }
}
