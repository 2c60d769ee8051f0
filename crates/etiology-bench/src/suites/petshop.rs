//! `PetShop`: a microservice application on AWS under injected latency and errors.

use std::path::{Path, PathBuf};

use etiology_frame::{Clock, Incident, LinkKind, Metric, MetricFrame, Topology, Truth};
use serde::Deserialize;

use super::{normal_cuts, onset, quiet, require_rows};
use crate::files::{Cells, folders, frame, json, name};
use crate::suite::reported;
use crate::{BenchError, CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard};

const NAME: &str = "petshop";

/// The suite. See its card for the protocol.
#[derive(Debug)]
pub(crate) struct PetShop;

impl Suite for PetShop {
    fn card(&self) -> SuiteCard {
        SuiteCard {
            name: NAME,
            summary: "a pet shop of microservices on AWS, 5-minute metrics, 68 latency and availability issues",
            layout: "dataset/<scenario> (noissue/, graph.csv, train/, test/), or a folder of scenarios",
            source: "https://github.com/amazon-science/petshop-root-cause-analysis",
            licence: "CC-BY-4.0",
            cites: "Hardt, Orchard, Blöbaum, Kirschbaum, Kasiviswanathan: The PetShop Dataset - Finding Causes of Performance Issues across Microservices (CLeaR 2024)",
            protocol: "reference: noissue/metrics.csv; incident: the rows of the issue, the first being the onset; an entity \
                       is a microservice node; topology: graph.csv (row calls column); symptom: the target node's metric, \
                       statistic Average; truth: the node; no fault: the reference cut at half its rows and every tenth after",
        }
    }

    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError> {
        let scenarios = scenarios(folder)?;
        let many = scenarios.len() > 1;
        let mut cases = Cases::loaded_with(options);
        for scenario in scenarios {
            let prefix = if many { format!("{}/", name(&scenario)) } else { String::new() };
            load_scenario(&scenario, &prefix, &mut cases)?;
        }
        Ok(cases)
    }
}

