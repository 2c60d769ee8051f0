//! The one error type of this crate.
//!
//! A function that can only fail on an empty slice returns `Option`; one that can fail for several reasons returns
//! [`StatsError`], whose message says which input was wrong, with its value, and what to do about it. This crate sees
//! slices, not metrics, so the caller adds the metric's name.

/// Why a statistic could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// There are fewer values than the statistic is defined for.
    #[error(
        "{statistic} needs at least {needed} values and got {got}; widen the window or leave the metric out"
    )]
    TooFew {
        /// What was being computed.
        statistic: &'static str,
        /// The smallest number of values it is defined for.
        needed: usize,
        /// How many there were.
        got: usize,
    },
    /// A value is NaN or infinite.
    #[error(
        "{statistic}: the value at position {position} is {value}; drop missing and infinite values before calling"
    )]
    NotFinite {
        /// What was being computed.
        statistic: &'static str,
        /// Index of the first such value in the slice.
        position: usize,
        /// The value itself.
        value: f64,
    },
    /// The values are finite but the statistic is not.
    #[error("{statistic} exceeds the largest finite number; divide the values by a constant first")]
    Overflow {
        /// What was being computed.
        statistic: &'static str,
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
    /// A category occurs that is none of the levels asked for.
    #[error("the level `{level}` is none of {levels}; rename it, or name it among them")]
    UnknownLevel {
        /// The level that occurs.
        level: String,
        /// Those asked for.
        levels: String,
    },
    /// Two slices that are paired value by value have different lengths.
    #[error("{statistic} pairs two slices value by value, but one has {left} values and the other {right}")]
    LengthMismatch {
        /// What was being computed.
        statistic: &'static str,
        /// Length of the first slice.
        left: usize,
        /// Length of the second slice.
        right: usize,
    },
    /// All values are equal where the statistic needs them to vary.
    #[error("{statistic} is undefined: all {n} values equal {value}; leave the constant metric out")]
    Constant {
        /// What was being computed.
        statistic: &'static str,
        /// How many values there are.
        n: usize,
        /// The one value.
        value: f64,
    },
}

/// Refuses NaN and infinities, naming the first.
pub(crate) fn require_finite(values: &[f64], statistic: &'static str) -> Result<(), StatsError> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(position) => Err(StatsError::NotFinite { statistic, position, value: values[position] }),
        None => Ok(()),
    }
}

/// Refuses slices shorter than `needed`.
pub(crate) fn require_len(values: &[f64], needed: usize, statistic: &'static str) -> Result<(), StatsError> {
    if values.len() < needed {
        return Err(StatsError::TooFew { statistic, needed, got: values.len() });
    }
    Ok(())
}
