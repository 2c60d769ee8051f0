//! The front door: an effect read off the mechanism that carries it, although hidden causes confound its ends (Pearl 1995,
//! "Causal diagrams for empirical research").

use crate::adjustment::without_arrows_out;
use crate::dag::reach;
use crate::{Dag, NodeSet, d_connected, d_separated_sets};

/// Pearl's front-door criterion (1995): `set` lies on every directed path from `x` to `y`, nothing confounds `x` with it, and
/// `x` blocks every back-door path from it to `y`. Then the effect is identified although `x` and `y` share hidden causes.
#[must_use]
pub fn satisfies_front_door(dag: &Dag, x: usize, y: usize, set: &NodeSet) -> bool {
    let p = dag.len();
    if x >= p || y >= p || x == y || set.contains(x) || set.contains(y) {
        return false;
    }
    let of = |v| NodeSet::from_nodes(p, [v]);
    let around: Vec<NodeSet> = (0..p)
        .map(|v| if set.contains(v) { NodeSet::new(p) } else { dag.children(v).difference(set) })
        .collect();
    !reach(&around, [x], p).contains(y)
        && d_separated_sets(&without_arrows_out(dag, &of(x)), &of(x), set, &NodeSet::new(p))
        && d_separated_sets(&without_arrows_out(dag, set), set, &of(y), &of(x))
}

/// A set of `observed` nodes that meets the front-door criterion for the effect of `x` on `y` and from which no single node can
/// be left out; none when no set meets it. `O(p^2 (p + edges))`.
///
/// Nodes that `x` does not reach unconfounded are out; then, as long as a node of the set has an open back-door path to `y`, it is
/// out too. What remains contains every set that meets the criterion (Jeong, Tian and Bareinboim 2022, "Finding and listing
/// front-door adjustment sets"), and is thinned.
#[must_use]
pub fn front_door_set(dag: &Dag, x: usize, y: usize, observed: &NodeSet) -> Option<NodeSet> {
    let p = dag.len();
    if x >= p || y >= p || x == y {
        return None;
    }
    let of = |v| NodeSet::from_nodes(p, [v]);
    let confounded = d_connected(&without_arrows_out(dag, &of(x)), &of(x), &NodeSet::new(p));
    let mut set = NodeSet::full(p).intersection(observed).difference(&confounded);
    set.remove(y);
    loop {
        let open = d_connected(&without_arrows_out(dag, &set), &of(y), &of(x));
        if open.is_disjoint(&set) {
            break;
        }
        set.subtract(&open);
    }
    if !satisfies_front_door(dag, x, y, &set) {
        return None;
    }
    for v in &set.clone() {
        set.remove(v);
        if !satisfies_front_door(dag, x, y, &set) {
            set.insert(v);
        }
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Nodes;
    use crate::testing::{any_dag, subsets};
    use proptest::prelude::*;

    /// x 0, y 1, z 2, hidden 3.
    fn with(more: &[(usize, usize)]) -> Dag {
        let edges = [(3, 0), (3, 1), (0, 2), (2, 1)];
        Dag::from_edges(Nodes::numbered(4), edges.iter().chain(more).copied()).unwrap()
    }

    #[test]
    fn smoking_tar_cancer() {
        let (z, observed) = (NodeSet::from_nodes(4, [2]), NodeSet::from_nodes(4, [0, 1, 2]));
        assert_eq!(front_door_set(&with(&[]), 0, 1, &observed), Some(z.clone()));
        assert!(!satisfies_front_door(&with(&[]), 0, 1, &NodeSet::new(4)));
        for (why, edge) in [("a path around", (0, 1)), ("a confounded mechanism", (3, 2))] {
            assert!(!satisfies_front_door(&with(&[edge]), 0, 1, &z), "{why}");
            assert_eq!(front_door_set(&with(&[edge]), 0, 1, &observed), None, "{why}");
        }
        assert_eq!(front_door_set(&with(&[]), 0, 1, &NodeSet::from_nodes(4, [0, 1])), None);
        assert_eq!(front_door_set(&with(&[]), 0, 9, &observed), None);
    }

    proptest! {
        #[test]
        fn found_if_there_is_one(dag in any_dag(6), seen in any::<u8>()) {
            let p = dag.len();
            let observed = NodeSet::from_nodes(p, (0..p).filter(|&v| seen >> v & 1 == 1));
            for x in 0..p {
                for y in (0..p).filter(|&y| y != x) {
                    let mut all = subsets(p).filter(|set| set.is_subset(&observed));
                    let any = all.any(|set| satisfies_front_door(&dag, x, y, &set));
                    let found = front_door_set(&dag, x, y, &observed);
                    prop_assert_eq!(found.is_some(), any);
                    if let Some(set) = found {
                        prop_assert!(set.is_subset(&observed) && satisfies_front_door(&dag, x, y, &set));
                    }
                }
            }
        }
    }
}
