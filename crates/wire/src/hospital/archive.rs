//! The files of the interface: one text in one ZIP archive, a row a line, its columns separated by tabs.
//!
//! An archive has exactly one entry, a `.txt` in UTF-8, stored or deflated. It knows nothing of what the columns mean. Workbooks are archives of
//! several, read by their names ([`named`]).

use flate2::{Compression, Crc, read::DeflateDecoder, write::DeflateEncoder};
use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
};

/// What stands in a column that has no value.
pub const NOTHING: &str = "null";

/// The largest text taken out of an archive, in bytes: what is larger is not unpacked any further.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// What is wrong with an archive, as the sentence of a refusal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnArchive(pub &'static str);

const BROKEN: NotAnArchive = NotAnArchive("不是完整的ZIP压缩包");

/// Rows as text: columns separated by tabs, a row a line; a column without a value is [`NOTHING`]. Tabs and line ends inside
/// a value become blanks, since they would be read as columns and rows.
pub fn text<'a>(rows: impl IntoIterator<Item = &'a [Option<String>]>) -> String {
    let mut text = String::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            let before = if index == 0 { "" } else { "\t" };
            let cell = cell.as_deref().unwrap_or(NOTHING).replace(['\t', '\r', '\n'], " ");
            write!(text, "{before}{cell}").expect("a string takes any text");
        }
        text.push('\n');
    }
    text
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Bit 11 of the flags: the name is UTF-8. Bit 0: encrypted.
const UTF8_NAME: u16 = 1 << 11;
const DEFLATED: u16 = 8;
/// 1 January 1980: archives of one text are the same to the byte.
const NO_DAY: u16 = 0x21;

/// An archive of one text.
///
/// # Panics
/// If name or text pass the four gigabytes of the format.
pub fn pack(name: &str, text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes any bytes");
    let packed = encoder.finish().expect("memory takes any bytes");
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let size = |bytes: usize| u32::try_from(bytes).expect("below four gigabytes");
    // What the entry and the directory say alike, from the flags to the length of the extra field.
    let mut said = Vec::new();
    for number in [UTF8_NAME, DEFLATED, 0, NO_DAY] {
        said.extend(number.to_le_bytes());
    }
    for number in [crc.sum(), size(packed.len()), size(text.len())] {
        said.extend(number.to_le_bytes());
    }
    said.extend(u16::try_from(name.len()).expect("a short name").to_le_bytes());
    said.extend([0; 2]);

    let mut archive = Vec::new();
    archive.extend(LOCAL.to_le_bytes());
    archive.extend(20_u16.to_le_bytes());
    archive.extend(&said);
    archive.extend(name.as_bytes());
    archive.extend(&packed);
    let directory = archive.len();
    archive.extend(CENTRAL.to_le_bytes());
    archive.extend([20, 0, 20, 0]);
    archive.extend(&said);
    // No comment, disk 0, no attributes, and the entry at the beginning.
    archive.extend([0; 14]);
    archive.extend(name.as_bytes());
    let length = size(archive.len() - directory);
    archive.extend(END.to_le_bytes());
    archive.extend([0, 0, 0, 0, 1, 0, 1, 0]);
    archive.extend(length.to_le_bytes());
    archive.extend(size(directory).to_le_bytes());
    archive.extend([0; 2]);
    archive
}

/// The one text of an archive.
///
/// # Errors
/// What of the rules for files it breaks.
pub fn unpack(archive: &[u8]) -> Result<String, NotAnArchive> {
    unpack_up_to(archive, TEXT_BYTES_MAX)
}

fn unpack_up_to(archive: &[u8], longest: usize) -> Result<String, NotAnArchive> {
    let end = end_of(archive).ok_or(BROKEN)?;
    let directory = offset_at(archive, end + 16)?;
    if short_at(archive, end + 10)? != 1 {
        return Err(NotAnArchive("压缩包应只含一个TXT文件"));
    }
    let (entry, _) = entry_at(archive, directory)?;
    // Names of Windows clients may be in another character set; what matters is how they end.
    if !entry.name.to_ascii_lowercase().ends_with(b".txt") {
        return Err(NotAnArchive("压缩包内应为TXT文件"));
    }
    let bytes = unpacked(archive, &entry, longest)?.ok_or(NotAnArchive("解压后超过64兆字节"))?;
    String::from_utf8(bytes).map_err(|_| NotAnArchive("TXT文件不是UTF-8编码"))
}

