//! A visit with its sums, as a settlement needs it, many in one read.

use super::{Batch, Months};
use crate::{
    Result, Store,
    row::division_number,
    visit::{self, Summed},
};
use std::collections::HashMap;
use terms::{InstitutionCode, VisitId};

/// One visit to be found.
#[derive(Clone, Debug)]
pub struct FindVisit {
    /// Whose visit it must be.
    pub institution: InstitutionCode,
    /// Its id.
    pub visit: VisitId,
}

impl Batch for FindVisit {
    type Answer = Option<Summed>;
    const ONLY_IF_WAITED_FOR: bool = true;

    fn key(&self) -> String {
        self.visit.to_string()
    }

    fn months(&self) -> Months {
        [0, self.visit.month().number()]
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<Option<Summed>>> {
        let rows = sqlx::query(
            "select visit.* from unnest($1::integer[], $3::text[], $4::text[]) as given (province, id, institution)
             join visit on visit.province = given.province and visit.month = $2 and visit.id = given.id
                  and visit.institution = given.institution",
        )
        .bind(all.iter().map(|one| division_number(one.visit.province().division())).collect::<Vec<_>>())
        .bind(all.first().map(|one| one.visit.month().number()))
        .bind(all.iter().map(|one| one.visit.to_string()).collect::<Vec<_>>())
        .bind(all.iter().map(|one| one.institution.as_str()).collect::<Vec<_>>())
        .fetch_all(&store.writers)
        .await?;
        let mut found = HashMap::new();
        for row in &rows {
            // One whose sums were never written is read on its own.
            if let Some(summed) = visit::read_summed(row)? {
                found.insert(summed.visit.id, summed);
            }
        }
        Ok(all.iter().map(|one| found.remove(&one.visit)).collect())
    }
}
