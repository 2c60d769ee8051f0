//! The modes by frequency: Geweke's measure over a band, and the test of Breitung and Candelon at one frequency.

use rayon::prelude::*;

use super::Analysis;
use super::groups::surest_lag;
use super::rows::{Judged, from_tests, ordered_pairs};
use crate::{
    Findings, GrangerError, Series, SpectralBootstrap, SpectralGranger, Trend, Untestable, Var, VarProcess,
    breitung_candelon,
};

/// Frequencies of a band that are tested together.
const TESTED: usize = 9;
/// Half the steps over a band whose mean is the strength.
const HALF_STEPS: usize = 64;

/// The mean of the measure over the band, and a test of the largest value in it.
pub(super) fn spectral(analysis: &Analysis, series: &Series) -> Result<Findings, GrangerError> {
    let (low, high) = analysis.band;
    let var = Var::from_series(series, analysis.max_lag, Trend::Constant)?;
    let process = VarProcess::of(&var)?;
    let step = (high - low) / (TESTED - 1) as f64;
    let frequencies: Vec<f64> = (0..TESTED).map(|at| (low + step * at as f64).min(high)).collect();
    let bootstrap = SpectralBootstrap::new(analysis.max_lag, frequencies)
        .with_resamples(analysis.resamples)
        .with_seed(analysis.seed);
    let pairs: Vec<(usize, usize)> = ordered_pairs(series.width()).collect();
    let judged: Result<Vec<Judged>, GrangerError> = pairs
        .par_iter()
        .map(|&(cause, effect)| {
            let given: Vec<usize> = (0..series.width()).filter(|&at| at != cause && at != effect).collect();
            let measure = SpectralGranger::new(&process, &[cause], &[effect], &given)?;
            Ok(Judged {
                lag: surest_lag(&var, &[cause], &[effect]),
                strength: Some(measure.band(low, high, HALF_STEPS)?),
                test: bootstrap
                    .test(series, cause, effect)
                    .map(|test| test.largest)
                    .map_err(|error| Untestable::Other { why: error.to_string() }),
            })
        })
        .collect();
    let read = format!(
        "order {}, given all other series, {low} to {high} cycles a row, {} resamples, level {}; the strength is the mean of \
         Geweke's measure over the band, the statistic its largest value",
        analysis.max_lag, analysis.resamples, analysis.alpha
    );
    from_tests(analysis, read, var.rows(), series.nodes(), judged?, series)
}

/// The F test at the frequency.
pub(super) fn at_one(analysis: &Analysis, series: &Series) -> Result<Findings, GrangerError> {
    let var = Var::from_series(series, analysis.max_lag, Trend::Constant)?;
    let judged = ordered_pairs(series.width())
        .map(|(cause, effect)| {
            let lag = surest_lag(&var, &[cause], &[effect]);
            Judged {
                lag,
                strength: Some(var.coefficient(cause, effect, lag.rows())),
                test: breitung_candelon(&var, cause, effect, analysis.frequency)
                    .map_err(|error| Untestable::Other { why: error.to_string() }),
            }
        })
        .collect();
    let read = format!(
        "order {}, given all other series, at {} cycles a row, level {}",
        analysis.max_lag, analysis.frequency, analysis.alpha
    );
    from_tests(analysis, read, var.rows(), series.nodes(), judged, series)
}
