//! Mutual information of columns, given others: how much one tells about another that a third does not.
//!
//! Two estimators, in nats. [`gaussian_information`] reads [`Moments`](etiology_stats::Moments) and is exact for jointly
//! Gaussian columns; it sees linear dependence only. [`NearestNeighbours`] counts neighbours (Kraskov, Stoegbauer and
//! Grassberger 2004; given others, Frenzel and Pompe 2007) and sees dependence of any form, at the price of rows. A [`Shuffle`]
//! makes data in which the dependence is broken and the rest is kept, for a p-value.

mod gaussian;
mod nearest;
mod neighbours;
mod shuffle;
#[cfg(test)]
pub(crate) mod testing;

pub use gaussian::gaussian_information;
pub use nearest::{KsgVariant, NearestNeighbours, Scaling};
pub use shuffle::Shuffle;
pub(crate) use shuffle::resampled_p_value;
