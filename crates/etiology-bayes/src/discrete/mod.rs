//! Discrete networks: a DAG, a list of states per node and a table of conditional probabilities per node.
//!
//! The table of a node has one row per configuration of its parents and one column per state. Parents stand in ascending
//! order of their numbers ([`DiscreteNetwork::parents`]), the last parent varies fastest, and a row is contiguous: the
//! probability of state `s` under configuration `c` is `table[c * cardinality + s]`. That is the layout of
//! `etiology_stats`' counts with the node as the last column, and of XMLBIF.
//!
//! A network that exists is valid: the constructor checks sizes and signs, refuses rows that do not sum to one, and
//! rescales those that miss it only by the rounding of a file (at most [`SUM_TOLERANCE`]).

mod evidence;
mod intervene;

use std::collections::HashSet;
use std::sync::Arc;

use etiology_graph::{Dag, Nodes};

use crate::BayesError;

pub use evidence::{Evidence, Finding};

/// How far a row's sum may lie from one. Files round: four digits in each of ten states miss by up to 5e-4.
pub const SUM_TOLERANCE: f64 = 1e-3;

/// A Bayesian network over variables with finitely many named states. Cloning shares states and tables.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscreteNetwork {
    dag: Dag,
    parents: Vec<Vec<usize>>,
    states: Vec<Arc<[String]>>,
    tables: Vec<Arc<[f64]>>,
}

impl DiscreteNetwork {
    /// A network from its graph, the names of every node's states, and every node's table in the layout of the module.
    ///
    /// # Errors
    /// When a node has no state or two of one name, a table has the wrong size, or a row holds a number that is no
    /// probability or does not sum to one within [`SUM_TOLERANCE`]. The message names the node and the row.
    pub fn new(dag: Dag, states: Vec<Vec<String>>, tables: Vec<Vec<f64>>) -> Result<Self, BayesError> {
        let expected = dag.len();
        for (what, got) in [("the list of states", states.len()), ("the list of tables", tables.len())] {
            if got != expected {
                return Err(BayesError::Width { what, expected, got });
            }
        }
        let parents = (0..expected).map(|v| dag.parents(v).iter().collect()).collect();
        let mut network = Self {
            dag,
            parents,
            states: states.into_iter().map(Arc::from).collect(),
            tables: Vec::with_capacity(expected),
        };
        for node in 0..expected {
            network.check_states(node)?;
        }
        for (node, mut table) in tables.into_iter().enumerate() {
            network.check_table(node, &mut table)?;
            network.tables.push(table.into());
        }
        Ok(network)
    }

    fn check_states(&self, node: usize) -> Result<(), BayesError> {
        let states = &self.states[node];
        if states.is_empty() {
            return Err(self.family_error(node, "has no states; give it at least one".into()));
        }
        let mut seen = HashSet::with_capacity(states.len());
        match states.iter().find(|state| !seen.insert(state.as_str())) {
            Some(state) => Err(self.family_error(node, format!("has the state `{state}` twice"))),
            None => Ok(()),
        }
    }

    fn check_table(&self, node: usize, table: &mut [f64]) -> Result<(), BayesError> {
        let states = self.cardinality(node);
        let rows = self.checked_rows(node).filter(|rows| rows.checked_mul(states).is_some());
        let Some(rows) = rows else {
            let message =
                "the table over its parents has more cells than can be counted; drop parents or merge states";
            return Err(self.family_error(node, message.into()));
        };
        if table.len() != rows * states {
            let message = format!(
                "the table has {} numbers and needs {rows} rows of {states} (one row per configuration of {} parents)",
                table.len(),
                self.parents[node].len(),
            );
            return Err(self.family_error(node, message));
        }
        for (row, values) in table.chunks_exact_mut(states).enumerate() {
            if let Err(why) = check_row(values) {
                let message =
                    format!("row {} of the table ({}) {why}", row + 1, self.describe_row(node, row));
                return Err(self.family_error(node, message));
            }
        }
        Ok(())
    }

    fn checked_rows(&self, node: usize) -> Option<usize> {
        self.parents[node].iter().try_fold(1_usize, |rows, &p| rows.checked_mul(self.cardinality(p)))
    }

    fn family_error(&self, node: usize, message: String) -> BayesError {
        BayesError::Family { node: self.name(node).to_owned(), message }
    }

