//! Counting on one thread, by bits, by increments or by sorting.

use super::bits::{Masks, all_three, both, ones};
use super::contingency::Contingency;
use super::counter::{Codes, Column, Counter};
use super::groups::Groups;

/// Cells up to which bits are counted rather than rows: a cell costs a 64th of a pass.
const BIT_CELLS: usize = 64;
/// Cells up to which rows are counted in four copies of the table.
const LANE_CELLS: usize = 1024;
/// Cells of the largest family table, 256 MB of counts.
const FAMILY_CELLS: usize = 1 << 26;

/// One thread's counts, with the grouping of the last conditioning set.
#[derive(Debug)]
pub struct CountSession<'a> {
    counter: &'a Counter,
    groups: Groups,
    masks: Masks,
    /// The pair whose joint codes are held.
    pair: (usize, usize),
    joint: Vec<u32>,
    counts: Vec<u32>,
    cells: Vec<Cell>,
}

/// Counts of a child's levels, one row of counts for each configuration of its parents.
#[derive(Debug, Clone, Copy)]
pub struct FamilyCounts<'a> {
    counts: &'a [u32],
    span: usize,
    levels: usize,
    configurations: f64,
}

/// Counts of a pair's levels in every group of rows.
#[derive(Debug)]
pub(crate) enum PairCounts<'a> {
    /// Group by group a table of `x_span` rows of `y_span` counts, of which the last are to be left out where a column has
    /// missing values.
    Dense { counts: &'a [u32], x_span: usize, y_span: usize },
    /// The cells that are not zero, ascending.
    Sparse(&'a [Cell]),
}

/// A cell of a sparse table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) group: u32,
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) count: u32,
}

impl<'a> FamilyCounts<'a> {
    /// The counts of the child's levels in each configuration of the parents that occurs, in ascending order of
    /// configuration, the last parent changing fastest.
    pub fn rows(&self) -> impl Iterator<Item = &'a [u32]> + use<'a> {
        let levels = self.levels;
        self.counts
            .chunks_exact(self.span.max(1))
            .map(move |row| &row[..levels])
            .filter(|row| row.iter().any(|&count| count > 0))
    }

    /// Number of levels of the child, the length of each row.
    #[must_use]
    pub fn child_levels(&self) -> usize {
        self.levels
    }

    /// Number of configurations the parents can take, occurring or not: the product of their numbers of levels.
    #[must_use]
    pub fn configurations(&self) -> f64 {
        self.configurations
    }
}

impl<'a> CountSession<'a> {
    pub(super) fn new(counter: &'a Counter) -> Self {
        Self {
            counter,
            groups: Groups::default(),
            masks: Masks::default(),
            pair: (usize::MAX, usize::MAX),
            joint: Vec::new(),
            counts: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// The columns being counted.
    #[must_use]
    pub fn counter(&self) -> &'a Counter {
        self.counter
    }

    /// Counts the levels of `child` in every configuration of `parents`. O(n), less when few bits do; O(n |parents|) for a
    /// set that shares no beginning with the last one.
    ///
    /// `None` for a number that is no column, and for a table of more than 2^26 cells.
    pub fn family(&mut self, child: usize, parents: &[usize]) -> Option<FamilyCounts<'_>> {
        let column = self.counter.columns().get(child)?;
        let configurations = self.configurations(parents)?;
        let (levels, span) = (column.levels, column.span());
        self.counts.clear();
        if self.has_bits(parents, &[child]) && configurations * levels as f64 <= BIT_CELLS as f64 {
            let masks = self.masks.of(self.counter, parents);
            for_each_mask(masks, self.counter.rows(), parents.is_empty(), |mask| {
                let count = |bitmap: &Vec<u64>| mask.map_or_else(|| ones(bitmap), |mask| both(mask, bitmap));
                self.counts.extend(column.bits.iter().map(count));
            });
            return Some(FamilyCounts { counts: &self.counts, span: levels, levels, configurations });
        }
        let (ids, groups) = self.groups.of(self.counter, parents);
        let cells = groups.checked_add(1)?.checked_mul(span)?;
        if cells > FAMILY_CELLS {
            return None;
        }
        self.counts.resize(cells, 0);
        match &column.codes {
            Codes::Bytes(codes) => tally(&mut self.counts, ids, span, codes),
            Codes::Wide(codes) => tally(&mut self.counts, ids, span, codes),
        }
        Some(FamilyCounts { counts: &self.counts[..groups * span], span, levels, configurations })
    }

