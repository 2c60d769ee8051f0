//! [`NetworkCounts`]: how often each state of each node occurs with each configuration of its parents.
//!
//! The counts of a union of tables are the sums of their counts, so they may be collected chunk by chunk and merged. A row
//! counts for a family when no member is missing in it. Families are counted one after the other in blocks of rows that
//! stay in the first-level cache: `O(n (p + edges))` in all.

use std::sync::Arc;

use etiology_graph::Dag;
use etiology_stats::{DiscreteColumn, DiscreteTable};
use rayon::prelude::*;

use crate::BayesError;
use crate::conditional::TABLE_LIMIT;
use crate::configuration::Configurations;

/// Rows indexed together.
const BLOCK: usize = 1024;

/// Counts of every family of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkCounts {
    dag: Dag,
    levels: Vec<Arc<[String]>>,
    families: Vec<Family>,
    rows: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Family {
    parents: Vec<usize>,
    configurations: usize,
    /// The states of one configuration together, configurations in mixed radix with the last parent fastest.
    counts: Vec<f64>,
    skipped: u64,
}

impl NetworkCounts {
    /// No counts yet, for nodes with these states.
    ///
    /// # Errors
    /// When the numbers of nodes disagree or a table would be too large.
    pub fn new(dag: &Dag, levels: Vec<Arc<[String]>>) -> Result<Self, BayesError> {
        if levels.len() != dag.len() {
            return Err(BayesError::Width { what: "the data", expected: dag.len(), got: levels.len() });
        }
        let families = (0..dag.len())
            .map(|node| {
                let parents: Vec<usize> = dag.parents(node).iter().collect();
                let cards = parents.iter().map(|&parent| levels[parent].len()).collect();
                let configurations = Configurations::new(cards).map(|c| c.count());
                let size = configurations.and_then(|count| count.checked_mul(levels[node].len()));
                match (configurations, size) {
                    (Some(configurations), Some(size)) if size <= TABLE_LIMIT => {
                        Ok(Family { parents, configurations, counts: vec![0.0; size], skipped: 0 })
                    }
                    _ => Err(BayesError::TooLarge {
                        message: format!(
                            "the table of `{}` would have more than {TABLE_LIMIT} entries; remove parents or merge states",
                            dag.nodes().name(node)
                        ),
                    }),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { dag: dag.clone(), levels, families, rows: 0 })
    }

    /// The counts of one table.
    ///
    /// # Errors
    /// As [`NetworkCounts::new`].
    pub fn from_table(dag: &Dag, table: &DiscreteTable) -> Result<Self, BayesError> {
        let mut counts = Self::new(dag, table.columns().iter().map(|c| c.levels().clone()).collect())?;
        counts.add(table)?;
        Ok(counts)
    }

    /// Adds the rows of a table. Its columns may list their states in another order, or only some of them.
    ///
    /// # Errors
    /// When the numbers of columns disagree or a column has a state that its node lacks; nothing is added then.
    pub fn add(&mut self, table: &DiscreteTable) -> Result<(), BayesError> {
        if table.width() != self.levels.len() {
            return Err(BayesError::Width {
                what: "the data",
                expected: self.levels.len(),
                got: table.width(),
            });
        }
        let columns: Vec<DiscreteColumn> = table
            .columns()
            .iter()
            .enumerate()
            .map(|(node, c)| self.recode(node, c))
            .collect::<Result<_, _>>()?;
        let missing: Vec<bool> = columns.iter().map(|column| column.missing() > 0).collect();
        let levels = &self.levels;
        self.families.par_iter_mut().enumerate().for_each(|(node, family)| {
            family.add(node, &columns, &missing, levels);
        });
        self.rows += table.rows() as u64;
        Ok(())
    }

    fn recode(&self, node: usize, column: &DiscreteColumn) -> Result<DiscreteColumn, BayesError> {
        let own = &self.levels[node];
        if own == column.levels() {
            return Ok(column.clone());
        }
        let map: Vec<u16> = column
            .levels()
            .iter()
            .map(|level| {
                let found = own.iter().position(|other| other == level);
                found.and_then(|code| u16::try_from(code).ok()).ok_or_else(|| BayesError::UnknownState {
                    variable: self.dag.nodes().name(node).to_owned(),
                    state: level.clone(),
                    states: own.join(", "),
                })
            })
            .collect::<Result<_, _>>()?;
        let code = |&code: &u16| map.get(usize::from(code)).copied().unwrap_or(DiscreteColumn::MISSING);
        Ok(DiscreteColumn::new(column.codes().iter().map(code).collect(), own.clone())?)
    }

    /// Adds the counts of another set of rows.
    ///
    /// # Errors
    /// [`BayesError::Query`] when graph or states differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), BayesError> {
        if self.dag != other.dag || self.levels != other.levels {
            return Err(BayesError::Query {
                message: "counts merge only over one graph with the same states in the same order".into(),
            });
        }
        for (own, more) in self.families.iter_mut().zip(&other.families) {
            own.counts.iter_mut().zip(&more.counts).for_each(|(a, b)| *a += b);
            own.skipped += more.skipped;
        }
        self.rows += other.rows;
        Ok(())
    }

    /// The graph.
    #[must_use]
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The states of each node.
    #[must_use]
    pub fn levels(&self) -> &[Arc<[String]>] {
        &self.levels
    }

    /// Rows counted, complete or not.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that did not count for the family of a node, a member being missing.
    #[must_use]
    pub fn skipped(&self, node: usize) -> u64 {
        self.families.get(node).map_or(0, |family| family.skipped)
    }

    /// The counts of a node's family: the states of one configuration of the parents together, configurations numbered
    /// with the parents in ascending order, the last fastest. Empty for a number that is no node.
    #[must_use]
    pub fn family(&self, node: usize) -> &[f64] {
        self.families.get(node).map_or(&[], |family| &family.counts)
    }

    /// Number of free parameters: `sum (states - 1) * configurations`.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.families.iter().map(|family| family.counts.len() - family.configurations).sum()
    }

    pub(crate) fn parents(&self, node: usize) -> &[usize] {
        &self.families[node].parents
    }
}

impl Family {
    fn add(&mut self, node: usize, columns: &[DiscreteColumn], missing: &[bool], levels: &[Arc<[String]>]) {
        let members: Vec<usize> = self.parents.iter().copied().chain([node]).collect();
        let any_missing = members.iter().any(|&member| missing[member]);
        let rows = columns[node].codes().len();
        let mut index = [0_usize; BLOCK];
        for start in (0..rows).step_by(BLOCK) {
            let index = &mut index[..BLOCK.min(rows - start)];
            index.fill(0);
            for &member in &members {
                let cardinality = levels[member].len();
                for (index, &code) in index.iter_mut().zip(&columns[member].codes()[start..]) {
                    *index = *index * cardinality + usize::from(code);
                }
            }
            if any_missing {
                let complete = |row: usize| {
                    members.iter().all(|&m| columns[m].codes()[start + row] != DiscreteColumn::MISSING)
                };
                for (row, &index) in index.iter().enumerate() {
                    if complete(row) {
                        self.counts[index] += 1.0;
                    } else {
                        self.skipped += 1;
                    }
                }
            } else {
                for &index in index.iter() {
                    self.counts[index] += 1.0;
                }
            }
        }
    }
}
