//! The outcome of one test: a statistic with its reference distribution and p-value, or the reason there is none.

use std::fmt;

use etiology_stats::{chi_squared_tail, f_tail, normal_tail, student_tail};
use serde::{Serialize, Serializer};

/// The distribution a statistic has when the cause has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// Fisher's F.
    F {
        /// Degrees of freedom of the numerator: the coefficients set to zero.
        numerator: f64,
        /// Degrees of freedom of the denominator: rows less coefficients.
        denominator: f64,
    },
    /// Chi-squared.
    ChiSquared {
        /// Degrees of freedom.
        df: f64,
    },
    /// Standard normal, two-sided.
    Normal,
    /// Student's t, two-sided.
    Student {
        /// Degrees of freedom.
        df: f64,
    },
    /// The statistic of shuffled or surrogate data.
    Resampled {
        /// How many resamples.
        resamples: usize,
    },
}

/// A statistic, what it is referred to, and the probability of one at least as extreme without an effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistic {
    /// The value.
    pub value: f64,
    /// Its distribution under the null hypothesis.
    pub reference: Reference,
    /// In (0, 1].
    pub p_value: f64,
}

impl Statistic {
    /// Refers a value to a distribution with a closed form; `None` where a value or degrees of freedom are not finite, and
    /// for [`Reference::Resampled`], whose p-value only the resampling knows.
    #[must_use]
    pub fn new(value: f64, reference: Reference) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let p_value = match reference {
            Reference::F { numerator, denominator } => f_tail(value, numerator, denominator),
            Reference::ChiSquared { df } => chi_squared_tail(value, df),
            Reference::Normal => normal_tail(value),
            Reference::Student { df } => student_tail(value, df),
            Reference::Resampled { .. } => None,
        }?;
        Some(Self { value, reference, p_value })
    }

    /// The degrees of freedom, if the reference has any, in the order they are written.
    #[must_use]
    pub fn df(&self) -> Vec<f64> {
        match self.reference {
            Reference::F { numerator, denominator } => vec![numerator, denominator],
            Reference::ChiSquared { df } | Reference::Student { df } => vec![df],
            Reference::Normal | Reference::Resampled { .. } => Vec::new(),
        }
    }
}

/// Why a pair has no statistic.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Untestable {
    /// A series does not vary on the rows at hand.
    Constant {
        /// Its name.
        name: String,
    },
    /// Too few rows with an unbroken past.
    TooFewRows {
        /// Rows there are.
        rows: u64,
        /// Rows needed.
        needed: u64,
    },
    /// The regressors determine one another: the past of a series is a linear combination of that of others.
    Collinear {
        /// A series whose past adds nothing.
        name: String,
    },
    /// The effect is determined by the regressors without error, so no residual variance is left to test against.
    Determined {
        /// The effect's name.
        name: String,
    },
    /// Anything else, in words.
    Other {
        /// A full sentence.
        why: String,
    },
}

impl fmt::Display for Untestable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant { name } => write!(f, "`{name}` is constant"),
            Self::TooFewRows { rows, needed } => {
                write!(f, "{rows} rows with an unbroken past, {needed} needed")
            }
            Self::Collinear { name } => {
                write!(f, "the past of `{name}` is a linear combination of the other regressors")
            }
            Self::Determined { name } => write!(f, "`{name}` follows from the regressors without error"),
            Self::Other { why } => f.write_str(why),
        }
    }
}

impl Serialize for Untestable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
