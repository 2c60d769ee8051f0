//! The operators into one node that raise the score, found anew when its surroundings have changed.

use super::super::operator::{Kind, Operator, merge};
use super::{Scratch, Search, store};

impl Search<'_> {
    pub(super) fn find_inserts(&mut self, y: usize, stamp: u32) {
        let Scratch { cliques, base, .. } = &mut self.scratch;
        let graph = &self.graph;
        let neighbours = graph.neighbours(y);
        let waiting = &mut self.waiting[y];
        waiting.operators.clear();
        waiting.sorted = false;
        if !cliques.find(graph, neighbours) {
            self.work.truncated += 1;
        }
        for at in 0..cliques.len() {
            let clique = cliques.get(at);
            merge(graph.parents(y), clique, base);
            if self.limits.max_parents.is_some_and(|most| base.len() >= most) {
                continue;
            }
            let mut stored = None;
            for entry in self.effects.improvements(y, base) {
                let (x, gain) = self.effects.gain(entry);
                if graph.adjacent(x, y)
                    || self.banned == Some((x, y))
                    || self
                        .within
                        .as_ref()
                        .is_some_and(|within| !within[y].contains(x) && !graph.share_a_node(x, y))
                    || !self.knowledge.allows_adjacency(x, y)
                    || neighbours.iter().any(|&z| graph.adjacent(z, x) && !clique.contains(&z))
                {
                    continue;
                }
                let clique = *stored.get_or_insert_with(|| store(&mut self.cliques, clique));
                let operator = Operator { kind: Kind::Insert, gain, x, y, stamp, clique, first: true };
                waiting.operators.push(operator);
            }
        }
        let best = (0..waiting.operators.len()).max_by_key(|&at| waiting.operators[at]);
        if let Some(best) = best {
            self.heaps[Kind::Insert as usize].push(waiting.operators.swap_remove(best));
        }
    }

    pub(super) fn find_deletes(&mut self, y: usize, stamp: u32) {
        let graph = &self.graph;
        let tolerance = self.effects.tolerance;
        for &x in graph.parents(y).iter().chain(graph.neighbours(y)) {
            if self.knowledge.requires_adjacency(x, y) {
                continue;
            }
            let common: Vec<usize> =
                graph.neighbours(y).iter().copied().filter(|&z| graph.adjacent(z, x)).collect();
            let Scratch { cliques, base, with, .. } = &mut self.scratch;
            cliques.find(graph, &common);
            for at in 0..cliques.len() {
                let clique = cliques.get(at);
                merge(graph.parents(y), clique, base);
                base.retain(|&other| other != x);
                merge(base, &[x], with);
                let gain = self.effects.difference(y, base, with);
                if gain > tolerance {
                    let clique = store(&mut self.cliques, clique);
                    self.heaps[Kind::Delete as usize].push(Operator {
                        kind: Kind::Delete,
                        gain,
                        x,
                        y,
                        stamp,
                        clique,
                        first: false,
                    });
                }
            }
        }
    }

    /// Finds the reversals of `y --> x` for every child of `y` anew.
    pub(super) fn refresh_reversals(&mut self, y: usize) {
        let stamp = self.stamp(1, y);
        let graph = &self.graph;
        let neighbours = graph.neighbours(y);
        let tolerance = self.effects.tolerance;
        if graph.children(y).is_empty() {
            return;
        }
        let Scratch { cliques, base, with, .. } = &mut self.scratch;
        for &x in graph.children(y) {
            if self.knowledge.requires(y, x) || !self.knowledge.allows(x, y) {
                continue;
            }
            base.clear();
            base.extend(graph.parents(x).iter().copied().filter(|&other| other != y));
            let released = self.effects.difference(x, base, graph.parents(x));
            cliques.find(graph, neighbours);
            for at in 0..cliques.len() {
                let clique = cliques.get(at);
                if neighbours.iter().any(|&z| graph.adjacent(z, x) && !clique.contains(&z)) {
                    continue;
                }
                merge(graph.parents(y), clique, base);
                if self.limits.max_parents.is_some_and(|most| base.len() >= most) {
                    continue;
                }
                merge(base, &[x], with);
                let gain = self.effects.difference(y, with, base) + released;
                if gain > tolerance {
                    let clique = store(&mut self.cliques, clique);
                    self.heaps[Kind::Reverse as usize].push(Operator {
                        kind: Kind::Reverse,
                        gain,
                        x,
                        y,
                        stamp,
                        clique,
                        first: false,
                    });
                }
            }
        }
    }
}
