//! Incident folders: `incident.json` beside `metrics.*` and, when known, `reference.*`, `topology.csv`, `events.csv`.
//!
//! The truth about an incident is in the same `incident.json`, for scoring. Reading an incident never depends on it:
//! a truth that cannot be read leaves [`Bundle::truth`] empty and is an error only in [`read_truth`].

mod manifest;
mod write;

use std::path::{Path, PathBuf};

use etiology_frame::{Incident, Metric, MetricFrame, Omission, Onset, Truth};

pub use write::{TableFormat, write_incident, write_incident_as};

use crate::ReadOptions;
use crate::error::IoError;
use crate::records::{read_events_warned, read_topology};
use crate::table::{Table, read_table};
use manifest::Manifest;

pub(crate) const MANIFEST: &str = "incident.json";
const TABLE_ENDINGS: [&str; 8] = ["parquet", "csv", "csv.gz", "tsv", "tsv.gz", "arrow", "feather", "ipc"];

/// An incident that was read, with what is known about it for scoring and what happened on the way.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The incident, without its truth.
    pub incident: Incident,
    /// The true causes, when the folder states them in a form that can be read.
    pub truth: Option<Truth>,
    /// Columns that are not metrics, and why.
    pub left_out: Vec<Omission>,
    /// What was put right or assumed.
    pub warnings: Vec<String>,
}

/// Reads an incident folder (or its `incident.json`), or a plain table as an incident of which only the metrics are known.
///
/// # Errors
/// Everything [`read_table`] says, and what is wrong with the other files of the folder.
pub fn read_incident(path: &Path, options: &ReadOptions) -> Result<Bundle, IoError> {
    let Some(folder) = folder_of(path)? else {
        let Table { frame, left_out, warnings } = read_table(path, options)?;
        let incident = Incident::new(stem(path), frame);
        return Ok(Bundle { incident, truth: None, left_out, warnings });
    };
    let manifest = Manifest::read(&folder.join(MANIFEST))?;
    let metrics = find_table(&folder, "metrics")?.ok_or_else(|| IoError::Content {
        file: folder.display().to_string(),
        place: "incident folder".to_owned(),
        what: "no metrics table".to_owned(),
        remedy: "put the metrics beside incident.json as metrics.parquet or metrics.csv".to_owned(),
    })?;
    let Table { frame, mut left_out, mut warnings } = read_table(&metrics, options)?;
    let reference = read_reference(&folder, &frame, options)?;
    warnings.extend(manifest.warnings());
    let frames: Vec<&MetricFrame> =
        std::iter::once(&frame).chain(reference.iter().map(|table| &table.frame)).collect();
    warnings.extend(manifest.unknown_layers(&frames));
    warnings.extend(manifest.period_warning(&frame));
    let frame = manifest.with_layers(&frame)?;

    let mut incident = Incident::new(manifest.id().unwrap_or_else(|| stem(&folder)), frame);
    incident.symptoms = manifest.symptoms(&incident.frame)?;
    incident.onset =
        manifest.onset(incident.frame.clock())?.map(|(time, uncertainty)| Onset { time, uncertainty });
    if let Some(reference) = reference {
        incident.reference = Some(manifest.with_layers(&reference.frame)?);
        warnings.extend(reference.warnings.iter().map(|warning| format!("reference: {warning}")));
        let new = reference.left_out.into_iter().filter(|omission| !left_out.contains(omission));
        let new: Vec<Omission> = new.collect();
        left_out.extend(new);
    }
    let topology = folder.join("topology.csv");
    if topology.exists() {
        incident.topology = read_topology(&topology)?;
    }
    let events = folder.join("events.csv");
    if events.exists() {
        let (log, said) = read_events_warned(&events, incident.frame.clock())?;
        incident.events = log;
        warnings.extend(said.iter().map(|warning| format!("events: {warning}")));
    }
    Ok(Bundle { incident, truth: manifest.truth().ok().flatten(), left_out, warnings })
}

/// Reads only the true causes of an incident folder; a plain table has none.
///
/// # Errors
/// When `incident.json` or its `truth` cannot be read.
pub fn read_truth(dir: &Path) -> Result<Option<Truth>, IoError> {
    match folder_of(dir)? {
        None => Ok(None),
        Some(folder) => Manifest::read(&folder.join(MANIFEST))?.truth(),
    }
}

/// The incident folder that a path means, or `None` for a table.
fn folder_of(path: &Path) -> Result<Option<PathBuf>, IoError> {
    if path.is_dir() {
        if !path.join(MANIFEST).exists() {
            return Err(IoError::Content {
                file: path.display().to_string(),
                place: "incident folder".to_owned(),
                what: "no incident.json".to_owned(),
                remedy: "write one ({\"schema\": \"etiology.incident/1\"} is enough), or name a table"
                    .to_owned(),
            });
        }
        return Ok(Some(path.to_owned()));
    }
    let is_manifest = path.file_name().is_some_and(|name| name == MANIFEST);
    let parent = path.parent().unwrap_or(Path::new(""));
    let parent = if parent == Path::new("") { Path::new(".") } else { parent };
    Ok(is_manifest.then(|| parent.to_owned()))
}

fn find_table(folder: &Path, name: &str) -> Result<Option<PathBuf>, IoError> {
    let files = TABLE_ENDINGS.iter().map(|ending| folder.join(format!("{name}.{ending}")));
    let mut found = files.filter(|path| path.exists());
    match (found.next(), found.next()) {
        (Some(one), Some(other)) => Err(IoError::Content {
            file: folder.display().to_string(),
            place: "incident folder".to_owned(),
            what: format!("both {} and {} exist", file_name(&one), file_name(&other)),
            remedy: "keep one of them".to_owned(),
        }),
        (first, _) => Ok(first),
    }
}

fn read_reference(
    folder: &Path,
    frame: &MetricFrame,
    options: &ReadOptions,
) -> Result<Option<Table>, IoError> {
    let Some(path) = find_table(folder, "reference")? else { return Ok(None) };
    let table = read_table(&path, options)?;
    if frame.clock() == table.frame.clock() {
        return Ok(Some(table));
    }
    Err(IoError::frame(&path.display().to_string(), etiology_frame::FrameError::Clock))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A name for an incident that has none: the file's or folder's, without endings.
fn stem(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = file_name(&full);
    let cut = TABLE_ENDINGS.iter().find_map(|ending| name.strip_suffix(&format!(".{ending}")));
    cut.unwrap_or(&name).to_owned()
}

/// Whether a CSV file says this of the metric by its name alone.
fn is_as_named(metric: &Metric) -> bool {
    *metric == Metric::infer(metric.name.as_str())
}
