//! Which format a file has: by its extension, else by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::IoError;

/// The formats of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// CSV or TSV; the separator is seen in the header.
    Text,
    GzippedText,
    Parquet,
    /// Arrow IPC, as a file (also called Feather v2) or a stream.
    Ipc,
}

/// What the extension says.
pub(crate) fn by_extension(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".csv.gz", ".tsv.gz"]) {
        Some(Format::GzippedText)
    } else if ends(&[".csv", ".tsv"]) {
        Some(Format::Text)
    } else if ends(&[".parquet"]) {
        Some(Format::Parquet)
    } else if ends(&[".arrow", ".feather", ".ipc"]) {
        Some(Format::Ipc)
    } else {
        None
    }
}

/// The format of a file that exists. The content wins over the extension: a gzipped or Parquet file called `.csv` is
/// read as what it is.
pub(crate) fn format_of(path: &Path) -> Result<Format, IoError> {
    let wrong = |error| IoError::system(path, "read", error);
    if path.is_dir() {
        return Err(IoError::Folder { file: path.display().to_string() });
    }
    let mut head = Vec::new();
    File::open(path).map_err(wrong)?.take(4096).read_to_end(&mut head).map_err(wrong)?;
    if head.is_empty() {
        return Err(IoError::Empty { file: path.display().to_string(), what: "the file is empty" });
    }
    let damaged = |what, why: &str| {
        Err(IoError::Damaged { file: path.display().to_string(), what, why: why.to_owned() })
    };
    match (by_content(&head), by_extension(path)) {
        (Some(found), _) => Ok(found),
        (None, Some(Format::Text)) => Ok(Format::Text),
        (None, Some(Format::GzippedText)) => damaged("is not gzip data", "its first bytes are not 1f 8b"),
        (None, Some(Format::Parquet)) => {
            damaged("is not a Parquet file, or a corrupt one", "it does not begin with PAR1")
        }
        (None, Some(Format::Ipc)) => {
            damaged("is not an Arrow file, or a corrupt one", "it begins neither as a file nor as a stream")
        }
        (None, None) if looks_like_table(&head) => Ok(Format::Text),
        (None, None) => {
            let what = match path.extension().and_then(|extension| extension.to_str()) {
                Some(extension) => format!("unknown extension `.{extension}` and content"),
                None => "no extension and unknown content".to_owned(),
            };
            Err(IoError::Format { file: path.display().to_string(), what })
        }
    }
}

fn by_content(head: &[u8]) -> Option<Format> {
    if head.starts_with(b"\x1f\x8b") {
        Some(Format::GzippedText)
    } else if head.starts_with(b"PAR1") {
        Some(Format::Parquet)
    } else if head.starts_with(b"ARROW1") || head.starts_with(b"\xff\xff\xff\xff") {
        Some(Format::Ipc)
    } else {
        None
    }
}

/// Whether the first line is text with separators.
fn looks_like_table(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let text = !head.contains(&0) && std::str::from_utf8(line).is_ok();
    text && line.iter().any(|byte| b",;\t|".contains(byte)) && !line.trim_ascii().starts_with(b"{")
}
