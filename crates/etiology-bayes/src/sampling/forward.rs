//! Ancestral ("logic") sampling from discrete networks (Henrion, UAI 1986).
//!
//! Nodes are drawn after their parents, a whole chunk of rows for one node at a time: the node's table stays in cache, and
//! each draw searches its cumulative row. Tables with few states are searched from the start, larger ones by halves.

use std::sync::Arc;

use etiology_stats::{DiscreteColumn, DiscreteTable};
use rand::RngExt;
use rayon::prelude::*;

use super::{chunks, stream};
use crate::{BayesError, DiscreteNetwork};

/// Tables with cumulative rows, for drawing.
pub(crate) struct Cumulative {
    /// One list per node, in the layout of its table.
    rows: Vec<Vec<f64>>,
}

impl Cumulative {
    pub(crate) fn new(network: &DiscreteNetwork) -> Self {
        let rows = (0..network.len()).map(|node| {
            let states = network.cardinality(node);
            let mut table = network.table(node).to_vec();
            for row in table.chunks_mut(states) {
                let last = row.iter().rposition(|&p| p > 0.0).unwrap_or(0);
                let mut sum = 0.0;
                for (state, entry) in row.iter_mut().enumerate() {
                    sum += *entry;
                    // Every number below one falls on a state that is possible.
                    *entry = if state >= last { 1.0 } else { sum };
                }
            }
            table
        });
        Self { rows: rows.collect() }
    }

    /// The state a uniform number picks in a row of the node's table.
    #[inline]
    pub(crate) fn pick(&self, node: usize, states: usize, row: usize, uniform: f64) -> usize {
        let row = &self.rows[node][row * states..(row + 1) * states];
        if states <= 16 {
            row.iter().position(|&sum| uniform < sum).unwrap_or(0)
        } else {
            row.partition_point(|&sum| sum <= uniform)
        }
    }
}

impl DiscreteNetwork {
    /// Draws rows, one column per node in the order of the nodes. `O(rows (p + edges))`; the same seed gives the same rows on
    /// any number of threads.
    ///
    /// # Errors
    /// When a node has more states than a column can code (65 534).
    pub fn sample(&self, rows: usize, seed: u64) -> Result<DiscreteTable, BayesError> {
        let mut columns = Vec::with_capacity(self.len());
        for node in 0..self.len() {
            columns.push(DiscreteColumn::new(Vec::new(), Arc::from(self.states(node)))?);
        }
        let (order, cumulative) = (self.dag().topological_order(), Cumulative::new(self));
        let parts: Vec<Vec<Vec<u16>>> = chunks(rows)
            .into_par_iter()
            .map(|(chunk, length)| self.sample_chunk(&order, &cumulative, length, seed, chunk))
            .collect();
        let columns = columns
            .into_iter()
            .enumerate()
            .map(|(node, column)| {
                let codes = parts.iter().flat_map(|part| &part[node]).copied().collect();
                DiscreteColumn::new(codes, column.levels().clone())
            })
            .collect::<Result<_, _>>()?;
        Ok(DiscreteTable::new(columns)?)
    }

    fn sample_chunk(
        &self,
        order: &[usize],
        cumulative: &Cumulative,
        length: usize,
        seed: u64,
        chunk: usize,
    ) -> Vec<Vec<u16>> {
        let mut rng = stream(seed, chunk);
        let mut columns: Vec<Vec<u16>> = vec![Vec::new(); self.len()];
        let mut row = vec![0_usize; length];
        for &node in order {
            row.fill(0);
            for &parent in self.parents(node) {
                let cardinality = self.cardinality(parent);
                for (row, &state) in row.iter_mut().zip(&columns[parent]) {
                    *row = *row * cardinality + usize::from(state);
                }
            }
            let states = self.cardinality(node);
            let draw = |&row: &usize| {
                u16::try_from(cumulative.pick(node, states, row, rng.random::<f64>())).unwrap_or(0)
            };
            columns[node] = row.iter().map(draw).collect();
        }
        columns
    }
}
