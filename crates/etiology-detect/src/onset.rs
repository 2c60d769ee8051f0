//! When did it begin? The onset of an incident that nobody dated, with an interval, or the answer that there is none.
//!
//! Every metric is cleaned ([`series`]), described by a straight line and by the line with one step, ramp or bump
//! ([`shapes`]), and the improvement is weighed against its autocorrelation ([`noise`], [`evidence`]). Two questions are then
//! answered across metrics, by different means because they need different assumptions ([`combine`]): *is there an
//! incident?* from the metrics' p-values, whatever their dependence; and *when?* from the sum of their
//! likelihood profiles over all rows, each taken as a mixture of "began here" and "took no part".

mod combine;
mod estimate;
mod evidence;
mod noise;
mod series;
mod shapes;

pub use estimate::{OnsetEstimate, OnsetVerdict, Support};
pub use shapes::Shape;

use etiology_frame::{Column, MetricFrame, Omission, Reason};
use etiology_stats::Scratch;

use crate::DetectError;
use combine::{Contribution, Profile, cauchy_combination};
use estimate::Finding;
use evidence::judge;
use series::{Series, Unusable};
use shapes::Shapes;

/// Estimates when an incident began.
///
/// # Method
/// Per metric, a likelihood-ratio test for at most one change against a straight line with autocorrelated noise (Hinkley,
/// "Inference about the Change-Point in a Sequence of Random Variables", Biometrika, 1970; Csorgo and Horvath, "Limit
/// Theorems in Change-Point Analysis", 1997), where the change is a step, a ramp (a leak) or a bump (an incident that
/// ended; its onset is the first of its two changes). The p-values are joined by the Cauchy combination (Liu and Xie,
/// Journal of the American Statistical Association, 2020), which holds under dependence: metrics that swing together with
/// the load are not taken for independent witnesses. The time is the maximum of the mixture profile
/// `sum_j ln(1 - w_j + w_j LR_j(row))` (Xie and Siegmund, "Sequential Multi-Sensor Change-Point Detection", Annals
/// of Statistics, 2013), where `w_j` is `1 - d p_j` for `d` metrics, at least 0.1 (0.5 for a symptom) and at most 0.9. The interval is the hull of the
/// most likely rows that together hold `level` of the profile's mass (Cobb, "The Problem of the Nile", Biometrika, 1978).
///
/// # Options
/// * `alpha`: 0.05, the chance that a quiet frame is said to hold an incident.
/// * `level`: 0.95, the interval's.
/// * `min_rows`: 3, the shortest incident, and the shortest quiet stretch before it. Shorter excursions are spikes.
///
/// # Assumptions and limits
/// Rows are taken as equally spaced and gaps as absent, so the time between two rows does not matter. One incident a
/// frame: of several, the strongest is found. Noise may be autocorrelated with any coefficient up to about 0.95 and heavy
/// tailed; a healthy metric may drift along a line, not along a curve (a loss that levels off is a change to this
/// method). A reference is put before the frame, metric by metric, and raises the power much. Recordings made
/// apart differ in level for innocent reasons too, so metrics that differ from the reference right from the frame's first
/// row count only when nothing changes later, and the verdict is then [`OnsetVerdict::AtStart`]. Without a reference a frame of fewer
/// than about 20 rows rarely shows anything, since a wandering metric cannot be told from a changed one. The onset is the
/// first row that changed; a ramp is dated when it has left the noise, a few rows late, and the interval says so.
///
/// # Complexity
/// `O(rows x metrics)` time, `O(rows)` memory.
///
/// ```
/// use etiology_detect::{OnsetEstimator, OnsetVerdict};
/// use etiology_frame::{Clock, FrameBuilder, Metric, Time};
/// let noise = |t: i64| [0.2, -0.9, 1.1, -0.3, 0.6, -1.2, 0.5][(t * t % 7) as usize];
/// let latency = (0..100).map(|t| Some(noise(t) + if t < 70 { 20.0 } else { 30.0 }));
/// let (frame, _) = FrameBuilder::new(Clock::Step, (0..100).collect()).column(Metric::new("latency"), latency).build()?;
/// let onset = OnsetEstimator::params().build()?.estimate(&frame, None, &[])?;
/// assert_eq!((onset.verdict, onset.time), (OnsetVerdict::Found, Time(70)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnsetEstimator {
    params: OnsetParams,
}

