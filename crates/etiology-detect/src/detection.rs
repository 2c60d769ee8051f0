//! Anomalies of a whole frame: one row a metric, every detector, one calibrated p-value.
//!
//! Each metric's detectors learn from the normal window and score the anomalous one. The first detector is the one that
//! ranks: its largest score is turned into a p-value by the tail of the same metric's own normal scores
//! ([`TailCalibration`]), so that a metric which is wild by nature has to do more than a tame one; over all metrics the
//! p-values are adjusted by Benjamini and Hochberg. Where a metric changed, rather than how far it went, is answered by the
//! change-point test of [`OnsetEstimator`] on the two windows joined.

use std::collections::BTreeMap;

use etiology_frame::{Clock, Column, MetricFrame, Omission, Reason, Time};
use etiology_stats::{Scratch, StatsError, TailCalibration, TailOptions, benjamini_hochberg};
use serde::{Serialize, Serializer};

use crate::detector::known_names;
use crate::{DetectError, Detector, OnsetEstimator, detectors, find};

/// What [`detect`] does.
#[derive(Debug)]
pub struct DetectOptions {
    detectors: Vec<Box<dyn Detector>>,
    min_reference: usize,
    change_alpha: f64,
}

impl Default for DetectOptions {
    /// All of [`detectors`], the modified z-score first; at least 10 reference values; change points at 1 %.
    fn default() -> Self {
        Self { detectors: detectors(), min_reference: TailCalibration::MIN_REFERENCE, change_alpha: 0.01 }
    }
}

impl DetectOptions {
    /// Uses the detectors of these names, with their defaults; the first ranks.
    ///
    /// # Errors
    /// [`DetectError::NoDetector`] for a name that is not known, [`DetectError::NoDetectors`] without names.
    pub fn named(names: &[impl AsRef<str>]) -> Result<Self, DetectError> {
        let chosen = names.iter().map(|name| find(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        Self::default().detectors(chosen)
    }

    /// Uses these detectors; the first ranks.
    ///
    /// # Errors
    /// [`DetectError::NoDetectors`] when there is none.
    pub fn detectors(mut self, detectors: Vec<Box<dyn Detector>>) -> Result<Self, DetectError> {
        if detectors.is_empty() {
            return Err(DetectError::NoDetectors { known: known_names() });
        }
        self.detectors = detectors;
        Ok(self)
    }

    /// The fewest finite values of a metric in the normal window; 10 by default, which is also the least.
    #[must_use]
    pub fn min_reference(mut self, values: usize) -> Self {
        self.min_reference = values.max(TailCalibration::MIN_REFERENCE);
        self
    }

    /// The level at which a metric's change point is reported, for each metric by itself; 0.01 by default.
    ///
    /// # Errors
    /// [`DetectError::Option`] when it is not between 0 and 1.
    pub fn change_alpha(mut self, alpha: f64) -> Result<Self, DetectError> {
        if !(alpha > 0.0 && alpha < 1.0) {
            let expected = "between 0 and 1, both excluded";
            return Err(DetectError::Option { option: "change-point alpha", value: alpha, expected });
        }
        self.change_alpha = alpha;
        Ok(self)
    }
}

/// The side on which a metric left its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Above.
    Up,
    /// Below.
    Down,
    /// It did not leave it.
    None,
}

/// What one detector says about one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectorResult {
    /// The largest score of the anomalous window, in size and with its sign.
    pub score: f64,
    /// The time of that score.
    pub at: Time,
    /// The first time at which the threshold was passed.
    pub first_flagged: Option<Time>,
    /// Share of the anomalous window's values that pass it.
    pub flagged: f64,
}

/// What is known of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricDetection {
    /// The metric.
    pub metric: String,
    /// The size of the first detector's largest score.
    pub score: f64,
    /// The chance that a quiet window as long as the anomalous one reaches it.
    pub p_value: f64,
    /// [`MetricDetection::p_value`], adjusted over all metrics (Benjamini and Hochberg).
    pub q_value: f64,
    /// The side of that score.
    pub direction: Direction,
    /// When the metric changed and, if it did, came back.
    pub change_points: Vec<Time>,
    /// Every detector's own result, by name.
    pub detectors: BTreeMap<&'static str, DetectorResult>,
}

/// The anomalies of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// One entry a metric, in column order.
    pub metrics: Vec<MetricDetection>,
    /// Metrics that could not be judged.
    pub left_out: Vec<Omission>,
    /// What the times count.
    pub clock: Clock,
}

