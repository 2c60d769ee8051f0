//! Time to estimate an onset and to detect anomalies: a small frame, a large one, and the large one doubled either way.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use etiology_detect::{DetectOptions, OnsetEstimator, detect};
use etiology_frame::{Clock, FrameBuilder, Metric, MetricFrame};

/// White noise by a congruential generator; the first tenth of the metrics steps up after four fifths of the rows.
fn frame(rows: usize, width: usize) -> MetricFrame {
    let mut state = 1_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut builder = FrameBuilder::new(Clock::Step, (0..).take(rows).collect());
    for index in 0..width {
        let step = if 10 * index < width { 3.0 } else { 0.0 };
        let values: Vec<Option<f64>> = (0..rows)
            .map(|row| {
                let noise: f64 = (0..4).map(|_| uniform() - 0.5).sum();
                Some(noise + if 5 * row >= 4 * rows { step } else { 0.0 })
            })
            .collect();
        builder = builder.column(Metric::new(format!("m{index}")), values);
    }
    builder.build().unwrap().0
}

fn onset(c: &mut Criterion) {
    let estimator = OnsetEstimator::params().build().unwrap();
    let mut group = c.benchmark_group("onset");
    for (rows, width) in [(300, 30), (10_000, 1_000), (20_000, 1_000), (10_000, 2_000)] {
        let frame = frame(rows, width);
        group.sample_size(10);
        group.bench_function(format!("{rows} rows x {width} metrics"), |b| {
            b.iter(|| estimator.estimate(&frame, None, &[]).unwrap());
        });
    }
    group.finish();
}

fn anomalies(c: &mut Criterion) {
    let mut group = c.benchmark_group("detect");
    for (rows, width) in [(300, 30), (10_000, 1_000)] {
        let frame = frame(rows, width);
        let (normal, anomalous) = (frame.slice(0, 4 * rows / 5), frame.slice(4 * rows / 5, rows));
        group.sample_size(10);
        group.bench_function(format!("{rows} rows x {width} metrics"), |b| {
            b.iter(|| detect(&normal, &anomalous, &DetectOptions::default()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, onset, anomalies);
criterion_main!(benches);
