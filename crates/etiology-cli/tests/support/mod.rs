//! Runs the real binary and holds what it said.

#![allow(dead_code)] // each test binary uses its part

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Exit code 0; the answer.
    #[track_caller]
    pub(crate) fn answer(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.stdout
    }

    /// Exit code 0 and one JSON document.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let text = self.answer();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Exit code 2, nothing on stdout, one line on stderr that says all of `words`.
    #[track_caller]
    pub(crate) fn refusal(self, words: &[&str]) -> String {
        assert_eq!(self.code, Some(2), "{self:#?}");
        assert!(self.stdout.is_empty(), "{self:#?}");
        assert!(self.stderr.starts_with("etiology: "), "{self:#?}");
        assert_eq!(self.stderr.trim_end_matches('\n').lines().count(), 1, "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not said: {self:#?}");
        }
        self.stderr
    }
}

/// Runs `etiology` with a clean environment.
pub(crate) fn etiology<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_etiology"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The incidents that ship with the source.
pub(crate) fn datasets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets")
}

/// A folder to write in that is gone afterwards.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(self.0.path()).unwrap().count()
    }
}

/// A number in [0, 1) that looks random and is the same everywhere.
pub(crate) fn noise(row: usize, column: usize) -> f64 {
    let mut state = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ (column as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    state ^= state >> 29;
    state = state.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state ^= state >> 32;
    (state % 1_000_003) as f64 / 1_000_003.0
}

/// A wide table of `columns` noisy metrics in which the first one steps up at two thirds of the rows and the second a
/// row later.
pub(crate) fn table(rows: usize, columns: usize) -> String {
    let mut text = String::from("time");
    for column in 0..columns {
        text += &format!(",s{column}_latency");
    }
    for row in 0..rows {
        text += &format!("\n{}", 1_700_000_000 + row);
        for column in 0..columns {
            let shifted = column < 2 && row >= rows * 2 / 3 + column;
            text += &format!(
                ",{:.6}",
                noise(row, column) + if shifted { 20.0 - 5.0 * column as f64 } else { 0.0 }
            );
        }
    }
    text + "\n"
}
