//! A three-way table of counts that can be kept, merged and written.

use serde::{Deserialize, Serialize};

use super::counter::Counter;
use crate::StatsError;

/// Counts of the levels of `x` and `y` in every configuration of a conditioning set that occurs.
///
/// Tables of other rows of the same columns [merge](Contingency::merge). Memory: `4 |X| |Y|` bytes a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contingency {
    x_levels: usize,
    y_levels: usize,
    given_levels: Vec<usize>,
    /// By configuration, ascending.
    strata: Vec<Stratum>,
}

/// The table of one configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    /// The code of every member of the conditioning set.
    pub configuration: Vec<u16>,
    /// `x_levels` rows of `y_levels` counts.
    pub counts: Vec<u64>,
}

impl Contingency {
    pub(super) fn collect(
        counter: &Counter,
        (x, y): (usize, usize),
        given: &[usize],
        ids: &[u32],
        groups: usize,
    ) -> Self {
        let columns = counter.columns();
        let (left, right) = (&columns[x], &columns[y]);
        let mut strata: Vec<Option<Stratum>> = vec![None; groups];
        for row in 0..counter.rows() {
            let (a, b) = (left.code(row), right.code(row));
            let group = ids.get(row).map_or(0, |&id| id as usize);
            if a >= left.levels || b >= right.levels || group >= groups {
                continue;
            }
            let stratum = strata[group].get_or_insert_with(|| Stratum {
                configuration: given
                    .iter()
                    .map(|&member| u16::try_from(columns[member].code(row)).unwrap_or(u16::MAX))
                    .collect(),
                counts: vec![0; left.levels * right.levels],
            });
            stratum.counts[a * right.levels + b] += 1;
        }
        Self {
            x_levels: left.levels,
            y_levels: right.levels,
            given_levels: given.iter().map(|&member| columns[member].levels).collect(),
            strata: strata.into_iter().flatten().collect(),
        }
    }

    /// Adds the counts of other rows.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the two tables differ in their levels or conditioning sets, or one does not hold
    /// the counts its levels ask for.
    pub fn merge(&mut self, other: &Self) -> Result<(), StatsError> {
        let unlike = |left: usize, right: usize| {
            Err(StatsError::LengthMismatch { statistic: "merging contingency tables", left, right })
        };
        for (left, right) in [
            (self.x_levels, other.x_levels),
            (self.y_levels, other.y_levels),
            (self.given_levels.len(), other.given_levels.len()),
        ] {
            if left != right {
                return unlike(left, right);
            }
        }
        if let Some((left, right)) = self.given_levels.iter().zip(&other.given_levels).find(|(a, b)| a != b) {
            return unlike(*left, *right);
        }
        let size = self.x_levels.saturating_mul(self.y_levels);
        if let Some(odd) =
            self.strata.iter().chain(&other.strata).find(|stratum| stratum.counts.len() != size)
        {
            return unlike(size, odd.counts.len());
        }
        let mut all = std::mem::take(&mut self.strata);
        all.extend(other.strata.iter().cloned());
        all.sort_by(|a, b| a.configuration.cmp(&b.configuration));
        all.dedup_by(|next, kept| {
            let same = next.configuration == kept.configuration;
            if same {
                for (count, more) in kept.counts.iter_mut().zip(&next.counts) {
                    *count += more;
                }
            }
            same
        });
        self.strata = all;
        Ok(())
    }

    /// Number of levels of `x`.
    #[must_use]
    pub fn x_levels(&self) -> usize {
        self.x_levels
    }

    /// Number of levels of `y`.
    #[must_use]
    pub fn y_levels(&self) -> usize {
        self.y_levels
    }

    /// Numbers of levels of the conditioning set.
    #[must_use]
    pub fn given_levels(&self) -> &[usize] {
        &self.given_levels
    }

    /// The tables of the configurations that occur, in ascending order.
    #[must_use]
    pub fn strata(&self) -> &[Stratum] {
        &self.strata
    }

    /// Number of rows counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.strata.iter().flat_map(|stratum| &stratum.counts).sum()
    }
}
