//! Parquet files. Columns are decoded side by side on the current rayon pool, each group through a file handle of its own.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use etiology_frame::MetricFrame;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use crate::arrow::{guarded, one_batch};
use crate::error::IoError;

/// Reads a Parquet file into one batch.
pub(crate) fn read(path: &Path) -> Result<RecordBatch, IoError> {
    let file = File::open(path).map_err(|error| IoError::system(path, "read", error))?;
    guarded(path, "the Parquet data is truncated or corrupt", || read_parts(path, &file))
}

fn read_parts(path: &Path, file: &File) -> Result<RecordBatch, ParquetError> {
    const WORTH_SPLITTING: usize = 1 << 18;
    let metadata = ArrowReaderMetadata::load(file, Default::default())?;
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let schema: Arc<Schema> = metadata.schema().clone();
    let width = schema.fields().len();
    let parts =
        if rows.saturating_mul(width) > WORTH_SPLITTING { 4 * rayon::current_num_threads() } else { 1 };
    let size = width.div_ceil(parts).max(1);
    let groups: Vec<Vec<usize>> =
        (0..width).step_by(size).map(|first| (first..(first + size).min(width)).collect()).collect();
    let one = |group: &Vec<usize>| read_group(path, &metadata, rows, group);
    let columns: Vec<Result<Vec<ArrayRef>, ParquetError>> = if groups.len() > 1 {
        groups.par_iter().map(one).collect()
    } else {
        groups.iter().map(one).collect()
    };
    let columns: Vec<Vec<ArrayRef>> = columns.into_iter().collect::<Result<_, _>>()?;
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, columns.into_iter().flatten().collect(), &options)?)
}

fn read_group(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    rows: usize,
    group: &[usize],
) -> Result<Vec<ArrayRef>, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata.clone());
    let mask = ProjectionMask::roots(builder.parquet_schema(), group.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(rows.max(1)).build()?;
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(one_batch(&schema, batches)?.columns().to_vec())
}

/// Writes a frame, compressed with zstd, its metadata in the schema.
pub(crate) fn write(frame: &MetricFrame, out: &mut (impl Write + Send)) -> Result<(), ParquetError> {
    // Measured values seldom repeat, so a dictionary costs time and saves no space.
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .build();
    let mut writer = ArrowWriter::try_new(out, frame.batch().schema(), Some(properties))?;
    writer.write(frame.batch())?;
    writer.close().map(|_| ())
}
