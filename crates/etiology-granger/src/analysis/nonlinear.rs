//! The modes that ask for independence, by a test of the user's choice, and transfer entropy.

use etiology_stats::{IndependenceTest, TestResult};
use rayon::prelude::*;

use super::rows::{Judged, from_lag_tests, from_tests, ordered_pairs};
use super::{Analysis, Mode};
use crate::{
    Correction, Findings, GrangerError, Lag, LaggedTable, NearestNeighbours, Pcmci, PcmciPlus, Reference,
    Resampling, Scaling, Series, Statistic, TransferEntropy, Untestable,
};

/// Neighbours of the estimates of information: a compromise between their variance and their bias.
const NEIGHBOURS: usize = 5;

/// A test of conditional independence between lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LaggedTest {
    /// Partial correlation: linear dependence.
    #[default]
    PartialCorrelation,
    /// Partial correlation of normal scores: monotone dependence, and no harm from outliers.
    Robust,
    /// G^2 on counts, for series of few distinct values.
    GSquared,
    /// Conditional mutual information by nearest neighbours on ranks: dependence of any form, slow.
    NearestNeighbours,
}

impl LaggedTest {
    fn says(self) -> &'static str {
        match self {
            Self::PartialCorrelation => "partial correlation",
            Self::Robust => "partial correlation of normal scores",
            Self::GSquared => "G^2",
            Self::NearestNeighbours => "information by nearest neighbours",
        }
    }

    fn reads(self, result: &TestResult, resamples: usize) -> Statistic {
        let p_value = result.p_value.clamp(f64::MIN_POSITIVE, 1.0);
        let (value, reference) = match self {
            Self::PartialCorrelation | Self::Robust => {
                // A partial correlation r with d degrees of freedom as Student's r sqrt(d / (1 - r^2)).
                let (r, df) = (result.statistic, result.df.unwrap_or(f64::INFINITY));
                let t = r * (df / ((1.0 - r) * (1.0 + r)).max(f64::MIN_POSITIVE)).sqrt();
                (t, Reference::Student { df })
            }
            Self::GSquared => (result.statistic, Reference::ChiSquared { df: result.df.unwrap_or(1.0) }),
            Self::NearestNeighbours => (result.statistic, Reference::Resampled { resamples }),
        };
        Statistic { value, reference, p_value }
    }
}

/// PCMCI or PCMCI+ by the test asked for.
pub(super) fn by_tests(analysis: &Analysis, series: &Series) -> Result<Findings, GrangerError> {
    let table = || LaggedTable::new(series, 2 * analysis.max_lag);
    match analysis.test {
        LaggedTest::PartialCorrelation => search(analysis, series, None),
        LaggedTest::Robust => search(analysis, series, Some(&table().robust_partial_correlation()?)),
        LaggedTest::GSquared => search(analysis, series, Some(&table().g_squared()?)),
        LaggedTest::NearestNeighbours => {
            let estimator = NearestNeighbours::new(NEIGHBOURS)?.with_scaling(Scaling::Ranks);
            let resampling =
                Resampling { resamples: analysis.resamples, seed: analysis.seed, ..Resampling::default() };
            let table = table();
            search(analysis, series, Some(&table.nearest_neighbours(estimator, resampling)))
        }
    }
}

fn search(
    analysis: &Analysis,
    series: &Series,
    test: Option<&dyn IndependenceTest>,
) -> Result<Findings, GrangerError> {
    let (lags, alpha) = (analysis.max_lag, analysis.alpha);
    let read = format!(
        "{}, level {alpha} for every test; p and q of a pair are those of its surest lag",
        analysis.test.says()
    );
    let statistic = |result: &TestResult| analysis.test.reads(result, analysis.resamples);
    if analysis.mode == Mode::PcmciPlus {
        let search = PcmciPlus::new().with_max_lag(lags).with_alpha(alpha);
        let found = match test {
            Some(test) => search.learn_with(series.nodes(), test)?,
            None => search.learn(series)?,
        };
        return Ok(from_lag_tests(read, found.tests(), found.graph(), found.left_out(), series, statistic));
    }
    let fdr = analysis.correction != Correction::None;
    let search = Pcmci::new().with_max_lag(lags).with_alpha(alpha).with_fdr(fdr);
    let found = match test {
        Some(test) => search.learn_with(series.nodes(), test)?,
        None => search.learn(series)?,
    };
    let read = if fdr { format!("{read}; links by Benjamini-Hochberg over all lags") } else { read };
    Ok(from_lag_tests(read, found.tests(), found.graph(), found.left_out(), series, statistic))
}

/// Transfer entropy of every ordered pair, by nearest neighbours.
pub(super) fn transfer_entropy(analysis: &Analysis, series: &Series) -> Result<Findings, GrangerError> {
    let measure =
        TransferEntropy::new(analysis.max_lag).with_resamples(analysis.resamples)?.with_seed(analysis.seed);
    let pairs: Vec<(usize, usize)> = ordered_pairs(series.width()).collect();
    let found: Vec<(Judged, usize)> = pairs
        .par_iter()
        .map(|&(cause, effect)| match measure.test(series, cause, effect, &[]) {
            Ok(found) => {
                let judged = Judged { lag: Lag::ONE, strength: Some(found.entropy), test: Ok(found.test) };
                (judged, found.rows)
            }
            Err(error) => {
                let test = Err(Untestable::Other { why: error.to_string() });
                (Judged { lag: Lag::ONE, strength: None, test }, 0)
            }
        })
        .collect();
    let rows = found.iter().map(|(_, rows)| *rows).min().unwrap_or(0) as u64;
    let read = format!(
        "the last {} values of both, {NEIGHBOURS} neighbours, {} local permutations, level {}; the strength is in nats, the lag not told",
        analysis.max_lag, analysis.resamples, analysis.alpha
    );
    let judged = found.into_iter().map(|(judged, _)| judged).collect();
    from_tests(analysis, read, rows, series.nodes(), judged, series)
}
