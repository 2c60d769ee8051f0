//! `etiology demo`: the main job on the incident of `datasets/demo`, which is part of the binary.

use std::io;
use std::path::Path;

use etiology::io::{Bundle, ReadOptions, read_incident};

use super::diagnose::{answer, judge};
use crate::cli::{Demo, Global};
use crate::failure::Failure;
use crate::input::Reading;

const FILES: [(&str, &str); 4] = [
    ("incident.json", include_str!("../../../../datasets/demo/incident.json")),
    ("metrics.csv", include_str!("../../../../datasets/demo/metrics.csv")),
    ("topology.csv", include_str!("../../../../datasets/demo/topology.csv")),
    ("events.csv", include_str!("../../../../datasets/demo/events.csv")),
];

pub(crate) fn run(global: &Global, options: &Demo) -> Result<(), Failure> {
    let folder = unpack().map_err(|error| {
        let temporary = std::env::temp_dir();
        Failure::at(
            &temporary,
            format!("the demo cannot be unpacked there: {error}; set TMPDIR to another folder"),
        )
    })?;
    let reading = read(folder.path())?;
    let diagnosis = judge(global, &options.question, &reading).map_err(Failure::input)?;
    answer(&options.answer, &diagnosis, &reading.incident)
}

/// A folder of the demo's files, gone when dropped: the demo takes the same way in as any incident.
fn unpack() -> io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("etiology-demo-").tempdir()?;
    for (name, content) in FILES {
        std::fs::write(folder.path().join(name), content)?;
    }
    Ok(folder)
}

fn read(folder: &Path) -> Result<Reading, Failure> {
    let Bundle { incident, truth: _, left_out, warnings } = read_incident(folder, &ReadOptions::new())
        .map_err(|error| Failure::Bug(format!("the demo that ships inside cannot be read: {error}")))?;
    Ok(Reading { incident, left_out, warnings })
}
