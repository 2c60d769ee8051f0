//! Times the searches over equivalence classes on tables of numbers and compares what they find with the truth beside
//! each table: `cargo run --release --example xges_timing -- [--learner xges|xges-paper|xges0|ges|fges] [--penalty 2] [--runs 5]
//! data/*.csv`. Expects `NAME.json` with `edges: [[from, to, ..], ..]` beside `NAME.csv`. The time is that of the search,
//! the covariance matrix included, and the smallest of the runs.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, clippy::panic)]

use std::time::Instant;

use etiology_graph::{Dag, EdgeMarks, Nodes, Pdag, cpdag};
use etiology_structure::{
    Fges, GaussianCriterion, GaussianScore, Ges, Knowledge, LearnedClass, LocalScore, Xges,
};
use nalgebra::DMatrix;

fn main() {
    let (mut learner, mut penalty, mut runs, mut files) = ("xges".to_owned(), 2.0, 5, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--learner" => learner = args.next().unwrap(),
            "--penalty" => penalty = args.next().unwrap().parse().unwrap(),
            "--runs" => runs = args.next().unwrap().parse().unwrap(),
            _ => files.push(arg),
        }
    }
    println!(
        "{:<28} {:>9} {:>6} {:>8} {:>8} {:>5} {:>16} {:>10} {:>7} {:>7} {:>9}",
        "data",
        "seconds",
        "edges",
        "skel F1",
        "arrow F1",
        "SHD",
        "score",
        "- truth's",
        "ops",
        "trials",
        "scores"
    );
    for file in files {
        let (nodes, values) = read(&file);
        let dag = truth(&file, &nodes);
        let truth = cpdag(&dag);
        let (mut best, mut result) = (f64::INFINITY, None);
        for _ in 0..runs {
            let start = Instant::now();
            let learned = learn(&learner, penalty, &nodes, &values);
            best = best.min(start.elapsed().as_secs_f64());
            result = Some(learned);
        }
        let Some(result) = result else { continue };
        let (skeleton, arrows, shd) = compare(&truth, &result.graph);
        let name = file.rsplit('/').next().unwrap_or(&file).trim_end_matches(".csv");
        let work = &result.work;
        println!(
            "{name:<28} {best:>9.4} {:>6} {skeleton:>8.4} {arrows:>8.4} {shd:>5} {:>16.6} {:>10.4} {:>7} {:>7} {:>9}",
            result.graph.edge_count(),
            result.score,
            result.score - score(penalty, &values).total(&dag),
            work.inserts + work.deletes + work.turns,
            work.trials,
            work.scores_asked,
        );
    }
}

fn learn(learner: &str, penalty: f64, nodes: &Nodes, values: &DMatrix<f64>) -> LearnedClass {
    let score = score(penalty, values);
    let knowledge = Knowledge::none(nodes.clone());
    match learner {
        "xges" => Xges::new().learn(&score, &knowledge),
        "xges-paper" => Xges::new().with_uprooting(false).learn(&score, &knowledge),
        "ges" => Ges::new().with_turning(true).with_iteration(true).learn(&score, &knowledge),
        "fges" => Fges::new().learn(&score, &knowledge),
        "xges0" => Xges::new().with_extended_search(false).learn(&score, &knowledge),
        other => panic!("no learner is called {other}"),
    }
    .unwrap()
}

fn score(penalty: f64, values: &DMatrix<f64>) -> GaussianScore {
    let mut centred = values.clone();
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let covariance = centred.tr_mul(&centred) / values.nrows() as f64;
    GaussianScore::new(&covariance, values.nrows())
        .and_then(|score| score.with_criterion(GaussianCriterion::Bic { penalty }))
        .unwrap()
}

fn read(file: &str) -> (Nodes, DMatrix<f64>) {
    let mut csv = csv::Reader::from_path(file).unwrap();
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let values: Vec<f64> = csv
        .records()
        .flat_map(|row| row.unwrap().iter().map(|cell| cell.parse().unwrap()).collect::<Vec<f64>>())
        .collect();
    let values = DMatrix::from_row_slice(values.len() / names.len(), names.len(), &values);
    (Nodes::new(names).unwrap(), values)
}

fn truth(file: &str, nodes: &Nodes) -> Dag {
    let text = std::fs::read_to_string(file.replace(".csv", ".json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let node = |value: &serde_json::Value| nodes.index_of(value.as_str().unwrap()).unwrap();
    let edges = json["edges"].as_array().unwrap().iter().map(|edge| (node(&edge[0]), node(&edge[1])));
    Dag::from_edges(nodes.clone(), edges).unwrap()
}

/// F1 of the skeleton, F1 of the arrows, and the number of pairs joined differently.
fn compare(truth: &Pdag, learned: &Pdag) -> (f64, f64, usize) {
    let (mut skeleton, mut arrows, mut shd) = ([0.0; 3], [0.0; 3], 0);
    for a in 0..truth.len() {
        for b in a + 1..truth.len() {
            let (t, l) = (truth.edge(a, b), learned.edge(a, b));
            count(&mut skeleton, t.is_some(), l.is_some());
            for marks in [EdgeMarks::DIRECTED, EdgeMarks::DIRECTED.reversed()] {
                count(&mut arrows, t == Some(marks), l == Some(marks));
            }
            shd += usize::from(t != l);
        }
    }
    let f1 = |[hit, extra, missed]: [f64; 3]| 2.0 * hit / (2.0 * hit + extra + missed);
    (f1(skeleton), f1(arrows), shd)
}

fn count(counts: &mut [f64; 3], truth: bool, learned: bool) {
    match (truth, learned) {
        (true, true) => counts[0] += 1.0,
        (false, true) => counts[1] += 1.0,
        (true, false) => counts[2] += 1.0,
        (false, false) => {}
    }
}
