//! Which covariates to adjust for, so that a regression or a stratified mean gives a total causal effect.
//!
//! A set is an adjustment set exactly when it meets the generalised adjustment criterion: the graph is amenable (every possibly
//! causal path from the causes to the effects begins with an arrow), no member of the set lies on or below such a path, and
//! the set blocks every other path (Perkovic, Textor, Kalisch and Maathuis 2018, "Complete graphical characterization and
//! construction of adjustment sets in Markov equivalence classes of ancestral graphs"; for MPDAGs Perkovic, Kalisch and
//! Maathuis 2017). In a DAG this is the criterion of Shpitser et al. 2010, which finds every set that
//! Pearl's back-door criterion finds, and more.
//!
//! All hidden common causes must be nodes of the graph; say which nodes can be measured by [`Adjustment::with_observed`].

use crate::possible::{not_amenable, possible_ancestors, possible_descendants};
use crate::separation::minimal_separator_sets;
use crate::separators::MinimalSeparators;
use crate::{
    Dag, GraphError, NodeSet, Pdag, consistent_extension, d_separated_sets, is_mpdag, orient_by_meek_from,
};

/// A question: the total effect of `causes` on `effects` in a DAG, CPDAG or MPDAG; and the sets that answer it.
///
/// ```
/// use etiology_graph::{Adjustment, Dag, NodeSet, Nodes, Pdag};
///
/// // Confounded by z: z -> x -> y <- z.
/// let dag = Dag::from_edges(Nodes::new(["x", "y", "z"])?, [(0, 1), (2, 0), (2, 1)])?;
/// let question = Adjustment::new(&Pdag::from_dag(&dag), 0, 1)?;
/// assert_eq!(question.minimal(), Some(NodeSet::from_nodes(3, [2])));
/// let hidden = question.with_observed(&NodeSet::from_nodes(3, [0, 1]));
/// assert_eq!(hidden.minimal(), None);
/// # Ok::<(), etiology_graph::GraphError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adjustment {
    graph: Pdag,
    causes: NodeSet,
    effects: NodeSet,
    observed: NodeSet,
    amenable: bool,
    mediators: NodeSet,
    forbidden: NodeSet,
    /// A member of the class without the first arrows of its causal paths.
    back_door: Dag,
}

impl Adjustment {
    /// The effect of `cause` on `effect`, every node observed. `O(p + edges)` after the check of the graph.
    ///
    /// # Errors
    /// As [`Adjustment::between`].
    pub fn new(graph: &Pdag, cause: usize, effect: usize) -> Result<Self, GraphError> {
        let one = |v: usize| {
            let unknown = || GraphError::UnknownNode { name: v.to_string() };
            if v < graph.len() { Ok(NodeSet::from_nodes(graph.len(), [v])) } else { Err(unknown()) }
        };
        Self::between(graph, &one(cause)?, &one(effect)?)
    }

    /// The joint effect of setting all of `causes` on `effects`.
    ///
    /// # Errors
    /// [`GraphError::UnknownNode`] for a number that is no node; [`GraphError::NotMpdag`] when the graph is no DAG, CPDAG or MPDAG; [`GraphError::SelfLoop`] when a node is cause and
    /// effect.
    pub fn between(graph: &Pdag, causes: &NodeSet, effects: &NodeSet) -> Result<Self, GraphError> {
        if let Some(v) = causes.union(effects).iter().chain(effects).find(|&v| v >= graph.len()) {
            return Err(GraphError::UnknownNode { name: v.to_string() });
        }
        if let Some(both) = causes.intersection(effects).first() {
            return Err(GraphError::SelfLoop { name: graph.nodes().name(both).to_owned() });
        }
        if !is_mpdag(graph) {
            return Err(GraphError::NotMpdag);
        }
        let mediators = mediators(graph, causes, effects);
        let mut forbidden = possible_descendants(graph, &mediators, &NodeSet::new(graph.len()));
        forbidden.union_with(causes);
        forbidden.union_with(effects);
        let member = consistent_extension(graph)?;
        let first = self::mediators(&Pdag::from_dag(&member), causes, effects);
        let mut back_door = member;
        for x in causes {
            for first in &first {
                back_door.remove(x, first);
            }
        }
        Ok(Self {
            amenable: not_amenable(graph, causes).is_disjoint(effects),
            graph: graph.clone(),
            causes: causes.clone(),
            effects: effects.clone(),
            observed: NodeSet::full(graph.len()),
            mediators,
            forbidden,
            back_door,
        })
    }