/// An entry, as the directory says.
struct Entry<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    sum: u32,
    size: usize,
    local: usize,
}

/// The entry of the directory at this place, and where the next one begins.
fn entry_at(archive: &[u8], at: usize) -> Result<(Entry<'_>, usize), NotAnArchive> {
    if long_at(archive, at)? != CENTRAL {
        return Err(BROKEN);
    }
    let length = |place: usize| Ok::<_, NotAnArchive>(usize::from(short_at(archive, at + place)?));
    let name_length = length(28)?;
    let next = at + CENTRAL_BYTES + name_length + length(30)? + length(32)?;
    let entry = Entry {
        name: part(archive, at + CENTRAL_BYTES, name_length)?,
        flags: short_at(archive, at + 8)?,
        method: short_at(archive, at + 10)?,
        sum: long_at(archive, at + 16)?,
        size: offset_at(archive, at + 20)?,
        local: offset_at(archive, at + 42)?,
    };
    Ok((entry, next))
}

/// What an entry holds; `None` if that is longer than this. No more than that is ever unpacked.
fn unpacked(archive: &[u8], entry: &Entry<'_>, longest: usize) -> Result<Option<Vec<u8>>, NotAnArchive> {
    if entry.flags & 1 == 1 {
        return Err(NotAnArchive("压缩包不能加密"));
    }
    if long_at(archive, entry.local)? != LOCAL {
        return Err(BROKEN);
    }
    let before =
        usize::from(short_at(archive, entry.local + 26)?) + usize::from(short_at(archive, entry.local + 28)?);
    let packed = part(archive, entry.local + LOCAL_BYTES + before, entry.size)?;
    let mut bytes = Vec::new();
    match entry.method {
        0 => bytes.extend_from_slice(packed),
        DEFLATED => {
            let most = u64::try_from(longest).expect("a size") + 1;
            DeflateDecoder::new(packed).take(most).read_to_end(&mut bytes).map_err(|_| BROKEN)?;
        }
        _ => return Err(NotAnArchive("压缩方法应为Deflate")),
    }
    if bytes.len() > longest {
        return Ok(None);
    }
    let mut crc = Crc::new();
    crc.update(&bytes);
    if crc.sum() != entry.sum {
        return Err(BROKEN);
    }
    Ok(Some(bytes))
}

/// The most entries of an archive that is read by their names.
const ENTRIES_MAX: u16 = 200;

/// What the entry of this name holds, of an archive of several: `None` if there is none of it.
///
/// # Errors
/// The archive is broken or encrypted, has too many entries, or the entry is longer than this.
pub fn named(archive: &[u8], name: &str, longest: usize) -> Result<Option<Vec<u8>>, NotAnArchive> {
    let end = end_of(archive).ok_or(BROKEN)?;
    let count = short_at(archive, end + 10)?;
    if count > ENTRIES_MAX {
        return Err(NotAnArchive("压缩包内的文件过多"));
    }
    let mut at = offset_at(archive, end + 16)?;
    for _ in 0..count {
        let (entry, next) = entry_at(archive, at)?;
        if entry.name == name.as_bytes() {
            return Ok(Some(unpacked(archive, &entry, longest)?.ok_or(NotAnArchive("解压后过大"))?));
        }
        at = next;
    }
    Ok(None)
}

/// Where the end record stands: before a comment of at most 65,535 bytes.
fn end_of(archive: &[u8]) -> Option<usize> {
    let last = archive.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| archive[*at..].starts_with(&END.to_le_bytes()))
}

fn part(archive: &[u8], at: usize, length: usize) -> Result<&[u8], NotAnArchive> {
    let end = at.checked_add(length).ok_or(BROKEN)?;
    archive.get(at..end).ok_or(BROKEN)
}

fn short_at(archive: &[u8], at: usize) -> Result<u16, NotAnArchive> {
    let bytes = part(archive, at, 2)?;
    Ok(u16::from_le_bytes(bytes.try_into().expect("two bytes")))
}

