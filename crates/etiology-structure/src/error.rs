//! The one error type of this crate.

use etiology_graph::GraphError;
use etiology_stats::StatsError;

/// Why a structure could not be learned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
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
    /// Background knowledge that contradicts itself.
    #[error("background knowledge: {message}")]
    Knowledge {
        /// Which statements clash, by name.
        message: String,
    },
    /// Two inputs disagree on the number of variables.
    #[error("{what} covers {got} variables and the data {expected}")]
    Width {
        /// The input that disagrees.
        what: &'static str,
        /// Variables of the data.
        expected: usize,
        /// Variables of the other input.
        got: usize,
    },
    /// A learner, test or score that does not exist or does not fit the data.
    #[error("{message}")]
    Unsuitable {
        /// What does not fit and what would.
        message: String,
    },
    /// Nothing to learn from.
    #[error("{message}")]
    NoData {
        /// What is missing and what to do.
        message: String,
    },
    /// A statistic could not be computed.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// A graph operation failed.
    #[error(transparent)]
    Graph(#[from] GraphError),
}
