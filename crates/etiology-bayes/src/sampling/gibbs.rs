//! Gibbs sampling: each unobserved node in turn is drawn given its Markov blanket (Geman and Geman, IEEE PAMI 6, 1984;
//! Pearl, Artificial Intelligence 32, 1987).
//!
//! Several chains start from independent ancestral samples that agree with the evidence. A target's probability is the mean
//! of its conditional distributions over the kept sweeps (Gelfand and Smith's Rao-Blackwell estimate, JASA 85, 1990), its
//! error comes from the means of batches, and convergence is judged by split R-hat (Gelman et al., *Bayesian Data Analysis*,
//! 3rd ed. 2013, section 11.4).
//!
//! When tables hold zeros a chain may be unable to reach every state: each answer is then conditional on where the chain
//! began, R-hat may or may not show it, and a warning says so. Use exact inference or likelihood weighting there.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::forward::Cumulative;
use super::{ApproximateMarginal, Question, at_least, pick, stream};
use crate::{BayesError, DiscreteNetwork, Evidence};

/// Starting points tried before giving up on the evidence.
const STARTS: usize = 10_000;

/// Batches per chain for standard errors; even, so that they also make two halves.
const BATCHES: usize = 20;

/// Batches in a long batch, a divisor of [`BATCHES`].
const LONG: usize = 4;

/// R-hat above which a warning is given; Vehtari et al. (Bayesian Analysis 16, 2021) ask for 1.01, Gelman et al. for 1.1.
const CONVERGED: f64 = 1.05;

/// R-hat above which the spread of the chains' means counts as error too.
const MIXED: f64 = 1.01;

/// Answers by Gibbs sampling.
///
/// | option | default | |
/// |---|---|---|
/// | [`GibbsSampler::with_chains`] | 4 | independent chains, at least 2 |
/// | [`GibbsSampler::with_samples`] | 5 000 | kept sweeps per chain, at least 40 |
/// | [`GibbsSampler::with_burn_in`] | 500 | sweeps dropped at the start of each chain |
/// | [`GibbsSampler::with_thinning`] | 1 | sweeps per kept one |
/// | [`GibbsSampler::with_seed`] | 0 | |
///
/// Complexity: `O(states (1 + children))` per node and sweep. The same seed gives the same answer on any number of threads.
#[derive(Debug, Clone, Copy)]
pub struct GibbsSampler {
    chains: usize,
    samples: usize,
    burn_in: usize,
    thinning: usize,
    seed: u64,
}

impl Default for GibbsSampler {
    fn default() -> Self {
        Self { chains: 4, samples: 5_000, burn_in: 500, thinning: 1, seed: 0 }
    }
}

/// Why a Gibbs estimate may be wrong beyond its standard errors.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GibbsWarning {
    /// Tables of these nodes hold zeros, so the chains may not reach every state.
    Deterministic {
        /// The nodes' names.
        nodes: Vec<String>,
    },
    /// The chains disagree: more sweeps are needed, or the chains cannot mix.
    NotConverged {
        /// The target.
        node: String,
        /// The largest R-hat among its states.
        r_hat: f64,
    },
}

impl std::fmt::Display for GibbsWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deterministic { nodes } => write!(
                f,
                "the tables of {} hold zeros, so the chains may not reach every state; compare with exact inference or \
                 likelihood weighting",
                nodes.join(", ")
            ),
            Self::NotConverged { node, r_hat } => {
                write!(f, "the chains disagree on `{node}` (R-hat {r_hat:.3}); take more sweeps")
            }
        }
    }
}

/// What Gibbs sampling found.
#[derive(Debug, Clone, PartialEq)]
pub struct GibbsEstimate {
    /// One marginal per target, in the order asked.
    pub marginals: Vec<ApproximateMarginal>,
    /// The largest split R-hat among the states of each target; infinite when chains stand still in different places.
    pub r_hat: Vec<f64>,
    /// What may be wrong.
    pub warnings: Vec<GibbsWarning>,
}

impl GibbsSampler {
    /// With the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of chains.
    #[must_use]
    pub fn with_chains(mut self, chains: usize) -> Self {
        self.chains = chains;
        self
    }

    /// Sets the number of kept sweeps per chain.
    #[must_use]
    pub fn with_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Sets the number of sweeps dropped at the start of each chain.
    #[must_use]
    pub fn with_burn_in(mut self, sweeps: usize) -> Self {
        self.burn_in = sweeps;
        self
    }

