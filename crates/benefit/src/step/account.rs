//! 个人账户 and 家庭共济: what accounts pay of the person's burden. They are the person's own money: no fund pays less for it.

use super::{By, Worksheet};
use crate::scheme::yuan;
use terms::{Fen, Refusal};

/// Lets the own account pay, then those of family members, as far as the policy lets them.
///
/// # Errors
/// [`Refusal::PolicyValueMissing`] where the area has not supplied its rule.
pub fn pay<const TRACE: bool>(sheet: &mut Worksheet<'_, TRACE>) -> Result<(), Refusal> {
    let (Some(accounts), Some(cited)) = (&sheet.case.accounts, &sheet.scheme.account) else { return Ok(()) };
    let rule = &cited.value;
    if !rule.care.contains(sheet.care()) {
        return Ok(());
    }
    sheet.use_row(&rule.origin, "个人账户")?;
    let by = By::policy(&rule.origin.citation);
    let mut left: Fen = rule.pays.iter().map(|part| sheet.burdens[part as usize]).sum();
    let own = accounts.own.or_zero().at_most(left);
    sheet.note("个人账户支付", (left, own), by, || format!("账户余额{}元", yuan(accounts.own)));
    left -= own;
    sheet.accounts.0 = own;
    if !rule.family {
        return Ok(());
    }
    for balance in &accounts.family {
        let share = balance.or_zero().at_most(left);
        sheet.note("家庭共济账户支付", (left, share), by, || {
            format!("共济账户余额{}元", yuan(*balance))
        });
        left -= share;
        sheet.accounts.1.push(share);
    }
    Ok(())
}
