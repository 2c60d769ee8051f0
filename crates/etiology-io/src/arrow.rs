//! Arrow IPC files and streams, and the step from any Arrow record batch to a frame.

use std::fs::File;
use std::io::{BufReader, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, new_null_array};
use arrow_cast::cast;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use etiology_frame::{Clock, Metric, MetricFrame, Reason};

use crate::cell;
use crate::csv::{Said, with_nulls};
use crate::error::{IoError, excerpt};
use crate::header::{Plan, plan, refuse_duplicates};
use crate::long::{self, LongRows};
use crate::samples::{self, Categories, Samples};
use crate::table::{Draft, Table};
use crate::time_column::{self, Decimal, TimeFault, Times};
use crate::{Layout, ReadOptions};

/// Reads an IPC file or stream into one batch.
pub(crate) fn read(path: &Path) -> Result<RecordBatch, IoError> {
    let wrong = |error| IoError::system(path, "read", error);
    let mut file = BufReader::new(File::open(path).map_err(wrong)?);
    let mut magic = [0; 6];
    let is_file = file.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
    file.rewind().map_err(wrong)?;
    let read = || -> Result<RecordBatch, ArrowError> {
        if is_file {
            let reader = FileReader::try_new(file, None)?;
            let schema = reader.schema();
            one_batch(&schema, reader.collect::<Result<_, _>>()?)
        } else {
            let reader = StreamReader::try_new(file, None)?;
            let schema = reader.schema();
            one_batch(&schema, reader.collect::<Result<_, _>>()?)
        }
    };
    guarded(path, "the Arrow data is truncated or corrupt", read)
}

