//! Samples of random sparse networks, the same on every machine, and the sizes over which growth is measured.

use criterion::{BenchmarkId, Criterion};
use etiology_graph::Nodes;
use etiology_stats::{DiscreteColumn, MixedColumn};
use etiology_structure::{Dataset, Knowledge, Learner};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The parents of each node: about three edges a node in all, from smaller to larger numbers.
fn parents(p: usize, rng: &mut StdRng) -> Vec<Vec<usize>> {
    let share = 3.0 / (p as f64 - 1.0);
    (0..p).map(|to| (0..to).filter(|_| rng.random_bool(share)).collect()).collect()
}

/// Linear effects between .3 and .9 in size, standard normal noise.
pub(crate) fn numbers(p: usize, rows: usize) -> Dataset {
    let mut rng = StdRng::seed_from_u64(7);
    let parents = parents(p, &mut rng);
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(p);
    for parents in parents {
        let mut column: Vec<f64> = (0..rows)
            .map(|_| {
                let (u, v): (f64, f64) = (rng.random(), rng.random());
                (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
            })
            .collect();
        for parent in parents {
            let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
            let effect = sign * rng.random_range(0.3..0.9);
            column.iter_mut().zip(&columns[parent]).for_each(|(value, cause)| *value += effect * cause);
        }
        columns.push(column);
    }
    Dataset::new(Nodes::numbered(p), columns.into_iter().map(MixedColumn::Continuous).collect()).unwrap()
}

/// Three levels: the sum of the parents' levels modulo three in seven rows of ten, else any.
pub(crate) fn categories(p: usize, rows: usize) -> Dataset {
    let mut rng = StdRng::seed_from_u64(8);
    let parents = parents(p, &mut rng);
    let mut columns: Vec<Vec<u16>> = Vec::with_capacity(p);
    for parents in parents {
        let level = |row: usize, rng: &mut StdRng| {
            if !parents.is_empty() && rng.random_bool(0.7) {
                parents.iter().map(|&parent| columns[parent][row]).sum::<u16>() % 3
            } else {
                rng.random_range(0..3)
            }
        };
        let column = (0..rows).map(|row| level(row, &mut rng)).collect();
        columns.push(column);
    }
    let levels: Vec<String> = (0..3).map(|level| level.to_string()).collect();
    let column = |codes| MixedColumn::Discrete(DiscreteColumn::new(codes, levels.clone()).unwrap());
    Dataset::new(Nodes::numbered(p), columns.into_iter().map(column).collect()).unwrap()
}

/// Times a learner at doubled numbers of columns, then of rows, from columns in memory to the graph.
pub(crate) fn grow(c: &mut Criterion, name: &str, learner: &Learner, data: impl Fn(usize, usize) -> Dataset) {
    let mut time = |kind: &str, size: usize, data: &Dataset| {
        let knowledge = Knowledge::none(data.nodes().clone());
        let mut group = c.benchmark_group(format!("{name}, {kind}"));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| learner.learn(data, &knowledge).unwrap());
        });
        group.finish();
    };
    for p in [50, 100, 200, 400] {
        time("columns", p, &data(p, 2_000));
    }
    for rows in [1_000, 2_000, 4_000, 8_000, 16_000] {
        time("rows", rows, &data(100, rows));
    }
}

pub(crate) fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(800))
}