/// The folder itself, or the folders one or two levels down, that hold a `noissue` recording.
fn scenarios(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let is_scenario = |path: &Path| path.join("noissue").join("metrics.csv").is_file();
    for candidate in [folder.to_owned(), folder.join("dataset")] {
        if is_scenario(&candidate) {
            return Ok(vec![candidate]);
        }
        if candidate.is_dir() {
            let found: Vec<PathBuf> =
                folders(&candidate)?.into_iter().filter(|path| is_scenario(path)).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
    Err(BenchError::layout(
        folder,
        NAME,
        "a scenario folder with noissue/metrics.csv, graph.csv, train/ and test/",
    ))
}

fn load_scenario(folder: &Path, prefix: &str, cases: &mut Cases) -> Result<(), BenchError> {
    let reference = read_metrics(&folder.join("noissue").join("metrics.csv"))?;
    let topology = read_graph(&folder.join("graph.csv"))?;
    let mut targets: Vec<Target> = Vec::new();
    let mut found = 0;
    for split in ["train", "test"].map(|split| folder.join(split)).iter().filter(|path| path.is_dir()) {
        for issue in folders(split)? {
            let label: Label = json(&issue.join("target.json"))?;
            let source = case(&issue, prefix, &name(split), &label, &reference, &topology);
            cases.faults.push(source);
            found += 1;
            if !targets.contains(&label.target) {
                targets.push(label.target);
            }
        }
    }
    if found == 0 {
        return Err(BenchError::layout(
            folder,
            NAME,
            "issues in train/ or test/ (issue_<k>/metrics.csv, target.json)",
        ));
    }
    for target in targets {
        for cut in normal_cuts(reference.rows()) {
            cases.normal.push(quiet(
                format!("{prefix}noissue/{}/{cut}", target.metric),
                vec![format!("{prefix}{}", target.metric)],
                reference.clone(),
                cut,
                vec![target.symptom()],
                topology.clone(),
            ));
        }
    }
    Ok(())
}

fn case(
    issue: &Path,
    prefix: &str,
    split: &str,
    label: &Label,
    reference: &MetricFrame,
    topology: &Topology,
) -> CaseSource {
    let id = format!("{prefix}{split}/{}", name(issue));
    let groups = vec![format!("{prefix}{}", label.target.metric)];
    let (reference, topology) = (reference.clone(), topology.clone());
    let (symptom, truth) = (label.target.symptom(), Truth::entity(&label.root_cause.node));
    let (path, incident_id) = (issue.join("metrics.csv"), id.clone());
    CaseSource::new(id, groups, move |shift| {
        let frame = read_metrics(&path)?;
        frame.require(&symptom).map_err(|error| BenchError::frame(&path, error))?;
        let start = frame.time(0);
        let mut incident = Incident::new(incident_id.clone(), frame);
        incident.onset = start.and_then(|time| onset(reported(Clock::Utc, time, shift)));
        incident.reference = Some(reference.clone());
        incident.symptoms = vec![symptom.clone()];
        incident.topology = topology.clone();
        require_rows(&incident, &path)?;
        Ok(LabelledIncident { incident, truth: truth.clone() })
    })
    .in_split(split)
}

#[derive(Debug, Deserialize)]
struct Label {
    target: Target,
    root_cause: Node,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Target {
    node: String,
    metric: String,
    agg: String,
}

impl Target {
    fn symptom(&self) -> String {
        format!("{}_{}_{}", self.node, self.metric, self.agg)
    }
}

#[derive(Debug, Deserialize)]
struct Node {
    node: String,
}

/// Three header rows (microservice, metric, statistic), a row that names the time, then the values.
fn read_metrics(path: &Path) -> Result<MetricFrame, BenchError> {
    let mut cells = Cells::read(path, 4)?;
    let first =
        |row: usize| cells.headers.get(row).and_then(|cells| cells.first()).map_or("", String::as_str);
    let found: Vec<&str> = (0..4).map(first).collect();
    let expected = ["microservice", "metric", "statistic", "unix_timestamp"];
    if found != expected {
        let message = format!("the first cells of the header rows are {found:?}, expected {expected:?}");
        return Err(BenchError::content(path, Some(1), message));
    }
    let part = |cells: &Cells, row: usize, column: usize| {
        cells.headers.get(row).and_then(|cells| cells.get(column)).cloned().unwrap_or_default()
    };
    let metrics: Vec<Metric> = (0..cells.header().len())
        .map(|column| {
            let (entity, metric, statistic) =
                (part(&cells, 0, column), part(&cells, 1, column), part(&cells, 2, column));
            Metric::infer(format!("{entity}_{metric}_{statistic}"))
                .with_parts(entity, format!("{metric}_{statistic}"))
        })
        .collect();
    if let Some(header) = cells.headers.first_mut() {
        *header = metrics.iter().map(|metric| metric.name.clone()).collect();
    }
    let times = cells
        .times(0, "a unix timestamp in seconds", |cell| Clock::Utc.parse(cell).ok().map(|time| time.0))?;
    frame(&cells, Clock::Utc, times, |column, _| (column > 0).then(|| metrics.get(column).cloned()).flatten())
}

/// The call graph as an adjacency matrix: a 1 in row `a`, column `b` says that `a` calls `b`.
fn read_graph(path: &Path) -> Result<Topology, BenchError> {
    let cells = Cells::read(path, 1)?;
    let mut topology = Topology::new();
    for node in cells.header().iter().skip(1) {
        topology.add_node(node);
    }
    for column in 1..cells.header().len() {
        let weights = cells.numbers(column)?;
        for (row, _) in weights.iter().enumerate().filter(|(_, weight)| weight.is_some_and(|w| w != 0.0)) {
            let target = cells.header().get(column).map_or("", String::as_str);
            topology.add_link(cells.cell(row, 0), target, LinkKind::Calls);
        }
    }
    Ok(topology)
}
