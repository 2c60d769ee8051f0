//! Junction trees: every marginal at the price of two passes.

use super::kernel::{Sink, Table, combine_scaled, rescale};
use super::model::{ABSENT, Cost, Limits, impossible, tables};
use super::order::{Interactions, Order, OrderHeuristic};
use crate::{BayesError, DiscreteNetwork, Evidence};

/// A junction tree of a network, to be calibrated for any evidence.
///
/// # What it is
/// The moral graph is triangulated by the cheapest order found ([`OrderHeuristic`]); its maximal cliques form a tree in which
/// the cliques of every variable are connected (Lauritzen and Spiegelhalter 1988). [`Self::calibrate`] passes messages up and
/// then down, as in Hugin (Jensen, Lauritzen and Olesen 1990), with one difference: the table of a clique is never stored. It is
/// multiplied block by block from its families and messages each time it is passed, so memory is that of the separators.
/// Observed variables are cut out of every clique.
///
/// # Cost
/// [`Self::cost`]: time follows its cells, memory its bytes. [`Limits`] are checked when the tree is built, before any table
/// is; evidence only makes it cheaper. For one question [`super::VariableElimination`] looks at less of the network.
///
/// # References
/// Lauritzen and Spiegelhalter (1988), *Local computations with probabilities on graphical structures*; Jensen, Lauritzen and
/// Olesen (1990), *Bayesian updating in causal probabilistic networks by local computations*; Koller and Friedman (2009),
/// chapter 10.
///
/// ```
/// use etiology_bayes::{Evidence, JunctionTree, read_bif};
/// let network = read_bif("variable rain { type discrete [ 2 ] { no, yes }; }
///   variable wet { type discrete [ 2 ] { no, yes }; }
///   probability ( rain ) { table 0.8, 0.2; }
///   probability ( wet | rain ) { (no) 1.0, 0.0; (yes) 0.1, 0.9; }")?;
/// let tree = JunctionTree::new(&network)?;
/// let before = tree.calibrate(&Evidence::new())?;
/// assert!((before.marginal(1)[1] - 0.18).abs() < 1e-15);
/// let after = before.update(&Evidence::new().with_state(1, 0))?;
/// assert!((after.marginal(0)[1] - 0.02 / 0.82).abs() < 1e-15);
/// # Ok::<(), etiology_bayes::BayesError>(())
/// ```
#[derive(Debug, Clone)]
pub struct JunctionTree<'n> {
    network: &'n DiscreteNetwork,
    /// The node of each variable, in elimination order.
    nodes: Vec<usize>,
    cards: Vec<usize>,
    /// The number of each node's variable.
    rank: Vec<usize>,
    cliques: Vec<Clique>,
    /// Every clique after its children.
    upward: Vec<usize>,
    cost: Cost,
}

#[derive(Debug, Clone, Default)]
struct Clique {
    /// Variables that no clique nearer the root has.
    residual: Vec<usize>,
    /// Variables shared with the parent, ascending.
    separator: Vec<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
    /// Nodes whose tables are multiplied into this clique.
    families: Vec<usize>,
}

impl<'n> JunctionTree<'n> {
    /// The junction tree of a network, by the best order and within the default limits.
    ///
    /// # Errors
    /// [`BayesError::TooLarge`], with the numbers.
    pub fn new(network: &'n DiscreteNetwork) -> Result<Self, BayesError> {
        Self::build(network, OrderHeuristic::Best, Limits::default())
    }

