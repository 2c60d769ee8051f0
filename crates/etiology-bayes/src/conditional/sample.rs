//! Ancestral sampling from conditional-Gaussian networks.

use std::sync::Arc;

use etiology_stats::{DiscreteColumn, MixedColumn};
use rand::RngExt;
use rayon::prelude::*;

use super::{ConditionalGaussianNetwork, MixedFamily};
use crate::BayesError;
use crate::sampling::{StandardNormal, chunks, pick, stream};

impl ConditionalGaussianNetwork {
    /// Draws rows, one column per node. The same seed gives the same rows on any number of threads.
    ///
    /// # Errors
    /// When a discrete node has more states than a column can code (65 534).
    pub fn sample(&self, rows: usize, seed: u64) -> Result<Vec<MixedColumn>, BayesError> {
        let parts: Vec<Vec<Draws>> = chunks(rows)
            .into_par_iter()
            .map(|(chunk, length)| self.sample_chunk(length, seed, chunk))
            .collect();
        (0..self.len())
            .map(|node| match &self.families()[node] {
                MixedFamily::Discrete { states, .. } => {
                    let codes = parts.iter().flat_map(|part| &part[node].codes);
                    let codes = codes.map(|&code| u16::try_from(code).unwrap_or(DiscreteColumn::MISSING));
                    Ok(MixedColumn::Discrete(DiscreteColumn::new(codes.collect(), Arc::clone(states))?))
                }
                MixedFamily::Continuous { .. } => Ok(MixedColumn::Continuous(
                    parts.iter().flat_map(|part| &part[node].numbers).copied().collect(),
                )),
            })
            .collect()
    }

    fn sample_chunk(&self, length: usize, seed: u64, chunk: usize) -> Vec<Draws> {
        let (mut rng, mut normal) = (stream(seed, chunk), StandardNormal::default());
        let mut draws = vec![Draws::default(); self.len()];
        for &node in self.order() {
            let layout = self.layout(node);
            let mut own = Draws::default();
            for row in 0..length {
                let index = layout
                    .configurations
                    .index(layout.discrete.iter().map(|&parent| draws[parent].codes[row]));
                match &self.families()[node] {
                    MixedFamily::Discrete { states, table } => {
                        let row = &table[index * states.len()..(index + 1) * states.len()];
                        own.codes.push(pick(row, rng.random::<f64>()));
                    }
                    MixedFamily::Continuous { components } => {
                        let component = &components[index];
                        let noise = component.sd * normal.draw(&mut rng);
                        let parents = layout.continuous.iter().zip(&component.coefficients);
                        own.numbers.push(parents.fold(component.intercept + noise, |sum, (&p, b)| {
                            sum + b * draws[p].numbers[row]
                        }));
                    }
                }
            }
            draws[node] = own;
        }
        draws
    }
}

#[derive(Debug, Clone, Default)]
struct Draws {
    codes: Vec<usize>,
    numbers: Vec<f64>,
}
