//! What a [`GrangerScan`] says: one test an ordered pair, and the graph of the significant ones.

use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes};
use etiology_stats::student_tail;
use serde::Serialize;

use super::scan::{Conditioning, Correction, GrangerScan, OrderRule};
use super::statistic::TestStatistic;
use crate::{Findings, GrangerError, PairFinding, Series, Statistic, Untestable};

/// The coefficient of a cause at one lag.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LagEffect {
    /// Rows from cause to effect.
    pub lag: Lag,
    /// What a unit of the cause adds to the effect, all else in the model held.
    pub coefficient: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Residual degrees of freedom of the equation.
    pub degrees: f64,
}

impl LagEffect {
    /// Two-sided p-value of the coefficient over its standard error, by Student's t.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        student_tail(self.coefficient / self.std_error, self.degrees)
    }
}

/// The test of one ordered pair.
#[derive(Debug, Clone, PartialEq)]
pub struct PairTest {
    /// The series whose past is tested, by number.
    pub cause: usize,
    /// The series it may act on.
    pub effect: usize,
    /// Lags tested.
    pub order: usize,
    /// Rows it was read on.
    pub rows: u64,
    /// The statistic of all lags together, or why there is none.
    pub result: Result<Statistic, Untestable>,
    /// The p-value adjusted for all pairs tested.
    pub q_value: Option<f64>,
    /// The coefficients, by lag; none where there is no statistic.
    pub lags: Vec<LagEffect>,
}

impl PairTest {
    /// The p-value, if tested.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        self.result.as_ref().ok().map(|statistic| statistic.p_value)
    }

    /// The lag with the largest coefficient, the first of equal ones.
    #[must_use]
    pub fn strongest(&self) -> Option<&LagEffect> {
        self.lags.iter().rev().max_by(|a, b| a.coefficient.abs().total_cmp(&b.coefficient.abs()))
    }
}

/// The tests of every ordered pair, by cause, then effect.
#[derive(Debug, Clone, PartialEq)]
pub struct GrangerTests {
    pub(super) scan: GrangerScan,
    pub(super) nodes: Nodes,
    pub(super) pairs: Vec<PairTest>,
}

impl GrangerTests {
    /// One entry for each ordered pair of different series.
    #[must_use]
    pub fn pairs(&self) -> &[PairTest] {
        &self.pairs
    }

    /// The series.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Whether a pair's q-value is at most the level.
    #[must_use]
    pub fn is_significant(&self, pair: &PairTest) -> bool {
        pair.q_value.is_some_and(|q| q <= self.scan.alpha)
    }

    /// The significant pairs as a graph: of each the lags whose coefficient has a p-value of at most the level over the number of
    /// lags (Bonferroni), and always the strongest. The strength is the coefficient, the p-value its own, the q-value the pair's. The graph's maximum lag is
    /// the largest order tested.
    ///
    /// # Errors
    /// None that tests can cause; the type is that of graphs.
    pub fn to_graph(&self) -> Result<LaggedGraph, GrangerError> {
        let mut edges = Vec::new();
        for pair in self.pairs.iter().filter(|pair| self.is_significant(pair)) {
            let strongest = pair.strongest().map(|effect| effect.lag);
            let level = self.scan.alpha / pair.lags.len() as f64;
            for effect in &pair.lags {
                let p_value = effect.p_value();
                if Some(effect.lag) == strongest || p_value.is_some_and(|p| p <= level) {
                    edges.push(LaggedEdge {
                        strength: Some(effect.coefficient),
                        p_value,
                        q_value: pair.q_value,
                        ..LaggedEdge::directed(pair.cause, pair.effect, effect.lag)
                    });
                }
            }
        }
        let tested = self.pairs.iter().filter(|pair| pair.result.is_ok()).map(|pair| pair.order);
        Ok(LaggedGraph::new(self.nodes.clone(), Lag::new(tested.max().unwrap_or(1)), edges)?)
    }

    /// The tests as any mode of this crate reports them. Whom `series` left out is listed.
    ///
    /// # Errors
    /// As [`GrangerTests::to_graph`].
    pub fn findings(&self, series: &Series) -> Result<Findings, GrangerError> {
        let finding = |pair: &PairTest| {
            let strongest = pair.strongest();
            PairFinding {
                cause: pair.cause,
                effect: pair.effect,
                lag: strongest.map(|effect| effect.lag),
                strength: strongest.map(|effect| effect.coefficient),
                test: pair.result.clone().map(Some),
                q_value: pair.q_value,
                linked: self.is_significant(pair),
            }
        };
        Ok(Findings {
            read: self.read(),
            rows: self.pairs.iter().map(|pair| pair.rows).min().unwrap_or(0),
            pairs: self.pairs.iter().map(finding).collect(),
            graph: self.to_graph()?,
            left_out: series.left_out().to_vec(),
            notes: Vec::new(),
        })
    }

    /// How the data were read, in words.
    fn read(&self) -> String {
        let scan = &self.scan;
        let given = match scan.conditioning {
            Conditioning::All => "given all other series",
            Conditioning::Pair => "pairwise",
        };
        let statistic = match scan.statistic {
            TestStatistic::F => "F",
            TestStatistic::ChiSquared => "chi-squared",
            TestStatistic::LikelihoodRatio => "likelihood ratio",
            TestStatistic::Wald => "Wald",
        };
        let mut orders: Vec<usize> = self.pairs.iter().map(|pair| pair.order).collect();
        orders.sort_unstable();
        let order = match (orders.first(), orders.last()) {
            (Some(low), Some(high)) if low < high => format!("orders {low} to {high}"),
            (Some(order), _) => format!("order {order}"),
            _ => "no pair".to_owned(),
        };
        let chosen = match scan.order {
            OrderRule::MaxLag => String::new(),
            OrderRule::By(criterion) => format!(" by {criterion:?}").to_uppercase().replace(" BY ", " by "),
        };
        let extra = match scan.extra {
            0 => String::new(),
            lags => format!(" and {lags} untested lags"),
        };
        let correction = match scan.correction {
            Correction::None => "uncorrected",
            Correction::BenjaminiHochberg => "Benjamini-Hochberg",
            Correction::BenjaminiYekutieli => "Benjamini-Yekutieli",
            Correction::Holm => "Holm",
        };
        format!("Granger {statistic} {given}, {order}{chosen}{extra}, level {} ({correction})", scan.alpha)
    }
}
