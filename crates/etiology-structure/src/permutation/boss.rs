//! [`Boss`]: best order score search.

use etiology_graph::NodeSet;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rayon::prelude::*;

use super::grow_shrink::GrowShrink;
use super::order::{StartOrder, check, graph, start};
use crate::equivalence::backward;
use crate::search::class_of;
use crate::{Knowledge, LearnedDag, LocalScore, StructureError};

/// Best order score search: moves one variable after another to its best place in the order, until no move helps, then runs a
/// backward equivalence search and starts over if that found something.
///
/// # Options
/// | option | default | what it does |
/// |---|---|---|
/// | [`with_seed`](Self::with_seed) | 0 | seed of the random orders |
/// | [`with_starts`](Self::with_starts) | 1 | orders to start from, in parallel; the best answer wins, of equal ones the first |
/// | [`with_start_order`](Self::with_start_order) | random | the first of them: random, or that of the columns |
/// | [`with_backward`](Self::with_backward) | true | the backward search, without which consistency is not proved |
/// | [`with_max_parents`](Self::with_max_parents) | none | limit on the parents of a node |
/// | [`with_max_moves`](Self::with_max_moves) | none | moves after which each start stops and says so |
///
/// # Assumes
/// A decomposable, score-equivalent score; no hidden common causes. Accurate where the graph is dense or its hubs have many
/// neighbours; choose the score's penalty with care, see [`GaussianCriterion::DEFAULT`](crate::GaussianCriterion::DEFAULT).
///
/// # Column order
/// With the random start the answer is the same up to the column order that seed and ties see: equal scores go to the
/// earlier place. More starts make it more stable.
///
/// # Background knowledge
/// Required parents stand before their children in every order and are never shrunk away; forbidden ones never grow.
///
/// # Complexity
/// A sweep asks `3 p^2` times for the parents of a variable under a prefix, each answered by a walk down a tree of those seen
/// before; new nodes cost up to `p` local scores. A few sweeps suffice. Memory grows with the nodes met.
///
/// # References
/// B. Andrews, J. Ramsey, R. Sanchez-Romero, J. Camchong & E. Kummerfeld, *Fast scalable and accurate discovery of DAGs using
/// the best order score search and grow-shrink trees*, NeurIPS 36, 2023.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boss {
    seed: u64,
    starts: usize,
    first: StartOrder,
    backward: bool,
    max_parents: Option<usize>,
    max_moves: Option<u64>,
}

impl Default for Boss {
    fn default() -> Self {
        Self::new()
    }
}

impl Boss {
    /// One random start, with the backward search.
    #[must_use]
    pub fn new() -> Self {
        Self {
            seed: 0,
            starts: 1,
            first: StartOrder::Random,
            backward: true,
            max_parents: None,
            max_moves: None,
        }
    }

    /// Seeds the random orders.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Starts from several orders; 0 counts as 1.
    #[must_use]
    pub fn with_starts(mut self, starts: usize) -> Self {
        self.starts = starts.max(1);
        self
    }

    /// Chooses the first order.
    #[must_use]
    pub fn with_start_order(mut self, order: StartOrder) -> Self {
        self.first = order;
        self
    }

    /// Whether to run the backward search.
    #[must_use]
    pub fn with_backward(mut self, backward: bool) -> Self {
        self.backward = backward;
        self
    }

    /// Limits the parents of a node.
    #[must_use]
    pub fn with_max_parents(mut self, most: usize) -> Self {
        self.max_parents = Some(most);
        self
    }

    /// Limits the moves of each start.
    #[must_use]
    pub fn with_max_moves(mut self, most: u64) -> Self {
        self.max_moves = Some(most);
        self
    }

    /// Learns a graph.
    ///
    /// # Errors
    /// When the knowledge is about another number of variables than the score, or requires more parents than the limit or what
    /// cannot be fitted.
    pub fn learn(&self, score: &dyn LocalScore, knowledge: &Knowledge) -> Result<LearnedDag, StructureError> {
        check(score, knowledge, self.max_parents)?;
        let found: Vec<_> =
            (0..self.starts).into_par_iter().map(|i| self.search(i, score, knowledge)).collect();
        let mut best: Option<LearnedDag> = None;
        let (mut asked, mut computed, mut complete) = (0, 0, true);
        for found in found {
            let found = found?;
            asked += found.scores_asked;
            computed += found.scores_computed;
            complete &= found.complete;
            if best.as_ref().is_none_or(|best| found.score > best.score) {
                best = Some(found);
            }
        }
        let best = best.ok_or(StructureError::NoData { message: "no order to start from".to_owned() })?;
        Ok(LearnedDag { scores_asked: asked, scores_computed: computed, complete, ..best })
    }

