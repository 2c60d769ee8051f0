//! Meek's orientation rules (Meek 1995, "Causal inference and causal explanation with background knowledge", section 2).
//!
//! The four rules turn undirected edges into arrows wherever the other direction would close a directed cycle or make a
//! v-structure that the graph does not have. From a pattern (skeleton and v-structures) the first three lead to the CPDAG;
//! with arrows of background knowledge added, all four lead to the maximally oriented graph (MPDAG).
//!
//! A worklist holds the arrows not yet looked at; each new arrow is matched against every place it can take in a rule, so
//! the cost follows the arrows made, not the size of the graph: `O(d^2)` per arrow for R1 to R3 and `O(d^3)` for R4 at
//! degree `d`, each step a bit test.

use crate::{GraphError, NodeSet, Pdag};

/// Orients every edge that follows from the arrows already there, and returns the new arrows in the order they were made.
/// All four rules; without background knowledge the fourth never fires.
pub fn orient_by_meek(graph: &mut Pdag) -> Vec<(usize, usize)> {
    let arrows: Vec<_> = graph.directed_edges().collect();
    orient_by_meek_from(graph, arrows, |_, _| true)
}

/// As [`orient_by_meek`], given that the graph was closed under the rules before the arrows in `touched` were added, and
/// leaving undirected what `allows(from, to)` refuses.
///
/// An edge that lost its reason to stay undirected because an adjacency was removed is not an arrow: after removals call
/// [`orient_by_meek`].
pub fn orient_by_meek_from(
    graph: &mut Pdag,
    touched: impl IntoIterator<Item = (usize, usize)>,
    allows: impl FnMut(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    orient_by_meek_definite(graph, touched, allows, |_, _, _| true)
}

/// As [`orient_by_meek_from`], concluding nothing from an unshielded triple `(a, b, c)` that is not `definite`: one of which
/// it is not known whether `b` is a collider (Ramsey, Zhang and Spirtes 2006, "Adjacency-faithfulness and conservative
/// causal inference"). `definite` is asked for either order of the ends.
pub fn orient_by_meek_definite(
    graph: &mut Pdag,
    touched: impl IntoIterator<Item = (usize, usize)>,
    mut allows: impl FnMut(usize, usize) -> bool,
    definite: impl Fn(usize, usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let mut work: Vec<(usize, usize)> =
        touched.into_iter().filter(|&(a, b)| graph.has_directed(a, b)).collect();
    work.reverse();
    let (mut made, mut implied) = (Vec::new(), Vec::new());
    while let Some((a, b)) = work.pop() {
        implied_by(graph, a, b, &definite, &mut implied);
        for (from, to) in implied.drain(..) {
            if graph.has_undirected(from, to) && allows(from, to) {
                graph.set_directed(from, to);
                made.push((from, to));
                work.push((from, to));
            }
        }
    }
    made
}

/// Every arrow a rule makes with `a --> b` among its premises; some may no longer be undirected when they are applied.
fn implied_by(
    graph: &Pdag,
    a: usize,
    b: usize,
    definite: &impl Fn(usize, usize, usize) -> bool,
    implied: &mut Vec<(usize, usize)>,
) {
    let (near_a, near_b) = (graph.neighbours(a), graph.neighbours(b));
    // R1: a --> b --- c, a and c apart, gives b --> c.
    implied.extend(near_b.iter().filter(|&c| !graph.adjacent(a, c) && definite(a, b, c)).map(|c| (b, c)));
    // R2: x --> y --> z with x --- z gives x --> z; the arrow stands first, then second.
    implied.extend(common(near_a, graph.children(b)).map(|c| (a, c)));
    implied.extend(common(near_b, graph.parents(a)).map(|c| (c, b)));
    // R3: x --- b, x --- a --> b, x --- d --> b, a and d apart, gives x --> b.
    for x in common(near_a, near_b) {
        let apart = |d: usize| d != a && !graph.adjacent(a, d) && definite(a, x, d);
        if common(graph.parents(b), graph.neighbours(x)).any(apart) {
            implied.push((x, b));
        }
    }
    // R4: x --- y, x --- d --> c --> y, x --- c, d and y apart, gives x --> y; the arrow stands first, then second.
    for y in graph.children(b).iter().filter(|&y| y != a && !graph.adjacent(a, y)) {
        let lines = common3(near_a, near_b, graph.neighbours(y));
        implied.extend(lines.filter(|&x| definite(a, x, y)).map(|x| (x, y)));
    }
    for d in graph.parents(a).iter().filter(|&d| d != b && !graph.adjacent(d, b)) {
        let lines = common3(graph.neighbours(d), near_a, near_b);
        implied.extend(lines.filter(|&x| definite(d, x, b)).map(|x| (x, b)));
    }
}

fn common<'a>(a: &'a NodeSet, b: &'a NodeSet) -> impl Iterator<Item = usize> + 'a {
    a.iter().filter(|&v| b.contains(v))
}

fn common3<'a>(a: &'a NodeSet, b: &'a NodeSet, c: &'a NodeSet) -> impl Iterator<Item = usize> + 'a {
    common(a, b).filter(|&v| c.contains(v))
}

