//! d-separation and minimal separating sets in a DAG.
//!
//! Two nodes are d-separated by a set when every path between them has a chain or fork node in the set, or a collider with
//! no descendant in it (Pearl 1988). A ball that may pass a node or bounce off it walks every such path at once: each node
//! is entered at most once along arrows and once against them, so a query is linear (Shachter 1998; Koller and Friedman
//! 2009, algorithm 3.1).

use crate::dag::reach;
use crate::{Dag, NodeSet};

/// Whether `given` d-separates `x` and `y`. `O(p + edges)`. A node in `given` is separated from every other.
#[must_use]
pub fn d_separated(dag: &Dag, x: usize, y: usize, given: &NodeSet) -> bool {
    let (from, target) = (NodeSet::from_nodes(dag.len(), [x]), NodeSet::from_nodes(dag.len(), [y]));
    connected_until(dag, &from, given, &target).is_disjoint(&target)
}

/// Whether `given` d-separates every node of `xs` from every node of `ys`. `O(p + edges)`.
#[must_use]
pub fn d_separated_sets(dag: &Dag, xs: &NodeSet, ys: &NodeSet, given: &NodeSet) -> bool {
    connected_until(dag, xs, given, ys).is_disjoint(ys)
}

/// Every node not d-separated by `given` from some node of `from`; those of `from` included, those of `given` not.
/// `O(p + edges)`.
#[must_use]
pub fn d_connected(dag: &Dag, from: &NodeSet, given: &NodeSet) -> NodeSet {
    connected_until(dag, from, given, &NodeSet::new(dag.len()))
}

/// As [`d_connected`], stopping at the first node of `targets`.
fn connected_until(dag: &Dag, from: &NodeSet, given: &NodeSet, targets: &NodeSet) -> NodeSet {
    let p = dag.len();
    let open_collider = reach(dag.all_parents(), given, p);
    let mut ball = Ball::starting_at(p, from.iter().filter(|&v| v < p && !given.contains(v)));
    let mut reached = NodeSet::new(p);
    while let Some((v, from_parent)) = ball.next() {
        let blocked = given.contains(v);
        if !blocked {
            reached.insert(v);
            if targets.contains(v) {
                break;
            }
            ball.down(dag.children(v));
        }
        let up = if from_parent { open_collider.contains(v) } else { !blocked };
        if up {
            ball.up(dag.parents(v));
        }
    }
    reached
}

/// A smallest set in the sense of inclusion that d-separates `x` and `y`, contains `include` and lies within `allowed`; none
/// when there is no separating set of that kind (van der Zander and Liskiewicz 2020, "Finding minimal d-separators in linear
/// time and applications"). No node but those of `include` can be left out. `O(p + edges)`.
#[must_use]
pub fn minimal_separator(
    dag: &Dag,
    x: usize,
    y: usize,
    include: &NodeSet,
    allowed: &NodeSet,
) -> Option<NodeSet> {
    let of = |v| NodeSet::from_nodes(dag.len(), [v]);
    if x >= dag.len() || y >= dag.len() {
        return None;
    }
    minimal_separator_sets(dag, &of(x), &of(y), include, allowed)
}

/// As [`minimal_separator`] between every node of `xs` and every node of `ys`.
#[must_use]
pub fn minimal_separator_sets(
    dag: &Dag,
    xs: &NodeSet,
    ys: &NodeSet,
    include: &NodeSet,
    allowed: &NodeSet,
) -> Option<NodeSet> {
    let ends = xs.union(ys);
    if !xs.is_disjoint(ys) || !include.is_disjoint(&ends) || !include.is_subset(allowed) {
        return None;
    }
    let ancestral = dag.ancestors_of(&ends.union(include));
    let mut set = ancestral.intersection(allowed).difference(&ends);
    let from_x = touched(dag, xs, &ancestral, &set);
    if !from_x.is_disjoint(ys) {
        return None;
    }
    set.intersect_with(&from_x.union(include));
    let from_y = touched(dag, ys, &ancestral, &set);
    set.intersect_with(&from_y.union(include));
    Some(set)
}

/// The nodes a ball from `start` touches within an ancestral set, where every collider is open; those that stop it included.
fn touched(dag: &Dag, start: &NodeSet, ancestral: &NodeSet, given: &NodeSet) -> NodeSet {
    let mut ball = Ball::starting_at(dag.len(), start.iter().filter(|&v| v < dag.len()));
    let mut reached = NodeSet::new(dag.len());
    while let Some((v, from_parent)) = ball.next() {
        if !ancestral.contains(v) {
            continue;
        }
        reached.insert(v);
        let blocked = given.contains(v);
        if !blocked {
            ball.down(dag.children(v));
        }
        if !blocked || from_parent {
            ball.up(dag.parents(v));
        }
    }
    reached
}

/// The walk: which nodes were entered along an arrow and which against one, and what is still to do.
struct Ball {
    from_parent: NodeSet,
    from_child: NodeSet,
    work: Vec<(usize, bool)>,
}

impl Ball {
    fn starting_at(p: usize, nodes: impl IntoIterator<Item = usize>) -> Self {
        let mut ball = Self { from_parent: NodeSet::new(p), from_child: NodeSet::new(p), work: Vec::new() };
        ball.up(nodes);
        ball
    }

