//! A network while it is being read: declarations in any order, turned into a [`DiscreteNetwork`] at the end.
//!
//! Both formats declare variables with states and families with parents in an order of their own; a network's tables have
//! parents in ascending order. The translation, and the checks that need the whole file, live here once.

use std::collections::HashMap;

use etiology_graph::{Dag, Nodes};

use crate::{BayesError, DiscreteNetwork};

/// No table read from a file may have more cells than this: a declared default can stand for any number of rows.
const MAX_CELLS: usize = 1 << 27;

/// Above this number of states a hash finds a name faster than comparing them all.
const SCAN: usize = 16;

/// Variables declared so far.
pub(super) struct Parts<'t> {
    format: &'static str,
    names: Vec<String>,
    states: Vec<Vec<String>>,
    lookup: Vec<HashMap<String, usize>>,
    numbers: HashMap<String, usize>,
    families: Vec<Option<Family<'t>>>,
}

/// A family as its block in the file gives it.
pub(super) struct Family<'t> {
    pub(super) line: usize,
    /// In the order of the file.
    pub(super) parents: Vec<usize>,
    pub(super) values: Values<'t>,
}

/// The numbers of a family.
pub(super) enum Values<'t> {
    /// Rows in any order, each with the parents' states in the order of the file, and a row for those not listed.
    Rows { rows: Vec<(RowKey<'t>, Vec<f64>)>, default: Option<Vec<f64>> },
    /// All numbers; the last parent of the file varies fastest among the parents, and the child faster or slower than all
    /// of them. Where the format leaves that open, the first of the two orders whose rows sum to one is meant.
    Table { values: Vec<f64>, order: TableOrder },
}

/// A row's number, and where it was read.
pub(super) struct RowKey<'t> {
    pub(super) row: usize,
    pub(super) line: usize,
    pub(super) text: &'t str,
}

/// Whether a node's own state varies fastest in a flat table.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum TableOrder {
    ChildFastest,
    ChildSlowestIfItSums,
}

