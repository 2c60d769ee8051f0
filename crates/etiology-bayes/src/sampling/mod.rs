//! Random numbers for networks: seeded streams that do not depend on the number of threads, and normal deviates.
//!
//! Work is cut into chunks of a fixed number of rows; chunk `i` draws from its own generator, seeded by a hash of the
//! user's seed and `i`, so the same seed gives the same rows however many threads share the chunks.

mod forward;
mod gibbs;
mod weighting;

pub use gibbs::{GibbsEstimate, GibbsSampler, GibbsWarning};
pub use weighting::{LikelihoodWeighting, WeightedEstimate};

use etiology_graph::NodeSet;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{BayesError, DiscreteNetwork, Evidence, Finding};

/// An estimate of a node's distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct ApproximateMarginal {
    /// The node.
    pub node: usize,
    /// The estimated probability of each state.
    pub probabilities: Vec<f64>,
    /// The standard error of each.
    pub standard_errors: Vec<f64>,
}

/// Rows drawn from one stream.
pub(crate) const CHUNK: usize = 4096;

/// The generator of one chunk of work.
pub(crate) fn stream(seed: u64, chunk: usize) -> StdRng {
    StdRng::seed_from_u64(mix(seed ^ mix(chunk as u64 + 1)))
}

/// The part of a network that a question touches: the ancestors of targets and evidence, parents first, and for each node
/// the likelihood its finding gives its states.
pub(crate) struct Question {
    pub(crate) order: Vec<usize>,
    pub(crate) observed: Vec<Option<usize>>,
    /// Likelihoods of soft findings.
    pub(crate) soft: Vec<Option<Vec<f64>>>,
}

impl Question {
    pub(crate) fn new(
        network: &DiscreteNetwork,
        targets: &[usize],
        evidence: &Evidence,
    ) -> Result<Self, BayesError> {
        evidence.check(network)?;
        for &target in targets {
            network.check_node(target)?;
        }
        let mut relevant = NodeSet::new(network.len());
        let roots = targets.iter().copied().chain(evidence.iter().map(|(node, _)| node));
        let mut stack: Vec<usize> = roots.filter(|&node| relevant.insert(node)).collect();
        while let Some(node) = stack.pop() {
            stack.extend(network.parents(node).iter().filter(|&&parent| relevant.insert(parent)));
        }
        let order = network.dag().topological_order().into_iter().filter(|&v| relevant.contains(v)).collect();
        let (mut observed, mut soft) = (vec![None; network.len()], vec![None; network.len()]);
        for (node, finding) in evidence.iter() {
            match finding {
                Finding::State(state) => observed[node] = Some(*state),
                Finding::Likelihood(likelihood) => soft[node] = Some(likelihood.clone()),
            }
        }
        Ok(Self { order, observed, soft })
    }
}

/// Refuses a count below a minimum.
pub(crate) fn at_least(
    parameter: &'static str,
    value: usize,
    minimum: usize,
    expected: &'static str,
) -> Result<(), BayesError> {
    if value >= minimum {
        Ok(())
    } else {
        Err(BayesError::Parameter { parameter, value: value as f64, expected })
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The first rows and lengths of the chunks of `rows` rows.
pub(crate) fn chunks(rows: usize) -> Vec<(usize, usize)> {
    (0..rows.div_ceil(CHUNK)).map(|i| (i, CHUNK.min(rows - i * CHUNK))).collect()
}

/// Standard normal deviates by the polar method (Marsaglia and Bray 1964), which makes two at a time.
#[derive(Debug, Default)]
pub(crate) struct StandardNormal {
    spare: Option<f64>,
}

impl StandardNormal {
    pub(crate) fn draw(&mut self, rng: &mut StdRng) -> f64 {
        if let Some(value) = self.spare.take() {
            return value;
        }
        loop {
            let (u, v) = (2.0 * rng.random::<f64>() - 1.0, 2.0 * rng.random::<f64>() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }
}

/// The state that a uniform number picks from a distribution; the last possible one where rounding leaves a gap.
#[inline]
pub(crate) fn pick(distribution: &[f64], uniform: f64) -> usize {
    let mut rest = uniform;
    for (state, probability) in distribution.iter().enumerate() {
        rest -= probability;
        if rest < 0.0 {
            return state;
        }
    }
    distribution.iter().rposition(|&probability| probability > 0.0).unwrap_or(0)
}
