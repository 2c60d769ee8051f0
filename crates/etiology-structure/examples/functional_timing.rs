//! Times the functional and continuous learners and MIIC: `cargo run --release --example functional_timing -- DATA [OUT]`, where
//! DATA holds `<name>.csv.gz` and `<name>.json` with the true edges. Prints the fastest run and the distance to the truth; with
//! OUT, writes each LiNGAM model there for `benches/peers/lingam_peer.py`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use etiology_graph::{Dag, Nodes, Pdag, compare, cpdag};
use etiology_stats::{DiscreteColumn, DiscreteTable};
use etiology_structure::{Correction, Dagma, DirectLingam, IcaLingam, LinearSem, Miic, Notears};
use flate2::read::GzDecoder;
use nalgebra::DMatrix;

fn main() {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().unwrap_or_else(|| ".".into());
    let out = arguments.next();
    println!(
        "| data | learner | best of runs, ms | edges / true | skeleton F1 | arrow F1 | SHD | compared |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for seed in 1..=3 {
        let data = Data::read(&folder, &format!("lingam_er_p30_n2000_s{seed}"));
        let columns = data.numbers();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let direct = || DirectLingam::new().learn(&data.nodes, &columns).unwrap();
        let by_ica = || IcaLingam::new().learn(&data.nodes, &columns).unwrap();
        let (time, model) = best_of(20, direct);
        data.row("DirectLiNGAM, weights > .1", time, &Pdag::from_dag(&above(&model, 0.1)), false);
        data.write(out.as_deref(), "direct", &model);
        let (time, model) = best_of(20, by_ica);
        data.row("ICA-LiNGAM, weights > .1", time, &Pdag::from_dag(&above(&model, 0.1)), false);
        data.write(out.as_deref(), "ica", &model);
    }
    for (name, runs) in [("lg_er_p20_n2000_s1", 5), ("lg_er_p50_n2000_s1", 3)] {
        let data = Data::read(&folder, name);
        let covariance = covariance(&data.numbers());
        let (time, model) = best_of(runs, || Notears::new().learn(&data.nodes, &covariance).unwrap());
        data.row("NOTEARS", time, &cpdag(model.dag()), true);
        let dagma = Dagma::new().with_lambda(0.02);
        let (time, model) = best_of(runs, || dagma.learn(&data.nodes, &covariance).unwrap());
        data.row("DAGMA, lambda .02", time, &cpdag(model.dag()), true);
    }
    for name in ["alarm_n5000", "insurance_n5000", "hepar2_n5000"] {
        let data = Data::read(&folder, name);
        let table = data.categories();
        for (label, correction) in [("MIIC, MDL", Correction::Mdl), ("MIIC, NML", Correction::Nml)] {
            let learner = Miic::new().with_correction(correction);
            let (time, model) = best_of(5, || learner.learn(&data.nodes, &table).unwrap());
            data.row(label, time, model.graph(), true);
        }
    }
}

fn best_of<T>(runs: usize, learn: impl Fn() -> T) -> (f64, T) {
    let timed = || {
        let start = Instant::now();
        let model = learn();
        (start.elapsed().as_secs_f64(), model)
    };
    (1..runs).fold(timed(), |best, _| {
        let next = timed();
        if next.0 < best.0 { next } else { best }
    })
}

fn above(model: &LinearSem, bound: f64) -> Dag {
    let strong = model.dag().edges().filter(|&edge| model.weights()[edge].abs() > bound);
    Dag::from_edges(model.dag().nodes().clone(), strong).unwrap()
}

fn covariance(columns: &[Vec<f64>]) -> DMatrix<f64> {
    let rows = columns[0].len();
    let mut data = DMatrix::from_fn(rows, columns.len(), |row, v| columns[v][row]);
    for mut column in data.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    data.tr_mul(&data) / rows as f64
}

struct Data {
    name: String,
    nodes: Nodes,
    columns: Vec<Vec<String>>,
    truth: Dag,
}

impl Data {
    fn read(folder: &Path, name: &str) -> Self {
        let file = File::open(folder.join(format!("{name}.csv.gz"))).unwrap();
        let mut reader = csv::Reader::from_reader(GzDecoder::new(file));
        let nodes = Nodes::new(reader.headers().unwrap().iter()).unwrap();
        let mut columns = vec![Vec::new(); nodes.len()];
        for record in reader.records() {
            for (column, field) in columns.iter_mut().zip(record.unwrap().iter()) {
                column.push(field.to_owned());
            }
        }
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let number = |value: &serde_json::Value| nodes.require(value.as_str().unwrap()).unwrap();
        let edges = json["edges"].as_array().unwrap().iter();
        let truth = Dag::from_edges(nodes.clone(), edges.map(|edge| (number(&edge[0]), number(&edge[1]))));
        Self { name: name.to_owned(), nodes: nodes.clone(), columns, truth: truth.unwrap() }
    }

    fn numbers(&self) -> Vec<Vec<f64>> {
        let parse = |column: &Vec<String>| column.iter().map(|field| field.parse().unwrap()).collect();
        self.columns.iter().map(parse).collect()
    }

    fn categories(&self) -> DiscreteTable {
        let column = |c: &Vec<String>| DiscreteColumn::from_labels(c.iter().map(|v| Some(v.as_str())));
        DiscreteTable::new(self.columns.iter().map(|c| column(c).unwrap()).collect()).unwrap()
    }

    fn row(&self, learner: &str, seconds: f64, found: &Pdag, classes: bool) {
        let truth = if classes { cpdag(&self.truth) } else { Pdag::from_dag(&self.truth) };
        let how = compare(&truth, found).unwrap();
        println!(
            "| {} | {learner} | {:.1} | {} / {} | {:.3} | {:.3} | {} | {} |",
            self.name,
            seconds * 1e3,
            found.edge_count(),
            self.truth.edge_count(),
            how.skeleton.f1(),
            how.arrows.f1(),
            how.shd,
            if classes { "CPDAGs" } else { "DAGs" }
        );
    }

    fn write(&self, out: Option<&Path>, learner: &str, model: &LinearSem) {
        let Some(out) = out else { return };
        let document = serde_json::json!({ "order": model.order(), "graph": model.to_document() });
        std::fs::create_dir_all(out).unwrap();
        let path = out.join(format!("{}__{learner}.json", self.name));
        std::fs::write(path, serde_json::to_string(&document).unwrap()).unwrap();
    }
}
