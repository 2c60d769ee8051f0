//! Tables of numbers: those beside the checkout where they exist, and random ones.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use etiology_graph::{Dag, Nodes, Pdag};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A table's columns, by name.
pub(crate) struct Table {
    pub(crate) names: Vec<String>,
    pub(crate) values: DMatrix<f64>,
}

impl Table {
    pub(crate) fn rows(&self) -> usize {
        self.values.nrows()
    }

    pub(crate) fn node(&self, name: &str) -> usize {
        self.names.iter().position(|other| other == name).unwrap()
    }

    pub(crate) fn covariance(&self) -> DMatrix<f64> {
        covariance(&self.values)
    }
}

/// A file of the folder of reference data beside the checkout; `None`, with a note, where there is none.
pub(crate) fn oracle(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(path);
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return None;
    }
    Some(file)
}

/// Reads a (gzipped) CSV file with a header.
pub(crate) fn read(path: &str) -> Option<Table> {
    let file = oracle(path)?;
    let open = File::open(&file).unwrap();
    let reader: Box<dyn Read> = if file.extension().is_some_and(|ext| ext == "gz") {
        Box::new(flate2::read::GzDecoder::new(open))
    } else {
        Box::new(open)
    };
    let mut csv = csv::Reader::from_reader(reader);
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let values: Vec<f64> = csv
        .records()
        .flat_map(|row| row.unwrap().iter().map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>())
        .collect();
    Some(Table { values: DMatrix::from_row_slice(values.len() / names.len(), names.len(), &values), names })
}

/// A random DAG over `p` nodes with about `degree` edges a node, its weights, and the covariance of its population with
/// noise of variance 1.
pub(crate) fn random_network(p: usize, degree: f64, seed: u64) -> (Dag, DMatrix<f64>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..p).collect();
    (1..p).for_each(|i| order.swap(i, rng.random_range(0..=i)));
    let (mut dag, mut weights) = (Dag::empty(Nodes::numbered(p)), DMatrix::zeros(p, p));
    for i in 0..p {
        for j in 0..i {
            let (coin, size): (f64, f64) = (rng.random(), rng.random());
            let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
            if coin < degree / (p as f64 - 1.0) {
                dag.insert(order[j], order[i]).unwrap();
                weights[(order[i], order[j])] = sign * (0.3 + 0.7 * size);
            }
        }
    }
    let total = (DMatrix::identity(p, p) - weights).try_inverse().unwrap();
    (dag, &total * total.transpose())
}

/// Rows of a network with the given covariance.
pub(crate) fn draw(covariance: &DMatrix<f64>, rows: usize, seed: u64) -> DMatrix<f64> {
    let factor = covariance.clone().cholesky().unwrap().l();
    let mut rng = StdRng::seed_from_u64(seed);
    let noise = DMatrix::from_fn(rows, covariance.nrows(), |_, _| {
        let (u, v): (f64, f64) = (rng.random(), rng.random());
        (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    });
    noise * factor.transpose()
}

/// The covariance matrix of rows, divisor: their number.
pub(crate) fn covariance(values: &DMatrix<f64>) -> DMatrix<f64> {
    let mut centred = values.clone();
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    centred.tr_mul(&centred) / values.nrows() as f64
}

/// The number of pairs that two graphs join differently.
pub(crate) fn differences(a: &Pdag, b: &Pdag) -> usize {
    let pairs = (0..a.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.filter(|&(i, j)| a.edge(i, j) != b.edge(i, j)).count()
}

/// The variables of `graph` renumbered: node `i` of the answer is `order[i]`.
pub(crate) fn renumber(graph: &Pdag, order: &[usize]) -> Pdag {
    let mut out = Pdag::empty(Nodes::numbered(graph.len()));
    for i in 0..order.len() {
        for j in 0..order.len() {
            if graph.has_directed(order[i], order[j]) {
                out.set_directed(i, j);
            } else if graph.has_undirected(order[i], order[j]) {
                out.set_undirected(i, j);
            }
        }
    }
    out
}
