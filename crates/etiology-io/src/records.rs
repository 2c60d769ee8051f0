//! The two small tables beside the metrics: `topology.csv` (who calls or feeds whom) and `events.csv` (what else
//! happened). Columns are found by name, in any order and case.

use std::io::{self, Write};
use std::path::Path;

use etiology_frame::{Clock, Event, EventLog, LinkKind, Time, Topology};

use crate::csv::{Record, records};
use crate::error::{IoError, name_list};
use crate::table::read_bytes;
use crate::time_column;
use crate::write::write_field;

/// Reads a topology: columns `source`, `target` and optionally `kind` (`calls`, the default, or `feeds`). A row without
/// a target names an entity without links.
///
/// # Errors
/// When a column is missing, a kind is not known, or the text itself is faulty.
pub fn read_topology(path: &Path) -> Result<Topology, IoError> {
    let bytes = read_bytes(path)?;
    let sheet = Sheet::read(&bytes, path, &["source", "target"])?;
    let mut topology = Topology::new();
    for record in &sheet.records {
        let kind = match sheet.get(record, "kind").to_ascii_lowercase().as_str() {
            "" | "calls" => LinkKind::Calls,
            "feeds" => LinkKind::Feeds,
            other => {
                return Err(sheet.fault(
                    record,
                    format!("`{other}` is no kind of link"),
                    "use calls or feeds",
                ));
            }
        };
        match (sheet.get(record, "source"), sheet.get(record, "target")) {
            ("", _) => {
                return Err(sheet.fault(
                    record,
                    "the source is empty".to_owned(),
                    "name it or remove the line",
                ));
            }
            (source, "") => {
                topology.add_node(source);
            }
            (source, target) => topology.add_link(source, target, kind),
        }
    }
    Ok(topology)
}

/// Reads events: columns `time`, `entity`, `kind`, `message`, of which only `time` and `kind` are needed. Times are read
/// as those of metrics are, on the clock of the frame they belong to.
///
/// # Errors
/// When a column is missing, a time cannot be read, or the text itself is faulty.
pub fn read_events(path: &Path, clock: Clock) -> Result<EventLog, IoError> {
    read_events_warned(path, clock).map(|(events, _)| events)
}

pub(crate) fn read_events_warned(path: &Path, clock: Clock) -> Result<(EventLog, Vec<String>), IoError> {
    let bytes = read_bytes(path)?;
    let sheet = Sheet::read(&bytes, path, &["time", "kind"])?;
    let cells: Vec<&[u8]> = sheet.records.iter().map(|record| sheet.get(record, "time").as_bytes()).collect();
    let times = time_column::from_text("time", &cells, None, Some(clock)).map_err(|fault| IoError::Time {
        file: sheet.file.clone(),
        place: format!("line {}", sheet.records.get(fault.row).map_or(0, |record| record.line)),
        column: "time".to_owned(),
        what: fault.what,
        remedy: fault.remedy,
    })?;
    let events = sheet.records.iter().zip(times.ticks).map(|(record, tick)| Event {
        time: Time(tick),
        entity: Some(sheet.get(record, "entity")).filter(|entity| !entity.is_empty()).map(str::to_owned),
        kind: sheet.get(record, "kind").to_owned(),
        message: sheet.get(record, "message").to_owned(),
    });
    Ok((EventLog::new(events.collect()), times.warnings))
}

pub(crate) fn write_topology(topology: &Topology, out: &mut impl Write) -> io::Result<()> {
    let name = |index: usize| topology.nodes().get(index).map(String::as_str).unwrap_or_default();
    writeln!(out, "source,target,kind")?;
    // Nodes come first, so that they keep their order and those without links are not lost.
    for node in topology.nodes() {
        write_row(&[node, "", ""], out)?;
    }
    for link in topology.links() {
        let kind = match link.kind {
            LinkKind::Calls => "calls",
            LinkKind::Feeds => "feeds",
        };
        write_row(&[name(link.source), name(link.target), kind], out)?;
    }
    Ok(())
}

pub(crate) fn write_events(events: &EventLog, clock: Clock, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "time,entity,kind,message")?;
    for event in events.events() {
        let entity = event.entity.as_deref().unwrap_or_default();
        write_row(&[&clock.format(event.time), entity, &event.kind, &event.message], out)?;
    }
    Ok(())
}

fn write_row(fields: &[&str], out: &mut impl Write) -> io::Result<()> {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        if !field.is_empty() {
            write_field(field, b',', out)?;
        }
    }
    out.write_all(b"\n")
}

/// A small table whose columns are found by name.
struct Sheet<'a> {
    file: String,
    header: Vec<String>,
    records: Vec<Record<'a>>,
}

impl<'a> Sheet<'a> {
    fn read(bytes: &'a [u8], path: &Path, needed: &[&str]) -> Result<Self, IoError> {
        let file = path.display().to_string();
        let mut records = records(bytes, &file)?;
        if records.is_empty() {
            return Err(IoError::Empty { file, what: "the file is empty" });
        }
        let header: Vec<String> =
            records.remove(0).fields.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        if let Some(missing) = needed.iter().find(|name| !header.iter().any(|column| column == *name)) {
            return Err(IoError::Content {
                file,
                place: "line 1".to_owned(),
                what: format!(
                    "no column `{missing}`, found {}",
                    name_list(header.iter().map(String::as_str))
                ),
                remedy: format!("begin with a header that has {}", needed.join(",")),
            });
        }
        Ok(Self { file, header, records })
    }

    fn get<'r>(&self, record: &'r Record<'a>, column: &str) -> &'r str {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| record.fields.get(at)).map(AsRef::as_ref).unwrap_or_default()
    }

    fn fault(&self, record: &Record<'a>, what: String, remedy: &str) -> IoError {
        let place = format!("line {}", record.line);
        IoError::Content { file: self.file.clone(), place, what, remedy: remedy.to_owned() }
    }
}
