//! Constraint-based learners: they ask which variables are independent given which others.

mod budget;
mod collider;
mod fci;
mod fci_rules;
mod latent;
mod mmpc;
mod mvpc;
mod oracle;
mod pc;
mod rfci;
mod rfci_checks;
mod separators;
mod shares;
mod skeleton;
mod walk;

pub use budget::{Budget, SearchReport, Untested};
pub use collider::ColliderRule;
pub use fci::{Fci, FciParams, FciResult};
pub use mmpc::{Mmpc, MmpcParams, MmpcResult};
pub use mvpc::{MvPc, MvPcParams, MvPcResult};
pub use oracle::DSeparation;
pub use pc::{ConflictPolicy, Pc, PcParams, PcResult, PcVariant};
pub use rfci::{Rfci, RfciParams, RfciResult};
pub use separators::SeparatingSets;
pub use skeleton::Separator;