impl Detection {
    /// The metrics whose adjusted p-value is at most `level`, smallest first, ties by larger score and then by name.
    #[must_use]
    pub fn anomalous(&self, level: f64) -> Vec<&MetricDetection> {
        let mut found: Vec<&MetricDetection> = self.metrics.iter().filter(|m| m.q_value <= level).collect();
        found.sort_by(|a, b| {
            let by_p = a.p_value.total_cmp(&b.p_value);
            by_p.then(b.score.total_cmp(&a.score)).then_with(|| a.metric.cmp(&b.metric))
        });
        found
    }
}

/// Scores every metric of `anomalous` against the same metric of `normal`. Both have the same metrics in the same order,
/// as [`Incident::windows`](etiology_frame::Incident::windows) makes them. `O(rows x metrics)`.
///
/// A metric that was flat and moved is scored (the detectors' floor keeps the score finite); one that was flat and stayed
/// is left out as constant, as is one with too few values on either side. Infinite values are passed over.
///
/// # Errors
/// [`DetectError::Columns`] when the windows' metrics differ, [`DetectError::Empty`] when a window has no rows,
/// [`DetectError::Frame`] when they count time differently.
pub fn detect(
    normal: &MetricFrame,
    anomalous: &MetricFrame,
    options: &DetectOptions,
) -> Result<Detection, DetectError> {
    check(normal, anomalous)?;
    let mut work = Work::new(options)?;
    let (mut metrics, mut left_out) = (Vec::new(), Vec::new());
    for (before, after) in normal.columns().zip(anomalous.columns()) {
        match work.metric(before, after, anomalous) {
            Ok(found) => metrics.push(found),
            Err(why) => left_out.push(Omission::new(after.name(), why)),
        }
    }
    let p_values: Vec<f64> = metrics.iter().map(|m| m.p_value).collect();
    if let Ok(adjusted) = benjamini_hochberg(&p_values) {
        metrics.iter_mut().zip(adjusted).for_each(|(metric, q)| metric.q_value = q);
    }
    let mut detection = Detection { metrics, left_out, clock: anomalous.clock() };
    work.change_points(normal, anomalous, &mut detection);
    Ok(detection)
}

fn check(normal: &MetricFrame, anomalous: &MetricFrame) -> Result<(), DetectError> {
    if normal.clock() != anomalous.clock() {
        return Err(etiology_frame::FrameError::Clock.into());
    }
    let name = |frame: &MetricFrame, index: usize| {
        frame.metrics().get(index).map_or_else(|| "absent".to_owned(), |metric| format!("`{}`", metric.name))
    };
    let differs = |&index: &usize| name(normal, index) != name(anomalous, index);
    if let Some(index) = (0..normal.width().max(anomalous.width())).find(differs) {
        let (normal, anomalous) = (name(normal, index), name(anomalous, index));
        return Err(DetectError::Columns { index, normal, anomalous });
    }
    for (window, frame) in [("normal", normal), ("anomalous", anomalous)] {
        if frame.rows() == 0 {
            return Err(DetectError::Empty { window });
        }
    }
    Ok(())
}

/// Options and the buffers that all metrics share.
struct Work<'o> {
    options: &'o DetectOptions,
    changes: OnsetEstimator,
    scratch: Scratch,
    reference: Vec<f64>,
    sizes: Vec<f64>,
}

impl<'o> Work<'o> {
    fn new(options: &'o DetectOptions) -> Result<Self, DetectError> {
        let changes = OnsetEstimator::params().alpha(options.change_alpha).build()?;
        Ok(Self { options, changes, scratch: Scratch::new(), reference: Vec::new(), sizes: Vec::new() })
    }

    fn metric(
        &mut self,
        before: Column<'_>,
        after: Column<'_>,
        frame: &MetricFrame,
    ) -> Result<MetricDetection, Reason> {
        self.load(before, after)?;
        let mut results = BTreeMap::new();
        let mut ranking: Option<(f64, f64)> = None;
        for detector in &self.options.detectors {
            let card = detector.card();
            let unusable = |error: DetectError| Reason::NotUsed { because: error.to_string() };
            let fitted = detector.fit(&self.reference, &mut self.scratch).map_err(unusable)?;
            let score = |value: f64| fitted.score(value);
            let Some(result) = summarize(after, frame, card.threshold, score) else {
                return Err(Reason::TooFew { window: "anomalous", found: 0, needed: 1 });
            };
            if ranking.is_none() {
                self.sizes.clear();
                self.sizes.extend(self.reference.iter().map(|&value| score(value).abs()));
                let p_value = tail_p_value(&self.sizes, after.len() - after.null_count(), result.score.abs());
                let because = |error: StatsError| Reason::NotUsed { because: error.to_string() };
                ranking = Some((result.score, p_value.map_err(because)?));
            }
            results.insert(card.name, result);
        }
        let (score, p_value) = ranking.unwrap_or((0.0, 1.0));
        Ok(MetricDetection {
            metric: after.name().to_owned(),
            score: score.abs(),
            p_value,
            q_value: p_value,
            direction: match score {
                s if s > 0.0 => Direction::Up,
                s if s < 0.0 => Direction::Down,
                _ => Direction::None,
            },
            change_points: Vec::new(),
            detectors: results,
        })
    }

