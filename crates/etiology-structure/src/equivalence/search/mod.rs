//! [`Search`]: the engine below GES, FGES and XGES. It holds a class, the operators with a positive gain in one heap a kind,
//! and keeps both current while operators are applied.
//!
//! An operator on `x` and `y` depends on the parents and neighbours of `y`, on the edges among those neighbours and from
//! them to `x`, and on no path leading round. After a step only nodes that touch a changed edge, or neighbour one that
//! does, get their operators anew; a stamp a node tells current entries of the heaps from stale ones. Paths are looked
//! for when an operator comes to the top, and one that is found files the operator away until the path breaks.

mod candidates;
mod extended;
#[cfg(test)]
mod tests;

use std::collections::BinaryHeap;

use etiology_graph::{Dag, NodeSet, Pdag, add_background_knowledge, cpdag};

use super::class::{Change, ClassGraph, Edge};
use super::effects::Effects;
use super::operator::{Cliques, Kind, Operator};
use super::parked::Parked;
use super::reach::Reach;
use super::report::{LearnedClass, Limits, SearchWork};
use crate::{Knowledge, LocalScore, StructureError};

pub(in crate::equivalence) struct Search<'a> {
    graph: ClassGraph,
    effects: Effects<'a>,
    knowledge: &'a Knowledge,
    limits: Limits,
    /// For each node those it may ever be joined with; all without the assumption of faithfulness.
    within: Option<Vec<NodeSet>>,
    heaps: [BinaryHeap<Operator>; 3],
    /// The insertions into each node that stand behind the one in the heap.
    waiting: Vec<Waiting>,
    wanted: [bool; 3],
    cliques: Vec<usize>,
    parked: Parked,
    reaches: Vec<Reach>,
    /// A number for the present graph, never used for another.
    state: u64,
    states: u64,
    /// Of a node's insertions and deletions, and of its reversals.
    stamps: [Vec<u32>; 2],
    next_stamp: u32,
    /// Stamps that a trial replaced.
    undo: Vec<(usize, usize, u32)>,
    trying: bool,
    banned: Option<(usize, usize)>,
    /// Whether background knowledge has turned an operator down since the last look at all nodes.
    turned_down: bool,
    score: f64,
    work: SearchWork,
    scratch: Scratch,
}

/// Most insertions into a node become stale before their turn comes, so only the best stands in the heap.
#[derive(Default)]
struct Waiting {
    operators: Vec<Operator>,
    /// Whether they stand in order, the best last; brought about when the second is needed.
    sorted: bool,
}

/// Buffers of one step, kept to spare allocations.
#[derive(Default)]
struct Scratch {
    cliques: Cliques,
    base: Vec<usize>,
    with: Vec<usize>,
    woken: Vec<Operator>,
    seen: Vec<bool>,
    came_from: Vec<usize>,
    queue: Vec<usize>,
    steps: Vec<(usize, usize)>,
}

impl<'a> Search<'a> {
    pub(in crate::equivalence) fn new(
        score: &'a dyn LocalScore,
        knowledge: &'a Knowledge,
        limits: Limits,
    ) -> Result<Self, StructureError> {
        let variables = score.variables();
        if knowledge.nodes().len() != variables {
            let got = knowledge.nodes().len();
            return Err(StructureError::Width { what: "the background knowledge", expected: variables, got });
        }
        let mut effects = Effects::new(score);
        let start = Dag::from_edges(knowledge.nodes().clone(), knowledge.required())?;
        let total = total(&mut effects, &start);
        if total == f64::NEG_INFINITY {
            let message = "the required edges join columns that are constant or determine each other, or \
                           are too many for the rows; drop the edge or the column"
                .to_owned();
            return Err(StructureError::Knowledge { message });
        }
        Ok(Self {
            graph: ClassGraph::from_pdag(&cpdag(&start)),
            effects,
            knowledge,
            limits,
            within: None,
            heaps: Default::default(),
            waiting: (0..variables).map(|_| Waiting::default()).collect(),
            wanted: [false; 3],
            cliques: Vec::new(),
            parked: Parked::default(),
            reaches: (0..variables).map(|_| Reach::default()).collect(),
            state: 1,
            states: 1,
            stamps: [vec![0; variables], vec![0; variables]],
            next_stamp: 1,
            undo: Vec::new(),
            trying: false,
            banned: None,
            turned_down: false,
            score: total,
            work: SearchWork { complete: true, ..SearchWork::default() },
            scratch: Scratch {
                seen: vec![false; variables],
                came_from: vec![0; variables],
                ..Scratch::default()
            },
        })
    }

