//! What each method makes of nonlinear autoregressive series: F1 of the directed summary graph without self-loops.
//!
//! ```text
//! lagged_accuracy simulate COUNT [METHOD]   COUNT systems of each kind, drawn here; on these the configurations were chosen
//! lagged_accuracy data FOLDER [METHOD]      FOLDER/STRUCTURE/*.csv with FOLDER/truth.json, beside the published figures
//! ```
//!
//! A system is a random acyclic graph of 3 to 6 series, each a multiple of its own last value plus, for each cause, a weight
//! times a link function (abs, tanh, sin, cos) of the cause some rows earlier, plus noise. Kinds differ in the longest lag, in
//! the size of the noise, which decides how curved the links are over the range of the data, and in its tails (Gaussian, or
//! Student with 3 degrees of freedom).
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use etiology_granger::{
    CausationEntropy, Dynotears, GrangerScan, LaggedGraph, LaggedTable, Nodes, Ocse, Pcmci, PcmciPlus,
    Resampling, Series, VarLingam,
};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

const ROWS: usize = 1000;
const MAX_LAG: usize = 5;

type Pairs = BTreeSet<(usize, usize)>;
type Run = Box<dyn Fn(&Series) -> Pairs>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.get(2).map(String::as_str);
    let chosen: Vec<(String, Run)> =
        methods().into_iter().filter(|(name, _)| wanted.is_none_or(|wanted| name.contains(wanted))).collect();
    match arguments.as_slice() {
        [mode, count, ..] if mode == "simulate" => simulate(count.parse().expect("a count"), &chosen),
        [mode, folder, ..] if mode == "data" => data(Path::new(folder), &chosen),
        _ => panic!("lagged_accuracy simulate COUNT [METHOD] or data FOLDER [METHOD]"),
    }
}

fn methods() -> Vec<(String, Run)> {
    let mut methods: Vec<(String, Run)> = Vec::new();
    let mut add = |name: String, run: Run| methods.push((name, run));
    add(
        "conditional Granger".into(),
        Box::new(|s| pairs(&GrangerScan::new(MAX_LAG).run(s).unwrap().to_graph().unwrap())),
    );
    for alpha in [0.05, 0.01] {
        let pcmci = Pcmci::new().with_max_lag(MAX_LAG).with_alpha(alpha);
        let plain = pcmci.clone();
        add(format!("PCMCI ParCorr {alpha}"), Box::new(move |s| pairs(plain.learn(s).unwrap().graph())));
        let fdr = pcmci.clone().with_fdr(true);
        add(format!("PCMCI ParCorr q {alpha}"), Box::new(move |s| pairs(fdr.learn(s).unwrap().graph())));
        add(
            format!("PCMCI robust {alpha}"),
            Box::new(move |s| {
                let table = LaggedTable::new(s, 2 * MAX_LAG);
                let test = table.robust_partial_correlation().unwrap();
                pairs(pcmci.learn_with(s.nodes(), &test).unwrap().graph())
            }),
        );
        for corrected in [false, true] {
            let ocse =
                Ocse::new().with_max_lag(MAX_LAG).with_alpha(alpha).with_selection_correction(corrected);
            let how = if corrected { "corrected " } else { "" };
            let gaussian = ocse.clone().with_entropy(CausationEntropy::Gaussian);
            add(
                format!("oCSE Gaussian {how}{alpha}"),
                Box::new(move |s| pairs(gaussian.learn(s).unwrap().graph())),
            );
            for degree in 2..=4 {
                let additive = ocse.clone().with_entropy(CausationEntropy::Additive { degree });
                let name = format!("oCSE additive {degree} {how}{alpha}");
                add(name, Box::new(move |s| pairs(additive.learn(s).unwrap().graph())));
            }
        }
    }
    let plus = PcmciPlus::new().with_max_lag(MAX_LAG);
    add("PCMCI+ ParCorr 0.01".into(), Box::new(move |s| pairs(plus.learn(s).unwrap().graph())));
    add(
        "VAR-LiNGAM".into(),
        Box::new(|s| pairs(&VarLingam::new().learn(s, MAX_LAG).unwrap().effects().graph().unwrap())),
    );
    add(
        "DYNOTEARS".into(),
        Box::new(|s| pairs(&Dynotears::new().learn(s, MAX_LAG).unwrap().effects().graph().unwrap())),
    );
    for (neighbours, alpha, resamples) in [(5, 0.05, 39), (20, 0.05, 39), (20, 0.01, 99), (50, 0.01, 99)] {
        let resampling = Resampling { resamples, ..Resampling::default() };
        let entropy = CausationEntropy::neighbours(neighbours, resampling).unwrap();
        let ocse = Ocse::new().with_max_lag(MAX_LAG).with_alpha(alpha).with_entropy(entropy);
        add(
            format!("oCSE neighbours {neighbours} {alpha}"),
            Box::new(move |s| pairs(ocse.learn(s).unwrap().graph())),
        );
    }
    methods
}

fn pairs(graph: &LaggedGraph) -> Pairs {
    let directed = graph.edges().iter().filter(|edge| graph.has(edge.cause, edge.effect, edge.lag));
    directed.map(|edge| (edge.cause, edge.effect)).filter(|pair| pair.0 != pair.1).collect()
}

