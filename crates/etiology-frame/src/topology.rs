//! Which entities call or feed which: what is known of the system before any statistics.
//!
//! Nodes keep the order in which they were first named. A call carries trouble from the callee back to the caller, a
//! feed carries it forward, so [`Topology::causes`] turns both into one causal direction.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// How two entities are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// The source calls the target and waits for it: trouble travels from target to source.
    #[default]
    Calls,
    /// The source feeds the target with data or work: trouble travels from source to target.
    Feeds,
}

/// One link, as positions in [`Topology::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// Who calls or feeds.
    pub source: usize,
    /// Who is called or fed.
    pub target: usize,
    /// Which of the two.
    pub kind: LinkKind,
}

/// A directed graph of entities. May be empty: then nothing is known.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    nodes: Vec<String>,
    by_name: HashMap<String, usize>,
    links: Vec<Link>,
}

impl Topology {
    /// A topology without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node unless it is there; returns its position.
    pub fn add_node(&mut self, name: &str) -> usize {
        if let Some(&index) = self.by_name.get(name) {
            return index;
        }
        let index = self.nodes.len();
        self.nodes.push(name.to_owned());
        self.by_name.insert(name.to_owned(), index);
        index
    }

    /// Adds a link between two entities, and the entities as needed. A link named twice is kept once.
    pub fn add_link(&mut self, source: &str, target: &str, kind: LinkKind) {
        let link = Link { source: self.add_node(source), target: self.add_node(target), kind };
        if !self.links.contains(&link) {
            self.links.push(link);
        }
    }

    /// A topology of calls.
    pub fn from_calls<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut topology = Self::new();
        for (source, target) in calls {
            topology.add_link(source, target, LinkKind::Calls);
        }
        topology
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The entities in the order they were first named.
    #[must_use]
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// The position of an entity.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The links in the order they were added.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The links as (cause, effect) pairs of positions: a callee causes, a feeder causes.
    pub fn causes(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.links.iter().map(|link| match link.kind {
            LinkKind::Calls => (link.target, link.source),
            LinkKind::Feeds => (link.source, link.target),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_run_against_and_feeds_along_the_causal_direction() {
        let mut topology =
            Topology::from_calls([("front-end", "orders"), ("orders", "payment"), ("front-end", "orders")]);
        topology.add_link("loader", "trainer", LinkKind::Feeds);
        assert_eq!(topology.nodes(), ["front-end", "orders", "payment", "loader", "trainer"]);
        assert_eq!(topology.causes().collect::<Vec<_>>(), [(1, 0), (2, 1), (3, 4)]);
    }
}
