//! [`ClassGraph`]: the CPDAG a search walks on, changed by one operator at a time.
//!
//! An operator changes a few edges; which others gain or lose their direction is found by walking outwards from those: an
//! arrow stays while a v-structure or one of Meek's first three rules asks for it, an undirected edge becomes an arrow
//! when one does. Supports are well founded (each leads to an arrow whose head, then tail, comes earlier in a topological order), so the
//! walk ends in the CPDAG. Every change is written to a journal, so that trying an operator and taking it back costs what
//! it changed. Adjacency is one bit a pair; parents, children and neighbours are sorted lists, short in sparse graphs.

use std::collections::VecDeque;

use etiology_graph::{Dag, NodeSet, Nodes, Pdag, consistent_extension, cpdag};

/// What joins `a` and `b`, read from `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    None,
    Undirected,
    Forward,
    Backward,
}

impl Edge {
    fn reversed(self) -> Self {
        match self {
            Self::Forward => Self::Backward,
            Self::Backward => Self::Forward,
            other => other,
        }
    }

    /// Whether a semi-directed path may step from `a` to `b`.
    pub(super) fn leads(self) -> bool {
        matches!(self, Self::Undirected | Self::Forward)
    }
}

/// A change: the pair, and what joined it before.
pub(super) type Change = (usize, usize, Edge);

#[derive(Debug, Clone)]
pub(super) struct ClassGraph {
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
    neighbours: Vec<Vec<usize>>,
    adjacent: Vec<NodeSet>,
    journal: Vec<Change>,
    queue: VecDeque<(usize, usize)>,
    queued: Vec<NodeSet>,
}

impl ClassGraph {
    pub(super) fn empty(variables: usize) -> Self {
        Self {
            parents: vec![Vec::new(); variables],
            children: vec![Vec::new(); variables],
            neighbours: vec![Vec::new(); variables],
            adjacent: vec![NodeSet::new(variables); variables],
            journal: Vec::new(),
            queue: VecDeque::new(),
            queued: vec![NodeSet::new(variables); variables],
        }
    }

    pub(super) fn from_pdag(pdag: &Pdag) -> Self {
        let mut graph = Self::empty(pdag.len());
        for node in 0..pdag.len() {
            for child in pdag.children(node) {
                graph.set(node, child, Edge::Forward);
            }
            for other in pdag.neighbours(node).iter().filter(|&other| other > node) {
                graph.set(node, other, Edge::Undirected);
            }
        }
        graph.journal.clear();
        graph
    }

    pub(super) fn to_pdag(&self, nodes: Nodes) -> Pdag {
        let mut pdag = Pdag::empty(nodes);
        for node in 0..self.len() {
            for &child in &self.children[node] {
                pdag.set_directed(node, child);
            }
            for &other in self.neighbours[node].iter().filter(|&&other| other > node) {
                pdag.set_undirected(node, other);
            }
        }
        pdag
    }

    /// A member of the class.
    pub(super) fn to_dag(&self, nodes: Nodes) -> Result<Dag, etiology_graph::GraphError> {
        consistent_extension(&self.to_pdag(nodes))
    }

    pub(super) fn len(&self) -> usize {
        self.parents.len()
    }

    pub(super) fn parents(&self, node: usize) -> &[usize] {
        &self.parents[node]
    }

    pub(super) fn children(&self, node: usize) -> &[usize] {
        &self.children[node]
    }

    pub(super) fn neighbours(&self, node: usize) -> &[usize] {
        &self.neighbours[node]
    }

    pub(super) fn degree(&self, node: usize) -> usize {
        self.parents[node].len() + self.children[node].len() + self.neighbours[node].len()
    }

    #[inline]
    pub(super) fn adjacent(&self, a: usize, b: usize) -> bool {
        self.adjacent[a].contains(b)
    }

    /// Whether some node is joined to both.
    pub(super) fn share_a_node(&self, a: usize, b: usize) -> bool {
        !self.adjacent[a].is_disjoint(&self.adjacent[b])
    }

