//! Reads a table of any format into a frame, with what was left out and what was put right.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use arrow_array::{Array, Float64Array};
use etiology_frame::{FrameBuilder, Metric, MetricFrame, Omission, Reason};
use rayon::prelude::*;

use crate::csv::{Said, read_csv};
use crate::error::IoError;
use crate::format::{Format, format_of};
use crate::time_column::Times;
use crate::{ReadOptions, arrow, parquet};

/// A table that was read.
#[derive(Debug, Clone)]
pub struct Table {
    /// The metrics.
    pub frame: MetricFrame,
    /// Columns that are not metrics, and why.
    pub left_out: Vec<Omission>,
    /// What was put right or assumed: sorted or merged rows, cells that are no numbers, times without zone.
    pub warnings: Vec<String>,
}

/// Reads a table: the format follows from the extension, or from the content when the extension is not known.
///
/// # Errors
/// Every [`IoError`] about tables; each names the file, the place and the remedy.
pub fn read_table(path: &Path, options: &ReadOptions) -> Result<Table, IoError> {
    let origin = path.display().to_string();
    match format_of(path)? {
        Format::Text => read_csv(&read_large(path)?, &origin, options),
        Format::GzippedText => read_csv(&read_gzip(path)?, &origin, options),
        Format::Parquet => arrow::from_batch(&parquet::read(path)?, &origin, options),
        Format::Ipc => arrow::from_batch(&arrow::read(path)?, &origin, options),
    }
}

/// The bytes of a small or text file.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, IoError> {
    let wrong = |error| IoError::system(path, "read", error);
    let mut file = File::open(path).map_err(wrong)?;
    let length = file.metadata().map_err(wrong)?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    file.read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

/// The bytes of a file of any size. Large files are read in parts side by side, each through a handle of its own:
/// copying out of the page cache costs a good part of what parsing does.
pub(crate) fn read_large(path: &Path) -> Result<Vec<u8>, IoError> {
    const PART: usize = 1 << 23;
    let wrong = |error| IoError::system(path, "read", error);
    let metadata = std::fs::metadata(path).map_err(wrong)?;
    let length = usize::try_from(metadata.len()).unwrap_or(0);
    if !metadata.is_file() || length <= PART {
        return read_bytes(path);
    }
    let mut bytes = vec![0; length];
    let read = |(part, buffer): (usize, &mut [u8])| {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start((part * PART) as u64))?;
        file.read_exact(buffer)
    };
    let parts: Vec<std::io::Result<()>> = bytes.par_chunks_mut(PART).enumerate().map(read).collect();
    parts.into_iter().collect::<Result<(), _>>().map_err(wrong)?;
    Ok(bytes)
}

pub(crate) fn read_gzip(path: &Path) -> Result<Vec<u8>, IoError> {
    let packed = read_bytes(path)?;
    let mut bytes = Vec::with_capacity(packed.len().saturating_mul(3));
    flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).map_err(|error| {
        let what = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "the gzip data is truncated",
            _ => "the gzip data is corrupt",
        };
        IoError::Damaged { file: path.display().to_string(), what, why: error.to_string() }
    })?;
    Ok(bytes)
}

/// A frame in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) origin: String,
    columns: Vec<(Metric, Float64Array)>,
    pub(crate) left_out: Vec<Omission>,
    pub(crate) warnings: Vec<String>,
}

impl Draft {
    pub(crate) fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), columns: Vec::new(), left_out: Vec::new(), warnings: Vec::new() }
    }

    pub(crate) fn column(&mut self, metric: Metric, values: Float64Array) {
        self.columns.push((metric, values));
    }

    pub(crate) fn leave_out(&mut self, name: &str, why: Reason) {
        self.left_out.push(Omission::new(name, why));
    }

    /// A column with text among its numbers: left out when most of it is text, else kept with that text as null.
    pub(crate) fn doubtful(&mut self, metric: Metric, values: Float64Array, junk: &Said) {
        let numbers = values.len() - values.null_count();
        if junk.count >= numbers {
            self.leave_out(&metric.name, Reason::NotNumeric { example: junk.example.clone() });
            return;
        }
        self.warnings.push(format!(
            "column `{}`: {} of {} cells are not numbers and count as missing, first in {}: `{}`",
            metric.name,
            junk.count,
            values.len(),
            junk.place,
            junk.example
        ));
        self.column(metric, values);
    }

    /// The same for the one column of values of a long table, which cannot be left out.
    pub(crate) fn doubtful_values(&mut self, values: &Float64Array, junk: &Said) -> Result<(), IoError> {
        if values.null_count() == values.len() {
            return Err(IoError::Shape {
                file: self.origin.clone(),
                what: format!(
                    "column `value` holds no number, for example `{}` in {}",
                    junk.example, junk.place
                ),
                remedy: "put the numbers there, or read it as a wide table".to_owned(),
            });
        }
        self.warnings.push(format!(
            "column `value`: {} of {} cells are not numbers and count as missing, first in {}: `{}`",
            junk.count,
            values.len(),
            junk.place,
            junk.example
        ));
        Ok(())
    }

    pub(crate) fn finish(mut self, times: Times, options: &ReadOptions) -> Result<Table, IoError> {
        if self.columns.is_empty() {
            let left: Vec<String> =
                self.left_out.iter().take(3).map(|o| format!("`{}` is {}", o.metric, o.why)).collect();
            let why = if left.is_empty() { String::new() } else { format!(": {}", left.join("; ")) };
            return Err(IoError::Shape {
                file: self.origin,
                what: format!("no column holds metrics{why}"),
                remedy: "give a time column and at least one column of numbers".to_owned(),
            });
        }
        self.warnings.extend(times.warnings);
        let builder = FrameBuilder::new(times.clock, times.ticks).duplicates(options.duplicates);
        let builder =
            self.columns.into_iter().fold(builder, |builder, (metric, values)| builder.array(metric, values));
        let (frame, repairs) = builder.build().map_err(|error| IoError::frame(&self.origin, error))?;
        self.warnings.extend(repairs.iter().map(ToString::to_string));
        Ok(Table { frame, left_out: self.left_out, warnings: self.warnings })
    }
}
