//! The rows grouped by the configuration of a conditioning set, one member after another.

use super::counter::{Codes, Column, Counter};

/// A group number a row, for the first members of a set.
#[derive(Debug)]
struct Layer {
    /// Below `groups`; `groups` itself where a member has no value.
    ids: Vec<u32>,
    groups: usize,
    /// No row lacks a group.
    complete: bool,
}

/// Groupings by every beginning of the last conditioning set.
#[derive(Debug, Default)]
pub(super) struct Groups {
    given: Vec<usize>,
    layers: Vec<Layer>,
    seen: Vec<u32>,
}

impl Groups {
    /// The group of every row and their number, in ascending order of configuration; no ids for an empty set. Some groups
    /// may be empty.
    pub(super) fn of(&mut self, counter: &Counter, given: &[usize]) -> (&[u32], usize) {
        let common = self.given.iter().zip(given).take_while(|(a, b)| a == b).count();
        self.given.truncate(common);
        for &member in &given[common..] {
            let depth = self.given.len();
            if self.layers.len() == depth {
                self.layers.push(Layer { ids: Vec::new(), groups: 0, complete: true });
            }
            let (before, after) = self.layers.split_at_mut(depth);
            let column = &counter.columns()[member];
            after[0].refine(before.last(), column, counter.rows(), &mut self.seen);
            self.given.push(member);
        }
        match given.len().checked_sub(1).and_then(|last| self.layers.get(last)) {
            Some(layer) => (&layer.ids, layer.groups),
            None => (&[], 1),
        }
    }
}

impl Layer {
    /// Splits the groups of `before` by the levels of `column`. Where that makes few groups, their numbers are computed;
    /// else, or with missing values, the groups that occur are numbered.
    fn refine(&mut self, before: Option<&Self>, column: &Column, rows: usize, seen: &mut Vec<u32>) {
        let groups = before.map_or(1, |before| before.groups);
        // Missing values take a level, and rows already without a group take one more group.
        let span = column.span();
        let space = (groups + 1).saturating_mul(span);
        self.complete = !column.has_missing && before.is_none_or(|before| before.complete);
        if space >= u32::MAX as usize {
            if let Some(before) = before {
                self.refine_by_sorting(before, column);
            }
            return;
        }
        self.ids.resize(rows, 0);
        match (&column.codes, before) {
            (Codes::Bytes(codes), None) => copy(&mut self.ids, codes),
            (Codes::Wide(codes), None) => copy(&mut self.ids, codes),
            (Codes::Bytes(codes), Some(before)) => combine(&mut self.ids, &before.ids, narrow(span), codes),
            (Codes::Wide(codes), Some(before)) => combine(&mut self.ids, &before.ids, narrow(span), codes),
        }
        if self.complete && groups * span <= (rows / 8).max(64) {
            self.groups = groups * span;
            return;
        }
        if space <= 16 * rows + 65_536 {
            self.renumber(groups, column, span, space, seen);
        } else {
            match before {
                Some(before) => self.refine_by_sorting(before, column),
                None => self.renumber(groups, column, span, space, seen),
            }
        }
    }

    /// Numbers the occurring groups in ascending order, through a table of all.
    fn renumber(&mut self, groups: usize, column: &Column, span: usize, space: usize, seen: &mut Vec<u32>) {
        seen.clear();
        seen.resize(space, 0);
        for &id in &self.ids {
            seen[id as usize] = 1;
        }
        let mut next = 0;
        for (id, slot) in seen.iter_mut().enumerate() {
            let missing = id / span >= groups || id % span >= column.levels;
            if *slot == 1 && !missing {
                *slot = next;
                next += 1;
            } else {
                *slot = u32::MAX;
            }
        }
        for id in &mut self.ids {
            *id = seen[*id as usize].min(next);
        }
        self.groups = next as usize;
    }

    /// The same where the table would be too large: O(n log n).
    fn refine_by_sorting(&mut self, before: &Self, column: &Column) {
        let key = |row: usize| {
            let (id, code) = (before.ids[row] as usize, column.code(row));
            (id < before.groups && code < column.levels).then_some((id as u64) << 32 | code as u64)
        };
        let mut order: Vec<(u64, u32)> =
            (0..before.ids.len()).filter_map(|row| key(row).map(|key| (key, narrow(row)))).collect();
        order.sort_unstable();
        let groups = order.chunk_by(|a, b| a.0 == b.0).count();
        self.ids.clear();
        self.ids.resize(before.ids.len(), narrow(groups));
        for (id, group) in order.chunk_by(|a, b| a.0 == b.0).enumerate() {
            for &(_, row) in group {
                self.ids[row as usize] = narrow(id);
            }
        }
        self.groups = groups;
    }
}

fn copy<C: Copy + Into<u32>>(ids: &mut [u32], codes: &[C]) {
    for (id, &code) in ids.iter_mut().zip(codes) {
        *id = code.into();
    }
}

/// The group before, times the number of codes, plus the code.
fn combine<C: Copy + Into<u32>>(ids: &mut [u32], before: &[u32], span: u32, codes: &[C]) {
    for ((id, &before), &code) in ids.iter_mut().zip(before).zip(codes) {
        *id = before * span + code.into();
    }
}

/// A number known to fit: of rows, or of groups of rows.
fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
