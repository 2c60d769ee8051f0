//! What can be wrong with a file, said on one line: `FILE: what, where, what to do`.

use std::io;
use std::path::Path;

use etiology_frame::FrameError;
use thiserror::Error;

/// An error from reading or writing a file.
#[derive(Debug, Error)]
pub enum IoError {
    /// Nothing is there.
    #[error("{file}: no such file or folder; check the path")]
    NotFound {
        /// The path asked for.
        file: String,
    },
    /// A folder where a table is expected.
    #[error(
        "{file}: is a folder, not a table; name a file in it, or put an incident.json beside its metrics table"
    )]
    Folder {
        /// The path asked for.
        file: String,
    },
    /// The operating system refuses.
    #[error("{file}: cannot {action}: {source}")]
    System {
        /// The path.
        file: String,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Neither the extension nor the content tells the format.
    #[error("{file}: {what}; use .csv, .csv.gz, .tsv, .tsv.gz, .parquet, .arrow, .ipc or .feather")]
    Format {
        /// The path.
        file: String,
        /// What is odd about it.
        what: String,
    },
    /// A file that ends early or whose bytes do not fit its format.
    #[error("{file}: {what} ({why}); copy or export the file again")]
    Damaged {
        /// The path.
        file: String,
        /// What is damaged.
        what: &'static str,
        /// What the decoder said.
        why: String,
    },
    /// Text in an encoding other than UTF-8.
    #[error("{file}: {what}; convert it first, for example with `iconv -f {from} -t UTF-8`")]
    Encoding {
        /// The path.
        file: String,
        /// What was found, and where.
        what: String,
        /// The encoding it is likely in.
        from: &'static str,
    },
    /// A file without content.
    #[error("{file}: {what}; export it again with a header line and at least one row")]
    Empty {
        /// The path.
        file: String,
        /// What is missing.
        what: &'static str,
    },
    /// The first line holds numbers instead of names.
    #[error(
        "{file}: line 1 holds numbers (`{first}`), not column names; add a header line such as `time,latency,cpu`"
    )]
    NoHeader {
        /// The path.
        file: String,
        /// The start of the line.
        first: String,
    },
    /// A row with too many or too few fields.
    #[error(
        "{file}: line {line} has {found} fields, the header has {expected}; fix the line or quote fields that hold the separator"
    )]
    Ragged {
        /// The path.
        file: String,
        /// Where, from 1.
        line: usize,
        /// Fields in the line.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// Quotes that do not pair up.
    #[error("{file}: line {line}: {what}; quote the whole field and double each quote inside it")]
    Quote {
        /// The path.
        file: String,
        /// Where, from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Columns that share a name.
    #[error(
        "{file}: column `{name}` appears {count} times{others}; rename all but one of them, or choose how repeated columns are kept"
    )]
    DuplicateColumns {
        /// The path.
        file: String,
        /// The first repeated name.
        name: String,
        /// How often it appears.
        count: usize,
        /// Other repeated names, ready to print.
        others: String,
    },
    /// No column is known to hold the time.
    #[error(
        "{file}: {what}; the columns are {columns}; name the one that holds the time with `--time COLUMN`"
    )]
    NoTime {
        /// The path.
        file: String,
        /// What was looked for.
        what: String,
        /// The columns there are, ready to print.
        columns: String,
    },
    /// A cell of the time column that is no time.
    #[error("{file}: {place}: column `{column}`: {what}; {remedy}")]
    Time {
        /// The path.
        file: String,
        /// The line or row.
        place: String,
        /// The time column.
        column: String,
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A table of some other shape than was asked for or can be used.
    #[error("{file}: {what}; {remedy}")]
    Shape {
        /// The path.
        file: String,
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// An `incident.json`, `topology.csv` or `events.csv` that cannot be used.
    #[error("{file}: {place}: {what}; {remedy}")]
    Content {
        /// The path.
        file: String,
        /// The field or line.
        place: String,
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// The frame itself refuses.
    #[error("{file}: {source}")]
    Frame {
        /// The path.
        file: String,
        /// What the frame says.
        source: FrameError,
    },
}

impl IoError {
    pub(crate) fn system(path: &Path, action: &'static str, source: io::Error) -> Self {
        let file = path.display().to_string();
        match source.kind() {
            io::ErrorKind::NotFound if action == "read" => Self::NotFound { file },
            io::ErrorKind::IsADirectory => Self::Folder { file },
            _ => Self::System { file, action, source },
        }
    }

    pub(crate) fn frame(file: &str, source: FrameError) -> Self {
        Self::Frame { file: file.to_owned(), source }
    }
}

/// At most 40 characters of some bytes, on one line: what an error quotes.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    const MOST: usize = 40;
    let text = String::from_utf8_lossy(bytes.get(..4 * MOST).unwrap_or(bytes));
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    if text.chars().count() > MOST || bytes.len() > 4 * MOST {
        shown.push_str("...");
    }
    shown
}

/// Names in backticks for a message, the first dozen of them.
pub(crate) fn name_list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let more = names.len().saturating_sub(MOST);
    let shown: Vec<String> = names.take(MOST).map(|name| format!("`{}`", excerpt(name.as_bytes()))).collect();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(", "))
}
