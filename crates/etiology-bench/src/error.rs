//! What can go wrong at the edge: files that are not there, not in the layout, or not of this run.

use std::path::{Path, PathBuf};

use etiology_frame::FrameError;
use etiology_rank::RankError;
use thiserror::Error;

/// An error from a loader or the runner.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A suite that does not exist.
    #[error("no suite `{name}`; there are {known}")]
    NoSuite {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A folder that is not in the suite's published layout.
    #[error("{path}: not the layout of `{suite}`: {expected}")]
    Layout {
        /// The folder looked at.
        path: PathBuf,
        /// The suite.
        suite: &'static str,
        /// What was expected there.
        expected: String,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that can be read but does not hold what it should.
    #[error("{path}{}: {message}", .line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, when one is to blame.
        line: Option<u64>,
        /// What is wrong and what was expected.
        message: String,
    },
    /// A results file to resume from that belongs to another run.
    #[error(
        "{path}: these results are of another run: {what} was {found} and is now {wanted}; give another --resume file or the same options"
    )]
    Resume {
        /// The file.
        path: PathBuf,
        /// The option that differs.
        what: &'static str,
        /// Its value in the file.
        found: String,
        /// Its value now.
        wanted: String,
    },
    /// Options that leave nothing to run.
    #[error("{message}")]
    Nothing {
        /// What was asked for and what there is.
        message: String,
    },
    /// The worker threads could not be started.
    #[error("cannot start {jobs} worker threads: {message}")]
    Threads {
        /// How many were asked for.
        jobs: usize,
        /// What the system said.
        message: String,
    },
    /// The frame refused what a file holds.
    #[error("{path}: {source}")]
    Frame {
        /// The file.
        path: PathBuf,
        /// What the frame said.
        source: FrameError,
    },
    /// An incident folder could not be read.
    #[error(transparent)]
    Incident(Box<etiology_io::IoError>),
    /// A method name that does not exist, or an incident that no method can look at.
    #[error(transparent)]
    Rank(#[from] RankError),
}

impl BenchError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn content(path: &Path, line: Option<u64>, message: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), line, message: message.into() }
    }

    pub(crate) fn layout(path: &Path, suite: &'static str, expected: impl Into<String>) -> Self {
        Self::Layout { path: path.to_owned(), suite, expected: expected.into() }
    }

    pub(crate) fn frame(path: &Path, source: FrameError) -> Self {
        Self::Frame { path: path.to_owned(), source }
    }
}

impl From<etiology_io::IoError> for BenchError {
    fn from(error: etiology_io::IoError) -> Self {
        // Boxed, because it is several times the size of the other variants.
        Self::Incident(Box::new(error))
    }
}
