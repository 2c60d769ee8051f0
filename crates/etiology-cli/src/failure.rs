//! Why a command ended without an answer, and with which exit code.

use std::fmt;
use std::path::Path;

/// The end of a command that did not work out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input or the options are wrong: exit code 2.
    Input(String),
    /// Nothing the user did: exit code 1.
    Bug(String),
    /// The reader of our output went away: not an error.
    ClosedPipe,
}

impl Failure {
    /// Wrong input whose message already says where.
    pub(crate) fn input(message: impl fmt::Display) -> Self {
        Self::Input(message.to_string())
    }

    /// Wrong input, said to be in `path`.
    pub(crate) fn at(path: &Path, message: impl fmt::Display) -> Self {
        Self::Input(format!("{}: {message}", path.display()))
    }

    /// The line on stderr, and the exit code.
    pub(crate) fn report(&self) -> (Option<String>, u8) {
        match self {
            Self::Input(message) => (Some(format!("etiology: {}", one_line(message))), 2),
            Self::Bug(message) => {
                (Some(format!("etiology: {}; this is a bug, please report it", one_line(message))), 1)
            }
            Self::ClosedPipe => (None, 0),
        }
    }
}

/// The text without line breaks and other control characters, which a file name or a cell may carry.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
