//! Reads a PetShop scenario folder (Hardt et al., 2024) into incidents, for tests only.
//!
//! A table has three header rows (microservice, metric, statistic), then rows of `unix_timestamp` and values, empty where
//! missing. `graph.csv` is an adjacency matrix whose rows call its columns.

use std::fs;
use std::path::{Path, PathBuf};

use etiology_frame::{Clock, FrameBuilder, Incident, LinkKind, Metric, MetricFrame, Onset, Topology};
use serde_json::Value;

/// One issue with its answer kept apart.
pub(crate) struct Issue {
    pub id: String,
    /// `latency` or `availability`.
    pub metric: String,
    pub truth: String,
    pub incident: Incident,
}

/// A scenario: its issues, train before test in numeric order, and the normal table.
pub(crate) struct Scenario {
    pub issues: Vec<Issue>,
    pub normal: MetricFrame,
    pub topology: Topology,
}

/// `<checkout>/../shared/data/petshop/dataset/<name>`, if it is there.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    folders.map(|folder| folder.join("shared/data/petshop/dataset").join(name)).find(|path| path.is_dir())
}

pub(crate) fn read_scenario(folder: &Path) -> Scenario {
    let topology = read_graph(&folder.join("graph.csv"));
    let normal = read_table(&folder.join("noissue/metrics.csv"));
    let mut issues = Vec::new();
    for split in ["train", "test"] {
        let mut numbers: Vec<u32> = fs::read_dir(folder.join(split))
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_prefix("issue_")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        for number in numbers {
            let id = format!("{split}/issue_{number}");
            issues.push(read_issue(&folder.join(&id), id, &normal, &topology));
        }
    }
    Scenario { issues, normal, topology }
}

fn read_issue(folder: &Path, id: String, normal: &MetricFrame, topology: &Topology) -> Issue {
    let target: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("target.json")).unwrap()).unwrap();
    let text = |pointer: &str| target.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let metric = text("/target/metric");
    let symptom = format!("{}_{}_{}", text("/target/node"), metric, text("/target/agg"));
    let frame = read_table(&folder.join("metrics.csv"));
    let onset = frame.extent().unwrap().0;
    let mut incident = Incident::new(id.clone(), frame);
    incident.reference = Some(normal.clone());
    incident.symptoms = vec![symptom];
    incident.onset = Some(Onset { time: onset, uncertainty: None });
    incident.topology = topology.clone();
    Issue { id, metric, truth: text("/root_cause/node"), incident }
}

fn read_graph(path: &Path) -> Topology {
    let text = fs::read_to_string(path).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let callees = rows.next().unwrap().split_off(1);
    let mut topology = Topology::new();
    callees.iter().for_each(|node| _ = topology.add_node(node));
    for row in rows {
        for (cell, callee) in row[1..].iter().zip(&callees) {
            if cell.parse::<f64>().unwrap() != 0.0 {
                topology.add_link(row[0], callee, LinkKind::Calls);
            }
        }
    }
    topology
}

pub(crate) fn read_table(path: &Path) -> MetricFrame {
    let text = fs::read_to_string(path).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let [services, metrics, statistics] = std::array::from_fn(|_| rows.next().unwrap());
    let rows: Vec<_> = rows.filter(|row| !row[0].starts_with("unix_timestamp")).collect();
    let ticks = rows.iter().map(|row| Clock::Utc.parse(row[0]).unwrap().0).collect();
    let mut builder = FrameBuilder::new(Clock::Utc, ticks);
    for column in 1..services.len() {
        let (service, measure) = (services[column], format!("{}_{}", metrics[column], statistics[column]));
        let metric = Metric::new(format!("{service}_{measure}")).with_parts(service, measure);
        builder = builder.column(metric, rows.iter().map(|row| row[column].parse().ok()));
    }
    builder.build().unwrap().0
}
