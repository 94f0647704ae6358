//! How long many things took: kept whole, asked for percentiles.

use std::time::Duration;

/// Durations, in no order.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    micros: Vec<u64>,
}

impl Latencies {
    /// One more.
    pub fn add(&mut self, took: Duration) {
        self.micros.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// All of another.
    pub fn append(&mut self, mut other: Self) {
        self.micros.append(&mut other.micros);
    }

    /// For each of these percentages, the microseconds that so many of a hundred do not exceed (nearest rank); 0 if there
    /// are none.
    pub fn percentiles<const N: usize>(&self, percentages: [usize; N]) -> [u64; N] {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        percentages.map(|percentage| {
            let rank = (sorted.len() * percentage).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or(0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.percentiles([50]), [0]);
        for millis in (1..=100).rev() {
            latencies.add(Duration::from_millis(millis));
        }
        assert_eq!(latencies.percentiles([50, 95, 99, 100]), [50_000, 95_000, 99_000, 100_000]);
    }
}
