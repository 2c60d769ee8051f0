//! The univariate detectors, one a file.

mod iqr_fences;
mod modified_z_score;
mod z_score;

pub use iqr_fences::IqrFences;
pub use modified_z_score::ModifiedZScore;
pub use z_score::ZScore;

use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread};

use crate::{DetectError, Fitted};

/// `(value - location) / scale`: the whole of a z-score once fitted.
#[derive(Debug)]
struct Standardized(LocationScale);

impl Fitted for Standardized {
    fn score(&self, value: f64) -> f64 {
        self.0.standardize(value)
    }
}

fn fit_location_scale(
    detector: &'static str,
    reference: &[f64],
    (center, spread): (Center, Spread),
    floor: Floor,
    scratch: &mut Scratch,
) -> Result<LocationScale, DetectError> {
    LocationScale::fit(reference, center, spread, floor, scratch)
        .map_err(|source| DetectError::Reference { detector: detector.to_owned(), source })
}

fn positive(option: &'static str, value: f64) -> Result<f64, DetectError> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(DetectError::Option { option, value, expected: "finite and not negative" })
    }
}

#[cfg(test)]
mod tests;
