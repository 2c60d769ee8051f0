//! [`Pcmci`]: condition selection, then momentary conditional independence.

use etiology_frame::Omission;
use etiology_graph::{EdgeMarks, Lag, LaggedEdge, LaggedGraph, Nodes};
use etiology_stats::{IndependenceTest, LaggedMoments, TestResult, benjamini_hochberg};
use rayon::prelude::*;

use super::input::{partial_correlation, usable};
use super::lagged::{Columns, LagTest, Lagged, check_lags, check_level};
use super::mci::ConditionLimits;
use super::parents::{Selection, select};
use crate::{GrangerError, Series};

/// PCMCI.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_max_lag`](Self::with_max_lag) | 3 | the longest delay looked at (`tau_max`) |
/// | [`with_min_lag`](Self::with_min_lag) | 1 | the shortest (`tau_min`); 0 also tests pairs within the row, as `---` |
/// | [`with_pc_alpha`](Self::with_pc_alpha) | 0.05 | level of the condition selection |
/// | [`with_alpha`](Self::with_alpha) | 0.01 | level of the links |
/// | [`with_fdr`](Self::with_fdr) | off | compare q-values (Benjamini and Hochberg) with the level instead of p-values |
/// | [`with_max_conditions`](Self::with_max_conditions) | none | largest set in the condition selection (`max_conds_dim`) |
/// | [`with_max_combinations`](Self::with_max_combinations) | 1 | sets tried a size and candidate |
/// | [`with_limits`](Self::with_limits) | all | parents that enter the second stage (`max_conds_py`, `max_conds_px`) |
///
/// # Assumptions
/// Stationarity; every common cause among the series; no effect within the row (take [`PcmciPlus`](crate::PcmciPlus) else); and
/// what the test assumes: [`learn`](Self::learn) takes partial correlation, which sees linear dependence.
///
/// # When not to use it
/// With fewer usable rows than series times lags the conditions leave no degrees of freedom. Across gaps no row is used before
/// twice the maximum lag of unbroken past has gone by. Where sampling is slower than the effects, links show up within the row.
///
/// # What cannot be tested
/// Constant series and repetitions of another series are left out and listed. A link that no test can judge is in
/// [`PcmciResult::tests`] with its reason and not in the graph.
///
/// # Complexity
/// `O(n p^2 L)` once for the products; then about `p^2 L q` tests of `O(q^2)` for `q` parents, whatever the number of rows.
///
/// # References
/// Runge, Nowack, Kretschmer, Flaxman & Sejdinovic, "Detecting and quantifying causal associations in large nonlinear time
/// series datasets", Science Advances 5, 2019: algorithms S1 and S2.
///
/// ```
/// use etiology_graph::{Lag, Nodes};
/// use etiology_granger::{Pcmci, Series};
///
/// // b follows a two rows later.
/// let noise = |i: usize, k: usize| ((i * 7919 + k * 104_729) % 9973) as f64 / 9973.0;
/// let a: Vec<f64> = (0..500).map(|i| noise(i * i, 1)).collect();
/// let b: Vec<f64> = (0..500).map(|i| noise(i * i, 2) + if i < 2 { 0.0 } else { a[i - 2] }).collect();
/// let found = Pcmci::new().learn(&Series::new(Nodes::new(["a", "b"])?, vec![a, b])?)?;
/// assert!(found.graph().has(0, 1, Lag::new(2)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pcmci {
    min_lag: usize,
    max_lag: usize,
    alpha: f64,
    fdr: bool,
    selection: Selection,
    limits: ConditionLimits,
}

impl Default for Pcmci {
    fn default() -> Self {
        Self {
            min_lag: 1,
            max_lag: 3,
            alpha: 0.01,
            fdr: false,
            selection: Selection { alpha: 0.05, max_conditions: None, max_combinations: 1 },
            limits: ConditionLimits::default(),
        }
    }
}

impl Pcmci {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The longest delay looked at.
    #[must_use]
    pub fn with_max_lag(mut self, rows: usize) -> Self {
        self.max_lag = rows;
        self
    }

    /// The shortest delay looked at; conditions are never taken from within the row.
    #[must_use]
    pub fn with_min_lag(mut self, rows: usize) -> Self {
        self.min_lag = rows;
        self
    }

    /// The level of the condition selection; higher keeps more conditions.
    #[must_use]
    pub fn with_pc_alpha(mut self, alpha: f64) -> Self {
        self.selection.alpha = alpha;
        self
    }

    /// The level of the links.
    #[must_use]
    pub fn with_alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Whether the level bounds the false discovery rate over all links tested.
    #[must_use]
    pub fn with_fdr(mut self, fdr: bool) -> Self {
        self.fdr = fdr;
        self
    }

    /// The largest set of the condition selection.
    #[must_use]
    pub fn with_max_conditions(mut self, conditions: Option<usize>) -> Self {
        self.selection.max_conditions = conditions;
        self
    }

    /// How many sets of a size a candidate is tested with.
    #[must_use]
    pub fn with_max_combinations(mut self, combinations: usize) -> Self {
        self.selection.max_combinations = combinations;
        self
    }

