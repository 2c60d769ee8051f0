//! Variable elimination.

use super::kernel::{Sink, Table, combine_scaled, offsets};
use super::model::{ABSENT, Cost, JOINT, Limits, Model, cut, impossible};
use super::order::{Interactions, OrderHeuristic};
use crate::{BayesError, DiscreteNetwork, Evidence};

/// A distribution over some nodes given evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// The nodes, in the order they were asked for.
    pub nodes: Vec<usize>,
    /// Number of states of each.
    pub cardinalities: Vec<usize>,
    /// Probabilities of all joint states, the last node fastest. They sum to one.
    pub probabilities: Vec<f64>,
    /// Natural logarithm of the probability of the evidence.
    pub log_evidence: f64,
}

impl Posterior {
    /// The probability of the evidence, which may underflow to zero where its logarithm does not.
    #[must_use]
    pub fn evidence_probability(&self) -> f64 {
        self.log_evidence.exp()
    }
}

/// Exact answers to single questions by summing variables out one after the other.
///
/// # What it is
/// Bucket elimination (Zhang and Poole 1994; Dechter 1999) on the part of the network that matters: nodes that are no ancestor
/// of a target or of evidence are barren and left out (Shachter 1986), observed variables are cut out of every table, and what
/// they separate from the targets shrinks to a number, its share of the evidence's probability.
///
/// # Options
/// * order heuristic: [`OrderHeuristic::Best`]
/// * [`Limits`]: 4 GiB, 10^11 cells
///
/// # Cost
/// Exponential in the width of the order found; [`Self::cost`] tells before anything is computed. For many targets under
/// one evidence use [`super::JunctionTree`], where a network is too dense sampling.
///
/// # References
/// Zhang and Poole (1994), *A simple approach to Bayesian network computations*; Dechter (1999), *Bucket elimination*; Koller
/// and Friedman (2009), chapter 9.
///
/// ```
/// use etiology_bayes::{Evidence, VariableElimination, read_bif};
/// let network = read_bif("variable rain { type discrete [ 2 ] { no, yes }; }
///   variable wet { type discrete [ 2 ] { no, yes }; }
///   probability ( rain ) { table 0.8, 0.2; }
///   probability ( wet | rain ) { (no) 1.0, 0.0; (yes) 0.1, 0.9; }")?;
/// let seen = Evidence::from_names(&network, &[("wet", "no")])?;
/// let rain = VariableElimination::new(&network).posterior(0, &seen)?;
/// assert!((rain.probabilities[1] - 0.02 / 0.82).abs() < 1e-15);
/// assert!((rain.evidence_probability() - 0.82).abs() < 1e-15);
/// # Ok::<(), etiology_bayes::BayesError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct VariableElimination<'n> {
    pub(super) network: &'n DiscreteNetwork,
    pub(super) heuristic: OrderHeuristic,
    pub(super) limits: Limits,
}

impl<'n> VariableElimination<'n> {
    /// Questions to this network.
    #[must_use]
    pub fn new(network: &'n DiscreteNetwork) -> Self {
        Self { network, heuristic: OrderHeuristic::Best, limits: Limits::default() }
    }

    /// What the next variable is chosen by.
    #[must_use]
    pub fn with_order(mut self, heuristic: OrderHeuristic) -> Self {
        self.heuristic = heuristic;
        self
    }

    /// What may be used.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The distribution of one node given the evidence.
    ///
    /// # Errors
    /// When the node or evidence is none of the network's, the evidence is impossible, or the answer is too large.
    pub fn posterior(&self, target: usize, evidence: &Evidence) -> Result<Posterior, BayesError> {
        self.joint(&[target], evidence)
    }

    /// The joint distribution of several nodes given the evidence. Observed targets have all probability on their state.
    ///
    /// # Errors
    /// As [`Self::posterior`], and when a target is given twice.
    pub fn joint(&self, targets: &[usize], evidence: &Evidence) -> Result<Posterior, BayesError> {
        let network = self.network;
        let model = self.model(targets, evidence)?;
        self.limits.check(&self.cost_of(&model, targets))?;
        let hidden: Vec<usize> =
            targets.iter().copied().filter(|&target| evidence.state(target).is_none()).collect();
        let (values, log_scale) = sum_out(model, &hidden);
        let total: f64 = values.iter().sum();
        if total <= 0.0 {
            return Err(impossible(network, evidence));
        }
        let cardinalities: Vec<usize> = targets.iter().map(|&target| network.cardinality(target)).collect();
        // Observed targets have one state with a share.
        let (mut start, mut step, mut steps, mut cards) = (0, 1, Vec::new(), Vec::new());
        for (&target, &card) in targets.iter().zip(&cardinalities).rev() {
            match evidence.state(target) {
                Some(state) => start += state * step,
                None => {
                    steps.push(step);
                    cards.push(card);
                }
            }
            step *= card;
        }
        steps.reverse();
        cards.reverse();
        let mut probabilities = vec![0.0; step];
        for (place, value) in offsets(&cards, &steps).into_iter().zip(values) {
            probabilities[start + place] = value / total;
        }
        Ok(Posterior {
            nodes: targets.to_vec(),
            cardinalities,
            probabilities,
            log_evidence: total.ln() + log_scale,
        })
    }

