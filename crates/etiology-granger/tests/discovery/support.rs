//! Tables, truths and peers' answers from the data folder beside the checkout, and systems to sample from.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use etiology_granger::{Nodes, Series};
use flate2::read::GzDecoder;
use serde_json::Value;

pub(crate) fn shared(relative: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(relative);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent", path.display());
    None
}

pub(crate) fn json(relative: &str) -> Option<Value> {
    Some(serde_json::from_str(&std::fs::read_to_string(shared(relative)?).unwrap()).unwrap())
}

/// The numeric columns of a CSV file, gzipped or not.
pub(crate) fn table(relative: &str) -> Option<(Vec<String>, Vec<Vec<f64>>)> {
    let path = shared(relative)?;
    let mut text = String::new();
    let mut file = File::open(&path).unwrap();
    if relative.ends_with(".gz") {
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, field) in columns.iter_mut().zip(record.unwrap().iter()) {
            column.push(field.parse().unwrap());
        }
    }
    Some((names, columns))
}

/// The first series of `ts_p20_T1000_L3_s{seed}`.
pub(crate) fn simulated(seed: usize, series: usize) -> Option<Series> {
    let (names, mut columns) = table(&format!("oracles/causal/data/ts_p20_T1000_L3_s{seed}.csv.gz"))?;
    columns.truncate(series);
    Some(Series::new(Nodes::new(names.into_iter().take(series)).unwrap(), columns).unwrap())
}

/// Sums of `step` rows: what acts within them acts at once.
pub(crate) fn aggregated(series: &Series, step: usize) -> Series {
    let sum = |column: &Vec<f64>| column.chunks_exact(step).map(|rows| rows.iter().sum()).collect();
    Series::new(series.nodes().clone(), series.columns().iter().map(sum).collect()).unwrap()
}

/// Uniform noise in (-1, 1) by the linear congruential generator of Knuth's MMIX.
pub(crate) fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// A linear system of these edges `(cause, effect, lag, weight)` with uniform noise; lag 0 must point to higher numbers.
pub(crate) fn linear(width: usize, rows: usize, seed: u64, edges: &[(usize, usize, usize, f64)]) -> Series {
    const WARM_UP: usize = 100;
    let mut next = noise(seed);
    let mut columns = vec![vec![0.0; rows + WARM_UP]; width];
    for row in 0..rows + WARM_UP {
        for effect in 0..width {
            let mut value = next();
            for &(cause, _, lag, weight) in edges.iter().filter(|edge| edge.1 == effect && edge.2 <= row) {
                value += weight * columns[cause][row - lag];
            }
            columns[effect][row] = value;
        }
    }
    let columns = columns.into_iter().map(|column| column[WARM_UP..].to_vec()).collect();
    Series::new(Nodes::numbered(width), columns).unwrap()
}
