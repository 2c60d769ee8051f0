//! Mergeable weighted moments of many columns: count, means and co-moments.
//!
//! What every Gaussian method needs and all it needs. Rows arrive one at a time ([`Moments::push`]), as whole columns
//! ([`Moments::from_columns`], a blocked matrix product) or as the moments of other rows ([`Moments::merge`]), in the
//! updating formulas of Welford (Technometrics 4, 1962) and Chan, Golub and `LeVeque` (The American Statistician 37, 1983),
//! which subtract no large numbers from one another. [`PairwiseMoments`] is the variant for missing values,
//! [`LaggedMoments`] the one for series and their past.
//!
//! A column that is constant or holds a NaN or an infinity cannot enter a regression. It is never an error: it is listed
//! by [`Moments::degenerate`], and in the matrices its entries are zero.

mod lagged;
mod pairwise;
mod product;

pub use lagged::LaggedMoments;
pub use pairwise::PairwiseMoments;

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use crate::StatsError;
use crate::mean::mean;
use product::{Centred, gram};

/// Count, means and co-moments `sum w (x - mean x)(y - mean y)` of columns.
///
/// Memory: `8 p^2` bytes for p columns, whatever the number of rows.
///
/// # Example
///
/// ```
/// use etiology_stats::Moments;
///
/// let mut moments = Moments::from_columns(&[[1.0, 2.0, 3.0], [2.0, 4.0, 7.0]])?;
/// moments.merge(&Moments::from_columns(&[[4.0], [7.0]])?)?;
/// assert_eq!(moments.rows(), 4);
/// assert_eq!(moments.means(), [2.5, 5.0]);
/// assert_eq!(moments.covariance(1)[(0, 1)], 3.0);
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Packed", into = "Packed")]
pub struct Moments {
    rows: u64,
    weight: f64,
    means: Vec<f64>,
    comoments: DMatrix<f64>,
    non_finite: Vec<bool>,
}

