//! Reading the tables and graphs beside the checkout, and making random ones.

use std::io::Read;
use std::path::PathBuf;

use etiology_graph::{Dag, EdgeMarks, Nodes, Pdag};
use etiology_stats::{DiscreteColumn, DiscreteTable, Moments, PartialCorrelationTest};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A file of the folder beside the checkout, or `None` with a line that says so.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(path);
    if !file.exists() {
        println!("skipped: {path} is not beside the checkout");
        return None;
    }
    Some(file)
}

/// Column names and cells by column; `.gz` is unpacked, fields are separated by commas, or else by tabs or blanks.
pub(crate) fn table(path: &str) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let bytes = std::fs::read(shared(path)?).unwrap();
    let mut text = String::new();
    if path.ends_with(".gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let blanks = !text.lines().next().unwrap().contains(',');
    let separators = |c: char| c == ',' || (blanks && (c == '\t' || c == ' '));
    let split = |line: &str| -> Vec<String> {
        line.split(separators).map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let names = split(lines.next().unwrap().trim());
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(split(line.trim())) {
            column.push(cell);
        }
    }
    Some((names, columns))
}

pub(crate) fn numbers(columns: &[Vec<String>]) -> Vec<Vec<f64>> {
    let parse = |column: &Vec<String>| column.iter().map(|cell| cell.parse().unwrap()).collect();
    columns.iter().map(parse).collect()
}

pub(crate) fn categories(columns: &[Vec<String>]) -> DiscreteTable {
    let code = |column: &Vec<String>| {
        DiscreteColumn::from_labels(column.iter().map(|cell| Some(cell.as_str()))).unwrap()
    };
    DiscreteTable::new(columns.iter().map(code).collect()).unwrap()
}

pub(crate) fn fisher_z(columns: &[Vec<f64>]) -> PartialCorrelationTest {
    PartialCorrelationTest::fisher_z(&Moments::from_columns(columns).unwrap()).unwrap()
}

/// A graph in Tetrad's text format.
pub(crate) fn tetrad_dag(path: &str) -> Option<Dag> {
    let text = std::fs::read_to_string(shared(path)?).unwrap();
    let mut lines = text.lines();
    lines.find(|line| line.starts_with("Graph Nodes")).unwrap();
    let nodes = Nodes::new(lines.next().unwrap().trim().split([';', ','])).unwrap();
    let mut dag = Dag::empty(nodes.clone());
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_, from, "-->", to] = words[..] {
            dag.insert(nodes.require(from).unwrap(), nodes.require(to).unwrap()).unwrap();
        }
    }
    Some(dag)
}

/// A matrix of causal-learn's marks (-1 tail, 1 arrow, 2 circle at the row's node), as marks `(at row, at column)`.
pub(crate) fn mark_matrix(path: &str) -> Option<Vec<Vec<i8>>> {
    let text = std::fs::read_to_string(shared(path)?).unwrap();
    // Some files hold them as decimals.
    let cell = |cell: &str| cell.split('.').next().unwrap().parse().unwrap();
    let row = |line: &str| line.split_whitespace().map(cell).collect();
    Some(text.lines().filter(|line| !line.trim().is_empty()).map(row).collect())
}

/// `A-->B` style edges of a graph, sorted.
pub(crate) fn edges(graph: &Pdag) -> Vec<String> {
    let name = |v| graph.nodes().name(v);
    let mut edges: Vec<String> =
        graph.edges().map(|(a, b, marks)| format!("{}{marks}{}", name(a), name(b))).collect();
    edges.sort();
    edges
}

/// The pairs on which two graphs differ, as `A found B | expected`.
pub(crate) fn differences(found: &Pdag, expected: &Pdag) -> Vec<String> {
    let text = |marks: Option<EdgeMarks>| marks.map_or_else(|| "   ".to_owned(), |marks| marks.to_string());
    let mut list = Vec::new();
    for a in 0..found.len() {
        for b in a + 1..found.len() {
            let (f, e) = (found.edge(a, b), expected.edge(a, b));
            if f != e {
                list.push(format!(
                    "{} {} {} | {}",
                    found.nodes().name(a),
                    text(f),
                    found.nodes().name(b),
                    text(e)
                ));
            }
        }
    }
    list
}

/// A random DAG of `p` nodes in random order with the given mean degree.
pub(crate) fn random_dag(p: usize, degree: f64, seed: u64) -> Dag {
    let mut random = StdRng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..p).collect();
    for i in (1..p).rev() {
        order.swap(i, random.random_range(0..=i));
    }
    let chance = (degree / (p.max(2) - 1) as f64).clamp(0.0, 1.0);
    let mut dag = Dag::empty(Nodes::numbered(p));
    for i in 0..p {
        for j in i + 1..p {
            if random.random_bool(chance) {
                dag.insert(order[i], order[j]).unwrap();
            }
        }
    }
    dag
}

/// Columns of a linear-Gaussian sample of the DAG, weights between .3 and 1 of either sign.
pub(crate) fn sample(dag: &Dag, rows: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); dag.len()];
    for v in dag.topological_order() {
        let mut column: Vec<f64> = (0..rows).map(|_| normal(&mut random)).collect();
        for parent in dag.parents(v) {
            let sign = if random.random_bool(0.5) { 1.0 } else { -1.0 };
            let weight = sign * random.random_range(0.3..1.0);
            column.iter_mut().zip(&columns[parent]).for_each(|(y, x)| *y += weight * x);
        }
        columns[v] = column;
    }
    columns
}

/// A standard normal number (Box and Muller).
pub(crate) fn normal(random: &mut StdRng) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
