//! Writes frames: atomically, so that a reader never sees half a file.
//!
//! Parquet and Arrow keep everything. Text keeps times, names and values exactly (the shortest digits that read back
//! as the same number); layer, entity, kind and unit are then what the names say.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use etiology_frame::{Clock, MetricFrame, TIME_COLUMN};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::IoError;
use crate::format::{Format, by_extension};
use crate::{arrow, parquet};

/// Writes a frame in the format its extension names. An existing file is replaced only by a complete one.
///
/// # Errors
/// When the extension is not known or the system refuses.
pub fn write_table(frame: &MetricFrame, path: &Path) -> Result<(), IoError> {
    let Some(format) = by_extension(path) else {
        let what = match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) => format!("cannot write `.{extension}`"),
            None => "cannot tell the format without an extension".to_owned(),
        };
        return Err(IoError::Format { file: path.display().to_string(), what });
    };
    let lower = path.to_string_lossy().to_ascii_lowercase();
    let separator = if lower.ends_with(".tsv") || lower.ends_with(".tsv.gz") { b'\t' } else { b',' };
    write_atomically(path, |out| match format {
        Format::Text => write_text(frame, separator, out),
        Format::GzippedText => {
            let mut packed = GzEncoder::new(out, Compression::default());
            write_text(frame, separator, &mut packed)?;
            packed.finish().map(|_| ())
        }
        Format::Parquet => parquet::write(frame, out).map_err(io::Error::other),
        Format::Ipc => arrow::write(frame, out).map_err(io::Error::other),
    })
}

/// Writes beside the target and renames.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), IoError> {
    let wrong = |error| IoError::system(path, "write", error);
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // Like any new file; the default of temporary files hides them from others.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(wrong)?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).map_err(wrong)?;
    drop(out);
    file.persist(path).map_err(|error| wrong(error.error))?;
    Ok(())
}

fn write_text(frame: &MetricFrame, separator: u8, out: &mut impl Write) -> io::Result<()> {
    let taken = frame.metrics().iter().any(|metric| metric.name.eq_ignore_ascii_case("step"));
    let time = if frame.clock() == Clock::Step && !taken { "step" } else { TIME_COLUMN };
    out.write_all(time.as_bytes())?;
    for metric in frame.metrics() {
        out.write_all(&[separator])?;
        write_field(&metric.name, separator, out)?;
    }
    out.write_all(b"\n")?;
    let columns: Vec<_> = frame.columns().collect();
    let mut line = Vec::new();
    for row in 0..frame.rows() {
        line.clear();
        if let Some(time) = frame.time(row) {
            line.extend_from_slice(frame.clock().format(time).as_bytes());
        }
        for column in &columns {
            line.push(separator);
            if let Some(value) = column.get(row) {
                write_number(value, &mut line)?;
            }
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

fn write_number(value: f64, line: &mut Vec<u8>) -> io::Result<()> {
    write!(line, "{value:?}")?;
    if line.ends_with(b".0") {
        line.truncate(line.len() - 2);
    }
    Ok(())
}

/// Writes a field, quoted where it must be.
pub(crate) fn write_field(text: &str, separator: u8, out: &mut impl Write) -> io::Result<()> {
    let plain = text.trim() == text
        && !text.is_empty()
        && !text.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\n' | b'\r' | b',' | b'\t'));
    if plain {
        return out.write_all(text.as_bytes());
    }
    write!(out, "\"{}\"", text.replace('"', "\"\""))
}
