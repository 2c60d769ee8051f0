//! `OpenNetAI`: Sock Shop on Kubernetes under Chaos Mesh faults, one-minute metrics a pod and a node.
//!
//! The files differ in their column order, so each is read by its header. Columns named like counters already hold rates.
//! The list of faults goes on for an hour after the metrics end: those cases are listed and said to have no rows.

use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDateTime;
use etiology_frame::{Clock, Incident, Metric, MetricFrame, MetricKind, RootCause, Time, Truth};

use super::{Join, before_the_fault, onset, require_rows};
use crate::files::{Cells, entries, name};
use crate::suite::reported;
use crate::{BenchError, CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard};

const NAME: &str = "opennetai";
const INFO: &str = "container-chaos-info.csv";
/// Seconds before a fault that are looked at: the one before it has been over for five minutes by then.
const LOOKBACK: f64 = -1200.0;
/// Seconds a one-minute rate still shows a fault after its end.
const TAIL: f64 = 60.0;

/// The suite. See its card for the protocol.
#[derive(Debug)]
pub(crate) struct OpenNetAi;

impl Suite for OpenNetAi {
    fn card(&self) -> SuiteCard {
        SuiteCard {
            name: NAME,
            summary: "Sock Shop on Kubernetes, 1-minute pod and node metrics, 94 CPU, memory and network faults",
            layout: "the folder with container-chaos-info.csv, metric-pod-*.csv and metric-node-*.csv",
            source: "https://github.com/OpenNetAI/Sock-Shop-Dataset (folder new-version/test/container-chaos)",
            licence: "MIT",
            cites: "Network Intelligence Research Center, BUPT: OpenNetAI Sock Shop data set (2023)",
            protocol: "incident: 20 minutes before the fault to one minute after its end; the normal window is what lies \
                       before the onset; an entity is a pod, or `node-<ip>`; no symptom and no topology are published; \
                       container_last_seen (a clock) and _id are left out; truth: the pod; no fault: the last 5 of the \
                       20 minutes before each fault",
        }
    }

    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError> {
        let faults = read_faults(&folder.join(INFO))?;
        let recording = Arc::new(read_recording(folder)?);
        let mut cases = Cases::loaded_with(options);
        cases
            .notes
            .push("left out: container_last_seen (a clock) and _id (an identifier) of every file".to_owned());
        for (index, fault) in faults.into_iter().enumerate() {
            let id = format!("{:02}-{}-{}", index + 1, fault.kind, fault.target);
            let groups = vec![fault.kind.clone()];
            let (shared, origin, fault) = (Arc::clone(&recording), folder.to_owned(), Arc::new(fault));
            let load = move |shift| fault.case(index, &shared, &origin, shift);
            let quiet = load.clone();
            cases.faults.push(CaseSource::new(&id, groups.clone(), load));
            cases.normal.push(CaseSource::new(format!("{id} (no fault)"), groups, move |_| {
                quiet(0.0).map(before_the_fault)
            }));
        }
        Ok(cases)
    }
}

#[derive(Debug)]
struct Fault {
    time: Time,
    seconds: f64,
    kind: String,
    target: String,
}

impl Fault {
    fn case(
        &self,
        index: usize,
        recording: &MetricFrame,
        origin: &Path,
        shift: f64,
    ) -> Result<LabelledIncident, BenchError> {
        let at = |seconds| reported(Clock::Utc, self.time, seconds);
        let mut incident = Incident::new(
            format!("{NAME}-{}", index + 1),
            recording.between(at(LOOKBACK), at(self.seconds + TAIL)),
        );
        incident.onset = onset(at(shift));
        if incident.frame.from_time(self.time).rows() == 0 {
            let end = recording.extent().map_or_else(String::new, |(_, end)| Clock::Utc.format(end));
            let from = Clock::Utc.format(self.time);
            let message = format!("fault {} begins at {from}, after the recording's end at {end}", index + 1);
            return Err(BenchError::content(origin, None, message));
        }
        require_rows(&incident, origin)?;
        let truth = Truth(vec![RootCause {
            entity: Some(self.target.clone()),
            metric: None,
            layer: None,
            mechanism: Some(self.kind.clone()),
        }]);
        Ok(LabelledIncident { incident, truth })
    }
}

fn read_faults(path: &Path) -> Result<Vec<Fault>, BenchError> {
    let cells = Cells::read(path, 1)?;
    let column = |name: &str| cells.column(&[name]);
    let times = cells.times(column("timestamp")?, "a date such as 2023-08-16 06:44:10", |cell| {
        Clock::Utc.parse(cell).ok().map(|time| time.0)
    })?;
    let (duration, kind, target) = (column("duration")?, column("fault-type")?, column("target")?);
    let mut faults = Vec::new();
    for (row, &time) in times.iter().enumerate() {
        let text = cells.cell(row, duration);
        let seconds = seconds(text).ok_or_else(|| {
            let line = cells.rows.get(row).map(|(line, _)| *line);
            BenchError::content(
                path,
                line,
                format!("`{text}` is not a duration: expected one such as 5m or 30s"),
            )
        })?;
        let word = |column| cells.cell(row, column).to_owned();
        faults.push(Fault { time: Time(time), seconds, kind: word(kind), target: word(target) });
    }
    Ok(faults)
}

/// `5m`, `30s` or `1h` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3600.0,
        _ => return None,
    };
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(number * factor)
}

fn parse_time(cell: &str) -> Option<i64> {
    NaiveDateTime::parse_from_str(cell, "%d/%m/%Y %H:%M:%S").ok()?.and_utc().timestamp_nanos_opt()
}

/// The pod or node a file is about: `metric-pod-<pod>.csv`, `metric-node-<ip>:<port>.csv`.
fn entity_of(file: &str) -> Option<String> {
    let stem = file.strip_suffix(".csv")?;
    if let Some(pod) = stem.strip_prefix("metric-pod-") {
        return Some(pod.to_owned());
    }
    let address = stem.strip_prefix("metric-node-")?;
    let host = address.split_once(':').map_or(address, |(host, _)| host);
    Some(format!("node-{host}"))
}

fn read_recording(folder: &Path) -> Result<MetricFrame, BenchError> {
    let mut join = Join::default();
    for path in entries(folder)? {
        let Some(entity) = entity_of(&name(&path)) else { continue };
        let cells = Cells::read(&path, 1)?;
        let column = cells.column(&["timestamp"])?;
        let times = cells.times(column, "a date such as 16/8/2023 06:10:09, day first", parse_time)?;
        for (column, measure) in cells.header().iter().enumerate() {
            if !matches!(measure.as_str(), "_id" | "timestamp" | "container_last_seen") {
                join.add(describe(&entity, measure), &times, cells.numbers(column)?);
            }
        }
    }
    if join.series.is_empty() {
        return Err(BenchError::layout(
            folder,
            NAME,
            "metric-pod-<pod>.csv files beside container-chaos-info.csv",
        ));
    }
    join.build(Clock::Utc, folder)
}

/// What a column measures. What is named like a counter was published as its rate.
fn describe(entity: &str, measure: &str) -> Metric {
    let mut metric = Metric::infer(format!("{entity}_{measure}")).with_parts(entity, measure);
    if metric.kind == MetricKind::Counter {
        metric.kind = MetricKind::Rate;
        metric.unit = None;
    }
    metric
}
