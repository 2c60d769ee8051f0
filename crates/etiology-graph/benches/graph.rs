//! Equivalence classes, separation and distances on sparse random DAGs (3 edges a node): growth with the number of nodes.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use etiology_graph::{
    AdjustBy, Adjustment, Dag, NodeSet, Nodes, Pdag, class_size, consistent_extension, cpdag, d_separated,
    identification_distance, orient_by_meek, pattern, sid,
};

/// A DAG over nodes in shuffled order, from a linear congruential sequence (Knuth's MMIX constants).
fn random_dag(p: usize, seed: u64) -> Dag {
    let mut state = seed;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((state >> 33) % n as u64).unwrap()
    };
    let mut order: Vec<usize> = (0..p).collect();
    for i in (1..p).rev() {
        order.swap(i, below(i + 1));
    }
    let edges: Vec<_> = (0..3 * p).map(|_| (below(p), below(p))).filter(|(a, b)| a != b).collect();
    let edges = edges.into_iter().map(|(a, b)| (order[a.min(b)], order[a.max(b)]));
    Dag::from_edges(Nodes::numbered(p), edges).unwrap()
}

fn classes(c: &mut Criterion) {
    let mut group = c.benchmark_group("classes");
    for p in [100, 300, 1000] {
        let dag = random_dag(p, 1);
        let (class, open) = (cpdag(&dag), pattern(&dag));
        group.bench_function(BenchmarkId::new("cpdag", p), |b| b.iter(|| cpdag(black_box(&dag))));
        group.bench_function(BenchmarkId::new("meek_from_pattern", p), |b| {
            b.iter_batched_ref(|| open.clone(), orient_by_meek, criterion::BatchSize::LargeInput);
        });
        group.bench_function(BenchmarkId::new("extension", p), |b| {
            b.iter(|| consistent_extension(black_box(&class)).unwrap());
        });
        group.bench_function(BenchmarkId::new("class_size", p), |b| {
            b.iter(|| class_size(black_box(&class)).unwrap());
        });
    }
    group.finish();
}

fn separation(c: &mut Criterion) {
    let mut group = c.benchmark_group("separation");
    for p in [100, 300, 1000] {
        let dag = random_dag(p, 2);
        let given = NodeSet::from_nodes(p, (0..p).step_by(10).filter(|&v| v != 1 && v != 2));
        group.bench_function(BenchmarkId::new("d_separated", p), |b| {
            b.iter(|| d_separated(black_box(&dag), 1, 2, &given));
        });
        let order = dag.topological_order();
        let graph = Pdag::from_dag(&dag);
        let question = Adjustment::new(&graph, order[p / 4], order[p - 1]).unwrap();
        group.bench_function(BenchmarkId::new("minimal_adjustment", p), |b| {
            b.iter(|| black_box(&question).minimal());
        });
    }
    group.finish();
}

fn distances(c: &mut Criterion) {
    let mut group = c.benchmark_group("distances");
    group.sample_size(10);
    for p in [50, 100, 200] {
        let (truth, guess) = (random_dag(p, 3), random_dag(p, 4));
        group.bench_function(BenchmarkId::new("sid", p), |b| {
            b.iter(|| sid(black_box(&truth), &guess).unwrap());
        });
        let (truth, guess) = (Pdag::from_dag(&truth), Pdag::from_dag(&guess));
        for (name, strategy) in [("ancestor_aid", AdjustBy::Ancestors), ("oset_aid", AdjustBy::Optimal)] {
            group.bench_function(BenchmarkId::new(name, p), |b| {
                b.iter(|| identification_distance(black_box(&truth), &guess, strategy).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, classes, separation, distances);
criterion_main!(benches);
