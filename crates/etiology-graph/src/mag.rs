//! Maximal ancestral graphs: what a DAG looks like when some of its nodes are hidden or selected on.
//!
//! A MAG is a [`Pag`] without circles. An arrowhead at `b` of `a *-> b` says that `b` is no ancestor of `a` (nor of the
//! selection); a tail says that it is one. Two nodes are joined when no set of observed nodes separates them
//! (Richardson and Spirtes 2002, "Ancestral graph Markov models").

use crate::dag::reach;
use crate::{Dag, EdgeMarks, GraphError, Mark, NodeSet, Nodes, Pag, d_separated};

/// The MAG over the nodes that are neither `latent` nor `selection`, in their order, where every sample has been selected by
/// the nodes in `selection` (Richardson and Spirtes 2002, section 4.2). `O(p^2 (p + edges))`.
///
/// Two observed nodes are joined exactly when their observed ancestors and those of the selection do not d-separate them.
#[must_use]
pub fn dag_to_mag(dag: &Dag, latent: &NodeSet, selection: &NodeSet) -> Pag {
    let p = dag.len();
    let observed: Vec<usize> = (0..p).filter(|&v| !latent.contains(v) && !selection.contains(v)).collect();
    let names = observed.iter().map(|&v| dag.nodes().name(v).to_owned()).collect();
    let mut mag = Pag::empty(Nodes::from_unique(names));
    let selected = reach(dag.all_parents(), selection, p);
    let ancestors: Vec<NodeSet> = observed.iter().map(|&v| dag.ancestors(v).union(&selected)).collect();
    for (i, &a) in observed.iter().enumerate() {
        for (j, &b) in observed.iter().enumerate().skip(i + 1) {
            let mut given = ancestors[i].union(&ancestors[j]).difference(latent);
            given.remove(a);
            given.remove(b);
            given.union_with(selection);
            if dag.adjacent(a, b) || !d_separated(dag, a, b, &given) {
                let mark = |is_ancestor| if is_ancestor { Mark::Tail } else { Mark::Arrow };
                let marks =
                    EdgeMarks { at_a: mark(ancestors[j].contains(a)), at_b: mark(ancestors[i].contains(b)) };
                mag.set(i, j, marks);
            }
        }
    }
    mag
}

/// Whether `given` m-separates `x` and `y` in a MAG: every path between them has a non-collider in the set, or a collider
/// with no descendant in it. `O(p + edges)`, on bitsets. A node in `given` is separated from every other.
///
/// # Errors
/// [`GraphError::Mark`] when the graph has a circle: a PAG says nothing of an undecided end. Use [`is_mag`] to check the rest.
pub fn m_separated(mag: &Pag, x: usize, y: usize, given: &NodeSet) -> Result<bool, GraphError> {
    Ok(Ends::of(mag)?.separates(x, y, given))
}

/// Whether the graph is a maximal ancestral graph: no circles, no directed or almost directed cycle, no arrowhead at a node
/// with an undirected edge, and a separating set for every pair that is not joined. `O(p^2 (p + edges))`.
#[must_use]
pub fn is_mag(graph: &Pag) -> bool {
    let Ok(ends) = Ends::of(graph) else { return false };
    let p = graph.len();
    let ancestors: Vec<NodeSet> = (0..p).map(|v| reach(&ends.parents, [v], p)).collect();
    let ancestral = (0..p).all(|v| {
        let cyclic = ends.parents[v].iter().any(|u| ancestors[u].contains(v));
        let almost = ends.spouses[v].iter().any(|u| ancestors[u].contains(v));
        let into = !ends.parents[v].is_empty() || !ends.spouses[v].is_empty();
        !cyclic && !almost && (ends.neighbours[v].is_empty() || !into)
    });
    // What precedes a pair along arrows and undirected edges separates it, if anything does (Richardson and Spirtes 2002).
    let before: Vec<NodeSet> = (0..p).map(|v| ends.parents[v].union(&ends.neighbours[v])).collect();
    let anterior: Vec<NodeSet> = (0..p).map(|v| reach(&before, [v], p)).collect();
    ancestral
        && (0..p).all(|a| {
            (a + 1..p).filter(|&b| !graph.adjacent(a, b)).all(|b| {
                let mut given = anterior[a].union(&anterior[b]);
                given.remove(a);
                given.remove(b);
                ends.separates(a, b, &given)
            })
        })
}

/// The edges of a MAG by kind.
struct Ends {
    parents: Vec<NodeSet>,
    children: Vec<NodeSet>,
    neighbours: Vec<NodeSet>,
    spouses: Vec<NodeSet>,
}

impl Ends {
    fn of(mag: &Pag) -> Result<Self, GraphError> {
        let p = mag.len();
        let none = vec![NodeSet::new(p); p];
        let mut ends =
            Self { parents: none.clone(), children: none.clone(), neighbours: none.clone(), spouses: none };
        for (a, b, marks) in mag.edges() {
            match marks {
                EdgeMarks::DIRECTED => {
                    ends.parents[b].insert(a);
                    ends.children[a].insert(b);
                }
                EdgeMarks::UNDIRECTED | EdgeMarks::BIDIRECTED => {
                    let joined =
                        if marks == EdgeMarks::UNDIRECTED { &mut ends.neighbours } else { &mut ends.spouses };
                    joined[a].insert(b);
                    joined[b].insert(a);
                }
                _ => {
                    let name = |v| mag.nodes().name(v).to_owned();
                    return Err(GraphError::Mark {
                        kind: "MAG",
                        a: name(a),
                        b: name(b),
                        marks: marks.to_string(),
                    });
                }
            }
        }
        Ok(ends)
    }

