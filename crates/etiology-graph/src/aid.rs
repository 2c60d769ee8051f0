//! How wrong the causal effects are that one would read off a graph.
//!
//! For every ordered pair of nodes, a guessed graph says how to identify the effect of the one on the other: that there is none,
//! that it cannot be identified, or by adjusting for a certain set. The distance counts the pairs for which that is wrong in the
//! true graph (Henckel, Wuertzen and Weichwald 2024, "Adjustment identification distance"). With parents as the sets, between
//! DAGs, it is the structural intervention distance (Peters and Buehlmann 2015, "Structural intervention distance for evaluating
//! causal graphs").
//!
//! For one cause and one set, a single walk finds all effects for which the set fails, so that the distances by parents and by
//! ancestors cost `O(p (p + edges))`, the one by optimal sets `O(p^2 (p + edges))` at worst.

use std::collections::BTreeMap;

use crate::adjustment::optimal_set;
use crate::class_size::components;
use crate::compare::same_nodes;
use crate::dag::reach;
use crate::possible::{not_amenable, possible_ancestors, possible_descendants};
use crate::{Dag, GraphError, NodeSet, Nodes, Pdag, consistent_extension, is_cpdag, is_mpdag, members};

/// Which adjustment set a guessed graph proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdjustBy {
    /// The parents of the cause; there is no effect on them.
    Parents,
    /// The ancestors of the cause; there is no effect on what cannot descend from it.
    Ancestors,
    /// The optimal set of cause and effect ([`crate::Adjustment::optimal`]); there is no effect on what cannot descend.
    Optimal,
}

/// Wrong pairs out of all ordered pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistakes {
    /// Pairs whose effect is identified wrongly.
    pub mistakes: usize,
    /// All ordered pairs, `p (p - 1)`.
    pub pairs: usize,
}

impl Mistakes {
    /// The share of wrong pairs; 0 when there are no pairs.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "pairs of nodes are far below 2^53")]
    pub fn share(&self) -> f64 {
        if self.pairs == 0 { 0.0 } else { self.mistakes as f64 / self.pairs as f64 }
    }
}

/// The adjustment identification distance of `guess` from `truth`, each a DAG, CPDAG or MPDAG. Where an effect is not
/// identified in one of them, that is right if it is not identified in the other either.
///
/// # Errors
/// [`GraphError::DifferentNodes`], or [`GraphError::NotMpdag`] for a graph that is none of the three.
pub fn identification_distance(
    truth: &Pdag,
    guess: &Pdag,
    strategy: AdjustBy,
) -> Result<Mistakes, GraphError> {
    same_nodes(truth.nodes(), guess.nodes())?;
    if !is_mpdag(guess) {
        return Err(GraphError::NotMpdag);
    }
    let truth = Truth::new(truth)?;
    let p = guess.len();
    let mistakes = (0..p).map(|cause| {
        let one = NodeSet::from_nodes(p, [cause]);
        let none = NodeSet::new(p);
        let may_descend = || possible_descendants(guess, &one, &none);
        let (no_effect, wrong_set) = match strategy {
            AdjustBy::Parents => {
                let parents = guess.parents(cause);
                (parents.clone(), truth.fails(cause, parents))
            }
            AdjustBy::Ancestors => {
                let mut ancestors = reach(guess.all_parents(), [cause], p);
                ancestors.remove(cause);
                (NodeSet::full(p).difference(&may_descend()), truth.fails(cause, &ancestors))
            }
            AdjustBy::Optimal => {
                let may_descend = may_descend();
                let fails = |&effect: &usize| {
                    let set = optimal_set(guess, &one, &NodeSet::from_nodes(p, [effect]));
                    truth.fails(cause, &set).contains(effect)
                };
                let wrong = may_descend.iter().filter(|&effect| effect != cause).filter(fails);
                (NodeSet::full(p).difference(&may_descend), NodeSet::from_nodes(p, wrong))
            }
        };
        truth.mistakes(cause, &Claims { no_effect, unidentified: not_amenable(guess, &one), wrong_set })
    });
    Ok(Mistakes { mistakes: mistakes.sum(), pairs: p * p.saturating_sub(1) })
}

/// The structural intervention distance: the pairs for which adjusting for the parents of the cause in `guess` does not give
/// its effect in `truth`. Not symmetric. `O(p (p + edges))`.
///
/// # Errors
/// [`GraphError::DifferentNodes`].
pub fn sid(truth: &Dag, guess: &Dag) -> Result<usize, GraphError> {
    same_nodes(truth.nodes(), guess.nodes())?;
    let truth = Truth::of(truth);
    Ok((0..guess.len()).map(|cause| truth.mistakes_by_parents(cause, guess.parents(cause))).sum())
}

