//! Moments of columns with missing values, over the rows where both columns of a pair have one.
//!
//! Every pair of columns keeps its own count, means and squares, so no value is dropped for the sake of a third column.
//! The price: the correlation matrix need not be positive definite, and its entries rest on different rows; a pair's
//! count says on how many. Unbiased only when values are missing completely at random (Little and Rubin, "Statistical
//! Analysis with Missing Data", 3rd ed. 2019, section 3.4).

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::product::{Centred, Side, cross, gram};
use super::{common_length, length_mismatch};
use crate::StatsError;

/// Count, means and co-moments of every pair of columns over the rows complete in that pair.
///
/// Memory: `32 p^2` bytes. NaN and infinities are missing.
///
/// # Example
///
/// ```
/// use etiology_stats::PairwiseMoments;
///
/// let moments = PairwiseMoments::from_columns(&[[1.0, 2.0, 3.0, f64::NAN], [1.0, 2.0, f64::NAN, 5.0]])?;
/// assert_eq!(moments.count(0, 1), 2.0);
/// assert_eq!(moments.count(0, 0), 3.0);
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Packed", into = "Packed")]
pub struct PairwiseMoments {
    /// Rows where both have a value.
    counts: DMatrix<f64>,
    /// At (i, j) the mean of i over the rows it shares with j.
    means: DMatrix<f64>,
    /// At (i, j) the sum of squared deviations of i over the rows it shares with j.
    squares: DMatrix<f64>,
    /// The co-moment of i and j over the rows they share.
    comoments: DMatrix<f64>,
}

impl PairwiseMoments {
    /// The moments of whole columns. O(n p^2), four blocked matrix products.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn from_columns<C: AsRef<[f64]> + Sync>(columns: &[C]) -> Result<Self, StatsError> {
        common_length(columns)?;
        let centres: Vec<f64> = columns.iter().map(|column| observed_mean(column.as_ref())).collect();
        let side = |side: Side| -> Vec<Centred<'_>> {
            let sides = columns.iter().zip(&centres);
            sides.map(|(column, &centre)| Centred::sparse(column.as_ref(), centre, side)).collect()
        };
        let (deviations, present) = (side(Side::Deviation), side(Side::Present));
        let counts = gram(&present, None);
        let sums = cross(&deviations, &present, None);
        let raw_squares = cross(&side(Side::Square), &present, None);
        let raw = gram(&deviations, None);
        let p = columns.len();
        let share =
            |i: usize, j: usize| if counts[(i, j)] > 0.0 { sums[(i, j)] / counts[(i, j)] } else { 0.0 };
        Ok(Self {
            means: DMatrix::from_fn(
                p,
                p,
                |i, j| if counts[(i, j)] > 0.0 { centres[i] + share(i, j) } else { 0.0 },
            ),
            squares: DMatrix::from_fn(p, p, |i, j| {
                (raw_squares[(i, j)] - sums[(i, j)] * share(i, j)).max(0.0)
            }),
            comoments: DMatrix::from_fn(p, p, |i, j| {
                raw[(i, j)] - counts[(i, j)] * (share(i, j) * share(j, i))
            }),
            counts,
        })
    }

    /// Adds the moments of other rows of the same columns. O(p^2).
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the two have different numbers of columns.
    pub fn merge(&mut self, other: &Self) -> Result<(), StatsError> {
        let p = self.width();
        if other.width() != p {
            return Err(length_mismatch(p, other.width()));
        }
        let delta = DMatrix::from_fn(p, p, |i, j| other.means[(i, j)] - self.means[(i, j)]);
        for j in 0..p {
            for i in 0..p {
                let at = (i, j);
                let (here, there) = (self.counts[at], other.counts[at]);
                if there <= 0.0 {
                    continue;
                }
                let total = here + there;
                let between = here * (there / total);
                self.comoments[at] += other.comoments[at] + between * (delta[at] * delta[(j, i)]);
                self.squares[at] += other.squares[at] + between * (delta[at] * delta[at]);
                self.means[at] += delta[at] * (there / total);
                self.counts[at] = total;
            }
        }
        Ok(())
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.counts.nrows()
    }

    /// Rows where both columns have a value; 0 for a number that is no column.
    #[must_use]
    pub fn count(&self, i: usize, j: usize) -> f64 {
        self.counts.get((i, j)).copied().unwrap_or(0.0)
    }

    /// [`PairwiseMoments::count`] of every pair.
    #[must_use]
    pub fn counts(&self) -> &DMatrix<f64> {
        &self.counts
    }

    /// The covariance of every pair, over its own rows; zero where fewer than `ddof + 1` are shared.
    #[must_use]
    pub fn covariance(&self, ddof: usize) -> DMatrix<f64> {
        self.comoments.zip_map(&self.counts, |comoment, count| {
            let degrees = count - ddof as f64;
            if degrees > 0.0 && comoment.is_finite() { comoment / degrees } else { 0.0 }
        })
    }

    /// The correlation of every pair, both spreads taken over the pair's own rows. Zero where fewer than two rows are
    /// shared or one of the two does not vary over them. Need not be positive definite.
    #[must_use]
    pub fn correlation(&self) -> DMatrix<f64> {
        let p = self.width();
        DMatrix::from_fn(p, p, |i, j| {
            let r = self.comoments[(i, j)] / self.squares[(i, j)].sqrt() / self.squares[(j, i)].sqrt();
            match (i == j, r.is_finite() && self.varies(i, j) && self.varies(j, i)) {
                (true, _) => 1.0,
                (false, true) => r.clamp(-1.0, 1.0),
                (false, false) => 0.0,
            }
        })
    }

    /// The columns that do not vary over the rows where they have a value, or have fewer than two, ascending.
    #[must_use]
    pub fn degenerate(&self) -> Vec<usize> {
        (0..self.width()).filter(|&i| !self.varies(i, i)).collect()
    }

    /// Whether `i` varies over the rows it shares with `j`, beyond what rounding about its overall mean leaves.
    fn varies(&self, i: usize, j: usize) -> bool {
        let (count, squares) = (self.counts[(i, j)], self.squares[(i, j)]);
        let step = f64::EPSILON * (self.means[(i, j)].abs() + self.means[(i, i)].abs());
        let lost = f64::EPSILON * self.squares[(i, i)];
        count >= 2.0 && squares.is_finite() && squares > (count * step * step).max(lost)
    }
}

