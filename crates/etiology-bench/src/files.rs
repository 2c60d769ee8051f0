//! Reading of files and folders with errors that say where: the part that all loaders share.
//!
//! The suites have header conventions of their own (three header rows, quoted day-first times, a date with a monotonic
//! clock behind it), so this is a reader of cells; what a column means is each loader's business.

use std::fs;
use std::path::{Path, PathBuf};

use etiology_frame::{Clock, FrameBuilder, Metric, MetricFrame};
use serde::de::DeserializeOwned;

use crate::BenchError;

/// The cells of a CSV file, rows of equal length.
#[derive(Debug)]
pub(crate) struct Cells {
    pub(crate) path: PathBuf,
    /// The header rows.
    pub(crate) headers: Vec<Vec<String>>,
    /// The rows below, each with its line number in the file.
    pub(crate) rows: Vec<(u64, Vec<String>)>,
}

impl Cells {
    /// Reads `path`, whose first `headers` rows are headers.
    pub(crate) fn read(path: &Path, headers: usize) -> Result<Self, BenchError> {
        let bytes = fs::read(path).map_err(|error| BenchError::io(path, error))?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut cells = Self { path: path.to_owned(), headers: Vec::new(), rows: Vec::new() };
        for record in reader.records() {
            let record = record.map_err(|error| {
                let line = error.position().map(csv::Position::line);
                BenchError::content(path, line, format!("not CSV: {error}"))
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let row: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            let width = cells.headers.first().map_or(row.len(), Vec::len);
            if row.len() != width {
                let message = format!("{} cells where the header has {width}", row.len());
                return Err(BenchError::content(path, Some(line), message));
            }
            if cells.headers.len() < headers { cells.headers.push(row) } else { cells.rows.push((line, row)) }
        }
        if cells.headers.len() < headers {
            let message = format!("{} header rows where there must be {headers}", cells.headers.len());
            return Err(BenchError::content(path, None, message));
        }
        Ok(cells)
    }

    /// The names in the first header row.
    pub(crate) fn header(&self) -> &[String] {
        self.headers.first().map_or(&[], Vec::as_slice)
    }

    /// The position of a column, by one of its names.
    pub(crate) fn column(&self, names: &[&str]) -> Result<usize, BenchError> {
        let found =
            self.header().iter().position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)));
        found.ok_or_else(|| {
            let message =
                format!("no column `{}`; the header has {}", names.join("` or `"), self.header().join(", "));
            BenchError::content(&self.path, Some(1), message)
        })
    }

    /// Times from one column, read by `parse` into ticks.
    pub(crate) fn times(
        &self,
        column: usize,
        expected: &str,
        parse: impl Fn(&str) -> Option<i64>,
    ) -> Result<Vec<i64>, BenchError> {
        self.rows
            .iter()
            .map(|(line, row)| {
                let cell = row.get(column).map_or("", String::as_str);
                parse(cell).ok_or_else(|| {
                    let message = format!("`{cell}` is not a time: expected {expected}");
                    BenchError::content(&self.path, Some(*line), message)
                })
            })
            .collect()
    }

    /// The values of one column; an empty cell or a NaN is null.
    pub(crate) fn numbers(&self, column: usize) -> Result<Vec<Option<f64>>, BenchError> {
        self.rows
            .iter()
            .map(|(line, row)| {
                let cell = row.get(column).map_or("", String::as_str);
                number(cell).ok_or_else(|| {
                    let name = self.header().get(column).map_or("", String::as_str);
                    let message = format!("column `{name}`: `{cell}` is not a number");
                    BenchError::content(&self.path, Some(*line), message)
                })
            })
            .collect()
    }

    /// Cell `column` of `row`.
    pub(crate) fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|(_, cells)| cells.get(column)).map_or("", String::as_str)
    }
}

/// A number, or no value; `None` when the cell is neither.
#[allow(clippy::option_option)] // "not a number" and "no value" are two different answers
pub(crate) fn number(cell: &str) -> Option<Option<f64>> {
    if cell.is_empty() || ["null", "none", "na", "n/a"].iter().any(|word| cell.eq_ignore_ascii_case(word)) {
        return Some(None);
    }
    cell.parse::<f64>().ok().map(|value| Some(value).filter(|value| !value.is_nan()))
}

/// A plain table as a frame: one time column, every other column as `describe` says, or left out where it says nothing.
pub(crate) fn frame(
    cells: &Cells,
    clock: Clock,
    times: Vec<i64>,
    mut describe: impl FnMut(usize, &str) -> Option<Metric>,
) -> Result<MetricFrame, BenchError> {
    let mut builder = FrameBuilder::new(clock, times);
    for (index, name) in cells.header().iter().enumerate() {
        if let Some(metric) = describe(index, name) {
            builder = builder.column(metric, cells.numbers(index)?);
        }
    }
    builder.build().map(|(frame, _)| frame).map_err(|error| BenchError::frame(&cells.path, error))
}

/// Reads a JSON document.
pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, BenchError> {
    let bytes = fs::read(path).map_err(|error| BenchError::io(path, error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| BenchError::content(path, u64::try_from(error.line()).ok(), error.to_string()))
}

/// The entries of a folder in natural order (`issue_2` before `issue_10`), hidden ones left out.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| BenchError::io(folder, error))? {
        let path = entry.map_err(|error| BenchError::io(folder, error))?.path();
        if !name(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort_by_cached_key(|path| natural(&name(path)));
    Ok(paths)
}

/// The folders among the entries of a folder.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>, BenchError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A key under which runs of digits sort as numbers.
fn natural(text: &str) -> Vec<(String, u128)> {
    let mut key = vec![(String::new(), 0_u128)];
    let mut in_digits = false;
    for c in text.chars() {
        if in_digits && !c.is_ascii_digit() {
            key.push((String::new(), 0));
        }
        in_digits = c.is_ascii_digit();
        if let Some((word, value)) = key.last_mut() {
            match c.to_digit(10) {
                Some(digit) => *value = value.saturating_mul(10).saturating_add(u128::from(digit)),
                None => word.push(c),
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_folders_sort_by_number() {
        let mut names = ["issue_10", "issue_2", "issue_1", "a", "issue_1b"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["a", "issue_1", "issue_1b", "issue_2", "issue_10"]);
    }

    #[test]
    fn an_empty_cell_and_nan_are_null_and_words_are_refused() {
        assert_eq!(number("1e3"), Some(Some(1000.0)));
        assert_eq!((number(""), number("NaN"), number("null")), (Some(None), Some(None), Some(None)));
        assert_eq!(number("12 ms"), None);
    }

    #[test]
    fn a_short_row_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, "a,b\n1,2\n3\n").unwrap();
        let message = Cells::read(&path, 1).unwrap_err().to_string();
        assert!(message.ends_with("t.csv, line 3: 1 cells where the header has 2"), "{message}");
    }
}
