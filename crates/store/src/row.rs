//! Reading columns as the field's values, and writing them.

use crate::{Error, Result};
use serde_json::Value;
use sqlx::{Row, postgres::PgRow, types::Json};
use std::{collections::BTreeMap, str::FromStr};
use terms::{AdminDivision, Day, Fen, Fund, Moment, Participant, PoolingArea, Province, Rate};

/// The number under which the database knows a participant.
pub fn participant_number(participant: Participant) -> i32 {
    match participant {
        Participant::Hub => 100_000,
        Participant::Province(province) => division_number(province.division()),
    }
}

/// A participant as a column.
pub(crate) fn participant(row: &PgRow, column: &'static str) -> Result<Participant> {
    let number: i32 = row.try_get(column)?;
    if number == participant_number(Participant::Hub) {
        return Ok(Participant::Hub);
    }
    Ok(Participant::Province(Province(division(row, column)?)))
}

/// The first part of every key: the number of a pooling area.
pub fn area_of(area: PoolingArea) -> i32 {
    division_number(area.division())
}

/// A division as a column.
pub fn division_number(division: AdminDivision) -> i32 {
    i32::try_from(division.number()).expect("six digits")
}

fn corrupt(column: &'static str, value: impl std::fmt::Debug) -> Error {
    Error::Corrupt { column, value: format!("{value:?}") }
}

/// A text column as a value that is read from text.
pub fn parsed<T: FromStr>(row: &PgRow, column: &'static str) -> Result<T> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| corrupt(column, text))
}

/// The same where there may be none.
pub fn parsed_if<T: FromStr>(row: &PgRow, column: &'static str) -> Result<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| corrupt(column, text))).transpose()
}

/// A text column as a coded value.
pub fn coded<T>(row: &PgRow, column: &'static str, from_code: impl Fn(&str) -> Option<T>) -> Result<T> {
    let code: String = row.try_get(column)?;
    from_code(&code).ok_or_else(|| corrupt(column, code))
}

/// The same where there may be none.
pub fn coded_if<T>(
    row: &PgRow,
    column: &'static str,
    from_code: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>> {
    let code: Option<String> = row.try_get(column)?;
    code.map(|code| from_code(&code).ok_or_else(|| corrupt(column, code))).transpose()
}

/// A column of an array of texts as coded values.
pub fn codes<T>(row: &PgRow, column: &'static str, from_code: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let codes: Vec<String> = row.try_get(column)?;
    codes.into_iter().map(|code| from_code(&code).ok_or_else(|| corrupt(column, code))).collect()
}

/// A smallint column as one of a list of stages.
pub fn stage<T: Copy>(row: &PgRow, all: &[T]) -> Result<T> {
    let number: i16 = row.try_get("stage")?;
    usize::try_from(number).ok().and_then(|n| all.get(n)).copied().ok_or_else(|| corrupt("stage", number))
}

/// The number of a stage in such a list.
pub fn stage_number<T: PartialEq>(all: &[T], stage: &T) -> i16 {
    let position = all.iter().position(|one| one == stage).expect("every stage is listed");
    i16::try_from(position).expect("few stages")
}

/// A bigint column as money.
pub fn fen(row: &PgRow, column: &'static str) -> Result<Fen> {
    Ok(Fen(row.try_get(column)?))
}

/// An integer column as a rate.
pub fn rate(row: &PgRow, column: &'static str) -> Result<Rate> {
    let permyriad: i32 = row.try_get(column)?;
    u16::try_from(permyriad).ok().and_then(Rate::permyriad).ok_or_else(|| corrupt(column, permyriad))
}

/// A bigint column as a moment.
pub fn moment(row: &PgRow, column: &'static str) -> Result<Moment> {
    let millis: i64 = row.try_get(column)?;
    Moment::from_millis(millis).ok_or_else(|| corrupt(column, millis))
}

/// The same where there may be none.
pub fn moment_if(row: &PgRow, column: &'static str) -> Result<Option<Moment>> {
    let millis: Option<i64> = row.try_get(column)?;
    millis.map(|millis| Moment::from_millis(millis).ok_or_else(|| corrupt(column, millis))).transpose()
}

/// An integer column as a day, where there may be none.
pub fn day_if(row: &PgRow, column: &'static str) -> Result<Option<Day>> {
    let number: Option<i32> = row.try_get(column)?;
    number.map(|number| Day::from_number(number).ok_or_else(|| corrupt(column, number))).transpose()
}

/// An integer column as a division.
pub fn division(row: &PgRow, column: &'static str) -> Result<AdminDivision> {
    let number: i32 = row.try_get(column)?;
    u32::try_from(number).ok().and_then(AdminDivision::new).ok_or_else(|| corrupt(column, number))
}

/// A jsonb column as a map of texts.
pub fn texts(row: &PgRow, column: &'static str) -> Result<BTreeMap<String, String>> {
    Ok(row.try_get::<Json<BTreeMap<String, String>>, _>(column)?.0)
}

/// A jsonb column as JSON, where there may be none.
pub fn json_if(row: &PgRow, column: &'static str) -> Result<Option<Value>> {
    Ok(row.try_get::<Option<Json<Value>>, _>(column)?.map(|json| json.0))
}

/// The columns `funds` and `fund_paid` as a map.
pub fn funds(row: &PgRow) -> Result<BTreeMap<Fund, Fen>> {
    let codes: Vec<String> = row.try_get("funds")?;
    let paid: Vec<i64> = row.try_get("fund_paid")?;
    let read = |(code, paid): (String, i64)| {
        Fund::from_code(&code).map(|fund| (fund, Fen(paid))).ok_or_else(|| corrupt("funds", code))
    };
    codes.into_iter().zip(paid).map(read).collect()
}

/// A map of funds as the texts of two arrays, for rows that are written many at once.
pub fn fund_arrays(funds: &BTreeMap<Fund, Fen>) -> (String, String) {
    let (codes, paid) = fund_columns(funds);
    let paid: Vec<String> = paid.iter().map(i64::to_string).collect();
    (format!("{{{}}}", codes.join(",")), format!("{{{}}}", paid.join(",")))
}

/// A map of funds as the two columns.
pub fn fund_columns(funds: &BTreeMap<Fund, Fen>) -> (Vec<&'static str>, Vec<i64>) {
    funds.iter().map(|(fund, paid)| (fund.code(), paid.0)).unzip()
}
