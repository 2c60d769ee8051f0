//! [`Grasp`]: greedy relaxations of the sparsest permutation.

use std::collections::BTreeSet;

use etiology_graph::NodeSet;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::grow_shrink::GrowShrink;
use super::order::{StartOrder, check, graph, start};
use crate::search::class_of;
use crate::{Knowledge, LearnedDag, LocalScore, StructureError};

/// Greedy relaxations of the sparsest permutation: a depth-first search over tucks, each of which turns one edge of the order's
/// graph, through orders that score alike to one that scores better.
///
/// A tuck of `x --> y` moves `y` and those of its ancestors that stand between the two to just before `x`.
///
/// # Options
/// | option | default | what it does |
/// |---|---|---|
/// | [`with_depth`](Self::with_depth) | 3 | tucks in a row that need not improve the score |
/// | [`with_uncovered_depth`](Self::with_uncovered_depth) | 1 | the first of them that may be of edges that are not covered |
/// | [`with_nonsingular_depth`](Self::with_nonsingular_depth) | 1 | the first of them that may be of edges beside longer directed paths |
/// | [`with_seed`](Self::with_seed) | 0 | seed of the first order and of the order in which edges are tried |
/// | [`with_start_order`](Self::with_start_order) | random | the first order: random, or that of the columns |
/// | [`with_max_parents`](Self::with_max_parents) | none | limit on the parents of a node |
/// | [`with_max_tucks`](Self::with_max_tucks) | none | tucks tried after which the search stops and says so |
///
/// With both latter depths 0 only covered edges are turned (tier 0 of the paper); with the uncovered depth at `depth` and the
/// other 0, tier 1; with both at `depth`, tier 2, the most thorough and slowest.
///
/// # Assumes
/// A decomposable, score-equivalent score; no hidden common causes. Consistent under assumptions weaker than faithfulness.
/// [`Boss`](crate::Boss) reaches much the same graphs faster from about 50 variables on.
///
/// # Background knowledge
/// As [`Boss`](crate::Boss): a tuck that would put a required parent behind its child is not tried.
///
/// # Complexity
/// One tuck over `m` places asks for `m` parent sets. A round tries up to `e^depth` tucks, `e` being the number of edges.
///
/// # References
/// W.-Y. Lam, B. Andrews & J. Ramsey, *Greedy relaxations of the sparsest permutation algorithm*, UAI 2022.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grasp {
    depth: usize,
    uncovered_depth: usize,
    nonsingular_depth: usize,
    seed: u64,
    first: StartOrder,
    max_parents: Option<usize>,
    max_tucks: Option<u64>,
}

impl Default for Grasp {
    fn default() -> Self {
        Self::new()
    }
}

impl Grasp {
    /// Depth 3, its first tuck of any edge.
    #[must_use]
    pub fn new() -> Self {
        Self {
            depth: 3,
            uncovered_depth: 1,
            nonsingular_depth: 1,
            seed: 0,
            first: StartOrder::Random,
            max_parents: None,
            max_tucks: None,
        }
    }

    /// Tucks in a row that need not improve the score; 0 counts as 1.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth.max(1);
        self
    }

    /// How many of the first tucks in a row may be of edges that are not covered.
    #[must_use]
    pub fn with_uncovered_depth(mut self, depth: usize) -> Self {
        self.uncovered_depth = depth;
        self
    }

    /// How many of the first tucks in a row may be of edges beside longer directed paths.
    #[must_use]
    pub fn with_nonsingular_depth(mut self, depth: usize) -> Self {
        self.nonsingular_depth = depth;
        self
    }

    /// Seeds the first order and the order of trials.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Chooses the first order.
    #[must_use]
    pub fn with_start_order(mut self, order: StartOrder) -> Self {
        self.first = order;
        self
    }

    /// Limits the parents of a node.
    #[must_use]
    pub fn with_max_parents(mut self, most: usize) -> Self {
        self.max_parents = Some(most);
        self
    }

    /// Limits the tucks tried.
    #[must_use]
    pub fn with_max_tucks(mut self, most: u64) -> Self {
        self.max_tucks = Some(most);
        self
    }

    /// Learns a graph.
    ///
    /// # Errors
    /// As [`Boss::learn`](crate::Boss::learn).
    pub fn learn(&self, score: &dyn LocalScore, knowledge: &Knowledge) -> Result<LearnedDag, StructureError> {
        check(score, knowledge, self.max_parents)?;
        let p = score.variables();
        let mut rng = StdRng::seed_from_u64(self.seed);
        let mut trees = GrowShrink::new(score, knowledge, self.max_parents);
        let order = start(p, knowledge, self.first, &mut rng);
        let mut state =
            State { position: vec![0; p], parents: vec![NodeSet::new(p); p], local: vec![0.0; p], order };
        if p > 0 {
            state.update(0, p - 1, &mut trees);
        }
        let mut search = Search { options: self, knowledge, trees, state, rng, tried: 0, moves: 0 };
        while search.improve(1, &BTreeSet::new(), &mut Vec::new()) {}
        let (dag, value) = graph(&search.state.order, &mut search.trees, knowledge)?;
        Ok(LearnedDag {
            class: class_of(&dag, knowledge)?,
            graph: dag,
            score: value,
            moves: search.moves,
            scores_asked: search.trees.asked(),
            scores_computed: search.trees.computed(),
            complete: !search.is_spent(),
        })
    }
}

/// Pairs, the smaller number first.
type Pairs = BTreeSet<(usize, usize)>;

