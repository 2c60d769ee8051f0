//! [`Analysis`]: any mode of this crate by name, with one set of options, to one form of answer.
//!
//! The way in for the command line and for programs that let their users choose. Each mode's own type has more options.

mod frequency;
mod groups;
mod mode;
mod nonlinear;
mod rows;

pub use mode::{Mode, ModeCard};
pub use nonlinear::LaggedTest;

use crate::var::rows_with_past;
use crate::{
    Conditioning, Correction, Dynotears, Findings, GrangerError, GrangerScan, Lag, LaggedGraph, Ocse,
    OrderRule, Series, SparseGranger, SparsePenalty, TestStatistic, VarLingam,
};
use rows::from_graph;

/// A mode and its options.
///
/// # Options
/// | option | default | used by |
/// |---|---|---|
/// | [`with_alpha`](Self::with_alpha) | .05 | the modes that test |
/// | [`with_correction`](Self::with_correction) | Benjamini-Hochberg | the modes that test |
/// | [`with_statistic`](Self::with_statistic) | F, for toda-yamamoto Wald | conditional, pairwise |
/// | [`with_order`](Self::with_order) | the maximum lag | conditional, pairwise, toda-yamamoto |
/// | [`with_integration`](Self::with_integration) | 1 | toda-yamamoto |
/// | [`with_test`](Self::with_test) | partial correlation | pcmci, pcmci-plus |
/// | [`with_groups`](Self::with_groups) | every series its own | block |
/// | [`with_band`](Self::with_band) | 0 to .5 cycles a row | spectral |
/// | [`with_frequency`](Self::with_frequency) | 0: the long run | breitung-candelon |
/// | [`with_resamples`](Self::with_resamples) | 199 | spectral, transfer-entropy, the test by nearest neighbours |
/// | [`with_seed`](Self::with_seed) | 0 | the modes that resample |
///
/// # Example
///
/// ```
/// use etiology_granger::{Analysis, Mode, Nodes, Series};
///
/// // A linear congruential generator for noise.
/// let mut state = 1_u32;
/// let mut noise = || { state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); f64::from(state >> 8) / 8_388_608.0 - 1.0 };
/// let a: Vec<f64> = (0..200).map(|_| noise()).collect();
/// let b: Vec<f64> = (0..200).map(|t| noise() + if t > 1 { a[t - 2] } else { 0.0 }).collect();
/// let series = Series::new(Nodes::new(["a", "b"])?, vec![a, b])?;
/// let findings = Analysis::new(Mode::Conditional, 3).run(&series)?;
/// assert!(findings.pairs[0].linked && !findings.pairs[1].linked);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    mode: Mode,
    max_lag: usize,
    alpha: f64,
    correction: Correction,
    statistic: TestStatistic,
    order: OrderRule,
    integration: usize,
    test: LaggedTest,
    groups: Vec<(String, Vec<String>)>,
    band: (f64, f64),
    frequency: f64,
    resamples: usize,
    seed: u64,
}

impl Analysis {
    /// A mode with its defaults; `max_lag` is the furthest past in rows.
    #[must_use]
    pub fn new(mode: Mode, max_lag: usize) -> Self {
        Self {
            mode,
            max_lag,
            alpha: 0.05,
            correction: Correction::default(),
            statistic: TestStatistic::default(),
            order: OrderRule::default(),
            integration: 1,
            test: LaggedTest::default(),
            groups: Vec::new(),
            band: (0.0, 0.5),
            frequency: 0.0,
            resamples: 199,
            seed: 0,
        }
    }

    /// The level of a link: of the adjusted p-value where there is a correction.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// What is done about testing many pairs at once.
    #[must_use]
    pub fn with_correction(mut self, correction: Correction) -> Self {
        self.correction = correction;
        self
    }

    /// The statistic of the regression tests.
    #[must_use]
    pub fn with_statistic(mut self, statistic: TestStatistic) -> Self {
        self.statistic = statistic;
        self
    }

    /// How the order is chosen.
    #[must_use]
    pub fn with_order(mut self, order: OrderRule) -> Self {
        self.order = order;
        self
    }

