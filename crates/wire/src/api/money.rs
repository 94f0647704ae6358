//! Amounts by scheme and purse, as clerks say and see them: text in yuan.

use super::prepayment::amount_of;
use funds::{Purse, institution_payment::Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use terms::{Fen, InsuranceScheme, Refusal};

/// The most amounts of one body.
const AMOUNTS_MAX: usize = 50;

/// An amount of one scheme and purse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PurseAmount {
    /// 险种.
    pub scheme: InsuranceScheme,
    /// 基金支付类型 code; `310200` is the personal account.
    pub purse: String,
    /// Its name; not needed when it is said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purse_name: String,
    /// In yuan.
    pub amount: String,
}

/// The purse of a code.
pub fn purse_of(code: &str) -> Result<Purse, Refusal> {
    let expected = || Refusal::invalid("purse", "基金支付类型代码，如310100；个人账户为310200");
    Purse::all().find(|purse| purse.code() == code).ok_or_else(expected)
}

/// An amount above nothing.
pub fn positive(text: &str, field: &str) -> Result<Fen, Refusal> {
    let expected = || Refusal::invalid(field, "金额（元），文本，大于零，最多两位小数");
    amount_of(text).filter(|amount| *amount > Fen::ZERO).ok_or_else(expected)
}

/// As it is shown.
pub fn shown(money: &Money) -> Vec<PurseAmount> {
    let one = |(&(scheme, purse), amount): (&(InsuranceScheme, Purse), &Fen)| PurseAmount {
        scheme,
        purse: purse.code().to_owned(),
        purse_name: purse.chinese().to_owned(),
        amount: amount.to_string(),
    };
    money.iter().map(one).collect()
}

/// As it is said: every amount above nothing, none twice.
pub fn read(amounts: &[PurseAmount]) -> Result<Money, Refusal> {
    if amounts.is_empty() || amounts.len() > AMOUNTS_MAX {
        return Err(Refusal::invalid("amounts", format!("1至{AMOUNTS_MAX}笔金额")));
    }
    let mut money = Money::new();
    for one in amounts {
        let key = (one.scheme, purse_of(&one.purse)?);
        if money.insert(key, positive(&one.amount, "amount")?).is_some() {
            return Err(Refusal::invalid("purse", "每个险种、基金只填一次"));
        }
    }
    Ok(money)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_or_named() {
        let said = |purse: &str, amount: &str| PurseAmount {
            scheme: InsuranceScheme::Employee,
            purse: purse.to_owned(),
            purse_name: String::new(),
            amount: amount.to_owned(),
        };
        for (amounts, wrong) in [
            (vec![said("310100", "12.50"), said("310200", "0.01")], None),
            (vec![], Some("amounts")),
            (vec![said("310100", "0")], Some("amount")),
            (vec![said("310100", "-1")], Some("amount")),
            (vec![said("310100", "1.005")], Some("amount")),
            (vec![said("999999", "1")], Some("purse")),
            (vec![said("310100", "1"), said("310100", "2")], Some("purse")),
        ] {
            let found = read(&amounts);
            let field = found.as_ref().err().map(|refusal| match refusal {
                Refusal::FieldInvalid { field, .. } => field.as_str(),
                other => panic!("{other}"),
            });
            assert_eq!(field, wrong, "{amounts:?}");
            if let Ok(money) = found {
                assert_eq!(read(&shown(&money)), Ok(money), "what is shown can be said");
            }
        }
    }
}