    /// The class and the scores, for a phase of its own.
    pub(in crate::equivalence) fn parts(&mut self) -> (&ClassGraph, &mut Effects<'a>) {
        (&self.graph, &mut self.effects)
    }

    /// Whether the limit on operators has not been met.
    pub(in crate::equivalence) fn is_complete(&self) -> bool {
        self.work.complete
    }

    /// Computes the gains of first edges on all threads.
    pub(in crate::equivalence) fn prefill(&mut self, score: &dyn LocalScore) {
        self.effects.prefill(score);
    }

    /// Joins only nodes that are dependent by themselves or joined to a common node.
    pub(in crate::equivalence) fn assume_faithfulness(&mut self) {
        let p = self.graph.len();
        let mut within = vec![NodeSet::new(p); p];
        for y in 0..p {
            for at in self.effects.improvements(y, &[]) {
                let (x, _) = self.effects.gain(at);
                within[y].insert(x);
                within[x].insert(y);
            }
        }
        self.within = Some(within);
    }

    /// Applies operators of the given kinds until none raises the score: deletions before reversals before insertions, and
    /// of one kind the best first. Returns how many were applied.
    pub(in crate::equivalence) fn run(&mut self, kinds: &[Kind]) -> u64 {
        self.wanted = [false; 3];
        kinds.iter().for_each(|&kind| self.wanted[kind as usize] = true);
        self.heaps.iter_mut().for_each(BinaryHeap::clear);
        self.start_over();
        self.exhaust()
    }

    /// The class as a result.
    pub(in crate::equivalence) fn finish(mut self) -> Result<LearnedClass, StructureError> {
        let nodes = self.knowledge.nodes().clone();
        let dag = self.graph.to_dag(nodes.clone())?;
        let score = total(&mut self.effects, &dag);
        let graph = self.graph.to_pdag(nodes);
        let graph = agreeing(self.knowledge, graph)?;
        self.work.scores_asked = self.effects.asked();
        self.work.scores_computed = self.effects.computed();
        Ok(LearnedClass { graph, score, work: self.work })
    }

    /// Replaces the class by that of `dag`, whose score is higher by `gain`.
    pub(in crate::equivalence) fn jump(&mut self, dag: &Dag, gain: f64) {
        let mark = self.graph.mark();
        self.graph.become_class_of(dag);
        self.score += gain;
        self.work.turns += 1;
        self.update(mark);
    }

    /// Applies the best operators until the heaps are empty.
    fn exhaust(&mut self) -> u64 {
        let (mut applied, mut since_sweep) = (0, 0);
        loop {
            while let Some(operator) = self.next() {
                if self.limits.max_operators.is_some_and(|most| self.operators() >= most) {
                    self.work.complete = false;
                    self.heaps.iter_mut().for_each(BinaryHeap::clear);
                    return applied;
                }
                self.apply(operator);
                applied += 1;
                since_sweep += 1;
            }
            // What knowledge turned down may have become possible through arrows far away.
            if !std::mem::take(&mut self.turned_down) || since_sweep == 0 {
                return applied;
            }
            since_sweep = 0;
            self.refresh_all();
        }
    }

    fn operators(&self) -> u64 {
        self.work.inserts + self.work.deletes + self.work.turns
    }

    /// The next valid operator.
    fn next(&mut self) -> Option<Operator> {
        const ORDER: [Kind; 3] = [Kind::Delete, Kind::Reverse, Kind::Insert];
        loop {
            let operator = ORDER.iter().find_map(|&kind| self.heaps[kind as usize].pop())?;
            if !self.is_current(&operator) {
                continue;
            }
            if operator.first {
                self.bring_next(operator.y);
            }
            if !self.parks(&operator) && self.is_permitted(&operator) {
                return Some(operator);
            }
        }
    }

    /// Puts the best waiting insertion into a node that nothing blocks in the heap.
    fn bring_next(&mut self, y: usize) {
        let Waiting { operators, sorted } = &mut self.waiting[y];
        if !std::mem::replace(sorted, true) {
            operators.sort_unstable();
        }
        // What is blocked now is blocked until the graph changes, and need not pass through the heap.
        while let Some(operator) = self.waiting[y].operators.pop() {
            if !self.parks(&operator) {
                self.heaps[Kind::Insert as usize].push(operator);
                return;
            }
        }
    }

