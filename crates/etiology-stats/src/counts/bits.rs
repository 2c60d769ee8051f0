//! Small tables counted over bitmaps, 64 rows at a time.

use super::counter::Counter;

/// Bitmaps of the rows of every configuration, for every beginning of the last conditioning set.
#[derive(Debug, Default)]
pub(super) struct Masks {
    given: Vec<usize>,
    /// Masks of one depth, one after another.
    layers: Vec<Vec<u64>>,
}

impl Masks {
    /// The masks of every configuration of `given`, in ascending order; empty for an empty set.
    pub(super) fn of(&mut self, counter: &Counter, given: &[usize]) -> &[u64] {
        let words = counter.rows().div_ceil(64).max(1);
        let common = self.given.iter().zip(given).take_while(|(a, b)| a == b).count();
        self.given.truncate(common);
        for &member in &given[common..] {
            let depth = self.given.len();
            if self.layers.len() == depth {
                self.layers.push(Vec::new());
            }
            let (before, after) = self.layers.split_at_mut(depth);
            let bits = &counter.columns()[member].bits;
            let layer = &mut after[0];
            layer.clear();
            match before.last() {
                None => bits.iter().for_each(|bitmap| layer.extend_from_slice(bitmap)),
                Some(before) => {
                    for mask in before.chunks_exact(words) {
                        for bitmap in bits {
                            layer.extend(mask.iter().zip(bitmap).map(|(a, b)| a & b));
                        }
                    }
                }
            }
            self.given.push(member);
        }
        given.len().checked_sub(1).and_then(|last| self.layers.get(last)).map_or(&[], Vec::as_slice)
    }
}

/// Ones in the intersection of two bitmaps.
pub(super) fn both(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}

/// Ones in the intersection of three bitmaps.
pub(super) fn all_three(a: &[u64], b: &[u64], c: &[u64]) -> u32 {
    a.iter().zip(b).zip(c).map(|((a, b), c)| (a & b & c).count_ones()).sum()
}

/// Ones of a bitmap.
pub(super) fn ones(bitmap: &[u64]) -> u32 {
    bitmap.iter().map(|word| word.count_ones()).sum()
}
