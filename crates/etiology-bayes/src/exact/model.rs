//! The part of a network that bears on a question, as tables over numbered variables; and what answering would cost.

use std::borrow::Cow;

use super::kernel::{self, Table};
use super::order::{Interactions, Order, OrderHeuristic};
use crate::{BayesError, DiscreteNetwork, Evidence, Finding};

/// The number of a variable that is not in the model: observed, or without bearing on the question.
pub(super) const ABSENT: usize = usize::MAX;

/// What exact inference may use. Beyond that it refuses before it allocates anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    bytes: f64,
    cells: f64,
}

impl Default for Limits {
    /// 4 GiB of messages, and 10^11 cells of cliques to walk over, which is minutes.
    fn default() -> Self {
        Self { bytes: 4.0 * 1024.0 * 1024.0 * 1024.0, cells: 1e11 }
    }
}

impl Limits {
    /// Most bytes of messages.
    #[must_use]
    pub fn with_bytes(self, bytes: f64) -> Self {
        Self { bytes, ..self }
    }

    /// Most cells over all cliques.
    #[must_use]
    pub fn with_cells(self, cells: f64) -> Self {
        Self { cells, ..self }
    }

    pub(super) fn check(self, cost: &Cost) -> Result<(), BayesError> {
        let Cost { cells, largest_clique, treewidth, bytes } = *cost;
        if bytes <= self.bytes && cells <= self.cells {
            return Ok(());
        }
        let message = format!(
            "exact inference would walk over {cells:.2e} cells of cliques (limit {:.2e}; the largest clique has \
             {largest_clique:.2e}, the treewidth found is {treewidth}) and keep {:.2} GiB of messages (limit {:.2} GiB); raise the \
             limits, add evidence, ask for fewer targets, or use likelihood weighting or Gibbs sampling",
            self.cells,
            bytes / (1024.0 * 1024.0 * 1024.0),
            self.bytes / (1024.0 * 1024.0 * 1024.0),
        );
        Err(BayesError::TooLarge { message })
    }
}

/// What an exact answer costs, known before anything is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Joint states over all cliques: the work.
    pub cells: f64,
    /// Joint states of the largest clique.
    pub largest_clique: f64,
    /// Variables of the clique with the most, less one: an upper bound on the treewidth.
    pub treewidth: usize,
    /// Memory of the messages.
    pub bytes: f64,
}

/// Tables over variables that are numbered in elimination order.
pub(super) struct Model<'n> {
    /// The node of each variable.
    pub(super) nodes: Vec<usize>,
    /// States of each variable.
    pub(super) cards: Vec<usize>,
    pub(super) tables: Vec<Table<'n>>,
    pub(super) order: Order,
}

impl<'n> Model<'n> {
    /// The ancestors of targets and evidence; nothing else can matter (barren nodes, Shachter 1986). Observed variables are
    /// taken out of every table, which cuts the graph where they separate.
    ///
    /// `group` puts variables into groups that are eliminated one after the other.
    pub(super) fn relevant(
        network: &'n DiscreteNetwork,
        evidence: &Evidence,
        targets: &[usize],
        heuristic: OrderHeuristic,
        group: impl Fn(usize) -> u8,
    ) -> Self {
        let mut relevant = vec![false; network.len()];
        let mut stack: Vec<usize> =
            targets.iter().copied().chain(evidence.iter().map(|(node, _)| node)).collect();
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut relevant[node], true) {
                stack.extend(network.parents(node));
            }
        }
        let mut local = vec![ABSENT; network.len()];
        let mut nodes = Vec::new();
        for node in (0..network.len()).filter(|&node| relevant[node] && evidence.state(node).is_none()) {
            local[node] = nodes.len();
            nodes.push(node);
        }
        let mut graph = Interactions::new(nodes.iter().map(|&node| network.cardinality(node)).collect());
        let mut family = Vec::new();
        for node in (0..network.len()).filter(|&node| relevant[node]) {
            family.clear();
            let members = network.parents(node).iter().chain([&node]);
            family.extend(members.map(|&member| local[member]).filter(|&v| v != ABSENT));
            graph.join(&family);
        }
        let wanted: Vec<usize> =
            targets.iter().map(|&target| local[target]).filter(|&v| v != ABSENT).collect();
        let groups: Vec<u8> = nodes.iter().map(|&node| group(node)).collect();
        // Targets of a joint answer share a table at the end.
        if groups.contains(&JOINT) {
            graph.join(&wanted);
        }
        let order = graph.order(heuristic, &groups);
        let mut rank = vec![ABSENT; network.len()];
        for (position, &v) in order.sequence.iter().enumerate() {
            rank[nodes[v]] = position;
        }
        let relevant: Vec<usize> = (0..network.len()).filter(|&node| relevant[node]).collect();
        let nodes: Vec<usize> = order.sequence.iter().map(|&v| nodes[v]).collect();
        let cards = nodes.iter().map(|&node| network.cardinality(node)).collect();
        let tables = tables(network, evidence, &relevant, &rank);
        Self { nodes, cards, tables, order }
    }
}