/// The smallest and the largest structural intervention distance of a member of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SidBounds {
    /// No member is closer to the truth.
    pub lower: usize,
    /// No member is farther from it.
    pub upper: usize,
    /// Whether members reach both bounds, or an undirected component was too large to go through.
    pub exact: bool,
}

/// The bounds of [`sid`] over the members of the class of a CPDAG (Peters and Buehlmann 2015, section 2.4.2), or the distance
/// itself for a DAG. Undirected components with more than `limit` orientations are bounded node by node, over the parent
/// sets possible for each, which may not go together (over nothing, where there are more than `limit` of those): then the
/// bounds hold but need not be reached.
///
/// # Errors
/// [`GraphError::DifferentNodes`]; [`GraphError::NotCpdag`] for a graph that is neither CPDAG nor DAG.
pub fn sid_bounds(truth: &Dag, guess: &Pdag, limit: usize) -> Result<SidBounds, GraphError> {
    same_nodes(truth.nodes(), guess.nodes())?;
    if !is_cpdag(guess) && (guess.undirected_edges().next().is_some() || consistent_extension(guess).is_err())
    {
        return Err(GraphError::NotCpdag);
    }
    let truth = Truth::of(truth);
    let mut known: BTreeMap<(usize, NodeSet), usize> = BTreeMap::new();
    let mut cost = |v: usize, oriented: &NodeSet| {
        let parents = guess.parents(v).union(oriented);
        *known.entry((v, parents)).or_insert_with_key(|(v, parents)| truth.mistakes_by_parents(*v, parents))
    };
    let undirected: Vec<NodeSet> = (0..guess.len()).map(|v| guess.neighbours(v).clone()).collect();
    let mut bounds = SidBounds { lower: 0, upper: 0, exact: true };
    for part in components(&undirected, &NodeSet::full(guess.len())) {
        let nodes: Vec<usize> = part.iter().collect();
        let (mut least, mut most) = (usize::MAX, 0);
        let mut orientations = members(&induced(&undirected, &nodes))?;
        for dag in orientations.by_ref().take(limit.max(1)) {
            let local = |v: usize| NodeSet::from_nodes(guess.len(), dag.parents(v).iter().map(|u| nodes[u]));
            let total = nodes.iter().enumerate().map(|(at, &v)| cost(v, &local(at))).sum();
            (least, most) = (least.min(total), most.max(total));
        }
        if orientations.next().is_some() {
            bounds.exact = false;
            (least, most) = (0, 0);
            for &v in &nodes {
                let cliques = cliques(&undirected, &undirected[v], limit.max(1));
                let costs: Vec<usize> = match &cliques {
                    Some(cliques) => cliques.iter().map(|clique| cost(v, clique)).collect(),
                    None => vec![0, guess.len() - 1],
                };
                least += costs.iter().min().copied().unwrap_or(0);
                most += costs.iter().max().copied().unwrap_or(0);
            }
        }
        bounds.lower += least;
        bounds.upper += most;
    }
    Ok(bounds)
}

/// The undirected graph on some nodes, renumbered in their order.
fn induced(near: &[NodeSet], nodes: &[usize]) -> Pdag {
    let mut graph = Pdag::empty(Nodes::numbered(nodes.len()));
    for (i, &a) in nodes.iter().enumerate() {
        for (j, _) in nodes.iter().enumerate().skip(i + 1).filter(|&(_, &b)| near[a].contains(b)) {
            graph.set_undirected(i, j);
        }
    }
    graph
}

/// Every clique within `candidates`, the empty one included: the parents a node of a CPDAG can have among its neighbours. None
/// when there are more than `limit`.
fn cliques(near: &[NodeSet], candidates: &NodeSet, limit: usize) -> Option<Vec<NodeSet>> {
    let mut found = vec![NodeSet::new(near.len())];
    for v in candidates {
        let larger = found.iter().filter(|clique| clique.is_subset(&near[v])).map(|clique| {
            let mut clique = clique.clone();
            clique.insert(v);
            clique
        });
        let larger: Vec<_> = larger.collect();
        found.extend(larger);
        if found.len() > limit {
            return None;
        }
    }
    Some(found)
}

/// What a guess says of the effects of one cause.
struct Claims {
    no_effect: NodeSet,
    unidentified: NodeSet,
    /// Effects for which the set it proposes fails in the true graph.
    wrong_set: NodeSet,
}

/// The true graph and a member of its class.
struct Truth {
    graph: Pdag,
    member: Dag,
}