    /// Sets the number of sweeps per kept one.
    #[must_use]
    pub fn with_thinning(mut self, sweeps: usize) -> Self {
        self.thinning = sweeps;
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
    /// When a target or the evidence does not fit the network, an option is out of range, or no start agrees with the
    /// evidence.
    pub fn run(
        &self,
        network: &DiscreteNetwork,
        targets: &[usize],
        evidence: &Evidence,
    ) -> Result<GibbsEstimate, BayesError> {
        at_least("the number of chains", self.chains, 2, "at least 2, or R-hat cannot be judged")?;
        at_least("the number of samples", self.samples, 2 * BATCHES, "at least 40 per chain")?;
        at_least("the thinning", self.thinning, 1, "at least 1")?;
        let question = Question::new(network, targets, evidence)?;
        let cumulative = Cumulative::new(network);
        let traces: Vec<Vec<Trace>> = (0..self.chains)
            .into_par_iter()
            .map(|chain| self.run_chain(network, targets, &question, &cumulative, stream(self.seed, chain)))
            .collect::<Result<_, _>>()?;
        let mut warnings = Vec::new();
        let zeros = |node: usize| network.table(node).contains(&0.0);
        let nodes: Vec<String> =
            question.order.iter().filter(|&&v| zeros(v)).map(|&v| network.name(v).to_owned()).collect();
        if !nodes.is_empty() {
            warnings.push(GibbsWarning::Deterministic { nodes });
        }
        let (mut marginals, mut r_hats) = (Vec::new(), Vec::new());
        for (position, &node) in targets.iter().enumerate() {
            let (mut probabilities, mut standard_errors, mut worst) = (Vec::new(), Vec::new(), 1.0_f64);
            for state in 0..network.cardinality(node) {
                let chains: Vec<&[Batch]> =
                    traces.iter().map(|trace| &trace[position].states[state][..]).collect();
                let (mean, error, r_hat) = summarise(&chains);
                probabilities.push(mean);
                standard_errors.push(error);
                worst = worst.max(r_hat);
            }
            if worst > CONVERGED {
                warnings
                    .push(GibbsWarning::NotConverged { node: network.name(node).to_owned(), r_hat: worst });
            }
            marginals.push(ApproximateMarginal { node, probabilities, standard_errors });
            r_hats.push(worst);
        }
        Ok(GibbsEstimate { marginals, r_hat: r_hats, warnings })
    }

    fn run_chain(
        &self,
        network: &DiscreteNetwork,
        targets: &[usize],
        question: &Question,
        cumulative: &Cumulative,
        mut rng: StdRng,
    ) -> Result<Vec<Trace>, BayesError> {
        let mut chain = Chain::start(network, question, cumulative, &mut rng)?;
        for _ in 0..self.burn_in {
            chain.sweep(&mut rng, |_, _| {});
        }
        let mut place = vec![None; network.len()];
        for (position, &node) in targets.iter().enumerate() {
            place[node] = Some(position);
        }
        let mut traces: Vec<Trace> =
            targets.iter().map(|&node| Trace::new(network.cardinality(node))).collect();
        for sample in 0..self.samples {
            for _ in 1..self.thinning {
                chain.sweep(&mut rng, |_, _| {});
            }
            let batch = sample * BATCHES / self.samples;
            chain.sweep(&mut rng, |node, conditional| {
                if let Some(position) = place[node] {
                    traces[position].add(batch, conditional);
                }
            });
            for (&node, trace) in targets.iter().zip(&mut traces) {
                if let Some(state) = question.observed[node] {
                    trace.add_point(batch, state);
                }
            }
        }
        // A node asked for twice has filled one trace only.
        let filled = targets.iter().map(|&node| traces[place[node].unwrap_or(0)].clone()).collect();
        Ok(filled)
    }
}

/// A state of all relevant nodes, with the row of each one's table that its parents select.
struct Chain<'a> {
    network: &'a DiscreteNetwork,
    soft: &'a [Option<Vec<f64>>],
    free: Vec<usize>,
    state: Vec<usize>,
    row: Vec<usize>,
    /// Relevant children of each node with the step of the child's row per state of the node.
    children: Vec<Vec<(usize, usize)>>,
    conditional: Vec<f64>,
}

impl<'a> Chain<'a> {
    fn start(
        network: &'a DiscreteNetwork,
        question: &'a Question,
        cumulative: &Cumulative,
        rng: &mut StdRng,
    ) -> Result<Self, BayesError> {
        let mut children = vec![Vec::new(); network.len()];
        for &node in &question.order {
            let mut step = 1;
            for &parent in network.parents(node).iter().rev() {
                children[parent].push((node, step));
                step *= network.cardinality(parent);
            }
        }
        let free = question.order.iter().copied().filter(|&v| question.observed[v].is_none()).collect();
        let (mut state, mut row) = (vec![0; network.len()], vec![0; network.len()]);
        for _ in 0..STARTS {
            let mut possible = true;
            for &node in &question.order {
                row[node] = network.row_of(node, &state);
                state[node] = question.observed[node].unwrap_or_else(|| {
                    cumulative.pick(node, network.cardinality(node), row[node], rng.random::<f64>())
                });
                possible &= network.row(node, row[node])[state[node]] > 0.0;
                possible &=
                    question.soft[node].as_ref().is_none_or(|likelihood| likelihood[state[node]] > 0.0);
            }
            if possible {
                let soft = &question.soft;
                return Ok(Self { network, soft, free, state, row, children, conditional: Vec::new() });
            }
        }
        Err(BayesError::ImpossibleEvidence {
            message: format!(
                "none of {STARTS} ancestral samples agreed with it; it is impossible, or too rare to start from"
            ),
        })
    }

