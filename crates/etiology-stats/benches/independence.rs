//! Covariance, and independence tests per call.
//!
//! `covariance/1000x100000` is 2 n p^2 / 2 = 1e11 useful operations; the tests walk through the subsets of a set the way a
//! learner does, and report time per test. The discrete ones are of the size of ALARM's and ANDES's samples.
#![allow(
    missing_docs,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::semicolon_if_nothing_returned,
    clippy::unwrap_used
)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etiology_stats::{
    ContingencyTest, CorrelationReference, DiscreteColumn, DiscreteTable, IndependenceTest, Moments,
    PartialCorrelationTest,
};
use std::hint::black_box;

struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn columns(width: usize, rows: usize) -> Vec<Vec<f64>> {
    let mut uniform = Uniform(88_172_645_463_325_252);
    (0..width).map(|_| (0..rows).map(|_| uniform.next() + uniform.next()).collect()).collect()
}

fn covariance(c: &mut Criterion) {
    let mut group = c.benchmark_group("covariance");
    for (width, rows) in [(100, 2_000), (500, 2_000), (1_000, 100_000)] {
        let data = columns(width, rows);
        group.throughput(Throughput::Elements((width * width * rows) as u64)).sample_size(10);
        group.bench_function(format!("{width}x{rows}"), |b| {
            b.iter(|| Moments::from_columns(black_box(&data)))
        });
    }
}

/// Every subset of `size` of the columns 2 .. 2 + `pool`.
fn subsets(pool: usize, size: usize) -> Vec<Vec<usize>> {
    (0_u32..1 << pool)
        .filter(|set| set.count_ones() as usize == size)
        .map(|set| (0..pool).filter(|i| set >> i & 1 == 1).map(|i| i + 2).collect())
        .collect::<std::collections::BTreeSet<Vec<usize>>>()
        .into_iter()
        .collect()
}

fn walk(c: &mut Criterion, name: &str, test: &dyn IndependenceTest, pool: usize, sizes: &[usize]) {
    let mut group = c.benchmark_group(name);
    for &size in sizes {
        let sets = subsets(pool, size);
        group.throughput(Throughput::Elements(sets.len() as u64));
        let mut session = test.session();
        group.bench_function(format!("given{size}"), |b| {
            b.iter(|| {
                sets.iter()
                    .filter(|set| session.independent(0, 1, black_box(set), 0.01) == Some(true))
                    .count()
            })
        });
    }
}

fn partial_correlation(c: &mut Criterion) {
    let moments = Moments::from_columns(&columns(16, 2_000)).unwrap();
    for (name, reference) in
        [("fisher-z", CorrelationReference::FisherZ), ("student-t", CorrelationReference::StudentT)]
    {
        let test = PartialCorrelationTest::new(&moments, reference).unwrap();
        walk(c, name, &test, 12, &[0, 1, 2, 3, 4, 6, 8]);
    }
}

fn discrete(width: usize, levels: usize, rows: usize) -> DiscreteTable {
    let mut uniform = Uniform(88_172_645_463_325_252);
    let names: Vec<String> = (0..levels).map(|level| level.to_string()).collect();
    let codes = (0..width).map(|_| (0..rows).map(|_| (uniform.next() * levels as f64) as u16).collect());
    DiscreteTable::new(codes.map(|codes| DiscreteColumn::new(codes, names.clone()).unwrap()).collect())
        .unwrap()
}

fn contingency(c: &mut Criterion) {
    for levels in [2, 3, 4] {
        let table = discrete(12, levels, 5_000);
        let test = ContingencyTest::g_squared(&table).unwrap();
        walk(c, &format!("g2/levels{levels}"), &test, 8, &[0, 1, 2, 3, 4]);
        let test = ContingencyTest::chi_squared(&table).unwrap();
        walk(c, &format!("chi2/levels{levels}"), &test, 8, &[1, 3]);
    }
}

criterion_group!(benches, covariance, partial_correlation, contingency);
criterion_main!(benches);
