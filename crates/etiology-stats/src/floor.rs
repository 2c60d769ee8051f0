//! What a scale is allowed to shrink to.
//!
//! A metric that was flat in the reference window has a spread of zero, and any later change, however small, would score
//! infinitely high. Published detectors answer this in raw units (a scale of 0 becomes 1, so the ranking depends on
//! whether memory is in bytes or megabytes) or not at all (`x / 0` is infinite, so the ranking among flat metrics is
//! their column order). [`Floor`] holds both, for faithful reproduction, and the repair that is the default: a floor
//! relative to the metric's own location, which no change of unit can move.

use crate::error::StatsError;
use serde::{Deserialize, Serialize};

/// How a spread becomes a scale that may be divided by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Floor {
    /// The spread, where it reaches `floor = max(relative * |location|, absolute)`; below that, the larger of the floor and
    /// the standard deviation about the mean (`ddof` 0).
    ///
    /// A robust spread collapses for a metric that sits at one level and visits another now and then (an interquartile range
    /// of 0 at 2 sockets, sometimes 3); the standard deviation still knows of those visits, so that one more of them is not
    /// read as fifty floors. When even that and the floor are 0 (a metric that was always 0) the scale is 1 in the metric's
    /// own unit, the only case that depends on the unit, because such a metric carries no scale at all.
    Relative {
        /// Fraction of `|location|`.
        relative: f64,
        /// Smallest scale in the metric's own unit; 0 for none.
        absolute: f64,
    },
    /// A spread of 0 becomes 1 in raw units: what scikit-learn does with a constant column, and so what the NSigma and
    /// BARO baselines do. As there (1.9.1), "0" allows for rounding: a variance of at most
    /// `n eps variance + (n eps location)^2` in its `StandardScaler`, an interquartile range (and, here, a MAD) below
    /// `10 eps` in its `RobustScaler`, with `eps = 2.2e-16`.
    UnitWhenZero,
    /// The spread as it is; [`LocationScale::standardize`](crate::LocationScale::standardize) then gives 0 for 0/0
    /// and an infinity for x/0, as PetShop's MAD baseline does.
    None,
}

/// Where the scale of a [`LocationScale`](crate::LocationScale) came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleBasis {
    /// The spread itself: no floor was needed.
    Spread,
    /// The floor's fraction of the location.
    Relative,
    /// The floor's absolute part.
    Absolute,
    /// The standard deviation, because the spread is below the floor and the standard deviation is not.
    StandardDeviation,
    /// 1 in raw units.
    Unit,
}

impl Floor {
    /// The default floor: 1 % of `|location|`.
    ///
    /// With the median and the interquartile range on the public Sock Shop incidents of RCAEval, 1 % and 5 % both put the
    /// true cause first in every case. 1 % is the default because 5 % hides real changes of metrics that live in a narrow
    /// band far from zero, such as an accuracy that falls from 95 to 92.
    pub const DEFAULT_RELATIVE: f64 = 0.01;

    /// A floor of `relative * |location|` with no absolute part.
    #[must_use]
    pub const fn relative(relative: f64) -> Self {
        Self::Relative { relative, absolute: 0.0 }
    }

    /// No floor at all.
    #[must_use]
    pub const fn none() -> Self {
        Self::None
    }

    pub(crate) fn validate(self) -> Result<(), StatsError> {
        let Self::Relative { relative, absolute } = self else { return Ok(()) };
        for (parameter, value) in [("relative floor", relative), ("absolute floor", absolute)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(StatsError::Parameter { parameter, value, expected: "finite and not negative" });
            }
        }
        Ok(())
    }

    /// The scale for a spread; `is_rounding` says whether the spread is 0 but for rounding, and `deviation` is the
    /// standard deviation. Each is asked only when it matters.
    pub(crate) fn apply(
        self,
        spread: f64,
        location: f64,
        is_rounding: impl FnOnce() -> bool,
        deviation: impl FnOnce() -> f64,
    ) -> (f64, ScaleBasis) {
        match self {
            Self::None => (spread, ScaleBasis::Spread),
            Self::UnitWhenZero if is_rounding() => (1.0, ScaleBasis::Unit),
            Self::UnitWhenZero => (spread, ScaleBasis::Spread),
            Self::Relative { relative, absolute } => {
                let of_location = relative * location.abs();
                let floor = of_location.max(absolute);
                if spread > 0.0 && spread >= floor {
                    return (spread, ScaleBasis::Spread);
                }
                match deviation() {
                    deviation if deviation > floor => (deviation, ScaleBasis::StandardDeviation),
                    _ if of_location > 0.0 && of_location >= absolute => (of_location, ScaleBasis::Relative),
                    _ if absolute > 0.0 => (absolute, ScaleBasis::Absolute),
                    _ => (1.0, ScaleBasis::Unit),
                }
            }
        }
    }
}

impl Default for Floor {
    fn default() -> Self {
        Self::relative(Self::DEFAULT_RELATIVE)
    }
}