    /// Fills the reference, or says why there is none.
    #[expect(clippy::float_cmp, reason = "constant means the same reading")]
    fn load(&mut self, before: Column<'_>, after: Column<'_>) -> Result<(), Reason> {
        self.reference.clear();
        before.finite_into(&mut self.reference);
        let mut later = after.finite();
        let (found, needed) = (self.reference.len(), self.options.min_reference);
        let first_later = later.next();
        match (self.reference.first(), first_later) {
            (None, None) => Err(Reason::AllNull),
            (None, _) => Err(Reason::Missing { window: "normal" }),
            (_, None) => Err(Reason::Missing { window: "anomalous" }),
            _ if found < needed => Err(Reason::TooFew { window: "normal", found, needed }),
            (Some(&level), Some(first)) => {
                let is_level = |value: f64| value == level;
                let flat = self.reference.iter().all(|&v| is_level(v)) && is_level(first);
                if flat && later.all(is_level) { Err(Reason::Constant) } else { Ok(()) }
            }
        }
    }

    /// Adds the change points of each metric, from the two windows joined.
    fn change_points(&self, normal: &MetricFrame, anomalous: &MetricFrame, detection: &mut Detection) {
        // Too few rows for a change point is no failure of the scores.
        let Ok(estimate) = self.changes.estimate(anomalous, Some(normal), &[]) else { return };
        let certain = estimate.supports.iter().filter(|support| support.p_value <= self.options.change_alpha);
        let changes: BTreeMap<&str, Vec<Time>> = certain
            .map(|s| (s.metric.as_str(), std::iter::once(s.time).chain(s.recovered).collect()))
            .collect();
        for metric in &mut detection.metrics {
            if let Some(times) = changes.get(metric.metric.as_str()) {
                metric.change_points.clone_from(times);
            }
        }
    }
}

/// The largest score, where it stands, and what passes the threshold; `None` without finite values.
fn summarize(
    column: Column<'_>,
    frame: &MetricFrame,
    threshold: f64,
    score: impl Fn(f64) -> f64,
) -> Option<DetectorResult> {
    let mut largest: Option<(usize, f64)> = None;
    let mut first_flagged = None;
    let (mut flagged, mut values) = (0.0, 0.0);
    for (row, value) in column.finite_rows() {
        let score = score(value);
        values += 1.0;
        if largest.is_none_or(|(_, most)| score.abs() > most.abs()) {
            largest = Some((row, score));
        }
        if score.abs() > threshold {
            flagged += 1.0;
            first_flagged = first_flagged.or(Some(row));
        }
    }
    let (row, score) = largest?;
    Some(DetectorResult {
        score,
        at: frame.time(row)?,
        first_flagged: first_flagged.and_then(|row| frame.time(row)),
        flagged: flagged / values,
    })
}

fn tail_p_value(reference: &[f64], window: usize, observed: f64) -> Result<f64, StatsError> {
    if observed == 0.0 {
        return Ok(1.0);
    }
    Ok(TailCalibration::fit(reference, window.max(1), &TailOptions::default())?.p_value(observed))
}

impl Serialize for Detection {
    /// The document of the `detect` command: times as text, one entry a metric.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |time: &Time| self.clock.format(*time);
        let detectors = |metric: &MetricDetection| {
            let written = metric.detectors.iter().map(|(&name, result)| {
                let first_flagged = result.first_flagged.as_ref().map(text);
                let DetectorResult { score, flagged, .. } = *result;
                (name, WrittenResult { score, at: text(&result.at), first_flagged, flagged })
            });
            written.collect()
        };
        let metrics = self.metrics.iter().map(|metric| WrittenMetric {
            metric: &metric.metric,
            score: metric.score,
            p_value: metric.p_value,
            q_value: metric.q_value,
            direction: metric.direction,
            change_points: metric.change_points.iter().map(text).collect(),
            detectors: detectors(metric),
        });
        Written { metrics: metrics.collect(), left_out: &self.left_out }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Written<'a> {
    metrics: Vec<WrittenMetric<'a>>,
    left_out: &'a [Omission],
}

#[derive(Serialize)]
struct WrittenMetric<'a> {
    metric: &'a str,
    score: f64,
    p_value: f64,
    q_value: f64,
    direction: Direction,
    change_points: Vec<String>,
    detectors: BTreeMap<&'static str, WrittenResult>,
}

#[derive(Serialize)]
struct WrittenResult {
    score: f64,
    at: String,
    first_flagged: Option<String>,
    flagged: f64,
}

#[cfg(test)]
mod tests;
