//! Times the searches over graphs, orders and equivalence classes with any score and option, which `time_learners` holds at their
//! defaults, and compares what they find with the truth beside each table: `cargo run --release --example search_timing --
//! [--learner hc|tabu|boss|grasp|xges|xges-paper|xges0|ges|ges-turning|fges] [--score bic|bdeu|...] [--value 1] [--expected 1]
//! [--restarts 0] [--seed 0] [--runs 5] data/*.csv.gz`. Expects `NAME.json` with `edges: [[from, to, ..], ..]` beside `NAME.csv[.gz]`. The
//! time is that of building the score and the search, and the smallest of the runs.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::print_stdout, clippy::panic)]

use std::io::Read;
use std::time::Instant;

use etiology_graph::{Dag, Nodes, Pdag, compare, cpdag};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::{
    Boss, DiscreteCriterion, DiscreteScore, Fges, GaussianCriterion, GaussianScore, Ges, Grasp, HillClimbing,
    Knowledge, LearnedClass, LocalScore, StructureError, TabuSearch, Xges,
};
use nalgebra::DMatrix;

struct Args {
    learner: String,
    score: String,
    value: f64,
    expected: Option<f64>,
    restarts: usize,
    runs: usize,
    seed: u64,
    files: Vec<String>,
}

enum Data {
    Discrete(DiscreteTable),
    Gaussian(DMatrix<f64>),
}

struct Found {
    class: Pdag,
    score: f64,
    scores: u64,
}

fn main() {
    let args = arguments();
    println!(
        "{:<26} {:<10} {:<8} {:>9} {:>6} {:>8} {:>8} {:>5} {:>16} {:>9}",
        "data", "learner", "score", "seconds", "edges", "skel F1", "arrow F1", "SHD", "score", "scores"
    );
    for file in &args.files {
        let (nodes, data) = read(file);
        let truth = cpdag(&truth(file, &nodes));
        let (mut best, mut result) = (f64::INFINITY, None);
        for _ in 0..args.runs {
            let start = Instant::now();
            let found = learn(&args, &nodes, &data);
            best = best.min(start.elapsed().as_secs_f64());
            result = Some(found);
        }
        let Some(found) = result else { continue };
        let against = compare(&truth, &found.class).unwrap();
        let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".gz").trim_end_matches(".csv");
        println!(
            "{name:<26} {:<10} {:<8} {best:>9.4} {:>6} {:>8.4} {:>8.4} {:>5} {:>16.6} {:>9}",
            args.learner,
            args.score,
            found.class.edge_count(),
            against.skeleton.f1(),
            against.arrows.f1(),
            against.shd,
            found.score,
            found.scores
        );
    }
}