/// The group of targets whose joint distribution is asked for.
pub(super) const JOINT: u8 = 9;

/// The tables of `nodes`, and a table for each likelihood, over the variables that `rank` numbers.
pub(super) fn tables<'n>(
    network: &'n DiscreteNetwork,
    evidence: &Evidence,
    nodes: &[usize],
    rank: &[usize],
) -> Vec<Table<'n>> {
    let mut tables = Vec::with_capacity(nodes.len());
    for &node in nodes {
        let members: Vec<usize> = network.parents(node).iter().chain([&node]).copied().collect();
        let cardinality = |member| network.cardinality(member);
        tables.push(cut(&members, network.table(node), cardinality, |member| evidence.state(member), rank));
        if let Some(Finding::Likelihood(likelihood)) = evidence.get(node) {
            tables.push(Table { vars: vec![rank[node]], values: Cow::Owned(likelihood.clone()) });
        }
    }
    tables
}

/// A table over `members`, the last fastest, at the observed states, over the variables that `rank` numbers.
pub(super) fn cut<'n>(
    members: &[usize],
    values: &'n [f64],
    cardinality: impl Fn(usize) -> usize,
    observed: impl Fn(usize) -> Option<usize>,
    rank: &[usize],
) -> Table<'n> {
    if members.iter().all(|&member| observed(member).is_none()) {
        return Table { vars: members.iter().map(|&m| rank[m]).collect(), values: Cow::Borrowed(values) };
    }
    let (mut vars, mut cards, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let (mut start, mut step) = (0, 1);
    for &member in members.iter().rev() {
        match observed(member) {
            Some(state) => start += state * step,
            None => {
                vars.push(rank[member]);
                cards.push(cardinality(member));
                steps.push(step);
            }
        }
        step *= cardinality(member);
    }
    vars.reverse();
    cards.reverse();
    steps.reverse();
    let values = kernel::offsets(&cards, &steps).into_iter().map(|offset| values[start + offset]).collect();
    Table { vars, values: Cow::Owned(values) }
}

/// The error for evidence of probability zero.
pub(super) fn impossible(network: &DiscreteNetwork, evidence: &Evidence) -> BayesError {
    const SHOWN: usize = 8;
    let mut parts: Vec<String> = evidence
        .iter()
        .take(SHOWN)
        .map(|(node, finding)| match finding {
            Finding::State(state) => format!("{} = {}", network.name(node), network.states(node)[*state]),
            Finding::Likelihood(_) => format!("a likelihood of {}", network.name(node)),
        })
        .collect();
    if evidence.len() > SHOWN {
        parts.push(format!("and {} more", evidence.len() - SHOWN));
    }
    BayesError::ImpossibleEvidence { message: format!("{} has probability 0", parts.join(", ")) }
}
