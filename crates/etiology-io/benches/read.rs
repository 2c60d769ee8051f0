//! Reading of tables: `cargo bench -p etiology-io`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use etiology_io::{ReadOptions, read_csv, read_table, write_table};

/// A wide table of readings with 17 significant digits, as exporters print them: the hardest case for a reader.
fn table(rows: usize, columns: usize) -> String {
    let mut text = String::from("time");
    for column in 0..columns {
        write!(text, ",pod{}_cpu_{column}", column % 50).unwrap();
    }
    text.push('\n');
    let mut state = 7_u64;
    for row in 0..rows {
        write!(text, "{}", 1_661_140_279 + row).unwrap();
        for _ in 0..columns {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            write!(text, ",{}", (state >> 11) as f64 / (1_u64 << 53) as f64 * 100.0).unwrap();
        }
        text.push('\n');
    }
    text
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join("etiology-io-bench");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn read(path: &Path) -> usize {
    read_table(path, &ReadOptions::new()).unwrap().frame.rows()
}

fn csv(c: &mut Criterion) {
    let mut group = c.benchmark_group("csv");
    group.sample_size(10);
    for (rows, columns) in [(10_000, 1_000), (20_000, 1_000), (10_000, 2_000), (1_000, 100), (100, 20)] {
        let path = folder().join(format!("{columns}x{rows}.csv"));
        std::fs::write(&path, table(rows, columns)).unwrap();
        group.throughput(Throughput::Bytes(std::fs::metadata(&path).unwrap().len()));
        group.bench_function(format!("{columns} metrics x {rows} rows"), |b| {
            b.iter(|| read(black_box(&path)));
        });
    }
    let text = table(10_000, 1_000);
    group.bench_function("1000 metrics x 10000 rows from memory", |b| {
        b.iter(|| read_csv(black_box(text.as_bytes()), "memory", &ReadOptions::new()).unwrap().frame.rows());
    });
    group.finish();
}

fn columnar(c: &mut Criterion) {
    let mut group = c.benchmark_group("columnar");
    group.sample_size(10);
    let frame = read_csv(table(10_000, 1_000).as_bytes(), "memory", &ReadOptions::new()).unwrap().frame;
    for ending in ["parquet", "arrow"] {
        let path = folder().join(format!("1000x10000.{ending}"));
        write_table(&frame, &path).unwrap();
        group.bench_function(format!("{ending} 1000 metrics x 10000 rows"), |b| {
            b.iter(|| read(black_box(&path)));
        });
    }
    group.finish();
}

criterion_group!(benches, csv, columnar);
criterion_main!(benches);
