//! Selection-based order statistics: nanoseconds per value, and how they grow with n.
//!
//! `quartiles/1000x5000` is the size of a cluster's worth of metrics; `doubling` shows that time per value stays flat.
#![allow(missing_docs, clippy::semicolon_if_nothing_returned)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread, mad, median, quartiles};
use std::hint::black_box;

/// A latency-like column: positive, skewed, no two alike.
fn column(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64;
            20.0 - 5.0 * (1.0 - uniform).ln()
        })
        .collect()
}

fn many_columns(c: &mut Criterion) {
    let columns: Vec<Vec<f64>> = (1..=1000).map(|seed| column(seed, 5000)).collect();
    let mut scratch = Scratch::new();
    let mut group = c.benchmark_group("1000x5000");
    group.throughput(Throughput::Elements(5_000_000)).sample_size(20);
    group.bench_function("median", |b| {
        b.iter(|| columns.iter().filter_map(|v| median(black_box(v), &mut scratch)).sum::<f64>())
    });
    group.bench_function("quartiles", |b| {
        b.iter(|| {
            columns.iter().filter_map(|v| quartiles(black_box(v), &mut scratch)).map(|q| q.q1).sum::<f64>()
        })
    });
    group.bench_function("mad", |b| {
        b.iter(|| columns.iter().filter_map(|v| mad(black_box(v), &mut scratch)).sum::<f64>())
    });
    for (name, center, spread) in [
        ("fit mean std", Center::Mean, Spread::Std { ddof: 0 }),
        ("fit median iqr", Center::Median, Spread::Iqr),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                columns
                    .iter()
                    .filter_map(|v| {
                        LocationScale::fit(black_box(v), center, spread, Floor::default(), &mut scratch).ok()
                    })
                    .map(|fit| fit.scale)
                    .sum::<f64>()
            })
        });
    }
    group.finish();
}

fn doubling(c: &mut Criterion) {
    let mut scratch = Scratch::new();
    let mut group = c.benchmark_group("doubling");
    for n in [25_000, 50_000, 100_000, 200_000] {
        let values = column(7, n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::new("quartiles", n), &values, |b, v| {
            b.iter(|| quartiles(black_box(v), &mut scratch))
        });
    }
    group.finish();
}

criterion_group!(benches, many_columns, doubling);
criterion_main!(benches);
