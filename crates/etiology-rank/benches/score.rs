//! Scoring one incident of 1 000 metrics x 10 000 rows, and twice the rows or metrics.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use etiology_frame::{Clock, FrameBuilder, Incident, Metric, Time};
use etiology_rank::{Case, find};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::hint::black_box;

fn incident(metrics: usize, rows: usize) -> Incident {
    let mut random = StdRng::seed_from_u64(7);
    let ticks = (0..i64::try_from(rows).unwrap()).collect();
    let mut builder = FrameBuilder::new(Clock::Step, ticks);
    for index in 0..metrics {
        let offset = random.random_range(0.0..1e3);
        let values: Vec<Option<f64>> = (0..rows)
            .map(|_| Some(offset + (0..4).map(|_| random.random_range(-1.0..1.0)).sum::<f64>()))
            .collect();
        builder = builder.column(Metric::infer(format!("svc{}_cpu{}", index / 10, index % 10)), values);
    }
    Incident::new("bench", builder.build().unwrap().0)
}

fn score(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("score");
    group.sample_size(10);
    for (metrics, rows) in [(1_000, 10_000), (1_000, 20_000), (2_000, 10_000)] {
        let incident = incident(metrics, rows);
        let case = Case::new(&incident, Time(i64::try_from(rows / 2).unwrap())).unwrap();
        for method in ["nsigma", "nsigma:published", "baro", "baro:published", "prism", "alert-count"] {
            let id = BenchmarkId::new(method, format!("{metrics}x{rows}"));
            let method = find(method).unwrap();
            group.bench_function(id, |bencher| bencher.iter(|| black_box(method.rank(&case, 0).unwrap())));
        }
    }
    group.finish();
}

/// Bootstraps are slower by their replicates: an incident of 300 metrics, 600 rows on either side.
fn bootstrap(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bootstrap");
    group.sample_size(10);
    let incident = incident(300, 1_200);
    let case = Case::new(&incident, Time(600)).unwrap();
    for name in ["epsilon-diagnosis", "epsilon-diagnosis:published"] {
        let method = find(name).unwrap();
        group.bench_function(name, |bencher| bencher.iter(|| black_box(method.rank(&case, 0).unwrap())));
    }
    group.finish();
}

criterion_group!(benches, score, bootstrap);
criterion_main!(benches);
