//! Granger causality by frequency.
//!
//! [`SpectralGranger`] is Geweke's measure: the share of a series' power at a frequency that comes from another's
//! innovations, unconditional or given others, whose mean over all frequencies is the measure in time. A
//! [`SpectralBootstrap`] refers it to data in which the cause has no effect. [`breitung_candelon`] tests one frequency with a
//! closed form. Frequencies are in cycles per row, from 0 to .5 (Nyquist): times the rows per second, in hertz.

mod bootstrap;
mod breitung_candelon;
mod geweke;
mod process;

pub use bootstrap::{SpectralBootstrap, SpectralTest};
pub use breitung_candelon::breitung_candelon;
pub use geweke::SpectralGranger;
pub use process::VarProcess;

use crate::GrangerError;

/// A frequency in cycles per row.
fn require_frequency(frequency: f64) -> Result<(), GrangerError> {
    if (0.0..=0.5).contains(&frequency) {
        return Ok(());
    }
    Err(GrangerError::Parameter {
        parameter: "a frequency",
        value: frequency,
        expected: "in cycles per row, from 0 to 0.5",
    })
}
