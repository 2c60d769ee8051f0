//! Learners that turn the search over graphs into one over matrices: a smooth function of the weights that is zero exactly on
//! acyclic graphs.
//!
//! [`Notears`] and [`Dagma`] minimise the squared error of a linear model. Its value and gradient need only the covariance
//! matrix, so a step costs `O(p^3)` whatever the number of rows.

mod dagma;
mod expm;
mod notears;
mod options;
mod problem;

pub use dagma::Dagma;
pub use notears::Notears;
