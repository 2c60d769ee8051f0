//! Reads the small incident that `benches/peers/known_answers.py` computed answers for, and those answers.

use std::path::Path;

use etiology_frame::{Clock, FrameBuilder, Incident, Metric, Topology};
use serde_json::Value;

fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// The metrics of `metrics.csv`, described by their names, with topology and symptom.
pub(crate) fn incident() -> Incident {
    let table = text("small/metrics.csv");
    let mut rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = rows.next().unwrap();
    let rows: Vec<_> = rows.collect();
    let ticks = rows.iter().map(|row| Clock::Utc.parse(row[0]).unwrap().0).collect();
    let builder = (1..names.len()).fold(FrameBuilder::new(Clock::Utc, ticks), |builder, column| {
        builder.column(Metric::infer(names[column]), rows.iter().map(|row| row[column].parse().ok()))
    });
    let mut incident = Incident::new("small", builder.build().unwrap().0);
    incident.symptoms = vec!["front-end_latency".to_owned()];
    let calls = text("small/topology.csv");
    incident.topology = Topology::from_calls(calls.lines().skip(1).filter_map(|line| line.split_once(',')));
    incident
}

/// When it began.
pub(crate) fn onset() -> etiology_frame::Time {
    Clock::Utc.parse("2022-08-22T03:51:00Z").unwrap()
}

/// The answers by method.
pub(crate) fn answers() -> Value {
    let mut answers: Value = serde_json::from_str(&text("answers.json")).unwrap();
    answers["answers"].take()
}
