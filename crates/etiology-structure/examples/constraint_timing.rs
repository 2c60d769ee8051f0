//! Times the constraint-based learners on tables of samples, and compares what they find with the true CPDAG.
//!
//! `cargo run --release --example constraint_timing -- [OPTIONS] DATA.csv[.gz]...`, each beside its `DATA.json` with the true
//! `edges`. Tables of categories are tested by G2, numbers by Fisher's z. Options: `--alpha A`, `--runs R` (the least of R
//! times is printed), `--rule sepset|conservative|majority|max-p|definite`, `--conflict overwrite|bidirected|first|stronger|stronger-independence`,
//! `--separator first|largest-p|union`, `--threads T`, `--max-depth D`, `--orientation-depth D`.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use etiology_graph::{Dag, EdgeMarks, Nodes, Pdag, cpdag};
use etiology_stats::{
    ContingencyTest, DiscreteColumn, DiscreteTable, IndependenceTest, Moments, PartialCorrelationTest,
};
use etiology_structure::{Budget, ColliderRule, ConflictPolicy, Knowledge, Pc, PcParams, Separator};

fn main() -> Result<(), Box<dyn Error>> {
    let mut params = Pc::params();
    let (mut runs, mut threads, mut files) = (3, 1, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if !arg.starts_with("--") {
            files.push(arg);
            continue;
        }
        let value = args.next().ok_or("an option lacks its value")?;
        match arg.as_str() {
            "--runs" => runs = value.parse()?,
            "--threads" => threads = value.parse()?,
            _ => params = option(params, &arg, &value)?,
        }
    }
    let pc = params.build()?;
    println!(
        "{:<24} {:>5} {:>6} {:>9} {:>9} {:>6} {:>6} {:>5}",
        "data", "p", "n", "seconds", "tests", "skel", "arrow", "shd"
    );
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let mut totals = [0.0; 3];
    for file in &files {
        let scores = pool.install(|| time(&pc, file, runs).map_err(|error| error.to_string()))?;
        totals.iter_mut().zip(scores).for_each(|(total, score)| *total += score);
    }
    let [skeleton, arrow, shd] = totals.map(|total| total / files.len().max(1) as f64);
    println!(
        "{:<24} {:>5} {:>6} {:>9} {:>9} {skeleton:>6.3} {arrow:>6.3} {shd:>5.1}",
        "mean", "", "", "", ""
    );
    Ok(())
}

fn option(params: PcParams, name: &str, value: &str) -> Result<PcParams, Box<dyn Error>> {
    Ok(match (name, value) {
        ("--alpha", _) => params.with_alpha(value.parse()?),
        ("--orientation-depth", _) => params.with_orientation_depth(value.parse()?),
        ("--max-depth", _) => params.with_budget(Budget::unlimited().with_max_depth(value.parse()?)),
        ("--rule", "sepset") => params.with_collider_rule(ColliderRule::SeparatingSet),
        ("--rule", "conservative") => params.with_collider_rule(ColliderRule::Conservative),
        ("--rule", "majority") => params.with_collider_rule(ColliderRule::Majority),
        ("--rule", "max-p") => params.with_collider_rule(ColliderRule::MaxP),
        ("--rule", "definite") => params.with_collider_rule(ColliderRule::DefiniteMaxP),
        ("--conflict", "overwrite") => params.with_conflict_policy(ConflictPolicy::Overwrite),
        ("--conflict", "bidirected") => params.with_conflict_policy(ConflictPolicy::Bidirected),
        ("--conflict", "first") => params.with_conflict_policy(ConflictPolicy::KeepFirst),
        ("--conflict", "stronger") => params.with_conflict_policy(ConflictPolicy::StrongerDependence),
        ("--conflict", "stronger-independence") => {
            params.with_conflict_policy(ConflictPolicy::StrongerIndependence)
        }
        ("--separator", "first") => params.with_separator(Separator::First),
        ("--separator", "largest-p") => params.with_separator(Separator::LargestP),
        ("--separator", "union") => params.with_separator(Separator::Union),
        _ => return Err(format!("unknown option {name} {value}").into()),
    })
}