impl Truth {
    fn new(graph: &Pdag) -> Result<Self, GraphError> {
        if !is_mpdag(graph) {
            return Err(GraphError::NotMpdag);
        }
        Ok(Self { graph: graph.clone(), member: consistent_extension(graph)? })
    }

    fn of(dag: &Dag) -> Self {
        Self { graph: Pdag::from_dag(dag), member: dag.clone() }
    }

    fn mistakes_by_parents(&self, cause: usize, parents: &NodeSet) -> usize {
        let wrong_set = self.fails(cause, parents);
        let unidentified = NodeSet::new(self.graph.len());
        self.mistakes(cause, &Claims { no_effect: parents.clone(), unidentified, wrong_set })
    }

    fn mistakes(&self, cause: usize, claims: &Claims) -> usize {
        let p = self.graph.len();
        let one = NodeSet::from_nodes(p, [cause]);
        let mut wrong =
            possible_descendants(&self.graph, &one, &NodeSet::new(p)).intersection(&claims.no_effect);
        let unidentified = not_amenable(&self.graph, &one);
        let either = unidentified.union(&claims.unidentified);
        let both = unidentified.intersection(&claims.unidentified);
        wrong.union_with(&either.difference(&both).difference(&claims.no_effect));
        wrong.union_with(&claims.wrong_set.difference(&either).difference(&claims.no_effect));
        wrong.remove(cause);
        wrong.len()
    }

    /// The effects, outside `set`, for which adjusting for `set` fails although they are amenable: a member of the set lies on
    /// or below a causal path, or another path is open.
    fn fails(&self, cause: usize, set: &NodeSet) -> NodeSet {
        let (graph, one) = (&self.graph, NodeSet::from_nodes(self.graph.len(), [cause]));
        let none = NodeSet::new(graph.len());
        let after = possible_descendants(graph, graph.children(cause), &one);
        let above_set = after.intersection(&possible_ancestors(graph, set, &one));
        let mut fails = possible_descendants(graph, &above_set, &none).intersection(&after);
        fails.union_with(&open_not_causal(&self.member, cause, set));
        fails
    }
}

/// The nodes to which a path from `cause`, open given `set`, leads that is not directed all the way. A walk that turns back at
/// a node with a descendant in `set` on a causal path is counted too: there `set` fails by that descendant.
fn open_not_causal(dag: &Dag, cause: usize, set: &NodeSet) -> NodeSet {
    let p = dag.len();
    let opens = reach(dag.all_parents(), set, p);
    let mut reached = NodeSet::new(p);
    // Entered along causal arrows only; else from a parent; else from a child.
    let mut entered = [NodeSet::new(p), NodeSet::new(p), NodeSet::new(p)];
    let mut work: Vec<(usize, usize)> = Vec::new();
    let go = |to: &NodeSet, how: usize, entered: &mut [NodeSet; 3], work: &mut Vec<(usize, usize)>| {
        let new = to.iter().filter(|&v| v != cause && entered[how].insert(v));
        work.extend(new.map(|v| (v, how)));
    };
    go(dag.children(cause), CAUSAL, &mut entered, &mut work);
    go(dag.parents(cause), FROM_CHILD, &mut entered, &mut work);
    while let Some((v, how)) = work.pop() {
        let blocked = set.contains(v);
        if how != CAUSAL {
            reached.insert(v);
        }
        if !blocked {
            let on = if how == CAUSAL { CAUSAL } else { FROM_PARENT };
            go(dag.children(v), on, &mut entered, &mut work);
        }
        if if how == FROM_CHILD { !blocked } else { opens.contains(v) } {
            go(dag.parents(v), FROM_CHILD, &mut entered, &mut work);
        }
    }
    reached
}

