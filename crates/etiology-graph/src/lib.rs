#![doc = include_str!("../README.md")]

mod adjustment;
mod aid;
mod class_size;
mod compare;
mod cpdag;
mod dag;
mod document;
mod dot;
mod error;
mod extension;
mod front_door;
mod graphml;
mod interop;
mod lagged;
mod mag;
mod mark;
mod meek;
mod members;
mod moral;
mod node_set;
mod nodes;
mod pag;
mod pdag;
mod possible;
#[cfg(test)]
mod properties;
mod separation;
mod separators;
#[cfg(test)]
mod testing;

pub use adjustment::{Adjustment, ParentSets, possible_parent_sets, satisfies_back_door};
pub use aid::{AdjustBy, Mistakes, SidBounds, identification_distance, sid, sid_bounds};
pub use class_size::class_size;
pub use compare::{Comparison, Counts, compare, pag_shd, shd};
pub use cpdag::{
    cpdag, is_cpdag, is_mpdag, markov_equivalent, pattern, skeleton, v_structures, v_structures_of,
};
pub use dag::Dag;
pub use document::{GraphDocument, GraphEdge};
pub use error::GraphError;
pub use extension::consistent_extension;
pub use front_door::{front_door_set, satisfies_front_door};
pub use lagged::{Lag, LaggedEdge, LaggedGraph, SummaryEdge};
pub use mag::{dag_to_mag, is_mag, m_separated};
pub use mark::{EdgeMarks, Mark};
pub use meek::{add_background_knowledge, orient_by_meek, orient_by_meek_definite, orient_by_meek_from};
pub use members::{Members, members};
pub use moral::{markov_blanket, moral_graph};
pub use node_set::NodeSet;
pub use nodes::Nodes;
pub use pag::Pag;
pub use pdag::Pdag;
pub use separation::{d_connected, d_separated, d_separated_sets, minimal_separator, minimal_separator_sets};
pub use separators::MinimalSeparators;

/// The type of [`class_size`].
pub use num_bigint::BigUint;
