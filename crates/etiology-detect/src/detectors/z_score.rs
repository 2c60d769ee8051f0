//! The z-score: distance from the mean in standard deviations.

use etiology_stats::{Center, Floor, Scratch, Spread};

use super::{Standardized, fit_location_scale, positive};
use crate::{DetectError, Detector, DetectorCard, Fitted};

/// `z = (x - mean) / s`, where mean and `s` are the reference's mean and standard deviation.
///
/// Oldest of all: the three-sigma rule of Shewhart's control charts ("Economic Control of Quality of Manufactured
/// Product", 1931). It assumes a reference that is roughly normal and free of outliers: one outlier in `n` values inflates
/// `s` so much that no value of the reference can exceed `(n - 1) / sqrt(n)` (Shiffler, The American Statistician, 1988).
/// When that is in doubt use [`ModifiedZScore`](crate::ModifiedZScore). O(n) to fit, O(1) a score; no unit.
///
/// # Options
/// * `threshold`: 3, the three-sigma rule.
/// * `ddof`: 1, the sample standard deviation; 0 gives numpy's and scikit-learn's.
/// * `floor`: [`Floor::default`], so that a flat reference gives a finite score; [`Floor::None`] is as published.
///
/// ```
/// use etiology_detect::{Detector, ZScore};
/// use etiology_stats::Scratch;
/// let fitted = ZScore::default().fit(&[10.0, 12.0, 14.0], &mut Scratch::new())?;
/// assert_eq!(fitted.score(20.0), 4.0);
/// # Ok::<(), etiology_detect::DetectError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZScore {
    threshold: f64,
    ddof: usize,
    floor: Floor,
}

impl Default for ZScore {
    fn default() -> Self {
        Self { threshold: 3.0, ddof: 1, floor: Floor::default() }
    }
}

impl ZScore {
    const NAME: &'static str = "z-score";

    /// Flags values further than this many standard deviations from the mean.
    ///
    /// # Errors
    /// [`DetectError::Option`] when it is negative or not finite.
    pub fn threshold(mut self, threshold: f64) -> Result<Self, DetectError> {
        self.threshold = positive("z-score threshold", threshold)?;
        Ok(self)
    }

    /// Degrees of freedom subtracted from `n` in the variance.
    #[must_use]
    pub fn ddof(mut self, ddof: usize) -> Self {
        self.ddof = ddof;
        self
    }

    /// What the standard deviation is not allowed to fall below.
    #[must_use]
    pub fn floor(mut self, floor: Floor) -> Self {
        self.floor = floor;
        self
    }
}

impl Detector for ZScore {
    fn card(&self) -> DetectorCard {
        DetectorCard {
            name: Self::NAME,
            summary: "distance from the reference's mean in standard deviations",
            cites: &["Shewhart, Economic Control of Quality of Manufactured Product, 1931"],
            threshold: self.threshold,
            needs: self.ddof.saturating_add(1),
        }
    }

    fn fit(&self, reference: &[f64], scratch: &mut Scratch) -> Result<Box<dyn Fitted>, DetectError> {
        let how = (Center::Mean, Spread::Std { ddof: self.ddof });
        Ok(Box::new(Standardized(fit_location_scale(Self::NAME, reference, how, self.floor, scratch)?)))
    }
}
