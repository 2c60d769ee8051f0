//! Times lagged methods on series with known links, and scores what they find; a line of JSON a run, in the format of
//! `benches/peers/granger.py`.
//!
//! ```text
//! time_granger DATA THREADS [SET]...     DATA holds NAME.csv or NAME.csv.gz and NAME.json
//! time_granger growth THREADS            the pairwise and the conditional scan on noise of growing size
//! ```
//!
//! The clock runs from series in memory to the answer; the time is the best of up to twenty runs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use etiology_granger::{
    Conditioning, Correction, Dynotears, GrangerScan, LaggedGraph, Nodes, Ocse, Pcmci, PcmciPlus, Series,
    SparseGranger, VarLingam,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

const LAG: usize = 3;

/// Pairs of different series, and links with their lags where the method tells them.
type Found = (BTreeSet<(usize, usize)>, Option<BTreeSet<(usize, usize, usize)>>);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, threads, sets @ ..] = arguments.as_slice() else {
        panic!("time_granger DATA THREADS [SET]...");
    };
    let threads: usize = threads.parse().expect("a number of threads");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    if folder == "growth" {
        pool.install(|| growth(threads));
        return;
    }
    for set in sets {
        let (series, truth) = load(Path::new(folder), set);
        for (tool, run) in methods() {
            let (seconds, found) = pool.install(|| best(|| run(&series)));
            let line = score(&found, &truth);
            let about = json!({"tool": tool, "set": set, "threads": threads, "seconds": seconds});
            println!("{}", merged(about, line));
        }
    }
}

type Run = fn(&Series) -> Found;

fn methods() -> Vec<(&'static str, Run)> {
    vec![
        ("etiology pairwise, lags 1-5", |series| {
            // As grangercausalitytests: every lag on its own rows, all from one set of moments; links where lag 5 says so.
            let moments = series.moments(5).unwrap();
            let mut last = None;
            for lag in 1..=5 {
                let scan = GrangerScan::new(lag)
                    .with_conditioning(Conditioning::Pair)
                    .with_correction(Correction::None)
                    .with_alpha(0.01)
                    .unwrap();
                last = Some(scan.run_moments(&moments, series.nodes()).unwrap());
            }
            let last = last.unwrap();
            let linked = last.pairs().iter().filter(|pair| last.is_significant(pair));
            (linked.map(|pair| (pair.cause, pair.effect)).collect(), None)
        }),
        ("etiology conditional, lag 3, p < .01", |series| {
            let scan = GrangerScan::new(LAG).with_correction(Correction::None).with_alpha(0.01).unwrap();
            let tests = scan.run(series).unwrap();
            let linked = tests.pairs().iter().filter(|pair| tests.is_significant(pair));
            (linked.map(|pair| (pair.cause, pair.effect)).collect(), None)
        }),
        ("etiology conditional, lag 3, the default (q < .05)", |series| {
            let tests = GrangerScan::new(LAG).run(series).unwrap();
            let linked = tests.pairs().iter().filter(|pair| tests.is_significant(pair));
            (linked.map(|pair| (pair.cause, pair.effect)).collect(), None)
        }),
        ("etiology PCMCI", |series| {
            of_graph(
                Pcmci::new()
                    .with_max_lag(LAG)
                    .with_alpha(0.01)
                    .with_pc_alpha(0.05)
                    .learn(series)
                    .unwrap()
                    .graph(),
            )
        }),
        ("etiology PCMCI+", |series| {
            of_graph(PcmciPlus::new().with_max_lag(LAG).with_alpha(0.01).learn(series).unwrap().graph())
        }),
        ("etiology oCSE", |series| of_graph(Ocse::new().with_max_lag(LAG).learn(series).unwrap().graph())),
        ("etiology lasso(3)", |series| of_graph(&SparseGranger::new(LAG).fit(series).unwrap().graph)),
        ("etiology VAR-LiNGAM(3)", |series| {
            of_graph(&VarLingam::new().learn(series, LAG).unwrap().effects().graph().unwrap())
        }),
        ("etiology DYNOTEARS(3)", |series| {
            of_graph(&Dynotears::new().learn(series, LAG).unwrap().effects().graph().unwrap())
        }),
    ]
}

