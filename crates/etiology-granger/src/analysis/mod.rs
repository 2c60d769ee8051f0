//! [`Analysis`]: any mode of this crate by name, with one set of options, to one form of answer.
//!
//! The way in for the command line and for programs that let their users choose. Each mode's own type has more options.

mod mode;

pub use mode::{Mode, ModeCard};

use etiology_frame::Omission;
use etiology_graph::{Lag, LaggedGraph, SummaryEdge};
use etiology_stats::TestResult;

use crate::{
    Conditioning, Correction, Dynotears, Findings, GrangerError, GrangerScan, LagTest, OrderRule,
    PairFinding, Pcmci, PcmciPlus, Reference, Series, Statistic, TestStatistic, VarLingam,
};

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

    /// The mode.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Runs the mode on series, after leaving out those without a value and those that never change.
    ///
    /// # Errors
    /// Those of the mode: an option out of range, too few rows, series that determine one another. What concerns one pair is in
    /// its [`PairFinding::test`].
    pub fn run(&self, series: &Series) -> Result<Findings, GrangerError> {
        let series = &series.clone().screened();
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
            Mode::Pcmci => {
                let search = Pcmci::new().with_max_lag(self.max_lag).with_alpha(self.alpha);
                let found = search.with_fdr(self.correction != Correction::None).learn(series)?;
                let read = format!(
                    "partial correlation given the parents of both ends, level {}; p and q of a pair are those of its surest lag",
                    self.alpha
                );
                Ok(from_lag_tests(read, found.tests(), found.graph().clone(), found.left_out(), series))
            }
            Mode::PcmciPlus => {
                let search = PcmciPlus::new().with_max_lag(self.max_lag).with_alpha(self.alpha);
                let found = search.learn(series)?;
                let read = format!(
                    "partial correlation, level {} for every test; p and q of a pair are those of its surest lag",
                    self.alpha
                );
                Ok(from_lag_tests(read, found.tests(), found.graph().clone(), found.left_out(), series))
            }
            Mode::VarLingam => {
                let model = VarLingam::new().learn(series, self.max_lag)?;
                let read =
                    format!("vector autoregression of order {}, DirectLiNGAM on its residuals", self.max_lag);
                Ok(from_graph(read, model.rows(), model.graph()?, series, model.warnings().to_vec()))
            }
            Mode::Dynotears => {
                let model = Dynotears::new().learn(series, self.max_lag)?;
                let read = format!(
                    "lags up to {}, in standard deviations, penalties .1, threshold .1",
                    self.max_lag
                );
                Ok(from_graph(read, model.rows(), model.graph()?, series, model.warnings().to_vec()))
            }
        }
    }

    fn scan(&self, scan: GrangerScan, series: &Series) -> Result<Findings, GrangerError> {
        let scan =
            scan.with_statistic(self.statistic).with_order(self.order).with_correction(self.correction);
        scan.with_alpha(self.alpha)?.run(series)?.findings(series)
    }
}

/// The findings of a mode that selects links instead of testing pairs.
fn from_graph(read: String, rows: u64, graph: LaggedGraph, series: &Series, notes: Vec<String>) -> Findings {
    let summary = graph.summary();
    let pairs = ordered_pairs(series.width())
        .map(|(cause, effect)| {
            let link = summary.iter().find(|link| joins(link, cause, effect));
            PairFinding {
                cause,
                effect,
                lag: link.map(|link| link.strongest.lag),
                strength: link.and_then(|link| link.strongest.strength),
                test: Ok(None),
                q_value: None,
                linked: link.is_some(),
            }
        })
        .collect();
    Findings { read, rows, pairs, graph, left_out: series.left_out().to_vec(), notes }
}

/// The findings of a mode that tests every lag of a pair: the pair's row is that of its smallest p-value.
fn from_lag_tests(
    read: String,
    tests: &[LagTest],
    graph: LaggedGraph,
    left_out: &[Omission],
    series: &Series,
) -> Findings {
    let width = graph.nodes().len();
    let summary = graph.summary();
    let mut of_pair: Vec<Option<&LagTest>> = vec![None; width * width];
    for test in tests {
        let within = test.lag == Lag::ZERO;
        for (cause, effect) in [(test.cause, test.effect), (test.effect, test.cause)] {
            // A test within the row is about both directions; a lagged one about its own.
            if cause == effect || (!within && cause != test.cause) {
                continue;
            }
            let surest = &mut of_pair[cause * width + effect];
            let p = |test: &LagTest| test.outcome.as_ref().map_or(f64::INFINITY, |result| result.p_value);
            if surest.is_none_or(|known| p(test) < p(known)) {
                *surest = Some(test);
            }
        }
    }
    let pairs = ordered_pairs(width)
        .map(|(cause, effect)| {
            let link = summary.iter().find(|link| joins(link, cause, effect));
            let test = of_pair[cause * width + effect];
            let result = test.and_then(|test| test.outcome.as_ref().ok());
            PairFinding {
                cause,
                effect,
                lag: link.map(|link| link.strongest.lag).or(test.map(|test| test.lag)),
                strength: link.and_then(|link| link.strongest.strength).or(result.map(|r| r.statistic)),
                test: match test.map(|test| &test.outcome) {
                    Some(Ok(result)) => Ok(Some(student_of(result))),
                    Some(Err(why)) => Err(why.clone()),
                    None => Ok(None),
                },
                q_value: test.and_then(|test| test.q_value),
                linked: link.is_some(),
            }
        })
        .collect();
    let left_out = series.left_out().iter().chain(left_out).cloned().collect();
    let rows =
        series.moments(2 * graph.max_lag().rows()).map_or(0, |moments| moments.rows(moments.max_lag()));
    Findings { read, rows, pairs, graph, left_out, notes: Vec::new() }
}

/// A partial correlation r with d degrees of freedom as Student's `r sqrt(d / (1 - r^2))`.
fn student_of(result: &TestResult) -> Statistic {
    let r = result.statistic;
    let df = result.df.unwrap_or(f64::INFINITY);
    Statistic {
        value: r * (df / ((1.0 - r) * (1.0 + r)).max(f64::MIN_POSITIVE)).sqrt(),
        reference: Reference::Student { df },
        p_value: result.p_value.max(f64::MIN_POSITIVE),
    }
}

fn joins(link: &SummaryEdge, cause: usize, effect: usize) -> bool {
    (link.cause, link.effect) == (cause, effect)
}

/// The ordered pairs of different series, by cause, then effect.
fn ordered_pairs(width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width)
        .flat_map(move |cause| (0..width).map(move |effect| (cause, effect)))
        .filter(|(cause, effect)| cause != effect)
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
        for mode in Mode::all() {
            let findings = Analysis::new(mode, 2).with_alpha(0.01).run(&chain(1500)).unwrap();
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
