//! Every minimal separating set of two groups of nodes, one after the other.
//!
//! Minimal d-separators are the minimal vertex separators of the moral graph of the ancestors (van der Zander, Liskiewicz and
//! Textor 2014); nodes that may not be used are eliminated first, their neighbours joined. From the separator closest to the
//! one group, each next one is found by letting the region around that group grow over one separating node (Shen and
//! Liang 1997, "Efficient enumeration of all minimal separators in a graph").

use std::collections::{BTreeSet, VecDeque};

use crate::dag::reach;
use crate::{Dag, NodeSet, moral_graph};

/// Iterator over minimal separating sets, smallest region around the causes first.
#[derive(Debug, Clone)]
pub struct MinimalSeparators {
    near: Vec<NodeSet>,
    xs: NodeSet,
    ys: NodeSet,
    /// Regions around `xs` whose boundary is a separator not yet handed out, with that separator.
    queue: VecDeque<NodeSet>,
    seen: BTreeSet<NodeSet>,
}

impl MinimalSeparators {
    /// The minimal sets within `allowed` that d-separate `xs` from `ys`; nothing at all when `allowed` is none.
    pub(crate) fn new(dag: &Dag, xs: &NodeSet, ys: &NodeSet, allowed: Option<NodeSet>) -> Self {
        let p = dag.len();
        let mut all = Self {
            near: Vec::new(),
            xs: xs.clone(),
            ys: ys.clone(),
            queue: VecDeque::new(),
            seen: BTreeSet::new(),
        };
        let Some(allowed) = allowed else { return all };
        let ancestral = dag.ancestors_of(&xs.union(ys));
        let parents =
            (0..p).map(|v| if ancestral.contains(v) { dag.parents(v).clone() } else { NodeSet::new(p) });
        all.near = moral_graph(&Dag::from_parents(dag.nodes().clone(), parents.collect()));
        let eliminated = ancestral.difference(&allowed).difference(xs).difference(ys);
        for v in &eliminated {
            all.eliminate(v);
        }
        if !all.boundary(xs).is_disjoint(ys) {
            return all;
        }
        all.offer(xs.clone());
        all
    }

    fn eliminate(&mut self, v: usize) {
        let around = std::mem::take(&mut self.near[v]);
        for u in &around {
            self.near[u].union_with(&around);
            self.near[u].remove(u);
            self.near[u].remove(v);
        }
        self.near[v] = NodeSet::new(self.near.len());
    }

    /// The nodes next to a region and not in it.
    fn boundary(&self, region: &NodeSet) -> NodeSet {
        let mut boundary = NodeSet::new(self.near.len());
        for v in region {
            boundary.union_with(&self.near[v]);
        }
        boundary.subtract(region);
        boundary
    }

    /// Queues the separator that is closest to a region around `xs`: what of its boundary the part with `ys` touches.
    fn offer(&mut self, region: NodeSet) {
        let boundary = self.boundary(&region);
        if !boundary.is_disjoint(&self.ys) {
            return;
        }
        let outside: Vec<NodeSet> = self.near.iter().map(|near| near.difference(&boundary)).collect();
        let with_ys = reach(&outside, &self.ys, self.near.len());
        let separator = self.boundary(&with_ys);
        if self.seen.insert(separator.clone()) {
            self.queue.push_back(separator);
        }
    }
}

impl Iterator for MinimalSeparators {
    type Item = NodeSet;

    fn next(&mut self) -> Option<NodeSet> {
        let separator = self.queue.pop_front()?;
        let inside: Vec<NodeSet> = self.near.iter().map(|near| near.difference(&separator)).collect();
        let region = reach(&inside, &self.xs, self.near.len());
        for v in &separator {
            let mut grown = region.clone();
            grown.insert(v);
            self.offer(grown);
        }
        Some(separator)
    }
}