    fn is_current(&self, operator: &Operator) -> bool {
        self.stamps[usize::from(operator.kind == Kind::Reverse)][operator.y] == operator.stamp
    }

    /// Files an operator away that a path or a degree forbids for now.
    fn parks(&mut self, operator: &Operator) -> bool {
        let &Operator { kind, x, y, clique, .. } = operator;
        if kind == Kind::Delete {
            return false;
        }
        if kind == Kind::Insert
            && let Some(most) = self.limits.max_degree
            && let Some(full) = [x, y].into_iter().find(|&node| self.graph.degree(node) >= most)
        {
            let group = self.parked.group();
            self.parked.park(*operator, group);
            self.parked.file(group, (full, full));
            return true;
        }
        if kind == Kind::Insert {
            let reach = &mut self.reaches[y];
            if !reach.holds(self.state) {
                self.work.path_searches += 1;
                reach.walk(self.state, &self.graph, y, self.parked.group());
            }
            if !reach.reaches(x) {
                return false;
            }
            if reach.avoids(y, x, &self.cliques[clique.0..clique.1]) {
                let group = reach.file(y, x, &mut self.parked);
                self.parked.park(*operator, group);
                return true;
            }
        }
        if !self.finds_path(y, x, clique, kind == Kind::Reverse) {
            return false;
        }
        let group = self.parked.group();
        self.parked.park(*operator, group);
        self.scratch.steps.iter().for_each(|&step| self.parked.file(group, step));
        true
    }

