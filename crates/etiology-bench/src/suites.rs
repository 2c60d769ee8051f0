//! The suites, one a file, and what their loaders share: outer joins of many files, and no-fault stretches.

mod incidents;
mod nezha;
mod opennetai;
mod petshop;
mod rcaeval;
mod rcd;
mod sock_shop;

use std::collections::BTreeSet;
use std::path::Path;

use etiology_frame::{Clock, FrameBuilder, Incident, Metric, MetricFrame, Onset, Time, Topology, Truth};

use crate::{BenchError, CaseSource, LabelledIncident, Suite};

pub(crate) fn all() -> Vec<Box<dyn Suite>> {
    vec![
        Box::new(petshop::PetShop),
        Box::new(nezha::Nezha),
        Box::new(opennetai::OpenNetAi),
        Box::new(rcd::Rcd),
        Box::new(rcaeval::RcaEval),
        Box::new(incidents::Incidents),
    ]
}

/// Series from many files on one clock, joined on time: a row for every time that any of them has, null where a series
/// has none.
#[derive(Debug, Default)]
struct Join {
    ticks: BTreeSet<i64>,
    series: Vec<(Metric, Vec<Point>)>,
}

/// A time with its value.
type Point = (i64, Option<f64>);

impl Join {
    fn add(&mut self, metric: Metric, ticks: &[i64], values: Vec<Option<f64>>) {
        self.ticks.extend(ticks);
        self.series.push((metric, ticks.iter().copied().zip(values).collect()));
    }

    fn build(self, clock: Clock, origin: &Path) -> Result<MetricFrame, BenchError> {
        let ticks: Vec<i64> = self.ticks.into_iter().collect();
        let mut builder = FrameBuilder::new(clock, ticks.clone());
        for (metric, points) in self.series {
            let mut values = vec![None; ticks.len()];
            for (tick, value) in points {
                let slot = ticks.binary_search(&tick).ok().and_then(|row| values.get_mut(row));
                if let (Some(slot), Some(value)) = (slot, value) {
                    *slot = Some(value);
                }
            }
            builder = builder.column(metric, values);
        }
        builder.build().map(|(frame, _)| frame).map_err(|error| BenchError::frame(origin, error))
    }
}

/// The rows of `frame` whose time `keep` wants, copied.
fn rows_where(
    frame: &MetricFrame,
    origin: &Path,
    keep: impl Fn(Time) -> bool,
) -> Result<MetricFrame, BenchError> {
    let kept: Vec<bool> = frame.ticks().iter().map(|&tick| keep(Time(tick))).collect();
    fn pick<'a, T: 'a>(
        values: impl Iterator<Item = T> + 'a,
        kept: &'a [bool],
    ) -> impl Iterator<Item = T> + 'a {
        values.zip(kept).filter(|(_, keep)| **keep).map(|(value, _)| value)
    }
    let ticks = pick(frame.ticks().iter().copied(), &kept).collect();
    let mut builder = FrameBuilder::new(frame.clock(), ticks);
    for column in frame.columns() {
        builder = builder.column(column.metric().clone(), pick(column.iter(), &kept));
    }
    builder.build().map(|(frame, _)| frame).map_err(|error| BenchError::frame(origin, error))
}

/// The onset somebody reported.
fn onset(time: Time) -> Option<Onset> {
    Some(Onset { time, uncertainty: None })
}

/// Where a recording without a fault is cut to ask for a cause that is not there: at half its rows and every tenth after
/// it, which is what the `PetShop` authors' specificity does (6 cuts unless the rows divide by ten).
fn normal_cuts(rows: usize) -> Vec<usize> {
    let step = rows / 10;
    if step == 0 { Vec::new() } else { (rows / 2..rows).step_by(step).collect() }
}

/// A recording without a fault, cut at row `cut` as if a fault had been reported there.
fn quiet(
    id: String,
    groups: Vec<String>,
    recording: MetricFrame,
    cut: usize,
    symptoms: Vec<String>,
    topology: Topology,
) -> CaseSource {
    let name = format!("{id} (no fault)");
    CaseSource::new(name.clone(), groups, move |shift| {
        let mut incident = Incident::new(name.clone(), recording.clone());
        incident.onset = recording
            .time(cut)
            .and_then(|time| onset(crate::suite::reported(recording.clock(), time, shift)));
        incident.symptoms.clone_from(&symptoms);
        incident.topology = topology.clone();
        Ok(LabelledIncident { incident, truth: Truth::default() })
    })
}

/// The case without its fault: what was before the onset, its last quarter taken for the incident.
fn before_the_fault(labelled: LabelledIncident) -> LabelledIncident {
    let LabelledIncident { mut incident, .. } = labelled;
    if let Some(given) = incident.onset {
        incident.frame = incident.frame.before(given.time);
        let cut = incident.frame.rows() - incident.frame.rows() / 4;
        incident.onset = incident.frame.time(cut).and_then(onset);
    }
    LabelledIncident { incident, truth: Truth::default() }
}

/// Refuses a case without a row at or after its onset.
fn require_rows(incident: &Incident, origin: &Path) -> Result<(), BenchError> {
    let Some(given) = incident.onset else { return Ok(()) };
    if incident.frame.from_time(given.time).rows() > 0 {
        return Ok(());
    }
    let clock = incident.frame.clock();
    let end = incident.frame.extent().map_or_else(|| "nowhere".to_owned(), |(_, end)| clock.format(end));
    let message =
        format!("no row at or after the onset {}: the recording ends at {end}", clock.format(given.time));
    Err(BenchError::content(origin, None, message))
}

/// The workload a Kubernetes pod belongs to: its name without the two hashes a deployment adds.
fn workload(pod: &str) -> &str {
    let mut parts = pod.rsplitn(3, '-');
    let (last, hash) = (parts.next(), parts.next());
    match (last, hash, parts.next()) {
        (Some(_), Some(_), Some(workload)) if !workload.is_empty() => workload,
        _ => pod,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_petshop_reference_is_cut_where_its_authors_cut_it() {
        assert_eq!(normal_cuts(589), [294, 352, 410, 468, 526, 584]);
        assert_eq!(normal_cuts(9), Vec::<usize>::new());
    }

    #[test]
    fn a_pod_is_named_after_its_workload() {
        assert_eq!(workload("frontend-579b9bff58-t2dbm"), "frontend");
        assert_eq!(workload("catalogue-db-6b9ccff9c-68czd"), "catalogue-db");
        assert_eq!(workload("single"), "single");
        assert_eq!(workload("a-b"), "a-b");
    }
}
