//! [`Nodes`]: the names a graph's numbers stand for, shared by every graph made from them.

use std::sync::Arc;

use crate::GraphError;

/// Unique node names in order. Cloning shares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes(Arc<[String]>);

impl Nodes {
    /// Takes names in the order of their numbers.
    ///
    /// # Errors
    /// [`GraphError::DuplicateNode`] when two are equal.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, GraphError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(GraphError::DuplicateNode { name: pair[0].to_owned() }),
            None => Ok(Self(names.into())),
        }
    }

    /// Names the caller knows to be unique.
    pub(crate) fn from_unique(names: Vec<String>) -> Self {
        Self(names.into())
    }

    /// `X1`, `X2`, ... for graphs whose names do not matter.
    #[must_use]
    pub fn numbered(count: usize) -> Self {
        Self((1..=count).map(|i| format!("X{i}")).collect())
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The name of a node, or `?` for a number that is none.
    #[must_use]
    pub fn name(&self, node: usize) -> &str {
        self.0.get(node).map_or("?", String::as_str)
    }

    /// The number of a name. `O(p)`.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|other| other == name)
    }

    /// The number of a name, or an error that names it.
    ///
    /// # Errors
    /// [`GraphError::UnknownNode`].
    pub fn require(&self, name: &str) -> Result<usize, GraphError> {
        self.index_of(name).ok_or_else(|| GraphError::UnknownNode { name: name.to_owned() })
    }
}
