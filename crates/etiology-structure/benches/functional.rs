//! Functional and continuous learners and MIIC, and how they grow. `cargo bench -p etiology-structure --bench functional`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use etiology_graph::Nodes;
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::{Dagma, DirectLingam, IcaLingam, Miic, Notears};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A sparse linear model with uniform noise: each variable has two of the eight before it as parents.
fn columns(p: usize, rows: usize) -> Vec<Vec<f64>> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(p);
    for v in 0..p {
        let mut column: Vec<f64> = (0..rows).map(|_| rng.random_range(-1.7..1.7)).collect();
        for back in [rng.random_range(1..5), rng.random_range(5..9)] {
            if back <= v {
                column.iter_mut().zip(&columns[v - back]).for_each(|(value, x)| *value += 0.6 * x);
            }
        }
        columns.push(column);
    }
    columns
}

fn covariance(columns: &[Vec<f64>]) -> DMatrix<f64> {
    let rows = columns[0].len();
    let data = DMatrix::from_fn(rows, columns.len(), |row, v| columns[v][row]);
    data.tr_mul(&data) / rows as f64
}

fn categories(columns: &[Vec<f64>]) -> DiscreteTable {
    let levels = || ["low", "middle", "high"].map(String::from).to_vec();
    let code = |x: &f64| u16::from(*x > -0.7) + u16::from(*x > 0.7);
    let column = |c: &Vec<f64>| DiscreteColumn::new(c.iter().map(code).collect(), levels()).unwrap();
    DiscreteTable::new(columns.iter().map(column).collect()).unwrap()
}

fn learners(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("functional");
    group.sample_size(10);
    for (p, rows) in [(30, 2000), (30, 8000), (60, 2000)] {
        let columns = columns(p, rows);
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let nodes = Nodes::numbered(p);
        group.bench_function(format!("direct-lingam/p{p}_n{rows}"), |b| {
            b.iter(|| DirectLingam::new().learn(&nodes, black_box(&slices)).unwrap());
        });
        group.bench_function(format!("ica-lingam/p{p}_n{rows}"), |b| {
            b.iter(|| IcaLingam::new().learn(&nodes, black_box(&slices)).unwrap());
        });
        let table = categories(&columns);
        group.bench_function(format!("miic/p{p}_n{rows}"), |b| {
            b.iter(|| Miic::new().learn(&nodes, black_box(&table)).unwrap());
        });
    }
    for p in [10, 20] {
        let covariance = covariance(&columns(p, 2000));
        let nodes = Nodes::numbered(p);
        group.bench_function(format!("notears/p{p}"), |b| {
            b.iter(|| Notears::new().learn(&nodes, black_box(&covariance)).unwrap());
        });
        group.bench_function(format!("dagma/p{p}"), |b| {
            b.iter(|| Dagma::new().learn(&nodes, black_box(&covariance)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, learners);
criterion_main!(benches);
