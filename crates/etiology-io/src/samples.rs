//! Tables of samples: rows without a time column, columns of numbers or of categories. What structure learners and
//! Bayesian networks are fed with.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::UInt32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray, UInt32Array,
};
use arrow_schema::{Field, Schema};
use etiology_frame::{Omission, Reason};

use crate::csv::{Said, read_text_samples};
use crate::error::IoError;
use crate::format::{Format, format_of};
use crate::table::{read_gzip, read_large};
use crate::time_column::TIME_NAMES;
use crate::{arrow, parquet};

/// Which columns of a table of samples are read as categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Categories {
    /// Those that hold more text than numbers.
    #[default]
    Text,
    /// All of them; a number is the label of its category.
    All,
}

/// A table of samples that was read.
#[derive(Debug, Clone)]
pub struct Samples {
    /// `float64` columns of numbers and dictionary columns of categories (`uint32` keys; levels in the order that an ordered dictionary
    /// declares, else by name).
    pub batch: RecordBatch,
    /// Columns that are neither, and why.
    pub left_out: Vec<Omission>,
    /// What was put right or assumed.
    pub warnings: Vec<String>,
}

/// Reads a table of samples of any format. The order of rows carries no meaning; a column that is named as a time is left
/// out. In a column of categories an empty cell and `NA`, `N/A`, `#N/A`, `<NA>`, `NaN`, `null`, `?` are missing; `None` and `-` are
/// labels, as in the reference networks.
///
/// # Errors
/// Every [`IoError`] about tables; each names the file, the place and the remedy.
pub fn read_samples(path: &Path, categories: Categories) -> Result<Samples, IoError> {
    let origin = path.display().to_string();
    match format_of(path)? {
        Format::Text => read_text_samples(&read_large(path)?, &origin, categories),
        Format::GzippedText => read_text_samples(&read_gzip(path)?, &origin, categories),
        Format::Parquet => arrow::samples_from_batch(&parquet::read(path)?, &origin, categories),
        Format::Ipc => arrow::samples_from_batch(&arrow::read(path)?, &origin, categories),
    }
}

/// Samples in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    origin: String,
    columns: Vec<(String, ArrayRef)>,
    left_out: Vec<Omission>,
    pub(crate) warnings: Vec<String>,
}

impl Draft {
    pub(crate) fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), columns: Vec::new(), left_out: Vec::new(), warnings: Vec::new() }
    }

    /// Whether a column of this name (and position) takes part; says so when it does not.
    pub(crate) fn takes(&mut self, column: usize, name: &str) -> bool {
        if name.is_empty() {
            let shown = format!("(column {} without a name)", column + 1);
            self.left_out.push(Omission::new(shown, Reason::NotAMeasurement));
            return false;
        }
        let time = TIME_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
        if time {
            self.leave_out(name, Reason::NotAMeasurement);
        }
        !time
    }

    pub(crate) fn leave_out(&mut self, name: &str, why: Reason) {
        self.left_out.push(Omission::new(name, why));
    }

    pub(crate) fn numbers(&mut self, name: &str, values: Float64Array, junk: Option<&Said>) {
        if let Some(junk) = junk {
            self.warnings.push(format!(
                "column `{name}`: {} of {} cells are not numbers and count as missing, first in {}: `{}`",
                junk.count,
                arrow_array::Array::len(&values),
                junk.place,
                junk.example
            ));
        }
        self.columns.push((name.to_owned(), Arc::new(values)));
    }

    /// A column of categories, whose levels stand in the order `declared`, others after them by name.
    pub(crate) fn labels<'a>(
        &mut self,
        name: &str,
        labels: impl Iterator<Item = &'a [u8]>,
        declared: &[String],
    ) {
        let labels: Vec<Option<&str>> = labels.map(label).collect();
        let seen: BTreeSet<&str> = labels.iter().flatten().copied().collect();
        let (mut levels, mut codes) = (Vec::new(), BTreeMap::new());
        for level in declared.iter().filter_map(|level| label(level.as_bytes())).chain(seen) {
            if let (Entry::Vacant(entry), Ok(code)) = (codes.entry(level), u32::try_from(levels.len())) {
                entry.insert(code);
                levels.push(level);
            }
        }
        let keys: UInt32Array =
            labels.iter().map(|label| label.and_then(|l| codes.get(l).copied())).collect();
        let values: StringArray = levels.into_iter().map(Some).collect();
        match DictionaryArray::<UInt32Type>::try_new(keys, Arc::new(values)) {
            Ok(array) => self.columns.push((name.to_owned(), Arc::new(array))),
            Err(error) => self.leave_out(name, Reason::NotUsed { because: error.to_string() }),
        }
    }

    pub(crate) fn finish(self, rows: usize) -> Result<Samples, IoError> {
        if self.columns.is_empty() {
            return Err(IoError::Shape {
                file: self.origin,
                what: "no column holds samples".to_owned(),
                remedy: "give at least one named column of numbers or of categories".to_owned(),
            });
        }
        let field = |(name, array): &(String, ArrayRef)| {
            Field::new(name, arrow_array::Array::data_type(array).clone(), true)
        };
        let schema = Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()));
        let arrays = self.columns.into_iter().map(|(_, array)| array).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let damaged = |error: arrow_schema::ArrowError| IoError::Shape {
            file: self.origin.clone(),
            what: error.to_string(),
            remedy: "give every column as many rows".to_owned(),
        };
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options).map_err(damaged)?;
        Ok(Samples { batch, left_out: self.left_out, warnings: self.warnings })
    }
}

/// A cell of a column of categories; `None` when it is missing or no text.
fn label(bytes: &[u8]) -> Option<&str> {
    const MISSING: [&str; 7] = ["na", "n/a", "#n/a", "<na>", "nan", "null", "?"];
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let missing = text.is_empty() || MISSING.iter().any(|word| text.eq_ignore_ascii_case(word));
    (!missing).then_some(text)
}
