//! Turns a long table (one row per value) into columns.
//!
//! Series keep the order in which they first appear; the rows of the frame are the union of all times, and a series
//! without a value at a time has a null there. Complexity: `O(values log times + times x series)`.

use std::borrow::Cow;
use std::collections::HashMap;

use arrow_array::{Array, Float64Array};
use etiology_frame::{DuplicateTimes, FrameError, Repair, Time};

use crate::ReadOptions;
use crate::csv::with_nulls;
use crate::error::IoError;
use crate::table::{Draft, Table};
use crate::time_column::Times;

/// The series of a long table: their parts, and which of them each row belongs to.
#[derive(Debug)]
pub(crate) struct Series {
    parts: Vec<(String, String)>,
    of_row: Vec<usize>,
}

/// A long table, read but not yet turned.
#[derive(Debug)]
pub(crate) struct LongRows {
    pub(crate) times: Times,
    pub(crate) series: Series,
    pub(crate) values: Float64Array,
}

/// Numbers the series by first appearance.
pub(crate) fn intern<'a>(rows: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Series {
    let mut known: HashMap<(Cow<'a, str>, Cow<'a, str>), usize> = HashMap::new();
    let mut series = Series { parts: Vec::new(), of_row: Vec::new() };
    for key in rows {
        let next = series.parts.len();
        let index = known.get(&key).copied().unwrap_or_else(|| {
            series.parts.push((key.0.trim().to_owned(), key.1.trim().to_owned()));
            known.insert(key, next);
            next
        });
        series.of_row.push(index);
    }
    series
}

/// Builds the frame.
pub(crate) fn pivot(mut draft: Draft, rows: LongRows, options: &ReadOptions) -> Result<Table, IoError> {
    let LongRows { mut times, series, values } = rows;
    let mut ticks = times.ticks.clone();
    ticks.sort_unstable();
    ticks.dedup();
    check_density(&draft, ticks.len(), &series, values.len())?;

    let mut columns = vec![vec![f64::NAN; ticks.len()]; series.parts.len()];
    let mut counts: HashMap<(usize, usize), f64> = HashMap::new();
    let mut merged = 0;
    for (row, (tick, &index)) in times.ticks.iter().zip(&series.of_row).enumerate() {
        let valid = row < values.len() && values.is_valid(row);
        let at = ticks.partition_point(|other| other < tick);
        let Some(slot) = columns.get_mut(index).and_then(|column| column.get_mut(at)) else { continue };
        if !valid {
            continue;
        }
        let value = values.value(row);
        if slot.is_nan() {
            *slot = value;
            continue;
        }
        merged += 1;
        match options.duplicates {
            DuplicateTimes::Last => *slot = value,
            DuplicateTimes::First => {}
            DuplicateTimes::Mean => {
                let count = counts.entry((index, at)).or_insert(1.0);
                *count += 1.0;
                *slot += (value - *slot) / *count;
            }
            DuplicateTimes::Refuse => {
                let at = times.clock.format(Time(*tick));
                let error = FrameError::DuplicateTime { at, count: 2 };
                return Err(IoError::frame(&draft.origin, error));
            }
        }
    }
    if merged > 0 {
        let rule = Repair::Merged { rows: merged, rule: options.duplicates }.to_string();
        draft.warnings.push(rule.replacen(
            "rows repeat the time of another row",
            "values repeat a time of their series",
            1,
        ));
    }
    for ((entity, measure), column) in series.parts.iter().zip(columns) {
        let name = if entity.is_empty() { measure.clone() } else { format!("{entity}_{measure}") };
        let metric =
            if entity.is_empty() { options.metric(&name) } else { options.metric_of(&name, entity, measure) };
        draft.column(metric, with_nulls(column));
    }
    times.ticks = ticks;
    draft.finish(times, options)
}

/// Refuses tables whose wide form would be almost empty and very large.
fn check_density(draft: &Draft, times: usize, series: &Series, values: usize) -> Result<(), IoError> {
    const MOST_CELLS_PER_VALUE: usize = 64;
    const ALWAYS_FINE: usize = 10_000_000;
    let cells = times.saturating_mul(series.parts.len());
    if cells <= ALWAYS_FINE.max(values.saturating_mul(MOST_CELLS_PER_VALUE)) {
        return Ok(());
    }
    Err(IoError::Shape {
        file: draft.origin.clone(),
        what: format!(
            "its {} series share so few times that {values} values would fill a table of {cells} cells",
            series.parts.len()
        ),
        remedy: "round the times to a common period first".to_owned(),
    })
}
