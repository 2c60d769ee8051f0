//! [`GrangerScan`]: one test for every ordered pair of series, corrected for their number.

use std::collections::BTreeMap;

use etiology_graph::Nodes;
use etiology_stats::{LaggedMoments, benjamini_hochberg, benjamini_yekutieli, holm};
use rayon::prelude::*;
use serde::Serialize;

use super::conditional;
use super::equation::{Blocks, Question};
use super::pairwise::effect_tests;
use super::result::{GrangerTests, PairTest};
use super::statistic::TestStatistic;
use crate::var::{Criterion, OrderTable, Trend, cholesky};
use crate::{GrangerError, Series, Untestable};

/// Which other series are in the model of a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conditioning {
    /// All: what the cause adds to everything else recorded.
    #[default]
    All,
    /// None: what the cause adds to the effect's own past. Links through a third series are found as well.
    Pair,
}

/// How the lag order is found.
///
/// A criterion for all series at once pays for k coefficients an equation and lag, so that BIC gives up a lag that few links need. On
/// four sets of 20 and 50 series, 1000 rows and links up to lag 3, conditional tests at a maximum lag of 5 found the links with a mean
/// F1 of .973 by the maximum lag, .982 by AIC, .911 by HQIC and .801 by BIC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderRule {
    /// The maximum lag, for every pair.
    #[default]
    MaxLag,
    /// The order from 1 to the maximum lag with the smallest criterion on the rows the largest can use: of the model of all
    /// series, or for [`Conditioning::Pair`] of each pair's.
    By(Criterion),
}

/// What is done about testing many pairs at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Nothing: the q-value is the p-value.
    None,
    /// The share of false links, for independent or positively dependent tests.
    #[default]
    BenjaminiHochberg,
    /// The share of false links under any dependence.
    BenjaminiYekutieli,
    /// The chance of any false link.
    Holm,
}

impl Correction {
    /// The adjusted p-values, in order.
    ///
    /// # Errors
    /// For a p-value outside [0, 1].
    pub fn adjust(self, p_values: &[f64]) -> Result<Vec<f64>, GrangerError> {
        Ok(match self {
            Self::None => p_values.to_vec(),
            Self::BenjaminiHochberg => benjamini_hochberg(p_values)?,
            Self::BenjaminiYekutieli => benjamini_yekutieli(p_values)?,
            Self::Holm => holm(p_values)?,
        })
    }
}

/// Granger tests of every ordered pair.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_conditioning`](Self::with_conditioning) | all series | pairwise tests flood the graph with indirect links |
/// | [`with_order`](Self::with_order) | the maximum lag | a criterion for all series at once pays for k coefficients an equation and lag, and misses a single late link |
/// | [`with_extra_lags`](Self::with_extra_lags) | 0 | lags in the model that are not tested; see [`toda_yamamoto`](Self::toda_yamamoto) |
/// | [`with_statistic`](Self::with_statistic) | F | |
/// | [`with_correction`](Self::with_correction) | Benjamini-Hochberg | over all pairs that could be tested |
/// | [`with_alpha`](Self::with_alpha) | .05 | the level q-values are compared with |
///
/// # Assumptions
/// Linear effects, the same over all rows, no instantaneous effects between rows, no cause of two series left out; stationary series
/// (else difference them, or use [`toda_yamamoto`](Self::toda_yamamoto)).
///
/// # When not to use it
/// With as many coefficients as rows: the conditional tests of k series at order m need more than `k m + 1` rows, and are weak long
/// before. With missing values the conditional tests read the rows where all series are present; the pairwise ones read for each
/// pair the rows where both are.
///
/// # Complexity
/// n rows, k series, L lags: O(n k^2 L) for the moments; then O(k^2 L^3) pairwise or O(k^3 L^3) conditional. Where series
/// miss different rows, pairwise tests take the products pair by pair: O(n k^2 L) with a larger constant. The same answer on any number of threads.
///
/// # References
/// Granger, Econometrica 37 (1969); Geweke, JASA 77 (1982) and 79 (1984, conditional); Toda and Yamamoto, Journal of Econometrics
/// 66 (1995).
///
/// # Example
///
/// ```
/// use etiology_granger::{GrangerScan, Nodes, Series};
///
/// let a: Vec<f64> = (0..200).map(|t| f64::from(t * t % 37)).collect();
/// let b: Vec<f64> = (0..200).map(|t| f64::from(t * t * t % 41) + if t > 1 { a[t as usize - 2] } else { 0.0 }).collect();
/// let series = Series::new(Nodes::new(["a", "b"])?, vec![a, b])?;
/// let tests = GrangerScan::new(3).run(&series)?;
/// let first = &tests.pairs()[0];
/// assert_eq!((first.cause, first.effect), (0, 1));
/// assert!(first.q_value.unwrap() < 1e-6);
/// assert_eq!(first.strongest().unwrap().lag.rows(), 2);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GrangerScan {
    pub(super) max_lag: usize,
    pub(super) conditioning: Conditioning,
    pub(super) order: OrderRule,
    pub(super) extra: usize,
    pub(super) statistic: TestStatistic,
    pub(super) correction: Correction,
    pub(super) alpha: f64,
}

