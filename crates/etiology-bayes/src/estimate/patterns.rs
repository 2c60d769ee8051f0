//! Incomplete rows, reduced to what the E-step needs and grouped.
//!
//! Given a row's observed values its missing ones fall into groups that share no family. A group's posterior depends on the
//! rest of the row only through the cells of its families' tables that the observed members leave open, so a [`Pattern`] is
//! a group with the offset of that slice in each table, and rows that agree in it are one pattern with a count: far fewer
//! than there are distinct rows.

use std::collections::BTreeMap;

use etiology_stats::{DiscreteColumn, DiscreteTable};

use super::NetworkCounts;
use super::buckets::{BucketTree, Steps};
use crate::BayesError;

/// Missing nodes that share families, and those families.
#[derive(Debug)]
struct Group {
    families: Vec<OpenFamily>,
    tree: BucketTree,
}

/// A family with missing members.
#[derive(Debug)]
struct OpenFamily {
    node: usize,
    /// The steps in the table of the observed members: `(node, step)`.
    observed: Vec<(usize, usize)>,
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
    pub(crate) fn new(counts: &NetworkCounts, table: &DiscreteTable) -> Result<Self, BayesError> {
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
                    groups.extend(split(counts, &missing)?);
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
        Ok(Self { groups, patterns })
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
    ) -> Result<f64, BayesError> {
        let group = &self.groups[pattern.group];
        let log_total = group.tree.expect(
            |factor, cell| tables[group.families[factor].node][pattern.offsets[factor] + cell],
            |factor, cell, weight| {
                expected[group.families[factor].node][pattern.offsets[factor] + cell] +=
                    pattern.count * weight;
            },
        );
        if log_total > f64::NEG_INFINITY {
            return Ok(pattern.count * log_total);
        }
        Err(BayesError::Overflow { what: "the likelihood of an incomplete row (it underflows to 0)" })
    }
}

/// The groups of a set of missing nodes.
fn split(counts: &NetworkCounts, missing: &[usize]) -> Result<Vec<Group>, BayesError> {
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
            let (families, steps): (Vec<OpenFamily>, Vec<Steps>) = open
                .iter()
                .filter(|&&node| group_of(node) == Some(own))
                .map(|&node| open_family(counts, node, &nodes))
                .unzip();
            Ok(Group { tree: BucketTree::new(&cardinalities, &steps)?, families })
        })
        .collect()
}

/// The observed part of a family, and the steps of its missing members by their positions in the group.
fn open_family(counts: &NetworkCounts, node: usize, nodes: &[usize]) -> (OpenFamily, Steps) {
    let (mut observed, mut missing, mut step) = (Vec::new(), Vec::new(), 1);
    for member in [node].into_iter().chain(counts.parents(node).iter().rev().copied()) {
        match nodes.binary_search(&member) {
            Ok(position) => missing.push((position, step)),
            Err(_) => observed.push((member, step)),
        }
        step *= counts.levels()[member].len();
    }
    (OpenFamily { node, observed }, missing)
}
