//! [`SeparatingSets`]: for each pair that is not joined, the set that made it independent.

use std::collections::BTreeMap;

use etiology_graph::NodeSet;

/// The conditioning sets found by a search, by pair. Empty sets, by far the most, take one bit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeparatingSets {
    marginal: Vec<NodeSet>,
    conditional: BTreeMap<(usize, usize), Vec<usize>>,
}

impl SeparatingSets {
    /// No sets yet, over `p` variables.
    #[must_use]
    pub fn new(p: usize) -> Self {
        Self { marginal: vec![NodeSet::new(p); p], conditional: BTreeMap::new() }
    }

    /// The set that separates the two, in ascending order; `None` when none was found or looked for.
    #[must_use]
    pub fn get(&self, a: usize, b: usize) -> Option<&[usize]> {
        let (a, b) = (a.min(b), a.max(b));
        if self.marginal.get(a).is_some_and(|set| set.contains(b)) {
            return Some(&[]);
        }
        self.conditional.get(&(a, b)).map(Vec::as_slice)
    }

    /// Whether the two are separated by a set with `node` in it; `None` when no set is known.
    #[must_use]
    pub fn contains(&self, a: usize, b: usize, node: usize) -> Option<bool> {
        self.get(a, b).map(|set| set.contains(&node))
    }

    /// Records a set, in place of the one before.
    pub fn insert(&mut self, a: usize, b: usize, mut set: Vec<usize>) {
        let (a, b) = (a.min(b), a.max(b));
        let Some(marginal) = self.marginal.get_mut(a) else { return };
        if set.is_empty() {
            marginal.insert(b);
            self.conditional.remove(&(a, b));
        } else {
            marginal.remove(b);
            set.sort_unstable();
            self.conditional.insert((a, b), set);
        }
    }

    /// Every pair with its set, in order of the pair.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize, &[usize])> {
        (0..self.marginal.len()).flat_map(move |a| {
            let mut row: Vec<(usize, &[usize])> = self.marginal[a].iter().map(|b| (b, &[][..])).collect();
            row.extend(self.conditional.range((a, 0)..(a + 1, 0)).map(|(&(_, b), set)| (b, set.as_slice())));
            row.sort_unstable_by_key(|&(b, _)| b);
            row.into_iter().map(move |(b, set)| (a, b, set))
        })
    }
}