/// Options of an [`OnsetEstimator`], not yet checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnsetParams {
    alpha: f64,
    level: f64,
    min_rows: usize,
}

impl OnsetParams {
    /// The chance that a quiet frame is said to hold an incident; 0.05 by default.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The level of the interval; 0.95 by default.
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// The shortest incident, and the shortest quiet stretch before it, in rows; 3 by default.
    #[must_use]
    pub fn min_rows(mut self, rows: usize) -> Self {
        self.min_rows = rows;
        self
    }

    /// Checks the options.
    ///
    /// # Errors
    /// [`DetectError::Option`] when one is out of its range.
    pub fn build(self) -> Result<OnsetEstimator, DetectError> {
        for (option, value) in [("onset alpha", self.alpha), ("onset level", self.level)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(DetectError::Option {
                    option,
                    value,
                    expected: "between 0 and 1, both excluded",
                });
            }
        }
        if self.min_rows < 3 {
            let (option, value) = ("onset min_rows", self.min_rows as f64);
            return Err(DetectError::Option {
                option,
                value,
                expected: "at least 3, as shorter ones are spikes",
            });
        }
        Ok(OnsetEstimator { params: self })
    }
}

/// Least weight of a symptom in the profile: as likely as not it changed with the onset.
const SYMPTOM_WEIGHT: f64 = 0.5;
/// Least weight of any other metric; the result hardly depends on it (Xie and Siegmund, 2013, section 4).
const OTHER_WEIGHT: f64 = 0.1;
/// However clearly a metric changed, it may have changed at another time than the rest.
const LARGEST_WEIGHT: f64 = 0.9;
/// A metric that noise alone explains this well has no say in when it began.
const SCREEN: f64 = 0.05;

impl OnsetEstimator {
    /// The fewest rows, reference included, of a frame.
    pub const MIN_ROWS: usize = 8;

    /// The default options.
    #[must_use]
    pub fn params() -> OnsetParams {
        OnsetParams { alpha: 0.05, level: 0.95, min_rows: 3 }
    }

    /// Finds when `frame` left its normal behaviour. `reference` is normal behaviour recorded apart, matched by name;
    /// `symptoms` are positions of metrics that somebody complained about: together they weigh as much as all
    /// other metrics in whether there is an incident, and each weighs more in when it began.
    ///
    /// A frame without an incident is not an error: see [`OnsetEstimate::verdict`].
    ///
    /// # Errors
    /// [`DetectError::TooFewRows`] below [`OnsetEstimator::MIN_ROWS`], [`DetectError::Symptom`] when a symptom is no
    /// column, [`DetectError::Frame`] when frame and reference count time differently.
    pub fn estimate(
        &self,
        frame: &MetricFrame,
        reference: Option<&MetricFrame>,
        symptoms: &[usize],
    ) -> Result<OnsetEstimate, DetectError> {
        self.check(frame, reference, symptoms)?;
        let mut work = Workspace::default();
        let (mut inside, mut everywhere) = (Profile::new(frame.rows()), Profile::new(frame.rows()));
        let (mut findings, mut left_out) = (Vec::<Finding>::new(), Vec::new());
        for (index, column) in frame.columns().enumerate() {
            match self.examine(&mut work, column, reference, index) {
                Err(why) => left_out.push(Omission::new(column.name(), why)),
                Ok(finding) => {
                    let symptom = symptoms.contains(&index);
                    if symptom || finding.evidence.p_value <= SCREEN {
                        let weight = weight(symptom, finding.evidence.p_value, frame.width());
                        let contribution = Contribution::new(&finding.evidence, &work.shapes, &work.series);
                        everywhere.add(&contribution, weight);
                        if !finding.at_seam {
                            inside.add(&contribution, weight);
                        }
                    }
                    findings.push(finding);
                }
            }
        }
        if everywhere.is_empty() {
            self.add_strongest(&mut everywhere, &mut work, frame, reference, &findings);
        }
        let p_inside =
            cauchy_combination(&findings, symptoms, |f| if f.at_seam { 1.0 } else { f.evidence.p_value });
        let p_anywhere = cauchy_combination(&findings, symptoms, |f| f.evidence.p_value);
        let (verdict, p_value, profile) = if p_inside <= self.params.alpha {
            (OnsetVerdict::Found, p_inside, &inside)
        } else if p_anywhere <= self.params.alpha && findings.iter().any(|f| f.at_seam) {
            (OnsetVerdict::AtStart, p_anywhere, &everywhere)
        } else if p_anywhere <= self.params.alpha {
            (OnsetVerdict::Found, p_anywhere, &everywhere)
        } else {
            (OnsetVerdict::NotFound, p_anywhere, &everywhere)
        };
        Ok(estimate::assemble(frame, profile, self.params.level, p_value, verdict, &findings, left_out))
    }

