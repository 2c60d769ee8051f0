//! One metric made ready for change-point analysis: gaps closed, unit removed, isolated spikes cut.
//!
//! Values are centred at the median and divided by the scaled MAD of the whole series, which a change of level enlarges
//! but cannot make useless. Then they are winsorised, in two steps, because an outage of one row and a lasting
//! change of the same height must not weigh the same: a value beyond 4 spreads is cut to the median of the five
//! rows around it if that lies beyond 4 spreads too, else to 4. A median of five keeps any excursion of three rows
//! or more at its place and height, and removes any of one or two (Tukey, 1977, section 7A).

use etiology_frame::Column;
use etiology_stats::{MAD_TO_SIGMA, Scratch, mad_about, median};

/// Ordinary values lie within this many spreads.
const ORDINARY: f64 = 4.0;
/// No value counts for more than this many spreads: 12 for three rows is beyond any doubt.
const LARGEST: f64 = 12.0;
/// What a typical excursion of a metric that mostly stands still counts for: with a variance of 1 it then adds about as
/// much evidence as the likelihood of a rare yes among many noes does, for rates between 2 and 20 %.
const EXCURSION: f64 = 2.5;
/// No excursion of such a metric counts for much more than a typical one: that it moved is the news.
const LARGEST_EXCURSION: f64 = 3.0;
/// Beyond this, differences and squares could overflow; the values are rescaled first.
const HUGE: f64 = 1e150;
/// Spreads below this fraction of the location are rounding noise.
const ROUNDING: f64 = 1e-9;

/// A cleaned series and where its values stood.
#[derive(Debug, Default)]
pub(crate) struct Series {
    /// Cleaned values in robust spreads.
    pub(crate) values: Vec<f64>,
    /// Frame row of each value; negative rows would be the reference, which is why those are counted apart.
    pub(crate) rows: Vec<usize>,
    /// How many leading values come from the reference.
    pub(crate) reference: usize,
    /// The smallest variance of a residual to believe, in squared spreads.
    pub(crate) variance_floor: f64,
    raw: Vec<f64>,
}

/// Why a series cannot be analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    AllNull,
    Constant,
    TooFew(usize),
}