impl Moments {
    /// The moments of no rows of `width` columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            rows: 0,
            weight: 0.0,
            means: vec![0.0; width],
            comoments: DMatrix::zeros(width, width),
            non_finite: vec![false; width],
        }
    }

    /// The moments of whole columns. O(n p^2) as a blocked symmetric matrix product over all cores; the result is the same,
    /// bit for bit, on any number of them.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the columns differ in length.
    pub fn from_columns<C: AsRef<[f64]> + Sync>(columns: &[C]) -> Result<Self, StatsError> {
        let rows = common_length(columns)?;
        let means: Vec<Option<f64>> = columns.iter().map(|column| finite_mean(column.as_ref())).collect();
        Ok(Self::centred(columns, means, None, rows as u64, rows as f64))
    }

    /// The moments of columns whose rows carry weights: a row of weight 2 counts as two equal rows.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`]; [`StatsError::Parameter`] when a weight is negative or not finite.
    pub fn from_weighted_columns<C: AsRef<[f64]> + Sync>(
        columns: &[C],
        weights: &[f64],
    ) -> Result<Self, StatsError> {
        let rows = common_length(columns)?;
        if !columns.is_empty() && weights.len() != rows {
            return Err(length_mismatch(rows, weights.len()));
        }
        for &weight in weights {
            require_weight(weight)?;
        }
        let weight: f64 = weights.iter().sum();
        let means = columns.iter().map(|column| weighted_mean(column.as_ref(), weights, weight)).collect();
        Ok(Self::centred(columns, means, Some(weights), rows as u64, weight))
    }

    fn centred<C: AsRef<[f64]> + Sync>(
        columns: &[C],
        means: Vec<Option<f64>>,
        weights: Option<&[f64]>,
        rows: u64,
        weight: f64,
    ) -> Self {
        let sides: Vec<Centred<'_>> = columns
            .iter()
            .zip(&means)
            .map(|(column, mean)| match mean {
                Some(centre) => Centred::finite(column.as_ref(), *centre),
                None => Centred::zero(),
            })
            .collect();
        let comoments = gram(&sides, weights);
        let mut moments = Self {
            rows,
            weight,
            non_finite: means.iter().map(Option::is_none).collect(),
            means: means.into_iter().map(|mean| mean.unwrap_or(0.0)).collect(),
            comoments,
        };
        moments.drop_overflow();
        moments
    }

    /// Moments whose parts were summed elsewhere.
    fn from_parts(rows: u64, means: Vec<f64>, comoments: DMatrix<f64>) -> Self {
        let non_finite = vec![false; means.len()];
        let mut moments = Self { rows, weight: rows as f64, means, comoments, non_finite };
        moments.drop_overflow();
        moments
    }

    /// Adds a row. O(p^2).
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the row has not one value a column.
    pub fn push(&mut self, row: &[f64]) -> Result<(), StatsError> {
        self.push_weighted(row, 1.0)
    }

    /// Adds a row that counts as `weight` rows. O(p^2).
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`]; [`StatsError::Parameter`] when the weight is negative or not finite.
    pub fn push_weighted(&mut self, row: &[f64], weight: f64) -> Result<(), StatsError> {
        if row.len() != self.width() {
            return Err(length_mismatch(self.width(), row.len()));
        }
        require_weight(weight)?;
        self.rows += 1;
        for (column, value) in row.iter().enumerate() {
            if !value.is_finite() {
                self.forget(column);
            }
        }
        if weight == 0.0 {
            return Ok(());
        }
        let deltas: Vec<f64> = (row.iter().zip(&self.means).zip(&self.non_finite))
            .map(|((value, mean), &lost)| if lost { 0.0 } else { value - mean })
            .collect();
        self.shift(&deltas, weight);
        self.drop_overflow();
        Ok(())
    }

    /// Adds the moments of other rows of the same columns. O(p^2); associative and commutative up to rounding.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the two have different numbers of columns.
    pub fn merge(&mut self, other: &Self) -> Result<(), StatsError> {
        if other.width() != self.width() {
            return Err(length_mismatch(self.width(), other.width()));
        }
        self.rows += other.rows;
        for column in 0..self.width() {
            if other.non_finite[column] {
                self.forget(column);
            }
        }
        if other.weight == 0.0 {
            return Ok(());
        }
        let deltas: Vec<f64> = (0..self.width())
            .map(|i| if self.non_finite[i] { 0.0 } else { other.means[i] - self.means[i] })
            .collect();
        self.comoments += &other.comoments;
        self.shift(&deltas, other.weight);
        for column in 0..self.width() {
            if self.non_finite[column] {
                self.forget(column);
            }
        }
        self.drop_overflow();
        Ok(())
    }

    /// Moves the means by rows of total `weight` whose means lie `deltas` away, and adds what lies between the two groups.
    fn shift(&mut self, deltas: &[f64], weight: f64) {
        let total = self.weight + weight;
        let between = self.weight * (weight / total);
        for (mean, delta) in self.means.iter_mut().zip(deltas) {
            *mean += delta * (weight / total);
        }
        if between > 0.0 {
            for (column, &right) in deltas.iter().enumerate() {
                if right != 0.0 {
                    for (entry, &left) in self.comoments.column_mut(column).iter_mut().zip(deltas) {
                        // The product first, so that the matrix stays symmetric to the last bit.
                        *entry += between * (left * right);
                    }
                }
            }
        }
        self.weight = total;
    }

    /// The moments of some of the columns, in the order given; numbers that are no column are skipped.
    #[must_use]
    pub fn select(&self, columns: &[usize]) -> Self {
        let kept: Vec<usize> = columns.iter().copied().filter(|&column| column < self.width()).collect();
        Self {
            rows: self.rows,
            weight: self.weight,
            means: kept.iter().map(|&i| self.means[i]).collect(),
            comoments: DMatrix::from_fn(kept.len(), kept.len(), |i, j| self.comoments[(kept[i], kept[j])]),
            non_finite: kept.iter().map(|&i| self.non_finite[i]).collect(),
        }
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.means.len()
    }

    /// Number of rows, each counted once.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Sum of the weights: the number of rows when none were given.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The means; 0 for a column with values that are not finite.
    #[must_use]
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The co-moment matrix, symmetric to the last bit.
    #[must_use]
    pub fn comoments(&self) -> &DMatrix<f64> {
        &self.comoments
    }

    /// The covariance matrix `comoments / (weight - ddof)`; zero when no degrees of freedom are left.
    #[must_use]
    pub fn covariance(&self, ddof: usize) -> DMatrix<f64> {
        let degrees = self.weight - ddof as f64;
        if degrees > 0.0 { &self.comoments / degrees } else { DMatrix::zeros(self.width(), self.width()) }
    }

    /// The correlation matrix: ones on the diagonal, and zeros beside it for a [degenerate](Self::degenerate) column.
    #[must_use]
    pub fn correlation(&self) -> DMatrix<f64> {
        let mut scales: Vec<f64> =
            self.comoments.diagonal().iter().map(|&squares| 1.0 / squares.sqrt()).collect();
        for column in self.degenerate() {
            scales[column] = 0.0;
        }
        DMatrix::from_fn(self.width(), self.width(), |i, j| {
            if i == j { 1.0 } else { (self.comoments[(i, j)] * scales[i] * scales[j]).clamp(-1.0, 1.0) }
        })
    }

    /// The columns no covariance can be asked about, ascending: those that hold a NaN or an infinity, exceed the largest
    /// number when squared, or are constant (a standard deviation below one rounding step of the mean).
    #[must_use]
    pub fn degenerate(&self) -> Vec<usize> {
        (0..self.width()).filter(|&i| self.non_finite[i] || self.is_constant(i)).collect()
    }

    /// Whether every value of the column was finite and its squares did not overflow; false for a number that is no column.
    #[must_use]
    pub fn is_finite(&self, column: usize) -> bool {
        self.non_finite.get(column).is_some_and(|&lost| !lost)
    }

    fn is_constant(&self, column: usize) -> bool {
        let squares = self.comoments[(column, column)];
        let step = f64::EPSILON * self.means[column].abs();
        // Subnormal squares have lost the digits a correlation would need.
        squares <= self.weight * step * step || squares < f64::MIN_POSITIVE / f64::EPSILON
    }

    fn forget(&mut self, column: usize) {
        self.non_finite[column] = true;
        self.means[column] = 0.0;
        self.comoments.row_mut(column).fill(0.0);
        self.comoments.column_mut(column).fill(0.0);
    }

    /// A column whose squares overflow is as unusable as one with an infinity.
    fn drop_overflow(&mut self) {
        for column in 0..self.width() {
            if !self.comoments[(column, column)].is_finite() || !self.means[column].is_finite() {
                self.forget(column);
            }
        }
    }
}

/// What a [`Moments`] is written as: the upper triangle, column by column.
#[derive(Serialize, Deserialize)]
struct Packed {
    rows: u64,
    weight: f64,
    means: Vec<f64>,
    upper: Vec<f64>,
    non_finite: Vec<usize>,
}

impl From<Moments> for Packed {
    fn from(moments: Moments) -> Self {
        let width = moments.width();
        Self {
            rows: moments.rows,
            weight: moments.weight,
            upper: (0..width)
                .flat_map(|j| (0..=j).map(move |i| (i, j)))
                .map(|at| moments.comoments[at])
                .collect(),
            non_finite: (0..width).filter(|&i| moments.non_finite[i]).collect(),
            means: moments.means,
        }
    }
}

impl TryFrom<Packed> for Moments {
    type Error = StatsError;

    fn try_from(packed: Packed) -> Result<Self, StatsError> {
        let width = packed.means.len();
        let size = width * (width + 1) / 2;
        if packed.upper.len() != size {
            return Err(StatsError::LengthMismatch {
                statistic: "the written co-moments",
                left: size,
                right: packed.upper.len(),
            });
        }
        require_weight(packed.weight)?;
        let mut moments = Self::new(width);
        moments.rows = packed.rows;
        moments.weight = packed.weight;
        moments.means = packed.means;
        let mut upper = packed.upper.into_iter();
        for j in 0..width {
            for i in 0..=j {
                let value = upper.next().unwrap_or(0.0);
                moments.comoments[(i, j)] = value;
                moments.comoments[(j, i)] = value;
            }
        }
        for column in packed.non_finite.into_iter().filter(|&column| column < width) {
            moments.forget(column);
        }
        moments.drop_overflow();
        Ok(moments)
    }
}

fn common_length<C: AsRef<[f64]>>(columns: &[C]) -> Result<usize, StatsError> {
    let rows = columns.first().map_or(0, |column| column.as_ref().len());
    match columns.iter().find(|column| column.as_ref().len() != rows) {
        Some(other) => Err(length_mismatch(rows, other.as_ref().len())),
        None => Ok(rows),
    }
}

fn length_mismatch(left: usize, right: usize) -> StatsError {
    StatsError::LengthMismatch { statistic: "moments", left, right }
}

fn require_weight(weight: f64) -> Result<(), StatsError> {
    if weight >= 0.0 && weight.is_finite() {
        return Ok(());
    }
    Err(StatsError::Parameter { parameter: "a weight", value: weight, expected: "finite and not negative" })
}

/// The mean, 0 of no values; `None` when a value is not finite.
fn finite_mean(values: &[f64]) -> Option<f64> {
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    Some(mean(values).unwrap_or(0.0))
}

fn weighted_mean(values: &[f64], weights: &[f64], total: f64) -> Option<f64> {
    let rough = finite_mean(values)?;
    if total <= 0.0 {
        return Some(rough);
    }
    let rest: f64 = values.iter().zip(weights).map(|(value, weight)| (value - rough) * weight).sum();
    Some(rough + rest / total)
}
