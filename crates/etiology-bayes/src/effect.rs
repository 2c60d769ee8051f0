//! Causal effects in discrete networks: contrasts of the distributions that interventions bring about.
//!
//! `P(Y | do(X = x))` is computed exactly in the network with the edges into `X` cut (the truncated factorisation; Pearl,
//! *Causality*, 2009, section 1.3.1), which adjusts for every measured confounder at once. It is a causal answer when the
//! graph is causal and no common cause is left out of it.

use crate::{BayesError, DiscreteNetwork, Evidence, VariableElimination};

/// What changing a cause from one state to another does to a target.
#[derive(Debug, Clone, PartialEq)]
pub struct CausalEffect {
    /// `P(target | do(cause = from))`.
    pub from: Vec<f64>,
    /// `P(target | do(cause = to))`.
    pub to: Vec<f64>,
}

impl CausalEffect {
    /// The change of each state's probability; for a binary outcome the second is the average treatment effect (the risk
    /// difference).
    #[must_use]
    pub fn differences(&self) -> Vec<f64> {
        self.to.iter().zip(&self.from).map(|(to, from)| to - from).collect()
    }

    /// The ratio of a state's probabilities (the risk ratio); `None` where the denominator is zero.
    #[must_use]
    pub fn ratio(&self, state: usize) -> Option<f64> {
        let (to, from) = (self.to.get(state)?, self.from.get(state)?);
        (*from > 0.0).then(|| to / from)
    }

    /// The change of the mean of scores given to the target's states; `None` when their number differs.
    #[must_use]
    pub fn mean_difference(&self, scores: &[f64]) -> Option<f64> {
        (scores.len() == self.from.len())
            .then(|| self.differences().iter().zip(scores).map(|(d, s)| d * s).sum())
    }

    /// Half the sum of the absolute differences: the largest change of any event's probability.
    #[must_use]
    pub fn total_variation(&self) -> f64 {
        0.5 * self.differences().iter().map(|difference| difference.abs()).sum::<f64>()
    }
}

impl DiscreteNetwork {
    /// The effect on `target` of setting `cause` to state `to` rather than `from`, among those who show `evidence` after the
    /// intervention; pass none for the average effect. Two exact queries.
    ///
    /// # Errors
    /// When a node or state is unknown, the evidence is impossible under an intervention, or the answer would be too large.
    pub fn causal_effect(
        &self,
        cause: usize,
        from: usize,
        to: usize,
        target: usize,
        evidence: &Evidence,
    ) -> Result<CausalEffect, BayesError> {
        let under = |state| {
            let network = self.intervene(&[(cause, state)])?;
            let posterior = VariableElimination::new(&network).posterior(target, evidence)?;
            Ok::<_, BayesError>(posterior.probabilities)
        };
        Ok(CausalEffect { from: under(from)?, to: under(to)? })
    }
}
