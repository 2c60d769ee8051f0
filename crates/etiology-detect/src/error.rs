//! The one error type of this crate. Conditions of a single metric are not errors: they are said in `left_out`.

use etiology_frame::FrameError;
use etiology_stats::StatsError;
use thiserror::Error;

/// Why nothing could be detected at all.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DetectError {
    /// A detector that does not exist.
    #[error("no detector `{name}`; use one of {known}")]
    NoDetector {
        /// The name asked for.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// A detection without detectors.
    #[error("no detector given; name at least one of {known}")]
    NoDetectors {
        /// The names that are known.
        known: String,
    },
    /// An option lies outside its range.
    #[error("{option} is {value} and must be {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// What was given.
        value: f64,
        /// The accepted range, in words.
        expected: &'static str,
    },
    /// A detector could not learn from a reference.
    #[error("{detector}: {source}")]
    Reference {
        /// The detector.
        detector: String,
        /// What the statistic says.
        source: StatsError,
    },
    /// The two windows do not have the same metrics.
    #[error(
        "metric {index} is {normal} in the normal window and {anomalous} in the anomalous one; match the columns by name first"
    )]
    Columns {
        /// Position of the first difference.
        index: usize,
        /// What the normal window has there.
        normal: String,
        /// What the anomalous window has there.
        anomalous: String,
    },
    /// A window has no rows.
    #[error("the {window} window has no rows; move the onset or widen the window")]
    Empty {
        /// `normal` or `anomalous`.
        window: &'static str,
    },
    /// Too few rows to say when anything began.
    #[error(
        "{found} rows (reference included), {needed} needed to estimate an onset; add rows or give the onset"
    )]
    TooFewRows {
        /// Rows there are.
        found: usize,
        /// Rows needed.
        needed: usize,
    },
    /// A symptom that is no column.
    #[error("symptom {index} is no column of a frame with {width} metrics; give positions below {width}")]
    Symptom {
        /// The position asked for.
        index: usize,
        /// Metrics there are.
        width: usize,
    },
    /// The frame refused.
    #[error(transparent)]
    Frame(#[from] FrameError),
}