    /// The junction tree of a network.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn build(
        network: &'n DiscreteNetwork,
        heuristic: OrderHeuristic,
        limits: Limits,
    ) -> Result<Self, BayesError> {
        let cards: Vec<usize> = (0..network.len()).map(|node| network.cardinality(node)).collect();
        let mut graph = Interactions::new(cards);
        for node in 0..network.len() {
            let family: Vec<usize> = network.parents(node).iter().chain([&node]).copied().collect();
            graph.join(&family);
        }
        let order = graph.order(heuristic, &vec![0; network.len()]);
        let mut rank = vec![ABSENT; network.len()];
        for (position, &node) in order.sequence.iter().enumerate() {
            rank[node] = position;
        }
        let (mut cliques, host) = cliques(&order, &rank);
        for node in 0..network.len() {
            let first = network.parents(node).iter().chain([&node]).map(|&member| rank[member]).min();
            cliques[host[first.unwrap_or(rank[node])]].families.push(node);
        }
        let nodes = order.sequence;
        let cards: Vec<usize> = nodes.iter().map(|&node| network.cardinality(node)).collect();
        let cost = cost(&cliques, &cards);
        limits.check(&cost)?;
        let upward = upward(&cliques);
        Ok(Self { network, nodes, cards, rank, cliques, upward, cost })
    }

    /// What a calibration without evidence costs.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Number of cliques.
    #[must_use]
    pub fn cliques(&self) -> usize {
        self.cliques.len()
    }

    /// All marginals given the evidence. `O(cells * (families and neighbours of a clique))`.
    ///
    /// # Errors
    /// When the evidence is none of the network's or impossible.
    pub fn calibrate(&self, evidence: &Evidence) -> Result<Calibration<'_, 'n>, BayesError> {
        let messages = (0..self.cliques.len()).map(|_| None).collect();
        self.pass(evidence, messages)
    }

    /// Both passes; `messages` up that are given hold already.
    fn pass(
        &self,
        evidence: &Evidence,
        mut messages: Vec<Option<Message>>,
    ) -> Result<Calibration<'_, 'n>, BayesError> {
        evidence.check(self.network)?;
        let hidden = |vars: &[usize]| -> Vec<usize> {
            vars.iter().copied().filter(|&v| evidence.state(self.nodes[v]).is_none()).collect()
        };
        let own: Vec<Vec<Table<'_>>> =
            self.cliques.iter().map(|c| tables(self.network, evidence, &c.families, &self.rank)).collect();
        for &c in &self.upward {
            if messages[c].is_some() {
                continue;
            }
            let clique = &self.cliques[c];
            let separator = hidden(&clique.separator);
            let scope = scope(&hidden(&clique.residual), &separator);
            let factors: Vec<&Table<'_>> = own[c].iter().chain(from_children(clique, &messages)).collect();
            let mut sinks = [Sink::new(separator, &self.cards, false)];
            let scale = combine_scaled(&self.cards, &scope, &factors, &mut sinks);
            let [sink] = sinks;
            let (table, exponent) = sink.into_table();
            if table.values.iter().all(|&value| value == 0.0) {
                return Err(impossible(self.network, evidence));
            }
            messages[c] = Some(Message { table, exponent: exponent + scale });
        }
        let mut marginals: Vec<Vec<f64>> = vec![Vec::new(); self.network.len()];
        let mut down: Vec<Option<Table<'_>>> = vec![None; self.cliques.len()];
        for &c in self.upward.iter().rev() {
            let clique = &self.cliques[c];
            let residual = hidden(&clique.residual);
            let scope = scope(&residual, &hidden(&clique.separator));
            let from_parent = down[c].take();
            let factors: Vec<&Table<'_>> =
                own[c].iter().chain(from_children(clique, &messages)).chain(&from_parent).collect();
            let mut sinks: Vec<Sink> = Vec::with_capacity(clique.children.len() + residual.len());
            for &child in &clique.children {
                sinks.push(Sink::new(hidden(&self.cliques[child].separator), &self.cards, false));
            }
            sinks.extend(residual.iter().map(|&v| Sink::new(vec![v], &self.cards, false)));
            if !sinks.is_empty() {
                // All that leaves a clique downwards is normalised; its scale does not matter.
                combine_scaled(&self.cards, &scope, &factors, &mut sinks);
            }
            for (&v, sink) in residual.iter().zip(sinks.drain(clique.children.len()..)) {
                marginals[self.nodes[v]] = normalised(sink.values);
            }
            for (&child, sink) in clique.children.iter().zip(sinks) {
                if let Some(message) = &messages[child] {
                    down[child] = Some(divide(sink, message));
                }
            }
        }
        for (node, marginal) in marginals.iter_mut().enumerate() {
            if let Some(state) = evidence.state(node) {
                *marginal = vec![0.0; self.network.cardinality(node)];
                marginal[state] = 1.0;
            }
        }
        let log_evidence = self.log_evidence(&messages);
        Ok(Calibration { tree: self, evidence: evidence.clone(), messages, marginals, log_evidence })
    }

    /// The scales of all messages, and what reaches the roots.
    #[allow(clippy::cast_precision_loss)]
    fn log_evidence(&self, messages: &[Option<Message>]) -> f64 {
        let (mut exponent, mut log) = (0, 0.0);
        for (clique, message) in self.cliques.iter().zip(messages) {
            let Some(message) = message else { continue };
            exponent += message.exponent;
            if clique.parent.is_none() {
                log += message.table.values[0].ln();
            }
        }
        log + exponent as f64 * std::f64::consts::LN_2
    }
}

/// A message towards the root.
#[derive(Debug, Clone)]
struct Message {
    table: Table<'static>,
    exponent: i64,
}

/// The marginals of all nodes given evidence.
#[derive(Debug, Clone)]
pub struct Calibration<'t, 'n> {
    tree: &'t JunctionTree<'n>,
    evidence: Evidence,
    messages: Vec<Option<Message>>,
    marginals: Vec<Vec<f64>>,
    log_evidence: f64,
}

