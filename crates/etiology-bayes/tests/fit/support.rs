//! Tables of the oracle folder beside the checkout, and small helpers.

use std::io::Read;
use std::path::PathBuf;

use etiology_bayes::{DiscreteNetwork, Evidence, Finding};
use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

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

impl Table {
    /// The columns as categories, levels in lexicographic order.
    pub fn discrete(&self) -> DiscreteTable {
        let columns =
            self.columns.iter().map(|c| DiscreteColumn::from_labels(c.iter().map(|v| Some(v.as_str()))));
        DiscreteTable::new(columns.collect::<Result<_, _>>().unwrap()).unwrap()
    }
}

/// The true graph of a data set of the oracle folder.
pub fn truth(path: &str) -> Option<Dag> {
    let text = std::fs::read_to_string(shared(path)?).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names = value["nodes"].as_array().unwrap().iter().map(|v| v.as_str().unwrap());
    let nodes = Nodes::new(names).unwrap();
    let end = |edge: &serde_json::Value, i: usize| nodes.index_of(edge[i].as_str().unwrap()).unwrap();
    let edges: Vec<_> = value["edges"].as_array().unwrap().iter().map(|e| (end(e, 0), end(e, 1))).collect();
    Some(Dag::from_edges(nodes, edges).unwrap())
}

/// A random discrete network over `p` nodes with at most three parents; no zeros in its tables.
pub fn random_discrete(p: usize, seed: u64) -> DiscreteNetwork {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut place: Vec<usize> = (0..p).collect();
    for i in (1..p).rev() {
        place.swap(i, rng.random_range(0..=i));
    }
    let mut dag = Dag::empty(Nodes::numbered(p));
    for i in 0..p {
        for j in i + 1..p {
            if rng.random_bool(0.4) && dag.parents(place[j]).len() < 3 {
                dag.insert(place[i], place[j]).unwrap();
            }
        }
    }
    let states: Vec<Vec<String>> =
        (0..p).map(|_| (0..rng.random_range(2..4)).map(|s| format!("s{s}")).collect()).collect();
    let tables = (0..p)
        .map(|node| {
            let rows: usize = dag.parents(node).iter().map(|q| states[q].len()).product();
            (0..rows)
                .flat_map(|_| {
                    let row: Vec<f64> = states[node].iter().map(|_| rng.random_range(0.05..1.0)).collect();
                    let total: f64 = row.iter().sum();
                    row.into_iter().map(move |v| v / total)
                })
                .collect()
        })
        .collect();
    DiscreteNetwork::new(dag, states, tables).unwrap()
}

/// Every joint state with its probability times the likelihood of the evidence.
pub fn enumerate(network: &DiscreteNetwork, evidence: &Evidence) -> Vec<(Vec<usize>, f64)> {
    let p = network.len();
    let total: usize = (0..p).map(|v| network.cardinality(v)).product();
    (0..total)
        .map(|mut code| {
            let mut state = vec![0; p];
            for (v, slot) in state.iter_mut().enumerate() {
                *slot = code % network.cardinality(v);
                code /= network.cardinality(v);
            }
            let mut weight: f64 = (0..p).map(|v| network.distribution(v, &state)[state[v]]).product();
            for (v, finding) in evidence.iter() {
                weight *= match finding {
                    Finding::State(s) => f64::from(u8::from(state[v] == *s)),
                    Finding::Likelihood(likelihood) => likelihood[state[v]],
                };
            }
            (state, weight)
        })
        .collect()
}

/// The exact distribution of a node, by enumeration, and the probability of the evidence.
pub fn exact(network: &DiscreteNetwork, node: usize, evidence: &Evidence) -> (Vec<f64>, f64) {
    let worlds = enumerate(network, evidence);
    let total: f64 = worlds.iter().map(|(_, w)| w).sum();
    let mut marginal = vec![0.0; network.cardinality(node)];
    for (state, weight) in worlds {
        marginal[state[node]] += weight / total;
    }
    (marginal, total)
}
