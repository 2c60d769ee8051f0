//! `etiology inspect`: what a table holds.

use etiology_report::Inspection;

use crate::cli::{Format, Global, Inspect};
use crate::failure::Failure;
use crate::progress::Spinner;
use crate::{input, output};

pub(crate) fn run(global: &Global, options: &Inspect) -> Result<(), Failure> {
    let spinner = Spinner::start(global.quiet, "reading");
    let reading = input::read(&options.input)?;
    let inspection =
        Inspection::of(&reading.incident.frame).with_left_out(reading.left_out).with_notes(reading.warnings);
    drop(spinner);
    let file = options.answer.output.as_deref();
    match options.answer.format {
        Format::Json => output::write_json(file, &inspection),
        Format::Text => output::write(file, &inspection.to_text(output::palette(file))),
    }
}
