//! The `etiology` command.

fn main() {}
