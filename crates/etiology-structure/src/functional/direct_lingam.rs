//! [`DirectLingam`]: the causal order of a linear non-Gaussian acyclic model, found one exogenous variable at a time.
//!
//! A variable without causes among the rest is the one whose regressions leave independent residuals. It is chosen, its effect
//! is regressed out of the rest, and the search goes on with the residuals. Independence is measured pair by pair with the
//! likelihood ratio of Hyvarinen and Smith, whose entropies need only the standardised residuals.
//!
//! The exogenous variable has the *smallest* sum of squared contradictions, and a sum over some partners bounds the sum over
//! all from below. So the search always extends the smallest sum, and stops when that one is complete: the answer is that of
//! the exhaustive search for a fraction of the comparisons (the idea of Shahbazinia, Salehkaleybar & Hashemi, "`ParaLiNGAM`",
//! 2023). A comparison serves both of its variables, and the winner's comparisons hold the residuals' entropies of the next
//! round.

use etiology_graph::{NodeSet, Nodes};
use nalgebra::DMatrix;
use rayon::prelude::*;

use super::columns::{Columns, dot_mean};
use super::entropy::{entropy, residual_entropies};
use super::prune::{Pruning, parents};
use super::{LinearSem, columns};
use crate::{Knowledge, StructureError};

/// DirectLiNGAM with the pairwise measure.
///
/// # Options
/// | option | default | |
/// |---|---|---|
/// | [`with_pruning`](Self::with_pruning) | [`Pruning::AdaptiveLasso`] | how regressions on predecessors become parents |
/// | [`with_knowledge`](Self::with_knowledge) | none | required and forbidden edges and tiers, enforced strictly |
///
/// # Assumptions
/// Linear effects, no cycles, no hidden common causes, independent rows, and at most one Gaussian noise term. The noise terms
/// of the answer are tested (Jarque & Bera), and those that look Gaussian are named in [`LinearSem::warnings`].
///
/// # When not to use it
/// On Gaussian or discrete data, or with fewer rows than columns. With hidden common causes the order is biased; FCI says so.
///
/// # Complexity
/// `O(p^2 n)` for the residuals and `O(c n)` for `c` comparisons: `p (p - 1) / 2` a round at worst, between 2 and 3 times the
/// remaining variables where the data decide clearly. Pruning costs `O(p^4)` in the worst case and does not depend on `n`.
///
/// # References
/// Shimizu, Inazumi, Sogawa, Hyvarinen, Kawahara, Washio, Hoyer & Bollen, "DirectLiNGAM", JMLR 12, 2011, section 3;
/// Hyvarinen & Smith, "Pairwise likelihood ratios for estimation of non-Gaussian structural equation models", JMLR 14, 2013,
/// section 3.
///
/// ```
/// use etiology_graph::Nodes;
/// use etiology_structure::DirectLingam;
///
/// // y = 2 x + noise, both noises uniform.
/// let uniform = |i: u64, k: u64| ((i * 7919 + k * 104_729) % 9973) as f64 / 9973.0;
/// let x: Vec<f64> = (0..1000).map(|i| uniform(i, 1)).collect();
/// let y: Vec<f64> = (0..1000).map(|i| 2.0 * x[i as usize] + uniform(i * i, 2)).collect();
/// let model = DirectLingam::new().learn(&Nodes::new(["y", "x"])?, &[&y, &x])?;
/// assert_eq!(model.order(), [1, 0]);
/// assert!((model.weights()[(1, 0)] - 2.0).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct DirectLingam {
    pruning: Pruning,
    knowledge: Option<Knowledge>,
}

impl DirectLingam {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How regressions on predecessors become parents.
    #[must_use]
    pub fn with_pruning(mut self, pruning: Pruning) -> Self {
        self.pruning = pruning;
        self
    }

    /// What is known of the edges. A required edge orders its ends; where no allowed path leads from one variable to another
    /// but one leads back (as between tiers), the other comes first.
    #[must_use]
    pub fn with_knowledge(mut self, knowledge: Knowledge) -> Self {
        self.knowledge = Some(knowledge);
        self
    }

    /// Learns from columns of equal length without missing values.
    ///
    /// # Errors
    /// When names, columns and knowledge disagree in number, a value is missing or infinite, no column varies, or there are
    /// not more rows than columns.
    pub fn learn(&self, nodes: &Nodes, columns: &[&[f64]]) -> Result<LinearSem, StructureError> {
        let knowledge = self.knowledge.as_ref().filter(|known| !known.is_empty());
        check_width(nodes, self.knowledge.as_ref())?;
        let columns = Columns::new(nodes, columns)?;
        let first = knowledge.map(|known| predecessors(known, &columns.kept));
        let order = causal_order(&columns, first.as_deref());
        finish(nodes, &columns, &order, self.pruning, knowledge)
    }
}

pub(super) fn check_width(nodes: &Nodes, knowledge: Option<&Knowledge>) -> Result<(), StructureError> {
    match knowledge {
        Some(known) if known.nodes().len() != nodes.len() => Err(StructureError::Width {
            what: "the background knowledge",
            expected: nodes.len(),
            got: known.nodes().len(),
        }),
        _ => Ok(()),
    }
}

