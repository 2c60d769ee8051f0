//! Location and scale of a reference sample: what a standardised score subtracts and divides by.
//!
//! The published shift detectors differ only in three choices: the centre ([`Center`]), the spread ([`Spread`]) and what
//! happens when the spread is 0 ([`Floor`]). Keeping them apart lets a detector be run as published and as repaired by
//! changing one argument.
//!
//! | score | centre | spread | floor as published |
//! |---|---|---|---|
//! | z-score, NSigma | mean | standard deviation | unit when zero |
//! | BARO's robust scorer (Pham, Ha and Zhang, 2024) | median | interquartile range | unit when zero |
//! | PetShop's baseline (Hardt et al., 2024) | median | scaled MAD | none |

use crate::error::{StatsError, require_finite, require_len};
use crate::floor::{Floor, ScaleBasis};
use crate::mean::{mean, std_dev, std_dev_about};
use crate::order::{MAD_TO_SIGMA, Scratch, mad, mad_about, median, quartiles};
use serde::{Deserialize, Serialize};

const STATISTIC: &str = "location and scale";

/// The estimate of a sample's location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Center {
    /// Arithmetic mean: efficient for normal noise, moved without bound by one outlier.
    Mean,
    /// Median: unmoved by anything that touches fewer than half of the values.
    Median,
}

/// The estimate of a sample's spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Standard deviation about the mean with `n - ddof` in the denominator.
    Std {
        /// Degrees of freedom spent: 0 as in scikit-learn and numpy, 1 as in pandas.
        ddof: usize,
    },
    /// Median absolute deviation about the median times [`MAD_TO_SIGMA`], the standard deviation of a normal sample;
    /// 0 when more than half of the values are equal.
    Mad,
    /// Interquartile range, unscaled (1.349 standard deviations of a normal sample); 0 when the middle half is constant.
    Iqr,
}

/// Location and scale fitted on a reference sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocationScale {
    /// The centre.
    pub location: f64,
    /// What scores are divided by: the spread after the floor. Positive, except under [`Floor::None`], where it may be 0.
    pub scale: f64,
    /// The spread before the floor.
    pub raw_scale: f64,
    /// Which rule gave `scale`.
    pub basis: ScaleBasis,
    /// Number of values in the reference sample.
    pub n: usize,
}

impl LocationScale {
    /// Fits centre and spread, and applies the floor. Expected time O(n); `scratch` is reused across calls.
    ///
    /// With [`Floor::default`], multiplying all values by a positive constant multiplies `location` and `scale` by it,
    /// so standardised scores do not depend on the unit (except for a reference that is 0 throughout, see
    /// [`Floor::Relative`]). Adding a constant leaves scores alone as long as the floor is not reached; a floored scale
    /// does follow the shifted location: a percentage and its complement have different floors.
    ///
    /// # Errors
    ///
    /// [`StatsError::TooFew`] when `values` is empty or has no more than `ddof` values; [`StatsError::NotFinite`] when
    /// a value is NaN or infinite; [`StatsError::Parameter`] when the floor is negative or not finite;
    /// [`StatsError::Overflow`] when finite values are so far apart that their spread is not finite.
    ///
    /// ```
    /// use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread};
    /// let mut scratch = Scratch::new();
    /// let flat = [200.0; 60];
    /// let fit = LocationScale::fit(&flat, Center::Median, Spread::Iqr, Floor::default(), &mut scratch)?;
    /// assert_eq!((fit.raw_scale, fit.scale), (0.0, 2.0));
    /// assert_eq!(fit.standardize(203.0), 1.5);
    /// # Ok::<(), etiology_stats::StatsError>(())
    /// ```
    pub fn fit(
        values: &[f64],
        center: Center,
        spread: Spread,
        floor: Floor,
        scratch: &mut Scratch,
    ) -> Result<Self, StatsError> {
        let needed = match spread {
            Spread::Std { ddof } => ddof.saturating_add(1),
            Spread::Mad | Spread::Iqr => 1,
        };
        require_len(values, needed, STATISTIC)?;
        require_finite(values, STATISTIC)?;
        floor.validate()?;
        let (location, raw_scale) = center_and_spread(values, center, spread, scratch)
            .filter(|(location, raw_scale)| location.is_finite() && raw_scale.is_finite())
            .ok_or(StatsError::Overflow { statistic: STATISTIC })?;
        let (scale, basis) = floor.apply(
            raw_scale,
            location,
            || is_rounding(spread, raw_scale, location, values.len()),
            || std_dev(values, 0).unwrap_or(0.0),
        );
        Ok(Self { location, scale, raw_scale, basis, n: values.len() })
    }

    /// Whether the scale is something else than the spread.
    #[must_use]
    pub fn floored(&self) -> bool {
        self.basis != ScaleBasis::Spread
    }

    /// `(value - location) / scale`, finite for every finite value unless the scale is 0 ([`Floor::None`]): then a
    /// value at the location scores 0 and any other scores an infinity of its side. NaN stays NaN.
    #[must_use]
    pub fn standardize(&self, value: f64) -> f64 {
        let deviation = value - self.location;
        if deviation == 0.0 {
            return 0.0;
        }
        let score = deviation / self.scale;
        if score.is_infinite() && value.is_finite() && self.scale > 0.0 {
            let in_parts = value / self.scale - self.location / self.scale;
            return if in_parts.is_nan() { score } else { in_parts }.clamp(f64::MIN, f64::MAX);
        }
        score
    }
}

/// scikit-learn's tests for a column that is constant but for rounding.
fn is_rounding(spread: Spread, raw_scale: f64, location: f64, n: usize) -> bool {
    match spread {
        Spread::Std { .. } => {
            let (variance, relative) = (raw_scale * raw_scale, n as f64 * f64::EPSILON);
            variance <= relative * variance + (relative * location).powi(2)
        }
        Spread::Mad | Spread::Iqr => raw_scale < 10.0 * f64::EPSILON,
    }
}

fn center_and_spread(
    values: &[f64],
    center: Center,
    spread: Spread,
    scratch: &mut Scratch,
) -> Option<(f64, f64)> {
    Some(match (center, spread) {
        (Center::Mean, Spread::Std { ddof }) => {
            let mean = mean(values)?;
            (mean, std_dev_about(values, mean, ddof)?)
        }
        (Center::Mean, Spread::Mad) => (mean(values)?, MAD_TO_SIGMA * mad(values, scratch)?),
        (Center::Mean, Spread::Iqr) => (mean(values)?, quartiles(values, scratch)?.iqr()),
        (Center::Median, Spread::Std { ddof }) => (median(values, scratch)?, std_dev(values, ddof)?),
        (Center::Median, Spread::Mad) => {
            let median = median(values, scratch)?;
            (median, MAD_TO_SIGMA * mad_about(values, median, scratch)?)
        }
        (Center::Median, Spread::Iqr) => {
            let quartiles = quartiles(values, scratch)?;
            (quartiles.median, quartiles.iqr())
        }
    })
}
