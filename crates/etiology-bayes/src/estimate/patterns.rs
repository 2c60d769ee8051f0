//! Incomplete rows, reduced to what the E-step needs and grouped.
//!
//! Given a row's observed values its missing ones fall into groups that share no family. A group's posterior depends on the
//! rest of the row only through the cells of its families' tables that the observed members leave open, so a [`Pattern`] is
//! a group with the offset of that slice in each table, and rows that agree in it are one pattern with a count: far fewer
//! than there are distinct rows.

use std::collections::BTreeMap;

use etiology_stats::{DiscreteColumn, DiscreteTable};

use super::NetworkCounts;
use crate::BayesError;
use crate::configuration::Configurations;
use crate::elimination::{Factor, eliminate};

/// Joint states of a group up to which they are enumerated; beyond, variables are eliminated family by family.
const ENUMERATED: usize = 1 << 12;

/// Missing nodes that share families, and those families.
#[derive(Debug)]
pub(crate) struct Group {
    /// The missing nodes, ascending.
    nodes: Vec<usize>,
    cardinalities: Vec<usize>,
    families: Vec<OpenFamily>,
    /// `None` when there are too many joint states to enumerate.
    configurations: Option<Configurations>,
}

/// A family with missing members.
#[derive(Debug)]
struct OpenFamily {
    node: usize,
    /// The steps in the table of the observed members: `(node, step)`.
    observed: Vec<(usize, usize)>,
    /// The steps of the missing ones, as positions in the group: `(position, step)`.
    missing: Vec<(usize, usize)>,
}

/// A group with the slices of the tables that the observed values select, and the number of rows that have it.
#[derive(Debug)]
pub(crate) struct Pattern {
    group: usize,
    /// One offset per family of the group.
    offsets: Vec<usize>,
    count: f64,
}

/// Every pattern of a table.
#[derive(Debug)]
pub(crate) struct Patterns {
    groups: Vec<Group>,
    patterns: Vec<Pattern>,
}

impl Patterns {
    /// Finds the patterns of the table whose complete families `counts` has counted. `O(n (p + edges))` and a search per row
    /// and group.
    pub(crate) fn new(counts: &NetworkCounts, table: &DiscreteTable) -> Self {
        let columns = table.columns();
        let mut groups: Vec<Group> = Vec::new();
        let mut by_missing: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        let mut by_slice: BTreeMap<(usize, Vec<usize>), f64> = BTreeMap::new();
        for row in 0..table.rows() {
            let missing: Vec<usize> = (0..columns.len())
                .filter(|&node| columns[node].codes()[row] == DiscreteColumn::MISSING)
                .collect();
            if missing.is_empty() {
                continue;
            }
            let found = match by_missing.get(&missing) {
                Some(found) => found,
                None => {
                    let first = groups.len();
                    groups.extend(split(counts, &missing));
                    by_missing.entry(missing).or_insert((first..groups.len()).collect())
                }
            };
            for &group in found {
                let code = |node: usize| usize::from(columns[node].codes()[row]);
                let offsets = groups[group]
                    .families
                    .iter()
                    .map(|family| family.observed.iter().map(|&(node, step)| code(node) * step).sum())
                    .collect();
                *by_slice.entry((group, offsets)).or_default() += 1.0;
            }
        }
        let patterns =
            by_slice.into_iter().map(|((group, offsets), count)| Pattern { group, offsets, count }).collect();
        Self { groups, patterns }
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Adds a pattern's expected counts under the tables, and returns its share of the log-likelihood.
    pub(crate) fn expect(
        &self,
        pattern: &Pattern,
        tables: &[Vec<f64>],
        expected: &mut [Vec<f64>],
        weights: &mut Vec<f64>,
    ) -> Result<f64, BayesError> {
        let group = &self.groups[pattern.group];
        let total = match &group.configurations {
            Some(configurations) => group.enumerate(pattern, configurations, tables, expected, weights),
            None => group.eliminate(pattern, tables, expected)?,
        };
        if total > 0.0 {
            return Ok(pattern.count * total.ln());
        }
        Err(BayesError::Overflow { what: "the likelihood of an incomplete row (it underflows to 0)" })
    }
}

impl Group {
    /// Sums over every joint state of the missing nodes, a digit of the mixed-radix counter at a time.
    fn enumerate(
        &self,
        pattern: &Pattern,
        configurations: &Configurations,
        tables: &[Vec<f64>],
        expected: &mut [Vec<f64>],
        weights: &mut Vec<f64>,
    ) -> f64 {
        let f = self.families.len();
        // The cells of all families in every joint state, one joint state after another.
        let mut cells = pattern.offsets.clone();
        let mut state = vec![0; self.nodes.len()];
        let mut visited: Vec<usize> = Vec::with_capacity(f * configurations.count());
        weights.clear();
        for index in 0..configurations.count() {
            if index > 0 {
                self.step(&mut state, &mut cells);
            }
            let weight = self.families.iter().zip(&cells).map(|(family, &cell)| tables[family.node][cell]);
            weights.push(weight.product());
            visited.extend_from_slice(&cells);
        }
        let total: f64 = weights.iter().sum();
        if total > 0.0 {
            let scale = pattern.count / total;
            for (weight, cells) in weights.iter().zip(visited.chunks_exact(f)) {
                for (family, &cell) in self.families.iter().zip(cells) {
                    expected[family.node][cell] += scale * weight;
                }
            }
        }
        total
    }

