//! Is a series stationary, and how often must it be differenced until it is?
//!
//! Two tests with opposite null hypotheses: [`Adf`] (a unit root) and [`Kpss`] (none). [`StationarityReport`] asks both of every series
//! and suggests an order of integration. Nothing is ever differenced on the way: that is [`Series::differenced`], when asked for.
//! Both read the longest run of rows without a gap or a missing value.

mod adf;
mod kpss;
mod mackinnon;
mod report;

use crate::Series;
pub use adf::{Adf, AdfLags, AdfTest, Deterministic};
pub use kpss::{Kpss, KpssLags, KpssTest, PBound};
pub use report::{SeriesStationarity, StationarityReport, Verdict};

/// The longest stretch of consecutive finite values, the first of equal ones.
fn longest_stretch(series: &Series, number: usize) -> &[f64] {
    let values = series.column(number);
    let (mut best, mut from) = (0..0, 0);
    for row in 0..=values.len() {
        let lost = values.get(row).is_none_or(|value| !value.is_finite());
        if lost || series.starts().binary_search(&row).is_ok() {
            if row - from > best.len() {
                best = from..row;
            }
            from = if lost { row + 1 } else { row };
        }
    }
    &values[best]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
