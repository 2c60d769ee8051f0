//! [`Findings`]: what any mode of this crate says of a set of series: one row a pair, and a lagged graph.

use etiology_frame::Omission;
use etiology_graph::{Lag, LaggedGraph};

use crate::{Statistic, Untestable};

/// What a method says of one ordered pair of series.
#[derive(Debug, Clone, PartialEq)]
pub struct PairFinding {
    /// The series whose past is looked at, by number.
    pub cause: usize,
    /// The series it may act on.
    pub effect: usize,
    /// The lag at which it acts most strongly, for methods that tell lags apart.
    pub lag: Option<Lag>,
    /// The method's measure of the effect at that lag: a coefficient or a partial correlation.
    pub strength: Option<f64>,
    /// The test of the pair, `None` for methods that select instead of testing, or the reason there is none.
    pub test: Result<Option<Statistic>, Untestable>,
    /// The p-value adjusted for all pairs tested.
    pub q_value: Option<f64>,
    /// Whether the method draws an edge for the pair.
    pub linked: bool,
}

/// The answer of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// How the data were read: the test, the order and how it was chosen, the level.
    pub read: String,
    /// Rows that entered, each with an unbroken past; where pairs differ, the fewest.
    pub rows: u64,
    /// One entry for each ordered pair of different series, by cause, then effect, in input order.
    pub pairs: Vec<PairFinding>,
    /// The edges, with their lags.
    pub graph: LaggedGraph,
    /// Series that took no part.
    pub left_out: Vec<Omission>,
    /// What a reader should know: series that look integrated, what was not tested.
    pub notes: Vec<String>,
}
