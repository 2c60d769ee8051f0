//! [`StationarityReport`]: both tests on every series, and how often each should be differenced.

use serde::Serialize;

use rayon::prelude::*;

use super::{Adf, AdfTest, Kpss, KpssTest, longest_stretch};
use crate::{GrangerError, Series, Untestable};

/// How the two tests read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A unit root is rejected, stationarity is not.
    Stationary,
    /// Stationarity is rejected, a unit root is not.
    UnitRoot,
    /// Both are rejected: neither a wandering nor a settled series; look for a trend or a break.
    Both,
    /// Neither is rejected: too little data to tell.
    Undecided,
    /// A test could not be made.
    Untested,
}

/// Both tests of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesStationarity {
    /// The series, by number.
    pub series: usize,
    /// That it has a unit root.
    pub adf: Result<AdfTest, Untestable>,
    /// That it has none.
    pub kpss: Result<KpssTest, Untestable>,
    /// The two together, at the level of the report.
    pub verdict: Verdict,
    /// Differences needed, from the top down (Dickey and Pantula, Journal of Business & Economic Statistics 5, 1987): 2 when ADF does
    /// not reject a unit root in the changes, else 1 when it does not in the series, else 0; 0 as well when it cannot be tested.
    pub integration: usize,
}

/// Stationarity of every series.
///
/// # Example
///
/// ```
/// use etiology_granger::{Nodes, Series, StationarityReport};
///
/// // A linear congruential generator for the steps.
/// let mut state = 5_u32;
/// let mut step = || { state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); f64::from(state >> 8) / 8_388_608.0 - 1.0 };
/// let walk: Vec<f64> = (0..200).scan(0.0, |level, _| { *level += step(); Some(*level) }).collect();
/// let series = Series::new(Nodes::new(["walk"])?, vec![walk])?;
/// let report = StationarityReport::new(&series, 0.05)?;
/// assert_eq!(report.max_integration(), 1);
/// let ready = series.differenced(&report.integrated(1), 1);
/// # assert_eq!(ready.rows(), 200);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StationarityReport {
    entries: Vec<SeriesStationarity>,
}

impl StationarityReport {
    /// Tests every series around a level, lags by AIC and from the data.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for a level outside (0, 1).
    pub fn new(series: &Series, alpha: f64) -> Result<Self, GrangerError> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(GrangerError::Parameter {
                parameter: "the level alpha",
                value: alpha,
                expected: "above 0 and below 1",
            });
        }
        let entries =
            (0..series.width()).into_par_iter().map(|number| entry(series, number, alpha)).collect();
        Ok(Self { entries })
    }

    /// One entry a series, in order.
    #[must_use]
    pub fn entries(&self) -> &[SeriesStationarity] {
        &self.entries
    }

    /// The largest order of integration suggested: the extra lags for
    /// [`GrangerScan::toda_yamamoto`](crate::GrangerScan::toda_yamamoto).
    #[must_use]
    pub fn max_integration(&self) -> usize {
        self.entries.iter().map(|entry| entry.integration).max().unwrap_or(0)
    }

    /// The series integrated of this order.
    #[must_use]
    pub fn integrated(&self, order: usize) -> Vec<usize> {
        self.entries.iter().filter(|entry| entry.integration == order).map(|entry| entry.series).collect()
    }
}

fn entry(series: &Series, number: usize, alpha: f64) -> SeriesStationarity {
    let name = series.nodes().name(number);
    let values = longest_stretch(series, number);
    let adf = Adf::new().test_values(values, name);
    let kpss = Kpss::new().test_values(values, name);
    let verdict = match (&adf, &kpss) {
        (Ok(adf), Ok(kpss)) => match (adf.p_value <= alpha, kpss.p_value <= alpha) {
            (true, false) => Verdict::Stationary,
            (false, true) => Verdict::UnitRoot,
            (true, true) => Verdict::Both,
            (false, false) => Verdict::Undecided,
        },
        _ => Verdict::Untested,
    };
    let wanders = |test: &Result<AdfTest, Untestable>| test.as_ref().is_ok_and(|test| test.p_value > alpha);
    let changes: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let integration =
        if wanders(&Adf::new().test_values(&changes, name)) { 2 } else { usize::from(wanders(&adf)) };
    SeriesStationarity { series: number, adf, kpss, verdict, integration }
}
