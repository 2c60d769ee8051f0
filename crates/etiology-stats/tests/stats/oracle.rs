//! The tables and numbers of bnlearn, pcalg and causal-learn, where the folder of shared data stands beside the checkout.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/oracles/causal"))
}

/// The columns of a table by name, as text, compressed or not; `None`, with the reason printed, when it is absent.
pub(crate) fn table(path: &str) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let (plain, packed) = (folder().join(path), folder().join(format!("{path}.gz")));
    let source: Box<dyn Read> = match (File::open(&plain), File::open(&packed)) {
        (Ok(file), _) => Box::new(file),
        (_, Ok(file)) => Box::new(MultiGzDecoder::new(file)),
        _ => {
            println!("skipped: {} is absent", plain.display());
            return None;
        }
    };
    let mut reader = csv::Reader::from_reader(source);
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, field) in columns.iter_mut().zip(&record.unwrap()) {
            column.push(field.to_owned());
        }
    }
    Some((names, columns))
}

/// [`table`] of numbers.
pub(crate) fn numbers(path: &str) -> Option<(Vec<String>, Vec<Vec<f64>>)> {
    let (names, columns) = table(path)?;
    let parse = |column: &Vec<String>| column.iter().map(|field| field.parse().unwrap()).collect();
    Some((names, columns.iter().map(parse).collect()))
}

/// A JSON file of known answers.
pub(crate) fn json(path: &str) -> Option<Value> {
    let path = folder().join(path);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is absent", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

/// One test bnlearn was asked for.
pub(crate) struct Asked {
    pub(crate) kind: String,
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) given: Vec<usize>,
    pub(crate) statistic: f64,
    pub(crate) df: Option<f64>,
    pub(crate) p_value: f64,
}

/// bnlearn's tests of a table, with columns as positions in `names`.
pub(crate) fn bnlearn_tests(set: &str, names: &[String]) -> Vec<Asked> {
    let Some(oracle) = json("known/oracles_r.json") else { return Vec::new() };
    let position = |name: &Value| names.iter().position(|own| own == name.as_str().unwrap()).unwrap();
    let asked = oracle[set]["ci"].as_array().unwrap();
    asked
        .iter()
        .map(|one| Asked {
            kind: one["type"].as_str().unwrap().to_owned(),
            x: position(&one["x"]),
            y: position(&one["y"]),
            given: one["z"].as_array().unwrap().iter().map(position).collect(),
            statistic: one["statistic"].as_f64().unwrap(),
            df: one["df"].as_f64(),
            p_value: one["p"].as_f64().unwrap(),
        })
        .collect()
}
