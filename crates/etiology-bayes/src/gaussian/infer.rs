//! The joint distribution of a linear-Gaussian network, and what evidence makes of it.
//!
//! Means and covariances follow from one sweep in topological order: `Cov(v, u) = sum_p b_pv Cov(p, u)` for every `u`
//! before `v`. Conditioning takes the Schur complement of the evidence's block, factorised with diagonal pivoting so that
//! evidence on deterministic nodes (singular blocks) is either redundant or impossible, and never a division by zero.

use nalgebra::{DMatrix, DVector};

use etiology_graph::NodeSet;

use super::{GaussianNetwork, gaussian_log_density};
use crate::BayesError;

/// A pivot below this share of its node's own variance counts as zero.
const SINGULAR: f64 = 1e-12;

/// Evidence on a node without variance left may miss its value by this share of the scale.
const CONSISTENT: f64 = 1e-8;

/// The distribution of some nodes, normal with this mean and covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianPosterior {
    /// The nodes asked for, in the order asked.
    pub nodes: Vec<usize>,
    /// Their means.
    pub mean: DVector<f64>,
    /// Their covariance.
    pub covariance: DMatrix<f64>,
    /// Log-density of the evidence; zero without evidence. Evidence on nodes without variance of their own (given the rest
    /// of the evidence) has no density and does not enter.
    pub log_density: f64,
}

impl GaussianPosterior {
    /// Standard deviation of the `i`-th node asked for; zero for one that is not.
    #[must_use]
    pub fn sd(&self, i: usize) -> f64 {
        self.covariance.get((i, i)).map_or(0.0, |variance| variance.max(0.0).sqrt())
    }
}

impl GaussianNetwork {
    /// The mean of every node. `O(p + edges)`.
    #[must_use]
    pub fn mean(&self) -> DVector<f64> {
        let mut mean = DVector::zeros(self.len());
        for &node in &self.order {
            let family = &self.families[node];
            mean[node] = self.parents[node]
                .iter()
                .zip(&family.coefficients)
                .fold(family.intercept, |sum, (&p, b)| sum + b * mean[p]);
        }
        mean
    }

    /// The covariance of all nodes. `O(p (p + edges))`.
    #[must_use]
    pub fn covariance(&self) -> DMatrix<f64> {
        let mut covariance = DMatrix::zeros(self.len(), self.len());
        for (position, &node) in self.order.iter().enumerate() {
            let family = &self.families[node];
            let from_parents = |covariance: &DMatrix<f64>, other: usize| -> f64 {
                self.parents[node]
                    .iter()
                    .zip(&family.coefficients)
                    .map(|(&p, b)| b * covariance[(p, other)])
                    .sum()
            };
            for &other in &self.order[..position] {
                let value = from_parents(&covariance, other);
                covariance[(node, other)] = value;
                covariance[(other, node)] = value;
            }
            covariance[(node, node)] = family.sd * family.sd + from_parents(&covariance, node);
        }
        covariance
    }