/// Runs a decoder of a binary format. Neither its error nor a panic of its own on corrupt bytes gets further than a
/// message about the file.
pub(crate) fn guarded<T, E: ToString>(
    path: &Path,
    what: &'static str,
    decode: impl FnOnce() -> Result<T, E>,
) -> Result<T, IoError> {
    let damaged = |why: &str| IoError::Damaged { file: path.display().to_string(), what, why: one_line(why) };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(|error| damaged(&error.to_string())),
        Err(_) => Err(damaged("its parts do not fit together")),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Several batches as one, copied only when there are several.
pub(crate) fn one_batch(
    schema: &Arc<arrow_schema::Schema>,
    mut batches: Vec<RecordBatch>,
) -> Result<RecordBatch, ArrowError> {
    match batches.len() {
        1 => Ok(batches.swap_remove(0)),
        _ => arrow_select::concat::concat_batches(schema, &batches),
    }
}

/// Writes a frame as an IPC file.
pub(crate) fn write(frame: &MetricFrame, out: &mut impl Write) -> Result<(), ArrowError> {
    let mut writer = FileWriter::try_new(out, &frame.batch().schema())?;
    writer.write(frame.batch())?;
    writer.finish()
}

/// Makes a frame of a batch from anywhere.
pub(crate) fn from_batch(batch: &RecordBatch, origin: &str, options: &ReadOptions) -> Result<Table, IoError> {
    let schema = batch.schema();
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    if names.is_empty() {
        return Err(IoError::Empty { file: origin.to_owned(), what: "the table has no columns" });
    }
    let plan = plan(origin, &names, &[], options)?;
    if batch.num_rows() == 0 {
        return Err(IoError::Empty { file: origin.to_owned(), what: "there are columns but no row" });
    }
    let times = read_times(batch, origin, &plan, options)?;
    let mut draft = Draft::new(origin);
    draft.left_out.extend(plan.left_out.iter().cloned());
    if plan.layout == Layout::Long {
        return long(draft, batch, &plan, times, options);
    }
    for (column, name) in &plan.values {
        let metric =
            metric_of(schema.field(*column), name, options).map_err(|error| IoError::frame(origin, error))?;
        match numbers(batch.column(*column)) {
            Numbers::All(values) => draft.column(metric, values),
            Numbers::Some(values, junk) => draft.doubtful(metric, values, &junk),
            Numbers::None(why) => draft.leave_out(name, why),
        }
    }
    draft.finish(times, options)
}

/// Makes samples of a batch from anywhere.
pub(crate) fn samples_from_batch(
    batch: &RecordBatch,
    origin: &str,
    categories: Categories,
) -> Result<Samples, IoError> {
    let schema = batch.schema();
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    refuse_duplicates(origin, &names)?;
    if batch.num_rows() == 0 {
        return Err(IoError::Empty { file: origin.to_owned(), what: "there are columns but no row" });
    }
    let mut draft = samples::Draft::new(origin);
    for (column, name) in names.iter().enumerate() {
        if !draft.takes(column, name) {
            continue;
        }
        let array = batch.column(column);
        let labels = |draft: &mut samples::Draft| {
            let cells = strings(array);
            draft.labels(name, cells.iter().map(String::as_bytes), &declared(schema.field(column), array));
        };
        match numbers(array) {
            Numbers::None(why) => draft.leave_out(name, why),
            _ if categories == Categories::All => labels(&mut draft),
            Numbers::All(values) => draft.numbers(name, values, None),
            Numbers::Some(values, junk) if junk.count < values.len() - values.null_count() => {
                draft.numbers(name, values, Some(&junk));
            }
            Numbers::Some(..) => labels(&mut draft),
        }
    }
    draft.finish(batch.num_rows())
}

/// The levels of an ordered dictionary. The order of others is a matter of encoding.
fn declared(field: &Field, column: &ArrayRef) -> Vec<String> {
    match column.as_any_dictionary_opt() {
        Some(dictionary) if field.dict_is_ordered() == Some(true) => strings(dictionary.values()),
        _ => Vec::new(),
    }
}

fn is_ours(field: &Field) -> bool {
    field.metadata().keys().any(|key| key.starts_with("etiology."))
}

fn metric_of(field: &Field, name: &str, options: &ReadOptions) -> Result<Metric, etiology_frame::FrameError> {
    if !is_ours(field) {
        return Ok(options.metric(name));
    }
    let mut metric = Metric::from_field(field, options.table())?;
    name.clone_into(&mut metric.name);
    Ok(metric)
}

/// What a column holds of numbers.
enum Numbers {
    All(Float64Array),
    Some(Float64Array, Said),
    None(Reason),
}

fn numbers(column: &ArrayRef) -> Numbers {
    let unusable =
        |column: &ArrayRef| Numbers::None(Reason::NotNumeric { example: column.data_type().to_string() });
    match column.data_type() {
        DataType::Null => Numbers::All(
            new_null_array(&DataType::Float64, column.len()).as_primitive::<Float64Type>().clone(),
        ),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            Numbers::None(Reason::NotAMeasurement)
        }
        DataType::Dictionary(_, values) => match cast(column, values) {
            Ok(plain) => numbers(&plain),
            Err(_) => unusable(column),
        },
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => from_strings(column),
        kind if kind.is_numeric() || *kind == DataType::Boolean => match cast(column, &DataType::Float64) {
            Ok(values) => Numbers::All(values.as_primitive::<Float64Type>().clone()),
            Err(_) => unusable(column),
        },
        _ => unusable(column),
    }
}

fn from_strings(column: &ArrayRef) -> Numbers {
    let mut junk: Option<Said> = None;
    let values = strings(column).into_iter().enumerate().map(|(row, text)| {
        cell::number(text.as_bytes()).unwrap_or_else(|| {
            let first =
                || Said { count: 0, place: format!("row {}", row + 1), example: excerpt(text.as_bytes()) };
            junk.get_or_insert_with(first).count += 1;
            f64::NAN
        })
    });
    let values = with_nulls(values.collect());
    match junk {
        None => Numbers::All(values),
        Some(junk) => Numbers::Some(values, junk),
    }
}

/// A column as text; nulls are empty.
fn strings(column: &ArrayRef) -> Vec<String> {
    match cast(column, &DataType::Utf8) {
        Ok(text) => text.as_string::<i32>().iter().map(|cell| cell.unwrap_or_default().to_owned()).collect(),
        Err(_) => vec![String::new(); column.len()],
    }
}

