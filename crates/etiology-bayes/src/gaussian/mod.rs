//! [`GaussianNetwork`]: every node a linear function of its parents plus independent Gaussian noise.
//!
//! `X_v = a_v + sum_p b_pv X_p + sd_v e_v` with `e_v ~ N(0, 1)`. The joint distribution is multivariate normal, so
//! marginals, conditionals and interventions have closed forms (Shachter and Kenley, "Gaussian influence diagrams",
//! Management Science 35, 1989; Koller and Friedman, *Probabilistic Graphical Models*, 2009, section 7.2). A node with
//! `sd = 0` is a deterministic function of its parents, which is how a hard intervention is held.

mod estimate;
mod infer;
mod intervene;
mod sample;

use etiology_graph::{Dag, Nodes};

pub use estimate::{FitNote, GaussianEstimator, GaussianFit, Variance};
pub(crate) use estimate::{gaussian_log_density, linear_gaussian, require_finite};
pub use infer::GaussianPosterior;
pub(crate) use infer::Normal;
pub use intervene::Intervention;

use crate::BayesError;

/// The conditional distribution of one node: `N(intercept + coefficients . parents, sd^2)`.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearGaussian {
    /// Mean when every parent is zero.
    pub intercept: f64,
    /// One coefficient per parent, in ascending order of the parents' numbers.
    pub coefficients: Vec<f64>,
    /// Standard deviation of the noise; zero makes the node deterministic.
    pub sd: f64,
}

/// A linear-Gaussian Bayesian network.
///
/// Assumes linear mechanisms, Gaussian noise of constant variance and no hidden common cause. Do not use it for counts,
/// proportions near their bounds, or heavy tails: means and effects remain least-squares answers there, but the
/// intervals that follow from `sd` do not hold.
///
/// ```
/// use etiology_bayes::{GaussianNetwork, LinearGaussian};
/// use etiology_graph::{Dag, Nodes};
///
/// let dag = Dag::from_edges(Nodes::new(["x", "y"])?, [(0, 1)])?;
/// let x = LinearGaussian { intercept: 1.0, coefficients: vec![], sd: 1.0 };
/// let y = LinearGaussian { intercept: 0.0, coefficients: vec![2.0], sd: 1.0 };
/// let network = GaussianNetwork::new(dag, vec![x, y])?;
/// let posterior = network.condition(&[0], &[(1, 7.0)])?;
/// assert!((posterior.mean[0] - 3.0).abs() < 1e-12);
/// assert!((posterior.covariance[(0, 0)] - 0.2).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianNetwork {
    dag: Dag,
    families: Vec<LinearGaussian>,
    parents: Vec<Vec<usize>>,
    order: Vec<usize>,
}

impl GaussianNetwork {
    /// A network from its graph and one conditional distribution per node.
    ///
    /// # Errors
    /// When the numbers of nodes, distributions or coefficients disagree, a number is not finite, or `sd` is negative.
    pub fn new(dag: Dag, families: Vec<LinearGaussian>) -> Result<Self, BayesError> {
        if families.len() != dag.len() {
            return Err(BayesError::Width {
                what: "the list of distributions",
                expected: dag.len(),
                got: families.len(),
            });
        }
        for (node, family) in families.iter().enumerate() {
            let numbers = family.coefficients.iter().chain([&family.intercept, &family.sd]);
            if numbers.clone().any(|number| !number.is_finite()) || family.sd < 0.0 {
                return Err(BayesError::Family {
                    node: dag.nodes().name(node).to_owned(),
                    message: "intercept and coefficients must be finite and sd finite and not negative"
                        .into(),
                });
            }
            if family.coefficients.len() != dag.parents(node).len() {
                return Err(BayesError::Family {
                    node: dag.nodes().name(node).to_owned(),
                    message: format!(
                        "{} coefficients for {} parents; give one each, in ascending order of the parents",
                        family.coefficients.len(),
                        dag.parents(node).len()
                    ),
                });
            }
        }
        let parents = (0..dag.len()).map(|node| dag.parents(node).iter().collect()).collect();
        let order = dag.topological_order();
        Ok(Self { dag, families, parents, order })
    }

    /// The graph.
    #[must_use]
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The nodes' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        self.dag.nodes()
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.families.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// The conditional distributions, one per node.
    #[must_use]
    pub fn families(&self) -> &[LinearGaussian] {
        &self.families
    }

    /// The coefficient of the edge `from --> to`; zero where there is none.
    #[must_use]
    pub fn coefficient(&self, from: usize, to: usize) -> f64 {
        let position = self.parents.get(to).and_then(|parents| parents.binary_search(&from).ok());
        position.map_or(0.0, |position| self.families[to].coefficients[position])
    }

    /// Number of free parameters: an intercept, a standard deviation and the coefficients of each node.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.families.iter().map(|family| 2 + family.coefficients.len()).sum()
    }

    /// The parents of a node in ascending order, aligned with its coefficients.
    pub(crate) fn parents_of(&self, node: usize) -> &[usize] {
        &self.parents[node]
    }

    /// The nodes, parents first.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    fn require(&self, node: usize) -> Result<(), BayesError> {
        if node < self.len() { Ok(()) } else { Err(BayesError::UnknownVariable { name: node.to_string() }) }
    }
}
