//! Spectral causality, sparse regressions and information against closed forms and other programs.
#![allow(clippy::float_cmp, clippy::type_complexity, clippy::unwrap_used)]

#[path = "spectral/frequency.rs"]
mod frequency;
#[path = "spectral/sparse.rs"]
mod sparse;
#[path = "spectral/transfer.rs"]
mod transfer;

use etiology_granger::{Nodes, Series};

/// Independent standard normal values, row by row, from a generator other programs can repeat: Knuth's MMIX congruence (upper
/// 53 bits) and the cosine half of Box and Muller's transform.
fn normals(width: usize, rows: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut state = seed;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    let mut columns = vec![Vec::with_capacity(rows); width];
    for _ in 0..rows {
        for column in &mut columns {
            let (radius, angle) = (uniform(), uniform());
            column.push((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos());
        }
    }
    columns
}

fn series(columns: Vec<Vec<f64>>) -> Series {
    Series::new(Nodes::numbered(columns.len()), columns).unwrap()
}
