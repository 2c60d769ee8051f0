//! Lagged discovery on the data of the folder beside the checkout, and on planted systems.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_possible_truncation)]

mod nonlinear;
mod pcmci;
mod support;
