//! Every root-cause method, one a file, and the registry that lists them.

use crate::{RankError, RootCauseMethod};

/// Every method, floors last.
#[must_use]
pub fn registry() -> Vec<Box<dyn RootCauseMethod>> {
    Vec::new()
}

/// The method that `id` names: `baro` (repaired) or `baro:published`. A method that exists only as published answers to
/// its bare name too.
///
/// # Errors
/// [`RankError::NoMethod`].
pub fn find(id: &str) -> Result<Box<dyn RootCauseMethod>, RankError> {
    let mut methods = registry();
    let by_id = methods.iter().position(|method| method.card().id() == id);
    let index = by_id.or_else(|| methods.iter().position(|method| method.card().name == id));
    match index {
        Some(index) => Ok(methods.swap_remove(index)),
        None => Err(RankError::NoMethod { name: id.to_owned() }),
    }
}
