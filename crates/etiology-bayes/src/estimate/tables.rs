//! Tables from counts: maximum likelihood, or the posterior mean under a Dirichlet prior.
//!
//! With counts `N(s, c)` of state `s` under configuration `c` and pseudo-counts `a(s, c)`, the entry is
//! `(N(s, c) + a(s, c)) / sum_s (N(s, c) + a(s, c))`. Maximum likelihood is `a = 0`, where a configuration that never
//! occurs says nothing: it is set uniform and counted. The priors are those of Buntine ("Theory refinement on Bayesian
//! networks", UAI 1991; `BDeu`) and of Cooper and Herskovits (Machine Learning 9, 1992; K2).

use etiology_graph::Dag;
use etiology_stats::DiscreteTable;

use super::NetworkCounts;
use crate::{BayesError, DiscreteNetwork, FitNote};

/// Pseudo-counts added to the counts of each family.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ParameterPrior {
    /// None: maximum likelihood.
    #[default]
    None,
    /// `weight / (states * configurations)` in every cell: an imaginary sample of `weight` rows, uniform over the family
    /// (Buntine's `BDeu`; bnlearn's `iss`).
    Bdeu {
        /// Size of the imaginary sample, above zero.
        weight: f64,
    },
    /// The same pseudo-count in every cell: 1 is Laplace's rule and the prior of K2, 0.5 Jeffreys's.
    Uniform {
        /// The pseudo-count, above zero.
        count: f64,
    },
    /// One list per node, in the layout of [`NetworkCounts::family`].
    Counts(Vec<Vec<f64>>),
}

impl ParameterPrior {
    /// Laplace's rule: one pseudo-count in every cell.
    pub const LAPLACE: Self = Self::Uniform { count: 1.0 };

    /// The pseudo-count of a cell of a family with `size` cells.
    pub(crate) fn at(&self, node: usize, cell: usize, size: usize) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Bdeu { weight } => weight / size as f64,
            Self::Uniform { count } => *count,
            Self::Counts(counts) => counts[node][cell],
        }
    }

    pub(crate) fn check(&self, counts: &NetworkCounts) -> Result<(), BayesError> {
        match self {
            Self::None => Ok(()),
            Self::Bdeu { weight: value } | Self::Uniform { count: value } => {
                if value.is_finite() && *value > 0.0 {
                    return Ok(());
                }
                Err(BayesError::Parameter {
                    parameter: "the prior's weight",
                    value: *value,
                    expected: "finite and above 0",
                })
            }
            Self::Counts(given) => {
                let nodes = counts.dag().len();
                if given.len() != nodes {
                    return Err(BayesError::Width { what: "the prior", expected: nodes, got: given.len() });
                }
                let bad = (0..nodes).find(|&node| {
                    given[node].len() != counts.family(node).len()
                        || given[node].iter().any(|count| !count.is_finite() || *count < 0.0)
                });
                match bad {
                    Some(node) => Err(BayesError::Family {
                        node: counts.dag().nodes().name(node).to_owned(),
                        message: format!(
                            "its prior needs {} pseudo-counts, finite and not negative",
                            counts.family(node).len()
                        ),
                    }),
                    None => Ok(()),
                }
            }
        }
    }

    /// Writes the table of a node into `table` and returns how many configurations were set uniform for want of counts.
    pub(crate) fn table(&self, node: usize, states: usize, counts: &[f64], table: &mut Vec<f64>) -> usize {
        table.clear();
        table
            .extend(counts.iter().enumerate().map(|(cell, count)| count + self.at(node, cell, counts.len())));
        normalise(table, states)
    }
}

/// Makes each run of `states` numbers sum to one; the number of runs that had nothing to share and became uniform.
pub(crate) fn normalise(table: &mut [f64], states: usize) -> usize {
    let mut unseen = 0;
    for row in table.chunks_mut(states.max(1)) {
        let total: f64 = row.iter().sum();
        if total > 0.0 {
            row.iter_mut().for_each(|p| *p /= total);
        } else {
            unseen += 1;
            row.fill(1.0 / states as f64);
        }
    }
    unseen
}

/// A fitted network and what the fit has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteFit {
    /// The network.
    pub network: DiscreteNetwork,
    /// `sum N ln p` over the cells counted: the log-likelihood when every row was complete.
    pub log_likelihood: f64,
    /// What was left out or stood in for.
    pub notes: Vec<FitNote>,
}

