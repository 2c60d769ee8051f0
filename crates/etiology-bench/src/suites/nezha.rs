//! Nezha: Online Boutique under injected resource and code faults, one-minute metrics a pod.
//!
//! What the published folders turn out to hold, and what follows from it. The `construct_data` folder is described as
//! fault-free, but its metric files are byte for byte those of `rca_data`, faults included, so they are no reference. Each
//! day's recording begins two minutes before its first fault and goes on for hours after its last one. The reference is
//! therefore the day's rows outside every fault, before and after alike. A clock in one file is wrong (`TimeStamp` of
//! `adservice` on the first day), so the `Time` column is read; one fault's `inject_time` is 60 s after its
//! `inject_timestamp`, and the data shows the fault at the latter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etiology_frame::{Clock, Incident, LinkKind, Metric, MetricFrame, RootCause, Time, Topology, Truth};
use serde::Deserialize;

use super::{Join, normal_cuts, onset, quiet, require_rows, rows_where, workload};
use crate::files::{Cells, entries, folders, json, name};
use crate::suite::reported;
use crate::{BenchError, CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard};

const NAME: &str = "nezha";
const SECOND: i64 = 1_000_000_000;
const PERIOD: i64 = 60 * SECOND;
/// Seconds of a fault that are looked at; the injections last three to five minutes.
const WATCHED: f64 = 300.0;
/// Seconds from an injection until the system is taken for recovered; the next injection is at least eight minutes off.
const RECOVERED: f64 = 420.0;
/// Seconds of the frame that lie before the onset.
const LEAD: f64 = -180.0;
/// Seconds after the last fault from which the recording counts as fault-free.
const QUIET: f64 = 1800.0;
/// The first is a measure that every service has, so that methods can compare services by it.
const SYMPTOMS: [&str; 2] = ["frontend_PodServerLatencyP90(s)", "frontend_SuccessRate(%)"];
/// Columns of `front_service.csv` that repeat the front end pod's `PodServerLatency` columns value for value.
const REPEATED: [&str; 3] = ["LatencyP90(s)", "LatencyP95(s)", "LatencyP99(s)"];

/// The suite. See its card for the protocol.
#[derive(Debug)]
pub(crate) struct Nezha;

impl Suite for Nezha {
    fn card(&self) -> SuiteCard {
        SuiteCard {
            name: NAME,
            summary: "Online Boutique on Kubernetes, 1-minute pod metrics, 56 resource and code faults",
            layout: "the folder with rca_data/<day>/{metric/*.csv,<day>-fault_list.json} and root_cause_hipster.json",
            source: "https://github.com/IntelligentDDS/Nezha",
            licence: "MIT",
            cites: "Yu, Chen, Li, et al.: Nezha - Interpretable Fine-Grained Root Causes Analysis for Microservices on Multi-Modal Observability Data (ESEC/FSE 2023)",
            protocol: "incident: 3 minutes before the injection to 5 after it, on one-minute rows; reference: the day's rows \
                       outside every fault (injection to 7 minutes later), earlier and later ones alike, because the \
                       recordings begin 2 minutes before the first fault; an entity is a service; topology: dependency.csv; \
                       symptoms: the front end's P90 server latency and success rate; truth: the service, and its \
                       CpuUsageRate(%) for CPU faults; no fault: the hours after each day's last fault, cut as PetShop's",
        }
    }

    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError> {
        let days = days(folder)?;
        let inner = inner_causes(folder)?;
        let mut cases = Cases::loaded_with(options);
        cases.notes.push(
            "left out: source_50.csv and destination_50.csv (their series belong to pairs of services), the \
             P90, P95 and P99 of front_service.csv (they repeat the front end pod's), the hosts in dependency.csv, and \
             construct_data (its metric files repeat rca_data, faults included)"
                .to_owned(),
        );
        for day in days {
            load_day(&day, &inner, &mut cases)?;
        }
        Ok(cases)
    }
}

fn fault_list(day: &Path) -> PathBuf {
    day.join(format!("{}-fault_list.json", name(day)))
}