impl Calibration<'_, '_> {
    /// The distribution of a node given the evidence.
    ///
    /// # Panics
    /// When `node` is none of the network's.
    #[must_use]
    pub fn marginal(&self, node: usize) -> &[f64] {
        &self.marginals[node]
    }

    /// The distributions of all nodes given the evidence.
    #[must_use]
    pub fn marginals(&self) -> &[Vec<f64>] {
        &self.marginals
    }

    /// Natural logarithm of the probability of the evidence.
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        self.log_evidence
    }

    /// The probability of the evidence, which may underflow to zero where its logarithm does not.
    #[must_use]
    pub fn evidence_probability(&self) -> f64 {
        self.log_evidence.exp()
    }

    /// The calibration for other evidence. Messages from parts of the tree where nothing changed are kept; the result is that
    /// of [`JunctionTree::calibrate`], to the last bit.
    ///
    /// # Errors
    /// As there.
    pub fn update(mut self, evidence: &Evidence) -> Result<Self, BayesError> {
        let tree = self.tree;
        let changed: Vec<bool> =
            tree.nodes.iter().map(|&node| self.evidence.get(node) != evidence.get(node)).collect();
        let mut stale = vec![false; tree.cliques.len()];
        for &c in &tree.upward {
            let clique = &tree.cliques[c];
            stale[c] = clique.children.iter().any(|&child| stale[child])
                || clique.residual.iter().chain(&clique.separator).any(|&v| changed[v]);
            if stale[c] {
                self.messages[c] = None;
            }
        }
        tree.pass(evidence, self.messages)
    }
}

/// The maximal cliques of an order, each with its parent and children, and the clique that has each variable as residual.
///
/// Every variable makes a cluster with its later neighbours; a cluster inside that of an earlier variable is merged into it.
fn cliques(order: &Order, rank: &[usize]) -> (Vec<Clique>, Vec<usize>) {
    let n = order.sequence.len();
    let mut cliques: Vec<Clique> = Vec::new();
    let mut host = vec![0; n];
    // Cliques whose separator starts with the variable.
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); n];
    for v in 0..n {
        let mut separator: Vec<usize> = order.neighbours[v].iter().map(|&node| rank[node]).collect();
        separator.sort_unstable();
        let mut children = std::mem::take(&mut waiting[v]);
        let same = children.iter().position(|&child| cliques[child].separator.len() == separator.len() + 1);
        let id = match same {
            Some(at) => children.remove(at),
            None => {
                cliques.push(Clique::default());
                cliques.len() - 1
            }
        };
        for child in children {
            cliques[child].parent = Some(id);
            cliques[id].children.push(child);
        }
        if let Some(&first) = separator.first() {
            waiting[first].push(id);
        }
        cliques[id].residual.push(v);
        cliques[id].separator = separator;
        host[v] = id;
    }
    (cliques, host)
}

/// Every clique after its children.
fn upward(cliques: &[Clique]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(cliques.len());
    let mut stack: Vec<usize> = (0..cliques.len()).filter(|&c| cliques[c].parent.is_none()).collect();
    while let Some(c) = stack.pop() {
        order.push(c);
        stack.extend(&cliques[c].children);
    }
    order.reverse();
    order
}

#[allow(clippy::cast_precision_loss)]
fn cost(cliques: &[Clique], cards: &[usize]) -> Cost {
    let mut cost = Cost { cells: 0.0, largest_clique: 0.0, treewidth: 0, bytes: 0.0 };
    let cells = |vars: &[usize]| vars.iter().map(|&v| cards[v] as f64).product::<f64>();
    for clique in cliques {
        let separator = cells(&clique.separator);
        let all = separator * cells(&clique.residual);
        cost.cells += all;
        cost.largest_clique = cost.largest_clique.max(all);
        cost.treewidth = cost.treewidth.max(clique.residual.len() + clique.separator.len() - 1);
        cost.bytes += 16.0 * separator;
    }
    cost
}

/// Residual and separator as one ascending scope. Variables leave in order, so every residual one comes first.
fn scope(residual: &[usize], separator: &[usize]) -> Vec<usize> {
    [residual, separator].concat()
}

fn from_children<'m>(
    clique: &'m Clique,
    messages: &'m [Option<Message>],
) -> impl Iterator<Item = &'m Table<'m>> {
    clique.children.iter().filter_map(|&child| messages[child].as_ref().map(|message| &message.table))
}

/// The message down to a clique: the belief over the separator without what came up from there.
fn divide(sink: Sink, up: &Message) -> Table<'static> {
    let Sink { vars, mut values, .. } = sink;
    for (value, &up) in values.iter_mut().zip(&*up.table.values) {
        *value = if up > 0.0 { *value / up } else { 0.0 };
    }
    rescale(&mut values);
    Table { vars, values: values.into() }
}

fn normalised(mut values: Vec<f64>) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    for value in &mut values {
        *value /= total;
    }
    values
}
