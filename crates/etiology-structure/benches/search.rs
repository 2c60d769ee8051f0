//! Times discrete scores, hill climbing, BOSS and GRaSP on random tables; peers' times on shared data are printed by the example
//! `search_timing`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use etiology_graph::Nodes;
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::{
    Boss, DiscreteScore, GaussianScore, Grasp, HillClimbing, Knowledge, LocalScore, TabuSearch,
};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Columns of three levels, each a noisy copy of one or two before it.
fn table(width: usize, rows: usize) -> DiscreteTable {
    let mut rng = StdRng::seed_from_u64(1);
    let mut columns: Vec<Vec<u16>> = Vec::new();
    for i in 0..width {
        let pick: Vec<usize> = (0..2.min(i)).map(|_| rng.random_range(0..i)).collect();
        let column = (0..rows).map(|row| match rng.random_bool(0.7) {
            true => pick.iter().map(|&p| columns[p][row]).sum::<u16>() % 3,
            false => rng.random_range(0..3),
        });
        let column = column.collect();
        columns.push(column);
    }
    let levels: Vec<String> = (0..3).map(|level| level.to_string()).collect();
    let column = |codes| DiscreteColumn::new(codes, levels.clone()).unwrap();
    DiscreteTable::new(columns.into_iter().map(column).collect()).unwrap()
}

/// The covariance of a sparse linear model.
fn covariance(p: usize) -> DMatrix<f64> {
    let mut rng = StdRng::seed_from_u64(2);
    let mut effects = DMatrix::<f64>::identity(p, p);
    for to in 1..p {
        for from in 0..to {
            if rng.random_bool(3.0 / p as f64) {
                let through = effects.row(from) * rng.random_range(0.3..1.0);
                let mut row = effects.row_mut(to);
                row += through;
            }
        }
    }
    &effects * effects.transpose()
}

fn searches(c: &mut Criterion) {
    let table = table(37, 5_000);
    let score = DiscreteScore::new(&table).unwrap();
    let known = Knowledge::none(Nodes::numbered(37));
    let mut session = score.session();
    c.bench_function("bdeu/37 candidates of one base", |b| {
        let candidates: Vec<usize> = (3..37).collect();
        let mut out = Vec::new();
        b.iter(|| session.with_each(black_box(0), &[1, 2], &candidates, &mut out));
    });
    c.bench_function("hill climbing/bdeu p=37 n=5000", |b| {
        b.iter(|| HillClimbing::new().learn(&score, &known).unwrap());
    });
    c.bench_function("tabu/bdeu p=37 n=5000", |b| {
        b.iter(|| TabuSearch::new().learn(&score, &known).unwrap());
    });
    for p in [50, 100] {
        let score = GaussianScore::new(&covariance(p), 2_000).unwrap();
        let known = Knowledge::none(Nodes::numbered(p));
        c.bench_function(&format!("boss/gaussian p={p}"), |b| {
            b.iter(|| Boss::new().learn(&score, &known).unwrap());
        });
        c.bench_function(&format!("grasp/gaussian p={p}"), |b| {
            b.iter(|| Grasp::new().learn(&score, &known).unwrap());
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = searches
}
criterion_main!(benches);
