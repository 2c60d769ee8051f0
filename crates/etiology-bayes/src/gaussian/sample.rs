//! Ancestral sampling from linear-Gaussian networks.

use rayon::prelude::*;

use super::GaussianNetwork;
use crate::sampling::{CHUNK, StandardNormal, chunks, stream};

impl GaussianNetwork {
    /// Draws rows, one column per node. `O(rows (p + edges))`; the same seed gives the same rows on any number of threads.
    #[must_use]
    pub fn sample(&self, rows: usize, seed: u64) -> Vec<Vec<f64>> {
        let parts: Vec<Vec<Vec<f64>>> = chunks(rows)
            .into_par_iter()
            .map(|(chunk, length)| {
                let (mut rng, mut normal) = (stream(seed, chunk), StandardNormal::default());
                let mut columns = vec![Vec::new(); self.len()];
                for &node in self.order() {
                    let family = &self.families()[node];
                    let mut column: Vec<f64> =
                        (0..length).map(|_| family.intercept + family.sd * normal.draw(&mut rng)).collect();
                    for (&parent, coefficient) in self.parents_of(node).iter().zip(&family.coefficients) {
                        for (value, other) in column.iter_mut().zip(&columns[parent]) {
                            *value += coefficient * other;
                        }
                    }
                    columns[node] = column;
                }
                columns
            })
            .collect();
        let mut columns: Vec<Vec<f64>> =
            (0..self.len()).map(|_| Vec::with_capacity(parts.len() * CHUNK)).collect();
        for part in parts {
            for (column, more) in columns.iter_mut().zip(part) {
                column.extend(more);
            }
        }
        columns
    }
}
