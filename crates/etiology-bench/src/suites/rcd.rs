//! RCD's Sock Shop data: fifty CPU and memory faults, one-second metrics, normal and anomalous recorded apart.

use std::path::{Path, PathBuf};

use etiology_frame::{Clock, FrameBuilder, Incident, MetricFrame, Time};

use super::sock_shop::{Numbering, clean_as_published, describe, service_and_fault, symptoms, truth};
use super::{before_the_fault, onset, require_rows};
use crate::files::{Cells, folders, frame, name};
use crate::suite::reported;
use crate::{BenchError, CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard};

const NAME: &str = "rcd";

/// The suite. See its card for the protocol.
#[derive(Debug)]
pub(crate) struct Rcd;

impl Suite for Rcd {
    fn card(&self) -> SuiteCard {
        SuiteCard {
            name: NAME,
            summary: "Sock Shop, 1-second metrics, 50 CPU and memory faults: RCAEval's first Sock Shop set",
            layout: "sock-shop-data/<service>-<fault>/<k>/{normal,anomalous}.csv",
            source: "https://github.com/azamikram/rcd (folder sock-shop-data)",
            licence: "none stated; do not redistribute",
            cites: "Ikram, Chakraborty, Mitra, Saini, Bagchi, Kocaoglu: Root Cause Analysis of Failures in Microservices through Causal Discovery (NeurIPS 2022)",
            protocol: "the two recordings joined at the fault, time counted in seconds from it; *_lat_50 and *_lat_99 are \
                       left out, as in RCAEval; an entity is a service with its database; symptom: front-end_cpu, for \
                       want of a latency; truth: the service and its cpu or mem; no fault: the last quarter of each \
                       normal recording",
        }
    }

    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError> {
        let nested = folder.join("sock-shop-data");
        let root = if nested.is_dir() { nested } else { folder.to_owned() };
        let mut cases = Cases::loaded_with(options);
        let mut numbering = Numbering::default();
        for kind in folders(&root)? {
            let kind_name = name(&kind);
            let Some((service, fault)) = service_and_fault(&kind_name, '-') else { continue };
            for case in folders(&kind)? {
                if !case.join("normal.csv").is_file() && !case.join("anomalous.csv").is_file() {
                    continue;
                }
                let id = format!("{kind_name}/{}", name(&case));
                let load = loader(case, numbering.next(NAME), service, fault, options.published);
                let (groups, quiet) = (vec![fault.to_owned()], load.clone());
                cases.faults.push(CaseSource::new(&id, groups.clone(), load));
                cases.normal.push(CaseSource::new(format!("{id} (no fault)"), groups, move |_| {
                    quiet(0.0).map(before_the_fault)
                }));
            }
        }
        if cases.faults.is_empty() {
            return Err(BenchError::layout(
                folder,
                NAME,
                "<service>-<fault>/<k>/normal.csv and anomalous.csv",
            ));
        }
        Ok(cases)
    }
}

fn loader(
    folder: PathBuf,
    id: String,
    service: &str,
    fault: &str,
    published: bool,
) -> impl Fn(f64) -> Result<LabelledIncident, BenchError> + Clone + Send + Sync + 'static {
    let (service, fault) = (service.to_owned(), fault.to_owned());
    move |shift| {
        let normal = read(&folder.join("normal.csv"))?;
        let anomalous = read(&folder.join("anomalous.csv"))?;
        let mut joined = join(&normal, &anomalous, &folder)?;
        if published {
            joined = clean_as_published(&joined, &folder)?;
        }
        let truth = truth(&service, &fault, &joined);
        let mut incident = Incident::new(id.clone(), joined);
        incident.symptoms = symptoms(&incident.frame);
        incident.onset = onset(reported(Clock::Step, Time(0), shift));
        require_rows(&incident, &folder)?;
        Ok(LabelledIncident { incident, truth })
    }
}

fn read(path: &Path) -> Result<MetricFrame, BenchError> {
    let cells = Cells::read(path, 1)?;
    let time = cells.column(&["time"])?;
    let times = cells.times(time, "an epoch time in seconds", |cell| cell.parse().ok())?;
    frame(&cells, Clock::Step, times, |column, name| {
        let dropped = name.ends_with("_lat_50") || name.ends_with("_lat_99");
        (column != time && !dropped).then(|| describe(name))
    })
}

/// The recordings end to end: the normal one ends a second before 0, the anomalous one begins at 0.
fn join(normal: &MetricFrame, anomalous: &MetricFrame, origin: &Path) -> Result<MetricFrame, BenchError> {
    let (Some((_, last)), Some((first, _))) = (normal.extent(), anomalous.extent()) else {
        return Err(BenchError::content(origin, None, "normal.csv or anomalous.csv has no rows"));
    };
    let before = normal.ticks().iter().map(|tick| tick.saturating_sub(last.0) - 1);
    let after = anomalous.ticks().iter().map(|tick| tick.saturating_sub(first.0));
    let mut builder = FrameBuilder::new(Clock::Step, before.chain(after).collect());
    for column in anomalous.columns() {
        let earlier: Vec<Option<f64>> = match normal.column_named(column.name()) {
            Some(earlier) => earlier.iter().collect(),
            None => vec![None; normal.rows()],
        };
        builder = builder.column(column.metric().clone(), earlier.into_iter().chain(column.iter()));
    }
    builder.build().map(|(frame, _)| frame).map_err(|error| BenchError::frame(origin, error))
}
