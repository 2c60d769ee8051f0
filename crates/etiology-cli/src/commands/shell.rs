//! `etiology completions` and `etiology man`: made from the same definitions as the command line itself.

use clap::CommandFactory;
use clap_mangen::Man as Page;

use crate::cli::{Cli, Completions, Man};
use crate::failure::Failure;
use crate::output;

pub(crate) fn completions(options: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "etiology", &mut script);
    output::write(None, &String::from_utf8_lossy(&script))
}

pub(crate) fn man(options: &Man) -> Result<(), Failure> {
    let mut whole = Cli::command();
    whole.build();
    let command = match &options.command {
        None => whole,
        Some(name) => find(&whole, name)
            .ok_or_else(|| Failure::input(format!("no command `{name}`; `etiology --help` lists them")))?,
    };
    let mut page = Vec::new();
    Page::new(command)
        .render(&mut page)
        .map_err(|error| Failure::Bug(format!("the manual page cannot be made: {error}")))?;
    output::write(None, &String::from_utf8_lossy(&page))
}

/// The command whose words, joined by dashes, are `path`.
fn find(command: &clap::Command, path: &str) -> Option<clap::Command> {
    command.get_subcommands().find_map(|sub| match path.strip_prefix(sub.get_name())? {
        "" => Some(sub.clone()),
        rest => find(sub, rest.strip_prefix('-')?),
    })
}