    /// Lets only sets of these nodes count. Default: all nodes.
    #[must_use]
    pub fn with_observed(mut self, observed: &NodeSet) -> Self {
        self.observed = observed.clone();
        self
    }

    /// Whether every possibly causal path from the causes to the effects begins with an arrow. If not, members of the class
    /// disagree on the effect, and no set serves them all; see [`possible_parent_sets`].
    #[must_use]
    pub fn is_amenable(&self) -> bool {
        self.amenable
    }

    /// The nodes other than the causes on possibly causal paths from the causes to the effects.
    #[must_use]
    pub fn mediators(&self) -> &NodeSet {
        &self.mediators
    }

    /// The nodes no adjustment set may contain: the causes, the effects, and what may descend from the mediators.
    #[must_use]
    pub fn forbidden(&self) -> &NodeSet {
        &self.forbidden
    }

    /// Whether adjusting for `set` gives the effect, in every member of the class. Necessary and sufficient. `O(p + edges)`.
    #[must_use]
    pub fn is_valid(&self, set: &NodeSet) -> bool {
        self.amenable
            && set.is_disjoint(&self.forbidden)
            && set.is_subset(&self.observed)
            && d_separated_sets(&self.back_door, &self.causes, &self.effects, set)
    }

    /// The set of all observed possible ancestors of causes and effects that are not forbidden: valid if any set is (Perkovic
    /// et al. 2018, corollary 4.4). Large; prefer [`Adjustment::optimal`] or [`Adjustment::minimal`].
    #[must_use]
    pub fn canonical(&self) -> Option<NodeSet> {
        let ends = self.causes.union(&self.effects);
        let mut set = possible_ancestors(&self.graph, &ends, &NodeSet::new(self.graph.len()));
        set.subtract(&self.forbidden);
        set.intersect_with(&self.observed);
        self.is_valid(&set).then_some(set)
    }

    /// The parents of the causes, where they are a valid set; for a single cause in a DAG they are, if observed and if the
    /// effect is none of them (Pearl 2009, theorem 3.2.2).
    #[must_use]
    pub fn parents(&self) -> Option<NodeSet> {
        let mut set = NodeSet::new(self.graph.len());
        for x in &self.causes {
            set.union_with(self.graph.parents(x));
        }
        set.subtract(&self.causes);
        self.is_valid(&set).then_some(set)
    }

    /// The set whose estimates of the effect have the smallest asymptotic variance of all valid sets in a causal linear model,
    /// and in many others: the parents of the mediators that are not forbidden (Henckel, Perkovic and Maathuis 2022,
    /// "Graphical criteria for efficient total effect estimation via adjustment in causal linear models", theorem 3.10).
    /// None when no set is valid, when a member is not observed, or when there is no effect to estimate.
    #[must_use]
    pub fn optimal(&self) -> Option<NodeSet> {
        if self.mediators.is_empty() {
            return None;
        }
        let set = optimal_set(&self.graph, &self.causes, &self.effects);
        self.is_valid(&set).then_some(set)
    }

    /// A valid set none of whose members can be left out; none when no set is valid. `O(p + edges)`.
    #[must_use]
    pub fn minimal(&self) -> Option<NodeSet> {
        if !self.amenable {
            return None;
        }
        let none = NodeSet::new(self.graph.len());
        minimal_separator_sets(&self.back_door, &self.causes, &self.effects, &none, &self.choice())
    }

    /// Every valid set none of whose members can be left out, each once; there can be exponentially many, each costs
    /// `O(p (p + edges))`.
    #[must_use]
    pub fn all_minimal(&self) -> MinimalSeparators {
        let choice = if self.amenable { Some(self.choice()) } else { None };
        MinimalSeparators::new(&self.back_door, &self.causes, &self.effects, choice)
    }