/// 1 where there is nothing to find and nothing was found.
fn f1(found: &Pairs, truth: &Pairs) -> f64 {
    let hits = found.intersection(truth).count();
    if found.is_empty() && truth.is_empty() {
        1.0
    } else {
        2.0 * hits as f64 / (found.len() + truth.len()) as f64
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn simulate(count: u64, methods: &[(String, Run)]) {
    let kinds =
        [(1, 0.1, false), (5, 0.1, false), (1, 1.0, false), (5, 1.0, false), (1, 0.1, true), (5, 0.1, true)];
    let heads: Vec<String> = kinds
        .iter()
        .map(|(lag, noise, heavy)| format!("lag<={lag} noise {noise}{}", if *heavy { " heavy" } else { "" }))
        .collect();
    println!("| method | {} | mean | s each |", heads.join(" | "));
    for (name, run) in methods {
        let started = Instant::now();
        let scores: Vec<f64> = kinds
            .iter()
            .map(|&(lag, noise, heavy)| {
                let one = |seed| {
                    let (series, truth) = system(seed, lag, noise, heavy);
                    f1(&run(&series), &truth)
                };
                mean(&(0..count).map(one).collect::<Vec<f64>>())
            })
            .collect();
        let seconds = started.elapsed().as_secs_f64() / (count * kinds.len() as u64) as f64;
        let cells: Vec<String> = scores.iter().map(|score| format!("{score:.3}")).collect();
        println!("| {name} | {} | {:.3} | {seconds:.3} |", cells.join(" | "), mean(&scores));
    }
}

fn system(seed: u64, max_lag: usize, noise: f64, heavy: bool) -> (Series, Pairs) {
    const WARM_UP: usize = 200;
    let mut rng = StdRng::seed_from_u64(seed);
    let width = rng.random_range(3..=6);
    let mut order: Vec<usize> = (0..width).collect();
    order.shuffle(&mut rng);
    let weight = |rng: &mut StdRng| {
        let size = rng.random_range(0.1..1.0);
        if rng.random_bool(0.5) { size } else { -size }
    };
    let own: Vec<f64> = (0..width).map(|_| weight(&mut rng)).collect();
    let mut links = Vec::new();
    for (at, &cause) in order.iter().enumerate() {
        for &effect in &order[at + 1..] {
            if rng.random_bool(0.4) {
                let lag = rng.random_range(1..=max_lag);
                let function = rng.random_range(0..4);
                links.push((cause, effect, lag, function, weight(&mut rng)));
            }
        }
    }
    let mut columns = vec![vec![0.0_f64; ROWS + WARM_UP]; width];
    for row in max_lag..ROWS + WARM_UP {
        for effect in 0..width {
            let mut shock = gaussian(&mut rng);
            if heavy {
                let squares: f64 = (0..3).map(|_| gaussian(&mut rng).powi(2)).sum();
                shock /= (squares / 3.0).sqrt();
            }
            let mut value = own[effect] * columns[effect][row - 1] + noise * shock;
            for &(cause, _, lag, function, weight) in links.iter().filter(|link| link.1 == effect) {
                let x: f64 = columns[cause][row - lag];
                value += weight * [x.abs(), x.tanh(), x.sin(), x.cos()][function];
            }
            columns[effect][row] = value;
        }
    }
    let columns = columns.into_iter().map(|column| column[WARM_UP..].to_vec()).collect();
    let truth = links.iter().map(|link| (link.0, link.1)).collect();
    (Series::new(Nodes::numbered(width), columns).unwrap(), truth)
}

fn gaussian(rng: &mut StdRng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

fn data(folder: &Path, methods: &[(String, Run)]) {
    let truth: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap();
    let structures: Vec<&String> = truth
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, edges)| name.as_str() != "_" && edges.is_array())
        .map(|(name, _)| name)
        .collect();
    println!(
        "| method | {} | s each |",
        structures.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" | ")
    );
    for (name, run) in methods {
        let started = Instant::now();
        let mut cells = Vec::new();
        for structure in &structures {
            let edges = truth[structure.as_str()].as_array().unwrap();
            let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
            let edges: Pairs = edges.iter().map(|edge| (number(&edge[0]), number(&edge[1]))).collect();
            let of = |file: usize| {
                f1(&run(&read(&folder.join(structure).join(format!("data_{file}.csv")))), &edges)
            };
            let scores: Vec<f64> = (0..4).map(of).collect();
            let each: Vec<String> = scores.iter().map(|score| format!("{score:.2}")).collect();
            cells.push(format!("{:.3} ({})", mean(&scores), each.join(" ")));
        }
        println!(
            "| {name} | {} | {:.2} |",
            cells.join(" | "),
            started.elapsed().as_secs_f64() / (4 * structures.len()) as f64
        );
    }
    println!("published: {}", truth["published_orientation_F1_n1000"]);
}

/// All columns but the first, which numbers the rows.
fn read(path: &Path) -> Series {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().skip(1).map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for record in reader.records() {
        for (column, field) in columns.iter_mut().zip(record.unwrap().iter().skip(1)) {
            column.push(field.parse().unwrap());
        }
    }
    Series::new(Nodes::new(names).unwrap(), columns).unwrap()
}