fn learn(args: &Args, nodes: &Nodes, data: &Data) -> Found {
    let value = args.value;
    let score: Box<dyn LocalScore> = match data {
        Data::Discrete(table) => {
            let criterion = match args.score.as_str() {
                "bic" => DiscreteCriterion::Bic { penalty: value },
                "aic" => DiscreteCriterion::Aic,
                "ebic" => DiscreteCriterion::Ebic { gamma: value },
                "bdeu" => DiscreteCriterion::Bdeu { iss: value },
                "bds" => DiscreteCriterion::Bds { iss: value },
                "k2" => DiscreteCriterion::K2,
                "bdj" => DiscreteCriterion::Bdj,
                "fnml" => DiscreteCriterion::Fnml,
                "qnml" => DiscreteCriterion::Qnml,
                other => panic!("no score {other}"),
            };
            let score = DiscreteScore::with(table, criterion).unwrap();
            Box::new(match args.expected {
                Some(expected) => score.with_expected_parents(expected).unwrap(),
                None => score,
            })
        }
        Data::Gaussian(values) => {
            let mut centred = values.clone();
            for mut column in centred.column_iter_mut() {
                let mean = column.mean();
                column.add_scalar_mut(-mean);
            }
            let rows = values.nrows();
            let covariance = centred.tr_mul(&centred) / rows as f64;
            let criterion = GaussianCriterion::Bic { penalty: value };
            Box::new(GaussianScore::new(&covariance, rows).unwrap().with_criterion(criterion).unwrap())
        }
    };
    let known = Knowledge::none(nodes.clone());
    let score = score.as_ref();
    let class = |found: Result<LearnedClass, StructureError>| {
        let found = found.unwrap();
        Found { class: found.graph, score: found.score, scores: found.work.scores_computed }
    };
    match args.learner.as_str() {
        "hc" => {
            let hc = HillClimbing::new().with_restarts(args.restarts).with_seed(args.seed);
            let found = hc.learn(score, &known).unwrap();
            Found { class: found.class, score: found.score, scores: found.scores_computed }
        }
        "tabu" => {
            let found = TabuSearch::new().learn(score, &known).unwrap();
            Found { class: found.class, score: found.score, scores: found.scores_computed }
        }
        "xges" => class(Xges::new().learn(score, &known)),
        "xges-paper" => class(Xges::new().with_uprooting(false).learn(score, &known)),
        "xges0" => class(Xges::new().with_extended_search(false).learn(score, &known)),
        "ges" => class(Ges::new().learn(score, &known)),
        "ges-turning" => class(Ges::new().with_turning(true).with_iteration(true).learn(score, &known)),
        "fges" => class(Fges::new().learn(score, &known)),
        "boss" => {
            let boss = Boss::new().with_seed(args.seed).with_starts(args.restarts + 1);
            let found = boss.learn(score, &known).unwrap();
            Found { class: found.class, score: found.score, scores: found.scores_computed }
        }
        "grasp" => {
            let found = Grasp::new().with_seed(args.seed).learn(score, &known).unwrap();
            Found { class: found.class, score: found.score, scores: found.scores_computed }
        }
        other => panic!("no learner {other}"),
    }
}

fn arguments() -> Args {
    let mut args = Args {
        learner: "hc".to_owned(),
        score: "bic".to_owned(),
        value: 1.0,
        expected: None,
        restarts: 0,
        runs: 5,
        seed: 0,
        files: Vec::new(),
    };
    let mut rest = std::env::args().skip(1);
    while let Some(arg) = rest.next() {
        let mut next = || rest.next().unwrap();
        match arg.as_str() {
            "--learner" => args.learner = next(),
            "--score" => args.score = next(),
            "--value" => args.value = next().parse().unwrap(),
            "--expected" => args.expected = Some(next().parse().unwrap()),
            "--restarts" => args.restarts = next().parse().unwrap(),
            "--runs" => args.runs = next().parse().unwrap(),
            "--seed" => args.seed = next().parse().unwrap(),
            _ => args.files.push(arg),
        }
    }
    args
}

fn read(file: &str) -> (Nodes, Data) {
    let open = std::fs::File::open(file).unwrap();
    let reader: Box<dyn Read> = match file.ends_with(".gz") {
        true => Box::new(flate2::read::GzDecoder::new(open)),
        false => Box::new(open),
    };
    let mut csv = csv::Reader::from_reader(reader);
    let nodes = Nodes::new(csv.headers().unwrap().iter()).unwrap();
    let mut columns = vec![Vec::new(); nodes.len()];
    for row in csv.records() {
        for (column, cell) in columns.iter_mut().zip(&row.unwrap()) {
            column.push(cell.to_owned());
        }
    }
    let numbers: Option<Vec<f64>> = columns.iter().flatten().map(|cell| cell.parse().ok()).collect();
    let rows = columns[0].len();
    match numbers {
        Some(values) => (nodes.clone(), Data::Gaussian(DMatrix::from_vec(rows, nodes.len(), values))),
        None => {
            let coded = |cells: &Vec<String>| {
                DiscreteColumn::from_labels(cells.iter().map(|cell| Some(cell.as_str()))).unwrap()
            };
            (nodes, Data::Discrete(DiscreteTable::new(columns.iter().map(coded).collect()).unwrap()))
        }
    }
}

fn truth(file: &str, nodes: &Nodes) -> Dag {
    let path = file.trim_end_matches(".gz").trim_end_matches(".csv").to_owned() + ".json";
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let end = |edge: &serde_json::Value, i: usize| nodes.index_of(edge[i].as_str().unwrap()).unwrap();
    let edges = json["edges"].as_array().unwrap().iter().map(|edge| (end(edge, 0), end(edge, 1)));
    Dag::from_edges(nodes.clone(), edges).unwrap()
}
