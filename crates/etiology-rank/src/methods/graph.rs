//! The causal graph over a topology's entities, and what the graph methods ask of it.
//!
//! An edge runs from cause to effect: from callee to caller, from feeder to fed (see
//! [`Topology::causes`](etiology_frame::Topology::causes)). An entity that is linked to itself, or linked twice, tells
//! nothing more: self-loops are dropped and parallel edges merged. Nodes are positions in the topology. Everything
//! here is linear in nodes plus edges and free of recursion, so a topology of any size or shape is safe.

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed};

use crate::{Case, RankError};

/// Causes and effects among the entities of a topology.
#[derive(Debug, Clone)]
pub(crate) struct CausalGraph<'a> {
    names: &'a [String],
    graph: DiGraph<(), ()>,
}

impl<'a> CausalGraph<'a> {
    /// The graph of a case's topology.
    ///
    /// # Errors
    /// [`RankError::Needs`] when the topology is empty.
    pub(crate) fn of(case: &Case<'a>, method: &str) -> Result<Self, RankError> {
        let topology = &case.incident().topology;
        if topology.is_empty() {
            return Err(RankError::Needs {
                method: method.to_owned(),
                needs: "a topology",
                remedy: "give --topology FILE, or topology.csv in the incident folder (`source,target`)",
            });
        }
        let mut graph = DiGraph::new();
        for _ in topology.nodes() {
            graph.add_node(());
        }
        for (cause, effect) in topology.causes().filter(|(cause, effect)| cause != effect) {
            graph.update_edge(NodeIndex::new(cause), NodeIndex::new(effect), ());
        }
        Ok(Self { names: topology.nodes(), graph })
    }

    /// Number of entities.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// What an entity is called.
    pub(crate) fn name(&self, node: usize) -> &'a str {
        self.names.get(node).map_or("", String::as_str)
    }

    /// The direct causes of an entity.
    pub(crate) fn causes(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.graph.neighbors_directed(NodeIndex::new(node), Direction::Incoming).map(NodeIndex::index)
    }

    /// The direct effects of an entity.
    pub(crate) fn effects(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.graph.neighbors_directed(NodeIndex::new(node), Direction::Outgoing).map(NodeIndex::index)
    }

    /// Which entities can cause `node` over any number of steps; `node` itself is not among them.
    pub(crate) fn ancestors(&self, node: usize) -> Vec<bool> {
        let mut found = vec![false; self.len()];
        let reversed = Reversed(&self.graph);
        let mut search = Dfs::new(reversed, NodeIndex::new(node));
        while let Some(next) = search.next(reversed) {
            mark(&mut found, next.index(), true);
        }
        mark(&mut found, node, false);
        found
    }

    /// Where the anomalies among `scores` come from: see [`Origins`]. `scores` has one entry a node, `None` for nodes
    /// that are not anomalous; scores are not negative and not NaN.
    pub(crate) fn origins(&self, target: usize, scores: &[Option<f64>]) -> Origins {
        let anomalous = |node: usize| scores.get(node).copied().flatten();
        let inside =
            self.graph.filter_map(|node, ()| anomalous(node.index()).map(|_| node.index()), |_, ()| Some(()));
        let components = kosaraju_scc(&inside);
        let mut component_of = vec![0; inside.node_count()];
        for (index, members) in components.iter().enumerate() {
            for member in members {
                if let Some(slot) = component_of.get_mut(member.index()) {
                    *slot = index;
                }
            }
        }

        // Components come effects first, so that the best path of every effect is known before its causes ask for it.
        let mut best: Vec<Option<f64>> = Vec::with_capacity(components.len());
        let mut is_source = vec![true; components.len()];
        for (index, members) in components.iter().enumerate() {
            let mut onward: Option<f64> = None;
            for effect in members.iter().flat_map(|&member| inside.neighbors(member)) {
                let to = component_of.get(effect.index()).copied().unwrap_or(index);
                if to != index {
                    mark(&mut is_source, to, false);
                    onward = larger(onward, best.get(to).copied().flatten());
                }
            }
            let holds_target = members.iter().any(|&member| inside.node_weight(member) == Some(&target));
            let own = total(
                members.iter().filter_map(|&m| inside.node_weight(m).and_then(|&node| anomalous(node))),
            );
            best.push(if holds_target { Some(own) } else { onward.map(|rest| own + rest) });
        }

        let mut path_scores = vec![None; self.len()];
        let mut cycle = None;
        for (index, members) in components.iter().enumerate() {
            let mut nodes: Vec<usize> =
                members.iter().filter_map(|&m| inside.node_weight(m).copied()).collect();
            nodes.sort_unstable();
            for &node in nodes.iter().filter(|&&node| node != target) {
                if let (Some(true), Some(slot)) = (is_source.get(index), path_scores.get_mut(node)) {
                    *slot = best.get(index).copied().flatten();
                }
            }
            if nodes.len() > 1 {
                cycle = Some(nodes);
            }
        }
        Origins { path_scores, cycle }
    }
}