    /// The next joint state, the last node fastest, and the cells that go with it.
    fn step(&self, state: &mut [usize], cells: &mut [usize]) {
        for position in (0..state.len()).rev() {
            let carry = state[position] + 1 == self.cardinalities[position];
            for (family, cell) in self.families.iter().zip(cells.iter_mut()) {
                for &(_, step) in family.missing.iter().filter(|(other, _)| *other == position) {
                    if carry {
                        *cell -= step * state[position];
                    } else {
                        *cell += step;
                    }
                }
            }
            state[position] = if carry { 0 } else { state[position] + 1 };
            if !carry {
                return;
            }
        }
    }

    /// The same by elimination, once per family.
    fn eliminate(
        &self,
        pattern: &Pattern,
        tables: &[Vec<f64>],
        expected: &mut [Vec<f64>],
    ) -> Result<f64, BayesError> {
        let slice = |family: &OpenFamily, offset: usize| -> (Factor, Vec<usize>) {
            let cardinalities: Vec<usize> =
                family.missing.iter().map(|&(position, _)| self.cardinalities[position]).collect();
            let scope = family.missing.iter().map(|&(position, _)| position).collect();
            let mut cells = vec![offset];
            for (&(_, step), &cardinality) in family.missing.iter().zip(&cardinalities) {
                cells =
                    cells.iter().flat_map(|&cell| (0..cardinality).map(move |s| cell + s * step)).collect();
            }
            let values = cells.iter().map(|&cell| tables[family.node][cell]).collect();
            (Factor { scope, cardinalities, values }, cells)
        };
        let (factors, cells): (Vec<Factor>, Vec<Vec<usize>>) =
            self.families.iter().zip(&pattern.offsets).map(|(family, &offset)| slice(family, offset)).unzip();
        let mut total = 0.0;
        for ((family, factor), cells) in self.families.iter().zip(&factors).zip(&cells) {
            let joint = eliminate(factors.clone(), &factor.scope)?;
            total = joint.iter().sum();
            if total <= 0.0 {
                return Ok(0.0);
            }
            for (&cell, weight) in cells.iter().zip(&joint) {
                expected[family.node][cell] += pattern.count * weight / total;
            }
        }
        Ok(total)
    }
}

/// The groups of a set of missing nodes.
fn split(counts: &NetworkCounts, missing: &[usize]) -> Vec<Group> {
    let place = |node: usize| missing.binary_search(&node).ok();
    let members = |node: usize| counts.parents(node).iter().copied().chain([node]);
    // Union of missing nodes that meet in a family; the smallest position stands for its group.
    let mut root: Vec<usize> = (0..missing.len()).collect();
    let find = |root: &[usize], mut i: usize| {
        while root[i] != i {
            i = root[i];
        }
        i
    };
    let open: Vec<usize> =
        (0..counts.dag().len()).filter(|&node| members(node).any(|m| place(m).is_some())).collect();
    for &node in &open {
        let positions: Vec<usize> = members(node).filter_map(place).collect();
        for pair in positions.windows(2) {
            let (a, b) = (find(&root, pair[0]), find(&root, pair[1]));
            root[a.max(b)] = a.min(b);
        }
    }
    let group_of = |node: usize| members(node).filter_map(place).map(|i| find(&root, i)).next();
    let mut roots: Vec<usize> = (0..missing.len()).map(|i| find(&root, i)).collect();
    roots.sort_unstable();
    roots.dedup();
    roots
        .into_iter()
        .map(|own| {
            let nodes: Vec<usize> =
                (0..missing.len()).filter(|&i| find(&root, i) == own).map(|i| missing[i]).collect();
            let cardinalities: Vec<usize> = nodes.iter().map(|&node| counts.levels()[node].len()).collect();
            let families = open
                .iter()
                .filter(|&&node| group_of(node) == Some(own))
                .map(|&node| open_family(counts, node, &nodes));
            let families = families.collect();
            let configurations =
                Configurations::new(cardinalities.clone()).filter(|c| c.count() <= ENUMERATED);
            Group { nodes, cardinalities, families, configurations }
        })
        .collect()
}

fn open_family(counts: &NetworkCounts, node: usize, nodes: &[usize]) -> OpenFamily {
    let (mut observed, mut missing, mut step) = (Vec::new(), Vec::new(), 1);
    for member in [node].into_iter().chain(counts.parents(node).iter().rev().copied()) {
        match nodes.binary_search(&member) {
            Ok(position) => missing.push((position, step)),
            Err(_) => observed.push((member, step)),
        }
        step *= counts.levels()[member].len();
    }
    missing.sort_unstable();
    OpenFamily { node, observed, missing }
}
