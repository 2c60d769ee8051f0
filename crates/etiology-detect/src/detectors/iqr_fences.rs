//! Tukey's fences: distance outside the middle half of the reference.

use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread, quartiles};

use super::{fit_location_scale, positive};
use crate::{DetectError, Detector, DetectorCard, Fitted};

/// How far a value lies outside the fences `[q1 - k iqr, q3 + k iqr]`, in interquartile ranges; 0 inside.
///
/// Tukey, "Exploratory Data Analysis" (Addison-Wesley, 1977), section 2E. With `k = 1.5` about 0.7 % of a normal sample
/// lies outside; `k = 3` marks what Tukey called "far out". Quartiles interpolate linearly (Hyndman and Fan's definition
/// 7, numpy's default) where Tukey used hinges: for small samples the fences may differ slightly. It needs no symmetry,
/// so it suits skewed metrics better than a z-score; it tells nothing about how unusual a value inside the fences is.
/// Where the floor exceeds the interquartile range it takes its place in fences and unit alike, so that a flat reference
/// neither divides by zero nor flags the smallest rounding. O(n) expected to fit, O(1) a score; no unit.
///
/// # Options
/// * `k`: 1.5, Tukey's inner fence.
/// * `floor`: [`Floor::default`]; [`Floor::None`] is as published (outside a flat reference the score is infinite).
///
/// ```
/// use etiology_detect::{Detector, IqrFences};
/// use etiology_stats::Scratch;
/// let fitted = IqrFences::default().fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &mut Scratch::new())?; // fences -1 and 7
/// assert_eq!((fitted.score(7.0), fitted.score(9.0), fitted.score(-2.0)), (0.0, 1.0, -0.5));
/// # Ok::<(), etiology_detect::DetectError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IqrFences {
    k: f64,
    floor: Floor,
}

impl Default for IqrFences {
    fn default() -> Self {
        Self { k: 1.5, floor: Floor::default() }
    }
}

impl IqrFences {
    const NAME: &'static str = "iqr-fences";

    /// Distance of the fences from the quartiles, in interquartile ranges.
    ///
    /// # Errors
    /// [`DetectError::Option`] when it is negative or not finite.
    pub fn k(mut self, k: f64) -> Result<Self, DetectError> {
        self.k = positive("IQR fence factor k", k)?;
        Ok(self)
    }

    /// What the interquartile range is not allowed to fall below.
    #[must_use]
    pub fn floor(mut self, floor: Floor) -> Self {
        self.floor = floor;
        self
    }
}

impl Detector for IqrFences {
    fn card(&self) -> DetectorCard {
        DetectorCard {
            name: Self::NAME,
            summary: "distance outside the fences q1 - k iqr and q3 + k iqr, in interquartile ranges",
            cites: &["Tukey, Exploratory Data Analysis, 1977, section 2E"],
            threshold: 0.0,
            needs: 1,
        }
    }

    fn fit(&self, reference: &[f64], scratch: &mut Scratch) -> Result<Box<dyn Fitted>, DetectError> {
        let how = (Center::Median, Spread::Iqr);
        let fit = fit_location_scale(Self::NAME, reference, how, self.floor, scratch)?;
        let (q1, q3) =
            quartiles(reference, scratch).map_or((fit.location, fit.location), |found| (found.q1, found.q3));
        let fence = |at: f64| LocationScale { location: at.clamp(f64::MIN, f64::MAX), ..fit };
        Ok(Box::new(Fences { low: fence(q1 - self.k * fit.scale), high: fence(q3 + self.k * fit.scale) }))
    }
}

/// The two fences, each as the origin of a scale in interquartile ranges.
#[derive(Debug)]
struct Fences {
    low: LocationScale,
    high: LocationScale,
}

impl Fitted for Fences {
    fn score(&self, value: f64) -> f64 {
        if value > self.high.location {
            self.high.standardize(value)
        } else if value < self.low.location {
            self.low.standardize(value)
        } else {
            0.0
        }
    }
}
