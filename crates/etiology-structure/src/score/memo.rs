//! [`ScoreMemo`]: local scores remembered by node and parent set, so that a search pays for each only once; and the table
//! of such keys it stands on.

use crate::ScoreSession;

/// Fewest parents for which a look-up beats a session that calls itself cheap: theirs is the cube of this.
const LARGE: usize = 8;

/// A [`ScoreSession`] that remembers what it was asked.
///
/// Keys are compared in full, so an answer is always the one its session gave. Sessions that say they are cheaper than a
/// look-up ([`ScoreSession::is_cheap`]) are asked directly, unless the set is so large that even they are not.
pub struct ScoreMemo<'a> {
    session: Box<dyn ScoreSession + 'a>,
    cheap: bool,
    table: FamilyTable<f64>,
    asked: u64,
    computed: u64,
}

impl<'a> ScoreMemo<'a> {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(session: Box<dyn ScoreSession + 'a>) -> Self {
        let cheap = session.is_cheap();
        Self { session, cheap, table: FamilyTable::new(), asked: 0, computed: 0 }
    }

    /// How many local scores were asked for.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// How many local scores were computed.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed
    }
}

impl ScoreSession for ScoreMemo<'_> {
    fn local(&mut self, node: usize, parents: &[usize]) -> f64 {
        self.asked += 1;
        if self.cheap && parents.len() < LARGE {
            self.computed += 1;
            return self.session.local(node, parents);
        }
        if let Some(value) = self.table.get(node, parents) {
            return value;
        }
        self.computed += 1;
        let value = self.session.local(node, parents);
        self.table.insert(node, parents, value);
        value
    }

    fn with_each(&mut self, node: usize, base: &[usize], candidates: &[usize], out: &mut Vec<f64>) {
        if self.cheap {
            self.asked += candidates.len() as u64;
            self.computed += candidates.len() as u64;
            return self.session.with_each(node, base, candidates, out);
        }
        let mut parents = Vec::with_capacity(base.len() + 1);
        out.clear();
        for &candidate in candidates {
            crate::local_score::join(base, candidate, &mut parents);
            out.push(self.local(node, &parents));
        }
    }

    fn improvements(
        &mut self,
        node: usize,
        base: &[usize],
        candidates: &[usize],
        out: &mut Vec<(usize, f64)>,
    ) {
        if self.cheap {
            self.asked += candidates.len() as u64;
            self.computed += candidates.len() as u64;
            return self.session.improvements(node, base, candidates, out);
        }
        let without = self.local(node, base);
        let mut parents = Vec::with_capacity(base.len() + 1);
        out.clear();
        for &candidate in candidates {
            crate::local_score::join(base, candidate, &mut parents);
            let gain = self.local(node, &parents) - without;
            if gain > 0.0 {
                out.push((candidate, gain));
            }
        }
    }

    fn is_cheap(&self) -> bool {
        self.cheap
    }
}

impl std::fmt::Debug for ScoreMemo<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScoreMemo").field("asked", &self.asked).field("computed", &self.computed).finish()
    }
}

/// A map from a node and a parent set to a value: open addressing over one array of slots and one arena of parent numbers.
#[derive(Debug)]
pub(crate) struct FamilyTable<V> {
    slots: Vec<Slot<V>>,
    parents: Vec<u32>,
    entries: usize,
}

#[derive(Debug, Clone, Copy)]
struct Slot<V> {
    hash: u32,
    /// One more than the node; 0 marks a free slot.
    node: u32,
    start: u32,
    count: u32,
    value: V,
}

impl<V: Copy + Default> FamilyTable<V> {
    pub(crate) fn new() -> Self {
        Self { slots: vec![Self::free(); 1 << 10], parents: Vec::new(), entries: 0 }
    }

    fn free() -> Slot<V> {
        Slot { hash: 0, node: 0, start: 0, count: 0, value: V::default() }
    }

    pub(crate) fn get(&self, node: usize, parents: &[usize]) -> Option<V> {
        let slot = &self.slots[self.find(hash(node, parents), node, parents)];
        (slot.node > 0).then_some(slot.value)
    }

    /// Adds a key that is not there yet. A table of four billion parent numbers is full and takes no more.
    pub(crate) fn insert(&mut self, node: usize, parents: &[usize], value: V) {
        let hash = hash(node, parents);
        let at = self.find(hash, node, parents);
        let (Ok(start), Ok(count), Ok(node)) =
            (u32::try_from(self.parents.len()), u32::try_from(parents.len()), u32::try_from(node + 1))
        else {
            return;
        };
        self.parents.extend(parents.iter().map(|&p| u32::try_from(p).unwrap_or(u32::MAX)));
        self.slots[at] = Slot { hash: high(hash), node, start, count, value };
        self.entries += 1;
        if self.entries * 4 > self.slots.len() * 3 {
            self.grow();
        }
    }

    /// The slot of a key: where it is, or where it would go.
    fn find(&self, hash: u64, node: usize, parents: &[usize]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = index(hash) & mask;
        loop {
            let slot = &self.slots[at];
            if slot.node == 0 || (slot.hash == high(hash) && self.holds(slot, node, parents)) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn holds(&self, slot: &Slot<V>, node: usize, parents: &[usize]) -> bool {
        let start = slot.start as usize;
        slot.node as usize == node + 1
            && slot.count as usize == parents.len()
            && self.parents[start..start + parents.len()].iter().zip(parents).all(|(&a, &b)| a as usize == b)
    }

    fn grow(&mut self) {
        let larger = vec![Self::free(); self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, larger);
        let mut key = Vec::new();
        for slot in old.into_iter().filter(|slot| slot.node > 0) {
            key.clear();
            let start = slot.start as usize;
            key.extend(self.parents[start..start + slot.count as usize].iter().map(|&p| p as usize));
            let node = slot.node as usize - 1;
            let at = self.find(hash(node, &key), node, &key);
            self.slots[at] = slot;
        }
    }
}

/// Multiply and rotate a word at a time: a few cycles a parent, and well spread in the high bits.
fn hash(node: usize, parents: &[usize]) -> u64 {
    let mix = |state: u64, word: u64| (state.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = parents.iter().fold(mix(0x51, node as u64 + 1), |state, &p| mix(state, p as u64 + 1));
    state ^ state >> 29
}

#[allow(clippy::cast_possible_truncation)]
fn high(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[allow(clippy::cast_possible_truncation)]
fn index(hash: u64) -> usize {
    (hash ^ hash >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u64);

    impl ScoreSession for Counting {
        fn local(&mut self, node: usize, parents: &[usize]) -> f64 {
            self.0 += 1;
            parents.iter().fold(node as f64, |sum, &p| sum * 31.0 + p as f64)
        }
    }

    #[test]
    fn every_key_is_computed_once_and_answered_alike() {
        let mut memo = ScoreMemo::new(Box::new(Counting(0)));
        let mut keys = Vec::new();
        for node in 0..20 {
            for a in 0..20 {
                for b in a + 1..20 {
                    keys.push((node, vec![a, b]));
                    keys.push((node, vec![a, b, b + 1]));
                }
            }
        }
        let first: Vec<f64> = keys.iter().map(|(node, parents)| memo.local(*node, parents)).collect();
        let again: Vec<f64> = keys.iter().map(|(node, parents)| memo.local(*node, parents)).collect();
        assert_eq!(first, again);
        assert_eq!((memo.computed(), memo.asked()), (7_600, 15_200));
        let mut plain = Counting(0);
        assert!(
            keys.iter()
                .zip(&first)
                .all(|((node, parents), &value)| plain.local(*node, parents).to_bits() == value.to_bits())
        );
    }
}