    /// When nothing stands out the strongest metric still says where an onset would be.
    fn add_strongest(
        &self,
        profile: &mut Profile,
        work: &mut Workspace,
        frame: &MetricFrame,
        reference: Option<&MetricFrame>,
        findings: &[Finding],
    ) {
        let strongest = findings.iter().min_by(|a, b| {
            let name = |finding: &Finding| frame.metrics().get(finding.index).map(|metric| &metric.name);
            a.evidence.p_value.total_cmp(&b.evidence.p_value).then_with(|| name(a).cmp(&name(b)))
        });
        if let Some(&Finding { index, .. }) = strongest
            && let Some(column) = frame.column(index)
            && let Ok(finding) = self.examine(work, column, reference, index)
        {
            profile.add(&Contribution::new(&finding.evidence, &work.shapes, &work.series), LARGEST_WEIGHT);
        }
    }

    fn check(
        &self,
        frame: &MetricFrame,
        reference: Option<&MetricFrame>,
        symptoms: &[usize],
    ) -> Result<(), DetectError> {
        if reference.is_some_and(|reference| reference.clock() != frame.clock()) {
            return Err(etiology_frame::FrameError::Clock.into());
        }
        let width = frame.width();
        if let Some(&index) = symptoms.iter().find(|&&index| index >= width) {
            return Err(DetectError::Symptom { index, width });
        }
        if frame.rows() == 0 {
            return Err(DetectError::Empty { window: "incident" });
        }
        let found = frame.rows() + reference.map_or(0, MetricFrame::rows);
        if found < Self::MIN_ROWS {
            return Err(DetectError::TooFewRows { found, needed: Self::MIN_ROWS });
        }
        Ok(())
    }

    fn examine(
        &self,
        work: &mut Workspace,
        column: Column<'_>,
        reference: Option<&MetricFrame>,
        index: usize,
    ) -> Result<Finding, Reason> {
        let before = reference.and_then(|reference| reference.column_named(column.name()));
        let min_rows = self.params.min_rows;
        let needed = Self::MIN_ROWS.max(2 * min_rows);
        work.series.load(before, column, needed, &mut work.scratch).map_err(|unusable| match unusable {
            Unusable::AllNull => Reason::AllNull,
            Unusable::Constant => Reason::Constant,
            Unusable::TooFew(found) => Reason::TooFew { window: "incident", found, needed },
        })?;
        let evidence = judge(&work.series, &mut work.shapes, &mut work.rest, min_rows);
        Ok(Finding::new(index, evidence, &work.series))
    }
}

/// The prior weight of "this metric changed with the onset": one minus the number of metrics that noise alone would
/// make look like this, within bounds.
fn weight(symptom: bool, p_value: f64, width: usize) -> f64 {
    let least = if symptom { SYMPTOM_WEIGHT } else { OTHER_WEIGHT };
    (1.0 - p_value * width as f64).clamp(least, LARGEST_WEIGHT)
}

/// Buffers that all metrics share.
#[derive(Debug, Default)]
struct Workspace {
    series: Series,
    shapes: Shapes,
    rest: Vec<f64>,
    scratch: Scratch,
}

#[cfg(test)]
mod tests;