/// The model of an order of kept columns: pruned parents, weights in the units of the data, and a look at the noise.
pub(super) fn finish(
    nodes: &Nodes,
    columns: &Columns,
    order: &[usize],
    pruning: Pruning,
    knowledge: Option<&Knowledge>,
) -> Result<LinearSem, StructureError> {
    let families = parents(columns, order, pruning, knowledge);
    let mut weights = DMatrix::zeros(nodes.len(), nodes.len());
    for (target, family) in &families {
        for &(from, coefficient) in family {
            let units = columns.scale[*target] / columns.scale[from];
            weights[(columns.kept[from], columns.kept[*target])] = coefficient * units;
        }
    }
    let looks_gaussian: Vec<usize> = families
        .par_iter()
        .map(|(target, family)| (*target, columns::jarque_bera(&columns.residual(*target, family))))
        .filter(|&(_, p_value)| p_value > 0.05)
        .map(|(target, _)| columns.kept[target])
        .collect();
    let required: Vec<_> = knowledge.map_or_else(Vec::new, |known| known.required().collect());
    let order = order.iter().map(|&v| columns.kept[v]).collect();
    Ok(LinearSem::new(nodes, weights, required, Some(order))?
        .with_left_out(columns.left_out.clone())
        .with_warnings(gaussian_warning(nodes, looks_gaussian)))
}

fn gaussian_warning(nodes: &Nodes, mut variables: Vec<usize>) -> Vec<String> {
    if variables.len() < 2 {
        return Vec::new();
    }
    variables.sort_unstable();
    let some: Vec<String> = variables.iter().take(5).map(|&v| format!("`{}`", nodes.name(v))).collect();
    vec![format!(
        "the noise of {} variables looks Gaussian (Jarque-Bera p > 0.05; {}{}): the directions among them are not \
         identified",
        variables.len(),
        some.join(", "),
        if variables.len() > 5 { ", ..." } else { "" }
    )]
}

/// `sets[v]` holds what must stand before `v` in the order: required causes, and what can reach `v` by allowed edges while
/// `v` cannot reach it. A partial order, since both kinds point along allowed paths. `O(p^3 / 64)`.
pub(super) fn predecessors(known: &Knowledge, kept: &[usize]) -> Vec<NodeSet> {
    let p = known.nodes().len();
    let allowed = closure(p, |a, b| known.allows(a, b));
    let required = closure(p, |a, b| known.requires(a, b));
    let first = |before: usize, after: usize| {
        required[before].contains(after)
            || allowed[before].contains(after) && !allowed[after].contains(before)
    };
    kept.iter()
        .map(|&after| {
            let before = kept.iter().enumerate().filter(|&(_, &b)| b != after && first(b, after));
            NodeSet::from_nodes(kept.len(), before.map(|(i, _)| i))
        })
        .collect()
}

/// What each node reaches in one step or more (Warshall).
fn closure(p: usize, edge: impl Fn(usize, usize) -> bool) -> Vec<NodeSet> {
    let mut reach: Vec<NodeSet> =
        (0..p).map(|a| NodeSet::from_nodes(p, (0..p).filter(|&b| b != a && edge(a, b)))).collect();
    for via in 0..p {
        let beyond = reach[via].clone();
        for set in &mut reach {
            if set.contains(via) {
                set.union_with(&beyond);
            }
        }
    }
    reach
}

fn causal_order(columns: &Columns, first: Option<&[NodeSet]>) -> Vec<usize> {
    let p = columns.width();
    let mut search = Search {
        residuals: columns.values.clone(),
        entropies: vec![None; p],
        remaining: (0..p).collect(),
        hints: vec![0.0; p],
    };
    let mut order = Vec::with_capacity(p);
    while let Some(next) = search.exogenous(first) {
        order.push(next.variable);
        search.regress_out(&next);
    }
    order
}

/// The variables not yet in the order, each without the effects of those that are.
struct Search {
    residuals: Vec<Vec<f64>>,
    entropies: Vec<Option<f64>>,
    remaining: Vec<usize>,
    /// Contradictions of the round before: who lost then will lose again.
    hints: Vec<f64>,
}

/// The chosen variable and its comparisons.
struct Exogenous {
    variable: usize,
    compared: Vec<Seen>,
}

/// What a comparison tells one of its two variables.
#[derive(Clone, Copy)]
struct Seen {
    partner: usize,
    correlation: f64,
    /// Entropy of the partner's residual on this variable.
    entropy: f64,
}

/// One variable's account of a round.
#[derive(Default)]
struct Account {
    contradictions: f64,
    compared: Vec<Seen>,
    met: NodeSet,
}

