//! The extended search of XGES: forced deletions, tried and taken back.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::class::Edge;
use super::super::operator::{Kind, Operator, merge};
use super::{Scratch, Search, store};

impl Search<'_> {
    /// The extended search of XGES over a class that no operator improves: forces each deletion in turn, forbids the edge,
    /// searches on, and keeps what scores better.
    pub(in crate::equivalence) fn extend(&mut self) {
        let mut improved = true;
        while improved && self.work.complete {
            improved = false;
            for (operator, clique) in self.all_deletes() {
                if !self.work.complete {
                    break;
                }
                if self.is_deletable(&operator, &clique) {
                    improved |= self.trial(operator, &clique);
                }
            }
        }
    }

    /// Every valid deletion, best first, whatever it costs; of an undirected edge both directions, which forbid different
    /// insertions.
    fn all_deletes(&mut self) -> Vec<(Operator, Vec<usize>)> {
        let mut found = Vec::new();
        let graph = &self.graph;
        let Scratch { cliques, base, with, .. } = &mut self.scratch;
        for y in 0..graph.len() {
            for &x in graph.parents(y).iter().chain(graph.neighbours(y)) {
                if self.knowledge.requires_adjacency(x, y) {
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
                    let operator = Operator { kind: Kind::Delete, gain, x, y, stamp: 0, clique: (0, 0) };
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
        let (before, mark) = (self.score, self.graph.mark());
        let sleeping = self.parked.begin();
        (self.trying, self.banned) = (true, Some((x, y)));
        self.work.trials += 1;
        self.apply(operator);
        self.exhaust();
        (self.trying, self.banned) = (false, None);
        if self.score > before + self.effects.tolerance {
            self.work.accepted_trials += 1;
            self.parked.keep();
            self.undo.clear();
            self.graph.commit();
            // The edge is no longer forbidden.
            self.refresh(x);
            self.refresh(y);
            self.exhaust();
            return true;
        }
        self.score = before;
        self.graph.rollback(mark);
        self.parked.rollback(sleeping);
        while let Some((which, node, old)) = self.undo.pop() {
            self.stamps[which][node] = old;
        }
        self.cliques.truncate(stored);
        self.heaps.iter_mut().for_each(BinaryHeap::clear);
        false
    }
}
