//! Prints the table of a suite with every method: `suite_table NAME FOLDER [SHIFT_SECONDS] [published]`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::PathBuf;

use etiology_bench::{LoadOptions, RunOptions, Style, find_suite, run};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "give a suite's name and the folder it lies in";
    let (name, folder) = (arguments.next().ok_or(usage)?, PathBuf::from(arguments.next().ok_or(usage)?));
    let shift_seconds = arguments.next().map_or(Ok(0.0), |text| text.parse())?;
    let published = arguments.next().is_some_and(|word| word == "published");

    let suite = find_suite(&name)?;
    let cases = suite.load(&folder, &LoadOptions { published, ..LoadOptions::default() })?;
    let options = RunOptions { shift_seconds, specificity: true, ..RunOptions::default() };
    let report = run(&suite.card(), &cases, &etiology_rank::registry(), &options, &|_| ())?;
    print!("{}", report.to_table(Style::Text));
    Ok(())
}