fn time(pc: &Pc, file: &str, runs: usize) -> Result<[f64; 3], Box<dyn Error>> {
    let (names, columns) = read(Path::new(file))?;
    let nodes = Nodes::new(names)?;
    let rows = columns.first().map_or(0, Vec::len);
    let numbers: Result<Vec<Vec<f64>>, _> =
        columns.iter().map(|column| column.iter().map(|cell| cell.parse()).collect()).collect();
    // Columns of numbers of any length fit no code; they are not asked for.
    let columns = if numbers.is_ok() { Vec::new() } else { columns };
    let coded: Result<Vec<DiscreteColumn>, _> = columns
        .iter()
        .map(|column| DiscreteColumn::from_labels(column.iter().map(|cell| Some(cell.as_str()))))
        .collect();
    let categories = DiscreteTable::new(coded?)?;
    let (mut least, mut result) = (f64::INFINITY, None);
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        let test: Box<dyn IndependenceTest> = match &numbers {
            Ok(numbers) => Box::new(PartialCorrelationTest::fisher_z(&Moments::from_columns(numbers)?)?),
            Err(_) => Box::new(ContingencyTest::g_squared(&categories)?),
        };
        let found = pc.learn(test.as_ref(), &Knowledge::none(nodes.clone()))?;
        least = least.min(start.elapsed().as_secs_f64());
        result = Some(found);
    }
    let found = result.ok_or("no run")?;
    let truth = cpdag(&truth(Path::new(file), &nodes)?);
    let scores = compare(&truth, &found.graph);
    let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
    println!(
        "{:<24} {:>5} {:>6} {:>9.4} {:>9} {:>6.3} {:>6.3} {:>5} {}",
        name.split(".csv").next().unwrap_or_default(),
        nodes.len(),
        rows,
        least,
        found.report.total_tests(),
        scores[0],
        scores[1],
        scores[2],
        if found.report.is_complete() { "" } else { "incomplete" }
    );
    Ok(scores)
}

/// Names and columns of cells.
type Table = (Vec<String>, Vec<Vec<String>>);

fn read(file: &Path) -> Result<Table, Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let mut text = String::new();
    if file.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text)?;
    } else {
        text = String::from_utf8(bytes)?;
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, cell) in columns.iter_mut().zip(record?.iter()) {
            column.push(cell.to_owned());
        }
    }
    Ok((names, columns))
}

fn truth(file: &Path, nodes: &Nodes) -> Result<Dag, Box<dyn Error>> {
    let path = file.to_string_lossy();
    let stem = path.split(".csv").next().unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(format!("{stem}.json"))?)?;
    let mut dag = Dag::empty(nodes.clone());
    for edge in json["edges"].as_array().into_iter().flatten() {
        let end = |i: usize| nodes.require(edge[i].as_str().unwrap_or_default());
        dag.insert(end(0)?, end(1)?)?;
    }
    Ok(dag)
}

/// F1 of the skeleton, F1 of the arrows, and the number of pairs whose edges differ; `<->` counts as undirected.
fn compare(truth: &Pdag, found: &Pdag) -> [f64; 3] {
    let plain = |edge: Option<EdgeMarks>| match edge {
        Some(EdgeMarks::BIDIRECTED) => Some(EdgeMarks::UNDIRECTED),
        other => other,
    };
    let (mut both, mut either, mut arrows_both, mut arrows_either, mut shd) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for a in 0..truth.len() {
        for b in (0..truth.len()).filter(|&b| b != a) {
            let (t, f) = (plain(truth.edge(a, b)), plain(found.edge(a, b)));
            let half = 0.5;
            both += half * f64::from(u8::from(t.is_some() && f.is_some()));
            either += half * (f64::from(u8::from(t.is_some())) + f64::from(u8::from(f.is_some())));
            let arrow = |edge: Option<EdgeMarks>| edge == Some(EdgeMarks::DIRECTED);
            arrows_both += f64::from(u8::from(arrow(t) && arrow(f)));
            arrows_either += f64::from(u8::from(arrow(t))) + f64::from(u8::from(arrow(f)));
            shd += half * f64::from(u8::from(t != f));
        }
    }
    let f1 = |both: f64, sum: f64| if sum == 0.0 { 1.0 } else { 2.0 * both / sum };
    [f1(both, either), f1(arrows_both, arrows_either), shd]
}
