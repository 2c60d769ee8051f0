//! Column rules that RCD's Sock Shop data and `RCAEval` share: `{service}_{measure}` names, the databases counted with
//! their services, and the cleaning of the published code.

use std::collections::BTreeMap;
use std::path::Path;

use etiology_frame::{FrameBuilder, Metric, MetricFrame, RootCause, Truth};

use crate::BenchError;

/// A metric named `{service}_{measure}`: the entity is the part before the first `_`, a database (`carts-db`) counted
/// with the service it belongs to, as the suites score it.
pub(super) fn describe(name: &str) -> Metric {
    match name.split_once('_') {
        Some((service, measure)) if !service.is_empty() && !measure.is_empty() => {
            Metric::infer(name).with_parts(service.replace("-db", ""), measure)
        }
        _ => Metric::infer(name),
    }
}

/// `payment-cpu` or `payment_cpu` as service and fault.
pub(super) fn service_and_fault(folder: &str, separator: char) -> Option<(&str, &str)> {
    folder.rsplit_once(separator).filter(|(service, fault)| !service.is_empty() && !fault.is_empty())
}

/// The measure that shows a fault at its source, in the published scoring; the first that the data has.
pub(super) fn truth(service: &str, fault: &str, frame: &MetricFrame) -> Truth {
    let measures: &[&str] = match fault {
        "cpu" => &["cpu"],
        "mem" => &["mem"],
        "delay" | "loss" => &["latency"],
        "disk" => &["diskio", "latency"],
        "socket" => &["socket"],
        _ => &[],
    };
    let names = measures.iter().map(|measure| format!("{service}_{measure}"));
    let metric = names.into_iter().find(|name| frame.index_of(name).is_some());
    Truth(vec![RootCause {
        entity: Some(service.to_owned()),
        metric,
        layer: None,
        mechanism: Some(fault.to_owned()),
    }])
}

/// The front end's metric that the suites take for the symptom, where there is one. The published code puts the true
/// service's own latency in its place when that exists, which gives the answer away; here it does not.
pub(super) fn symptoms(frame: &MetricFrame) -> Vec<String> {
    let known = [
        "front-end_latency",
        "frontend_latency",
        "ts-ui-dashboard_latency",
        "front-end_lat_90",
        "front-end_cpu",
    ];
    let found = known.iter().find(|name| frame.index_of(name).is_some());
    found.map(|name| (*name).to_owned()).into_iter().collect()
}

/// The cleaning of the published code: an infinite value is no value, the last value is carried forward, what is still
/// missing is 0, and memory is in megabytes.
pub(super) fn clean_as_published(frame: &MetricFrame, origin: &Path) -> Result<MetricFrame, BenchError> {
    let mut builder = FrameBuilder::new(frame.clock(), frame.ticks().to_vec());
    for column in frame.columns() {
        let scale = if column.name().ends_with("_mem") { 1e6 } else { 1.0 };
        let mut last = 0.0;
        let values: Vec<Option<f64>> = column
            .iter()
            .map(|value| {
                last = value.filter(|v| v.is_finite()).unwrap_or(last);
                Some(last / scale)
            })
            .collect();
        builder = builder.column(column.metric().clone(), values);
    }
    builder.build().map(|(frame, _)| frame).map_err(|error| BenchError::frame(origin, error))
}

/// Numbers the cases of each folder name, so that an incident's own name says nothing about its cause.
#[derive(Debug, Default)]
pub(super) struct Numbering(BTreeMap<&'static str, usize>);

impl Numbering {
    pub(super) fn next(&mut self, suite: &'static str) -> String {
        let number = self.0.entry(suite).or_default();
        *number += 1;
        format!("{suite}-{number}")
    }
}
