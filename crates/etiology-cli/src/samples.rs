//! From the options of a table of samples to a data set: read, without what was excluded, screened.

use etiology::io::{self, Categories, ReadOptions};
use etiology::structure::Dataset;

use crate::cli::Samples;
use crate::failure::Failure;

/// Reads a table of samples, or the metrics of an incident folder, and screens its columns. The second result is what was
/// put right or assumed.
pub(crate) fn read(table: &Samples) -> Result<(Dataset, Vec<String>), Failure> {
    let (dataset, warnings) = read_unscreened(table)?;
    Ok((dataset.screened().map_err(|error| Failure::at(&table.path, error))?, warnings))
}

/// The same with every column kept, constant ones too.
pub(crate) fn read_unscreened(table: &Samples) -> Result<(Dataset, Vec<String>), Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::at(&table.path, error);
    let (dataset, mut warnings) = if table.path.is_dir() {
        let bundle = io::read_incident(&table.path, &ReadOptions::new()).map_err(Failure::input)?;
        (Dataset::from_batch(bundle.incident.frame.batch()).map_err(|e| at(&e))?, bundle.warnings)
    } else {
        let categories = if table.discrete { Categories::All } else { Categories::Text };
        let read = io::read_samples(&table.path, categories).map_err(Failure::input)?;
        let dataset = Dataset::from_batch(&read.batch).map_err(|e| at(&e))?;
        (dataset.with_left_out(read.left_out), read.warnings)
    };
    let dataset = without(dataset, table)?;
    let dataset = if table.discrete {
        let (dataset, cut) = dataset.discretised(table.bins).map_err(|e| at(&e))?;
        if !cut.is_empty() {
            warnings.push(format!("cut into {} intervals of equal frequency: {}", table.bins, names(&cut)));
        }
        dataset
    } else {
        dataset
    };
    Ok((dataset, warnings))
}

fn without(dataset: Dataset, table: &Samples) -> Result<Dataset, Failure> {
    let nodes = dataset.nodes();
    if let Some(unknown) = table.exclude.iter().find(|name| nodes.index_of(name).is_none()) {
        return Err(Failure::at(&table.path, format!("--exclude {unknown}: there is no such column")));
    }
    let kept: Vec<usize> =
        (0..nodes.len()).filter(|&v| !table.exclude.iter().any(|name| name == nodes.name(v))).collect();
    if kept.is_empty() {
        return Err(Failure::at(&table.path, "--exclude leaves no column; exclude fewer"));
    }
    dataset.select(&kept).map_err(|error| Failure::at(&table.path, error))
}

/// The first few names, ready to print.
pub(crate) fn names(all: &[String]) -> String {
    const MOST: usize = 8;
    let shown: Vec<String> = all.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = all.len().saturating_sub(MOST);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &tail
}
