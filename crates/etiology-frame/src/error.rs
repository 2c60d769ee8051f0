//! What can be wrong with a frame, said so that the reader knows what to do about it.

use thiserror::Error;

/// An error from building, slicing or aligning a [`MetricFrame`](crate::MetricFrame).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FrameError {
    /// Two columns carry the same name.
    #[error("column `{name}` appears {count} times; rename all but one of them")]
    DuplicateColumn {
        /// The repeated name.
        name: String,
        /// How often it appears.
        count: usize,
    },
    /// A column's length is not the number of time stamps.
    #[error(
        "metric `{metric}` has {found} values but the time column has {expected}; give one value (or null) per time"
    )]
    Length {
        /// The metric.
        metric: String,
        /// Values it has.
        found: usize,
        /// Values it should have.
        expected: usize,
    },
    /// The batch has no usable first column of time.
    #[error(
        "the first column must be `time` as timestamp[ns, UTC] or int64 steps, found {found}; convert it first"
    )]
    NoTime {
        /// What stands there instead.
        found: String,
    },
    /// A time is null.
    #[error(
        "the time column has {count} empty entries, first in row {row}; remove these rows or fill in their times"
    )]
    NullTime {
        /// First row without a time.
        row: usize,
        /// How many there are.
        count: usize,
    },
    /// Times do not strictly increase.
    #[error("time does not increase at row {row} ({at}); sort the rows and merge those with the same time")]
    Order {
        /// The row that breaks the order.
        row: usize,
        /// Its time.
        at: String,
    },
    /// A metric column is not `f64`.
    #[error("metric `{metric}` is {found}, not float64; cast it or leave it out")]
    Type {
        /// The metric.
        metric: String,
        /// Its Arrow type.
        found: String,
    },
    /// Field metadata holds a word that is not known.
    #[error("metric `{metric}`: `{value}` is not a {what}; use one of {allowed}")]
    Word {
        /// The metric.
        metric: String,
        /// What the word should name.
        what: &'static str,
        /// The word found.
        value: String,
        /// The words that are known.
        allowed: &'static str,
    },
    /// Two frames that should share a clock do not.
    #[error(
        "one frame is in UTC time and the other in integer steps; give both the same kind of time column"
    )]
    Clock,
    /// Text that is no time on this clock.
    #[error("`{text}` is not a time: expected {expected}")]
    Time {
        /// The text.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A repeated time was found and the options forbid it.
    #[error("time {at} appears {count} times; merge the rows or choose how repeated times are merged")]
    DuplicateTime {
        /// The repeated time.
        at: String,
        /// How often.
        count: usize,
    },
    /// Alignment to a period that is not positive.
    #[error("the period must be positive, found {found}")]
    Period {
        /// The period asked for.
        found: i64,
    },
    /// Alignment would make too many rows.
    #[error(
        "aligning to this period would make {rows} rows, more than {limit}; use a longer period or cut the time range"
    )]
    TooManyRows {
        /// Rows it would make.
        rows: i128,
        /// The limit in force.
        limit: usize,
    },
    /// A metric that was asked for is not there.
    #[error("no metric `{name}`{}", nearest(.near))]
    NoMetric {
        /// The name asked for.
        name: String,
        /// Names that look like it.
        near: Vec<String>,
    },
    /// Anything Arrow itself refuses.
    #[error("arrow: {0}")]
    Arrow(String),
}

impl From<arrow_schema::ArrowError> for FrameError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Arrow(error.to_string())
    }
}

fn nearest(near: &[String]) -> String {
    match near {
        [] => "; `etiology inspect` lists the metrics".to_owned(),
        names => format!("; did you mean `{}`?", names.join("` or `")),
    }
}
