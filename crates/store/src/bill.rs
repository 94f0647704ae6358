//! The bills (收费批次) of a visit to an outpatient department or a pharmacy, kept with the visit: what each sums up to, and
//! which settlement holds it.
//!
//! A bill is free, or held by one settlement that is asked for, stands or is being undone. The lines of a bill that is held
//! neither come nor go.

use crate::{Conn, Document, Result, fee, row::division_number};
use benefit::bill::CategoryAmount;
use serde::{Deserialize, Serialize};
use terms::{DiseaseCode, Moment, SettlementId, VisitId};

/// A bill as it is kept with its visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBill {
    /// 收费批次号 (`chrg_bchno`).
    pub name: String,
    /// The settlement that holds it; none while it is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<SettlementId>,
    /// When the last fee of it arose; refunds do not count.
    pub last_fee: Moment,
    /// The chronic or special disease that its lines name (`dise_codg`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disease: Option<DiseaseCode>,
    /// Its lines summed by expense category (大类费用).
    pub categories: Vec<CategoryAmount>,
}

/// The bills of a visit as they were kept last, in the order of their names.
pub async fn kept(conn: &mut Conn, visit: VisitId) -> Result<Vec<KeptBill>> {
    let text: Option<Option<String>> =
        sqlx::query_scalar("select bills from visit where province = $3 and month = $1 and id = $2")
            .bind(visit.month().number())
            .bind(visit.to_string())
            .bind(division_number(visit.province().division()))
            .fetch_optional(conn)
            .await?;
    text.flatten().map_or_else(|| Ok(Vec::new()), |text| Document::from_text(text).read())
}

/// The bills as they are written into a visit.
pub(crate) fn written(bills: &[KeptBill]) -> String {
    Document::of(&bills).text().to_owned()
}

/// The bills that a visit's lines make, each held by the settlement that held it before.
pub(crate) async fn summed(conn: &mut Conn, visit: VisitId) -> Result<Vec<KeptBill>> {
    let before = kept(conn, visit).await?;
    let mut bills = fee::bills(conn, visit).await?;
    for bill in &mut bills {
        let earlier = before.iter().find(|earlier| earlier.name == bill.name);
        bill.settlement = earlier.and_then(|earlier| earlier.settlement);
    }
    Ok(bills)
}