    /// A configuration of the parents in words: `smoke = yes, tub = no`.
    pub(crate) fn describe_row(&self, node: usize, row: usize) -> String {
        if self.parents[node].is_empty() {
            return "no parents".to_owned();
        }
        let mut parts: Vec<String> = Vec::with_capacity(self.parents[node].len());
        let mut rest = row;
        for &parent in self.parents[node].iter().rev() {
            let cardinality = self.cardinality(parent);
            let state = self.states[parent].get(rest % cardinality).map_or("?", String::as_str);
            parts.push(format!("{} = {state}", self.name(parent)));
            rest /= cardinality;
        }
        parts.reverse();
        parts.join(", ")
    }

    /// The graph.
    #[must_use]
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The nodes' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        self.dag.nodes()
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, node: usize) -> &str {
        self.nodes().name(node)
    }

    /// The parents of a node in ascending order, which is their order in its table.
    ///
    /// # Panics
    /// When `node` is none of the network's; so do the other methods that take a node by number, unless they say otherwise.
    #[must_use]
    pub fn parents(&self, node: usize) -> &[usize] {
        &self.parents[node]
    }

    /// The names of a node's states.
    #[must_use]
    pub fn states(&self, node: usize) -> &[String] {
        &self.states[node]
    }

    /// Number of states of a node.
    #[must_use]
    pub fn cardinality(&self, node: usize) -> usize {
        self.states[node].len()
    }

    /// Number of configurations of a node's parents, which is the number of rows of its table.
    #[must_use]
    pub fn rows(&self, node: usize) -> usize {
        self.tables[node].len() / self.cardinality(node)
    }

    /// The whole table of a node, row after row.
    #[must_use]
    pub fn table(&self, node: usize) -> &[f64] {
        &self.tables[node]
    }

    /// The distribution of a node under a configuration of its parents, given by its number.
    #[must_use]
    pub fn row(&self, node: usize, row: usize) -> &[f64] {
        let cardinality = self.cardinality(node);
        &self.tables[node][row * cardinality..(row + 1) * cardinality]
    }

    /// The number of the parents' configuration in `assignment`, which holds a state of every node.
    #[must_use]
    pub fn row_of(&self, node: usize, assignment: &[usize]) -> usize {
        self.parents[node].iter().fold(0, |row, &parent| row * self.cardinality(parent) + assignment[parent])
    }

    /// The distribution of a node given the states of its parents in `assignment`, which holds a state of every node.
    #[must_use]
    pub fn distribution(&self, node: usize, assignment: &[usize]) -> &[f64] {
        self.row(node, self.row_of(node, assignment))
    }

    /// Number of free parameters: rows times states less one, summed over the nodes.
    #[must_use]
    pub fn parameters(&self) -> usize {
        (0..self.len()).map(|v| self.tables[v].len() - self.rows(v)).sum()
    }

    /// The number of a variable, by name.
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`].
    pub fn variable(&self, name: &str) -> Result<usize, BayesError> {
        self.nodes().index_of(name).ok_or_else(|| BayesError::UnknownVariable { name: name.to_owned() })
    }

    /// The number of a state, by name.
    ///
    /// # Errors
    /// [`BayesError::UnknownVariable`] or [`BayesError::UnknownState`], which lists the states there are.
    pub fn state(&self, node: usize, name: &str) -> Result<usize, BayesError> {
        self.check_node(node)?;
        let states = self.states(node);
        states.iter().position(|state| state == name).ok_or_else(|| BayesError::UnknownState {
            variable: self.name(node).to_owned(),
            state: name.to_owned(),
            states: list(states),
        })
    }

    /// Refuses a number that is no node.
    pub(crate) fn check_node(&self, node: usize) -> Result<(), BayesError> {
        if node < self.len() {
            return Ok(());
        }
        Err(BayesError::UnknownVariable { name: format!("number {node}") })
    }

    /// Refuses a number that is no node, or no state of it.
    pub(crate) fn check_state(&self, node: usize, state: usize) -> Result<(), BayesError> {
        self.check_node(node)?;
        if state < self.cardinality(node) {
            return Ok(());
        }
        Err(BayesError::UnknownState {
            variable: self.name(node).to_owned(),
            state: format!("number {state}"),
            states: list(self.states(node)),
        })
    }

    /// The logarithm of the probability of one state per node; minus infinity for an impossible combination.
    ///
    /// # Errors
    /// When the assignment has the wrong length or a state that is none.
    pub fn log_probability(&self, assignment: &[usize]) -> Result<f64, BayesError> {
        if assignment.len() != self.len() {
            let (expected, got) = (self.len(), assignment.len());
            return Err(BayesError::Width { what: "the assignment", expected, got });
        }
        for (node, &state) in assignment.iter().enumerate() {
            self.check_state(node, state)?;
        }
        Ok((0..self.len()).map(|v| self.distribution(v, assignment)[assignment[v]].ln()).sum())
    }
}

/// Checks that a row is a distribution and takes the rounding of a file out of it.
fn check_row(values: &mut [f64]) -> Result<(), String> {
    if let Some(value) = values.iter().find(|value| !value.is_finite() || **value < 0.0) {
        return Err(format!("holds {value}, which is no probability"));
    }
    let sum: f64 = values.iter().sum();
    let gap = (sum - 1.0).abs();
    if gap > SUM_TOLERANCE {
        return Err(format!("sums to {sum} and must sum to 1"));
    }
    // A row that was rescaled before stays as it is, so that writing and reading a network gives the same numbers.
    #[allow(clippy::cast_precision_loss)]
    if gap > f64::EPSILON * values.len() as f64 {
        for value in values {
            *value /= sum;
        }
    }
    Ok(())
}

/// At most a dozen names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(states: &[&str]) -> Vec<String> {
        states.iter().map(|&s| s.to_owned()).collect()
    }

    fn chain(tables: Vec<Vec<f64>>) -> Result<DiscreteNetwork, BayesError> {
        let dag = Dag::from_edges(Nodes::new(["rain", "wet"]).unwrap(), [(0, 1)]).unwrap();
        DiscreteNetwork::new(dag, vec![names(&["no", "yes"]), names(&["dry", "damp", "soaked"])], tables)
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let network = chain(vec![vec![0.8, 0.2], vec![0.9, 0.1, 0.0, 0.1, 0.3, 0.6]]).unwrap();
        assert_eq!(network.distribution(1, &[1, 0]), [0.1, 0.3, 0.6]);
        assert_eq!((network.parameters(), network.rows(1)), (5, 2));
        assert!((network.log_probability(&[1, 2]).unwrap() - 0.12_f64.ln()).abs() < 1e-15);
        assert!(network.log_probability(&[0, 2]).unwrap().is_infinite());
        assert!(network.log_probability(&[0]).is_err() && network.log_probability(&[0, 3]).is_err());
    }

    #[test]
    fn rounding_is_taken_out_and_errors_name_node_and_row() {
        let network =
            chain(vec![vec![0.8, 0.2], vec![0.333_333, 0.333_333, 0.333_333, 1.0, 0.0, 0.0]]).unwrap();
        assert!((network.row(1, 0).iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let message = |tables| chain(tables).unwrap_err().to_string();
        let short = message(vec![vec![0.8, 0.2], vec![0.9, 0.1, 0.0]]);
        assert!(short.contains("`wet`") && short.contains("3 numbers"), "{short}");
        let sum = message(vec![vec![0.8, 0.2], vec![0.9, 0.1, 0.0, 0.1, 0.3, 0.5]]);
        assert!(sum.contains("`wet`") && sum.contains("rain = yes") && sum.contains("sums to 0.9"), "{sum}");
        assert!(message(vec![vec![1.2, -0.2], vec![]]).contains("-0.2"));
        assert!(message(vec![vec![f64::NAN, 1.0], vec![]]).contains("NaN"));
        assert!(message(vec![]).contains("tables"));
    }

    #[test]
    fn states_must_be_there_and_distinct() {
        let one =
            |states| DiscreteNetwork::new(Dag::empty(Nodes::numbered(1)), vec![states], vec![vec![1.0]]);
        assert!(one(vec![]).is_err() && one(names(&["a", "a"])).is_err());
        assert_eq!(one(names(&["a"])).unwrap().parameters(), 0);
    }

    #[test]
    fn tables_too_large_to_count_are_refused() {
        let p = 70;
        let dag = Dag::from_edges(Nodes::numbered(p), (0..p - 1).map(|v| (v, p - 1))).unwrap();
        let mut tables = vec![vec![0.5, 0.5]; p];
        tables[p - 1] = vec![0.5; 16];
        let error = DiscreteNetwork::new(dag, vec![names(&["a", "b"]); p], tables).unwrap_err().to_string();
        assert!(error.contains("`X70`") && error.contains("more cells"), "{error}");
    }
}