/// What a [`PairwiseMoments`] is written as, every matrix column by column.
#[derive(Serialize, Deserialize)]
struct Packed {
    width: usize,
    counts: Vec<f64>,
    means: Vec<f64>,
    squares: Vec<f64>,
    comoments: Vec<f64>,
}

impl From<PairwiseMoments> for Packed {
    fn from(moments: PairwiseMoments) -> Self {
        Self {
            width: moments.width(),
            counts: moments.counts.as_slice().to_vec(),
            means: moments.means.as_slice().to_vec(),
            squares: moments.squares.as_slice().to_vec(),
            comoments: moments.comoments.as_slice().to_vec(),
        }
    }
}

impl TryFrom<Packed> for PairwiseMoments {
    type Error = StatsError;

    fn try_from(packed: Packed) -> Result<Self, StatsError> {
        let width = packed.width;
        let matrix = |values: Vec<f64>| match width.checked_mul(width) {
            Some(size) if size == values.len() => Ok(DMatrix::from_vec(width, width, values)),
            _ => Err(StatsError::LengthMismatch {
                statistic: "the written co-moments",
                left: width.saturating_mul(width),
                right: values.len(),
            }),
        };
        Ok(Self {
            counts: matrix(packed.counts)?,
            means: matrix(packed.means)?,
            squares: matrix(packed.squares)?,
            comoments: matrix(packed.comoments)?,
        })
    }
}

/// The mean of the finite values, 0 of none.
fn observed_mean(values: &[f64]) -> f64 {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let n = finite().count();
    if n == 0 {
        return 0.0;
    }
    let rough = finite().map(|value| value / n as f64).sum::<f64>();
    rough + finite().map(|value| (value - rough) / n as f64).sum::<f64>()
}
