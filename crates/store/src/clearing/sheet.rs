//! The lines of a plan, packed: some thousand of a pair of provinces in a sheet, since there are millions of them, which are
//! written once and read page by page.

use super::{Error, Month, Pair, number, province_number};
use crate::{Conn, Result, Work};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use funds::clearing::ClearingLine;
use std::io::{Read, Write};

/// How many lines a sheet has at most.
pub(super) const LINES: usize = 2_000;
/// More than the text of so many lines can have.
const TEXT_BYTES_MAX: u64 = 4 << 20;

/// Packs lines: their texts, one below the other.
pub(super) fn pack(lines: &[ClearingLine]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    let mut text = String::with_capacity(lines.len() * 96);
    for line in lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    packed.write_all(text.as_bytes()).and_then(|()| packed.finish()).expect("memory takes what is written")
}

fn unpack(packed: &[u8]) -> Result<Vec<ClearingLine>> {
    let corrupt = |what: &str| Error::Corrupt { column: "clearing_sheet.content", value: what.to_owned() };
    let mut text = String::new();
    let mut unpacked = DeflateDecoder::new(packed).take(TEXT_BYTES_MAX);
    unpacked.read_to_string(&mut text).map_err(|error| corrupt(&error.to_string()))?;
    text.lines().map(|line| line.parse().map_err(|_| corrupt(line))).collect()
}

/// Keeps a sheet; parts are counted from 0.
pub(super) async fn put_sheet(
    work: &mut Work,
    (month, revision): (Month, u32),
    (pair, part): (Pair, usize),
    packed: &[u8],
) -> Result<()> {
    sqlx::query(
        "insert into clearing_sheet (province, month, revision, treatment, part, content) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(province_number(pair.insured))
    .bind(month.number())
    .bind(number(revision))
    .bind(province_number(pair.treatment))
    .bind(i32::try_from(part).expect("few sheets"))
    .bind(packed)
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The lines of a sheet of a plan; parts are counted from 0. Those of a plan that is neither the last nor adopted are gone.
pub async fn sheet(
    conn: &mut Conn,
    (month, revision): (Month, u32),
    pair: Pair,
    part: u32,
) -> Result<Vec<ClearingLine>> {
    let packed: Option<Vec<u8>> = sqlx::query_scalar(
        "select content from clearing_sheet
         where province = $1 and month = $2 and revision = $3 and treatment = $4 and part = $5",
    )
    .bind(province_number(pair.insured))
    .bind(month.number())
    .bind(number(revision))
    .bind(province_number(pair.treatment))
    .bind(number(part))
    .fetch_optional(conn)
    .await?;
    packed.map_or_else(|| Ok(Vec::new()), |packed| unpack(&packed))
}