    pub(super) fn edge(&self, a: usize, b: usize) -> Edge {
        if !self.adjacent(a, b) {
            Edge::None
        } else if has(&self.children[a], b) {
            Edge::Forward
        } else if has(&self.parents[a], b) {
            Edge::Backward
        } else {
            Edge::Undirected
        }
    }

    /// Where the journal stands; [`ClassGraph::rollback`] returns here.
    pub(super) fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Takes back every change since `mark`.
    pub(super) fn rollback(&mut self, mark: usize) {
        while self.journal.len() > mark
            && let Some((a, b, before)) = self.journal.pop()
        {
            self.write(a, b, before);
        }
    }

    /// Forgets the journal: nothing before this can be taken back.
    pub(super) fn commit(&mut self) {
        self.journal.clear();
    }

    /// The pairs that are joined otherwise than at `mark`, each once, with what joined them then.
    pub(super) fn changes_since(&self, mark: usize) -> Vec<Change> {
        let mut changes: Vec<Change> = self.journal[mark.min(self.journal.len())..].to_vec();
        // A stable sort: of the changes of a pair the first stays first.
        changes.sort_by_key(|&(a, b, _)| (a, b));
        changes.dedup_by_key(|&mut (a, b, _)| (a, b));
        changes.retain(|&(a, b, before)| self.edge(a, b) != before);
        changes
    }

    /// Joins `x --> y`, `t --> y` for the neighbours `t` of `y` in `clique` that are apart from `x`, and completes.
    pub(super) fn insert(&mut self, x: usize, y: usize, clique: &[usize]) {
        let mark = self.mark();
        self.set_insert(x, y, clique);
        self.complete(mark);
    }

    /// Separates `x` and `y`, and directs both to their common neighbours that are not in `clique`.
    pub(super) fn delete(&mut self, x: usize, y: usize, clique: &[usize]) {
        let mark = self.mark();
        self.set(x, y, Edge::None);
        let apart: Vec<usize> = self.neighbours[y]
            .iter()
            .copied()
            .filter(|&h| self.adjacent(x, h) && !clique.contains(&h))
            .collect();
        for h in apart {
            self.set(y, h, Edge::Forward);
            if self.edge(x, h) == Edge::Undirected {
                self.set(x, h, Edge::Forward);
            }
        }
        self.complete(mark);
    }

    /// Turns `y --> x` into `x --> y`, with the arrows of [`ClassGraph::insert`].
    pub(super) fn reverse(&mut self, x: usize, y: usize, clique: &[usize]) {
        let mark = self.mark();
        self.set(x, y, Edge::None);
        self.set_insert(x, y, clique);
        self.complete(mark);
    }

    /// Becomes the class of `dag`, changing only what differs.
    pub(super) fn become_class_of(&mut self, dag: &Dag) {
        let target = Self::from_pdag(&cpdag(dag));
        for a in 0..self.len() {
            for b in a + 1..self.len() {
                let wanted = target.edge(a, b);
                if self.edge(a, b) != wanted {
                    self.set(a, b, wanted);
                }
            }
        }
    }

    fn set_insert(&mut self, x: usize, y: usize, clique: &[usize]) {
        for &t in clique.iter().filter(|&&t| t != x) {
            if !self.adjacent(t, x) {
                self.set(t, y, Edge::Forward);
            }
        }
        let collides = self.parents[y].iter().any(|&p| p != x && !self.adjacent(p, x));
        self.set(x, y, if collides { Edge::Forward } else { Edge::Undirected });
    }

    fn set(&mut self, a: usize, b: usize, edge: Edge) {
        let (low, high, edge) = if a < b { (a, b, edge) } else { (b, a, edge.reversed()) };
        let before = self.edge(low, high);
        self.journal.push((low, high, before));
        self.write(low, high, edge);
    }

