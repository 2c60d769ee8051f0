//! Times the functional learners on a data folder: `cargo run --release --example functional_timing -- DATA`, where DATA
//! holds `<name>.csv.gz` and `<name>.json` with the true edges. Prints the fastest run and the distance to the truth.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use etiology_graph::Nodes;
use etiology_structure::{DirectLingam, IcaLingam, LinearSem};
use flate2::read::GzDecoder;

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = Path::new(&folder);
    println!("| data | learner | best of runs, ms | edges found / true | missed | extra |");
    println!("|---|---|---|---|---|---|");
    for seed in 1..=3 {
        let data = Data::read(folder, &format!("lingam_er_p30_n2000_s{seed}"));
        let columns = data.slices();
        data.row("DirectLiNGAM", 0.1, 20, || DirectLingam::new().learn(&data.nodes, &columns).unwrap());
        data.row("ICA-LiNGAM", 0.1, 20, || IcaLingam::new().learn(&data.nodes, &columns).unwrap());
    }
}

struct Data {
    name: String,
    nodes: Nodes,
    columns: Vec<Vec<f64>>,
    truth: BTreeSet<(usize, usize)>,
}

impl Data {
    fn read(folder: &Path, name: &str) -> Self {
        let file = File::open(folder.join(format!("{name}.csv.gz"))).unwrap();
        let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
        let nodes = Nodes::new(reader.headers().unwrap().iter()).unwrap();
        let mut columns = vec![Vec::new(); nodes.len()];
        for record in reader.records() {
            for (column, field) in columns.iter_mut().zip(record.unwrap().iter()) {
                column.push(field.parse().unwrap());
            }
        }
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let number = |value: &serde_json::Value| nodes.require(value.as_str().unwrap()).unwrap();
        let edges = json["edges"].as_array().unwrap();
        let truth = edges.iter().map(|edge| (number(&edge[0]), number(&edge[1]))).collect();
        Self { name: name.to_owned(), nodes, columns, truth }
    }

    fn slices(&self) -> Vec<&[f64]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    fn row(&self, learner: &str, above: f64, runs: usize, learn: impl Fn() -> LinearSem) {
        let mut best = f64::INFINITY;
        let mut found = BTreeSet::new();
        for _ in 0..runs {
            let start = Instant::now();
            let model = learn();
            best = best.min(start.elapsed().as_secs_f64());
            found = model.dag().edges().filter(|&edge| model.weights()[edge].abs() > above).collect();
        }
        println!(
            "| {} | {learner} | {:.1} | {} / {} | {} | {} |",
            self.name,
            best * 1e3,
            found.len(),
            self.truth.len(),
            self.truth.difference(&found).count(),
            found.difference(&self.truth).count()
        );
    }
}