impl GrangerScan {
    /// Tests of the last `max_lag` rows, given all other series.
    #[must_use]
    pub fn new(max_lag: usize) -> Self {
        Self {
            max_lag,
            conditioning: Conditioning::All,
            order: OrderRule::MaxLag,
            extra: 0,
            statistic: TestStatistic::F,
            correction: Correction::BenjaminiHochberg,
            alpha: 0.05,
        }
    }

    /// The test of Toda and Yamamoto for series that may be integrated or cointegrated: `integration` lags beyond the order are
    /// in the model and are not tested, which restores the chi-squared distribution of Wald's statistic. Take for `integration`
    /// the most differences any series needs to be stationary.
    #[must_use]
    pub fn toda_yamamoto(max_lag: usize, integration: usize) -> Self {
        Self { extra: integration, statistic: TestStatistic::Wald, ..Self::new(max_lag) }
    }

    /// Which other series are in the model.
    #[must_use]
    pub fn with_conditioning(mut self, conditioning: Conditioning) -> Self {
        self.conditioning = conditioning;
        self
    }

    /// How the order is found.
    #[must_use]
    pub fn with_order(mut self, order: OrderRule) -> Self {
        self.order = order;
        self
    }

    /// Lags beyond the order that are in the model and not tested.
    #[must_use]
    pub fn with_extra_lags(mut self, extra: usize) -> Self {
        self.extra = extra;
        self
    }

    /// The statistic.
    #[must_use]
    pub fn with_statistic(mut self, statistic: TestStatistic) -> Self {
        self.statistic = statistic;
        self
    }

    /// The correction for many tests.
    #[must_use]
    pub fn with_correction(mut self, correction: Correction) -> Self {
        self.correction = correction;
        self
    }

    /// The level.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] outside (0, 1).
    pub fn with_alpha(mut self, alpha: f64) -> Result<Self, GrangerError> {
        if !(alpha > 0.0 && alpha < 1.0) {
            return Err(GrangerError::Parameter {
                parameter: "the level alpha",
                value: alpha,
                expected: "above 0 and below 1",
            });
        }
        self.alpha = alpha;
        Ok(self)
    }

    /// Tests every ordered pair of series.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for a maximum lag of 0. What concerns a pair is in its [`PairTest::result`].
    pub fn run(&self, series: &Series) -> Result<GrangerTests, GrangerError> {
        self.check()?;
        if let Some(pairs) = self.hopeless(series) {
            return self.finish(series.nodes(), pairs);
        }
        if self.conditioning == Conditioning::All {
            return self.run_moments(&series.moments(self.lags())?, series.nodes());
        }
        let between = |(left, right): &(Vec<usize>, Vec<usize>)| {
            let together = [left.as_slice(), right.as_slice()].concat();
            let columns: Vec<&[f64]> = together.iter().map(|&at| series.column(at)).collect();
            let moments = LaggedMoments::from_columns(&columns, self.lags(), series.starts())?;
            let split = if right.is_empty() { None } else { Some(left.len()) };
            self.pairwise(&moments, series.nodes(), &together, split)
        };
        let pairs: Result<Vec<Vec<PairTest>>, GrangerError> = tasks(series).par_iter().map(between).collect();
        self.finish(series.nodes(), pairs?.into_iter().flatten().collect())
    }

