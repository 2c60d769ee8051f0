//! Why a method could not rank, said so that the reader knows what to do about it.

use etiology_frame::FrameError;
use thiserror::Error;

/// An error from a root-cause method or a diagnosis.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RankError {
    /// The incident gives the method too little to stand on.
    #[error("`{method}` needs {needs}, and this incident has none; {remedy}")]
    Needs {
        /// The method.
        method: String,
        /// What it needs.
        needs: &'static str,
        /// How to give it.
        remedy: &'static str,
    },
    /// A window holds too few rows.
    #[error("the {window} window has {found} rows, {needed} needed; move the onset or add data")]
    Window {
        /// `normal` or `anomalous`.
        window: &'static str,
        /// Rows it has.
        found: usize,
        /// Rows needed.
        needed: usize,
    },
    /// A method that does not exist.
    #[error("no method `{name}`; `etiology methods` lists them")]
    NoMethod {
        /// The name asked for.
        name: String,
    },
    /// A method produced a score that is not a number: a bug in the method.
    #[error("`{method}` scored `{candidate}` as NaN; this is a bug in the method")]
    NotANumber {
        /// The method.
        method: String,
        /// The candidate.
        candidate: String,
    },
    /// The frame refused.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A statistic refused.
    #[error("metric `{metric}`: {message}")]
    Statistic {
        /// The metric.
        metric: String,
        /// What the statistic said.
        message: String,
    },
    /// The onset lies outside the data.
    #[error(
        "the onset {onset} is outside the data, which run from {first} to {last}; give a time between them"
    )]
    OnsetOutside {
        /// The onset that was given.
        onset: String,
        /// First time of the data.
        first: String,
        /// Last time of the data.
        last: String,
    },
    /// The onset could not be estimated.
    #[error("the onset cannot be estimated: {message}; give it with --onset")]
    Onset {
        /// Why.
        message: String,
    },
}