    /// The next node and whether it was entered from a parent.
    fn next(&mut self) -> Option<(usize, bool)> {
        self.work.pop()
    }

    fn up(&mut self, parents: impl IntoIterator<Item = usize>) {
        let Self { from_child, work, .. } = self;
        work.extend(parents.into_iter().filter(|&v| from_child.insert(v)).map(|v| (v, false)));
    }

    fn down(&mut self, children: impl IntoIterator<Item = usize>) {
        let Self { from_parent, work, .. } = self;
        work.extend(children.into_iter().filter(|&v| from_parent.insert(v)).map(|v| (v, true)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, subsets};
    use crate::{Nodes, moral_graph};
    use proptest::prelude::*;

    fn set(nodes: &[usize]) -> NodeSet {
        NodeSet::from_nodes(8, nodes.iter().copied())
    }

    /// asia: visit 0, tuberculosis 1, smoking 2, lung 3, bronchitis 4, either 5, x-ray 6, dyspnoea 7.
    fn asia() -> Dag {
        let edges = [(0, 1), (2, 3), (2, 4), (1, 5), (3, 5), (5, 6), (5, 7), (4, 7)];
        Dag::from_edges(Nodes::numbered(8), edges).unwrap()
    }

    #[test]
    fn asia_statements() {
        let dag = asia();
        assert!(d_separated(&dag, 0, 2, &set(&[])));
        assert!(!d_separated(&dag, 0, 2, &set(&[7])), "dyspnoea opens the collider");
        assert!(!d_separated(&dag, 1, 3, &set(&[6])), "so does a descendant");
        assert!(d_separated(&dag, 6, 4, &set(&[5, 2])));
        assert!(!d_separated(&dag, 6, 4, &set(&[2, 7])));
        assert_eq!(d_connected(&dag, &set(&[0]), &set(&[])), set(&[0, 1, 5, 6, 7]));
        assert!(d_separated_sets(&dag, &set(&[0, 1]), &set(&[2, 3, 4]), &set(&[])));
        assert!(d_separated(&dag, 0, 1, &set(&[0])));
    }

    #[test]
    fn minimal_separators_of_asia() {
        let (dag, all) = (asia(), NodeSet::full(8));
        assert_eq!(minimal_separator(&dag, 0, 2, &set(&[]), &all), Some(set(&[])));
        assert_eq!(minimal_separator(&dag, 0, 6, &set(&[]), &all), Some(set(&[1])));
        assert_eq!(minimal_separator(&dag, 0, 6, &set(&[]), &set(&[5, 2])), Some(set(&[5])));
        assert_eq!(minimal_separator(&dag, 0, 1, &set(&[]), &all), None);
        assert_eq!(minimal_separator(&dag, 0, 6, &set(&[]), &set(&[2])), None);
    }

    /// Separation in the moral graph of the ancestors (Lauritzen et al. 1990).
    fn by_moral_graph(dag: &Dag, x: usize, y: usize, given: &NodeSet) -> bool {
        let ancestral = reach(dag.all_parents(), given.iter().chain([x, y]), dag.len());
        let edges = dag.edges().filter(|&(a, b)| ancestral.contains(a) && ancestral.contains(b));
        let moral = moral_graph(&Dag::from_edges(dag.nodes().clone(), edges).unwrap());
        let cut: Vec<_> = moral.iter().map(|near| near.difference(given)).collect();
        !reach(&cut, [x], dag.len()).contains(y)
    }

    proptest! {
        #[test]
        fn equals_the_moral_criterion(dag in any_dag(6)) {
            for x in 0..dag.len() {
                for y in (0..dag.len()).filter(|&y| y != x) {
                    for given in subsets(dag.len()).filter(|z| !z.contains(x) && !z.contains(y)) {
                        prop_assert_eq!(d_separated(&dag, x, y, &given), by_moral_graph(&dag, x, y, &given));
                    }
                }
            }
        }

        #[test]
        fn minimal_separators_separate_and_are_minimal(dag in any_dag(6), include in any::<u8>(), allowed in any::<u8>()) {
            let p = dag.len();
            let of = |bits: u8| NodeSet::from_nodes(p, (0..p).filter(move |&v| bits >> v & 1 == 1));
            let allowed = of(allowed | include);
            for x in 0..p {
                for y in (0..p).filter(|&y| y != x) {
                    let (mut include, mut allowed) = (of(include & (include >> 1)), allowed.clone());
                    for end in [x, y] {
                        include.remove(end);
                        allowed.remove(end);
                    }
                    let candidates: Vec<_> = subsets(p)
                        .filter(|z| include.is_subset(z) && z.is_subset(&allowed) && d_separated(&dag, x, y, z))
                        .collect();
                    match minimal_separator(&dag, x, y, &include, &allowed) {
                        None => prop_assert!(candidates.is_empty()),
                        Some(found) => {
                            prop_assert!(candidates.contains(&found));
                            prop_assert!(!candidates.iter().any(|z| *z != found && z.is_subset(&found)));
                        }
                    }
                }
            }
        }
    }
}
