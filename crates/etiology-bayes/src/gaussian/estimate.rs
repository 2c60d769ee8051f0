//! Maximum likelihood for linear-Gaussian networks: one least-squares regression per family.
//!
//! The likelihood factorises over families, so each is fitted alone from its means and covariance. Input is either those
//! sufficient statistics of the whole table, or the columns themselves, where each family uses the rows in which all of
//! its members are present (available-case analysis: unbiased when values are missing completely at random).

use std::fmt;

use etiology_graph::Dag;
use etiology_stats::Moments;

use super::{GaussianNetwork, LinearGaussian};
use crate::BayesError;
use crate::regression::{Regression, complete_moments, regress};

/// The divisor of the residual variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variance {
    /// `rss / (n - parents - 1)`: the usual unbiased estimate, what R's `lm` and bnlearn's `bn.fit` report.
    #[default]
    Unbiased,
    /// `rss / n`: the maximiser of the likelihood, smaller.
    MaximumLikelihood,
}

/// Something a fit left out or could not do, with the node it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FitNote {
    /// A parent is constant or a linear function of the parents before it; its coefficient was set to zero.
    Collinear {
        /// The child.
        node: String,
        /// The parent left out.
        parent: String,
    },
    /// The node is an exact linear function of its parents, or constant; its standard deviation is zero.
    Deterministic {
        /// The node.
        node: String,
    },
    /// Rows without a value for the node or one of its parents were not used for this family.
    Missing {
        /// The node.
        node: String,
        /// How many.
        rows: usize,
    },
    /// Configurations of the discrete parents without rows of their own.
    Unseen {
        /// The node.
        node: String,
        /// How many.
        configurations: usize,
        /// What stands in for them.
        instead: &'static str,
    },
}

impl fmt::Display for FitNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collinear { node, parent } => {
                write!(
                    f,
                    "`{node}`: parent `{parent}` adds nothing to the parents before it; its coefficient is 0"
                )
            }
            Self::Deterministic { node } => {
                write!(
                    f,
                    "`{node}` is constant or an exact function of its parents; its standard deviation is 0"
                )
            }
            Self::Missing { node, rows } => {
                write!(f, "`{node}`: {rows} rows with a missing value in the family were not used")
            }
            Self::Unseen { node, configurations, instead } => {
                write!(
                    f,
                    "`{node}`: {configurations} configurations of its parents have too few rows; {instead}"
                )
            }
        }
    }
}

/// A fitted network and what the fit has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianFit {
    /// The network.
    pub network: GaussianNetwork,
    /// Rows used for each family.
    pub rows: Vec<f64>,
    /// What was left out.
    pub notes: Vec<FitNote>,
}

/// Fits [`GaussianNetwork`]s.
///
/// Options: the divisor of the variance ([`GaussianEstimator::with_variance`], default [`Variance::Unbiased`]).
/// Complexity: `O(n k^2 + k^3)` per family of `k` members from rows, `O(k^3)` from moments.
#[derive(Debug, Clone, Copy, Default)]
pub struct GaussianEstimator {
    variance: Variance,
}

impl GaussianEstimator {
    /// With the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the divisor of the residual variance.
    #[must_use]
    pub fn with_variance(mut self, variance: Variance) -> Self {
        self.variance = variance;
        self
    }

    /// Fits from columns of one length, one per node in the graph's order. A value that is not finite is missing.
    ///
    /// # Errors
    /// When columns and nodes disagree in number, columns in length, or a family has fewer than two usable rows more than
    /// it has parents that matter.
    pub fn fit_columns(&self, dag: &Dag, columns: &[impl AsRef<[f64]>]) -> Result<GaussianFit, BayesError> {
        check_columns(dag, columns)?;
        self.fit(dag, |node, parents| {
            let family: Vec<&[f64]> =
                parents.iter().chain([&node]).map(|&member| columns[member].as_ref()).collect();
            complete_moments(&family)
        })
    }

    /// Fits from the moments of complete rows, one column per node in the graph's order.
    ///
    /// # Errors
    /// As [`GaussianEstimator::fit_columns`]; also when a column held a value that is not finite.
    pub fn fit_moments(&self, dag: &Dag, moments: &Moments) -> Result<GaussianFit, BayesError> {
        if moments.width() != dag.len() {
            return Err(BayesError::Width { what: "the moments", expected: dag.len(), got: moments.width() });
        }
        self.fit(dag, |node, parents| {
            let family: Vec<usize> = parents.iter().copied().chain([node]).collect();
            Ok((moments.select(&family), 0))
        })
    }