impl Series {
    /// Loads the finite values of the reference, if any, and then of the frame.
    pub(crate) fn load(
        &mut self,
        reference: Option<Column<'_>>,
        column: Column<'_>,
        needed: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Unusable> {
        self.raw.clear();
        self.rows.clear();
        if let Some(reference) = reference {
            reference.finite_into(&mut self.raw);
        }
        self.reference = self.raw.len();
        self.rows.resize(self.reference, 0);
        for (row, value) in column.finite_rows() {
            self.rows.push(row);
            self.raw.push(value);
        }
        if self.raw.len() == self.reference {
            return Err(Unusable::AllNull);
        }
        if self.raw.len() < needed {
            return Err(Unusable::TooFew(self.raw.len()));
        }
        self.standardize(scratch)
    }

    fn standardize(&mut self, scratch: &mut Scratch) -> Result<(), Unusable> {
        let largest = self.raw.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if largest > HUGE {
            self.raw.iter_mut().for_each(|value| *value /= largest);
        }
        let centre = median(&self.raw, scratch).ok_or(Unusable::AllNull)?;
        let spread = MAD_TO_SIGMA * mad_about(&self.raw, centre, scratch).ok_or(Unusable::AllNull)?;
        let smallest = ROUNDING * centre.abs();
        let scale = if spread > smallest {
            // A residual variance under a quarter of the series' own means a change that needs no finer resolution.
            self.variance_floor = 0.25;
            spread
        } else {
            self.variance_floor = 1.0;
            self.unusual_scale(centre, smallest, scratch).ok_or(Unusable::Constant)?
        };
        self.values.clear();
        self.values.extend(self.raw.iter().map(|value| ((value - centre) / scale).clamp(-1e9, 1e9)));
        if spread > smallest {
            self.cut_spikes();
        } else {
            let cut = |value: &mut f64| *value = value.clamp(-LARGEST_EXCURSION, LARGEST_EXCURSION);
            self.values.iter_mut().for_each(cut);
        }
        Ok(())
    }

    /// The scale of a metric that stands still more than half of the time: its typical excursion counts as
    /// [`EXCURSION`] spreads.
    fn unusual_scale(&mut self, centre: f64, smallest: f64, scratch: &mut Scratch) -> Option<f64> {
        self.values.clear();
        let deviations = self.raw.iter().map(|value| (value - centre).abs());
        self.values.extend(deviations.filter(|&deviation| deviation > smallest));
        median(&self.values, scratch).map(|typical| typical / EXCURSION).filter(|&scale| scale > 0.0)
    }

    fn cut_spikes(&mut self) {
        // The raw copy is no longer needed in its own unit: it now holds what the medians look at.
        self.raw.clone_from(&self.values);
        for (at, value) in self.values.iter_mut().enumerate() {
            if value.abs() > ORDINARY {
                let around = median_of_five(&self.raw, at);
                *value = value.clamp(around.min(-ORDINARY), around.max(ORDINARY)).clamp(-LARGEST, LARGEST);
            }
        }
    }
}

/// The median of the five values around `at`, the window being moved inside at the ends.
fn median_of_five(values: &[f64], at: usize) -> f64 {
    let first = at.saturating_sub(2).min(values.len().saturating_sub(5));
    let mut window = [0.0; 5];
    for (slot, value) in window.iter_mut().zip(values.iter().skip(first)) {
        *slot = *value;
    }
    window.sort_unstable_by(f64::total_cmp);
    window[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use etiology_frame::{Clock, FrameBuilder, Metric, MetricFrame};

    fn frame(values: &[Option<f64>]) -> MetricFrame {
        let ticks = (0..).take(values.len()).collect();
        FrameBuilder::new(Clock::Step, ticks)
            .column(Metric::new("x"), values.iter().copied())
            .build()
            .unwrap()
            .0
    }

    fn load(values: &[Option<f64>]) -> Result<Series, Unusable> {
        let mut series = Series::default();
        let frame = frame(values);
        series.load(None, frame.column(0).unwrap(), 8, &mut Scratch::new()).map(|()| series)
    }

    fn noise(at: usize) -> f64 {
        [0.3, -1.1, 0.7, 0.1, -0.4, 1.2, -0.8][at % 7]
    }

    #[test]
    fn a_spike_is_cut_and_a_lasting_change_is_kept() {
        let one: Vec<_> = (0..60).map(|t| Some(if t == 30 { 1e6 } else { noise(t) })).collect();
        assert_eq!(load(&one).unwrap().values[30], ORDINARY);
        let two: Vec<_> = (0..60).map(|t| Some(if t == 30 || t == 31 { 1e6 } else { noise(t) })).collect();
        assert_eq!(load(&two).unwrap().values[31], ORDINARY);
        let last_three: Vec<_> = (0..60).map(|t| Some(if t >= 57 { 1e6 } else { noise(t) })).collect();
        assert_eq!(load(&last_three).unwrap().values[57..], [LARGEST; 3]);
    }

    #[test]
    fn a_metric_that_mostly_stands_still_keeps_a_finite_scale() {
        let values: Vec<_> = (0..60).map(|t| Some(if t >= 50 { 6.0 } else { 0.0 })).collect();
        let series = load(&values).unwrap();
        assert_eq!((series.values[0], series.values[59], series.variance_floor), (0.0, 2.5, 1.0));
    }

    #[test]
    fn what_cannot_be_analysed_is_said() {
        assert_eq!(load(&[None; 20]).unwrap_err(), Unusable::AllNull);
        assert_eq!(load(&[Some(3.0); 20]).unwrap_err(), Unusable::Constant);
        assert_eq!(load(&[Some(3.0), None, Some(4.0)]).unwrap_err(), Unusable::TooFew(2));
        let rounding: Vec<_> = (0..40).map(|t| Some(if t > 20 { 0.3 } else { 0.1 + 0.2 })).collect();
        assert_eq!(load(&rounding).unwrap_err(), Unusable::Constant);
    }

    #[test]
    fn gaps_close_and_huge_values_do_not_overflow() {
        let values: Vec<_> =
            (0..60).map(|t| (t % 3 != 1).then(|| 1e308 * if t % 2 == 0 { 1.0 } else { -1.0 })).collect();
        let series = load(&values).unwrap();
        assert_eq!(series.rows[..4], [0, 2, 3, 5]);
        assert!(series.values.iter().all(|v| v.is_finite()));
    }
}
