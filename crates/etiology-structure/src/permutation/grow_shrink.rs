//! [`GrowShrink`]: the parents of a variable among those before it, by growing and shrinking, remembered by what was found on
//! the way.
//!
//! One tree a variable. A node stands for a set of parents; its branches are the variables that raise the score when they join,
//! best first. Growing among the variables of a prefix follows at each node the first branch that the prefix holds; the set at
//! which it stops is shrunk once. Two prefixes that agree on the branches looked at share the way, so nearly every question is
//! answered by bit tests (Andrews et al. 2023, section 3.2). Variables that come before the branch taken are not in the prefix
//! and need not be tried below it.

use etiology_graph::NodeSet;

use crate::{Knowledge, LocalScore, ScoreSession};

/// The best parents of every variable under every prefix seen.
pub(super) struct GrowShrink<'a> {
    session: Box<dyn ScoreSession + 'a>,
    trees: Vec<Tree>,
    /// For each variable those that may be its parents, the required ones left out.
    candidates: Vec<NodeSet>,
    required: Vec<Vec<usize>>,
    max_parents: usize,
    asked: u64,
    computed: u64,
    scratch: Scratch,
}

#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    branches: Vec<Branch>,
    /// Parent sets after shrinking, one after another.
    sets: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// The node above and the branch that leads here; none for the root, node 0.
    above: usize,
    via: usize,
    /// Where the branches lie, once `expanded`.
    start: usize,
    end: usize,
    expanded: bool,
    /// What shrinking leaves, once `shrunk`: where its set lies, and its score.
    shrunk: bool,
    set_start: usize,
    set_end: usize,
    score: f64,
}

#[derive(Clone, Copy)]
struct Branch {
    variable: usize,
    /// The node below, 0 where none was made yet.
    node: usize,
}

#[derive(Default)]
struct Scratch {
    base: Vec<usize>,
    candidates: Vec<usize>,
    gains: Vec<(usize, f64)>,
}

impl<'a> GrowShrink<'a> {
    pub(super) fn new(score: &'a dyn LocalScore, knowledge: &Knowledge, max_parents: Option<usize>) -> Self {
        let p = score.variables();
        let required = |v: usize| (0..p).filter(|&u| knowledge.requires(u, v)).collect();
        let free = |u: usize, v: usize| u != v && knowledge.allows(u, v) && !knowledge.requires(u, v);
        let candidates = |v: usize| NodeSet::from_nodes(p, (0..p).filter(|&u| free(u, v)));
        Self {
            session: score.session(),
            trees: (0..p).map(|_| Tree { nodes: vec![Node::default()], ..Tree::default() }).collect(),
            candidates: (0..p).map(candidates).collect(),
            required: (0..p).map(required).collect(),
            max_parents: max_parents.unwrap_or(p),
            asked: 0,
            computed: 0,
            scratch: Scratch::default(),
        }
    }

    /// How many parent sets were asked for.
    pub(super) fn asked(&self) -> u64 {
        self.asked
    }

    /// How many local scores were computed.
    pub(super) fn computed(&self) -> u64 {
        self.computed
    }

    /// The best score of `variable` with parents in `prefix`, which holds the required ones.
    #[inline]
    pub(super) fn score(&mut self, variable: usize, prefix: &NodeSet) -> f64 {
        let (node, _) = self.grow(variable, 0, prefix, usize::MAX);
        self.trees[variable].nodes[node].score
    }

    /// As [`GrowShrink::score`], and the same with `extra` in the prefix too.
    #[inline]
    pub(super) fn scores(&mut self, variable: usize, prefix: &NodeSet, extra: usize) -> (f64, f64) {
        let (with, fork) = self.grow(variable, 0, prefix, extra);
        let without = match fork {
            None => with,
            Some(node) => self.grow(variable, node, prefix, usize::MAX).0,
        };
        let nodes = &self.trees[variable].nodes;
        (nodes[without].score, nodes[with].score)
    }

