//! Incident folders of our own form: `incident.json` with a `truth`, beside the metrics.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use etiology_frame::Truth;
use etiology_io::{ReadOptions, read_incident, read_truth};

use super::onset;
use super::sock_shop::Numbering;
use crate::files::{folders, name};
use crate::suite::reported;
use crate::{BenchError, CaseSource, Cases, LabelledIncident, LoadOptions, Suite, SuiteCard};

const NAME: &str = "incidents";
const MANIFEST: &str = "incident.json";

/// The suite. See its card for the protocol.
#[derive(Debug)]
pub(crate) struct Incidents;

impl Suite for Incidents {
    fn card(&self) -> SuiteCard {
        SuiteCard {
            name: NAME,
            summary: "any folder of incident folders whose incident.json states the truth",
            layout: "<incident>/{incident.json,metrics.*}, one or two levels down",
            source: "datasets/ of this project, or your own",
            licence: "that of the incidents",
            cites: "the incident folder format of this project",
            protocol: "each incident as its folder says; groups: the mechanism of its first true cause, or `unnamed`; an \
                       empty list of true causes is a stretch without a fault; a folder without `truth` is left out and \
                       said; a folder named train or test is a split",
        }
    }

    fn load(&self, folder: &Path, options: &LoadOptions) -> Result<Cases, BenchError> {
        let mut cases = Cases::loaded_with(options);
        let mut numbering = Numbering::default();
        for (split, path) in incident_folders(folder)? {
            let prefix = split.as_ref().map(|split| format!("{split}/")).unwrap_or_default();
            let id = format!("{prefix}{}", name(&path));
            let Some(truth) = read_truth(&path)? else {
                cases.notes.push(format!("left out: {id} states no truth"));
                continue;
            };
            let source = case(id, numbering.next(NAME), path, &truth);
            let source = match split {
                Some(split) => source.in_split(split),
                None => source,
            };
            if truth.0.is_empty() { cases.normal.push(source) } else { cases.faults.push(source) }
        }
        if cases.faults.is_empty() && cases.normal.is_empty() {
            let expected = "folders that hold an incident.json with a `truth`";
            return Err(BenchError::layout(folder, NAME, expected));
        }
        Ok(cases)
    }
}

/// Incident folders below `folder`, those in a folder of folders with that folder's name as their split.
fn incident_folders(folder: &Path) -> Result<Vec<(Option<String>, PathBuf)>, BenchError> {
    let mut found = Vec::new();
    for entry in folders(folder)? {
        if entry.join(MANIFEST).is_file() {
            found.push((None, entry));
        } else {
            let inner = folders(&entry)?.into_iter().filter(|path| path.join(MANIFEST).is_file());
            found.extend(inner.map(|path| (Some(name(&entry)), path)));
        }
    }
    Ok(found)
}

fn case(id: String, incident_id: String, path: PathBuf, truth: &Truth) -> CaseSource {
    let mechanisms: BTreeSet<&str> = truth.0.iter().filter_map(|cause| cause.mechanism.as_deref()).collect();
    let group = mechanisms.first().map_or("unnamed", |mechanism| mechanism);
    let truth = truth.clone();
    CaseSource::new(id, vec![group.to_owned()], move |shift| {
        let mut incident = read_incident(&path, &ReadOptions::default())?.incident;
        // The folder's own name may say what went wrong.
        incident.id.clone_from(&incident_id);
        let clock = incident.frame.clock();
        incident.onset = incident.onset.and_then(|given| onset(reported(clock, given.time, shift)));
        Ok(LabelledIncident { incident, truth: truth.clone() })
    })
}