    /// The natural logarithm of the probability of the evidence; minus infinity when it is impossible.
    ///
    /// # Errors
    /// When the evidence is none of the network's, or the answer is too large.
    pub fn log_probability(&self, evidence: &Evidence) -> Result<f64, BayesError> {
        match self.joint(&[], evidence) {
            Ok(posterior) => Ok(posterior.log_evidence),
            Err(BayesError::ImpossibleEvidence { .. }) => Ok(f64::NEG_INFINITY),
            Err(error) => Err(error),
        }
    }

    /// What a question would cost.
    ///
    /// # Errors
    /// When targets or evidence are none of the network's.
    pub fn cost(&self, targets: &[usize], evidence: &Evidence) -> Result<Cost, BayesError> {
        Ok(self.cost_of(&self.model(targets, evidence)?, targets))
    }

    #[allow(clippy::cast_precision_loss)]
    fn cost_of(&self, model: &Model<'_>, targets: &[usize]) -> Cost {
        let answer: f64 = targets.iter().map(|&target| self.network.cardinality(target) as f64).product();
        let mut cost = cost(model, targets.len());
        cost.bytes += 16.0 * answer;
        cost
    }

    fn model(&self, targets: &[usize], evidence: &Evidence) -> Result<Model<'n>, BayesError> {
        self.check(targets, evidence)?;
        let group = |node| if targets.contains(&node) { JOINT } else { 0 };
        Ok(Model::relevant(self.network, evidence, targets, self.heuristic, group))
    }

    pub(super) fn check(&self, targets: &[usize], evidence: &Evidence) -> Result<(), BayesError> {
        evidence.check(self.network)?;
        for (i, &target) in targets.iter().enumerate() {
            self.network.check_node(target)?;
            if targets[..i].contains(&target) {
                let message =
                    format!("`{}` is asked for twice; name every target once", self.network.name(target));
                return Err(BayesError::Query { message });
            }
        }
        Ok(())
    }
}

/// Sums out everything but `targets`, the last nodes of the order: numbers over their joint states, the last target fastest, and
/// the logarithm of what they are to be multiplied by. All zeros where the product is zero.
fn sum_out(model: Model<'_>, targets: &[usize]) -> (Vec<f64>, f64) {
    let Model { nodes, cards, tables, .. } = model;
    let count = nodes.len() - targets.len();
    let mut buckets = Buckets::new(&cards, tables);
    buckets.eliminate(count, |_| false, false);
    let scope: Vec<usize> = (count..nodes.len()).collect();
    let mut sinks = [Sink::new(scope.clone(), &cards, false)];
    let exponent = combine_scaled(&cards, &scope, &buckets.rest(), &mut sinks);
    buckets.exponent += exponent;
    let (mut steps, mut step) = (vec![0; targets.len()], 1);
    for &target in targets.iter().rev() {
        if let Some(position) = nodes[count..].iter().position(|&node| node == target) {
            steps[position] = step;
            step *= cards[count + position];
        }
    }
    let mut values = vec![0.0; step];
    if !buckets.zero {
        for (place, &value) in offsets(&cards[count..], &steps).into_iter().zip(&sinks[0].values) {
            values[place] = value;
        }
    }
    (values, buckets.log_scale())
}

/// A table over nodes, the last fastest.
pub(crate) type Factor = (Vec<usize>, Vec<f64>);

