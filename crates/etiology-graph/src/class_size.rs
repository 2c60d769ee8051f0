//! How many DAGs a CPDAG stands for, without walking them: the Clique-Picking algorithm (Wienoebst, Bannach and Liskiewicz
//! 2021, "Polynomial-time algorithms for counting and sampling Markov equivalent DAGs").
//!
//! The class size is the product over the undirected components of the number of their acyclic orientations without
//! v-structure (AMOs). For one component the AMOs are counted by the clique that comes first: the orders of the clique that
//! no earlier clique of the tree accounts for, times the AMOs of what stays undirected once the clique precedes all else.
//! `O(c^2 (p + edges))` for a component with `c` maximal cliques, and exact at any size.

use std::collections::BTreeMap;

use num_bigint::BigUint;

use crate::{GraphError, NodeSet, Pdag, is_cpdag};

/// The number of DAGs in the class of a CPDAG.
///
/// # Errors
/// [`GraphError::NotCpdag`]. With background knowledge counting is #P-hard (section 6 there); walk the class with
/// [`crate::members`] instead.
pub fn class_size(graph: &Pdag) -> Result<BigUint, GraphError> {
    if !is_cpdag(graph) {
        return Err(GraphError::NotCpdag);
    }
    let undirected: Vec<NodeSet> = (0..graph.len()).map(|v| graph.neighbours(v).clone()).collect();
    let mut counter = Counter { near: &undirected, known: BTreeMap::new() };
    let all = NodeSet::full(graph.len());
    Ok(components(&undirected, &all).into_iter().map(|part| counter.orientations(part)).product())
}

/// Counts AMOs of connected chordal parts of one undirected graph; a part met again is not counted again.
struct Counter<'a> {
    near: &'a [NodeSet],
    known: BTreeMap<NodeSet, BigUint>,
}

impl Counter<'_> {
    fn orientations(&mut self, part: NodeSet) -> BigUint {
        if part.len() == 1 {
            return BigUint::from(1u32);
        }
        if let Some(count) = self.known.get(&part) {
            return count.clone();
        }
        let tree = clique_tree(self.near, &part);
        let mut total = BigUint::ZERO;
        for (at, clique) in tree.iter().enumerate() {
            let mut count = orders_without_prefix(clique.nodes.len(), &prefixes(&tree, at));
            for rest in undirected_after(self.near, &part, &clique.nodes) {
                count *= self.orientations(rest);
            }
            total += count;
        }
        self.known.insert(part, total.clone());
        total
    }
}

