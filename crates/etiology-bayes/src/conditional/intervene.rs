//! Interventions on conditional-Gaussian networks.

use super::{ConditionalGaussianNetwork, MixedFamily, Value};
use crate::{BayesError, LinearGaussian};

impl ConditionalGaussianNetwork {
    /// The network after `do(node = value)` for each item: the edges into the nodes are cut, their values fixed.
    ///
    /// # Errors
    /// When a node is none of the network's or is acted on twice, a state or number is not one of its values.
    pub fn intervene(&self, interventions: &[(usize, Value)]) -> Result<Self, BayesError> {
        let (mut dag, mut families) = (self.dag().clone(), self.families().to_vec());
        for (i, &(node, value)) in interventions.iter().enumerate() {
            self.check_value(node, value)?;
            if interventions[..i].iter().any(|(other, _)| *other == node) {
                return Err(BayesError::Query {
                    message: format!("`{}` is acted on twice; act once", self.nodes().name(node)),
                });
            }
            match (&mut families[node], value) {
                (MixedFamily::Discrete { states, table }, Value::State(state)) => {
                    *table = (0..states.len()).map(|other| f64::from(u8::from(other == state))).collect();
                }
                (MixedFamily::Continuous { components }, Value::Number(number)) => {
                    *components =
                        vec![LinearGaussian { intercept: number, coefficients: Vec::new(), sd: 0.0 }];
                }
                // `check_value` has refused the other pairs.
                _ => {}
            }
            let layout = self.layout(node);
            for &parent in layout.discrete.iter().chain(&layout.continuous) {
                dag.remove(parent, node);
            }
        }
        Self::new(dag, families)
    }
}