fn read_times(
    batch: &RecordBatch,
    origin: &str,
    plan: &Plan,
    options: &ReadOptions,
) -> Result<Times, IoError> {
    let schema = batch.schema();
    let name = schema.field(plan.time).name();
    // A frame of ours says by the type of its time column what that counts.
    let ours = schema.fields().iter().any(|field| is_ours(field));
    let clock = (ours && *schema.field(plan.time).data_type() == DataType::Int64).then_some(Clock::Step);
    times_of(name, batch.column(plan.time), clock, options).map_err(|fault| IoError::Time {
        file: origin.to_owned(),
        place: format!("row {}", fault.row + 1),
        column: name.clone(),
        what: fault.what,
        remedy: fault.remedy,
    })
}

fn times_of(
    name: &str,
    column: &ArrayRef,
    clock: Option<Clock>,
    options: &ReadOptions,
) -> Result<Times, TimeFault> {
    let empty = |row| TimeFault {
        row,
        what: "the time is empty or out of range".to_owned(),
        remedy: "fill it in or remove the row".to_owned(),
    };
    if let Some(row) = (0..column.len()).find(|&row| column.is_null(row)) {
        return Err(empty(row));
    }
    let cast_to = |to: &DataType| {
        let values = cast(column, to).map_err(|_| empty(0))?;
        match (0..values.len()).find(|&row| values.is_null(row)) {
            Some(row) => Err(empty(row)),
            None => Ok(values),
        }
    };
    match column.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            let zone = match column.data_type() {
                DataType::Timestamp(_, zone) => zone.clone(),
                _ => None,
            };
            let unzoned = zone.is_none() && matches!(column.data_type(), DataType::Timestamp(..));
            let warnings = if unzoned {
                vec![format!("column `{name}`: the times have no zone and are read as UTC")]
            } else {
                Vec::new()
            };
            let nanos = cast_to(&DataType::Timestamp(TimeUnit::Nanosecond, zone))?;
            let ticks = nanos.as_primitive::<TimestampNanosecondType>().values().to_vec();
            Ok(Times { ticks, clock: Clock::Utc, warnings })
        }
        kind if kind.is_integer() => {
            let whole = cast_to(&DataType::Int64)?;
            let numbers: Vec<Decimal> = whole
                .as_primitive::<Int64Type>()
                .values()
                .iter()
                .map(|&value| Decimal::integer(value))
                .collect();
            time_column::from_decimals(name, &numbers, clock)
        }
        kind if kind.is_numeric() => {
            let values = cast_to(&DataType::Float64)?;
            let numbers = values.as_primitive::<Float64Type>().values().iter().enumerate();
            let numbers = numbers.map(|(row, &value)| Decimal::float(value).ok_or_else(|| empty(row)));
            time_column::from_decimals(name, &numbers.collect::<Result<Vec<_>, _>>()?, clock)
        }
        _ => {
            let texts = strings(column);
            let cells: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            time_column::from_text(name, &cells, options.time_format.as_deref(), clock)
        }
    }
}

fn long(
    mut draft: Draft,
    batch: &RecordBatch,
    plan: &Plan,
    times: Times,
    options: &ReadOptions,
) -> Result<Table, IoError> {
    let texts = |column: Option<usize>| {
        column.map_or_else(|| vec![String::new(); batch.num_rows()], |at| strings(batch.column(at)))
    };
    let (entities, metrics) = (texts(plan.entity), texts(plan.metric));
    let series = long::intern(entities.iter().zip(&metrics).map(|(e, m)| (e.into(), m.into())));
    let value = plan.values.first().map_or(0, |(column, _)| *column);
    let values = match numbers(batch.column(value)) {
        Numbers::All(values) => values,
        Numbers::Some(values, junk) => {
            draft.doubtful_values(&values, &junk)?;
            values
        }
        Numbers::None(why) => {
            return Err(IoError::Shape {
                file: draft.origin,
                what: format!("column `value` is {why}"),
                remedy: "store numbers there".to_owned(),
            });
        }
    };
    long::pivot(draft, LongRows { times, series, values }, options)
}