fn days(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    for candidate in [folder.join("rca_data"), folder.to_owned()] {
        if candidate.is_dir() {
            let found: Vec<PathBuf> =
                folders(&candidate)?.into_iter().filter(|day| fault_list(day).is_file()).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }
    Err(BenchError::layout(
        folder,
        NAME,
        "rca_data/<day>/<day>-fault_list.json beside rca_data/<day>/metric/",
    ))
}

/// Service -> fault type -> the inner cause: a metric column or a region of the log.
type InnerCauses = BTreeMap<String, BTreeMap<String, String>>;

fn inner_causes(folder: &Path) -> Result<InnerCauses, BenchError> {
    let file = "root_cause_hipster.json";
    let places = [folder.join("construct_data"), folder.join("rca_data"), folder.to_owned()];
    let roots = folder.parent().map(|parent| parent.join("construct_data"));
    match places.into_iter().chain(roots).map(|place| place.join(file)).find(|path| path.is_file()) {
        Some(path) => json(&path),
        None => Err(BenchError::layout(folder, NAME, "root_cause_hipster.json in construct_data/")),
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Fault {
    inject_time: String,
    inject_timestamp: String,
    inject_pod: String,
    inject_type: String,
}

/// One day's recording with the times of all its faults.
#[derive(Debug)]
struct Day {
    path: PathBuf,
    frame: MetricFrame,
    topology: Topology,
    faults: Vec<(Time, Fault)>,
}

fn load_day(path: &Path, inner: &InnerCauses, cases: &mut Cases) -> Result<(), BenchError> {
    let faults = read_faults(&fault_list(path), &mut cases.notes)?;
    let frame = read_recording(&path.join("metric"))?;
    for symptom in SYMPTOMS {
        frame.require(symptom).map_err(|error| BenchError::frame(&path.join("metric"), error))?;
    }
    let topology = read_dependency(&path.join("metric").join("dependency.csv"))?;
    let day = Arc::new(Day { path: path.to_owned(), frame, topology, faults });
    for (index, (_, fault)) in day.faults.iter().enumerate() {
        let service = workload(&fault.inject_pod);
        let cause = inner.get(service).and_then(|causes| causes.get(&fault.inject_type));
        let metric = cause
            .map(|column| format!("{service}_{column}"))
            .filter(|metric| day.frame.index_of(metric).is_some());
        let truth = Truth(vec![RootCause {
            entity: Some(service.to_owned()),
            metric,
            layer: None,
            mechanism: Some(fault.inject_type.clone()),
        }]);
        let id = format!("{}/{:02}-{service}-{}", name(path), index + 1, fault.inject_type);
        let shared = Arc::clone(&day);
        cases.faults.push(CaseSource::new(id, vec![fault.inject_type.clone()], move |shift| {
            Ok(LabelledIncident { incident: shared.incident(index, shift)?, truth: truth.clone() })
        }));
    }
    let last = day.faults.last().map_or(Time(i64::MIN), |(time, _)| *time);
    let calm = day.frame.from_time(reported(Clock::Utc, last, QUIET));
    for cut in normal_cuts(calm.rows()) {
        let symptoms = SYMPTOMS.map(str::to_owned).to_vec();
        let id = format!("{}/quiet/{cut}", name(path));
        cases.normal.push(quiet(id, vec![name(path)], calm.clone(), cut, symptoms, day.topology.clone()));
    }
    Ok(())
}

impl Day {
    fn incident(&self, index: usize, shift: f64) -> Result<Incident, BenchError> {
        let Some((injected, _)) = self.faults.get(index) else {
            return Err(BenchError::content(&self.path, None, format!("no fault {index}")));
        };
        let given = reported(Clock::Utc, *injected, shift);
        let start = reported(Clock::Utc, given.min(*injected), LEAD);
        let frame = self.frame.between(start, reported(Clock::Utc, *injected, WATCHED));
        let disturbed: Vec<(Time, Time)> = self
            .faults
            .iter()
            .enumerate()
            .map(|(other, (time, _))| if other == index { given } else { *time })
            .map(|from| (from, reported(Clock::Utc, from, RECOVERED)))
            .collect();
        let calm = |time: Time| disturbed.iter().all(|(from, to)| time < *from || time >= *to);
        let mut incident = Incident::new(format!("{NAME}-{}-{}", name(&self.path), index + 1), frame);
        incident.reference = Some(rows_where(&self.frame, &self.path, calm)?);
        incident.onset = onset(given);
        incident.symptoms = SYMPTOMS.map(str::to_owned).to_vec();
        incident.topology = self.topology.clone();
        require_rows(&incident, &self.path)?;
        Ok(incident)
    }
}

fn read_faults(path: &Path, notes: &mut Vec<String>) -> Result<Vec<(Time, Fault)>, BenchError> {
    let by_hour: BTreeMap<String, Vec<Fault>> = json(path)?;
    let mut faults = Vec::new();
    for fault in by_hour.into_values().flatten() {
        let time = Clock::Utc.parse(&fault.inject_timestamp).map_err(|error| {
            BenchError::content(path, None, format!("inject_timestamp of {}: {error}", fault.inject_pod))
        })?;
        if Clock::Utc.parse(&fault.inject_time) != Ok(time) {
            notes.push(format!(
                "{}: inject_time {} of {} differs from its inject_timestamp, {}; the latter is used",
                name(path),
                fault.inject_time,
                fault.inject_pod,
                Clock::Utc.format(time)
            ));
        }
        faults.push((time, fault));
    }
    faults.sort_by_key(|(time, _)| *time);
    Ok(faults)
}

/// `2022-08-22 03:51:19.6 +0000 UTC m=+0.1` as nanoseconds.
fn parse_time(cell: &str) -> Option<i64> {
    let wall = cell.split(" m=").next()?.trim_end_matches(" UTC");
    Clock::Utc.parse(wall).ok().map(|time| time.0)
}

/// All pods and the front end of one day. Samples come once a minute, each file up to a second off the others, so they
/// are put on the nearest of the minutes counted from the first sample.
fn read_recording(folder: &Path) -> Result<MetricFrame, BenchError> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        let file = name(&path);
        if file == "front_service.csv" || file.ends_with("_metric.csv") {
            let cells = Cells::read(&path, 1)?;
            let time = cells.column(&["Time"])?;
            let times =
                cells.times(time, "a date such as 2022-08-22 03:51:19.6 +0000 UTC m=+0.1", parse_time)?;
            files.push((cells, times));
        }
    }
    let Some(first) = files.iter().filter_map(|(_, times)| times.first().copied()).min() else {
        return Err(BenchError::layout(folder, NAME, "<pod>_metric.csv files with rows"));
    };
    let anchor = first - first.rem_euclid(SECOND);
    let mut join = Join::default();
    for (cells, times) in &files {
        let grid: Vec<i64> = times
            .iter()
            .map(|time| {
                anchor + time.saturating_sub(anchor).saturating_add(PERIOD / 2).div_euclid(PERIOD) * PERIOD
            })
            .collect();
        let file = name(&cells.path);
        let service = file
            .strip_suffix("_metric.csv")
            .map_or_else(|| "frontend".to_owned(), |pod| workload(pod).to_owned());
        for (column, measure) in cells.header().iter().enumerate() {
            let is_label = matches!(measure.as_str(), "Time" | "TimeStamp" | "PodName" | "ServiceName");
            if !is_label && !REPEATED.contains(&measure.as_str()) {
                let metric = Metric::infer(format!("{service}_{measure}")).with_parts(&service, measure);
                join.add(metric, &grid, cells.numbers(column)?);
            }
        }
    }
    join.build(Clock::Utc, folder)
}

fn read_dependency(path: &Path) -> Result<Topology, BenchError> {
    let cells = Cells::read(path, 1)?;
    let (source, target) = (cells.column(&["Source"])?, cells.column(&["Target"])?);
    let is_host = |node: &str| node.starts_with(|c: char| c.is_ascii_digit());
    let mut topology = Topology::new();
    for row in 0..cells.rows.len() {
        let (from, to) = (cells.cell(row, source), cells.cell(row, target));
        if !is_host(to) {
            topology.add_link(from, to, LinkKind::Calls);
        }
    }
    Ok(topology)
}