    /// Looks for a semi-directed path from `from` to `to` that avoids the clique; leaves its steps in the scratch. For a
    /// reversal the edge itself does not count and the neighbours of `to` are avoided too.
    fn finds_path(&mut self, from: usize, to: usize, clique: (usize, usize), reversal: bool) -> bool {
        self.work.path_searches += 1;
        let Scratch { seen, came_from, queue, steps, .. } = &mut self.scratch;
        let graph = &self.graph;
        let avoided = &self.cliques[clique.0..clique.1];
        avoided.iter().for_each(|&node| seen[node] = true);
        if reversal {
            graph.neighbours(to).iter().for_each(|&node| seen[node] = true);
        }
        seen[from] = true;
        queue.clear();
        queue.push(from);
        let (mut at, mut found) = (0, false);
        'search: while at < queue.len() {
            let node = queue[at];
            at += 1;
            for &next in graph.children(node).iter().chain(graph.neighbours(node)) {
                if next == to && !(reversal && node == from) {
                    came_from[to] = node;
                    found = true;
                    break 'search;
                }
                if next != to && !seen[next] {
                    seen[next] = true;
                    came_from[next] = node;
                    queue.push(next);
                }
            }
        }
        avoided.iter().for_each(|&node| seen[node] = false);
        graph.neighbours(to).iter().for_each(|&node| seen[node] = false);
        queue.iter().for_each(|&node| seen[node] = false);
        steps.clear();
        let mut node = to;
        while found && node != from {
            steps.push((came_from[node], node));
            node = came_from[node];
        }
        found
    }

    /// Whether the class the operator leads to has a member that agrees with the background knowledge.
    fn is_permitted(&mut self, operator: &Operator) -> bool {
        if self.knowledge.is_empty() {
            return true;
        }
        let mark = self.graph.mark();
        self.change_graph(operator);
        let graph = self.graph.to_pdag(self.knowledge.nodes().clone());
        let permitted = agreeing(self.knowledge, graph).is_ok();
        self.graph.rollback(mark);
        self.turned_down |= !permitted;
        permitted
    }

    fn change_graph(&mut self, operator: &Operator) {
        let clique = &self.cliques[operator.clique.0..operator.clique.1];
        match operator.kind {
            Kind::Insert => self.graph.insert(operator.x, operator.y, clique),
            Kind::Delete => self.graph.delete(operator.x, operator.y, clique),
            Kind::Reverse => self.graph.reverse(operator.x, operator.y, clique),
        }
    }

    fn apply(&mut self, operator: Operator) {
        let mark = self.graph.mark();
        self.change_graph(&operator);
        self.score += operator.gain;
        match operator.kind {
            Kind::Insert => self.work.inserts += 1,
            Kind::Delete => self.work.deletes += 1,
            Kind::Reverse => self.work.turns += 1,
        }
        self.update(mark);
    }

    /// Brings operators up to date with the changes since `mark`.
    fn update(&mut self, mark: usize) {
        self.states += 1;
        self.state = self.states;
        let changes = self.graph.changes_since(mark);
        self.wake(&changes);
        let mut touched: Vec<usize> = changes.iter().flat_map(|&(a, b, _)| [a, b]).collect();
        sort(&mut touched);
        let mut around = touched.clone();
        // Of the edges around a node only whether they are there matters to its neighbours, not their direction.
        for &(a, b, before) in &changes {
            if before == Edge::None || self.graph.edge(a, b) == Edge::None {
                around.extend(self.graph.neighbours(a));
                around.extend(self.graph.neighbours(b));
            }
        }
        for &node in &touched {
            if !self.knowledge.is_empty() || self.within.is_some() {
                around.extend(self.graph.parents(node).iter().chain(self.graph.children(node)));
            }
        }
        sort(&mut around);
        around.iter().for_each(|&node| self.refresh(node));
        if self.wanted[Kind::Reverse as usize] {
            let mut above: Vec<usize> =
                touched.iter().flat_map(|&node| self.graph.parents(node).iter().copied()).collect();
            sort(&mut above);
            above.retain(|node| around.binary_search(node).is_err());
            above.iter().for_each(|&node| self.refresh_reversals(node));
        }
        if !self.trying {
            self.graph.commit();
        }
    }

    /// Puts operators back whose path or degree the changes opened.
    fn wake(&mut self, changes: &[Change]) {
        let mut woken = std::mem::take(&mut self.scratch.woken);
        woken.clear();
        for &(a, b, before) in changes {
            let now = self.graph.edge(a, b);
            if before.leads() && !now.leads() {
                self.parked.wake((a, b), &mut woken);
            }
            if before != Edge::None && before != Edge::Forward && matches!(now, Edge::None | Edge::Forward) {
                self.parked.wake((b, a), &mut woken);
            }
            if now == Edge::None && self.limits.max_degree.is_some() {
                self.parked.wake((a, a), &mut woken);
                self.parked.wake((b, b), &mut woken);
            }
        }
        for mut operator in woken.drain(..) {
            if self.is_current(&operator) {
                operator.first = false;
                self.heaps[operator.kind as usize].push(operator);
            }
        }
        self.scratch.woken = woken;
    }

    /// Forgets what is blocked by what, and looks at all nodes.
    fn start_over(&mut self) {
        self.parked.clear();
        self.states += 1;
        self.state = self.states;
        self.refresh_all();
    }

    fn refresh_all(&mut self) {
        (0..self.graph.len()).for_each(|node| self.refresh(node));
    }

    fn stamp(&mut self, which: usize, node: usize) -> u32 {
        let old = std::mem::replace(&mut self.stamps[which][node], self.next_stamp);
        if self.trying {
            self.undo.push((which, node, old));
        }
        self.next_stamp += 1;
        self.next_stamp - 1
    }

    /// Finds all operators into `y` anew.
    fn refresh(&mut self, y: usize) {
        let stamp = self.stamp(0, y);
        if self.wanted[Kind::Insert as usize] {
            self.find_inserts(y, stamp);
        }
        if self.wanted[Kind::Delete as usize] {
            self.find_deletes(y, stamp);
        }
        if self.wanted[Kind::Reverse as usize] {
            self.refresh_reversals(y);
        }
    }
}

/// The MPDAG of the members of a class that agree with the background knowledge.
///
/// # Errors
/// When there are none.
pub(in crate::equivalence) fn agreeing(knowledge: &Knowledge, graph: Pdag) -> Result<Pdag, StructureError> {
    if knowledge.is_empty() {
        return Ok(graph);
    }
    Ok(add_background_knowledge(&graph, knowledge.required(), knowledge.forbidden())?)
}

fn store(cliques: &mut Vec<usize>, clique: &[usize]) -> (usize, usize) {
    if clique.is_empty() {
        return (0, 0);
    }
    let start = cliques.len();
    cliques.extend_from_slice(clique);
    (start, cliques.len())
}

fn sort(nodes: &mut Vec<usize>) {
    nodes.sort_unstable();
    nodes.dedup();
}

fn total(effects: &mut Effects<'_>, dag: &Dag) -> f64 {
    (0..dag.len()).map(|node| effects.local(node, &dag.parents(node).iter().collect::<Vec<_>>())).sum()
}