    /// Counts the levels of a pair in every configuration of a set, to keep, to merge or to print.
    ///
    /// `None` for a number that is no column.
    pub fn contingency(&mut self, x: usize, y: usize, given: &[usize]) -> Option<Contingency> {
        self.configurations(&[x, y])?;
        self.configurations(given)?;
        let (ids, groups) = self.groups.of(self.counter, given);
        Some(Contingency::collect(self.counter, (x, y), given, ids, groups))
    }

    pub(crate) fn pair(&mut self, x: usize, y: usize, given: &[usize]) -> Option<PairCounts<'_>> {
        let (left, right) = (self.counter.columns().get(x)?, self.counter.columns().get(y)?);
        let configurations = self.configurations(given)?;
        self.counts.clear();
        let cells = configurations * left.levels as f64 * right.levels as f64;
        if self.has_bits(given, &[x, y]) && cells <= BIT_CELLS as f64 {
            let masks = self.masks.of(self.counter, given);
            for_each_mask(masks, self.counter.rows(), given.is_empty(), |mask| {
                for a in &left.bits {
                    let count = |b: &Vec<u64>| mask.map_or_else(|| both(a, b), |mask| all_three(mask, a, b));
                    self.counts.extend(right.bits.iter().map(count));
                }
            });
            return Some(PairCounts::Dense {
                counts: &self.counts,
                x_span: left.levels,
                y_span: right.levels,
            });
        }
        let (ids, groups) = self.groups.of(self.counter, given);
        let (x_span, y_span) = (left.span(), right.span());
        let table = x_span * y_span;
        let cells = (groups + 1).saturating_mul(table);
        if cells > 32 * self.counter.rows() + 4096 {
            sort_cells(&mut self.cells, self.counter.rows(), ids, groups, left, right);
            return Some(PairCounts::Sparse(&self.cells));
        }
        if self.pair != (x, y) {
            self.pair = (x, y);
            join(&mut self.joint, left, right);
        }
        self.counts.resize(cells, 0);
        tally(&mut self.counts, ids, table, &self.joint);
        self.counts.truncate(groups * table);
        Some(PairCounts::Dense { counts: &self.counts, x_span, y_span })
    }

    /// The rows complete in a pair and a set, each as a cell of count 1, ascending by group; the levels in row order.
    pub(crate) fn complete_rows(&mut self, x: usize, y: usize, given: &[usize]) -> Option<Vec<Cell>> {
        let (left, right) = (self.counter.columns().get(x)?, self.counter.columns().get(y)?);
        self.configurations(given)?;
        let (ids, groups) = self.groups.of(self.counter, given);
        let mut rows = Vec::new();
        collect_rows(&mut rows, self.counter.rows(), ids, groups, left, right);
        rows.sort_by_key(|row| row.group);
        Some(rows)
    }

    /// The rows of every configuration of some columns that occurs, in ascending order; rows with a missing value are in none.
    pub(crate) fn grouped_rows(
        &mut self,
        columns: &[usize],
        rows: impl Iterator<Item = usize>,
    ) -> Vec<Vec<usize>> {
        let (ids, groups) = self.groups.of(self.counter, columns);
        let mut grouped = vec![Vec::new(); groups];
        for row in rows {
            let group = ids.get(row).map_or(0, |&id| id as usize);
            if let Some(members) = grouped.get_mut(group) {
                members.push(row);
            }
        }
        grouped.retain(|members| !members.is_empty());
        grouped
    }

    /// The product of the numbers of levels; `None` for a number that is no column.
    fn configurations(&self, columns: &[usize]) -> Option<f64> {
        columns
            .iter()
            .map(|&column| self.counter.columns().get(column).map(|column| column.levels as f64))
            .product()
    }

    fn has_bits(&self, given: &[usize], others: &[usize]) -> bool {
        given.iter().chain(others).all(|&column| !self.counter.columns()[column].bits.is_empty())
    }
}