    fn write(&mut self, a: usize, b: usize, edge: Edge) {
        match self.edge(a, b) {
            Edge::None => {}
            Edge::Undirected => {
                take(&mut self.neighbours[a], b);
                take(&mut self.neighbours[b], a);
            }
            Edge::Forward => {
                take(&mut self.children[a], b);
                take(&mut self.parents[b], a);
            }
            Edge::Backward => {
                take(&mut self.parents[a], b);
                take(&mut self.children[b], a);
            }
        }
        match edge {
            Edge::None => {
                self.adjacent[a].remove(b);
                self.adjacent[b].remove(a);
                return;
            }
            Edge::Undirected => {
                put(&mut self.neighbours[a], b);
                put(&mut self.neighbours[b], a);
            }
            Edge::Forward => {
                put(&mut self.children[a], b);
                put(&mut self.parents[b], a);
            }
            Edge::Backward => {
                put(&mut self.parents[a], b);
                put(&mut self.children[b], a);
            }
        }
        self.adjacent[a].insert(b);
        self.adjacent[b].insert(a);
    }

    /// Directs and undirects edges around those changed since `mark` until the graph is a CPDAG again.
    fn complete(&mut self, mark: usize) {
        let changed: Vec<Change> = self.journal[mark..].to_vec();
        for (a, b, before) in changed {
            self.enqueue_around(a, b);
            if (before == Edge::None) != (self.edge(a, b) == Edge::None) {
                self.enqueue_between_common(a, b);
            }
        }
        while let Some((a, b)) = self.queue.pop_front() {
            self.queued[a].remove(b);
            let now = self.edge(a, b);
            let next = match now {
                Edge::None => continue,
                Edge::Forward if self.directs(a, b) || self.collides(a, b) => continue,
                Edge::Backward if self.directs(b, a) || self.collides(b, a) => continue,
                Edge::Forward | Edge::Backward => Edge::Undirected,
                Edge::Undirected if self.directs(a, b) => Edge::Forward,
                Edge::Undirected if self.directs(b, a) => Edge::Backward,
                Edge::Undirected => continue,
            };
            self.set(a, b, next);
            self.enqueue_around(a, b);
        }
    }

    /// Whether `a --> b` is one side of a v-structure.
    fn collides(&self, a: usize, b: usize) -> bool {
        self.parents[b].iter().any(|&c| c != a && !self.adjacent(c, a))
    }

    /// Whether one of Meek's first three rules directs `a --- b` as `a --> b`.
    fn directs(&self, a: usize, b: usize) -> bool {
        let first = self.parents[a].iter().any(|&c| c != b && !self.adjacent(c, b));
        let second = || self.children[a].iter().any(|&c| has(&self.parents[b], c));
        let third = || {
            let both: Vec<usize> =
                self.neighbours[a].iter().copied().filter(|&c| has(&self.parents[b], c)).collect();
            both.iter().enumerate().any(|(i, &c)| both[i + 1..].iter().any(|&d| !self.adjacent(c, d)))
        };
        first || second() || third()
    }

    fn enqueue(&mut self, a: usize, b: usize) {
        let (low, high) = (a.min(b), a.max(b));
        if self.queued[low].insert(high) {
            self.queue.push_back((low, high));
        }
    }

    fn enqueue_around(&mut self, a: usize, b: usize) {
        for node in [a, b] {
            for i in 0..self.parents[node].len() {
                self.enqueue(node, self.parents[node][i]);
            }
            for i in 0..self.children[node].len() {
                self.enqueue(node, self.children[node][i]);
            }
            for i in 0..self.neighbours[node].len() {
                self.enqueue(node, self.neighbours[node][i]);
            }
        }
    }

    /// Meek's third rule looks at whether two nodes are joined, for an edge between two others.
    fn enqueue_between_common(&mut self, a: usize, b: usize) {
        let common: Vec<usize> = self.adjacent[a].intersection(&self.adjacent[b]).iter().collect();
        for (i, &c) in common.iter().enumerate() {
            for &d in &common[i + 1..] {
                if self.adjacent(c, d) {
                    self.enqueue(c, d);
                }
            }
        }
    }
}

fn has(sorted: &[usize], node: usize) -> bool {
    sorted.contains(&node)
}

fn put(sorted: &mut Vec<usize>, node: usize) {
    if let Err(at) = sorted.binary_search(&node) {
        sorted.insert(at, node);
    }
}

fn take(sorted: &mut Vec<usize>, node: usize) {
    if let Ok(at) = sorted.binary_search(&node) {
        sorted.remove(at);
    }
}
