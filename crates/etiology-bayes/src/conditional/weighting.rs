//! Likelihood weighting in conditional-Gaussian networks, where exact answers would be too large.
//!
//! Nodes are drawn parents first; an observed one keeps its value and multiplies the sample's weight by its probability, or
//! its density, given the parents drawn (Fung and Chang 1989; see [`crate::LikelihoodWeighting`] for the discrete case and
//! the errors).

use rand::RngExt;
use rand::rngs::StdRng;
use rayon::prelude::*;

use super::{ConditionalGaussianNetwork, MixedFamily, Value};
use crate::BayesError;
use crate::gaussian::gaussian_log_density;
use crate::sampling::{StandardNormal, at_least, chunks, pick, stream};

/// An estimate from weighted samples of a mixed network.
#[derive(Debug, Clone, PartialEq)]
pub struct MixedEstimate {
    /// Probabilities of a discrete target's states, or the mean of a continuous one alone.
    pub values: Vec<f64>,
    /// The standard error of each.
    pub standard_errors: Vec<f64>,
    /// Logarithm of the estimated probability (density) of the evidence.
    pub log_evidence: f64,
    /// `(sum w)^2 / sum w^2`: how many equally weighted samples the run is worth.
    pub effective_samples: f64,
}

impl ConditionalGaussianNetwork {
    /// Estimates the probabilities of a discrete target, or the mean of a continuous one, from weighted samples.
    /// `O(samples (p + edges))`; the same seed gives the same answer on any number of threads.
    ///
    /// # Errors
    /// As [`ConditionalGaussianNetwork::query`] for a wrong question; [`BayesError::Query`] for continuous evidence on a
    /// deterministic node, which no sample would meet; [`BayesError::ImpossibleEvidence`] when no sample agreed.
    pub fn weighted_query(
        &self,
        target: usize,
        evidence: &[(usize, Value)],
        samples: usize,
        seed: u64,
    ) -> Result<MixedEstimate, BayesError> {
        at_least("the number of samples", samples, 2, "at least 2")?;
        let given = self.given(target, evidence)?;
        for (node, family) in self.families().iter().enumerate() {
            let MixedFamily::Continuous { components } = family else { continue };
            if given[node].is_some() && components.iter().any(|component| component.sd == 0.0) {
                return Err(BayesError::Query {
                    message: format!(
                        "`{}` is deterministic, so no sample would meet its value; leave the evidence out",
                        self.nodes().name(node)
                    ),
                });
            }
        }
        let relevant = self.ancestors(evidence.iter().map(|(node, _)| *node).chain([target]));
        let order: Vec<usize> =
            self.order().iter().copied().filter(|&node| relevant.contains(node)).collect();
        let drawn: Vec<Vec<(f64, Value)>> = chunks(samples)
            .into_par_iter()
            .map(|(chunk, length)| {
                let (mut rng, mut normal) = (stream(seed, chunk), StandardNormal::default());
                let mut values = vec![Value::State(0); self.len()];
                (0..length)
                    .map(|_| {
                        let weight = self.draw_weighted(&order, &given, &mut values, &mut rng, &mut normal);
                        (weight, values[target])
                    })
                    .collect()
            })
            .collect();
        let peak = drawn.iter().flatten().map(|(weight, _)| *weight).fold(f64::NEG_INFINITY, f64::max);
        if peak == f64::NEG_INFINITY {
            return Err(BayesError::ImpossibleEvidence {
                message: format!(
                    "none of {samples} samples agreed with it; it is impossible, or too rare to sample"
                ),
            });
        }
        let weighted: Vec<(f64, Value)> =
            drawn.into_iter().flatten().map(|(log, value)| ((log - peak).exp(), value)).collect();
        let total: f64 = weighted.iter().map(|(weight, _)| weight).sum();
        let square: f64 = weighted.iter().map(|(weight, _)| weight * weight).sum();
        let score = |value: Value, which: usize| match value {
            Value::State(state) => f64::from(u8::from(state == which)),
            Value::Number(number) => number,
        };
        let (mut values, mut standard_errors) = (Vec::new(), Vec::new());
        for which in 0..self.states(target).map_or(1, <[_]>::len) {
            let mean = weighted.iter().map(|&(w, value)| w * score(value, which)).sum::<f64>() / total;
            let spread: f64 =
                weighted.iter().map(|&(w, value)| (w * (score(value, which) - mean)).powi(2)).sum();
            values.push(mean);
            standard_errors.push(spread.sqrt() / total);
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(BayesError::Overflow { what: "the estimate" });
        }
        Ok(MixedEstimate {
            values,
            standard_errors,
            log_evidence: peak + (total / samples as f64).ln(),
            effective_samples: total * total / square,
        })
    }

    /// Draws the relevant nodes and returns the logarithm of the sample's weight.
    fn draw_weighted(
        &self,
        order: &[usize],
        given: &[Option<Value>],
        values: &mut [Value],
        rng: &mut StdRng,
        normal: &mut StandardNormal,
    ) -> f64 {
        let mut log_weight = 0.0;
        for &node in order {
            let layout = self.layout(node);
            let state_of = |value: Value| if let Value::State(state) = value { state } else { 0 };
            let number_of = |value: Value| if let Value::Number(number) = value { number } else { 0.0 };
            let index =
                layout.configurations.index(layout.discrete.iter().map(|&parent| state_of(values[parent])));
            values[node] = match &self.families()[node] {
                MixedFamily::Discrete { states, table } => {
                    let row = &table[index * states.len()..(index + 1) * states.len()];
                    match given[node] {
                        Some(value) => {
                            log_weight += row[state_of(value)].ln();
                            value
                        }
                        None => Value::State(pick(row, rng.random::<f64>())),
                    }
                }
                MixedFamily::Continuous { components } => {
                    let component = &components[index];
                    let parents = layout.continuous.iter().zip(&component.coefficients);
                    let mean =
                        parents.fold(component.intercept, |sum, (&p, b)| sum + b * number_of(values[p]));
                    match given[node] {
                        Some(value) => {
                            let rest = number_of(value) - mean;
                            log_weight += gaussian_log_density(1.0, rest * rest, component.sd);
                            value
                        }
                        None => Value::Number(mean + component.sd * normal.draw(rng)),
                    }
                }
            };
        }
        if log_weight.is_nan() { f64::NEG_INFINITY } else { log_weight }
    }
}
