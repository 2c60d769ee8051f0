//! Writes incident folders, whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use etiology_frame::{Clock, Incident, MetricFrame, Truth};
use serde_json::Value;

use super::manifest::Fields;
use super::{MANIFEST, is_as_named};
use crate::error::IoError;
use crate::records::{write_events, write_topology};
use crate::write::{write_atomically, write_table};

/// How the tables of an incident folder are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableFormat {
    /// Parquet, which keeps everything (the default).
    #[default]
    Parquet,
    /// CSV, for people and version control: times, names and values are exact, layers go into `incident.json`, and
    /// entity, kind and unit are what the names say.
    Csv,
}

/// Writes an incident folder with its tables as Parquet. The folder must be new or empty.
///
/// # Errors
/// When the folder holds something or the system refuses.
pub fn write_incident(incident: &Incident, truth: Option<&Truth>, dir: &Path) -> Result<(), IoError> {
    write_incident_as(incident, truth, dir, TableFormat::Parquet)
}

/// [`write_incident`] with a choice of format.
///
/// # Errors
/// As [`write_incident`].
pub fn write_incident_as(
    incident: &Incident,
    truth: Option<&Truth>,
    dir: &Path,
    format: TableFormat,
) -> Result<(), IoError> {
    let wrong = |error| IoError::system(dir, "write", error);
    let exists = dir.exists();
    if exists && fs::read_dir(dir).map_err(wrong)?.next().is_some() {
        return Err(IoError::Content {
            file: dir.display().to_string(),
            place: "incident folder".to_owned(),
            what: "is not empty".to_owned(),
            remedy: "choose another folder or remove it first".to_owned(),
        });
    }
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(wrong)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    let draft = builder.prefix(".incident-").tempdir_in(parent).map_err(wrong)?;
    write_files(incident, truth, draft.path(), format)?;
    if exists {
        fs::remove_dir(dir).map_err(wrong)?;
    }
    fs::rename(draft.path(), dir).map_err(wrong)?;
    // Renamed away: there is nothing left to clean up.
    let _ = draft.keep();
    Ok(())
}

fn write_files(
    incident: &Incident,
    truth: Option<&Truth>,
    dir: &Path,
    format: TableFormat,
) -> Result<(), IoError> {
    let ending = match format {
        TableFormat::Parquet => "parquet",
        TableFormat::Csv => "csv",
    };
    write_table(&incident.frame, &dir.join(format!("metrics.{ending}")))?;
    if let Some(reference) = &incident.reference {
        write_table(reference, &dir.join(format!("reference.{ending}")))?;
    }
    let clock = incident.frame.clock();
    if !incident.topology.is_empty() {
        write_atomically(&dir.join("topology.csv"), |out| write_topology(&incident.topology, out))?;
    }
    if !incident.events.events().is_empty() {
        write_atomically(&dir.join("events.csv"), |out| write_events(&incident.events, clock, out))?;
    }
    let fields = fields(incident, truth, format)
        .map_err(|error| IoError::system(&dir.join(MANIFEST), "write", io::Error::other(error)))?;
    write_atomically(&dir.join(MANIFEST), |out| {
        serde_json::to_writer_pretty(&mut *out, &fields).map_err(io::Error::other)?;
        out.write_all(b"\n")
    })
}

fn fields(
    incident: &Incident,
    truth: Option<&Truth>,
    format: TableFormat,
) -> Result<Fields, serde_json::Error> {
    let clock = incident.frame.clock();
    let mut fields = Fields::new(&incident.id);
    if let Some(onset) = incident.onset {
        fields.onset = Some(match clock {
            Clock::Utc => Value::from(clock.format(onset.time)),
            Clock::Step => Value::from(onset.time.0),
        });
        fields.onset_uncertainty_s = onset.uncertainty.map(|span| clock.seconds(span));
    }
    if !incident.symptoms.is_empty() {
        fields.symptom = Some(Value::from(incident.symptoms.clone()));
    }
    if format == TableFormat::Csv {
        let frames = std::iter::once(&incident.frame).chain(&incident.reference);
        fields.layers = frames
            .flat_map(MetricFrame::metrics)
            .filter(|metric| !is_as_named(metric))
            .filter_map(|metric| Some((metric.name.clone(), metric.layer?)))
            .collect();
    }
    fields.truth = truth.map(serde_json::to_value).transpose()?;
    Ok(fields)
}