    fn separates(&self, x: usize, y: usize, given: &NodeSet) -> bool {
        let p = self.parents.len();
        if x >= p || given.contains(x) || given.contains(y) {
            return true;
        }
        let open_collider = reach(&self.parents, given, p);
        // A node is entered at an arrowhead or at a tail, each at most once.
        let mut entered = [NodeSet::new(p), NodeSet::new(p)];
        entered[0].insert(x);
        let mut work = vec![(x, false)];
        let go = |to: &NodeSet, at_arrow: bool, entered: &mut [NodeSet; 2], work: &mut Vec<(usize, bool)>| {
            let seen = &mut entered[usize::from(at_arrow)];
            work.extend(to.iter().filter(|&v| seen.insert(v)).map(|v| (v, at_arrow)));
        };
        while let Some((v, at_arrow)) = work.pop() {
            if v == y {
                return false;
            }
            if !given.contains(v) {
                go(&self.children[v], true, &mut entered, &mut work);
                go(&self.neighbours[v], false, &mut entered, &mut work);
            }
            let passes = if at_arrow { open_collider.contains(v) } else { !given.contains(v) };
            if passes {
                go(&self.parents[v], false, &mut entered, &mut work);
                go(&self.spouses[v], true, &mut entered, &mut work);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, subsets};
    use proptest::prelude::*;

    fn edges(mag: &Pag) -> Vec<String> {
        let name = |v| mag.nodes().name(v);
        mag.edges().map(|(a, b, marks)| format!("{} {marks} {}", name(a), name(b))).collect()
    }

    #[test]
    fn hidden_and_selected() {
        let of = |nodes: &[usize]| NodeSet::from_nodes(5, nodes.iter().copied());
        // A hidden common cause of X1 and X2 leaves `<->`, a selected common effect `---`.
        let hidden = Dag::from_edges(Nodes::numbered(3), [(2, 0), (2, 1)]).unwrap();
        assert_eq!(edges(&dag_to_mag(&hidden, &of(&[2]), &of(&[]))), ["X1 <-> X2"]);
        let selected = Dag::from_edges(Nodes::numbered(3), [(0, 2), (1, 2)]).unwrap();
        assert_eq!(edges(&dag_to_mag(&selected, &of(&[]), &of(&[2]))), ["X1 --- X2"]);
        assert_eq!(edges(&dag_to_mag(&selected, &of(&[2]), &of(&[]))), [""; 0]);
        // Richardson and Spirtes 2002, an inducing path: X1 -> X2 <- L -> X3 with X2 -> X3 joins X1 and X3.
        let path = Dag::from_edges(Nodes::numbered(4), [(0, 1), (3, 1), (3, 2), (1, 2)]).unwrap();
        assert_eq!(edges(&dag_to_mag(&path, &of(&[3]), &of(&[]))), ["X1 --> X2", "X1 --> X3", "X2 --> X3"]);
    }

    #[test]
    fn what_is_no_mag() {
        let mut graph = Pag::empty(Nodes::numbered(3));
        assert!(is_mag(&graph));
        graph.set(0, 1, EdgeMarks::UNDECIDED);
        assert!(!is_mag(&graph) && m_separated(&graph, 0, 1, &NodeSet::new(3)).is_err());
        graph.set(0, 1, EdgeMarks::DIRECTED);
        graph.set(1, 2, EdgeMarks::DIRECTED);
        graph.set(0, 2, EdgeMarks::BIDIRECTED);
        assert!(!is_mag(&graph), "almost directed cycle");
        graph.set(0, 2, EdgeMarks::DIRECTED.reversed());
        assert!(!is_mag(&graph), "directed cycle");
        graph.set(0, 2, EdgeMarks::UNDIRECTED);
        assert!(!is_mag(&graph), "arrowhead at an undirected edge");
        // a <-> b <-> c with b an ancestor of neither: maximal; with X2 -> X3 <-> ... an inducing path is not.
        let mut open = Pag::empty(Nodes::numbered(4));
        open.set(0, 1, EdgeMarks::BIDIRECTED);
        open.set(1, 2, EdgeMarks::BIDIRECTED);
        open.set(2, 3, EdgeMarks::BIDIRECTED);
        open.set(1, 3, EdgeMarks::DIRECTED);
        open.set(2, 0, EdgeMarks::DIRECTED);
        assert!(!is_mag(&open), "X1 and X4 have no separating set");
    }

    proptest! {
        /// The MAG says of the observed exactly what the DAG says given the selection.
        #[test]
        fn independence_is_kept(dag in any_dag(7), roles in prop::collection::vec(0u8..6, 7)) {
            let p = dag.len();
            let with = |role| NodeSet::from_nodes(p, (0..p).filter(|&v| roles[v] == role));
            let (latent, selection) = (with(4), with(5));
            let mag = dag_to_mag(&dag, &latent, &selection);
            prop_assert!(is_mag(&mag), "{:?}", edges(&mag));
            let observed: Vec<_> = (0..p).filter(|&v| roles[v] < 4).collect();
            for x in 0..observed.len() {
                for y in x + 1..observed.len() {
                    let mut separable = false;
                    for given in subsets(observed.len()).filter(|z| !z.contains(x) && !z.contains(y)) {
                        let in_dag = NodeSet::from_nodes(p, given.iter().map(|v| observed[v])).union(&selection);
                        let separated = d_separated(&dag, observed[x], observed[y], &in_dag);
                        prop_assert_eq!(m_separated(&mag, x, y, &given).unwrap(), separated);
                        separable |= separated;
                    }
                    prop_assert_eq!(mag.adjacent(x, y), !separable);
                }
            }
        }
    }
}
