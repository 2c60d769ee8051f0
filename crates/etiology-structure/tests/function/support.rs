//! Tables and truths from the data folder beside the checkout, and small linear models to sample from.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use etiology_graph::{Dag, GraphDocument, Nodes};
use flate2::read::GzDecoder;
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

pub(crate) fn causal(relative: &str) -> Option<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/causal");
    let path = PathBuf::from(root).join(relative);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is absent", path.display());
    None
}

/// The text columns of a CSV file, gzipped or not, with their names.
pub(crate) fn table(relative: &str) -> Option<(Nodes, Vec<Vec<String>>)> {
    let path = causal(relative)?;
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
            column.push(field.to_owned());
        }
    }
    Some((Nodes::new(names).unwrap(), columns))
}

pub(crate) fn numbers(relative: &str) -> Option<(Nodes, Vec<Vec<f64>>)> {
    let (nodes, columns) = table(relative)?;
    let parse = |column: &Vec<String>| column.iter().map(|field| field.parse().unwrap()).collect();
    Some((nodes, columns.iter().map(parse).collect()))
}

/// The true DAG of a data set of the folder.
pub(crate) fn truth(name: &str, nodes: &Nodes) -> Option<Dag> {
    let text = std::fs::read_to_string(causal(&format!("data/{name}.json"))?).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |value: &serde_json::Value| nodes.require(value.as_str().unwrap()).unwrap();
    let edges = json["edges"].as_array().unwrap().iter().map(|edge| (number(&edge[0]), number(&edge[1])));
    Some(Dag::from_edges(nodes.clone(), edges).unwrap())
}

/// A peer's graph, as edges of a document.
pub(crate) fn peer(name: &str) -> Option<GraphDocument> {
    let text = std::fs::read_to_string(causal(&format!("peers/{name}.json"))?).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let edges = json["edges"].as_array().unwrap().iter().map(|edge| {
        let mut edge = edge.as_array().unwrap().clone();
        edge.resize(4, serde_json::Value::Null);
        serde_json::Value::Array(edge)
    });
    let document = serde_json::json!({"nodes": json["nodes"], "edges": edges.collect::<Vec<_>>()});
    Some(serde_json::from_value(document).unwrap())
}

/// Divisor `n`.
pub(crate) fn covariance(columns: &[Vec<f64>]) -> DMatrix<f64> {
    let (p, n) = (columns.len(), columns[0].len() as f64);
    let means: Vec<f64> = columns.iter().map(|column| column.iter().sum::<f64>() / n).collect();
    DMatrix::from_fn(p, p, |a, b| {
        let products = columns[a].iter().zip(&columns[b]).map(|(x, y)| (x - means[a]) * (y - means[b]));
        products.sum::<f64>() / n
    })
}

pub(crate) fn slices(columns: &[Vec<f64>]) -> Vec<&[f64]> {
    columns.iter().map(Vec::as_slice).collect()
}

/// How the noise of a sampled model is shaped; each of mean 0 and variance 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Noise {
    Uniform,
    Gauss,
}

/// A random linear model whose numbering is not its order.
pub(crate) struct Planted {
    pub(crate) nodes: Nodes,
    pub(crate) dag: Dag,
    /// `(from, to)`.
    pub(crate) weights: DMatrix<f64>,
    pub(crate) columns: Vec<Vec<f64>>,
}

pub(crate) fn planted(p: usize, rows: usize, degree: f64, noise: Noise, seed: u64) -> Planted {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..p).collect();
    for i in (1..p).rev() {
        order.swap(i, rng.random_range(0..=i));
    }
    let mut weights = DMatrix::zeros(p, p);
    for i in 0..p {
        for j in i + 1..p {
            if rng.random::<f64>() < degree / (p - 1) as f64 {
                let size = rng.random_range(0.6..1.4);
                weights[(order[i], order[j])] = if rng.random::<bool>() { size } else { -size };
            }
        }
    }
    let mut columns = vec![Vec::new(); p];
    for (i, &v) in order.iter().enumerate() {
        let mut column: Vec<f64> = (0..rows).map(|_| draw(noise, &mut rng)).collect();
        for &u in &order[..i] {
            let weight = weights[(u, v)];
            let cause: &Vec<f64> = &columns[u];
            if weight != 0.0 {
                column.iter_mut().zip(cause).for_each(|(value, x)| *value += weight * x);
            }
        }
        columns[v] = column;
    }
    let nodes = Nodes::numbered(p);
    let edges = (0..p).flat_map(|a| (0..p).map(move |b| (a, b))).filter(|&(a, b)| weights[(a, b)] != 0.0);
    let dag = Dag::from_edges(nodes.clone(), edges.collect::<Vec<_>>()).unwrap();
    Planted { nodes, dag, weights, columns }
}

fn draw(noise: Noise, rng: &mut StdRng) -> f64 {
    match noise {
        Noise::Uniform => rng.random_range(-1.0..1.0) * 3.0_f64.sqrt(),
        Noise::Gauss => {
            let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
            radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
        }
    }
}
