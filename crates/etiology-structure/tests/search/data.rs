//! Tables of categories and numbers: those beside the checkout where they exist, and random ones.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use etiology_graph::{Dag, Nodes};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::Knowledge;
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Categories and the names of their columns.
pub(crate) struct Categories {
    pub(crate) nodes: Nodes,
    pub(crate) table: DiscreteTable,
}

/// A file of the folder of reference data beside the checkout; `None`, with a note, where there is none.
pub(crate) fn oracle(path: &str) -> Option<PathBuf> {
    let file =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/causal")).join(path);
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return None;
    }
    Some(file)
}

fn text(path: &str) -> Option<String> {
    let file = oracle(path)?;
    let mut text = String::new();
    let open = File::open(&file).unwrap();
    if file.extension().is_some_and(|ext| ext == "gz") {
        flate2::read::GzDecoder::new(open).read_to_string(&mut text).unwrap();
    } else {
        { open }.read_to_string(&mut text).unwrap();
    }
    Some(text)
}

/// A table of text as names and columns of cells.
pub(crate) fn cells(path: &str) -> Option<(Nodes, Vec<Vec<String>>)> {
    let text = text(path)?;
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let nodes = Nodes::new(csv.headers().unwrap().iter()).unwrap();
    let mut columns = vec![Vec::new(); nodes.len()];
    for row in csv.records() {
        for (column, cell) in columns.iter_mut().zip(&row.unwrap()) {
            column.push(cell.to_owned());
        }
    }
    Some((nodes, columns))
}

/// A table whose every column is one of categories.
pub(crate) fn categories(path: &str) -> Option<Categories> {
    let (nodes, columns) = cells(path)?;
    let column = |cells: &Vec<String>| {
        DiscreteColumn::from_labels(cells.iter().map(|cell| Some(cell.as_str()))).unwrap()
    };
    let table = DiscreteTable::new(columns.iter().map(column).collect()).unwrap();
    Some(Categories { nodes, table })
}

/// The graph a JSON file beside a table holds.
pub(crate) fn truth(path: &str, nodes: &Nodes) -> Option<Dag> {
    let value: serde_json::Value = serde_json::from_str(&text(path)?).unwrap();
    let end = |edge: &serde_json::Value, i: usize| nodes.index_of(edge[i].as_str().unwrap()).unwrap();
    let edges = value["edges"].as_array().unwrap().iter().map(|edge| (end(edge, 0), end(edge, 1)));
    Some(Dag::from_edges(nodes.clone(), edges).unwrap())
}

/// A graph written as bnlearn writes it: `[A][B|A][C|A:B]`.
pub(crate) fn model(nodes: &Nodes, text: &str) -> Dag {
    let mut edges = Vec::new();
    for part in text.split(['[', ']']).filter(|part| !part.is_empty()) {
        if let Some((child, parents)) = part.split_once('|') {
            let child = nodes.index_of(child).unwrap();
            edges.extend(parents.split(':').map(|parent| (nodes.index_of(parent).unwrap(), child)));
        }
    }
    Dag::from_edges(nodes.clone(), edges).unwrap()
}

/// Columns of the given cardinalities; each but the first copies the one before it in half of its rows.
pub(crate) fn random_table(rows: usize, levels: &[u16], seed: u64) -> DiscreteTable {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut columns: Vec<Vec<u16>> = Vec::new();
    for (i, &card) in levels.iter().enumerate() {
        let column = (0..rows).map(|row| match columns.get(i.wrapping_sub(1)) {
            Some(last) if rng.random_bool(0.5) => last[row] % card,
            _ => rng.random_range(0..card),
        });
        columns.push(column.collect());
    }
    let named = |card: u16| (0..card).map(|level| level.to_string()).collect::<Vec<_>>();
    let columns = columns
        .into_iter()
        .zip(levels)
        .map(|(codes, &card)| DiscreteColumn::new(codes, named(card)).unwrap());
    DiscreteTable::new(columns.collect()).unwrap()
}

/// Some required and forbidden edges that agree with each other.
pub(crate) fn random_knowledge(p: usize, seed: u64) -> Knowledge {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xABCD);
    let mut known = Knowledge::none(Nodes::numbered(p));
    for _ in 0..p {
        let (a, b) = (rng.random_range(0..p), rng.random_range(0..p));
        let next =
            if rng.random_bool(0.3) { known.clone().require(a, b) } else { known.clone().forbid(a, b) };
        known = next.unwrap_or(known);
    }
    known
}

/// All 543 graphs of 4 nodes.
pub(crate) fn every_graph() -> Vec<Dag> {
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
    (0..3_usize.pow(6))
        .filter_map(|mut code| {
            let mut edges = Vec::new();
            for (a, b) in pairs {
                match code % 3 {
                    1 => edges.push((a, b)),
                    2 => edges.push((b, a)),
                    _ => {}
                }
                code /= 3;
            }
            Dag::from_edges(Nodes::numbered(4), edges).ok()
        })
        .collect()
}

/// Whether a graph agrees with the knowledge.
pub(crate) fn keeps(known: &Knowledge, graph: &Dag) -> bool {
    known.required().all(|(a, b)| graph.has_edge(a, b)) && graph.edges().all(|(a, b)| known.allows(a, b))
}

/// A linear model over a random graph in a random order, and its exact covariance matrix.
pub(crate) fn linear_model(p: usize, seed: u64) -> (Dag, DMatrix<f64>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..p).collect();
    for last in (1..p).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
    let mut effects = DMatrix::<f64>::identity(p, p);
    let mut edges = Vec::new();
    for (i, &to) in order.iter().enumerate() {
        for &from in &order[..i] {
            if rng.random_bool(3.0 / p as f64) {
                let weight = rng.random_range(0.4..1.0) * if rng.random_bool(0.5) { 1.0 } else { -1.0 };
                edges.push((from, to));
                let through = effects.row(from) * weight;
                let mut row = effects.row_mut(to);
                row += through;
            }
        }
    }
    (Dag::from_edges(Nodes::numbered(p), edges).unwrap(), &effects * effects.transpose())
}

/// A table of numbers: names, rows and the covariance matrix with divisor `n`.
pub(crate) fn covariance(path: &str) -> Option<(Nodes, usize, DMatrix<f64>)> {
    let (nodes, columns) = cells(path)?;
    let rows = columns[0].len();
    let values: Vec<f64> = columns.iter().flatten().map(|cell| cell.parse().unwrap()).collect();
    let mut centred = DMatrix::from_vec(rows, nodes.len(), values);
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let covariance = centred.tr_mul(&centred) / rows as f64;
    Some((nodes, rows, covariance))
}