    /// As [`GrangerScan::run`], from moments: those of parts of the data can be merged. Their maximum lag must be at least the
    /// scan's, and its extra lags more. All pairs are read on the rows where every series is present.
    ///
    /// # Errors
    /// As [`GrangerScan::run`]; [`GrangerError::Unsuitable`] for moments of other series or too small a lag.
    pub fn run_moments(&self, moments: &LaggedMoments, nodes: &Nodes) -> Result<GrangerTests, GrangerError> {
        self.check()?;
        if moments.width() != nodes.len() || moments.max_lag() < self.lags() {
            return Err(GrangerError::Unsuitable {
                message: format!(
                    "the moments are of {} series to lag {}, and {} series to lag {} are asked for",
                    moments.width(),
                    moments.max_lag(),
                    nodes.len(),
                    self.lags()
                ),
            });
        }
        let all: Vec<usize> = (0..nodes.len()).collect();
        let pairs = match self.conditioning {
            Conditioning::Pair => self.pairwise(moments, nodes, &all, None)?,
            Conditioning::All => {
                let order = self.common_order(moments)?;
                let question = self.question(order);
                let lags = question.lags();
                let rows = moments.rows(lags);
                let varying = nodes.len() - moments.at(0)?.degenerate().len();
                let needed = (varying * lags + 2) as u64;
                if rows < needed && varying == nodes.len() {
                    // Not worth the products of more columns than rows.
                    untestable(&all, order, &Untestable::TooFewRows { rows, needed })
                } else {
                    let blocks = Blocks::new(&moments.at(lags)?, nodes, &all, lags);
                    conditional::all_tests(&blocks, question)
                }
            }
        };
        self.finish(nodes, pairs)
    }

    /// Every pair untested, when there are too few rows for even two series: found before anything is allocated for the lags.
    fn hopeless(&self, series: &Series) -> Option<Vec<PairTest>> {
        let lags = match self.order {
            OrderRule::MaxLag => self.lags(),
            OrderRule::By(_) => self.extra.saturating_add(1),
        };
        let needed = lags.saturating_mul(2).saturating_add(2);
        let rows = series.rows().saturating_sub(self.lags());
        if rows >= needed {
            return None;
        }
        let why = Untestable::TooFewRows { rows: rows as u64, needed: needed as u64 };
        let all: Vec<usize> = (0..series.width()).collect();
        Some(untestable(&all, self.max_lag, &why))
    }

    /// Lags the moments must reach.
    fn lags(&self) -> usize {
        self.max_lag.saturating_add(self.extra)
    }

    fn check(&self) -> Result<(), GrangerError> {
        if self.max_lag == 0 {
            return Err(GrangerError::Parameter {
                parameter: "the maximum lag",
                value: 0.0,
                expected: "at least 1: a cause comes before its effect",
            });
        }
        Ok(())
    }

    fn question(&self, order: usize) -> Question {
        Question { order, extra: self.extra, statistic: self.statistic }
    }

    /// The pairs of series with the same rows: all, or with a split those of one series before it and one behind.
    fn pairwise(
        &self,
        moments: &LaggedMoments,
        nodes: &Nodes,
        series: &[usize],
        split: Option<usize>,
    ) -> Result<Vec<PairTest>, GrangerError> {
        let asked = |a: usize, b: usize| split.is_none_or(|split| (a < split) != (b < split));
        let orders = PairOrders::new(self, moments, asked)?;
        let mut pairs = Vec::new();
        for order in orders.used() {
            let question = self.question(order);
            let blocks = Blocks::new(&moments.at(question.lags())?, nodes, series, question.lags());
            let tests = |effect: usize| {
                effect_tests(&blocks, effect, question, |cause| {
                    asked(cause, effect) && orders.of(cause, effect) == order
                })
            };
            let effects: Vec<Vec<PairTest>> = (0..series.len()).into_par_iter().map(tests).collect();
            pairs.extend(effects.into_iter().flatten());
        }
        Ok(pairs)
    }

