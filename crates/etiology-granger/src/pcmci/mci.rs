//! The conditions of a momentary conditional independence test: the parents of the effect, and those of the cause where it is.

use super::lagged::{Columns, Lagged};

/// How many parents enter the conditions of a test, strongest first; all by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConditionLimits {
    /// Of the effect (`max_conds_py`).
    pub of_effect: Option<usize>,
    /// Of the cause (`max_conds_px`).
    pub of_cause: Option<usize>,
    /// Of a cause in the past, where it differs (`max_conds_px_lagged`); [`PcmciPlus`](crate::PcmciPlus) only.
    pub of_lagged_cause: Option<usize>,
}

impl ConditionLimits {
    /// The columns of `P(effect) \ cause` and of `P(cause)` as far back as the cause.
    pub(super) fn conditions(
        self,
        columns: &Columns<'_>,
        parents: &[Vec<Lagged>],
        cause: Lagged,
        effect: usize,
    ) -> Vec<usize> {
        let lag = cause.lag.rows();
        let of_cause = match self.of_lagged_cause {
            Some(limit) if lag > 0 => Some(limit),
            _ => self.of_cause,
        };
        let taken = |limit: Option<usize>| limit.unwrap_or(usize::MAX);
        let mut given: Vec<usize> = parents[effect]
            .iter()
            .take(taken(self.of_effect))
            .filter(|&&parent| parent != cause)
            .map(|&parent| columns.column(parent))
            .collect();
        for parent in parents[cause.series].iter().take(taken(of_cause)) {
            let column = columns.column(parent.earlier(lag));
            if !given.contains(&column) {
                given.push(column);
            }
        }
        given
    }
}
