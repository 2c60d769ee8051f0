//! `etiology convert`: one format in, another out.

use etiology::io;

use crate::cli::{Convert, Global};
use crate::failure::Failure;
use crate::progress::Spinner;
use crate::{input, output};

pub(crate) fn run(global: &Global, options: &Convert) -> Result<(), Failure> {
    let spinner = Spinner::start(global.quiet, "converting");
    let reading = input::read(&options.input)?;
    io::write_table(&reading.incident.frame, &options.to).map_err(Failure::input)?;
    drop(spinner);
    for omission in &reading.left_out {
        output::note(global.quiet, &format!("left out `{}`: {}", omission.metric, omission.why));
    }
    for warning in &reading.warnings {
        output::note(global.quiet, warning);
    }
    Ok(())
}
