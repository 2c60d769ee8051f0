//! [`Knowledge`]: what is known of the edges before looking at the data. Every learner enforces it strictly: a required
//! edge is in every answer, a forbidden one in none, and no edge points from a later tier to an earlier one.

mod document;

use etiology_frame::Layer;
use etiology_graph::{NodeSet, Nodes};

pub use document::{KnowledgeDocument, name_matches};

use crate::StructureError;

/// Required and forbidden edges and tiers over numbered variables. The default for `p` variables knows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knowledge {
    nodes: Nodes,
    /// `required[a]` holds `b` with `a --> b` required.
    required: Vec<NodeSet>,
    /// `forbidden[a]` holds `b` with `a --> b` forbidden, whatever the reason.
    forbidden: Vec<NodeSet>,
}

impl Knowledge {
    /// Nothing is known.
    #[must_use]
    pub fn none(nodes: Nodes) -> Self {
        let empty = vec![NodeSet::new(nodes.len()); nodes.len()];
        Self { nodes, required: empty.clone(), forbidden: empty }
    }

    /// The variables.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.required.iter().chain(&self.forbidden).all(NodeSet::is_empty)
    }

    /// Requires `from --> to`, which also forbids `to --> from`.
    ///
    /// # Errors
    /// When the edge is forbidden, closes a cycle of required edges, or an end is no variable.
    pub fn require(mut self, from: usize, to: usize) -> Result<Self, StructureError> {
        self.check(from, to)?;
        if self.forbidden[from].contains(to) {
            return Err(self.clash(from, to, "is both required and forbidden (or its tiers forbid it)"));
        }
        if self.requires_path(to, from) {
            return Err(self.clash(from, to, "closes a cycle of required edges"));
        }
        self.required[from].insert(to);
        self.forbidden[to].insert(from);
        Ok(self)
    }

    /// Forbids `from --> to`; `to --> from` stays possible.
    ///
    /// # Errors
    /// When the edge is required, or an end is no variable.
    pub fn forbid(mut self, from: usize, to: usize) -> Result<Self, StructureError> {
        self.check(from, to)?;
        if self.required[from].contains(to) {
            return Err(self.clash(from, to, "is both required and forbidden"));
        }
        self.forbidden[from].insert(to);
        Ok(self)
    }

    /// Orders groups of variables in time: no edge from a later group to an earlier one. Variables in no group are free.
    ///
    /// # Errors
    /// When a required edge points back, or a number is no variable.
    pub fn tiers(mut self, tiers: &[Vec<usize>]) -> Result<Self, StructureError> {
        for (k, early) in tiers.iter().enumerate() {
            for &late in tiers[k + 1..].iter().flatten() {
                for &first in early {
                    if late != first {
                        self = self.forbid(late, first)?;
                    }
                }
            }
        }
        Ok(self)
    }

    /// Forbids every edge within a group, for example among simultaneous or exogenous variables.
    ///
    /// # Errors
    /// As [`Knowledge::forbid`].
    pub fn forbid_within(mut self, group: &[usize]) -> Result<Self, StructureError> {
        for &a in group {
            for &b in group {
                if a != b {
                    self = self.forbid(a, b)?;
                }
            }
        }
        Ok(self)
    }

    /// Forbids what layers make implausible: an edge from the model layer (what learning or serving shows) to the data or the
    /// compute layer (what feeds and carries it), because a loss cannot heat a GPU. `layers` gives each variable its layer;
    /// required edges win over this prior.
    #[must_use]
    pub fn with_layer_priors(mut self, layers: &[Option<Layer>]) -> Self {
        let of = |wanted: Layer| layers.iter().enumerate().filter(move |&(_, &layer)| layer == Some(wanted));
        for (effect, _) in of(Layer::Model) {
            for (cause, _) in of(Layer::Data).chain(of(Layer::Compute)) {
                if effect < self.forbidden.len() && !self.required[effect].contains(cause) {
                    self.forbidden[effect].insert(cause);
                }
            }
        }
        self
    }

    /// Whether `from --> to` is required.
    #[inline]
    #[must_use]
    pub fn requires(&self, from: usize, to: usize) -> bool {
        self.required.get(from).is_some_and(|set| set.contains(to))
    }

    /// Whether `from --> to` may be in the answer.
    #[inline]
    #[must_use]
    pub fn allows(&self, from: usize, to: usize) -> bool {
        !self.forbidden.get(from).is_some_and(|set| set.contains(to))
    }

    /// Whether the two may be joined at all.
    #[inline]
    #[must_use]
    pub fn allows_adjacency(&self, a: usize, b: usize) -> bool {
        self.allows(a, b) || self.allows(b, a)
    }

    /// Whether the two must be joined.
    #[inline]
    #[must_use]
    pub fn requires_adjacency(&self, a: usize, b: usize) -> bool {
        self.requires(a, b) || self.requires(b, a)
    }

    /// The required edges, by tail, then head.
    pub fn required(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.required.iter().enumerate().flat_map(|(a, set)| set.iter().map(move |b| (a, b)))
    }

    /// The forbidden edges, by tail, then head; those the tiers and the required edges forbid included.
    pub fn forbidden(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.forbidden.iter().enumerate().flat_map(|(a, set)| set.iter().map(move |b| (a, b)))
    }

    fn requires_path(&self, from: usize, to: usize) -> bool {
        let mut seen = NodeSet::from_nodes(self.nodes.len(), [from]);
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            if node == to {
                return true;
            }
            stack.extend(self.required[node].iter().filter(|&next| seen.insert(next)));
        }
        false
    }

    fn check(&self, from: usize, to: usize) -> Result<(), StructureError> {
        let p = self.nodes.len();
        if from >= p || to >= p {
            let got = from.max(to) + 1;
            return Err(StructureError::Width { what: "the background knowledge", expected: p, got });
        }
        if from == to {
            return Err(self.clash(from, to, "joins a variable to itself"));
        }
        Ok(())
    }

    fn clash(&self, from: usize, to: usize, why: &str) -> StructureError {
        let (from, to) = (self.nodes.name(from), self.nodes.name(to));
        StructureError::Knowledge { message: format!("the edge `{from}` --> `{to}` {why}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four() -> Knowledge {
        Knowledge::none(Nodes::numbered(4))
    }

    #[test]
    fn required_edges_forbid_their_reverse() {
        let known = four().require(0, 1).unwrap().require(1, 2).unwrap();
        assert!(known.requires(0, 1) && !known.allows(1, 0) && known.allows(0, 2));
        let cycle = known.clone().require(2, 0).unwrap_err().to_string();
        assert_eq!(cycle, "background knowledge: the edge `X3` --> `X1` closes a cycle of required edges");
        assert!(known.forbid(0, 1).is_err());
    }

    #[test]
    fn tiers_forbid_backwards_only() {
        let known = four().tiers(&[vec![0, 1], vec![2]]).unwrap();
        assert!(!known.allows(2, 0) && !known.allows(2, 1) && known.allows(0, 2) && known.allows(1, 0));
        assert!(known.allows(3, 0) && known.allows(2, 3));
        assert!(known.require(2, 1).is_err());
        let layers = [Some(Layer::Model), Some(Layer::Compute), None, Some(Layer::Data)];
        let prior = four().require(0, 3).unwrap().with_layer_priors(&layers);
        assert!(!prior.allows(0, 1) && prior.allows(1, 0) && prior.requires(0, 3) && prior.allows(0, 2));
        let within = four().forbid_within(&[0, 1]).unwrap();
        assert!(!within.allows_adjacency(0, 1) && within.allows_adjacency(0, 2));
        assert!(four().forbid(0, 4).is_err() && four().forbid(1, 1).is_err());
    }
}
