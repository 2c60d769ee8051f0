//! Likelihood weighting: ancestral sampling with the evidence held, each sample weighted by the evidence's probability
//! given its parents (Fung and Chang, UAI 1989; Shachter and Peot, UAI 1989).
//!
//! The weighted frequencies are consistent; their standard errors follow from the delta method for a ratio of means
//! (Owen, *Monte Carlo theory, methods and examples*, 2013, section 9.2). The effective sample size `(sum w)^2 / sum w^2`
//! says how many equally weighted samples the run is worth: with much unlikely evidence near the leaves it collapses, the
//! errors themselves become unreliable, and exact inference or Gibbs sampling is the better choice.

use rand::RngExt;
use rayon::prelude::*;

use super::forward::Cumulative;
use super::{ApproximateMarginal, Question, at_least, chunks, stream};
use crate::{BayesError, DiscreteNetwork, Evidence};

/// Below this many samples in (or outside) a state, the delta method's error is not trusted alone.
const FEW: u64 = 10;

/// Answers by likelihood weighting.
///
/// Options: the number of samples ([`LikelihoodWeighting::with_samples`], default 100 000) and the seed
/// ([`LikelihoodWeighting::with_seed`], default 0). Complexity: `O(samples (a + edges))` over the `a` ancestors of targets and
/// evidence. The same seed gives the same answer on any number of threads.
#[derive(Debug, Clone, Copy)]
pub struct LikelihoodWeighting {
    samples: usize,
    seed: u64,
}

impl Default for LikelihoodWeighting {
    fn default() -> Self {
        Self { samples: 100_000, seed: 0 }
    }
}

/// What likelihood weighting found.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedEstimate {
    /// One marginal per target, in the order asked.
    pub marginals: Vec<ApproximateMarginal>,
    /// Logarithm of the estimated probability of the evidence.
    pub log_evidence: f64,
    /// Standard error of that probability, as a share of it.
    pub evidence_relative_error: f64,
    /// `(sum w)^2 / sum w^2`.
    pub effective_samples: f64,
}

impl LikelihoodWeighting {
    /// With the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of samples.
    #[must_use]
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Estimates the distribution of each target given the evidence.
    ///
    /// # Errors
    /// When a target or the evidence does not fit the network, or no sample agreed with the evidence.
    pub fn run(
        &self,
        network: &DiscreteNetwork,
        targets: &[usize],
        evidence: &Evidence,
    ) -> Result<WeightedEstimate, BayesError> {
        at_least("the number of samples", self.samples, 1, "at least 1")?;
        let question = Question::new(network, targets, evidence)?;
        let cumulative = Cumulative::new(network);
        let log_tables: Vec<Vec<f64>> = (0..network.len())
            .map(|node| match question.observed[node] {
                Some(state) => {
                    (0..network.rows(node)).map(|row| network.row(node, row)[state].ln()).collect()
                }
                None => Vec::new(),
            })
            .collect();
        let parts: Vec<Sums> = chunks(self.samples)
            .into_par_iter()
            .map(|(chunk, length)| {
                let (columns, log_weights) =
                    draw(network, &question, &cumulative, &log_tables, length, stream(self.seed, chunk));
                Sums::of(network, targets, &columns, &log_weights)
            })
            .collect();
        let peak = parts.iter().map(|part| part.peak).fold(f64::NEG_INFINITY, f64::max);
        let mut sums = Sums::empty(network, targets, peak);
        parts.iter().for_each(|part| sums.add(part));
        self.estimate(sums, targets)
    }