const CAUSAL: usize = 0;
const FROM_PARENT: usize = 1;
const FROM_CHILD: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_dag, class_by_force};
    use crate::{Adjustment, cpdag};
    use proptest::prelude::*;

    fn dag(edges: &[(usize, usize)]) -> Dag {
        Dag::from_edges(Nodes::numbered(3), edges.iter().copied()).unwrap()
    }

    #[test]
    fn three_nodes() {
        let (chain, back) = (dag(&[(0, 1), (1, 2)]), dag(&[(2, 1), (1, 0)]));
        let collider = dag(&[(0, 1), (2, 1)]);
        assert_eq!(sid(&chain, &back), Ok(6));
        assert_eq!(sid(&chain, &collider), Ok(3));
        assert_eq!(sid(&chain, &chain), Ok(0));
        let bounds = sid_bounds(&chain, &cpdag(&back), 100).unwrap();
        assert_eq!(bounds, SidBounds { lower: 0, upper: 6, exact: true });
        let loose = sid_bounds(&chain, &cpdag(&back), 1).unwrap();
        assert!(!loose.exact && loose.lower == 0 && loose.upper >= 6);
        assert!(
            sid_bounds(
                &chain,
                &{
                    let mut g = cpdag(&back);
                    g.set_bidirected(0, 1);
                    g
                },
                9
            )
            .is_err()
        );
    }

    /// Peters and Buehlmann 2015, figure 1: five variables, distances 0, 8 and one reversed edge that costs more than one extra.
    #[test]
    fn one_edge_can_cost_more_than_another() {
        let edges = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)];
        let of =
            |edges: &[(usize, usize)]| Dag::from_edges(Nodes::numbered(5), edges.iter().copied()).unwrap();
        let truth = of(&edges);
        let extra = of(&[&edges[..], &[(2, 3)]].concat());
        let turned = of(&[&[(1, 0)], &edges[1..]].concat());
        assert_eq!((sid(&truth, &extra), sid(&truth, &turned)), (Ok(0), Ok(8)));
    }

    /// By the criterion, pair by pair.
    fn by_pairs(truth: &Pdag, guess: &Pdag, strategy: AdjustBy) -> usize {
        let p = truth.len();
        let ask = |graph: &Pdag, x, y| Adjustment::new(graph, x, y).unwrap();
        let may_affect = |graph: &Pdag, x, y: usize| {
            possible_descendants(graph, &NodeSet::from_nodes(p, [x]), &NodeSet::new(p)).contains(y)
        };
        let wrong = |&(x, y): &(usize, usize)| {
            let (in_guess, in_truth) = (ask(guess, x, y), ask(truth, x, y));
            let says_none = match strategy {
                AdjustBy::Parents => guess.has_directed(y, x),
                _ => !may_affect(guess, x, y),
            };
            if says_none {
                return may_affect(truth, x, y);
            }
            if !in_guess.is_amenable() || !in_truth.is_amenable() {
                return in_guess.is_amenable() || in_truth.is_amenable();
            }
            let set = match strategy {
                AdjustBy::Parents => guess.parents(x).clone(),
                AdjustBy::Ancestors => {
                    let mut set = reach(guess.all_parents(), [x], p);
                    set.remove(x);
                    set
                }
                AdjustBy::Optimal => in_guess.optimal().unwrap(),
            };
            !in_truth.is_valid(&set)
        };
        (0..p).flat_map(|x| (0..p).map(move |y| (x, y))).filter(|&(x, y)| x != y).filter(wrong).count()
    }

    fn pair_of_dags(max: usize) -> impl proptest::strategy::Strategy<Value = (Dag, Dag)> {
        (any_dag(max), any_dag(max)).prop_map(|(a, b)| {
            let p = a.len().min(b.len());
            let within = |dag: &Dag| {
                let edges = dag.edges().filter(|&(x, y)| x < p && y < p);
                Dag::from_edges(Nodes::numbered(p), edges).unwrap()
            };
            (within(&a), within(&b))
        })
    }

    proptest! {
        #[test]
        fn equals_the_criterion((truth, guess) in pair_of_dags(6)) {
            let graphs = [(Pdag::from_dag(&truth), Pdag::from_dag(&guess)), (cpdag(&truth), cpdag(&guess)),
                (Pdag::from_dag(&truth), cpdag(&guess)), (cpdag(&truth), Pdag::from_dag(&guess))];
            for (truth, guess) in &graphs {
                for strategy in [AdjustBy::Parents, AdjustBy::Ancestors, AdjustBy::Optimal] {
                    let got = identification_distance(truth, guess, strategy).unwrap();
                    prop_assert_eq!(got.mistakes, by_pairs(truth, guess, strategy), "{:?}", strategy);
                    let own = identification_distance(truth, truth, strategy).unwrap();
                    prop_assert_eq!(own.mistakes, 0);
                }
            }
            let parents = identification_distance(&graphs[0].0, &graphs[0].1, AdjustBy::Parents).unwrap();
            prop_assert_eq!(sid(&truth, &guess).unwrap(), parents.mistakes);
        }

        #[test]
        fn bounds_are_reached((truth, guess) in pair_of_dags(5)) {
            let all: Vec<_> = class_by_force(&guess).iter().map(|dag| sid(&truth, dag).unwrap()).collect();
            let (least, most) = (*all.iter().min().unwrap(), *all.iter().max().unwrap());
            let bounds = sid_bounds(&truth, &cpdag(&guess), 1000).unwrap();
            prop_assert_eq!(bounds, SidBounds { lower: least, upper: most, exact: true });
            let loose = sid_bounds(&truth, &cpdag(&guess), 1).unwrap();
            prop_assert!(loose.lower <= least && most <= loose.upper);
        }
    }
}