    fn choice(&self) -> NodeSet {
        self.observed.difference(&self.forbidden)
    }
}

/// The nodes other than `causes` on possibly causal paths from `causes` to `effects` that begin with an arrow.
fn mediators(graph: &Pdag, causes: &NodeSet, effects: &NodeSet) -> NodeSet {
    let mut first = NodeSet::new(graph.len());
    for x in causes {
        first.union_with(graph.children(x));
    }
    let mut on_paths = possible_descendants(graph, &first, causes);
    on_paths.intersect_with(&possible_ancestors(graph, effects, causes));
    on_paths
}

/// The parents of the mediators that are neither causes nor on or below a possibly causal path.
pub(crate) fn optimal_set(graph: &Pdag, causes: &NodeSet, effects: &NodeSet) -> NodeSet {
    let mediators = mediators(graph, causes, effects);
    let mut set = NodeSet::new(graph.len());
    for mediator in &mediators {
        set.union_with(graph.parents(mediator));
    }
    set.subtract(&possible_descendants(graph, &mediators, &NodeSet::new(graph.len())));
    set.subtract(causes);
    set
}

/// Pearl's back-door criterion (1993): `set` contains no descendant of `x` and d-separates `x` from `y` once the arrows out of
/// `x` are removed. Sufficient, not necessary: see [`Adjustment::is_valid`]. `O(p + edges)`.
#[must_use]
pub fn satisfies_back_door(dag: &Dag, x: usize, y: usize, set: &NodeSet) -> bool {
    let p = dag.len();
    if x >= p || y >= p || x == y || set.contains(y) || !dag.descendants(x).is_disjoint(set) {
        return false;
    }
    let of = |v| NodeSet::from_nodes(p, [v]);
    d_separated_sets(&without_arrows_out(dag, &of(x)), &of(x), &of(y), set)
}

/// The DAG without the arrows that leave `nodes`.
pub(crate) fn without_arrows_out(dag: &Dag, nodes: &NodeSet) -> Dag {
    let parents = (0..dag.len()).map(|v| dag.parents(v).difference(nodes)).collect();
    Dag::from_parents(dag.nodes().clone(), parents)
}

/// The sets of nodes that are the parents of `node` in some member of the class of an MPDAG, each once: what IDA
/// adjusts for to get the possible effects when the graph is not amenable (Maathuis, Kalisch and Buehlmann 2009, "Estimating
/// high-dimensional intervention effects from observational data", made exact under background knowledge by closing the
/// graph under Meek's rules). At most `2^n` sets for `n` undirected edges at the node, found as they are asked for; each costs
/// a closure an edge.
///
/// # Errors
/// [`GraphError::NotMpdag`], [`GraphError::UnknownNode`].
pub fn possible_parent_sets(graph: &Pdag, node: usize) -> Result<ParentSets, GraphError> {
    if node >= graph.len() {
        return Err(GraphError::UnknownNode { name: node.to_string() });
    }
    if !is_mpdag(graph) {
        return Err(GraphError::NotMpdag);
    }
    Ok(ParentSets { node, open: vec![graph.clone()] })
}

/// Iterator over the parents a node can have, made by [`possible_parent_sets`].
#[derive(Debug, Clone)]
pub struct ParentSets {
    node: usize,
    /// MPDAGs whose classes are disjoint and not yet looked at.
    open: Vec<Pdag>,
}

impl Iterator for ParentSets {
    type Item = NodeSet;

    fn next(&mut self) -> Option<NodeSet> {
        let (node, mut graph) = (self.node, self.open.pop()?);
        loop {
            // Without its first neighbour before with it.
            let Some(next) = graph.neighbours(node).first() else {
                return Some(graph.parents(node).clone());
            };
            let mut other = graph.clone();
            other.set_directed(next, node);
            orient_by_meek_from(&mut other, [(next, node)], |_, _| true);
            self.open.push(other);
            graph.set_directed(node, next);
            orient_by_meek_from(&mut graph, [(node, next)], |_, _| true);
        }
    }
}

#[cfg(test)]
mod tests;
