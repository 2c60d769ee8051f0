//! `RCAEval`: RE1, RE2 and RE3 on Online Boutique, Sock Shop and Train Ticket, one-second metrics.

use std::fs;
use std::path::{Path, PathBuf};

use etiology_frame::{Clock, Incident, MetricFrame, Time};

use super::sock_shop::{Numbering, clean_as_published, describe, service_and_fault, symptoms, truth};
use super::{before_the_fault, onset, require_rows};
use crate::files::{Cells, folders, frame, name};
use crate::suite::reported;
use crate::{BenchError, CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard};

const NAME: &str = "rcaeval";
const TABLES: [&str; 2] = ["data.csv", "simple_metrics.csv"];

/// The suite. See its card for the protocol.
#[derive(Debug)]
pub(crate) struct RcaEval;

impl Suite for RcaEval {
    fn card(&self) -> SuiteCard {
        SuiteCard {
            name: NAME,
            summary: "RE1, RE2, RE3: three microservice systems, 1-second metrics, 735 resource, network and code faults",
            layout: "<service>_<fault>/<k>/{data.csv|simple_metrics.csv,inject_time.txt}, or a folder of such folders",
            source: "https://zenodo.org/records/14590730 (RE1, RE2, RE3)",
            licence: "as the records on Zenodo state",
            cites: "Pham, Zhang, Ha, Salim, Zhang: RCAEval - A Benchmark for Root Cause Analysis of Microservice Systems with Telemetry Data (WWW Companion 2025)",
            protocol: "normal: the last half of the length before the injection, anomalous: the first half from it on (20 \
                       minutes in all; 10 in the first paper), on the reported time; time.1, *_latency-50 and Sock Shop's \
                       *_lat_50 and *_lat_99 are left out, *_latency-90 is called *_latency, Train Ticket keeps ts-* only; \
                       an entity is a service with its database; symptom: the front end's latency, never the true \
                       service's; truth: the service, and its cpu, mem, latency, diskio or socket; no fault: the last \
                       quarter of the normal window",
        }
    }

    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError> {
        let half = options.length_minutes * 30.0;
        if !(half.is_finite() && half >= 1.0) {
            let message =
                format!("a length of {} minutes leaves no window; give at least 0.1", options.length_minutes);
            return Err(BenchError::Nothing { message });
        }
        let mut sets = vec![(String::new(), folder.to_owned())];
        sets.extend(folders(folder)?.into_iter().map(|set| (format!("{}/", name(&set)), set)));
        let mut cases = Cases::loaded_with(options);
        let mut numbering = Numbering::default();
        for (prefix, set) in sets {
            for kind in folders(&set)? {
                let kind_name = name(&kind);
                let Some((service, fault)) = service_and_fault(&kind_name, '_') else { continue };
                for case in folders(&kind)?.into_iter().filter(|case| case.join("inject_time.txt").is_file())
                {
                    let id = format!("{prefix}{kind_name}/{}", name(&case));
                    let reader = Reader {
                        folder: case,
                        id: numbering.next(NAME),
                        service: service.to_owned(),
                        fault: fault.to_owned(),
                        half,
                        published: options.published,
                    };
                    let (groups, quiet) = (vec![format!("{prefix}{fault}")], reader.clone());
                    cases.faults.push(CaseSource::new(&id, groups.clone(), move |shift| reader.read(shift)));
                    cases.normal.push(CaseSource::new(format!("{id} (no fault)"), groups, move |_| {
                        quiet.read(0.0).map(before_the_fault)
                    }));
                }
            }
        }
        if cases.faults.is_empty() {
            let expected = "<service>_<fault>/<k>/ with inject_time.txt and data.csv or simple_metrics.csv";
            return Err(BenchError::layout(folder, NAME, expected));
        }
        Ok(cases)
    }
}

#[derive(Debug, Clone)]
struct Reader {
    folder: PathBuf,
    id: String,
    service: String,
    fault: String,
    /// Seconds on either side of the onset.
    half: f64,
    published: bool,
}

impl Reader {
    fn read(&self, shift: f64) -> Result<LabelledIncident, BenchError> {
        let Some(table) = TABLES.map(|table| self.folder.join(table)).into_iter().find(|path| path.is_file())
        else {
            return Err(BenchError::layout(
                &self.folder,
                NAME,
                "data.csv or simple_metrics.csv beside inject_time.txt",
            ));
        };
        let injected = inject_time(&self.folder.join("inject_time.txt"))?;
        let mut data = read_table(&table)?;
        if self.published {
            data = clean_as_published(&data, &table)?;
        }
        let given = reported(Clock::Utc, injected, shift);
        // The published code counts rows, which are seconds; it takes them before and from the reported time.
        let (start, end) = (reported(Clock::Utc, given, -self.half), reported(Clock::Utc, given, self.half));
        let truth = truth(&self.service, &self.fault, &data);
        let mut incident = Incident::new(self.id.clone(), data.between(start, end));
        incident.symptoms = symptoms(&incident.frame);
        incident.onset = onset(given);
        require_rows(&incident, &table)?;
        Ok(LabelledIncident { incident, truth })
    }
}

fn inject_time(path: &Path) -> Result<Time, BenchError> {
    let text = fs::read_to_string(path).map_err(|error| BenchError::io(path, error))?;
    Clock::Utc.parse(text.trim()).map_err(|error| BenchError::content(path, Some(1), error.to_string()))
}

fn read_table(path: &Path) -> Result<MetricFrame, BenchError> {
    let mut cells = Cells::read(path, 1)?;
    let time = cells.column(&["time"])?;
    let times = cells
        .times(time, "an epoch time in seconds", |cell| Clock::Utc.parse(cell).ok().map(|time| time.0))?;
    let train_ticket = cells.header().iter().any(|name| name.starts_with("ts-"));
    let keep = |column: usize, name: &str| {
        let dropped =
            name == "time.1" || ["_latency-50", "_lat_50", "_lat_99"].iter().any(|end| name.ends_with(end));
        column != time && !dropped && (!train_ticket || name.starts_with("ts-"))
    };
    let kept: Vec<bool> =
        cells.header().iter().enumerate().map(|(column, name)| keep(column, name)).collect();
    if let Some(header) = cells.headers.first_mut() {
        for name in header.iter_mut() {
            if let Some(stem) = name.strip_suffix("_latency-90") {
                *name = format!("{stem}_latency");
            }
        }
    }
    frame(&cells, Clock::Utc, times, |column, name| {
        kept.get(column).copied().unwrap_or_default().then(|| describe(name))
    })
}