    fn search(
        &self,
        index: usize,
        score: &dyn LocalScore,
        knowledge: &Knowledge,
    ) -> Result<LearnedDag, StructureError> {
        let p = score.variables();
        let mut rng = StdRng::seed_from_u64(self.seed.wrapping_add(index as u64));
        let first = if index == 0 { self.first } else { StartOrder::Random };
        let mut search = Search {
            trees: GrowShrink::new(score, knowledge, self.max_parents),
            order: start(p, knowledge, first, &mut rng),
            knowledge,
            moves: 0,
            most: self.max_moves.unwrap_or(u64::MAX),
        };
        let mut complete = search.settle();
        let (mut dag, mut value) = graph(&search.order, &mut search.trees, knowledge)?;
        while self.backward && complete {
            let pruned = backward(score, knowledge, &dag)?;
            search.order = pruned.topological_order();
            complete = search.settle();
            let (next, next_value) = graph(&search.order, &mut search.trees, knowledge)?;
            if next_value <= value + 1e-9 * value.abs().max(1.0) {
                // The class that the backward search ends in is the answer where it scores as well.
                let pruned_value = score.total(&pruned);
                if pruned_value >= value {
                    (dag, value) = (pruned, pruned_value);
                }
                break;
            }
            (dag, value) = (next, next_value);
        }
        Ok(LearnedDag {
            class: class_of(&dag, knowledge)?,
            graph: dag,
            score: value,
            moves: search.moves,
            scores_asked: search.trees.asked(),
            scores_computed: search.trees.computed(),
            complete,
        })
    }
}

struct Search<'a> {
    trees: GrowShrink<'a>,
    order: Vec<usize>,
    knowledge: &'a Knowledge,
    moves: u64,
    most: u64,
}

impl Search<'_> {
    /// Sweeps until a sweep moves nothing; false when the limit on moves came first.
    fn settle(&mut self) -> bool {
        let mut buffers = Buffers::default();
        loop {
            let mut moved = false;
            for variable in self.order.clone() {
                if self.moves >= self.most {
                    return false;
                }
                if self.best_move(variable, &mut buffers) {
                    self.moves += 1;
                    moved = true;
                }
            }
            if !moved {
                return true;
            }
        }
    }

    /// Moves a variable to its best place; false when it is there.
    fn best_move(&mut self, variable: usize, buffers: &mut Buffers) -> bool {
        let Buffers { others, own, without, with } = buffers;
        let p = self.order.len();
        others.clear();
        others.extend(self.order.iter().copied().filter(|&other| other != variable));
        own.clear();
        without.clear();
        with.clear();
        let mut prefix = NodeSet::new(p);
        let (mut earliest, mut latest) = (0, others.len());
        for (place, &other) in others.iter().enumerate() {
            own.push(self.trees.score(variable, &prefix));
            let (apart, after) = self.trees.scores(other, &prefix, variable);
            without.push(apart);
            with.push(after);
            if self.knowledge.requires(other, variable) {
                earliest = place + 1;
            }
            if self.knowledge.requires(variable, other) {
                latest = latest.min(place);
            }
            prefix.insert(other);
        }
        own.push(self.trees.score(variable, &prefix));
        // From the first place on: those passed no longer see the variable.
        let mut total: f64 = with.iter().sum();
        let here = self.order.iter().position(|&other| other == variable).unwrap_or(0);
        let (mut best, mut stay) = (None, f64::NEG_INFINITY);
        for place in 0..=others.len() {
            let value = total + own[place];
            if place == here {
                stay = value;
            }
            if (earliest..=latest).contains(&place) && best.is_none_or(|(_, best)| value > best) {
                best = Some((place, value));
            }
            if place < others.len() {
                total += without[place] - with[place];
            }
        }
        let Some((place, value)) = best else { return false };
        if value <= stay + 1e-9 * stay.abs().max(1.0) {
            return false;
        }
        others.insert(place, variable);
        std::mem::swap(&mut self.order, others);
        true
    }
}

#[derive(Default)]
struct Buffers {
    others: Vec<usize>,
    /// By place: the variable's own score there.
    own: Vec<f64>,
    /// By place of another: its score before the variable, and after it.
    without: Vec<f64>,
    with: Vec<f64>,
}