    /// How many parents enter the conditions of the second stage.
    #[must_use]
    pub fn with_limits(mut self, limits: ConditionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Learns by partial correlation on the rows where every series has an unbroken past of twice the maximum lag.
    ///
    /// # Errors
    /// When an option is out of range or there are too few such rows.
    pub fn learn(&self, series: &Series) -> Result<PcmciResult, GrangerError> {
        self.check()?;
        let usable = usable(series, 2 * self.max_lag)?;
        let test = partial_correlation(&usable.moments)?;
        let mut found = self.learn_with(usable.series.nodes(), &test)?;
        found.left_out = usable.left_out;
        Ok(found)
    }

    /// Learns by partial correlation from moments, such as those merged from parts; their maximum lag is at least twice that of
    /// the search. A link with a constant or repeated series is left untested.
    ///
    /// # Errors
    /// When an option is out of range, or names and moments disagree in number.
    pub fn learn_from_moments(
        &self,
        nodes: &Nodes,
        moments: &LaggedMoments,
    ) -> Result<PcmciResult, GrangerError> {
        self.check()?;
        super::input::check_width(nodes, moments)?;
        self.learn_with(nodes, &partial_correlation(&moments.at(2 * self.max_lag)?)?)
    }

    /// Learns by any test over columns `lag * p + series` with lags up to twice the maximum.
    ///
    /// # Errors
    /// When an option is out of range or the test has too few columns.
    pub fn learn_with(
        &self,
        nodes: &Nodes,
        test: &dyn IndependenceTest,
    ) -> Result<PcmciResult, GrangerError> {
        self.check()?;
        let columns = Columns::new(nodes, test, self.min_lag, self.max_lag)?;
        let selected = select(&columns, self.selection);
        let mut calls: u64 = selected.iter().map(|found| found.tests).sum();
        let parents: Vec<Vec<Lagged>> = selected.into_iter().map(|found| found.parents).collect();
        let mut tests = self.links(&columns, &parents);
        calls += tests.len() as u64;
        adjust(&mut tests)?;
        let graph = self.graph(&columns, &tests)?;
        Ok(PcmciResult { graph, parents, tests, calls, left_out: Vec::new() })
    }

    fn check(&self) -> Result<(), GrangerError> {
        check_lags(self.min_lag, self.max_lag)?;
        check_level("the level", self.alpha)?;
        check_level("the level of the condition selection", self.selection.alpha)
    }

    /// Every link, by effect, cause and lag.
    fn links(&self, columns: &Columns<'_>, parents: &[Vec<Lagged>]) -> Vec<LagTest> {
        let of_effect = |effect: usize| -> Vec<LagTest> {
            let mut session = columns.test.session();
            let mut test = |cause: Lagged, effect: usize| -> Option<TestResult> {
                let given = self.limits.conditions(columns, parents, cause, effect);
                session.test(columns.column(cause), effect, &given)
            };
            let mut tests = Vec::new();
            for series in 0..columns.width() {
                for lag in self.min_lag..=self.max_lag {
                    if lag == 0 && series >= effect {
                        continue;
                    }
                    let cause = Lagged::new(series, lag);
                    let mut outcome = test(cause, effect);
                    if lag == 0 {
                        let back = test(Lagged::new(effect, 0), series);
                        outcome = outcome.zip(back).map(|(a, b)| if b.p_value > a.p_value { b } else { a });
                    }
                    let outcome = outcome.ok_or_else(|| columns.why_untestable(cause, effect));
                    tests.push(LagTest { cause: series, effect, lag: cause.lag, outcome, q_value: None });
                }
            }
            tests
        };
        (0..columns.width())
            .into_par_iter()
            .map(of_effect)
            .collect::<Vec<_>>()
            .into_iter()
            .flatten()
            .collect()
    }

    fn graph(&self, columns: &Columns<'_>, tests: &[LagTest]) -> Result<LaggedGraph, GrangerError> {
        let edge = |test: &LagTest| {
            let result = test.outcome.as_ref().ok()?;
            let level = if self.fdr { test.q_value? } else { result.p_value };
            (level <= self.alpha).then(|| LaggedEdge {
                marks: if test.lag == Lag::ZERO { EdgeMarks::UNDIRECTED } else { EdgeMarks::DIRECTED },
                strength: Some(result.statistic),
                p_value: Some(result.p_value),
                q_value: test.q_value,
                ..LaggedEdge::directed(test.cause, test.effect, test.lag)
            })
        };
        Ok(LaggedGraph::new(columns.nodes.clone(), Lag::new(self.max_lag), tests.iter().filter_map(edge))?)
    }
}

/// Fills in the q-values of the tests that have a p-value.
pub(super) fn adjust(tests: &mut [LagTest]) -> Result<(), GrangerError> {
    let p_values: Vec<f64> =
        tests.iter().filter_map(|test| test.outcome.as_ref().ok()).map(|result| result.p_value).collect();
    let adjusted = benjamini_hochberg(&p_values)?;
    for (test, q_value) in tests.iter_mut().filter(|test| test.outcome.is_ok()).zip(adjusted) {
        test.q_value = Some(q_value);
    }
    Ok(())
}

/// What [`Pcmci`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct PcmciResult {
    graph: LaggedGraph,
    parents: Vec<Vec<Lagged>>,
    tests: Vec<LagTest>,
    calls: u64,
    left_out: Vec<Omission>,
}

impl PcmciResult {
    /// The links at the level. An edge's strength is the statistic: the partial correlation given the parents of both ends.
    #[must_use]
    pub fn graph(&self) -> &LaggedGraph {
        &self.graph
    }

    /// Every link looked at, by effect, cause and lag.
    #[must_use]
    pub fn tests(&self) -> &[LagTest] {
        &self.tests
    }

    /// What the condition selection kept of the past of each series, strongest first.
    #[must_use]
    pub fn parents(&self) -> &[Vec<Lagged>] {
        &self.parents
    }

    /// Number of independence tests.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Series that were left out, and why. They are not among the nodes of the graph.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }
}
