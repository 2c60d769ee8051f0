//! Causality of any form: [`TransferEntropy`].

mod transfer_entropy;

pub use transfer_entropy::{TransferEntropy, TransferEstimator, TransferTest};
