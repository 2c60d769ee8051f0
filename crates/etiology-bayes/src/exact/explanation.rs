//! The most probable states: of all variables (MPE), or of some with the others summed out (marginal MAP).

use super::elimination::{Buckets, VariableElimination, cost};
use super::model::{Model, impossible};
use crate::{BayesError, Evidence};

/// The most probable joint state.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The nodes explained, ascending for an MPE, as asked for a MAP.
    pub nodes: Vec<usize>,
    /// The state of each. Observed nodes have the state they were found in.
    pub states: Vec<usize>,
    /// Natural logarithm of the probability of these states together with the evidence.
    pub log_probability: f64,
}

impl VariableElimination<'_> {
    /// The most probable explanation: the states of all variables with the highest probability given the evidence.
    ///
    /// Elimination with maxima for sums, then back through the variables with the choice of each (Dechter 1999, section 4).
    /// Of equally probable states the lowest number is taken, variable by variable in reverse elimination order.
    ///
    /// # Errors
    /// When the evidence is none of the network's or impossible, or the answer is too large.
    pub fn explain(&self, evidence: &Evidence) -> Result<Explanation, BayesError> {
        let all: Vec<usize> = (0..self.network.len()).collect();
        self.map(&all, evidence)
    }

    /// The most probable joint state of the targets given the evidence, all other variables summed out (marginal MAP).
    ///
    /// Sums and maxima do not swap, so the other variables must go first. That restricts the order: the width can be far above
    /// that of the same question with sums only (Park and Darwiche 2004), and [`BayesError::TooLarge`] more often the answer.
    ///
    /// # Errors
    /// As [`Self::explain`], and when a target is unknown or given twice.
    pub fn map(&self, targets: &[usize], evidence: &Evidence) -> Result<Explanation, BayesError> {
        self.check(targets, evidence)?;
        let mut wanted = vec![false; self.network.len()];
        for &target in targets {
            wanted[target] = true;
        }
        let group = |node: usize| u8::from(wanted[node]);
        let model = Model::relevant(self.network, evidence, targets, self.heuristic, group);
        self.limits.check(&cost(&model, 0))?;
        let mut buckets = Buckets::new(&model.cards, model.tables);
        buckets.eliminate(model.nodes.len(), |v| wanted[model.nodes[v]], true);
        if buckets.zero {
            return Err(impossible(self.network, evidence));
        }
        let mut states = vec![0; model.nodes.len()];
        for v in (0..model.nodes.len()).rev().filter(|&v| wanted[model.nodes[v]]) {
            let (mut best, mut most) = (0, f64::NEG_INFINITY);
            for state in 0..model.cards[v] {
                states[v] = state;
                let weight = buckets.waiting[v]
                    .iter()
                    .map(|table| {
                        let place = table.vars.iter().fold(0, |at, &u| at * model.cards[u] + states[u]);
                        table.values[place].ln()
                    })
                    .sum::<f64>();
                if weight > most {
                    (best, most) = (state, weight);
                }
            }
            states[v] = best;
        }
        let mut by_node = vec![0; self.network.len()];
        for (&node, &state) in model.nodes.iter().zip(&states) {
            by_node[node] = state;
        }
        for (node, _) in evidence.iter() {
            if let Some(state) = evidence.state(node) {
                by_node[node] = state;
            }
        }
        Ok(Explanation {
            nodes: targets.to_vec(),
            states: targets.iter().map(|&target| by_node[target]).collect(),
            log_probability: buckets.log_scale(),
        })
    }
}
