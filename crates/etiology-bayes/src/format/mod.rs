//! Networks as text. Readers take text and give a network or an error with the line; nothing here touches a file.

pub(crate) mod bif;
mod parts;
pub(crate) mod xmlbif;