    fn finish(&self, nodes: &Nodes, mut pairs: Vec<PairTest>) -> Result<GrangerTests, GrangerError> {
        pairs.sort_unstable_by_key(|pair| (pair.cause, pair.effect));
        let tested: Vec<f64> = pairs.iter().filter_map(PairTest::p_value).collect();
        let mut adjusted = self.correction.adjust(&tested)?.into_iter();
        for pair in pairs.iter_mut().filter(|pair| pair.result.is_ok()) {
            pair.q_value = adjusted.next();
        }
        Ok(GrangerTests { scan: self.clone(), nodes: nodes.clone(), pairs })
    }

    /// The order of the model of all series that are not combinations of others.
    fn common_order(&self, moments: &LaggedMoments) -> Result<usize, GrangerError> {
        let OrderRule::By(criterion) = self.order else { return Ok(self.max_lag) };
        let factor = cholesky(moments.at(0)?.correlation());
        let constant = moments.at(0)?.degenerate();
        let series: Vec<usize> = (0..moments.width())
            .filter(|at| factor[(*at, *at)] > 0.0 && constant.binary_search(at).is_err())
            .collect();
        let at = moments.at(self.max_lag)?;
        let table = OrderTable::among(&at, &series, moments.width(), Trend::Constant);
        Ok(table.best_from(1, criterion).unwrap_or(1))
    }
}

fn untestable(series: &[usize], order: usize, why: &Untestable) -> Vec<PairTest> {
    let rows = if let Untestable::TooFewRows { rows, .. } = why { *rows } else { 0 };
    let pair = |cause: usize, effect: usize| PairTest {
        cause,
        effect,
        order,
        rows,
        result: Err(why.clone()),
        q_value: None,
        lags: Vec::new(),
    };
    let pairs = series.iter().flat_map(|&cause| series.iter().map(move |&effect| (cause, effect)));
    pairs.filter(|(cause, effect)| cause != effect).map(|(cause, effect)| pair(cause, effect)).collect()
}

/// Which series are read together: those that miss the same rows as one group, and every two groups, the larger in pieces so that
/// few products within it are taken again.
fn tasks(series: &Series) -> Vec<(Vec<usize>, Vec<usize>)> {
    let missing = |at: usize| -> Vec<u64> {
        let bits = |values: &[f64]| {
            values.iter().enumerate().map(|(bit, value)| u64::from(!value.is_finite()) << bit).sum()
        };
        series.column(at).chunks(64).map(bits).collect()
    };
    let mut groups: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
    for at in 0..series.width() {
        groups.entry(missing(at)).or_default().push(at);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let mut tasks = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        if group.len() > 1 {
            tasks.push((group.clone(), Vec::new()));
        }
        for other in &groups[number + 1..] {
            let (small, large) = if group.len() < other.len() { (group, other) } else { (other, group) };
            tasks.extend(large.chunks(PIECE * small.len()).map(|piece| (small.clone(), piece.to_vec())));
        }
    }
    tasks
}

/// Series of the larger group for one of the smaller: a product of more than two columns takes less time a column.
const PIECE: usize = 8;

/// The order of each pair.
struct PairOrders {
    width: usize,
    /// Of every pair in both orders, or one for all.
    orders: Vec<usize>,
}

impl PairOrders {
    fn new(
        scan: &GrangerScan,
        moments: &LaggedMoments,
        asked: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<Self, GrangerError> {
        let width = moments.width();
        let OrderRule::By(criterion) = scan.order else {
            return Ok(Self { width, orders: vec![scan.max_lag] });
        };
        let at = moments.at(scan.max_lag)?;
        let of = |place: usize| {
            let (a, b) = (place / width, place % width);
            if a >= b || !asked(a, b) {
                return 0;
            }
            let table = OrderTable::among(&at, &[a, b], width, Trend::Constant);
            table.best_from(1, criterion).unwrap_or(1)
        };
        let mut orders: Vec<usize> = (0..width * width).into_par_iter().map(of).collect();
        for a in 0..width {
            for b in 0..a {
                orders[a * width + b] = orders[b * width + a];
            }
        }
        Ok(Self { width, orders })
    }

    fn of(&self, a: usize, b: usize) -> usize {
        self.orders.get(a * self.width + b).or(self.orders.first()).copied().unwrap_or(1)
    }

    fn used(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.orders.iter().copied().filter(|&order| order > 0).collect();
        used.sort_unstable();
        used.dedup();
        used
    }
}
