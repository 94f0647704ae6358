//! Amounts by purse, and by scheme and purse, as columns.

use crate::{Error, Result};
use funds::{Purse, clearing_statement::Purses, institution_payment::Money};
use sqlx::{Row, postgres::PgRow};
use terms::{Fen, InsuranceScheme};

/// The purse whose code is exactly this.
pub fn purse_of(code: &str) -> Option<Purse> {
    Purse::all().find(|purse| purse.code() == code)
}

/// The scheme whose code is exactly this.
pub fn scheme_of(code: &str) -> Option<InsuranceScheme> {
    InsuranceScheme::ALL.iter().copied().find(|scheme| scheme.code() == code)
}

fn corrupt(column: &'static str, value: String) -> Error {
    Error::Corrupt { column, value }
}

/// Purses as the two columns `purses` and `amounts`.
pub fn purse_columns(purses: &Purses) -> (Vec<&'static str>, Vec<i64>) {
    purses.iter().map(|(purse, amount)| (purse.code(), amount.0)).unzip()
}

/// The columns `purses` and `amounts`.
pub fn purses(row: &PgRow) -> Result<Purses> {
    let codes: Vec<String> = row.try_get("purses")?;
    let amounts: Vec<i64> = row.try_get("amounts")?;
    let read = |(code, amount): (String, i64)| {
        purse_of(&code).map(|purse| (purse, Fen(amount))).ok_or_else(|| corrupt("purses", code))
    };
    codes.into_iter().zip(amounts).map(read).collect()
}

/// Money as the three columns `schemes`, `purses` and `amounts`.
pub fn money_columns(money: &Money) -> (Vec<&'static str>, Vec<&'static str>, Vec<i64>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for ((scheme, purse), amount) in money {
        columns.0.push(scheme.code());
        columns.1.push(purse.code());
        columns.2.push(amount.0);
    }
    columns
}

/// The columns `schemes`, `purses` and `amounts`.
pub fn money(row: &PgRow) -> Result<Money> {
    let schemes: Vec<String> = row.try_get("schemes")?;
    let read = |(code, (purse, amount)): (String, (Purse, Fen))| {
        scheme_of(&code).map(|scheme| ((scheme, purse), amount)).ok_or_else(|| corrupt("schemes", code))
    };
    let codes: Vec<String> = row.try_get("purses")?;
    let amounts: Vec<i64> = row.try_get("amounts")?;
    let purses = codes.into_iter().zip(amounts).map(|(code, amount)| {
        purse_of(&code).map(|purse| (purse, Fen(amount))).ok_or_else(|| corrupt("purses", code))
    });
    schemes.into_iter().zip(purses).map(|(scheme, rest)| read((scheme, rest?))).collect()
}