/// Visits every mask, or no mask once when the set is empty.
fn for_each_mask(masks: &[u64], rows: usize, no_set: bool, mut visit: impl FnMut(Option<&[u64]>)) {
    if no_set {
        visit(None);
    } else {
        masks.chunks_exact(rows.div_ceil(64).max(1)).for_each(|mask| visit(Some(mask)));
    }
}

/// Counts codes, in the table of each row's group. Neighbouring rows count in different copies of a small table: rows alike
/// would otherwise wait for each other's increments.
fn tally<C: Copy + Into<u32>>(counts: &mut Vec<u32>, ids: &[u32], table: usize, codes: &[C]) {
    let cells = counts.len();
    let at = |row: usize| {
        let code: u32 = codes[row].into();
        ids.get(row).map_or(0, |&id| id as usize) * table + code as usize
    };
    if cells > LANE_CELLS {
        (0..codes.len()).for_each(|row| counts[at(row)] += 1);
        return;
    }
    counts.resize(4 * cells, 0);
    let even = codes.len() / 4 * 4;
    for row in (0..even).step_by(4) {
        counts[at(row)] += 1;
        counts[cells + at(row + 1)] += 1;
        counts[2 * cells + at(row + 2)] += 1;
        counts[3 * cells + at(row + 3)] += 1;
    }
    (even..codes.len()).for_each(|row| counts[at(row)] += 1);
    let (sums, copies) = counts.split_at_mut(cells);
    for copy in copies.chunks_exact(cells.max(1)) {
        for (sum, count) in sums.iter_mut().zip(copy) {
            *sum += count;
        }
    }
    counts.truncate(cells);
}

/// The joint code `x * span(y) + y` of every row.
fn join(joint: &mut Vec<u32>, left: &Column, right: &Column) {
    let span = u32::try_from(right.span()).unwrap_or(u32::MAX);
    joint.clear();
    match (&left.codes, &right.codes) {
        (Codes::Bytes(a), Codes::Bytes(b)) => {
            joint.extend(a.iter().zip(b).map(|(&a, &b)| u32::from(a) * span + u32::from(b)));
        }
        (Codes::Bytes(a), Codes::Wide(b)) => {
            joint.extend(a.iter().zip(b).map(|(&a, &b)| u32::from(a) * span + u32::from(b)));
        }
        (Codes::Wide(a), Codes::Bytes(b)) => {
            joint.extend(a.iter().zip(b).map(|(&a, &b)| u32::from(a) * span + u32::from(b)));
        }
        (Codes::Wide(a), Codes::Wide(b)) => {
            joint.extend(a.iter().zip(b).map(|(&a, &b)| u32::from(a) * span + u32::from(b)));
        }
    }
}

/// The cells that are not zero, by sorting the rows: O(n log n) whatever the number of cells.
fn sort_cells(cells: &mut Vec<Cell>, rows: usize, ids: &[u32], groups: usize, left: &Column, right: &Column) {
    collect_rows(cells, rows, ids, groups, left, right);
    cells.sort_unstable();
    cells.dedup_by(|next, kept| {
        let same = (next.group, next.x, next.y) == (kept.group, kept.x, kept.y);
        if same {
            kept.count += next.count;
        }
        same
    });
}

/// The complete rows, each as a cell of count 1.
fn collect_rows(
    cells: &mut Vec<Cell>,
    rows: usize,
    ids: &[u32],
    groups: usize,
    left: &Column,
    right: &Column,
) {
    let narrow = |code: usize| u32::try_from(code).unwrap_or(u32::MAX);
    cells.clear();
    cells.extend((0..rows).filter_map(|row| {
        let group = ids.get(row).copied().unwrap_or(0);
        let (x, y) = (left.code(row), right.code(row));
        let complete = (group as usize) < groups && x < left.levels && y < right.levels;
        complete.then(|| Cell { group, x: narrow(x), y: narrow(y), count: 1 })
    }));
}
