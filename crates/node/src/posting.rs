//! Posting vouchers in a unit of work: all of them, or the use case is refused with the ledger's words.

use crate::{context::Outcome, province::ProvinceNode};
use funds::ledger::Voucher;
use store::{Work, ledger};
use terms::Refusal;

/// Posts vouchers; what is there already with the same content stays. Post last: the ledger is held from here on.
pub async fn post(
    node: &ProvinceNode,
    work: &mut Work,
    vouchers: impl IntoIterator<Item = Voucher>,
) -> Outcome<()> {
    for voucher in vouchers {
        if let Err(refused) = ledger::post(work, node.context.me, &voucher).await? {
            let reason = format!("记账未通过（{}：{}）", voucher.code.chinese(), refused.chinese());
            return Err(Refusal::PaymentRule { reason }.into());
        }
    }
    Ok(())
}
