//! The extended search of XGES: forced deletions, tried and taken back; and the same with all edges of a node at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::class::Edge;
use super::super::operator::{Kind, Operator, merge};
use super::{Scratch, Search, store};

impl Search<'_> {
    /// The extended search of XGES over a class that no operator improves: forces each deletion in turn, forbids the edge,
    /// searches on, and keeps what scores better. With `uprooting`, where no deletion leads on, takes all edges of each
    /// node out in turn.
    pub(in crate::equivalence) fn extend(&mut self, uprooting: bool) {
        let mut improved = true;
        while improved && self.work.complete {
            improved = false;
            for (operator, clique) in self.all_deletes() {
                if self.work.complete && self.is_deletable(&operator, &clique) {
                    improved |= self.trial(operator, &clique);
                }
            }
            if uprooting && !improved {
                for node in self.loosest_first() {
                    improved |= self.work.complete && self.uproot(node);
                }
            }
        }
    }

    /// The nodes with edges, those first whose edges matter least to the score.
    fn loosest_first(&mut self) -> Vec<usize> {
        let mut hold = vec![0.0; self.graph.len()];
        for (operator, _) in self.all_deletes() {
            hold[operator.x] -= operator.gain;
            hold[operator.y] -= operator.gain;
        }
        let mut order: Vec<usize> =
            (0..self.graph.len()).filter(|&node| self.graph.degree(node) > 0).collect();
        order.sort_by(|&a, &b| hold[a].total_cmp(&hold[b]));
        order
    }

    /// Every valid deletion, best first, whatever it costs; of an undirected edge both directions, which forbid different
    /// insertions.
    fn all_deletes(&mut self) -> Vec<(Operator, Vec<usize>)> {
        let all: Vec<usize> = (0..self.graph.len()).collect();
        self.deletes(&all, |_, _| true)
    }

    /// Those of the edges of a node.
    fn deletes_at(&mut self, node: usize) -> Vec<(Operator, Vec<usize>)> {
        let mut near = self.graph.children(node).to_vec();
        near.extend(self.graph.neighbours(node));
        near.push(node);
        self.deletes(&near, |x, y| x == node || y == node)
    }

    fn deletes(
        &mut self,
        heads: &[usize],
        wanted: impl Fn(usize, usize) -> bool,
    ) -> Vec<(Operator, Vec<usize>)> {
        let mut found = Vec::new();
        let graph = &self.graph;
        let Scratch { cliques, base, with, .. } = &mut self.scratch;
        for &y in heads {
            for &x in graph.parents(y).iter().chain(graph.neighbours(y)) {
                if !wanted(x, y) || self.knowledge.requires_adjacency(x, y) {
                    continue;
                }
                let common: Vec<usize> =
                    graph.neighbours(y).iter().copied().filter(|&z| graph.adjacent(z, x)).collect();
                cliques.find(graph, &common);
                for at in 0..cliques.len() {
                    let clique = cliques.get(at);
                    merge(graph.parents(y), clique, base);
                    base.retain(|&other| other != x);
                    merge(base, &[x], with);
                    let gain = self.effects.difference(y, base, with);
                    let operator =
                        Operator { kind: Kind::Delete, gain, x, y, stamp: 0, clique: (0, 0), first: false };
                    found.push((operator, clique.to_vec()));
                }
            }
        }
        found.sort_by_key(|(operator, _)| Reverse(*operator));
        found
    }

    /// Whether a deletion found earlier is still one.
    fn is_deletable(&self, operator: &Operator, clique: &[usize]) -> bool {
        let (x, y) = (operator.x, operator.y);
        let clique_holds = clique.iter().enumerate().all(|(i, &a)| {
            self.graph.edge(a, y) == Edge::Undirected
                && self.graph.adjacent(a, x)
                && clique[i + 1..].iter().all(|&b| self.graph.adjacent(a, b))
        });
        self.graph.edge(x, y).leads() && clique_holds
    }

    /// Forces a deletion and searches on; keeps the class it ends in when it scores better.
    fn trial(&mut self, mut operator: Operator, clique: &[usize]) -> bool {
        let (x, y) = (operator.x, operator.y);
        let mut base = Vec::new();
        merge(self.graph.parents(y), clique, &mut base);
        base.retain(|&other| other != x);
        let mut with = Vec::new();
        merge(&base, &[x], &mut with);
        operator.gain = self.effects.difference(y, &base, &with);
        let stored = self.cliques.len();
        operator.clique = store(&mut self.cliques, clique);
        if !self.is_permitted(&operator) {
            self.cliques.truncate(stored);
            return false;
        }
        let start = self.begin_trial(stored);
        self.banned = Some((x, y));
        self.apply(operator);
        self.exhaust();
        self.banned = None;
        // Where the trial is kept the edge is no longer forbidden.
        self.settle(start, &[x, y])
    }

    /// Takes all edges of a node out, cheapest first, and searches on; keeps the class it ends in when it scores better.
    fn uproot(&mut self, node: usize) -> bool {
        let start = self.begin_trial(self.cliques.len());
        loop {
            let best = self.deletes_at(node).into_iter().find_map(|(mut operator, clique)| {
                operator.clique = store(&mut self.cliques, &clique);
                self.is_permitted(&operator).then_some(operator)
            });
            let Some(operator) = best else { break };
            self.apply(operator);
        }
        self.exhaust();
        self.settle(start, &[])
    }

    fn begin_trial(&mut self, cliques: usize) -> Start {
        self.trying = true;
        self.work.trials += 1;
        Start {
            score: self.score,
            state: self.state,
            mark: self.graph.mark(),
            sleeping: self.parked.begin(),
            cliques,
        }
    }

    /// Keeps a trial that ended in a better score, and looks at some nodes anew; takes any other back.
    fn settle(&mut self, start: Start, anew: &[usize]) -> bool {
        self.trying = false;
        if self.score > start.score + self.effects.tolerance {
            self.work.accepted_trials += 1;
            self.parked.keep();
            self.undo.clear();
            self.graph.commit();
            anew.iter().for_each(|&node| self.refresh(node));
            self.exhaust();
            return true;
        }
        (self.score, self.state) = (start.score, start.state);
        self.graph.rollback(start.mark);
        self.parked.rollback(start.sleeping);
        while let Some((which, node, old)) = self.undo.pop() {
            self.stamps[which][node] = old;
            self.waiting[node].operators.clear();
        }
        self.cliques.truncate(start.cliques);
        self.heaps.iter_mut().for_each(BinaryHeap::clear);
        false
    }
}

/// Where a trial began.
struct Start {
    score: f64,
    state: u64,
    mark: usize,
    sleeping: usize,
    cliques: usize,
}