/// Fits the tables of a discrete network to counts.
///
/// Options: the pseudo-counts ([`DiscreteEstimator::with_prior`], default none: maximum likelihood).
/// Complexity: `O(n (p + edges))` to count, then linear in the number of cells.
/// Missing values: a row counts for the families it is complete in, which is unbiased when values are missing completely
/// at random; otherwise use [`crate::ExpectationMaximization`].
///
/// ```
/// use etiology_bayes::{DiscreteEstimator, ParameterPrior};
/// use etiology_graph::{Dag, Nodes};
/// use etiology_stats::{DiscreteColumn, DiscreteTable};
///
/// let x = DiscreteColumn::from_labels(["a", "a", "b", "b"].map(Some))?;
/// let y = DiscreteColumn::from_labels(["u", "v", "v", "v"].map(Some))?;
/// let dag = Dag::from_edges(Nodes::new(["x", "y"])?, [(0, 1)])?;
/// let table = DiscreteTable::new(vec![x, y])?;
/// let ml = DiscreteEstimator::new().fit_table(&dag, &table)?;
/// assert_eq!(ml.network.table(1), [0.5, 0.5, 0.0, 1.0]);
/// let laplace = DiscreteEstimator::new().with_prior(ParameterPrior::LAPLACE).fit_table(&dag, &table)?;
/// assert_eq!(laplace.network.table(1), [0.5, 0.5, 0.25, 0.75]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct DiscreteEstimator {
    prior: ParameterPrior,
}

impl DiscreteEstimator {
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

    /// Fits to the counts of one table.
    ///
    /// # Errors
    /// As [`NetworkCounts::from_table`] and [`DiscreteEstimator::fit_counts`].
    pub fn fit_table(&self, dag: &Dag, table: &DiscreteTable) -> Result<DiscreteFit, BayesError> {
        self.fit_counts(&NetworkCounts::from_table(dag, table)?)
    }

    /// Fits to counts, of one table or of many.
    ///
    /// # Errors
    /// When a node has no state (all its values are missing), or the prior does not match the network.
    pub fn fit_counts(&self, counts: &NetworkCounts) -> Result<DiscreteFit, BayesError> {
        self.prior.check(counts)?;
        let (mut tables, mut notes, mut log_likelihood) = (Vec::new(), Vec::new(), 0.0);
        for (node, levels) in counts.levels().iter().enumerate() {
            let name = || counts.dag().nodes().name(node).to_owned();
            if levels.is_empty() {
                return Err(BayesError::Family {
                    node: name(),
                    message:
                        "all its values are missing, so it has no state; leave it out or list its states"
                            .into(),
                });
            }
            let mut table = Vec::new();
            let unseen = self.prior.table(node, levels.len(), counts.family(node), &mut table);
            let skipped = counts.skipped(node);
            if skipped > 0 {
                notes.push(FitNote::Missing {
                    node: name(),
                    rows: usize::try_from(skipped).unwrap_or(usize::MAX),
                });
            }
            if unseen > 0 {
                notes.push(FitNote::Unseen {
                    node: name(),
                    configurations: unseen,
                    instead: "they are uniform",
                });
            }
            log_likelihood += log_likelihood_of(counts.family(node), &table);
            tables.push(table);
        }
        let states = counts.levels().iter().map(|levels| levels.to_vec()).collect();
        let network = DiscreteNetwork::new(counts.dag().clone(), states, tables)?;
        Ok(DiscreteFit { network, log_likelihood, notes })
    }
}

impl DiscreteNetwork {
    /// The log-likelihood of counts over the same graph and states; minus infinity when they hold what the network makes
    /// impossible. Linear in the number of cells.
    ///
    /// # Errors
    /// [`BayesError::Query`] when graph or states differ.
    pub fn log_likelihood(&self, counts: &NetworkCounts) -> Result<f64, BayesError> {
        let same = self.dag() == counts.dag()
            && counts.levels().iter().enumerate().all(|(node, levels)| self.states(node) == &levels[..]);
        if !same {
            return Err(BayesError::Query {
                message: "the counts belong to another graph or list other states".into(),
            });
        }
        Ok((0..self.len()).map(|node| log_likelihood_of(counts.family(node), self.table(node))).sum())
    }
}

/// `sum N ln p` over cells that occur.
pub(crate) fn log_likelihood_of(counts: &[f64], table: &[f64]) -> f64 {
    counts.iter().zip(table).filter(|(count, _)| **count > 0.0).map(|(count, p)| count * p.ln()).sum()
}
