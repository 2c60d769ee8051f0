//! From the shared input options to an incident: read, aligned, without what was excluded, with what was said on the way.

use std::path::Path;

use etiology::io::{self, Bundle, ReadOptions, Table};
use etiology::{Align, FrameError, Incident, MetricFrame, NameTable, Omission};

use crate::cli::{Input, Layout, Period};
use crate::failure::Failure;

/// What was read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The incident; of a plain table only its metrics are known.
    pub(crate) incident: Incident,
    /// Columns that did not become metrics.
    pub(crate) left_out: Vec<Omission>,
    /// What was put right or assumed.
    pub(crate) warnings: Vec<String>,
}

/// Reads a table or an incident folder as the options say.
pub(crate) fn read(input: &Input) -> Result<Reading, Failure> {
    let options = read_options(input)?;
    let Bundle { mut incident, truth: _, left_out, mut warnings } =
        io::read_incident(&input.path, &options).map_err(Failure::input)?;
    if let Some(path) = &input.reference {
        let Table { frame, warnings: said, .. } = io::read_table(path, &options).map_err(Failure::input)?;
        if frame.clock() != incident.frame.clock() {
            return Err(Failure::at(path, FrameError::Clock));
        }
        warnings.extend(said.iter().map(|warning| format!("reference: {warning}")));
        incident.reference = Some(frame);
    }
    check_excluded(input, &incident, &left_out)?;
    let prepare = |frame: &MetricFrame| -> Result<MetricFrame, Failure> {
        let frame = without(frame, &input.exclude).map_err(|error| Failure::at(&input.path, error))?;
        aligned(frame, input.align).map_err(|error| Failure::at(&input.path, error))
    };
    incident.frame = prepare(&incident.frame)?;
    incident.reference = incident.reference.as_ref().map(prepare).transpose()?;
    if incident.frame.width() == 0 {
        return Err(Failure::at(&input.path, "--exclude leaves no metric; exclude fewer"));
    }
    Ok(Reading { incident, left_out, warnings })
}

fn read_options(input: &Input) -> Result<ReadOptions, Failure> {
    let mut options = ReadOptions::new();
    if let Some(column) = &input.time {
        options = options.time(column.as_str());
    }
    if let Some(pattern) = &input.time_format {
        options = options.time_format(pattern.as_str());
    }
    if let Some(pattern) = &input.name_pattern {
        options = options.name_pattern(pattern.clone()).map_err(Failure::input)?;
    }
    if let Some(path) = &input.names {
        options = options.names(name_table(path)?);
    }
    if let Some(layout) = input.layout {
        options = options.layout(match layout {
            Layout::Wide => io::Layout::Wide,
            Layout::Long => io::Layout::Long,
        });
    }
    Ok(options)
}

/// The built-in table with the user's rows before it.
fn name_table(path: &Path) -> Result<NameTable, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::at(path, format!("cannot be read as a name table: {error}")))?;
    let mut table = NameTable::builtin().clone();
    table.extend(&text).map_err(|error| Failure::at(path, error))?;
    Ok(table)
}

/// A name that is nowhere is a typing error; a column that was left out anyway is not.
fn check_excluded(input: &Input, incident: &Incident, left_out: &[Omission]) -> Result<(), Failure> {
    let in_reference =
        |name: &str| incident.reference.as_ref().is_some_and(|frame| frame.index_of(name).is_some());
    for name in &input.exclude {
        if !in_reference(name) && !left_out.iter().any(|omission| omission.metric == *name) {
            incident.frame.require(name).map_err(|error| Failure::at(&input.path, error))?;
        }
    }
    Ok(())
}

fn without(frame: &MetricFrame, excluded: &[String]) -> Result<MetricFrame, FrameError> {
    let kept = frame.metrics().iter().enumerate().filter(|(_, metric)| !excluded.contains(&metric.name));
    frame.select(&kept.map(|(index, _)| index).collect::<Vec<_>>())
}

fn aligned(frame: MetricFrame, period: Option<Period>) -> Result<MetricFrame, FrameError> {
    match period {
        Some(Period(seconds)) => Align::to_period(frame.clock().span(seconds)).apply(&frame),
        None => Ok(frame),
    }
}