impl Search {
    /// The remaining variable that precedes the others; `None` when none remains.
    fn exogenous(&mut self, first: Option<&[NodeSet]>) -> Option<Exogenous> {
        let left = NodeSet::from_nodes(self.residuals.len(), self.remaining.iter().copied());
        let is_free = |v: &usize| first.is_none_or(|first| first[*v].is_disjoint(&left));
        let candidates: Vec<usize> = self.remaining.iter().copied().filter(is_free).collect();
        match *candidates.as_slice() {
            [] => None,
            [variable] => Some(Exogenous { variable, compared: Vec::new() }),
            _ => Some(self.compare(&candidates)),
        }
    }

    /// Extends the smallest account until it is complete.
    fn compare(&mut self, candidates: &[usize]) -> Exogenous {
        let p = self.residuals.len();
        let missing: Vec<usize> =
            self.remaining.iter().copied().filter(|&v| self.entropies[v].is_none()).collect();
        let found: Vec<f64> = missing.par_iter().map(|&v| entropy(&self.residuals[v])).collect();
        for (v, value) in missing.into_iter().zip(found) {
            self.entropies[v] = Some(value);
        }
        let mut accounts: Vec<Account> = (0..p).map(|_| Account::default()).collect();
        for &v in &self.remaining {
            accounts[v].met = NodeSet::from_nodes(p, [v]);
        }
        let is_candidate = NodeSet::from_nodes(p, candidates.iter().copied());
        loop {
            let rank = |v: usize| (accounts[v].contradictions, self.hints[v], v);
            let less = |a: usize, b: usize| {
                let (a, b) = (rank(a), rank(b));
                a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
            };
            let leader = candidates.iter().copied().min_by(|&a, &b| less(a, b)).unwrap_or(candidates[0]);
            let mut partners: Vec<usize> =
                self.remaining.iter().copied().filter(|&v| !accounts[leader].met.contains(v)).collect();
            if partners.is_empty() {
                for &v in &self.remaining {
                    self.hints[v] = accounts[v].contradictions;
                }
                let compared = std::mem::take(&mut accounts[leader].compared);
                return Exogenous { variable: leader, compared };
            }
            // Those who lead most often unmask a leader soonest; one comparison until it has met a few, then more at once.
            let batch = if accounts[leader].compared.len() < 3 { 1 } else { BATCH };
            if partners.len() > batch {
                partners.select_nth_unstable_by(batch, |&a, &b| less(a, b));
                partners.truncate(batch);
                partners.sort_unstable();
            }
            let compared: Vec<Comparison> =
                partners.into_par_iter().map(|partner| self.pair(leader, partner)).collect();
            for outcome in compared {
                outcome.enter(leader, &is_candidate, &mut accounts);
            }
        }
    }

    fn pair(&self, leader: usize, partner: usize) -> Comparison {
        let (a, b) = (&self.residuals[leader], &self.residuals[partner]);
        let correlation = dot_mean(a, b).clamp(-1.0, 1.0);
        let (of_leader, of_partner) = residual_entropies(a, b, correlation);
        let own = |v: usize| self.entropies[v].unwrap_or(0.0);
        let difference = own(partner) + of_leader - own(leader) - of_partner;
        Comparison { partner, correlation, of_leader, of_partner, difference }
    }

    /// Takes the variable out, and its effect out of the others.
    fn regress_out(&mut self, chosen: &Exogenous) {
        self.remaining.retain(|&v| v != chosen.variable);
        let cause = std::mem::take(&mut self.residuals[chosen.variable]);
        self.entropies.iter_mut().for_each(|entropy| *entropy = None);
        for seen in &chosen.compared {
            self.entropies[seen.partner] = Some(seen.entropy);
        }
        let mut correlations = vec![None; self.residuals.len()];
        for seen in &chosen.compared {
            correlations[seen.partner] = Some(seen.correlation);
        }
        self.residuals.par_iter_mut().zip(correlations).for_each(|(column, known)| {
            if !column.is_empty() {
                let slope = known.unwrap_or_else(|| dot_mean(&cause, column));
                for (value, x) in column.iter_mut().zip(&cause) {
                    *value -= slope * x;
                }
                let scale = 1.0 / dot_mean(column, column).max(f64::MIN_POSITIVE).sqrt();
                column.iter_mut().for_each(|value| *value *= scale);
            }
        });
    }
}

/// Comparisons made at once for a variable that has led for a while. A constant, so that no thread count changes a sum.
const BATCH: usize = 8;

struct Comparison {
    partner: usize,
    correlation: f64,
    of_leader: f64,
    of_partner: f64,
    /// The likelihood ratio: negative when it speaks for `partner --> leader`.
    difference: f64,
}

impl Comparison {
    fn enter(self, leader: usize, candidates: &NodeSet, accounts: &mut [Account]) {
        let Self { partner, correlation, of_leader, of_partner, difference } = self;
        accounts[leader].met.insert(partner);
        accounts[leader].compared.push(Seen { partner, correlation, entropy: of_partner });
        let loser = if difference < 0.0 { leader } else { partner };
        accounts[loser].contradictions += difference * difference;
        if candidates.contains(partner) {
            accounts[partner].met.insert(leader);
            accounts[partner].compared.push(Seen { partner: leader, correlation, entropy: of_leader });
        }
    }
}
