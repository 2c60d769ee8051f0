//! Neighbour-based information, spectral causality and sparse regressions.
//!
//! `information` doubles the rows, to show that time grows a little faster than them in few columns; `sparse/20x1000` is the
//! case on which causal-learn's lasso was measured, `sparse/200x300` has more coefficients than rows.
#![allow(missing_docs, clippy::semicolon_if_nothing_returned, clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use etiology_granger::{
    NearestNeighbours, Nodes, Series, SparseGranger, SparsePenalty, SpectralGranger, Trend, Var, VarProcess,
};
use std::hint::black_box;

/// Sums of three uniform values, each series pushed by the one before it a row ago.
fn columns(width: usize, rows: usize) -> Vec<Vec<f64>> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let mut columns: Vec<Vec<f64>> =
        (0..width).map(|_| (0..rows).map(|_| uniform() + uniform() + uniform()).collect()).collect();
    for row in 1..rows {
        for s in 1..width {
            columns[s][row] += 0.4 * columns[s - 1][row - 1];
        }
    }
    columns
}

fn series(width: usize, rows: usize) -> Series {
    Series::new(Nodes::numbered(width), columns(width, rows)).unwrap()
}

fn information(c: &mut Criterion) {
    let mut group = c.benchmark_group("information");
    let estimator = NearestNeighbours::new(5).unwrap();
    for rows in [1_000, 2_000, 4_000, 8_000] {
        let data = columns(3, rows);
        group.throughput(Throughput::Elements(rows as u64)).sample_size(10);
        group.bench_with_input(BenchmarkId::new("pair", rows), &data, |b, data| {
            b.iter(|| estimator.information(black_box(&data[..1]), &data[1..2], &[]).unwrap())
        });
        group.bench_with_input(BenchmarkId::new("given one", rows), &data, |b, data| {
            b.iter(|| estimator.information(black_box(&data[..1]), &data[1..2], &data[2..]).unwrap())
        });
    }
    group.finish();
}

fn spectral(c: &mut Criterion) {
    let mut group = c.benchmark_group("spectral");
    for width in [3, 10] {
        let var = Var::from_series(&series(width, 1_000), 3, Trend::Constant).unwrap();
        let process = VarProcess::of(&var).unwrap();
        let given: Vec<usize> = (2..width).collect();
        group.bench_function(BenchmarkId::new("pair of 101 frequencies", width), |b| {
            b.iter(|| {
                let spectral = SpectralGranger::new(black_box(&process), &[0], &[1], &given).unwrap();
                spectral.band(0.0, 0.5, 50).unwrap()
            })
        });
    }
    group.finish();
}

fn sparse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sparse");
    group.sample_size(10);
    for (width, rows, penalty) in [
        (20, 1_000, SparsePenalty::Lasso),
        (20, 1_000, SparsePenalty::Group),
        (200, 300, SparsePenalty::Lasso),
    ] {
        let data = series(width, rows);
        group.bench_function(format!("{width}x{rows}/{penalty:?}"), |b| {
            b.iter(|| SparseGranger::new(3).with_penalty(penalty).fit(black_box(&data)).unwrap())
        });
    }
    group.finish();
}

criterion_group!(benches, information, spectral, sparse);
criterion_main!(benches);