    /// The parents that [`GrowShrink::score`] is the score of, ascending.
    pub(super) fn parents(&mut self, variable: usize, prefix: &NodeSet) -> impl Iterator<Item = usize> + '_ {
        let (at, _) = self.grow(variable, 0, prefix, usize::MAX);
        let tree = &self.trees[variable];
        let node = tree.nodes[at];
        tree.sets[node.set_start..node.set_end].iter().map(|&parent| parent as usize)
    }

    /// The node at which growing from `node` stops, and the one at which it took `extra`.
    fn grow(
        &mut self,
        variable: usize,
        mut node: usize,
        prefix: &NodeSet,
        extra: usize,
    ) -> (usize, Option<usize>) {
        self.asked += 1;
        let mut fork = None;
        loop {
            if !self.trees[variable].nodes[node].expanded {
                self.expand(variable, node);
            }
            let tree = &mut self.trees[variable];
            let Node { start, end, shrunk, .. } = tree.nodes[node];
            let taken = tree.branches[start..end]
                .iter()
                .position(|branch| prefix.contains(branch.variable) || branch.variable == extra);
            let Some(taken) = taken else {
                if !shrunk {
                    self.shrink(variable, node);
                }
                return (node, fork);
            };
            let via = start + taken;
            if tree.branches[via].variable == extra {
                fork = Some(node);
            }
            if tree.branches[via].node == 0 {
                tree.branches[via].node = tree.nodes.len();
                tree.nodes.push(Node { above: node, via, ..Node::default() });
            }
            node = tree.branches[via].node;
        }
    }

    /// Finds the branches of a node.
    fn expand(&mut self, variable: usize, node: usize) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let Scratch { base, candidates, gains } = &mut scratch;
        let mut open = self.candidates[variable].clone();
        base.clear();
        base.extend_from_slice(&self.required[variable]);
        let tree = &mut self.trees[variable];
        let mut at = node;
        while at != 0 {
            let Node { above, via, .. } = tree.nodes[at];
            // Branches before the one taken were not in the prefix.
            for branch in &tree.branches[tree.nodes[above].start..=via] {
                open.remove(branch.variable);
            }
            base.push(tree.branches[via].variable);
            at = above;
        }
        base.sort_unstable();
        gains.clear();
        if base.len() < self.max_parents {
            candidates.clear();
            candidates.extend(open.iter());
            self.session.improvements(variable, base, candidates, gains);
            self.computed += candidates.len() as u64;
            gains.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        }
        tree.nodes[node].expanded = true;
        tree.nodes[node].start = tree.branches.len();
        tree.branches.extend(gains.iter().map(|&(variable, _)| Branch { variable, node: 0 }));
        tree.nodes[node].end = tree.branches.len();
        self.scratch = scratch;
    }

    /// Takes parents out of the set of a node, the one whose loss gains most first, until none gains.
    fn shrink(&mut self, variable: usize, node: usize) {
        let tree = &self.trees[variable];
        let required = &self.required[variable];
        let mut set = required.clone();
        let mut at = node;
        while at != 0 {
            let Node { above, via, .. } = tree.nodes[at];
            set.push(tree.branches[via].variable);
            at = above;
        }
        set.sort_unstable();
        let mut score = self.session.local(variable, &set);
        self.computed += 1;
        let mut rest = Vec::with_capacity(set.len());
        loop {
            let mut best = None;
            for out in (0..set.len()).filter(|&out| !required.contains(&set[out])) {
                rest.clear();
                rest.extend(set.iter().enumerate().filter(|&(i, _)| i != out).map(|(_, &parent)| parent));
                let without = self.session.local(variable, &rest);
                self.computed += 1;
                if without > best.map_or(score, |(_, best)| best) {
                    best = Some((out, without));
                }
            }
            let Some((out, without)) = best else { break };
            set.remove(out);
            score = without;
        }
        let tree = &mut self.trees[variable];
        let set_start = tree.sets.len();
        tree.sets.extend(set.iter().map(|&parent| u32::try_from(parent).unwrap_or(u32::MAX)));
        let set_end = tree.sets.len();
        let node = &mut tree.nodes[node];
        (node.shrunk, node.set_start, node.set_end, node.score) = (true, set_start, set_end, score);
    }
}
