//! Times learners on data sets with a known graph, and scores what they find; a line of JSON a run, in the format of
//! `benches/peers/structure.py`.
//!
//! ```text
//! time_learners DATA THREADS [LEARNER[:TEST or SCORE][@SET,SET...]]...
//! ```
//!
//! DATA holds NAME.csv or NAME.csv.gz and NAME.json. The clock runs from columns in memory to the graph; the time is the best
//! of up to five runs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use etiology_graph::{Dag, Nodes, Pdag, compare, cpdag};
use etiology_stats::{DiscreteColumn, MixedColumn};
use etiology_structure::{Dataset, Knowledge, Learner, Method};
use serde_json::{Value, json};

const DISCRETE: [&str; 4] = ["alarm_n5000", "insurance_n5000", "hepar2_n5000", "andes_n5000"];
const NON_GAUSSIAN: [&str; 3] =
    ["lingam_er_p30_n2000_s1", "lingam_er_p30_n2000_s2", "lingam_er_p30_n2000_s3"];

fn gaussian() -> Vec<String> {
    let sizes = |kind: &'static str| [20, 50, 100, 200].map(|p| format!("lg_{kind}_p{p}_n2000_s1"));
    sizes("er").into_iter().chain(["lg_er_p500_n2000_s1".to_owned()]).chain(sizes("sf")).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, threads, requests @ ..] = arguments.as_slice() else {
        panic!("time_learners DATA THREADS [LEARNER[:TEST or SCORE][@SET,SET...]]...");
    };
    let threads: usize = threads.parse().expect("a number of threads");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for request in requests {
        let (learner, sets) = request.split_once('@').unwrap_or((request, ""));
        let (name, reads) = learner.split_once(':').unwrap_or((learner, ""));
        let method: Method = name.parse().unwrap();
        let default = || match method {
            Method::DirectLingam | Method::IcaLingam => NON_GAUSSIAN.map(str::to_owned).to_vec(),
            _ if name == "miic" => DISCRETE.map(str::to_owned).to_vec(),
            _ if ["chi2", "g2", "bdeu", "k2"].contains(&reads) => DISCRETE.map(str::to_owned).to_vec(),
            _ => gaussian(),
        };
        let sets = if sets.is_empty() { default() } else { sets.split(',').map(str::to_owned).collect() };
        for set in sets {
            println!("{}", pool.install(|| one(Path::new(folder), &set, method, reads, learner, threads)));
        }
    }
}

fn one(folder: &Path, set: &str, method: Method, reads: &str, label: &str, threads: usize) -> Value {
    let (data, truth) = load(folder, set);
    let mut learner = Learner::new(method);
    if !reads.is_empty() {
        learner = learner.with_test(reads).with_score(reads);
    }
    let knowledge = Knowledge::none(data.nodes().clone());
    let (mut best, mut spent, mut runs) = (Duration::MAX, Duration::ZERO, 0);
    let learned = loop {
        let start = Instant::now();
        let learned = learner.learn(&data, &knowledge);
        let took = start.elapsed();
        best = best.min(took);
        spent += took;
        runs += 1;
        if runs == 5 || spent > Duration::from_secs(5) {
            break learned;
        }
    };
    let tool = format!("etiology {}", label.replace(':', " "));
    let learned = match learned {
        Ok(learned) => learned,
        Err(error) => {
            return json!({"tool": tool, "set": set, "threads": threads, "error": error.to_string()});
        }
    };
    let against_dag = NON_GAUSSIAN.contains(&set);
    let found = if against_dag {
        let mut strong = learned.graph.clone();
        strong.edges.retain(|edge| edge.strength.is_none_or(|effect| effect.abs() > 0.1));
        strong.to_pdag().unwrap()
    } else {
        match learned.graph.to_dag() {
            Ok(dag) if matches!(method, Method::Notears | Method::Dagma) => cpdag(&dag),
            _ => learned.graph.to_pdag().unwrap(),
        }
    };
    let truth = if against_dag { Pdag::from_dag(&truth) } else { cpdag(&truth) };
    let scored = compare(&truth, &found).unwrap();
    json!({
        "tool": tool,
        "version": env!("CARGO_PKG_VERSION"),
        "set": set,
        "threads": threads,
        "seconds": best.as_secs_f64(),
        "edges": found.edge_count(),
        "skeleton_f1": scored.skeleton.f1(),
        "arrow_f1": scored.arrows.f1(),
        "shd": scored.shd,
    })
}

fn load(folder: &Path, set: &str) -> (Dataset, Dag) {
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{set}.json"))).unwrap()).unwrap();
    let names: Vec<String> =
        truth["nodes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect();
    let nodes = Nodes::new(names).unwrap();
    let edges = truth["edges"].as_array().unwrap().iter().map(|edge| {
        let end = |at: usize| nodes.index_of(edge[at].as_str().unwrap()).unwrap();
        (end(0), end(1))
    });
    let dag = Dag::from_edges(nodes.clone(), edges).unwrap();
    let mut reader = csv::Reader::from_reader(text(folder, set));
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |name: &String| {
        let at = header.iter().position(|other| other == name).unwrap();
        if set.ends_with("n5000") {
            let labels = rows.iter().map(|row| Some(&row[at]));
            MixedColumn::Discrete(DiscreteColumn::from_labels(labels).unwrap())
        } else {
            MixedColumn::Continuous(rows.iter().map(|row| row[at].parse().unwrap()).collect())
        }
    };
    let variables = nodes.names().iter().map(column).collect();
    (Dataset::new(nodes, variables).unwrap(), dag)
}

fn text(folder: &Path, set: &str) -> Box<dyn Read> {
    match std::fs::File::open(folder.join(format!("{set}.csv"))) {
        Ok(file) => Box::new(file),
        Err(_) => Box::new(flate2::read::GzDecoder::new(
            std::fs::File::open(folder.join(format!("{set}.csv.gz"))).unwrap(),
        )),
    }
}