/// The product of factors over nodes `0..cards.len()` at the observed states, summed over every node but `keep`, which are not
/// observed: numbers over their joint states, the last fastest, and the logarithm of what they are to be multiplied by.
pub(crate) fn sum_product(
    factors: &[Factor],
    cards: &[usize],
    observed: impl Fn(usize) -> Option<usize>,
    keep: &[usize],
) -> Result<(Vec<f64>, f64), BayesError> {
    let mut present = vec![false; cards.len()];
    for &node in factors.iter().flat_map(|(scope, _)| scope).chain(keep) {
        present[node] = observed(node).is_none();
    }
    let nodes: Vec<usize> = (0..cards.len()).filter(|&node| present[node]).collect();
    let mut rank = vec![ABSENT; cards.len()];
    nodes.iter().enumerate().for_each(|(v, &node)| rank[node] = v);
    let mut graph = Interactions::new(nodes.iter().map(|&node| cards[node]).collect());
    for scope in factors.iter().map(|(scope, _)| scope.as_slice()).chain([keep]) {
        let numbered: Vec<usize> = scope.iter().map(|&node| rank[node]).filter(|&v| v != ABSENT).collect();
        graph.join(&numbered);
    }
    let groups: Vec<u8> = nodes.iter().map(|node| if keep.contains(node) { JOINT } else { 0 }).collect();
    let order = graph.order(OrderHeuristic::Best, &groups);
    let nodes: Vec<usize> = order.sequence.iter().map(|&v| nodes[v]).collect();
    nodes.iter().enumerate().for_each(|(position, &node)| rank[node] = position);
    let tables = factors
        .iter()
        .map(|(scope, values)| cut(scope, values, |node| cards[node], &observed, &rank))
        .collect();
    let model = Model { cards: nodes.iter().map(|&node| cards[node]).collect(), nodes, tables, order };
    Limits::default().check(&cost(&model, keep.len()))?;
    Ok(sum_out(model, keep))
}

/// What eliminating all but the last `kept` variables costs.
#[allow(clippy::cast_precision_loss)]
pub(super) fn cost(model: &Model<'_>, kept: usize) -> Cost {
    let mut bytes = 0.0;
    for neighbours in model.order.neighbours.iter().take(model.nodes.len().saturating_sub(kept)) {
        // Neighbours are numbered as before the order; their cardinalities come through it.
        bytes += 8.0 * neighbours.iter().fold(1.0, |cells, &v| cells * model.order.cards[v] as f64);
    }
    let Model { order, .. } = model;
    Cost { cells: order.cells, largest_clique: order.largest, treewidth: order.width, bytes }
}

/// Tables by their first variable in elimination order.
pub(super) struct Buckets<'m, 't> {
    cards: &'m [usize],
    /// The tables that wait for each variable; those of eliminated ones stay only when they are kept for a traceback.
    pub(super) waiting: Vec<Vec<Table<'t>>>,
    /// Product of the tables without variables, in logarithms.
    log_constant: f64,
    exponent: i64,
    /// Whether a table without variables was zero.
    pub(super) zero: bool,
}

impl<'m, 't> Buckets<'m, 't> {
    pub(super) fn new(cards: &'m [usize], tables: Vec<Table<'t>>) -> Self {
        let waiting = vec![Vec::new(); cards.len()];
        let mut buckets = Self { cards, waiting, log_constant: 0.0, exponent: 0, zero: false };
        for table in tables {
            buckets.put(table);
        }
        buckets
    }

    fn put(&mut self, table: Table<'t>) {
        match table.vars.iter().min() {
            Some(&first) => self.waiting[first].push(table),
            None => {
                self.zero |= table.values[0] == 0.0;
                self.log_constant += table.values[0].ln();
            }
        }
    }

    /// Eliminates the first `count` variables, each by a sum or, where `maximise` says so, by a maximum.
    pub(super) fn eliminate(&mut self, count: usize, maximise: impl Fn(usize) -> bool, keep: bool) {
        for v in 0..count {
            let tables = std::mem::take(&mut self.waiting[v]);
            let mut scope: Vec<usize> = tables.iter().flat_map(|table| &table.vars).copied().collect();
            scope.push(v);
            scope.sort_unstable();
            scope.dedup();
            let mut sinks = [Sink::new(scope[1..].to_vec(), self.cards, maximise(v))];
            let factors: Vec<&Table<'_>> = tables.iter().collect();
            self.exponent += combine_scaled(self.cards, &scope, &factors, &mut sinks);
            let [sink] = sinks;
            let (message, exponent) = sink.into_table();
            self.exponent += exponent;
            self.put(message);
            if keep {
                self.waiting[v] = tables;
            }
        }
    }

    /// The tables not yet multiplied.
    pub(super) fn rest(&self) -> Vec<&Table<'t>> {
        self.waiting.iter().flatten().collect()
    }

    /// Logarithm of the scale taken out so far.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn log_scale(&self) -> f64 {
        self.log_constant + self.exponent as f64 * std::f64::consts::LN_2
    }
}