fn long_at(archive: &[u8], at: usize) -> Result<u32, NotAnArchive> {
    let bytes = part(archive, at, 4)?;
    Ok(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
}

fn offset_at(archive: &[u8], at: usize) -> Result<usize, NotAnArchive> {
    usize::try_from(long_at(archive, at)?).map_err(|_| BROKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Archives that Python's `zipfile` made, in hexadecimal digits: `a.txt` stored and deflated, and one of two entries.
    const STORED: &str = "504b03041400000000000000765d12d46a39090000000900000005000000612e747874e4b880096e756c6c0a504b010214031400000000000000765d12d46a390900000009000000050000000000000000000000800100000000612e747874504b05060000000001000100330000002c0000000000";
    const DEFLATE: &str = "504b03041400000008000000765d696e30df0e0000005100000005000000612e7478747bb2a38133af342787eb09951800504b010214031400000008000000765d696e30df0e00000051000000050000000000000000000000800100000000612e747874504b0506000000000100010033000000310000000000";
    const TWO: &str = "504b03041400000000000000765d12d46a39090000000900000005000000612e747874e4b880096e756c6c0a504b03041400000000000000765d12d46a39090000000900000005000000622e747874e4b880096e756c6c0a504b010214031400000000000000765d12d46a390900000009000000050000000000000000000000800100000000612e747874504b010214031400000000000000765d12d46a39090000000900000005000000000000000000000080012c000000622e747874504b0506000000000200020066000000580000000000";

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap();
        (0..hexadecimal.len()).step_by(2).map(digit).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked_and_what_others_packed_too() {
        for text in ["", "一\t二\n", &"null\t".repeat(100_000)] {
            assert_eq!(unpack(&pack("目录.txt", text)).as_deref(), Ok(text));
        }
        assert_eq!(unpack(&bytes(STORED)).as_deref(), Ok("一\tnull\n"));
        assert_eq!(unpack(&bytes(DEFLATE)).as_deref(), Ok("一\tnull\n".repeat(9).as_str()));
    }

    #[test]
    fn every_rule_of_a_file_is_named_when_it_is_broken() {
        let good = pack("a.txt", "text");
        let changed = |at: usize, to: u8| {
            let mut other = good.clone();
            other[at] = to;
            other
        };
        let directory = good.len() - END_BYTES - CENTRAL_BYTES - 5;
        for (archive, expected) in [
            (bytes(TWO), "压缩包应只含一个TXT文件"),
            (pack("a.csv", "text"), "压缩包内应为TXT文件"),
            (changed(directory + 8, 1), "压缩包不能加密"),
            (changed(directory + 10, 12), "压缩方法应为Deflate"),
            (changed(directory + 16, 0), BROKEN.0),
            (good[..good.len() - 30].to_vec(), BROKEN.0),
            (Vec::new(), BROKEN.0),
            (vec![80, 75, 3, 4], BROKEN.0),
        ] {
            assert_eq!(unpack(&archive), Err(NotAnArchive(expected)));
        }
        assert_eq!(unpack_up_to(&good, 3), Err(NotAnArchive("解压后超过64兆字节")));
    }

    #[test]
    fn one_of_several_is_found_by_its_name() {
        for name in ["a.txt", "b.txt"] {
            assert_eq!(named(&bytes(TWO), name, 100), Ok(Some("一\tnull\n".as_bytes().to_vec())), "{name}");
        }
        assert_eq!(named(&bytes(TWO), "c.txt", 100), Ok(None));
        assert_eq!(named(&bytes(TWO), "b.txt", 3), Err(NotAnArchive("解压后过大")));
        let bomb = pack("a.txt", &"0".repeat(10 << 20));
        assert!(bomb.len() < 20_000);
        assert_eq!(named(&bomb, "a.txt", 1 << 20), Err(NotAnArchive("解压后过大")));
        for at in 0..bytes(TWO).len() {
            let mut other = bytes(TWO);
            other[at] ^= 0xff;
            drop(named(&other, "b.txt", 100));
        }
    }

    #[test]
    fn damage_is_refused_and_never_stops_the_reader() {
        let good = pack("a.txt", &"一\tnull\n".repeat(50));
        for at in 0..good.len() {
            for to in [0, 1, 0x7f, 0xff] {
                let mut other = good.clone();
                other[at] = to;
                drop(unpack(&other));
            }
            drop(unpack(&good[..at]));
        }
    }

    #[test]
    fn rows_are_lines_of_columns() {
        let row =
            |cells: &[Option<&str>]| cells.iter().map(|cell| cell.map(str::to_owned)).collect::<Vec<_>>();
        let rows = [row(&[Some("X1"), None, Some("两\t行\n药")]), row(&[None])];
        assert_eq!(text(rows.iter().map(Vec::as_slice)), "X1\tnull\t两 行 药\nnull\n");
        assert_eq!(text([]), "");
    }
}
