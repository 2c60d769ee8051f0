//! Expectation-maximization for discrete networks with missing values.
//!
//! Each iteration replaces the counts by their expectations given the observed values and the current tables, then refits
//! the tables to them (Dempster, Laird and Rubin, JRSS B 39, 1977; Lauritzen, Computational Statistics and Data Analysis 19,
//! 1995). The observed-data likelihood (times the prior, if there is one) never falls. The E-step is exact: families that a
//! row has complete are counted once and for all, the others through their patterns, in parallel and in a fixed order.

use etiology_graph::Dag;
use etiology_stats::{DiscreteColumn, DiscreteTable};
use rand::RngExt;
use rayon::prelude::*;

use super::patterns::Patterns;
use super::tables::{log_likelihood_of, normalise};
use super::{NetworkCounts, ParameterPrior};
use crate::sampling::stream;
use crate::{BayesError, DiscreteNetwork, FitNote};

/// Fits tables where values are missing.
///
/// | option | default | |
/// |---|---|---|
/// | [`ExpectationMaximization::with_prior`] | none | pseudo-counts, as for [`crate::DiscreteEstimator`] |
/// | [`ExpectationMaximization::with_tolerance`] | 1e-8 | stops when the objective gains less than this share |
/// | [`ExpectationMaximization::with_max_iterations`] | 500 | per start |
/// | [`ExpectationMaximization::with_restarts`] | 0 | random starts beside the first; the best end wins |
/// | [`ExpectationMaximization::with_seed`] | 0 | |
///
/// The first start takes the rows that are complete for each family, plus one in every cell; a node without any observed
/// value starts at random, for a uniform start could not move.
///
/// Assumes values missing at random: whether one is missing may depend on the values that are seen, not on itself. A hidden
/// node is identified only up to the names of its states, and the likelihood may have several maxima: take restarts.
///
/// Complexity per iteration: a pass up and down a bucket tree per pattern, where a pattern is a group of missing nodes that
/// share families, with the observed values around it; linear in the number of distinct patterns, exponential in the width
/// of what is missing together.
#[derive(Debug, Clone)]
pub struct ExpectationMaximization {
    prior: ParameterPrior,
    tolerance: f64,
    max_iterations: usize,
    restarts: usize,
    seed: u64,
}

impl Default for ExpectationMaximization {
    fn default() -> Self {
        Self { prior: ParameterPrior::None, tolerance: 1e-8, max_iterations: 500, restarts: 0, seed: 0 }
    }
}

/// What expectation-maximization found.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectationMaximizationFit {
    /// The network.
    pub network: DiscreteNetwork,
    /// Log-likelihood of the observed values.
    pub log_likelihood: f64,
    /// The objective after each iteration of the best start: the log-likelihood, plus `sum a ln p` under a prior with
    /// pseudo-counts `a`. It never falls.
    pub trace: Vec<f64>,
    /// Whether the tolerance was met before the iterations ran out.
    pub converged: bool,
    /// What stood in for data.
    pub notes: Vec<FitNote>,
}

impl ExpectationMaximization {
    /// With the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the pseudo-counts.
    #[must_use]
    pub fn with_prior(mut self, prior: ParameterPrior) -> Self {
        self.prior = prior;
        self
    }

    /// Sets the relative gain below which iteration stops.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the most iterations per start.
    #[must_use]
    pub fn with_max_iterations(mut self, iterations: usize) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// Sets the number of random starts beside the first.
    #[must_use]
    pub fn with_restarts(mut self, restarts: usize) -> Self {
        self.restarts = restarts;
        self
    }

    /// Sets the seed of the random starts.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Fits the tables of a graph to a table of rows. A hidden node is a column of missing values whose levels are listed.
    ///
    /// # Errors
    /// When graph and table disagree, a node has no level, an option is out of range, or a group of missing nodes has too
    /// many joint states even for elimination.
    pub fn fit(&self, dag: &Dag, table: &DiscreteTable) -> Result<ExpectationMaximizationFit, BayesError> {
        if !self.tolerance.is_finite() || self.tolerance < 0.0 {
            return Err(BayesError::Parameter {
                parameter: "the tolerance",
                value: self.tolerance,
                expected: "finite and not negative",
            });
        }
        crate::sampling::at_least("the number of iterations", self.max_iterations, 1, "at least 1")?;
        let complete = NetworkCounts::from_table(dag, table)?;
        self.prior.check(&complete)?;
        if let Some(node) = complete.levels().iter().position(|levels| levels.is_empty()) {
            return Err(BayesError::Family {
                node: dag.nodes().name(node).to_owned(),
                message: "it has no level; list the levels of a hidden node".into(),
            });
        }
        let problem = Problem { patterns: Patterns::new(&complete, table)?, prior: &self.prior, complete };
        let hidden: Vec<bool> = table.columns().iter().map(all_missing).collect();
        let mut best: Option<End> = None;
        for start in 0..=self.restarts {
            let end = self.run(&problem, problem.start(&hidden, start, self.seed))?;
            if best.as_ref().is_none_or(|best| end.objective() > best.objective()) {
                best = Some(end);
            }
        }
        let Some(end) = best else { return Err(BayesError::Overflow { what: "the likelihood" }) };
        let states = problem.complete.levels().iter().map(|levels| levels.to_vec()).collect();
        let notes = (0..dag.len()).filter(|&node| end.unseen[node] > 0).map(|node| FitNote::Unseen {
            node: dag.nodes().name(node).to_owned(),
            configurations: end.unseen[node],
            instead: "they are uniform",
        });
        Ok(ExpectationMaximizationFit {
            notes: notes.collect(),
            network: DiscreteNetwork::new(dag.clone(), states, end.tables)?,
            log_likelihood: end.log_likelihood,
            trace: end.trace,
            converged: end.converged,
        })
    }

