//! Possibly causal paths in MPDAGs (Perkovic, Kalisch and Maathuis 2017, "Interpreting and using CPDAGs with background
//! knowledge").
//!
//! A path from `a` to `b` is possibly causal when no edge between two of its nodes, neighbouring on the path or not, points
//! back towards `a`. Where there is one, there is one without shortcuts (lemma 3.6 there); in a graph closed under Meek's
//! rules that is a stretch of undirected edges, each triple of it unshielded, followed by a directed path.

use std::collections::HashSet;

use crate::{NodeSet, Pdag};

/// `start` and every node that a possibly causal path from it leads to, without passing through `avoid`.
/// `O(p + edges)` and a step for each pair of undirected edges that meet.
pub(crate) fn possible_descendants(graph: &Pdag, start: &NodeSet, avoid: &NodeSet) -> NodeSet {
    let undirected = along_undirected(graph, start, avoid);
    along(|v| graph.children(v), &undirected, avoid)
}

/// `start` and every node from which a possibly causal path leads to it, without passing through `avoid`.
pub(crate) fn possible_ancestors(graph: &Pdag, start: &NodeSet, avoid: &NodeSet) -> NodeSet {
    let directed = along(|v| graph.parents(v), start, avoid);
    along_undirected(graph, &directed, avoid)
}

/// The nodes to which a possibly causal path from `causes`, touching them only once, begins with an undirected edge: whether
/// these effects are causal at all depends on the member of the class.
pub(crate) fn not_amenable(graph: &Pdag, causes: &NodeSet) -> NodeSet {
    let mut found = NodeSet::new(graph.len());
    for x in causes {
        let start = graph.neighbours(x).difference(causes);
        if !start.is_empty() {
            found.union_with(&possible_descendants(graph, &start, &causes.union(graph.parents(x))));
        }
    }
    found
}

fn along<'a>(next: impl Fn(usize) -> &'a NodeSet, start: &NodeSet, avoid: &NodeSet) -> NodeSet {
    let mut seen = start.difference(avoid);
    let mut work: Vec<usize> = seen.iter().collect();
    while let Some(v) = work.pop() {
        work.extend(next(v).iter().filter(|&u| !avoid.contains(u) && seen.insert(u)));
    }
    seen
}

fn along_undirected(graph: &Pdag, start: &NodeSet, avoid: &NodeSet) -> NodeSet {
    let mut reached = start.difference(avoid);
    let mut steps = HashSet::new();
    let mut work = Vec::new();
    for v in &reached {
        work.extend(graph.neighbours(v).iter().filter(|&u| !avoid.contains(u)).map(|u| (v, u)));
    }
    while let Some((before, v)) = work.pop() {
        if !steps.insert((before, v)) {
            continue;
        }
        reached.insert(v);
        let next = graph.neighbours(v).iter().filter(|&u| u != before && !avoid.contains(u));
        work.extend(next.filter(|&u| !graph.adjacent(before, u)).map(|u| (v, u)));
    }
    reached
}
