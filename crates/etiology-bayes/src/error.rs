//! The one error type of this crate.

use etiology_graph::GraphError;
use etiology_stats::StatsError;

/// Why a network could not be built, fitted or asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BayesError {
    /// A name or number that is no variable of the network.
    #[error("`{name}` is not a variable of the network")]
    UnknownVariable {
        /// What was asked for.
        name: String,
    },
    /// A state that the variable does not have.
    #[error("variable `{variable}` has no state `{state}`; it has {states}")]
    UnknownState {
        /// The variable.
        variable: String,
        /// What was asked for.
        state: String,
        /// What there is.
        states: String,
    },
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
    /// Two inputs disagree on the number of variables.
    #[error("{what} covers {got} variables and the network has {expected}")]
    Width {
        /// The input that disagrees.
        what: &'static str,
        /// Variables of the network.
        expected: usize,
        /// Variables of the other input.
        got: usize,
    },
    /// A node's distribution or data is not usable.
    #[error("node `{node}`: {message}")]
    Family {
        /// The node.
        node: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The evidence has probability zero under the network.
    #[error("the evidence is impossible under the network: {message}")]
    ImpossibleEvidence {
        /// Where it contradicts the network.
        message: String,
    },
    /// Evidence, interventions and targets contradict each other.
    #[error("query: {message}")]
    Query {
        /// What clashes and what to do.
        message: String,
    },
    /// The answer would need more memory or time than allowed.
    #[error("{message}")]
    TooLarge {
        /// What would be needed, the limit, and what to use instead.
        message: String,
    },
    /// A finite input whose result is not.
    #[error("{what} exceeds the largest finite number; rescale the data first")]
    Overflow {
        /// What was being computed.
        what: &'static str,
    },
    /// A file or text that is not in the named format.
    #[error("{format}: {message}")]
    Syntax {
        /// The format that was expected.
        format: &'static str,
        /// What is wrong, and where.
        message: String,
    },
    /// A statistic could not be computed.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// A graph operation failed.
    #[error(transparent)]
    Graph(#[from] GraphError),
}
