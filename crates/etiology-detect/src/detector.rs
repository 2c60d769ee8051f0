//! What a univariate detector is: it learns from the metric's own quiet past and then scores one value at a time.
//!
//! A score is signed: its size says how unusual the value is in the detector's own unit, its sign on which side of the
//! reference it lies. Scores of different detectors are not comparable with each other; a p-value from
//! [`detect`](crate::detect) is. [`detectors`] lists every detector with its defaults and [`find`] looks one up by name, so
//! that a command line and a benchmark need no list of their own.

use std::fmt;

use etiology_stats::Scratch;
use serde::Serialize;

use crate::{DetectError, IqrFences, ModifiedZScore, ZScore};

/// What a detector says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DetectorCard {
    /// The name used on command lines and in results.
    pub name: &'static str,
    /// One sentence: what the score is.
    pub summary: &'static str,
    /// The publications it implements.
    pub cites: &'static [&'static str],
    /// A value is flagged when the size of its score is greater than this.
    pub threshold: f64,
    /// The fewest reference values it learns from.
    pub needs: usize,
}

/// A univariate anomaly detector.
pub trait Detector: fmt::Debug + Send + Sync {
    /// Name, summary, citations and threshold.
    fn card(&self) -> DetectorCard;

    /// Learns from finite reference values in time order; `scratch` is working memory that calls may share.
    ///
    /// # Errors
    /// [`DetectError::Reference`] when there are too few values, or one is not finite.
    fn fit(&self, reference: &[f64], scratch: &mut Scratch) -> Result<Box<dyn Fitted>, DetectError>;
}

/// A detector that has seen its reference.
pub trait Fitted: fmt::Debug + Send + Sync {
    /// The signed score of one value: 0 is ordinary, positive lies above the reference and negative below.
    fn score(&self, value: f64) -> f64;
}

/// Every detector with its default options.
#[must_use]
pub fn detectors() -> Vec<Box<dyn Detector>> {
    vec![Box::new(ModifiedZScore::default()), Box::new(ZScore::default()), Box::new(IqrFences::default())]
}

/// The detector of this name with its default options.
///
/// # Errors
/// [`DetectError::NoDetector`], with the names that exist.
pub fn find(name: &str) -> Result<Box<dyn Detector>, DetectError> {
    detectors()
        .into_iter()
        .find(|detector| detector.card().name == name)
        .ok_or_else(|| DetectError::NoDetector { name: name.to_owned(), known: known_names() })
}

/// Scores every row of one metric: `None` where the value is missing.
#[must_use]
pub fn score_rows(fitted: &dyn Fitted, values: impl IntoIterator<Item = Option<f64>>) -> Vec<Option<f64>> {
    values.into_iter().map(|value| value.filter(|v| !v.is_nan()).map(|v| fitted.score(v))).collect()
}

/// The rows whose score is larger than `threshold` in size.
#[must_use]
pub fn flagged_rows(scores: &[Option<f64>], threshold: f64) -> Vec<usize> {
    let is_flagged = |score: &Option<f64>| score.is_some_and(|score| score.abs() > threshold);
    scores.iter().enumerate().filter(|(_, score)| is_flagged(score)).map(|(row, _)| row).collect()
}

pub(crate) fn known_names() -> String {
    let names: Vec<String> = detectors().iter().map(|d| format!("`{}`", d.card().name)).collect();
    names.join(", ")
}
