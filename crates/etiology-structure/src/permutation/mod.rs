//! Searches over orders of the variables: BOSS and GRaSP, on grow-shrink trees.
//!
//! An order stands for the graph in which every variable has the parents that growing and shrinking choose for it among those
//! before it; the search looks for the order whose graph scores best.

mod boss;
mod grasp;
mod grow_shrink;
mod order;

pub use boss::Boss;
pub use grasp::Grasp;
pub use order::StartOrder;
