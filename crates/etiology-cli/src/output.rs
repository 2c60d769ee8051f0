//! Where answers go: stdout or a file that appears whole, coloured only on a terminal that wants it.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use etiology_report::{Palette, to_json};
use serde::Serialize;

use crate::failure::Failure;

/// The palette for an answer: coloured when it goes to a terminal and `NO_COLOR` is not set.
pub(crate) fn palette(file: Option<&Path>) -> Palette {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let coloured = file.is_none() && std::io::stdout().is_terminal() && !refused && !dumb;
    if coloured { Palette::coloured() } else { Palette::plain() }
}

/// Writes `text` to `file`, or to stdout.
pub(crate) fn write(file: Option<&Path>, text: &str) -> Result<(), Failure> {
    match file {
        Some(path) => write_whole(path, text.as_bytes())
            .map_err(|error| Failure::at(path, format!("cannot be written: {error}"))),
        None => write_stdout(text),
    }
}

/// Writes `value` as one JSON document.
pub(crate) fn write_json<T: Serialize + ?Sized>(file: Option<&Path>, value: &T) -> Result<(), Failure> {
    let text = to_json(value)
        .map_err(|error| Failure::Bug(format!("the answer cannot be written as JSON: {error}")))?;
    write(file, &text)
}

fn write_stdout(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::ClosedPipe),
        Err(error) => Err(Failure::Input(format!("stdout: cannot be written: {error}"))),
    }
}

/// Writes beside the target first and renames, so that nobody ever sees half a file.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".etiology-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // the umask takes its share
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Says something on stderr that is no error.
#[allow(clippy::print_stderr)]
pub(crate) fn note(quiet: bool, text: &str) {
    if !quiet {
        eprintln!("etiology: {text}");
    }
}