impl<'t> Parts<'t> {
    pub(super) fn new(format: &'static str) -> Self {
        Self {
            format,
            names: Vec::new(),
            states: Vec::new(),
            lookup: Vec::new(),
            numbers: HashMap::new(),
            families: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn error(&self, line: usize, message: impl std::fmt::Display) -> BayesError {
        BayesError::Syntax { format: self.format, message: format!("line {line}: {message}") }
    }

    pub(super) fn declare(
        &mut self,
        line: usize,
        name: String,
        states: Vec<String>,
    ) -> Result<(), BayesError> {
        if self.numbers.contains_key(&name) {
            return Err(self.error(line, format_args!("variable `{name}` is declared twice")));
        }
        if states.is_empty() {
            return Err(self.error(line, format_args!("variable `{name}` has no states")));
        }
        let mut lookup = HashMap::with_capacity(states.len());
        for (number, state) in states.iter().enumerate() {
            if lookup.insert(state.clone(), number).is_some() {
                return Err(self.error(line, format_args!("variable `{name}` has the state `{state}` twice")));
            }
        }
        if states.len() <= SCAN {
            lookup.clear();
        }
        self.numbers.insert(name.clone(), self.names.len());
        self.names.push(name);
        self.states.push(states);
        self.lookup.push(lookup);
        self.families.push(None);
        Ok(())
    }

    pub(super) fn variable(&self, line: usize, name: &str) -> Result<usize, BayesError> {
        let number = self.numbers.get(name).copied();
        number.ok_or_else(|| self.error(line, format_args!("`{name}` is not a declared variable")))
    }

    pub(super) fn state(&self, line: usize, variable: usize, name: &str) -> Result<usize, BayesError> {
        let states = &self.states[variable];
        let found = if states.len() <= SCAN {
            states.iter().position(|state| state == name)
        } else {
            self.lookup[variable].get(name).copied()
        };
        found.ok_or_else(|| {
            self.error(line, format_args!("variable `{}` has no state `{name}`", self.names[variable]))
        })
    }

    pub(super) fn name(&self, variable: usize) -> &str {
        &self.names[variable]
    }

    pub(super) fn cardinality(&self, variable: usize) -> usize {
        self.states[variable].len()
    }

    pub(super) fn define(&mut self, child: usize, family: Family<'t>) -> Result<(), BayesError> {
        let name = &self.names[child];
        if self.families[child].is_some() {
            return Err(self.error(family.line, format_args!("`{name}` has a second probability block")));
        }
        self.families[child] = Some(family);
        Ok(())
    }

    /// The step of each parent of the file in a row number of the network's table, and the number of rows.
    pub(super) fn row_steps(
        &self,
        line: usize,
        child: usize,
        parents: &[usize],
    ) -> Result<(Vec<usize>, usize), BayesError> {
        let name = &self.names[child];
        for (i, &parent) in parents.iter().enumerate() {
            if parent == child || parents[..i].contains(&parent) {
                let what = if parent == child { "is its own parent" } else { "has a parent twice" };
                return Err(self.error(line, format_args!("`{name}` {what}")));
            }
        }
        let mut ascending: Vec<usize> = (0..parents.len()).collect();
        ascending.sort_unstable_by_key(|&i| parents[i]);
        let (mut steps, mut rows) = (vec![0; parents.len()], Some(1_usize));
        for &i in ascending.iter().rev() {
            steps[i] = rows.unwrap_or(0);
            rows = rows.and_then(|rows| rows.checked_mul(self.cardinality(parents[i])));
        }
        rows.filter(|rows| rows.checked_mul(self.cardinality(child)).is_some())
            .map(|rows| (steps, rows))
            .ok_or_else(|| {
                self.error(
                    line,
                    format_args!("the table of `{name}` would have more cells than can be counted"),
                )
            })
    }

    pub(super) fn finish(mut self) -> Result<DiscreteNetwork, BayesError> {
        let families = std::mem::take(&mut self.families);
        let (mut edges, mut tables, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for (child, family) in families.into_iter().enumerate() {
            let Some(family) = family else {
                let message = format!("variable `{}` has no probability block", self.names[child]);
                return Err(BayesError::Syntax { format: self.format, message });
            };
            edges.extend(family.parents.iter().map(|&parent| (parent, child)));
            lines.push(family.line);
            tables.push(self.table(child, family)?);
        }
        let format = self.format;
        let dag = Dag::from_edges(Nodes::new(self.names)?, edges)?;
        let nodes = dag.nodes().clone();
        DiscreteNetwork::new(dag, self.states, tables).map_err(|error| match error {
            BayesError::Family { node, message } => {
                let line = nodes.index_of(&node).map_or(0, |number| lines[number]);
                BayesError::Syntax { format, message: format!("line {line}: node `{node}`: {message}") }
            }
            other => other,
        })
    }

    /// The numbers of a family in the layout of a network.
    fn table(&self, child: usize, family: Family<'_>) -> Result<Vec<f64>, BayesError> {
        let Family { line, parents, values } = family;
        let (steps, rows) = self.row_steps(line, child, &parents)?;
        let (states, name) = (self.cardinality(child), &self.names[child]);
        match values {
            Values::Rows { rows: given, default } => {
                if default.is_none() && given.len() < rows {
                    let message =
                        format!("`{name}` has {} rows of probabilities and needs {rows}", given.len());
                    return Err(self.error(line, message));
                }
                if rows * states > MAX_CELLS {
                    let cells = rows * states;
                    return Err(
                        self.error(line, format_args!("the table of `{name}` would have {cells} cells"))
                    );
                }
                let mut table = default.unwrap_or_else(|| vec![0.0; states]).repeat(rows);
                let mut seen = vec![false; rows];
                for (key, values) in given {
                    if std::mem::replace(&mut seen[key.row], true) {
                        let message = format!("`{name}` has a second row for ({})", key.text);
                        return Err(self.error(key.line, message));
                    }
                    table[key.row * states..(key.row + 1) * states].copy_from_slice(&values);
                }
                Ok(table)
            }
            Values::Table { values, order } => {
                if values.len() != rows * states {
                    let (got, needs) = (values.len(), rows * states);
                    return Err(
                        self.error(line, format_args!("`{name}` has {got} probabilities and needs {needs}"))
                    );
                }
                if parents.is_empty() {
                    return Ok(values);
                }
                let slow = order == TableOrder::ChildSlowestIfItSums
                    && (0..rows).all(|row| {
                        let sum: f64 = (0..states).map(|state| values[state * rows + row]).sum();
                        (sum - 1.0).abs() <= crate::SUM_TOLERANCE
                    });
                let mut table = vec![0.0; values.len()];
                for row in 0..rows {
                    let target = self.file_row(row, &parents, &steps) * states;
                    for state in 0..states {
                        let from = if slow { state * rows + row } else { row * states + state };
                        table[target + state] = values[from];
                    }
                }
                Ok(table)
            }
        }
    }

    /// The row of the network's table that a row in the order of the file is.
    fn file_row(&self, row: usize, parents: &[usize], steps: &[usize]) -> usize {
        let (mut rest, mut target) = (row, 0);
        for (&parent, &step) in parents.iter().zip(steps).rev() {
            target += rest % self.cardinality(parent) * step;
            rest /= self.cardinality(parent);
        }
        target
    }
}