/// Adds background knowledge to a CPDAG or MPDAG: `required` arrows, and arrows that are `forbidden`; then closes it under
/// Meek's rules. The result is the MPDAG of exactly those members of the class that agree with the knowledge.
///
/// # Errors
/// [`GraphError::Contradiction`] when an arrow cannot be had: the two are not joined, or the class with the knowledge before
/// it has the opposite arrow. [`GraphError::UnknownNode`] for a number that is no node.
pub fn add_background_knowledge(
    graph: &Pdag,
    required: impl IntoIterator<Item = (usize, usize)>,
    forbidden: impl IntoIterator<Item = (usize, usize)>,
) -> Result<Pdag, GraphError> {
    let mut graph = graph.clone();
    let wanted = required.into_iter().map(|(a, b)| (a, b, true));
    for (from, to, must) in wanted.chain(forbidden.into_iter().map(|(a, b)| (b, a, false))) {
        for end in [from, to] {
            if end >= graph.len() {
                return Err(GraphError::UnknownNode { name: end.to_string() });
            }
        }
        if graph.has_undirected(from, to) {
            graph.set_directed(from, to);
            orient_by_meek_from(&mut graph, [(from, to)], |_, _| true);
        } else if !graph.has_directed(from, to) && (must || graph.has_directed(to, from)) {
            let name = |v| graph.nodes().name(v).to_owned();
            let (from, to) = if must { (name(from), name(to)) } else { (name(to), name(from)) };
            return Err(GraphError::Contradiction { from, to, must });
        }
    }
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, class_by_force};
    use crate::{Dag, Nodes, cpdag, is_mpdag, pattern};
    use proptest::prelude::*;

    fn graph(p: usize, arrows: &[(usize, usize)], lines: &[(usize, usize)]) -> Pdag {
        let mut graph = Pdag::empty(Nodes::numbered(p));
        arrows.iter().for_each(|&(a, b)| graph.set_directed(a, b));
        lines.iter().for_each(|&(a, b)| graph.set_undirected(a, b));
        graph
    }

    /// The four figures of Meek 1995, section 2.
    #[test]
    fn each_rule_alone() {
        let mut r1 = graph(3, &[(0, 1)], &[(1, 2)]);
        assert_eq!(orient_by_meek(&mut r1), [(1, 2)]);
        let mut r2 = graph(3, &[(0, 1), (1, 2)], &[(0, 2)]);
        assert_eq!(orient_by_meek(&mut r2), [(0, 2)]);
        let mut r3 = graph(4, &[(1, 3), (2, 3)], &[(0, 1), (0, 2), (0, 3)]);
        assert_eq!(orient_by_meek(&mut r3), [(0, 3)]);
        let mut r4 = graph(4, &[(1, 2), (2, 3)], &[(0, 1), (0, 2), (0, 3)]);
        assert_eq!(orient_by_meek(&mut r4), [(0, 3)]);
    }

    #[test]
    fn what_is_not_allowed_stays_undirected() {
        let mut chain = graph(4, &[(0, 1)], &[(1, 2), (2, 3)]);
        assert!(orient_by_meek_from(&mut chain, [(0, 1)], |from, _| from != 1).is_empty());
        assert!(chain.has_undirected(1, 2));
        assert_eq!(orient_by_meek_from(&mut chain, [(0, 1), (9, 9)], |_, _| true), [(1, 2), (2, 3)]);
    }

    #[test]
    fn ambiguous_triples_imply_nothing() {
        let definite = |a, b, c| (a, b, c) != (0, 1, 2) && (c, b, a) != (0, 1, 2);
        let mut chain = graph(4, &[(0, 1), (3, 1)], &[(1, 2)]);
        assert_eq!(orient_by_meek_definite(&mut chain.clone(), [(0, 1)], |_, _| true, definite), []);
        assert_eq!(orient_by_meek_definite(&mut chain, [(3, 1)], |_, _| true, definite), [(1, 2)]);
        let centre = |_: usize, b: usize, _: usize| b != 0;
        let mut r3 = graph(4, &[(1, 3), (2, 3)], &[(0, 1), (0, 2), (0, 3)]);
        assert_eq!(orient_by_meek_definite(&mut r3, [(1, 3), (2, 3)], |_, _| true, centre), []);
        let mut r4 = graph(4, &[(1, 2), (2, 3)], &[(0, 1), (0, 2), (0, 3)]);
        assert_eq!(orient_by_meek_definite(&mut r4, [(1, 2), (2, 3)], |_, _| true, centre), []);
    }

    #[test]
    fn knowledge_that_contradicts_is_named() {
        let known = cpdag(&Dag::from_edges(Nodes::numbered(4), [(0, 1), (2, 1), (1, 3)]).unwrap());
        let message = add_background_knowledge(&known, [(3, 1)], []).unwrap_err().to_string();
        assert_eq!(message, "background knowledge requires `X4` --> `X2`, but no member of the class has it");
        let message = add_background_knowledge(&known, [], [(1, 3)]).unwrap_err().to_string();
        assert_eq!(
            message,
            "background knowledge forbids `X2` --> `X4`, but every member of the class has it"
        );
        assert!(add_background_knowledge(&known, [(0, 2)], []).is_err());
        assert!(add_background_knowledge(&known, [(0, 7)], []).is_err());
        assert_eq!(add_background_knowledge(&known, [(0, 1)], [(0, 2), (3, 1)]), Ok(known));
    }

    /// What all the given DAGs share, the rest undirected.
    fn union_of(class: &[&Dag]) -> Pdag {
        let mut graph = Pdag::from_dag(class[0]);
        for (a, b) in class[0].edges() {
            if class.iter().any(|dag| dag.has_edge(b, a)) {
                graph.set_undirected(a, b);
            }
        }
        graph
    }

    proptest! {
        #[test]
        fn closing_the_pattern_gives_the_cpdag(dag in any_dag(12)) {
            let mut closed = pattern(&dag);
            orient_by_meek(&mut closed);
            prop_assert_eq!(closed, cpdag(&dag));
        }

        /// Sound and complete with background knowledge: an edge is undirected if and only if two members of the class that
        /// agree with the knowledge differ on it.
        #[test]
        fn knowledge_leaves_what_the_class_shares(dag in any_dag(5), known in prop::collection::vec(any::<prop::sample::Index>(), 0..3)) {
            let edges: Vec<_> = dag.edges().collect();
            let required: Vec<_> =
                known.iter().filter(|_| !edges.is_empty()).map(|index| *index.get(&edges)).collect();
            let graph = add_background_knowledge(&cpdag(&dag), required.clone(), []).unwrap();
            let class = class_by_force(&dag);
            let agreeing: Vec<_> =
                class.iter().filter(|d| required.iter().all(|&(a, b)| d.has_edge(a, b))).collect();
            prop_assert_eq!(&graph, &union_of(&agreeing));
            prop_assert!(is_mpdag(&graph));
            let forbidden = required.iter().map(|&(a, b)| (b, a));
            prop_assert_eq!(add_background_knowledge(&cpdag(&dag), [], forbidden).unwrap(), graph);
        }
    }
}