    /// How often the series must be differenced to be stationary.
    #[must_use]
    pub fn with_integration(mut self, differences: usize) -> Self {
        self.integration = differences;
        self
    }

    /// The test of conditional independence.
    #[must_use]
    pub fn with_test(mut self, test: LaggedTest) -> Self {
        self.test = test;
        self
    }

    /// The groups that are tested on one another, each with the names of its series; series in no group are conditioned on.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<(String, Vec<String>)>) -> Self {
        self.groups = groups;
        self
    }

    /// The band, in cycles a row.
    #[must_use]
    pub fn with_band(mut self, low: f64, high: f64) -> Self {
        self.band = (low, high);
        self
    }

    /// The frequency, in cycles a row.
    #[must_use]
    pub fn with_frequency(mut self, frequency: f64) -> Self {
        self.frequency = frequency;
        self
    }

    /// How many resamples a p-value rests on.
    #[must_use]
    pub fn with_resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// The seed of the resamples.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The mode.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Runs the mode on series, after leaving out those without a value and those that never change.
    ///
    /// # Errors
    /// Those of the mode: an option out of range, too few rows, series that determine one another. What concerns one pair is in
    /// its [`PairFinding::test`](crate::PairFinding::test).
    pub fn run(&self, series: &Series) -> Result<Findings, GrangerError> {
        let series = &series.clone().screened();
        if series.width() == 0 {
            let graph = LaggedGraph::new(series.nodes().clone(), Lag::new(self.max_lag), [])?;
            return Ok(from_graph("no series is left to read".to_owned(), 0, graph, series, Vec::new()));
        }
        match self.mode {
            Mode::Conditional => self.scan(GrangerScan::new(self.max_lag), series),
            Mode::Pairwise => {
                self.scan(GrangerScan::new(self.max_lag).with_conditioning(Conditioning::Pair), series)
            }
            Mode::TodaYamamoto => {
                let scan = GrangerScan::toda_yamamoto(self.max_lag, self.integration)
                    .with_order(self.order)
                    .with_correction(self.correction);
                scan.with_alpha(self.alpha)?.run(series)?.findings(series)
            }
            Mode::Block => groups::block(self, series),
            Mode::Spectral => frequency::spectral(self, series),
            Mode::BreitungCandelon => frequency::at_one(self, series),
            Mode::Pcmci | Mode::PcmciPlus => nonlinear::by_tests(self, series),
            Mode::TransferEntropy => nonlinear::transfer_entropy(self, series),
            Mode::Ocse => {
                let found = Ocse::new().with_max_lag(self.max_lag).with_alpha(self.alpha).learn(series)?;
                let read = format!(
                    "entropy of polynomials of degree 3 of normal scores, level {} corrected for selection; the strength is in nats",
                    self.alpha
                );
                let rows = rows_with_past(series, self.max_lag).len() as u64;
                let mut findings = from_graph(read, rows, found.graph().clone(), series, Vec::new());
                findings.left_out.extend_from_slice(found.left_out());
                Ok(findings)
            }
            Mode::Lasso | Mode::GroupLasso => {
                let penalty =
                    if self.mode == Mode::Lasso { SparsePenalty::Lasso } else { SparsePenalty::Group };
                let model = SparseGranger::new(self.max_lag).with_penalty(penalty).fit(series)?;
                let read =
                    format!("lags up to {}, penalty by extended BIC, refitted without it", self.max_lag);
                Ok(from_graph(read, model.rows, model.graph, series, Vec::new()))
            }
            Mode::VarLingam => {
                let model = VarLingam::new().learn(series, self.max_lag)?;
                let read =
                    format!("vector autoregression of order {}, DirectLiNGAM on its residuals", self.max_lag);
                Ok(from_graph(
                    read,
                    model.rows(),
                    model.effects().graph()?,
                    series,
                    model.warnings().to_vec(),
                ))
            }
            Mode::Dynotears => {
                let model = Dynotears::new().learn(series, self.max_lag)?;
                let read = format!(
                    "lags up to {}, in standard deviations, penalties .1, threshold .1",
                    self.max_lag
                );
                Ok(from_graph(
                    read,
                    model.rows(),
                    model.effects().graph()?,
                    series,
                    model.warnings().to_vec(),
                ))
            }
        }
    }

    fn scan(&self, scan: GrangerScan, series: &Series) -> Result<Findings, GrangerError> {
        let scan =
            scan.with_statistic(self.statistic).with_order(self.order).with_correction(self.correction);
        scan.with_alpha(self.alpha)?.run(series)?.findings(series)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Nodes;
    use crate::testing::normals;

    /// A chain a -> b -> c with lags 1 and 2, a constant, and uniform noise for the modes that need it.
    fn chain(rows: usize) -> Series {
        let noise: Vec<f64> = normals(3 * rows, 17).iter().map(|z| z.tanh().asin()).collect();
        let mut x = vec![vec![0.0; rows]; 4];
        for t in 0..rows {
            let past = |x: &[Vec<f64>], i: usize, lag: usize| if t >= lag { x[i][t - lag] } else { 0.0 };
            x[0][t] = 0.3 * past(&x, 0, 1) + noise[3 * t];
            x[1][t] = 0.6 * past(&x, 0, 1) + noise[3 * t + 1];
            x[2][t] = 0.6 * past(&x, 1, 2) + noise[3 * t + 2];
        }
        Series::new(Nodes::new(["a", "b", "c", "flat"]).unwrap(), x).unwrap()
    }

    #[test]
    fn every_mode_finds_the_chain_and_lists_the_constant() {
        for mode in Mode::all().filter(|&mode| mode != Mode::TransferEntropy) {
            // A bootstrap of 199 has no p-value that survives six pairs at .01.
            let alpha = if mode == Mode::Spectral { 0.05 } else { 0.01 };
            let findings = Analysis::new(mode, 3).with_alpha(alpha).run(&chain(1500)).unwrap();
            let linked: Vec<(usize, usize)> = findings
                .pairs
                .iter()
                .filter(|pair| pair.linked)
                .map(|pair| (pair.cause, pair.effect))
                .collect();
            // A pairwise test sees a through b in c; a selection without a test may let one weak link in.
            let more = linked.len().saturating_sub(2);
            assert!(more <= 1, "{}: {linked:?}", mode.name());
            assert!(linked.contains(&(0, 1)) && linked.contains(&(1, 2)), "{}: {linked:?}", mode.name());
            assert_eq!(findings.pairs.len(), 6, "{}", mode.name());
            assert_eq!(findings.left_out[0].metric, "flat", "{}", mode.name());
            assert!(!findings.read.is_empty() && findings.rows > 1000, "{}", mode.name());
        }
    }

    #[test]
    fn without_a_series_that_varies_every_mode_lists_what_was_left_out() {
        let columns = vec![vec![5.0; 40], vec![f64::NAN; 40]];
        let series = Series::new(Nodes::numbered(2), columns).unwrap();
        for mode in Mode::all() {
            let findings = Analysis::new(mode, 3).run(&series).unwrap();
            assert!(findings.pairs.is_empty() && findings.left_out.len() == 2, "{}", mode.name());
        }
    }

    #[test]
    fn transfer_entropy_finds_the_chain_on_few_rows() {
        let findings = Analysis::new(Mode::TransferEntropy, 2).with_resamples(99).run(&chain(400)).unwrap();
        let linked =
            |cause, effect| findings.pairs.iter().any(|p| p.linked && (p.cause, p.effect) == (cause, effect));
        assert!(linked(0, 1) && linked(1, 2) && !linked(1, 0) && !linked(2, 1));
    }

    #[test]
    fn nothing_to_test_is_no_crash() {
        for mode in Mode::all() {
            for rows in [0, 1, 2, 5] {
                let tiny = chain(rows);
                if let Ok(findings) = Analysis::new(mode, 3).run(&tiny) {
                    let numbers = findings.pairs.iter().flat_map(|pair| [pair.strength, pair.q_value]);
                    assert!(numbers.flatten().all(f64::is_finite), "{} on {rows} rows", mode.name());
                    let tested = findings.pairs.iter().any(|pair| matches!(pair.test, Ok(Some(_))));
                    assert!(!tested || rows > 3, "{} on {rows} rows", mode.name());
                }
            }
        }
    }
}
