//! Tables of the oracle folder beside the checkout, and small helpers.

use std::io::Read;
use std::path::PathBuf;

use etiology_graph::{Dag, Nodes};

/// A text table: names and columns.
pub struct Table {
    pub names: Vec<String>,
    pub columns: Vec<Vec<String>>,
}

impl Table {
    pub fn numbers(&self) -> Vec<Vec<f64>> {
        self.columns.iter().map(|c| c.iter().map(|v| v.parse().unwrap()).collect()).collect()
    }
}

/// A file of the shared folder, or `None` with a line that says it is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: {} is absent", full.display());
    None
}

/// A CSV table, gzipped or not.
pub fn table(path: &str) -> Option<Table> {
    let full = shared(path)?;
    let bytes = std::fs::read(&full).unwrap();
    let mut text = String::new();
    if path.ends_with(".gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, value) in columns.iter_mut().zip(record.unwrap().iter()) {
            column.push(value.to_owned());
        }
    }
    Some(Table { names, columns })
}

/// The DAG of a model string such as `[A][B|A][C|A:B]`, its nodes in the order of `names`.
pub fn model(names: &[String], text: &str) -> Dag {
    let nodes = Nodes::new(names.iter().cloned()).unwrap();
    let mut edges = Vec::new();
    for family in text.trim_matches(['[', ']']).split("][") {
        if let Some((child, parents)) = family.split_once('|') {
            for parent in parents.split(':') {
                edges.push((nodes.index_of(parent).unwrap(), nodes.index_of(child).unwrap()));
            }
        }
    }
    Dag::from_edges(nodes, edges).unwrap()
}

/// Asserts closeness relative to the larger of 1 and the expected.
#[track_caller]
pub fn close(got: f64, expected: f64, tolerance: f64) {
    assert!(
        (got - expected).abs() <= tolerance * expected.abs().max(1.0),
        "got {got}, expected {expected}, difference {:e}",
        got - expected
    );
}
