#![doc = include_str!("../README.md")]

mod dag;
mod document;
mod error;
mod mark;
mod node_set;
mod nodes;
mod pag;
mod pdag;

pub use dag::Dag;
pub use document::{GraphDocument, GraphEdge};
pub use error::GraphError;
pub use mark::{EdgeMarks, Mark};
pub use node_set::NodeSet;
pub use nodes::Nodes;
pub use pag::Pag;
pub use pdag::Pdag;