    /// The distribution of `targets` given the values of other nodes, exactly.
    ///
    /// Only the ancestors of targets and evidence take part: `O(a (a + edges) + e^3 + e^2 t + e t^2)` for `a` ancestors, `e`
    /// items of evidence and `t` targets. A target that is itself evidence has its value and no variance.
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`]; [`BayesError::Query`] when a node is given two values or one that is not finite;
    /// [`BayesError::ImpossibleEvidence`] when a deterministic node is given another value than it must have.
    pub fn condition(
        &self,
        targets: &[usize],
        evidence: &[(usize, f64)],
    ) -> Result<GaussianPosterior, BayesError> {
        for &node in targets.iter().chain(evidence.iter().map(|(node, _)| node)) {
            self.require(node)?;
        }
        for (i, (node, value)) in evidence.iter().enumerate() {
            let name = self.nodes().name(*node);
            if !value.is_finite() {
                return Err(BayesError::Query {
                    message: format!("the evidence on `{name}` is {value}; give a finite number"),
                });
            }
            if evidence[..i].iter().any(|(other, _)| other == node) {
                return Err(BayesError::Query { message: format!("`{name}` is given twice; give it once") });
            }
        }
        let part =
            self.ancestral_part(targets.iter().copied().chain(evidence.iter().map(|(node, _)| *node)))?;
        let (mean, covariance) = (part.network.mean(), part.network.covariance());
        let normal = Normal { mean, covariance };
        let at = |node: usize| part.kept.binary_search(&node).unwrap_or(0);
        let given: Vec<(usize, f64)> = evidence.iter().map(|&(node, value)| (at(node), value)).collect();
        let wanted: Vec<usize> = targets.iter().map(|&node| at(node)).collect();
        let Conditioned { mean, covariance, log_density, .. } =
            normal.condition(&wanted, &given).map_err(|position| {
                let (node, value) = evidence[position];
                BayesError::ImpossibleEvidence {
                    message: format!(
                        "`{}` cannot be {value}, being fixed by the rest of the evidence and its parents",
                        self.nodes().name(node)
                    ),
                }
            })?;
        if mean.iter().chain(covariance.iter()).any(|value| !value.is_finite()) {
            return Err(BayesError::Overflow { what: "the posterior" });
        }
        Ok(GaussianPosterior { nodes: targets.to_vec(), mean, covariance, log_density })
    }

    /// The network over the ancestors of some nodes, with their numbers in this one.
    fn ancestral_part(&self, nodes: impl Iterator<Item = usize>) -> Result<AncestralPart, BayesError> {
        let mut keep = NodeSet::new(self.len());
        let mut stack: Vec<usize> = nodes.filter(|&node| keep.insert(node)).collect();
        while let Some(node) = stack.pop() {
            stack.extend(self.parents[node].iter().filter(|&&parent| keep.insert(parent)));
        }
        let kept: Vec<usize> = keep.iter().collect();
        let at = |node: &usize| kept.binary_search(node).unwrap_or(0);
        let names = kept.iter().map(|&node| self.nodes().name(node));
        let edges = kept.iter().flat_map(|node| self.parents[*node].iter().map(move |p| (at(p), at(node))));
        let dag = etiology_graph::Dag::from_edges(etiology_graph::Nodes::new(names)?, edges)?;
        let families = kept.iter().map(|&node| self.families[node].clone()).collect();
        Ok(AncestralPart { network: Self::new(dag, families)?, kept })
    }
}

struct AncestralPart {
    network: GaussianNetwork,
    kept: Vec<usize>,
}

/// A multivariate normal distribution.
pub(crate) struct Normal {
    pub(crate) mean: DVector<f64>,
    pub(crate) covariance: DMatrix<f64>,
}

/// What conditioning leaves.
pub(crate) struct Conditioned {
    pub(crate) mean: DVector<f64>,
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) log_density: f64,
    /// Number of values that have a density; the others were certain.
    pub(crate) rank: usize,
}

impl Normal {
    /// The distribution of `targets` given values. The error is the position of
    /// the value that cannot be.
    pub(crate) fn condition(&self, targets: &[usize], given: &[(usize, f64)]) -> Result<Conditioned, usize> {
        let (e, t) = (given.len(), targets.len());
        // Rows: evidence, then targets; columns: one per pivot taken. The residual starts as (value - mean).
        let node = |row: usize| if row < e { given[row].0 } else { targets[row - e] };
        let mut factor = DMatrix::<f64>::zeros(e + t, e);
        let mut residual =
            DVector::from_fn(
                e + t,
                |row, _| {
                    if row < e { given[row].1 - self.mean[given[row].0] } else { 0.0 }
                },
            );
        let mut rest: Vec<f64> = (0..e).map(|row| self.covariance[(node(row), node(row))]).collect();
        let mut free: Vec<usize> = (0..e).collect();
        let (mut log_density, mut rank) = (0.0, 0);
        loop {
            let share =
                |row: usize| rest[row] / self.covariance[(node(row), node(row))].max(f64::MIN_POSITIVE);
            let best = free.iter().copied().enumerate().max_by(|a, b| share(a.1).total_cmp(&share(b.1)));
            let Some((slot, pivot)) = best.filter(|&(_, row)| share(row) > SINGULAR && rest[row] > 0.0)
            else {
                break;
            };
            free.swap_remove(slot);
            free.sort_unstable();
            let root = rest[pivot].sqrt();
            for row in (0..e + t).filter(|row| *row >= e || free.contains(row)) {
                let before: f64 = (0..rank).map(|c| factor[(row, c)] * factor[(pivot, c)]).sum();
                factor[(row, rank)] = (self.covariance[(node(row), node(pivot))] - before) / root;
            }
            factor[(pivot, rank)] = root;
            let score = residual[pivot] / root;
            for row in (0..e + t).filter(|row| *row >= e || free.contains(row)) {
                residual[row] -= score * factor[(row, rank)];
            }
            for &row in &free {
                rest[row] -= factor[(row, rank)].powi(2);
            }
            log_density += gaussian_log_density(1.0, score * score, 1.0) - root.ln();
            rank += 1;
        }
        for &row in &free {
            let sd = self.covariance[(node(row), node(row))].max(0.0).sqrt();
            let scale = given[row].1.abs().max(self.mean[node(row)].abs()).max(sd).max(f64::MIN_POSITIVE);
            if residual[row].abs() > CONSISTENT * scale {
                return Err(row);
            }
        }
        let known = |i: usize| given.iter().find(|(node, _)| *node == targets[i]);
        let mean = DVector::from_fn(t, |i, _| match known(i) {
            Some((_, value)) => *value,
            None => self.mean[targets[i]] - residual[e + i],
        });
        let covariance = DMatrix::from_fn(t, t, |i, j| {
            if known(i).is_some() || known(j).is_some() {
                return 0.0;
            }
            let explained: f64 = (0..rank).map(|c| factor[(e + i, c)] * factor[(e + j, c)]).sum();
            let prior = self.covariance[(targets[i], targets[j])];
            let left = prior - explained;
            // What rounding leaves of a variance that is fully explained is none.
            if targets[i] == targets[j] && left < SINGULAR * prior { 0.0 } else { left }
        });
        Ok(Conditioned { mean, covariance, log_density, rank })
    }
}
