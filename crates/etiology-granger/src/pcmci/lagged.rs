//! A series at a lag, and what was found of one link.

use etiology_graph::{Lag, Nodes};
use etiology_stats::{IndependenceTest, TestResult};

use crate::{GrangerError, Untestable};

/// A series so many rows earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lagged {
    /// The series, by number.
    pub series: usize,
    /// How many rows earlier.
    pub lag: Lag,
}

impl Lagged {
    /// A series at a lag.
    #[must_use]
    pub fn new(series: usize, rows: usize) -> Self {
        Self { series, lag: Lag::new(rows) }
    }

    /// As far back again as `rows`.
    pub(super) fn earlier(self, rows: usize) -> Self {
        Self::new(self.series, self.lag.rows() + rows)
    }
}

/// What was found of one possible link.
#[derive(Debug, Clone, PartialEq)]
pub struct LagTest {
    /// The earlier series.
    pub cause: usize,
    /// The series it may act on.
    pub effect: usize,
    /// How many rows later.
    pub lag: Lag,
    /// The statistic as the test names it and its p-value, or why there is none.
    pub outcome: Result<TestResult, Untestable>,
    /// The p-value adjusted by Benjamini and Hochberg over all links tested, where there is one.
    pub q_value: Option<f64>,
}

/// A test over columns `lag * p + series`.
pub(super) struct Columns<'a> {
    pub(super) nodes: &'a Nodes,
    pub(super) test: &'a dyn IndependenceTest,
    pub(super) min_lag: usize,
    pub(super) max_lag: usize,
}

impl<'a> Columns<'a> {
    /// # Errors
    /// When the lags are out of order or the test has too few columns for them.
    pub(super) fn new(
        nodes: &'a Nodes,
        test: &'a dyn IndependenceTest,
        min_lag: usize,
        max_lag: usize,
    ) -> Result<Self, GrangerError> {
        check_lags(min_lag, max_lag)?;
        let needed = nodes.len() * (2 * max_lag + 1);
        if test.variables() < needed {
            return Err(GrangerError::Unsuitable {
                message: format!(
                    "the test has {} columns and {} series at lags 0 to {} need {needed}; give the test twice the maximum lag",
                    test.variables(),
                    nodes.len(),
                    2 * max_lag
                ),
            });
        }
        Ok(Self { nodes, test, min_lag, max_lag })
    }

    pub(super) fn width(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn column(&self, at: Lagged) -> usize {
        at.lag.rows() * self.width() + at.series
    }

    /// The reason for the absence of every test of a link.
    pub(super) fn why_untestable(&self, cause: Lagged, effect: usize) -> Untestable {
        let name = cause.lag.name_of(self.nodes.name(cause.series));
        Untestable::Other {
            why: format!(
                "`{name}` and `{}` cannot be tested: too few rows, or one of them or of the conditions does not vary or is a \
                 linear combination of the rest",
                self.nodes.name(effect)
            ),
        }
    }
}

pub(crate) fn check_lags(min_lag: usize, max_lag: usize) -> Result<(), GrangerError> {
    let range = |parameter, value: usize, expected| {
        Err(GrangerError::Parameter { parameter, value: value as f64, expected })
    };
    if max_lag == 0 || max_lag > LARGEST_LAG {
        return range("the maximum lag", max_lag, "between 1 and 10 000");
    }
    if min_lag > max_lag {
        return range("the minimum lag", min_lag, "at most the maximum lag");
    }
    Ok(())
}

/// Lags beyond this are a mistake, and would exhaust memory.
const LARGEST_LAG: usize = 10_000;

pub(crate) fn check_level(parameter: &'static str, value: f64) -> Result<(), GrangerError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(GrangerError::Parameter { parameter, value, expected: "above 0 and below 1" })
}