    fn estimate(&self, sums: Sums, targets: &[usize]) -> Result<WeightedEstimate, BayesError> {
        if sums.weight <= 0.0 {
            return Err(BayesError::ImpossibleEvidence {
                message: format!(
                    "none of {} samples agreed with it; it is impossible, or too rare to sample",
                    self.samples
                ),
            });
        }
        let (n, effective) = (self.samples as f64, sums.weight * sums.weight / sums.square);
        let marginals = targets.iter().zip(&sums.states).map(|(&node, states)| {
            let probabilities: Vec<f64> = states.iter().map(|state| state.weight / sums.weight).collect();
            let errors = states.iter().zip(&probabilities).map(|(state, p)| {
                let squares = (1.0 - 2.0 * p) * state.square + p * p * sums.square;
                let delta = squares.max(0.0).sqrt() / sums.weight;
                if state.hits.min(self.samples as u64 - state.hits) >= FEW {
                    return delta;
                }
                // Agresti and Coull's shrunken proportion keeps the error of a rarely seen state away from zero.
                let shrunk = (p * effective + 0.5) / (effective + 1.0);
                delta.max((shrunk * (1.0 - shrunk) / (effective + 1.0)).sqrt())
            });
            let standard_errors = errors.collect();
            ApproximateMarginal { node, probabilities, standard_errors }
        });
        let spread = (sums.square / n - (sums.weight / n).powi(2)).max(0.0);
        Ok(WeightedEstimate {
            marginals: marginals.collect(),
            log_evidence: sums.peak + (sums.weight / n).ln(),
            evidence_relative_error: (spread / n).sqrt() / (sums.weight / n),
            effective_samples: effective,
        })
    }
}

/// One chunk of samples: a column per relevant node, and the logarithm of each sample's weight.
fn draw(
    network: &DiscreteNetwork,
    question: &Question,
    cumulative: &Cumulative,
    log_tables: &[Vec<f64>],
    length: usize,
    mut rng: rand::rngs::StdRng,
) -> (Vec<Vec<u32>>, Vec<f64>) {
    let mut columns: Vec<Vec<u32>> = vec![Vec::new(); network.len()];
    let (mut row, mut log_weights) = (vec![0_usize; length], vec![0.0; length]);
    for &node in &question.order {
        row.fill(0);
        for &parent in network.parents(node) {
            let cardinality = network.cardinality(parent);
            for (row, &state) in row.iter_mut().zip(&columns[parent]) {
                *row = *row * cardinality + state as usize;
            }
        }
        columns[node] = if let Some(state) = question.observed[node] {
            for (weight, &row) in log_weights.iter_mut().zip(&row) {
                *weight += log_tables[node][row];
            }
            vec![u32::try_from(state).unwrap_or(0); length]
        } else {
            let states = network.cardinality(node);
            let draw = |&row: &usize| {
                u32::try_from(cumulative.pick(node, states, row, rng.random::<f64>())).unwrap_or(0)
            };
            row.iter().map(draw).collect()
        };
        if let Some(likelihood) = &question.soft[node] {
            for (weight, &state) in log_weights.iter_mut().zip(&columns[node]) {
                *weight += likelihood[state as usize].ln();
            }
        }
    }
    (columns, log_weights)
}

/// Weighted sums, all relative to `exp(peak)`.
struct Sums {
    peak: f64,
    weight: f64,
    square: f64,
    states: Vec<Vec<StateSums>>,
}

#[derive(Clone, Copy, Default)]
struct StateSums {
    weight: f64,
    square: f64,
    hits: u64,
}

impl Sums {
    fn empty(network: &DiscreteNetwork, targets: &[usize], peak: f64) -> Self {
        let states =
            targets.iter().map(|&node| vec![StateSums::default(); network.cardinality(node)]).collect();
        Self { peak, weight: 0.0, square: 0.0, states }
    }

    fn of(network: &DiscreteNetwork, targets: &[usize], columns: &[Vec<u32>], log_weights: &[f64]) -> Self {
        let peak = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sums = Self::empty(network, targets, peak);
        if peak == f64::NEG_INFINITY {
            return sums;
        }
        let weights: Vec<f64> = log_weights.iter().map(|log| (log - peak).exp()).collect();
        for weight in &weights {
            sums.weight += weight;
            sums.square += weight * weight;
        }
        for (states, &node) in sums.states.iter_mut().zip(targets) {
            for (&state, &weight) in columns[node].iter().zip(&weights) {
                let state = &mut states[state as usize];
                state.weight += weight;
                state.square += weight * weight;
                state.hits += u64::from(weight > 0.0);
            }
        }
        sums
    }

    fn add(&mut self, other: &Self) {
        let scale = if other.peak == f64::NEG_INFINITY { 0.0 } else { (other.peak - self.peak).exp() };
        self.weight += scale * other.weight;
        self.square += scale * scale * other.square;
        for (own, more) in self.states.iter_mut().flatten().zip(other.states.iter().flatten()) {
            own.weight += scale * more.weight;
            own.square += scale * scale * more.square;
            own.hits += more.hits;
        }
    }
}
