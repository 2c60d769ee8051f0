//! [`NodeSet`]: a set of node numbers as bits, the currency of every algorithm here.

use std::fmt;

/// A set of node numbers below a fixed capacity, one bit each. Iterates in ascending order.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// The empty set, able to hold `0..capacity`.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { words: vec![0; capacity.div_ceil(64)] }
    }

    /// All of `0..capacity`.
    #[must_use]
    pub fn full(capacity: usize) -> Self {
        let mut words = vec![u64::MAX; capacity.div_ceil(64)];
        if let Some(last) = words.last_mut()
            && !capacity.is_multiple_of(64)
        {
            *last >>= 64 - capacity % 64;
        }
        Self { words }
    }

    /// The given nodes, in a set able to hold `0..capacity`; nodes beyond it are ignored.
    #[must_use]
    pub fn from_nodes(capacity: usize, nodes: impl IntoIterator<Item = usize>) -> Self {
        let mut set = Self::new(capacity);
        for node in nodes {
            set.insert(node);
        }
        set
    }

    /// Whether `node` is in the set.
    #[inline]
    #[must_use]
    pub fn contains(&self, node: usize) -> bool {
        self.words.get(node / 64).is_some_and(|word| word >> (node % 64) & 1 == 1)
    }

    /// Adds a node; false when it was there already or lies beyond the capacity.
    #[inline]
    pub fn insert(&mut self, node: usize) -> bool {
        match self.words.get_mut(node / 64) {
            Some(word) => {
                let bit = 1 << (node % 64);
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
            None => false,
        }
    }

    /// Takes a node out; false when it was not in.
    #[inline]
    pub fn remove(&mut self, node: usize) -> bool {
        match self.words.get_mut(node / 64) {
            Some(word) => {
                let bit = 1 << (node % 64);
                let old = *word & bit != 0;
                *word &= !bit;
                old
            }
            None => false,
        }
    }

    /// Number of nodes in the set.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the set has no node.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Removes every node.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// The nodes in ascending order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { words: &self.words, word: self.words.first().copied().unwrap_or(0), index: 0 }
    }

    /// The smallest node.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    /// Adds every node of `other`.
    #[inline]
    pub fn union_with(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    /// Keeps only the nodes that are in `other` too.
    #[inline]
    pub fn intersect_with(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
    }

    /// Takes out every node of `other`.
    #[inline]
    pub fn subtract(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= !b;
        }
    }

    /// The nodes in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut set = self.clone();
        set.union_with(other);
        set
    }

    /// The nodes in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut set = self.clone();
        set.intersect_with(other);
        set
    }

    /// The nodes of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut set = self.clone();
        set.subtract(other);
        set
    }

    /// Whether every node of this set is in `other`.
    #[inline]
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(a, b)| a & !b == 0)
    }

    /// Whether every node of this set but `exempt` is in `other`.
    #[inline]
    pub(crate) fn is_subset_but(&self, other: &Self, exempt: usize) -> bool {
        let mut words = self.words.iter().zip(&other.words).enumerate();
        words.all(|(at, (a, b))| {
            let spared = if exempt / 64 == at { 1 << (exempt % 64) } else { 0 };
            a & !b & !spared == 0
        })
    }

    /// Whether the two sets share no node.
    #[inline]
    #[must_use]
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(a, b)| a & b == 0)
    }

    /// The bits, 64 nodes a word, node 0 in the lowest bit of the first.
    #[inline]
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for &'a NodeSet {
    type Item = usize;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Ascending iterator over a [`NodeSet`].
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    words: &'a [u64],
    word: u64,
    index: usize,
}

impl Iterator for Iter<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.word == 0 {
            self.index += 1;
            self.word = *self.words.get(self.index)?;
        }
        let bit = self.word.trailing_zeros() as usize;
        self.word &= self.word - 1;
        Some(self.index * 64 + bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in_across_words() {
        let mut set = NodeSet::from_nodes(130, [129, 0, 64, 63, 500]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(!set.insert(0) && set.remove(0) && !set.remove(0));
        assert_eq!((set.len(), set.first()), (3, Some(63)));
        assert_eq!(NodeSet::full(130).len(), 130);
        assert_eq!(NodeSet::full(128).len(), 128);
        assert!(NodeSet::full(0).is_empty() && NodeSet::new(0).iter().next().is_none());
    }

    #[test]
    fn set_algebra() {
        let (a, b) = (NodeSet::from_nodes(70, [1, 65, 3]), NodeSet::from_nodes(70, [65, 2]));
        assert_eq!(a.union(&b).iter().collect::<Vec<_>>(), [1, 2, 3, 65]);
        assert_eq!(a.intersection(&b).iter().collect::<Vec<_>>(), [65]);
        assert_eq!(a.difference(&b).iter().collect::<Vec<_>>(), [1, 3]);
        assert!(a.intersection(&b).is_subset(&a) && a.difference(&b).is_disjoint(&b));
    }
}
