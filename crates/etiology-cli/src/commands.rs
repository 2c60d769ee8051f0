//! One file a command. Each takes its options and ends in an answer or a [`Failure`].

mod bench;
mod convert;
mod demo;
mod detect;
mod diagnose;
mod fit;
mod granger;
mod inspect;
mod learn;
mod methods;
mod query;
mod shell;

use crate::cli::{Bench, Cli, Command};
use crate::failure::Failure;

pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Diagnose(options) => diagnose::run(global, &options),
        Command::Demo(options) => demo::run(global, &options),
        Command::Inspect(options) => inspect::run(global, &options),
        Command::Detect(options) => detect::run(global, &options),
        Command::Learn(options) => learn::run(global, &options),
        Command::Fit(options) => fit::run(global, &options),
        Command::Query(options) => query::run(global, &options),
        Command::Granger(options) => granger::run(global, &options),
        Command::Bench(Bench::List(options)) => bench::list(&options),
        Command::Bench(Bench::Run(options)) => bench::run(global, &options),
        Command::Bench(Bench::Export(options)) => bench::export(&options),
        Command::Methods(options) => methods::run(&options),
        Command::Convert(options) => convert::run(global, &options),
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    }
}
