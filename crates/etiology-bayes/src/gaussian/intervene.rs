//! Interventions on linear-Gaussian networks and the effects they have.
//!
//! `do(X = x)` cuts the edges into `X` and fixes it; a shift adds to its mechanism and keeps the edges. The total effect of
//! `X` on `Y` is the sum over directed paths of the products of coefficients, the entry `(Y, X)` of `(I - B)^-1` (Wright,
//! "The method of path coefficients", 1934; Pearl, *Causality*, 2009, section 5.3). These are causal answers only when the
//! graph is causal and has no hidden common cause.

use nalgebra::DMatrix;

use super::{GaussianNetwork, LinearGaussian};
use crate::BayesError;

/// What is done to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Intervention {
    /// `do(X = value)`: the node no longer listens to its parents.
    Set(f64),
    /// The node is drawn from `N(mean, sd^2)`, whatever its parents.
    Draw {
        /// Mean of the draw.
        mean: f64,
        /// Standard deviation of the draw.
        sd: f64,
    },
    /// This much is added to the node, which goes on listening to its parents.
    Shift(f64),
}

impl GaussianNetwork {
    /// The network after interventions.
    ///
    /// # Errors
    /// When a node is none of the network's or is acted on twice, or a number is not finite.
    pub fn intervene(&self, interventions: &[(usize, Intervention)]) -> Result<Self, BayesError> {
        let (mut dag, mut families) = (self.dag().clone(), self.families().to_vec());
        for (i, &(node, intervention)) in interventions.iter().enumerate() {
            self.require(node)?;
            if interventions[..i].iter().any(|(other, _)| *other == node) {
                return Err(BayesError::Query {
                    message: format!("`{}` is acted on twice; act once", self.nodes().name(node)),
                });
            }
            let alone = |mean, sd| LinearGaussian { intercept: mean, coefficients: Vec::new(), sd };
            match intervention {
                Intervention::Shift(by) => families[node].intercept += by,
                Intervention::Set(value) => families[node] = alone(value, 0.0),
                Intervention::Draw { mean, sd } => families[node] = alone(mean, sd),
            }
            if !matches!(intervention, Intervention::Shift(_)) {
                for &parent in self.parents_of(node) {
                    dag.remove(parent, node);
                }
            }
        }
        Self::new(dag, families)
    }

    /// The total effect of one node on every node: the change of its mean per unit of `do(from)`; 1 on itself, 0 on what it
    /// does not reach. `O(p + edges)`.
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`].
    pub fn total_effects_of(&self, from: usize) -> Result<Vec<f64>, BayesError> {
        self.require(from)?;
        let mut effect = vec![0.0; self.len()];
        for &node in self.order() {
            effect[node] = if node == from {
                1.0
            } else {
                let coefficients = &self.families()[node].coefficients;
                self.parents_of(node).iter().zip(coefficients).map(|(&p, b)| b * effect[p]).sum()
            };
        }
        Ok(effect)
    }

    /// The matrix of total effects, entry `(to, from)`: `(I - B)^-1` with `B[(to, from)]` the coefficients. `O(p (p + edges))`.
    #[must_use]
    pub fn total_effects(&self) -> DMatrix<f64> {
        let mut effects = DMatrix::zeros(self.len(), self.len());
        for from in 0..self.len() {
            for (to, effect) in self.total_effects_of(from).unwrap_or_default().into_iter().enumerate() {
                effects[(to, from)] = effect;
            }
        }
        effects
    }

    /// The average causal effect `E[target | do(cause = to)] - E[target | do(cause = from)]`.
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`].
    pub fn average_causal_effect(
        &self,
        cause: usize,
        target: usize,
        from: f64,
        to: f64,
    ) -> Result<f64, BayesError> {
        self.require(target)?;
        Ok(self.total_effects_of(cause)?[target] * (to - from))
    }
}