/// The origins of an anomaly within the anomalous part of a graph, with the score of their best path to the target.
///
/// An origin is an anomalous node without anomalous causes from which a path of anomalous nodes leads to the target. Its
/// score is the largest sum of node scores, origin and target included, over such paths. In an acyclic graph that is the
/// longest path, found exactly by dynamic programming in `O(nodes + edges)`, where enumerating simple paths would be
/// exponential.
///
/// Nodes on a cycle cannot be told apart by the graph, so a cycle (a strongly connected component) counts as one node
/// whose score is the sum of its members, and its members tie. That bounds the best simple path from above; the exact
/// value is an NP-hard problem.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Origins {
    /// One entry a node: the path score of origins, `None` for the rest. The target is never an origin of itself.
    pub(crate) path_scores: Vec<Option<f64>>,
    /// A cycle among the anomalous nodes, if there is one.
    pub(crate) cycle: Option<Vec<usize>>,
}

fn mark(flags: &mut [bool], index: usize, value: bool) {
    if let Some(flag) = flags.get_mut(index) {
        *flag = value;
    }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

/// The sum in an order that does not depend on how nodes are numbered.
fn total(scores: impl Iterator<Item = f64>) -> f64 {
    let mut scores: Vec<f64> = scores.collect();
    scores.sort_by(f64::total_cmp);
    scores.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph<'a>(names: &'a [String], edges: &[(usize, usize)]) -> CausalGraph<'a> {
        let mut graph = DiGraph::new();
        names.iter().for_each(|_| _ = graph.add_node(()));
        for &(cause, effect) in edges {
            graph.update_edge(NodeIndex::new(cause), NodeIndex::new(effect), ());
        }
        CausalGraph { names, graph }
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|i| format!("n{i}")).collect()
    }

    /// The largest sum over simple paths of anomalous nodes, by trying every one of them.
    fn best_by_enumeration(
        graph: &CausalGraph<'_>,
        scores: &[Option<f64>],
        path: &mut Vec<usize>,
        target: usize,
    ) -> Option<f64> {
        let here = *path.last().unwrap();
        if here == target {
            return Some(path.iter().map(|&node| scores[node].unwrap()).sum());
        }
        let mut best = None;
        for next in graph.effects(here).collect::<Vec<_>>() {
            if scores[next].is_some() && !path.contains(&next) {
                path.push(next);
                best = larger(best, best_by_enumeration(graph, scores, path, target));
                path.pop();
            }
        }
        best
    }

    #[test]
    fn the_better_of_two_paths_counts() {
        // 0 -> 1 -> 3 and 0 -> 2 -> 3; node 4 is anomalous but leads nowhere.
        let names = names(5);
        let graph = graph(&names, &[(0, 1), (1, 3), (0, 2), (2, 3), (3, 4)]);
        let found = graph.origins(3, &[Some(1.0), Some(2.0), Some(8.0), Some(4.0), Some(9.0)]);
        assert_eq!(found, Origins { path_scores: vec![Some(13.0), None, None, None, None], cycle: None });
        assert_eq!(graph.ancestors(3), [true, true, true, false, false]);
    }

    #[test]
    fn the_members_of_a_cycle_tie_and_a_node_behind_it_is_the_only_origin() {
        let names = names(4);
        let ring = [(0, 1), (1, 0), (1, 2)];
        let found = graph(&names, &ring).origins(2, &[Some(1.0), Some(2.0), Some(4.0), None]);
        assert_eq!(
            found,
            Origins { path_scores: vec![Some(7.0), Some(7.0), None, None], cycle: Some(vec![0, 1]) }
        );

        let fed: Vec<_> = ring.into_iter().chain([(3, 0)]).collect();
        let found = graph(&names, &fed).origins(2, &[Some(1.0), Some(2.0), Some(4.0), Some(8.0)]);
        assert_eq!(found.path_scores, [None, None, None, Some(15.0)]);
    }

    proptest! {
        #[test]
        fn path_scores_equal_those_of_every_path_tried(
            scores in prop::collection::vec(prop::option::weighted(0.8, 0u8..50), 7),
            edges in prop::collection::vec((0usize..7, 0usize..7), 0..20),
            acyclic in any::<bool>(),
        ) {
            let names = names(7);
            let edges: Vec<_> = edges.into_iter().filter(|(a, b)| if acyclic { a < b } else { a != b }).collect();
            let graph = graph(&names, &edges);
            let scores: Vec<Option<f64>> = scores.into_iter().map(|s| s.map(f64::from)).collect();
            let target = 6;
            let found = graph.origins(target, &scores);
            for node in 0..7 {
                let origin = node != target
                    && scores[node].is_some()
                    && graph.causes(node).all(|cause| scores[cause].is_none());
                let best = origin.then(|| best_by_enumeration(&graph, &scores, &mut vec![node], target)).flatten();
                if found.cycle.is_none() {
                    prop_assert_eq!(found.path_scores[node], best);
                } else if let Some(best) = best {
                    prop_assert!(found.path_scores[node].is_some_and(|bound| bound >= best));
                }
            }
        }
    }
}