    fn run(&self, problem: &Problem<'_>, tables: Vec<Vec<f64>>) -> Result<End, BayesError> {
        let mut end =
            End { tables, unseen: Vec::new(), trace: Vec::new(), log_likelihood: 0.0, converged: false };
        let (mut expected, _) = problem.expect(&end.tables)?;
        for _ in 0..self.max_iterations {
            end.unseen = problem.maximize(&expected, &mut end.tables);
            let (next, log_likelihood) = problem.expect(&end.tables)?;
            expected = next;
            end.log_likelihood = log_likelihood;
            let objective = log_likelihood + problem.log_prior(&end.tables);
            let gain = objective - end.trace.last().copied().unwrap_or(f64::NEG_INFINITY);
            end.trace.push(objective);
            if gain <= self.tolerance * objective.abs() {
                end.converged = true;
                break;
            }
        }
        Ok(end)
    }
}

/// Where a start led.
struct End {
    tables: Vec<Vec<f64>>,
    unseen: Vec<usize>,
    trace: Vec<f64>,
    log_likelihood: f64,
    converged: bool,
}

impl End {
    fn objective(&self) -> f64 {
        self.trace.last().copied().unwrap_or(f64::NEG_INFINITY)
    }
}

struct Problem<'a> {
    complete: NetworkCounts,
    patterns: Patterns,
    prior: &'a ParameterPrior,
}

impl Problem<'_> {
    fn start(&self, hidden: &[bool], start: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = stream(seed, start);
        (0..hidden.len())
            .map(|node| {
                let states = self.complete.levels()[node].len();
                let counts = self.complete.family(node);
                let lost = hidden[node] || self.complete.parents(node).iter().any(|&parent| hidden[parent]);
                let mut table: Vec<f64> = if start > 0 || lost {
                    // Exponential deviates share out a row evenly over the simplex.
                    counts.iter().map(|_| -(1.0 - rng.random::<f64>()).ln() + 1e-3).collect()
                } else {
                    counts.iter().map(|count| count + 1.0).collect()
                };
                normalise(&mut table, states);
                table
            })
            .collect()
    }

    /// Expected counts and the log-likelihood of the observed values.
    fn expect(&self, tables: &[Vec<f64>]) -> Result<(Vec<Vec<f64>>, f64), BayesError> {
        let patterns = self.patterns.patterns();
        // A fixed number of parts, so that the sums do not depend on the number of threads.
        let part = patterns.len().div_ceil(16).max(256);
        let parts: Vec<(Vec<Vec<f64>>, f64)> = patterns
            .par_chunks(part)
            .map(|patterns| {
                let mut expected: Vec<Vec<f64>> = tables.iter().map(|table| vec![0.0; table.len()]).collect();
                let mut log_likelihood = 0.0;
                for pattern in patterns {
                    log_likelihood += self.patterns.expect(pattern, tables, &mut expected)?;
                }
                Ok((expected, log_likelihood))
            })
            .collect::<Result<_, BayesError>>()?;
        let mut expected: Vec<Vec<f64>> =
            (0..tables.len()).map(|node| self.complete.family(node).to_vec()).collect();
        let mut total: f64 =
            expected.iter().zip(tables).map(|(counts, table)| log_likelihood_of(counts, table)).sum();
        for (counts, log_likelihood) in parts {
            total += log_likelihood;
            for (own, more) in expected.iter_mut().zip(counts) {
                own.iter_mut().zip(more).for_each(|(a, b)| *a += b);
            }
        }
        Ok((expected, total))
    }

    fn maximize(&self, expected: &[Vec<f64>], tables: &mut [Vec<f64>]) -> Vec<usize> {
        let levels = self.complete.levels();
        (0..tables.len())
            .map(|node| self.prior.table(node, levels[node].len(), &expected[node], &mut tables[node]))
            .collect()
    }

    fn log_prior(&self, tables: &[Vec<f64>]) -> f64 {
        let pseudo = |node: usize, table: &Vec<f64>| -> f64 {
            let cells = table.iter().enumerate().map(|(cell, p)| (self.prior.at(node, cell, table.len()), p));
            cells.filter(|(a, _)| *a > 0.0).map(|(a, p)| a * p.ln()).sum()
        };
        tables.iter().enumerate().map(|(node, table)| pseudo(node, table)).sum()
    }
}

fn all_missing(column: &DiscreteColumn) -> bool {
    column.missing() == column.codes().len()
}
