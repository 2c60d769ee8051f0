//! The `etiology` command: reads the command line, runs one command, and turns its end into an exit code.

mod cli;
mod commands;
mod failure;
mod input;
mod output;
mod progress;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    let end = match Cli::try_parse() {
        Ok(cli) => set_threads(cli.global.threads).and_then(|()| commands::run(cli)),
        Err(error) => refuse(&error),
    };
    let Err(failure) = end else {
        return ExitCode::SUCCESS;
    };
    let (line, code) = failure.report();
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
