#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::float_cmp))] // known answers are exact

mod detection;
mod detector;
mod detectors;
mod error;
mod onset;
#[cfg(test)]
mod testing;

pub use detection::{DetectOptions, Detection, DetectorResult, Direction, MetricDetection, detect};
pub use detector::{Detector, DetectorCard, Fitted, detectors, find, flagged_rows, score_rows};
pub use detectors::{IqrFences, ModifiedZScore, ZScore};
pub use error::DetectError;
pub use onset::{OnsetEstimate, OnsetEstimator, OnsetParams, OnsetVerdict, Shape, Support};