struct Search<'a> {
    options: &'a Grasp,
    knowledge: &'a Knowledge,
    trees: GrowShrink<'a>,
    state: State,
    rng: StdRng,
    tried: u64,
    moves: u64,
}

/// An order and the graph it stands for.
struct State {
    order: Vec<usize>,
    position: Vec<usize>,
    parents: Vec<NodeSet>,
    local: Vec<f64>,
}

impl Search<'_> {
    fn is_spent(&self) -> bool {
        self.options.max_tucks.is_some_and(|most| self.tried >= most)
    }

    /// Looks for a better order through tucks that keep the score; `turned` are the edges turned on the way here, and `seen`
    /// those on the way to orders seen before. True when one was found, which is then the order.
    fn improve(&mut self, level: usize, turned: &Pairs, seen: &mut Vec<Pairs>) -> bool {
        let mut heads = self.state.order.clone();
        self.shuffle(&mut heads);
        for y in heads {
            let mut tails: Vec<usize> = self.state.parents[y].iter().collect();
            self.shuffle(&mut tails);
            for x in tails {
                if self.is_spent() {
                    return false;
                }
                if level > self.options.uncovered_depth && !self.state.is_covered(x, y) {
                    continue;
                }
                if self.try_tuck(x, y, level, turned, seen) {
                    return true;
                }
            }
        }
        false
    }

    fn try_tuck(&mut self, x: usize, y: usize, level: usize, turned: &Pairs, seen: &mut Vec<Pairs>) -> bool {
        let moved = self.state.moved_by_tuck(x, y);
        let beside_paths = moved.iter().any(|&z| z != y && self.state.parents[z].contains(x));
        if (level > self.options.nonsingular_depth && beside_paths)
            || moved.iter().any(|&z| self.knowledge.requires(x, z))
        {
            return false;
        }
        self.tried += 1;
        let (from, to) = (self.state.position[x], self.state.position[y]);
        let before = self.state.saved(from, to);
        let old: f64 = before.iter().map(|saved| saved.local).sum();
        self.state.tuck(from, to, &moved);
        self.state.update(from, to, &mut self.trees);
        let new: f64 = self.state.order[from..=to].iter().map(|&node| self.state.local[node]).sum();
        let noise = 1e-9 * self.state.local.iter().sum::<f64>().abs().max(1.0);
        if new > old + noise {
            self.moves += 1;
            return true;
        }
        if new >= old - noise && level < self.options.depth {
            let mut now = turned.clone();
            let common = self.state.parents[x].iter().filter(|&z| moved.contains(&z));
            for pair in common.map(|z| (x.min(z), x.max(z))) {
                if !now.remove(&pair) {
                    now.insert(pair);
                }
            }
            if !now.is_empty() && !seen.contains(&now) {
                seen.push(now.clone());
                if self.improve(level + 1, &now, seen) {
                    self.moves += 1;
                    return true;
                }
                seen.pop();
            }
        }
        self.state.restore(from, before);
        false
    }

    fn shuffle(&mut self, items: &mut [usize]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.rng.random_range(0..=last));
        }
    }
}

struct Saved {
    node: usize,
    parents: NodeSet,
    local: f64,
}

impl State {
    /// Whether `x --> y` is covered: `y` has the parents of `x`, and `x`.
    fn is_covered(&self, x: usize, y: usize) -> bool {
        let (of_x, of_y) = (&self.parents[x], &self.parents[y]);
        of_x.is_subset(of_y) && of_y.len() == of_x.len() + 1
    }

    /// `y` and its ancestors between `x` and `y`, in order.
    fn moved_by_tuck(&self, x: usize, y: usize) -> Vec<usize> {
        let mut above = NodeSet::from_nodes(self.order.len(), [y]);
        let mut moved = Vec::new();
        for &node in self.order[self.position[x] + 1..=self.position[y]].iter().rev() {
            if above.contains(node) {
                above.union_with(&self.parents[node]);
                moved.push(node);
            }
        }
        moved.reverse();
        moved
    }

    fn tuck(&mut self, from: usize, to: usize, moved: &[usize]) {
        let rest: Vec<usize> =
            self.order[from..=to].iter().copied().filter(|node| !moved.contains(node)).collect();
        for (slot, &node) in self.order[from..=to].iter_mut().zip(moved.iter().chain(&rest)) {
            *slot = node;
        }
    }

    /// Finds places, parents and scores anew between two places.
    fn update(&mut self, from: usize, to: usize, trees: &mut GrowShrink<'_>) {
        let mut prefix = NodeSet::from_nodes(self.order.len(), self.order[..from].iter().copied());
        for place in from..=to {
            let node = self.order[place];
            self.position[node] = place;
            self.local[node] = trees.score(node, &prefix);
            self.parents[node].clear();
            for parent in trees.parents(node, &prefix) {
                self.parents[node].insert(parent);
            }
            prefix.insert(node);
        }
    }

    fn saved(&self, from: usize, to: usize) -> Vec<Saved> {
        let save =
            |&node: &usize| Saved { node, parents: self.parents[node].clone(), local: self.local[node] };
        self.order[from..=to].iter().map(save).collect()
    }

    fn restore(&mut self, from: usize, saved: Vec<Saved>) {
        for (place, Saved { node, parents, local }) in (from..).zip(saved) {
            self.order[place] = node;
            self.position[node] = place;
            self.parents[node] = parents;
            self.local[node] = local;
        }
    }
}
