//! [`Reach`]: what a node reaches by semi-directed paths, as one tree for all the operators into that node.
//!
//! Hubs have dozens of insertions that close a cycle, and most share their first steps. One walk answers for all of them until the
//! graph changes, and a tree's steps are filed with [`Parked`] once each.

use super::class::ClassGraph;
use super::parked::Parked;

#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The state of the graph for which the tree holds; 0 is none.
    state: u64,
    /// The node before, plus one; 0 where the walk did not come.
    before: Vec<u32>,
    filed: Vec<bool>,
    queue: Vec<usize>,
    /// The group of operators that this tree blocks.
    group: usize,
}

impl Reach {
    /// Whether the tree is that of the given state of the graph.
    pub(super) fn holds(&self, state: u64) -> bool {
        self.state == state
    }

    /// Walks from `from`.
    pub(super) fn walk(&mut self, state: u64, graph: &ClassGraph, from: usize, group: usize) {
        (self.state, self.group) = (state, group);
        if self.before.is_empty() {
            self.before.resize(graph.len(), 0);
            self.filed.resize(graph.len(), false);
        }
        for &node in &self.queue {
            self.before[node] = 0;
            self.filed[node] = false;
        }
        self.before[from] = after(from);
        self.queue.clear();
        self.queue.push(from);
        let mut at = 0;
        while at < self.queue.len() {
            let node = self.queue[at];
            at += 1;
            for &next in graph.children(node).iter().chain(graph.neighbours(node)) {
                if self.before[next] == 0 {
                    self.before[next] = after(node);
                    self.queue.push(next);
                }
            }
        }
    }

    pub(super) fn reaches(&self, node: usize) -> bool {
        self.before[node] > 0
    }

    /// Whether the tree's path from `from` to `node` keeps clear of a clique.
    pub(super) fn avoids(&self, from: usize, node: usize, clique: &[usize]) -> bool {
        let mut node = node;
        while node != from {
            if clique.contains(&node) {
                return false;
            }
            node = self.before(node);
        }
        true
    }

    /// The group of operators that this tree blocks, after filing the steps to `node` that are not filed yet.
    pub(super) fn file(&mut self, from: usize, node: usize, parked: &mut Parked) -> usize {
        let mut node = node;
        while node != from && !self.filed[node] {
            self.filed[node] = true;
            let before = self.before(node);
            parked.file(self.group, (before, node));
            node = before;
        }
        self.group
    }

    fn before(&self, node: usize) -> usize {
        (self.before[node] as usize).saturating_sub(1)
    }
}

fn after(node: usize) -> u32 {
    u32::try_from(node + 1).unwrap_or(u32::MAX)
}
