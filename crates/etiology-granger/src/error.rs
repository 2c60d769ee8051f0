//! The one error type of this crate.

use etiology_graph::GraphError;
use etiology_stats::StatsError;
use etiology_structure::StructureError;

/// Why a method could not run at all; what only concerns one pair of series is an [`Untestable`](crate::Untestable).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GrangerError {
    /// A parameter lies outside the range it is defined on.
    #[error("{parameter} is {value} and must be {expected}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What was given.
        value: f64,
        /// The accepted range, in words.
        expected: &'static str,
    },
    /// Series of different lengths.
    #[error("series `{name}` has {got} rows and the first has {expected}; give every series as many")]
    Length {
        /// The series that differs.
        name: String,
        /// Rows of the first.
        expected: usize,
        /// Its rows.
        got: usize,
    },
    /// Not enough rows for the model.
    #[error(
        "{model} needs at least {needed} rows with an unbroken past and the data has {got}; lower the maximum lag, take fewer series or record longer"
    )]
    TooShort {
        /// What was to be fitted.
        model: &'static str,
        /// The fewest rows.
        needed: usize,
        /// Rows there are.
        got: usize,
    },
    /// Series that are linear combinations of one another and their past.
    #[error("{model} is singular: series `{name}` is a linear combination of the others; leave it out")]
    Singular {
        /// What was to be fitted.
        model: &'static str,
        /// The first series that adds nothing.
        name: String,
    },
    /// A request that does not fit the data.
    #[error("{message}")]
    Unsuitable {
        /// What does not fit and what would.
        message: String,
    },
    /// A statistic could not be computed.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// A graph operation failed.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A static learner failed.
    #[error(transparent)]
    Structure(#[from] StructureError),
}
