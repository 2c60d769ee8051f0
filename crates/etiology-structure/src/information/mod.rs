//! Learners for categories that weigh information against the cost of describing it.
//!
//! [`Miic`] removes edges whose information is explained by others, and reads directions from the sign of three-point
//! information. Its mutual informations are corrected by the normalised maximum likelihood complexity (`complexity`), and counted
//! with strata that are never more than rows (`counted`).

mod complexity;
mod counted;
mod miic;
mod orient;

pub use counted::Correction;
pub use miic::{Miic, MiicEdge, MiicModel};
