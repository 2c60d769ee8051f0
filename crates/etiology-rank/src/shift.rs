//! How far each metric of a case left its own normal range: the raw material of evidence and verdicts.
//!
//! Two questions are asked of every metric, and the smaller p-value counts, doubled for having asked twice. *Peak*: does a
//! quiet window of this length reach so far? This sees short excursions, but a window as long as the reference gives it
//! little to compare with. *Level*: is the median of the window unusual among the medians of short blocks of the
//! reference? A quiet window that is longer than a block has a median that varies less than theirs, so the answer is
//! conservative, and lasting shifts stand out however long they last.

use etiology_frame::{Column, Time};
use etiology_stats::{
    Center, Floor, LocationScale, Scratch, Spread, StatsError, TailCalibration, TailOptions,
    benjamini_hochberg, median,
};

use crate::{Case, RankError};

/// The reference is cut into about this many blocks for the level.
const LEVEL_BLOCKS: usize = 100;

/// Fewest normal values from which a shift is judged.
pub(crate) const MIN_NORMAL: usize = TailCalibration::MIN_REFERENCE;

/// One metric against its own reference.
#[derive(Debug, Clone)]
pub(crate) struct Shift {
    /// Position among [`Case::metrics`].
    pub(crate) index: usize,
    /// Normal median and floored interquartile range.
    pub(crate) normal: LocationScale,
    /// The anomalous value farthest from normal.
    pub(crate) peak: f64,
    /// The median of the anomalous window.
    pub(crate) after: f64,
    /// Distance of `peak` from normal in scales, signed.
    pub(crate) score: f64,
    /// Chance that a quiet window of this length reaches that far or settles there, uncorrected for other metrics.
    pub(crate) p_value: f64,
    /// The same, adjusted over all metrics of the case by Benjamini and Hochberg (1995).
    pub(crate) corrected: f64,
    /// When it first went farther than ever in the reference.
    pub(crate) departed: Option<Time>,
}

impl Shift {
    /// Whether the metric went beyond what references do by themselves. Of the metrics that pass, 5 % are false on average; when
    /// nothing happened, the chance that any passes is 5 %.
    pub(crate) fn is_significant(&self) -> bool {
        self.corrected <= 0.05
    }
}

/// The shift of every metric that has enough values, in column order. Metrics that were constant throughout do not
/// count among the comparisons. `O((n + a) d)`.
pub(crate) fn shifts(case: &Case<'_>) -> Result<Vec<Shift>, RankError> {
    let mut scratch = Scratch::new();
    let mut shifts: Vec<Shift> = Vec::new();
    for (index, (normal, anomalous)) in case.pairs().enumerate() {
        shifts.extend(shift_of(case, index, &normal, &anomalous, &mut scratch)?);
    }
    let p_values: Vec<f64> = shifts.iter().map(|shift| shift.p_value).collect();
    let corrected = benjamini_hochberg(&p_values)
        .map_err(|error| RankError::Statistic { metric: "all metrics".into(), message: error.to_string() })?;
    for (shift, corrected) in shifts.iter_mut().zip(corrected) {
        shift.corrected = corrected;
    }
    Ok(shifts)
}

fn shift_of(
    case: &Case<'_>,
    index: usize,
    normal: &Column<'_>,
    anomalous: &Column<'_>,
    scratch: &mut Scratch,
) -> Result<Option<Shift>, RankError> {
    let reference = normal.to_finite();
    let after = anomalous.to_finite();
    if reference.len() < MIN_NORMAL || after.is_empty() || constant_throughout(&reference, &after) {
        return Ok(None);
    }
    let failed = |error: StatsError| RankError::Statistic {
        metric: normal.name().to_owned(),
        message: error.to_string(),
    };
    let fit = LocationScale::fit(&reference, Center::Median, Spread::Iqr, Floor::default(), scratch)
        .map_err(failed)?;
    let quiet: Vec<f64> = reference.iter().map(|&value| fit.standardize(value).abs()).collect();
    let loudest_quiet = quiet.iter().copied().fold(0.0, f64::max);

    let mut peak = (0.0, fit.location);
    let mut departed = None;
    for (row, value) in anomalous.finite_rows() {
        let score = fit.standardize(value);
        if score.abs() > f64::abs(peak.0) {
            peak = (score, value);
        }
        if departed.is_none() && score.abs() > loudest_quiet {
            departed = case.anomalous().time(row);
        }
    }
    let after = median(&after, scratch).unwrap_or(peak.1);
    let p_value = p_value(&reference, &fit, &quiet, (anomalous.finite().count(), peak.0, after), scratch);
    Ok(Some(Shift {
        index,
        normal: fit,
        peak: peak.1,
        after,
        score: peak.0,
        p_value: p_value.map_err(failed)?,
        corrected: 1.0,
        departed,
    }))
}

/// The smaller of the peak's and the level's p-value, doubled. The window is given by its length, peak score and median.
fn p_value(
    reference: &[f64],
    fit: &LocationScale,
    quiet: &[f64],
    (length, peak, after): (usize, f64, f64),
    scratch: &mut Scratch,
) -> Result<f64, StatsError> {
    let of_peak = TailCalibration::fit(quiet, length, &TailOptions::default())?.p_value(peak.abs());
    let block = (reference.len() / LEVEL_BLOCKS).clamp(1, length);
    let levels: Vec<f64> = reference
        .chunks_exact(block)
        .filter_map(|rows| median(rows, scratch))
        .map(|level| fit.standardize(level).abs())
        .collect();
    let of_level =
        TailCalibration::fit(&levels, 1, &TailOptions::default())?.p_value(fit.standardize(after).abs());
    Ok((2.0 * of_peak.min(of_level)).min(1.0))
}

#[allow(clippy::float_cmp)] // constant means bitwise the same reading
fn constant_throughout(reference: &[f64], after: &[f64]) -> bool {
    let first = reference.first();
    reference.iter().chain(after).all(|value| Some(value) == first)
}