    fn fit(
        &self,
        dag: &Dag,
        family: impl Fn(usize, &[usize]) -> Result<(Moments, usize), BayesError>,
    ) -> Result<GaussianFit, BayesError> {
        let (mut families, mut rows, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for node in 0..dag.len() {
            let parents: Vec<usize> = dag.parents(node).iter().collect();
            let (moments, skipped) = family(node, &parents)?;
            let name = |node| dag.nodes().name(node).to_owned();
            if skipped > 0 {
                notes.push(FitNote::Missing { node: name(node), rows: skipped });
            }
            require_finite(&moments, &name(node))?;
            let fit = regress(&moments);
            families.push(linear_gaussian(&fit, moments.weight(), self.variance).ok_or_else(|| {
                BayesError::Family {
                    node: name(node),
                    message: format!(
                        "{} usable rows cannot fit {} parents and a variance; add rows or remove parents",
                        moments.weight(),
                        parents.len()
                    ),
                }
            })?);
            notes.extend(
                fit.left_out
                    .iter()
                    .map(|&i| FitNote::Collinear { node: name(node), parent: name(parents[i]) }),
            );
            if fit.rss == 0.0 {
                notes.push(FitNote::Deterministic { node: name(node) });
            }
            rows.push(moments.weight());
        }
        Ok(GaussianFit { network: GaussianNetwork::new(dag.clone(), families)?, rows, notes })
    }
}

/// Refuses moments that lost a column to an infinity or to overflow.
pub(crate) fn require_finite(moments: &Moments, node: &str) -> Result<(), BayesError> {
    if (0..moments.width()).all(|column| moments.is_finite(column)) {
        return Ok(());
    }
    Err(BayesError::Family {
        node: node.to_owned(),
        message: "a value of it or of a parent is not finite, or too large to square; drop or rescale it"
            .into(),
    })
}

/// The distribution a regression stands for, `None` without a degree of freedom for its variance.
pub(crate) fn linear_gaussian(fit: &Regression, count: f64, variance: Variance) -> Option<LinearGaussian> {
    let residual = count - fit.rank as f64 - 1.0;
    if residual < 1.0 {
        return None;
    }
    let divisor = if variance == Variance::Unbiased { residual } else { count };
    let sd = (fit.rss / divisor).sqrt();
    Some(LinearGaussian { intercept: fit.intercept, coefficients: fit.coefficients.clone(), sd })
}

/// Refuses columns that do not match the graph or one another.
pub(crate) fn check_columns(dag: &Dag, columns: &[impl AsRef<[f64]>]) -> Result<usize, BayesError> {
    if columns.len() != dag.len() {
        return Err(BayesError::Width { what: "the data", expected: dag.len(), got: columns.len() });
    }
    let rows = columns.first().map_or(0, |column| column.as_ref().len());
    match columns.iter().position(|column| column.as_ref().len() != rows) {
        Some(column) => Err(BayesError::Family {
            node: dag.nodes().name(column).to_owned(),
            message: format!("its column has {} rows and the first {rows}", columns[column].as_ref().len()),
        }),
        None => Ok(rows),
    }
}

impl GaussianNetwork {
    /// The log-likelihood of complete rows, one column per node. `O(n (p + edges))`.
    ///
    /// # Errors
    /// When the columns do not match, a value is not finite, or a node is deterministic (its density has no bound).
    pub fn log_likelihood(&self, columns: &[impl AsRef<[f64]>]) -> Result<f64, BayesError> {
        let rows = check_columns(&self.dag, columns)?;
        let mut total = 0.0;
        for (node, family) in self.families.iter().enumerate() {
            let name = || self.nodes().name(node).to_owned();
            if family.sd == 0.0 {
                return Err(BayesError::Family {
                    node: name(),
                    message: "its standard deviation is 0, so its density has no bound; leave the node out"
                        .into(),
                });
            }
            let column = columns[node].as_ref();
            if column.iter().any(|value| !value.is_finite()) {
                return Err(BayesError::Family {
                    node: name(),
                    message: "a value is missing; the log-likelihood is defined for complete rows".into(),
                });
            }
            let mut squares = 0.0;
            for (row, value) in column.iter().enumerate() {
                let fitted = self.parents[node]
                    .iter()
                    .zip(&family.coefficients)
                    .fold(family.intercept, |sum, (&p, b)| sum + b * columns[p].as_ref()[row]);
                squares += (value - fitted).powi(2);
            }
            total += gaussian_log_density(rows as f64, squares, family.sd);
        }
        if total.is_finite() { Ok(total) } else { Err(BayesError::Overflow { what: "the log-likelihood" }) }
    }
}

/// Log-density of `count` values with this sum of squared residuals.
pub(crate) fn gaussian_log_density(count: f64, squares: f64, sd: f64) -> f64 {
    let log_two_pi = std::f64::consts::TAU.ln();
    -count * (0.5 * log_two_pi + sd.ln()) - 0.5 * squares / sd / sd
}
