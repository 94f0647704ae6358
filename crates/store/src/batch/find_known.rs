//! What the insured place knows about a person, as a settlement needs it, many in one read.

use super::{Batch, Months};
use crate::{
    Result, Store,
    insured::{self, Known, YearKey},
};
use terms::{InsuranceScheme, PersonNumber, PoolingArea};

/// One person to be found, in a scheme and year.
#[derive(Clone, Debug)]
pub struct FindKnown {
    /// The person's pooling area.
    pub area: PoolingArea,
    /// The person.
    pub person: PersonNumber,
    /// The scheme.
    pub scheme: InsuranceScheme,
    /// The year.
    pub year: i16,
}

impl FindKnown {
    fn year_key(&self) -> YearKey<'_> {
        YearKey { area: self.area, person: &self.person, scheme: self.scheme, year: self.year }
    }
}

impl Batch for FindKnown {
    type Answer = Option<Known>;
    const ONLY_IF_WAITED_FOR: bool = true;

    fn key(&self) -> String {
        format!("{}/{}/{}", self.person, self.scheme.code(), self.year)
    }

    fn months(&self) -> Months {
        // People and their sums are not kept by month.
        Months::default()
    }

    async fn do_all(store: &Store, all: &[Self]) -> Result<Vec<Option<Known>>> {
        let keys: Vec<YearKey<'_>> = all.iter().map(Self::year_key).collect();
        insured::known(&mut *store.writers.acquire().await?, &keys).await
    }
}
