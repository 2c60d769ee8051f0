//! The modified z-score: distance from the median in scaled median absolute deviations.

use etiology_stats::{Center, Floor, Scratch, Spread};

use super::{Standardized, fit_location_scale, positive};
use crate::{DetectError, Detector, DetectorCard, Fitted};

/// `M = 0.6745 (x - median) / MAD`, where `MAD` is the reference's median absolute deviation from its median.
///
/// Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC, 1993), section 3.3. The factor, here at full precision
/// (0.6744897501960817, the normal distribution's third quartile), makes `M` comparable with a z-score under a normal
/// reference; up to half of the reference may be outliers without harm. A metric that sits at one value more than half of
/// the time has a MAD of 0; the floor then sets the scale, which is why the default detector has one. Not for two-peaked
/// references, whose MAD describes neither peak. O(n) expected to fit, O(1) a score; no unit.
///
/// # Options
/// * `threshold`: 3.5, the authors' recommendation.
/// * `floor`: [`Floor::default`]; [`Floor::None`] is as published.
///
/// ```
/// use etiology_detect::{Detector, ModifiedZScore};
/// use etiology_stats::Scratch;
/// let fitted = ModifiedZScore::default().fit(&[1.0, 2.0, 3.0, 4.0, 100.0], &mut Scratch::new())?;
/// assert!((fitted.score(100.0) - 0.6744897501960817 * 97.0).abs() < 1e-9);
/// # Ok::<(), etiology_detect::DetectError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModifiedZScore {
    threshold: f64,
    floor: Floor,
}

impl Default for ModifiedZScore {
    fn default() -> Self {
        Self { threshold: 3.5, floor: Floor::default() }
    }
}

impl ModifiedZScore {
    const NAME: &'static str = "modified-z-score";

    /// Flags values whose `|M|` is greater.
    ///
    /// # Errors
    /// [`DetectError::Option`] when it is negative or not finite.
    pub fn threshold(mut self, threshold: f64) -> Result<Self, DetectError> {
        self.threshold = positive("modified z-score threshold", threshold)?;
        Ok(self)
    }

    /// What the scaled MAD is not allowed to fall below.
    #[must_use]
    pub fn floor(mut self, floor: Floor) -> Self {
        self.floor = floor;
        self
    }
}

impl Detector for ModifiedZScore {
    fn card(&self) -> DetectorCard {
        DetectorCard {
            name: Self::NAME,
            summary: "distance from the reference's median in scaled median absolute deviations",
            cites: &["Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993, section 3.3"],
            threshold: self.threshold,
            needs: 1,
        }
    }

    fn fit(&self, reference: &[f64], scratch: &mut Scratch) -> Result<Box<dyn Fitted>, DetectError> {
        let how = (Center::Median, Spread::Mad);
        Ok(Box::new(Standardized(fit_location_scale(Self::NAME, reference, how, self.floor, scratch)?)))
    }
}
