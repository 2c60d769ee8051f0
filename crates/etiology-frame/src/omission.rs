//! What was left out of an answer, and why: the alternative to failing on one bad column or hiding it.

use serde::{Serialize, Serializer};
use std::fmt;

/// Why a metric takes no part in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Every value is null.
    AllNull,
    /// Every value is the same, before and after the onset.
    Constant,
    /// It has fewer usable values than a method needs, in the named window.
    TooFew {
        /// Where the values were counted.
        window: &'static str,
        /// Values it has.
        found: usize,
        /// Values needed.
        needed: usize,
    },
    /// It has values on one side of the onset only.
    Missing {
        /// The side without it.
        window: &'static str,
    },
    /// The column holds something other than numbers.
    NotNumeric {
        /// One of its values.
        example: String,
    },
    /// The column is an identifier or a clock, not a measurement.
    NotAMeasurement,
    /// The method does not look at this kind of metric.
    NotUsed {
        /// What the method says about it.
        because: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllNull => f.write_str("all values are null"),
            Self::Constant => f.write_str("constant"),
            Self::TooFew { window, found, needed } => {
                write!(f, "{found} usable values in the {window} window, {needed} needed")
            }
            Self::Missing { window } => write!(f, "absent from the {window} window"),
            Self::NotNumeric { example } => write!(f, "not numeric (for example `{example}`)"),
            Self::NotAMeasurement => f.write_str("an identifier or a clock, not a measurement"),
            Self::NotUsed { because } => f.write_str(because),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One metric that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Omission {
    /// The metric's name.
    pub metric: String,
    /// Why it was left out.
    pub why: Reason,
}

impl Omission {
    /// States that `metric` was left out because of `why`.
    #[must_use]
    pub fn new(metric: impl Into<String>, why: Reason) -> Self {
        Self { metric: metric.into(), why }
    }
}