fn of_graph(graph: &LaggedGraph) -> Found {
    let directed = graph.edges().iter().filter(|edge| graph.has(edge.cause, edge.effect, edge.lag));
    let links: BTreeSet<_> = directed.map(|edge| (edge.cause, edge.effect, edge.lag.rows())).collect();
    (links.iter().filter(|link| link.0 != link.1).map(|link| (link.0, link.1)).collect(), Some(links))
}

fn best<T>(run: impl Fn() -> T) -> (f64, T) {
    let (mut seconds, mut answer) = (f64::INFINITY, None);
    let started = Instant::now();
    for _ in 0..20 {
        let one = Instant::now();
        answer = Some(run());
        seconds = seconds.min(one.elapsed().as_secs_f64());
        if started.elapsed() > Duration::from_secs(4) {
            break;
        }
    }
    (seconds, answer.unwrap())
}

fn score((pairs, links): &Found, truth: &BTreeSet<(usize, usize, usize)>) -> Value {
    let true_pairs: BTreeSet<(usize, usize)> =
        truth.iter().filter(|link| link.0 != link.1).map(|link| (link.0, link.1)).collect();
    let hits = pairs.intersection(&true_pairs).count() as f64;
    let lagged = links.as_ref().map(|links| {
        2.0 * links.intersection(truth).count() as f64 / (links.len() + truth.len()).max(1) as f64
    });
    json!({
        "precision": hits / pairs.len().max(1) as f64,
        "recall": hits / true_pairs.len().max(1) as f64,
        "f1": 2.0 * hits / (pairs.len() + true_pairs.len()).max(1) as f64,
        "lagged_f1": lagged,
    })
}

fn merged(mut left: Value, right: Value) -> Value {
    if let (Value::Object(left), Value::Object(right)) = (&mut left, right) {
        left.extend(right);
    }
    left
}

fn growth(threads: usize) {
    let noise = |width: usize, rows: usize| {
        let mut rng = StdRng::seed_from_u64(7);
        let columns = (0..width).map(|_| (0..rows).map(|_| rng.random::<f64>()).collect()).collect();
        Series::new(Nodes::numbered(width), columns).unwrap()
    };
    let sizes = [50, 100, 200, 400].map(|k| (k, 10_000));
    let rows = [5_000, 10_000, 20_000, 40_000, 80_000].map(|n| (100, n));
    for (name, conditioning) in [("pairwise", Conditioning::Pair), ("conditional", Conditioning::All)] {
        for (width, rows) in sizes.into_iter().chain(rows) {
            let series = noise(width, rows);
            let scan = GrangerScan::new(5).with_conditioning(conditioning);
            let (seconds, tests) = best(|| scan.run(&series).unwrap().pairs().len());
            println!(
                "{}",
                json!({"scan": name, "series": width, "rows": rows, "threads": threads, "seconds": seconds, "tests": tests})
            );
        }
    }
}

fn load(folder: &Path, set: &str) -> (Series, BTreeSet<(usize, usize, usize)>) {
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{set}.json"))).unwrap()).unwrap();
    let mut text = String::new();
    match std::fs::File::open(folder.join(format!("{set}.csv"))) {
        Ok(mut file) => file.read_to_string(&mut text).unwrap(),
        Err(_) => {
            let file = std::fs::File::open(folder.join(format!("{set}.csv.gz"))).unwrap();
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap()
        }
    };
    let names: Vec<&str> =
        truth["nodes"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for row in reader.records() {
        let row = row.unwrap();
        for (column, name) in columns.iter_mut().zip(&names) {
            let at = header.iter().position(|header| header == name).unwrap();
            column.push(row[at].parse().unwrap_or(f64::NAN));
        }
    }
    let number = |value: &Value| names.iter().position(|name| value.as_str() == Some(name)).unwrap();
    let links = truth["edges"].as_array().unwrap().iter();
    let links = links
        .map(|edge| (number(&edge[0]), number(&edge[1]), usize::try_from(edge[2].as_u64().unwrap()).unwrap()))
        .collect();
    (Series::new(Nodes::new(names).unwrap(), columns).unwrap(), links)
}