/// The sizes of the separators on the way from the root that lie within clique `at`, ascending; they are nested.
fn prefixes(tree: &[Clique], at: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut step = &tree[at];
    while let Some(parent) = step.parent {
        if step.separator.is_subset(&tree[at].nodes) {
            sizes.push(step.separator.len());
        }
        step = &tree[parent];
    }
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The number of orders of `n` things none of whose beginnings is one of the nested sets with these ascending sizes.
fn orders_without_prefix(n: usize, sizes: &[usize]) -> BigUint {
    let mut first: Vec<BigUint> = Vec::with_capacity(sizes.len());
    let count = |n: usize, first: &[BigUint]| {
        let begun = sizes.iter().zip(first).map(|(&size, orders)| factorial(n - size) * orders);
        factorial(n) - begun.sum::<BigUint>()
    };
    for &size in sizes {
        let orders = count(size, &first);
        first.push(orders);
    }
    count(n, &first)
}

fn factorial(n: usize) -> BigUint {
    (1..=n).map(BigUint::from).product()
}

/// A maximal clique and where it hangs in a clique tree.
struct Clique {
    nodes: NodeSet,
    parent: Option<usize>,
    /// What it shares with its parent.
    separator: NodeSet,
}

/// A rooted clique tree of a connected chordal part by maximum cardinality search (Blair and Peyton 1993, section 4).
fn clique_tree(near: &[NodeSet], part: &NodeSet) -> Vec<Clique> {
    let p = near.len();
    let mut tree: Vec<Clique> = Vec::new();
    let mut clique_of = vec![0; p];
    let mut visited_at = vec![0; p];
    let mut seen = NodeSet::new(p);
    let mut search = MaximumCardinality::new(p, part);
    let (mut before, mut time) = (0, 0);
    while let Some((v, cardinality)) = search.pop() {
        let earlier = near[v].intersection(&seen);
        if tree.is_empty() || cardinality <= before {
            let last = earlier.iter().max_by_key(|&u| visited_at[u]);
            let parent = last.map(|u: usize| clique_of[u]);
            tree.push(Clique { nodes: earlier.clone(), parent, separator: earlier });
        }
        clique_of[v] = tree.len() - 1;
        if let Some(clique) = tree.last_mut() {
            clique.nodes.insert(v);
        }
        before = cardinality;
        seen.insert(v);
        time += 1;
        visited_at[v] = time;
        search.raise(&near[v]);
    }
    tree
}

/// Hands out nodes, always one with the most neighbours handed out already. Linear in nodes and edges.
struct MaximumCardinality {
    count: Vec<usize>,
    left: NodeSet,
    /// `buckets[c]` holds nodes that had `c` such neighbours at some time; stale entries are skipped.
    buckets: Vec<Vec<usize>>,
}

impl MaximumCardinality {
    fn new(p: usize, part: &NodeSet) -> Self {
        Self { count: vec![0; p], left: part.clone(), buckets: vec![part.iter().collect()] }
    }

    fn pop(&mut self) -> Option<(usize, usize)> {
        while let Some(bucket) = self.buckets.last_mut() {
            let Some(v) = bucket.pop() else {
                self.buckets.pop();
                continue;
            };
            if self.buckets.len() == self.count[v] + 1 && self.left.remove(v) {
                return Some((v, self.count[v]));
            }
        }
        None
    }

    fn raise(&mut self, nodes: &NodeSet) {
        for v in nodes.iter().filter(|&v| self.left.contains(v)) {
            self.count[v] += 1;
            if self.buckets.len() <= self.count[v] {
                self.buckets.resize(self.count[v] + 1, Vec::new());
            }
            self.buckets[self.count[v]].push(v);
        }
    }
}

/// The undirected components that remain in `part` without `clique` when the clique precedes all else: the nodes are visited
/// in lexicographic breadth-first order, and those still in one group when its first is visited share all their arrows.
fn undirected_after(near: &[NodeSet], part: &NodeSet, clique: &NodeSet) -> Vec<NodeSet> {
    let mut found = Vec::new();
    let mut groups = Groups::new(near.len(), clique, &part.difference(clique));
    let mut done = NodeSet::new(near.len());
    while let Some(group) = groups.first() {
        let nodes = groups.members[group].clone();
        if nodes.is_disjoint(clique) && nodes.is_disjoint(&done) {
            found.extend(components(near, &nodes));
            done.union_with(&nodes);
        }
        if let Some(v) = nodes.first() {
            groups.visit(group, v, &near[v]);
        }
    }
    found
}

/// An ordered partition that is refined by neighbourhoods.
struct Groups {
    members: Vec<NodeSet>,
    /// The group after each, in order.
    next: Vec<Option<usize>>,
    before: Vec<Option<usize>>,
    group_of: Vec<usize>,
    unvisited: NodeSet,
    head: Option<usize>,
}

impl Groups {
    fn new(p: usize, first: &NodeSet, second: &NodeSet) -> Self {
        let group_of = (0..p).map(|v| usize::from(second.contains(v))).collect();
        Self {
            members: vec![first.clone(), second.clone()],
            next: vec![Some(1), None],
            before: vec![None, Some(0)],
            group_of,
            unvisited: first.union(second),
            head: Some(0),
        }
    }

    /// The first group that is not empty.
    fn first(&mut self) -> Option<usize> {
        while let Some(head) = self.head
            && self.members[head].is_empty()
        {
            self.head = self.next[head];
            if let Some(new) = self.head {
                self.before[new] = None;
            }
        }
        self.head
    }

    /// Takes `v` out of its group and moves its neighbours ahead of the groups they are in.
    fn visit(&mut self, group: usize, v: usize, near: &NodeSet) {
        self.members[group].remove(v);
        self.unvisited.remove(v);
        let mut split: Vec<(usize, usize)> = Vec::new();
        for u in near {
            if !self.unvisited.contains(u) {
                continue;
            }
            let old = self.group_of[u];
            let new = match split.iter().find(|(from, _)| *from == old) {
                Some(&(_, new)) => new,
                None => {
                    let new = self.insert_before(old, near.words().len() * 64);
                    split.push((old, new));
                    new
                }
            };
            self.members[old].remove(u);
            self.members[new].insert(u);
            self.group_of[u] = new;
        }
    }

    fn insert_before(&mut self, old: usize, capacity: usize) -> usize {
        let new = self.members.len();
        self.members.push(NodeSet::new(capacity));
        self.next.push(Some(old));
        self.before.push(self.before[old]);
        match self.before[old] {
            Some(earlier) => self.next[earlier] = Some(new),
            None => self.head = Some(new),
        }
        self.before[old] = Some(new);
        new
    }
}

/// The connected components of the part of a graph within `nodes`, by their smallest node.
pub(crate) fn components(near: &[NodeSet], nodes: &NodeSet) -> Vec<NodeSet> {
    let mut left = nodes.clone();
    let mut found = Vec::new();
    while let Some(start) = left.first() {
        let mut part = NodeSet::from_nodes(near.len(), [start]);
        let mut work = vec![start];
        left.remove(start);
        while let Some(v) = work.pop() {
            for u in &near[v] {
                if left.remove(u) {
                    part.insert(u);
                    work.push(u);
                }
            }
        }
        found.push(part);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, class_by_force};
    use crate::{Dag, Nodes, cpdag, members};
    use proptest::prelude::*;

    fn size(p: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> BigUint {
        class_size(&cpdag(&Dag::from_edges(Nodes::numbered(p), edges).unwrap())).unwrap()
    }

    #[test]
    fn closed_forms() {
        // A tree has as many as it has nodes (the root is free), a complete graph p!, both at any size.
        assert_eq!(size(1000, (1..1000).map(|v| (v - 1, v))), BigUint::from(1000u32));
        assert_eq!(size(500, (1..500).map(|v| (0, v))), BigUint::from(500u32));
        assert_eq!(size(40, (0..40).flat_map(|b| (0..b).map(move |a| (a, b)))), factorial(40));
        assert_eq!(size(0, []), BigUint::from(1u32));
        // A complete graph without one edge: 2 p! / p - (p - 2)! (He, Jia and Yu 2015, table 1).
        let nearly = (0..7).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|&edge| edge != (5, 6));
        assert_eq!(size(7, nearly), BigUint::from(2 * 5040 / 7 - 120u32));
    }

    #[test]
    fn knowledge_cannot_be_counted() {
        let chain = Dag::from_edges(Nodes::numbered(3), [(0, 1), (1, 2)]).unwrap();
        assert_eq!(class_size(&Pdag::from_dag(&chain)), Err(GraphError::NotCpdag));
    }

    proptest! {
        #[test]
        fn equals_the_walk(dag in any_dag(5)) {
            let graph = cpdag(&dag);
            prop_assert_eq!(class_size(&graph).unwrap(), BigUint::from(class_by_force(&dag).len()));
        }

        #[test]
        fn equals_the_walk_on_chordal_graphs(parents in prop::collection::vec((any::<u8>(), any::<u8>()), 1..9)) {
            // Each node's earlier neighbours form a clique, so the whole graph is one undirected component.
            let p = parents.len() + 1;
            let mut near = vec![NodeSet::new(p); p];
            for (v, &(anchor, keep)) in (1..).zip(&parents) {
                let anchor = usize::from(anchor) % v;
                let kept: Vec<_> = near[anchor].iter().filter(|&u| u < anchor && keep >> (u % 8) & 1 == 1).collect();
                for u in kept.into_iter().chain([anchor]) {
                    near[u].insert(v);
                    near[v].insert(u);
                }
            }
            let graph = Pdag::from_skeleton(Nodes::numbered(p), &near);
            prop_assert_eq!(class_size(&graph).unwrap(), BigUint::from(members(&graph).unwrap().count()));
        }
    }
}
