//! A three-way table of counts that can be kept, merged and written.

use serde::{Deserialize, Serialize};

use super::counter::Counter;
use crate::StatsError;

/// Counts of the levels of `x` and `y` in every configuration of a conditioning set that occurs.
///
/// Tables of other rows of the same columns [merge](Contingency::merge). Only cells that are not zero are held, so memory grows
/// with the rows and never with the product of the levels.
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
    /// Level of `x`, level of `y` and the number of rows, for the cells that are not zero, ascending.
    pub cells: Vec<(u16, u16, u64)>,
}

impl Stratum {
    /// The number of rows with these levels.
    #[must_use]
    pub fn count(&self, x: u16, y: u16) -> u64 {
        let found = self.cells.binary_search_by_key(&(x, y), |&(x, y, _)| (x, y));
        found.ok().and_then(|at| self.cells.get(at)).map_or(0, |cell| cell.2)
    }

    /// Adds up cells of the same levels.
    fn tidy(&mut self) {
        self.cells.sort_unstable();
        self.cells.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
    }
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
                configuration: given.iter().map(|&member| narrow(columns[member].code(row))).collect(),
                cells: Vec::new(),
            });
            stratum.cells.push((narrow(a), narrow(b), 1));
        }
        let mut strata: Vec<Stratum> = strata.into_iter().flatten().collect();
        strata.iter_mut().for_each(Stratum::tidy);
        Self {
            x_levels: left.levels,
            y_levels: right.levels,
            given_levels: given.iter().map(|&member| columns[member].levels).collect(),
            strata,
        }
    }

    /// Adds the counts of other rows.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the two tables differ in their levels or conditioning sets.
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
        let mut all = std::mem::take(&mut self.strata);
        all.extend(other.strata.iter().cloned());
        all.sort_by(|a, b| a.configuration.cmp(&b.configuration));
        all.dedup_by(|next, kept| {
            let same = next.configuration == kept.configuration;
            if same {
                kept.cells.append(&mut next.cells);
            }
            same
        });
        all.iter_mut().for_each(Stratum::tidy);
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
        self.strata.iter().flat_map(|stratum| &stratum.cells).map(|cell| cell.2).sum()
    }
}

/// A code known to fit: a column has fewer than 65 535 levels.
fn narrow(code: usize) -> u16 {
    u16::try_from(code).unwrap_or(u16::MAX)
}
