//! The `etiology` command: reads the command line, runs one command, and turns its end into an exit code.

mod cli;
mod commands;
mod failure;
mod graphs;
mod input;
mod output;
mod progress;
mod samples;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::failure::Failure;

/// What the last panic said. One inside a decoder of a damaged file is caught there and answered in one line; any other is
/// a bug of ours and ends in [`main`].
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = info.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        }
    }));
    let end = std::panic::catch_unwind(|| match Cli::try_parse() {
        Ok(cli) => set_threads(cli.global.threads).and_then(|()| commands::run(cli)),
        Err(error) => refuse(&error),
    });
    let (line, code) = match end {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(),
        Err(_) => {
            let said = LAST_PANIC.lock().map(|last| last.clone()).unwrap_or_default();
            (Some(format!("etiology: a bug of ours, please report it with the command: {said}")), 1)
        }
    };
    if let Some(line) = line {
        // Nobody is left to tell when stderr is closed too.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
    ExitCode::from(code)
}

fn set_threads(threads: Option<u16>) -> Result<(), Failure> {
    let Some(threads) = threads else {
        return Ok(());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
    pool.map_err(|error| Failure::input(format!("--threads {threads}: {error}; ask for fewer")))
}

/// Help and version go to stdout; everything else that clap has to say becomes our one line.
fn refuse(error: &clap::Error) -> Result<(), Failure> {
    let text = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Ok(())
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(Failure::input(
            "no command; `etiology --help` lists them, `etiology demo` shows the main job",
        )),
        _ => {
            let text = text.to_string();
            let said = text.lines().take_while(|line| !line.starts_with("Usage:"));
            let said: Vec<&str> = said.map(str::trim).filter(|line| !line.is_empty()).collect();
            let said = said.join(" ");
            Err(Failure::input(format!("{}; see --help", said.trim_start_matches("error: "))))
        }
    }
}