    /// Draws every free node once and shows each one's conditional distribution.
    fn sweep(&mut self, rng: &mut impl Rng, mut show: impl FnMut(usize, &[f64])) {
        for i in 0..self.free.len() {
            let node = self.free[i];
            let old = self.state[node];
            self.conditional.clear();
            self.conditional.extend_from_slice(self.network.row(node, self.row[node]));
            if let Some(likelihood) = &self.soft[node] {
                self.conditional.iter_mut().zip(likelihood).for_each(|(p, l)| *p *= l);
            }
            for &(child, step) in &self.children[node] {
                let (states, table) = (self.network.cardinality(child), self.network.table(child));
                let base = self.row[child] - old * step;
                for (state, p) in self.conditional.iter_mut().enumerate() {
                    *p *= table[(base + state * step) * states + self.state[child]];
                }
            }
            let total: f64 = self.conditional.iter().sum();
            if total <= 0.0 {
                // Underflow of a product of tiny probabilities: the node keeps its state.
                continue;
            }
            self.conditional.iter_mut().for_each(|p| *p /= total);
            let new = pick(&self.conditional, rng.random::<f64>());
            show(node, &self.conditional);
            self.state[node] = new;
            for &(child, step) in &self.children[node] {
                self.row[child] = self.row[child] - old * step + new * step;
            }
        }
    }
}

/// Sums over one batch of sweeps.
#[derive(Debug, Clone, Copy, Default)]
struct Batch {
    count: f64,
    sum: f64,
    square: f64,
}

/// The batches of each state of one target in one chain.
#[derive(Debug, Clone)]
struct Trace {
    states: Vec<[Batch; BATCHES]>,
}

impl Trace {
    fn new(states: usize) -> Self {
        Self { states: vec![[Batch::default(); BATCHES]; states] }
    }

    fn add(&mut self, batch: usize, conditional: &[f64]) {
        for (state, &p) in self.states.iter_mut().zip(conditional) {
            let batch = &mut state[batch];
            batch.count += 1.0;
            batch.sum += p;
            batch.square += p * p;
        }
    }

    fn add_point(&mut self, batch: usize, state: usize) {
        for (other, batches) in self.states.iter_mut().enumerate() {
            let p = f64::from(u8::from(other == state));
            batches[batch] = Batch {
                count: batches[batch].count + 1.0,
                sum: batches[batch].sum + p,
                square: batches[batch].square + p,
            };
        }
    }
}

/// Mean, standard error and split R-hat of one probability over all chains.
fn summarise(chains: &[&[Batch]]) -> (f64, f64, f64) {
    let total = |batches: &[Batch]| {
        batches.iter().fold(Batch::default(), |a, b| Batch {
            count: a.count + b.count,
            sum: a.sum + b.sum,
            square: a.square + b.square,
        })
    };
    let mean_of = |batch: &Batch| batch.sum / batch.count.max(1.0);
    let chain_means: Vec<f64> = chains.iter().map(|chain| mean_of(&total(chain))).collect();
    let (mean, between_chains) = mean_and_variance(&chain_means);
    // Short batches make a steady estimate, long ones see slow movement that short ones do not.
    let error_by = |length: usize| {
        let batches = chains.iter().flat_map(|chain| chain.chunks(length));
        let means: Vec<f64> = batches.map(|batches| mean_of(&total(batches))).collect();
        (mean_and_variance(&means).1 / means.len() as f64).sqrt()
    };
    let batch_error = error_by(1).max(error_by(LONG));
    let chain_error = (between_chains / chain_means.len() as f64).sqrt();
    let halves: Vec<Batch> = chains
        .iter()
        .flat_map(|chain| [total(&chain[..BATCHES / 2]), total(&chain[BATCHES / 2..])])
        .collect();
    let half_means: Vec<f64> = halves.iter().map(mean_of).collect();
    let within = halves
        .iter()
        .zip(&half_means)
        .map(|(half, mean)| (half.square - half.count * mean * mean).max(0.0) / (half.count - 1.0).max(1.0));
    let within = within.sum::<f64>() / halves.len() as f64;
    let between = mean_and_variance(&half_means).1;
    let length = halves.iter().map(|half| half.count).fold(f64::INFINITY, f64::min).max(1.0);
    // Differences of rounding size between chains that stand still are none.
    let r_hat = if between <= 1e-20 {
        1.0
    } else if within <= 0.0 {
        f64::INFINITY
    } else {
        ((length - 1.0) / length + between / within).sqrt()
    };
    // Chains that mix share one mean; where they may not, their spread is the honest error.
    let error = if r_hat > MIXED { batch_error.max(chain_error) } else { batch_error };
    (mean, error, r_hat)
}

fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (n - 1.0).max(1.0))
}
