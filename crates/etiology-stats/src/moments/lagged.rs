//! Mergeable moments of series and their own past.
//!
//! A regression of a series on the last L values of others needs the products of every pair of series at every distance up
//! to L. They are summed once, by distance, in one blocked matrix product; the moments of every lag order up to L, each on
//! all the rows that order can use, then follow from the rows at the two ends of each stretch, since shifting both sides of
//! a product by one row only drops a row at one end and takes in one at the other.
//!
//! A row pairs with its past only within a stretch: a run of rows without a gap in time and with a finite value in every
//! series. No product is ever taken across a gap.

use nalgebra::{DMatrix, DMatrixView, DVector, DVectorView};
use serde::{Deserialize, Serialize};

use super::product::{Centred, Side, cross};
use super::{Moments, common_length, length_mismatch};
use crate::StatsError;

/// The products of p series with one another at distances 0 to L, within stretches of consecutive rows.
///
/// Memory: `8 p^2 (L + 1)` bytes, and `16 p L` for each stretch.
///
/// # Example
///
/// ```
/// use etiology_stats::LaggedMoments;
///
/// // Seven rows in two stretches: a gap before row 4.
/// let lagged = LaggedMoments::from_columns(&[[1.0, 2.0, 4.0, 8.0, 1.0, 3.0, 9.0]], 2, &[4])?;
/// assert_eq!((lagged.rows(0), lagged.rows(1), lagged.rows(2)), (7, 5, 3));
/// // Columns of order 1: the series, then the series one row earlier.
/// let first = lagged.at(1)?;
/// assert_eq!(first.means(), [(2.0 + 4.0 + 8.0 + 3.0 + 9.0) / 5.0, (1.0 + 2.0 + 4.0 + 1.0 + 3.0) / 5.0]);
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct LaggedMoments {
    /// What is subtracted from each series before its products are taken.
    centre: Vec<f64>,
    max_lag: usize,
    /// Sums, less the centre, over the rows of long stretches that have L rows before them.
    sums: DVector<f64>,
    /// At d, over the same rows: the products of each series with each one d rows earlier.
    products: Vec<DMatrix<f64>>,
    stretches: Vec<Stretch>,
}

/// Series up to which products are taken one by one.
const FEW: usize = 4;

/// What is kept of a stretch: one column a row, less the centre.
#[derive(Debug, Clone, PartialEq)]
enum Stretch {
    /// At least 2 L rows: how many, the first L and the last L.
    Long { rows: u64, head: DMatrix<f64>, tail: DMatrix<f64> },
    /// Fewer: all of them.
    Short(DMatrix<f64>),
}

impl LaggedMoments {
    /// The moments of no rows of `width` series.
    #[must_use]
    pub fn new(width: usize, max_lag: usize) -> Self {
        Self {
            centre: vec![0.0; width],
            max_lag,
            sums: DVector::zeros(width),
            products: vec![DMatrix::zeros(width, width); max_lag + 1],
            stretches: Vec::new(),
        }
    }

    /// The moments of whole series up to `max_lag`. A stretch ends before every row in `starts` (ascending: the first rows
    /// after a gap) and at every row where a series is NaN or infinite. O(n p^2 L) as one blocked matrix product, whose
    /// result is the same on any number of threads.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the series differ in length.
    pub fn from_columns<C: AsRef<[f64]> + Sync>(
        columns: &[C],
        max_lag: usize,
        starts: &[usize],
    ) -> Result<Self, StatsError> {
        let rows = common_length(columns)?;
        let columns: Vec<&[f64]> = columns.iter().map(AsRef::as_ref).collect();
        let mut lagged = Self::new(columns.len(), max_lag);
        if columns.is_empty() {
            return Ok(lagged);
        }
        lagged.centre = columns.iter().map(|column| centre(column)).collect();
        let stretches = complete_stretches(&columns, starts);
        let mut weights = vec![0.0; rows];
        for &(from, to) in &stretches {
            if to - from >= 2 * max_lag {
                weights[from + max_lag..to].fill(1.0);
            }
            let stretch = lagged.stretch(&columns, from, to);
            lagged.stretches.push(stretch);
        }
        if rows > max_lag {
            lagged.add_products(&columns, &weights);
        }
        Ok(lagged)
    }

    fn stretch(&self, columns: &[&[f64]], from: usize, to: usize) -> Stretch {
        let copy = |from: usize, rows: usize| {
            DMatrix::from_fn(columns.len(), rows, |i, row| columns[i][from + row] - self.centre[i])
        };
        let lag = self.max_lag;
        if to - from >= 2 * lag {
            Stretch::Long { rows: (to - from) as u64, head: copy(from, lag), tail: copy(to - lag, lag) }
        } else {
            Stretch::Short(copy(from, to - from))
        }
    }

    /// One product of every series with every series at every distance, over the rows of weight 1.
    fn add_products(&mut self, columns: &[&[f64]], weights: &[f64]) {
        let (width, lag) = (columns.len(), self.max_lag);
        let rows = weights.len() - lag;
        let side = |i: usize, distance: usize| {
            let values = &columns[i][lag - distance..lag - distance + rows];
            Centred::sparse(values, self.centre[i], Side::Deviation)
        };
        let weights = &weights[lag..];
        if width <= FEW {
            self.add_few(columns, weights);
            return;
        }
        let left: Vec<Centred<'_>> = (0..width).map(|i| side(i, 0)).collect();
        let right: Vec<Centred<'_>> =
            (0..=lag).flat_map(|d| (0..width).map(move |i| (i, d))).map(|(i, d)| side(i, d)).collect();
        let all = cross(&left, &right, Some(weights));
        for (distance, product) in self.products.iter_mut().enumerate() {
            product.copy_from(&all.columns(distance * width, width));
        }
        for (i, sum) in self.sums.iter_mut().enumerate() {
            let used = columns[i][lag..].iter().zip(weights).filter(|&(_, &weight)| weight > 0.0);
            *sum = used.map(|(value, _)| value - self.centre[i]).sum();
        }
    }

    /// As [`add_products`](Self::add_products), for so few series that the panels of a blocked product cost more than they save.
    fn add_few(&mut self, columns: &[&[f64]], weights: &[f64]) {
        let (width, lag) = (self.width(), self.max_lag);
        let deviations: Vec<DVector<f64>> = columns
            .iter()
            .zip(&self.centre)
            .map(|(column, centre)| {
                let deviation = |value: &f64| if value.is_finite() { value - centre } else { 0.0 };
                DVector::from_iterator(column.len(), column.iter().map(deviation))
            })
            .collect();
        let weights = DVectorView::from_slice(weights, weights.len());
        for i in 0..width {
            let now = deviations[i].rows_range(lag..).component_mul(&weights);
            self.sums[i] = now.sum();
            for (distance, product) in self.products.iter_mut().enumerate() {
                for (j, earlier) in deviations.iter().enumerate() {
                    product[(i, j)] = now.dot(&earlier.rows(lag - distance, now.len()));
                }
            }
        }
    }

    /// Adds the moments of other stretches of the same series: no product is taken between the two. O(p^2 L), and O(p L^2)
    /// for each stretch of `other`; associative and commutative up to rounding.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] when the numbers of series or the maximum lags differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), StatsError> {
        if other.width() != self.width() {
            return Err(length_mismatch(self.width(), other.width()));
        }
        if other.max_lag != self.max_lag {
            return Err(length_mismatch(self.max_lag, other.max_lag));
        }
        if self.stretches.is_empty() {
            self.clone_from(other);
            return Ok(());
        }
        let other = other.centred_on(&self.centre);
        self.sums += &other.sums;
        for (product, added) in self.products.iter_mut().zip(&other.products) {
            *product += added;
        }
        self.stretches.extend(other.stretches);
        Ok(())
    }

    /// The same moments about another centre.
    fn centred_on(&self, centre: &[f64]) -> Self {
        let move_by =
            DVector::from_iterator(centre.len(), self.centre.iter().zip(centre).map(|(old, new)| old - new));
        let mut moved = self.clone();
        moved.centre = centre.to_vec();
        let rows = self.long_rows(self.max_lag) as f64;
        for (distance, product) in moved.products.iter_mut().enumerate() {
            let earlier = self.sums_at(self.max_lag, distance);
            product.ger(1.0, &self.sums, &move_by, 1.0);
            product.ger(1.0, &move_by, &earlier, 1.0);
            product.ger(rows, &move_by, &move_by, 1.0);
        }
        moved.sums.axpy(rows, &move_by, 1.0);
        let shift = |rows: &mut DMatrix<f64>| rows.column_iter_mut().for_each(|mut row| row += &move_by);
        for stretch in &mut moved.stretches {
            match stretch {
                Stretch::Long { head, tail, .. } => {
                    shift(head);
                    shift(tail);
                }
                Stretch::Short(rows) => shift(rows),
            }
        }
        moved
    }

    /// Number of series.
    #[must_use]
    pub fn width(&self) -> usize {
        self.centre.len()
    }

    /// The largest lag order.
    #[must_use]
    pub fn max_lag(&self) -> usize {
        self.max_lag
    }

    /// Number of stretches of consecutive complete rows.
    #[must_use]
    pub fn stretches(&self) -> usize {
        self.stretches.len()
    }

    /// Number of rows that have `order` rows before them in their stretch.
    #[must_use]
    pub fn rows(&self, order: usize) -> u64 {
        let usable = |rows: u64| rows.saturating_sub(order as u64);
        let count = |stretch: &Stretch| match stretch {
            Stretch::Long { rows, .. } => usable(*rows),
            Stretch::Short(rows) => usable(rows.ncols() as u64),
        };
        self.stretches.iter().map(count).sum()
    }

    fn long_rows(&self, order: usize) -> u64 {
        let count = |stretch: &Stretch| match stretch {
            Stretch::Long { rows, .. } => rows.saturating_sub(order as u64),
            Stretch::Short(_) => 0,
        };
        self.stretches.iter().map(count).sum()
    }

    fn long(&self) -> impl Iterator<Item = (&DMatrix<f64>, &DMatrix<f64>)> {
        self.stretches.iter().filter_map(|stretch| match stretch {
            Stretch::Long { head, tail, .. } => Some((head, tail)),
            Stretch::Short(_) => None,
        })
    }

    /// The moments of the series and of their values 1 to `order` rows earlier, on every row that has `order` rows before it
    /// in its stretch. Column `d * p + i` is series i, d rows earlier. O(p^2 (order^2 + L) s) for s stretches.
    ///
    /// # Errors
    /// [`StatsError::Parameter`] when `order` exceeds the maximum lag.
    pub fn at(&self, order: usize) -> Result<Moments, StatsError> {
        if order > self.max_lag {
            return Err(StatsError::Parameter {
                parameter: "the lag order",
                value: order as f64,
                expected: "at most the maximum lag of the moments",
            });
        }
        let p = self.width();
        let mut raw = DMatrix::zeros(p * (order + 1), p * (order + 1));
        for distance in 0..=order {
            self.fill_diagonal(order, distance, &mut raw);
        }
        let mut sums = DVector::zeros(raw.nrows());
        for distance in 0..=order {
            sums.rows_mut(distance * p, p).copy_from(&self.sums_at(order, distance));
        }
        for stretch in &self.stretches {
            if let Stretch::Short(rows) = stretch {
                add_short(rows, order, &mut raw, &mut sums);
            }
        }
        raw.fill_lower_triangle_with_upper_triangle();
        Ok(self.about_the_mean(order, raw, sums))
    }

    /// The blocks of `raw` whose two lags lie `distance` apart: the first from the products, each next one from the one before
    /// by the rows that come in at the head of each stretch and go out at its tail.
    fn fill_diagonal(&self, order: usize, distance: usize, raw: &mut DMatrix<f64>) {
        let (p, lag) = (self.width(), self.max_lag);
        let mut block = self.products[distance].clone();
        for (head, _) in self.long() {
            for row in order..lag {
                block.ger(1.0, &head.column(row), &head.column(row - distance), 1.0);
            }
        }
        for later in 0..=order - distance {
            if later > 0 {
                for (head, tail) in self.long() {
                    let (first, last) = (order - later, lag - later);
                    block.ger(1.0, &head.column(first), &head.column(first - distance), 1.0);
                    block.ger(-1.0, &tail.column(last), &tail.column(last - distance), 1.0);
                }
            }
            raw.view_mut((later * p, (later + distance) * p), (p, p)).copy_from(&block);
        }
    }

    /// Of the long stretches: the sums of the series `distance` rows before the rows that have `order` rows before them.
    fn sums_at(&self, order: usize, distance: usize) -> DVector<f64> {
        let lag = self.max_lag;
        let mut sums = self.sums.clone();
        for (head, tail) in self.long() {
            for row in order - distance..lag {
                sums += head.column(row);
            }
            for row in lag - distance..lag {
                sums -= tail.column(row);
            }
        }
        sums
    }

    fn about_the_mean(&self, order: usize, mut raw: DMatrix<f64>, sums: DVector<f64>) -> Moments {
        let rows = self.rows(order);
        let mut means: Vec<f64> = self.centre.iter().copied().cycle().take(raw.nrows()).collect();
        if rows > 0 {
            let share = 1.0 / rows as f64;
            for j in 0..raw.ncols() {
                for i in 0..raw.nrows() {
                    // The product first, so that the matrix stays symmetric to the last bit.
                    raw[(i, j)] -= share * (sums[i] * sums[j]);
                }
                // Not `max`, which would make 0 of the NaN that an overflow leaves.
                if raw[(j, j)] < 0.0 {
                    raw[(j, j)] = 0.0;
                }
            }
            for (mean, sum) in means.iter_mut().zip(&sums) {
                *mean += share * sum;
            }
        }
        Moments::from_parts(rows, means, raw)
    }
}

/// Adds a short stretch's windows of `order + 1` rows.
fn add_short(rows: &DMatrix<f64>, order: usize, raw: &mut DMatrix<f64>, sums: &mut DVector<f64>) {
    let p = rows.nrows();
    if rows.ncols() <= order {
        return;
    }
    let windows = rows.ncols() - order;
    let at = |later: usize| -> DMatrixView<'_, f64> { rows.columns(order - later, windows) };
    for later in 0..=order {
        for earlier in later..=order {
            raw.view_mut((later * p, earlier * p), (p, p)).gemm(
                1.0,
                &at(later),
                &at(earlier).transpose(),
                1.0,
            );
        }
        for row in at(later).column_iter() {
            let mut slot = sums.rows_mut(later * p, p);
            slot += row;
        }
    }
}

/// The mean of the finite values, to which all are compared.
fn centre(values: &[f64]) -> f64 {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    crate::mean(&finite).unwrap_or(0.0)
}

/// The runs of rows, first and past the last, with a finite value in every series and no start within.
fn complete_stretches(columns: &[&[f64]], starts: &[usize]) -> Vec<(usize, usize)> {
    let rows = columns.first().map_or(0, |column| column.len());
    let mut starts = starts.iter().copied().filter(|&start| start > 0).peekable();
    let mut stretches = Vec::new();
    let mut from = 0;
    for row in 0..=rows {
        let lost = row == rows || columns.iter().any(|column| !column[row].is_finite());
        let mut begins = false;
        while starts.next_if(|&start| start <= row).is_some() {
            begins = true;
        }
        if (lost || begins) && row > from {
            stretches.push((from, row));
        }
        if lost {
            from = row + 1;
        } else if begins {
            from = row;
        }
    }
    stretches
}

/// What a [`LaggedMoments`] is written as: each matrix column by column.
#[derive(Serialize, Deserialize)]
struct Written {
    centre: Vec<f64>,
    max_lag: usize,
    sums: Vec<f64>,
    products: Vec<Vec<f64>>,
    stretches: Vec<WrittenStretch>,
}

#[derive(Serialize, Deserialize)]
struct WrittenStretch {
    rows: u64,
    /// Of a long stretch the first and last rows, of a short one all.
    values: Vec<f64>,
}

impl From<LaggedMoments> for Written {
    fn from(lagged: LaggedMoments) -> Self {
        let stretch = |stretch: &Stretch| match stretch {
            Stretch::Long { rows, head, tail } => {
                WrittenStretch { rows: *rows, values: [head.as_slice(), tail.as_slice()].concat() }
            }
            Stretch::Short(rows) => {
                WrittenStretch { rows: rows.ncols() as u64, values: rows.as_slice().to_vec() }
            }
        };
        Self {
            max_lag: lagged.max_lag,
            sums: lagged.sums.as_slice().to_vec(),
            products: lagged.products.iter().map(|product| product.as_slice().to_vec()).collect(),
            stretches: lagged.stretches.iter().map(stretch).collect(),
            centre: lagged.centre,
        }
    }
}

impl TryFrom<Written> for LaggedMoments {
    type Error = StatsError;

    fn try_from(written: Written) -> Result<Self, StatsError> {
        let (p, lag) = (written.centre.len(), written.max_lag);
        let has = |expected: usize, got: usize| {
            let wrong = StatsError::LengthMismatch {
                statistic: "the written lagged moments",
                left: expected,
                right: got,
            };
            if expected == got { Ok(()) } else { Err(wrong) }
        };
        has(p, written.sums.len())?;
        has(lag + 1, written.products.len())?;
        let mut lagged = Self::new(p, lag);
        for (product, values) in lagged.products.iter_mut().zip(&written.products) {
            has(p * p, values.len())?;
            product.copy_from_slice(values);
        }
        lagged.sums.copy_from_slice(&written.sums);
        lagged.centre = written.centre;
        for WrittenStretch { rows, values } in written.stretches {
            let long = rows >= 2 * lag as u64;
            let kept = if long { 2 * lag } else { usize::try_from(rows).unwrap_or(0) };
            has(p * kept, values.len())?;
            let matrix = |values: &[f64], rows: usize| DMatrix::from_column_slice(p, rows, values);
            lagged.stretches.push(if long {
                let (head, tail) = values.split_at(p * lag);
                Stretch::Long { rows, head: matrix(head, lag), tail: matrix(tail, lag) }
            } else {
                Stretch::Short(matrix(&values, kept))
            });
        }
        Ok(lagged)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    fn noise(width: usize, rows: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..width)
            .map(|i| (0..rows).map(|_| random.random::<f64>() * 3.0 + 100.0 * i as f64).collect())
            .collect()
    }

    /// Each window of `order + 1` rows as one row of a plain table.
    fn by_hand(columns: &[Vec<f64>], starts: &[usize], order: usize) -> Moments {
        let rows = columns[0].len();
        let usable = |t: usize| {
            t >= order
                && (t - order..=t).all(|row| columns.iter().all(|column| column[row].is_finite()))
                && !starts.iter().any(|&start| start > t - order && start <= t)
        };
        let kept: Vec<usize> = (0..rows).filter(|&t| usable(t)).collect();
        let table: Vec<Vec<f64>> = (0..=order)
            .flat_map(|d| columns.iter().map(move |column| (column, d)))
            .map(|(column, d)| kept.iter().map(|&t| column[t - d]).collect())
            .collect();
        Moments::from_columns(&table).unwrap()
    }

    fn assert_close(left: &Moments, right: &Moments) {
        assert_eq!(left.rows(), right.rows());
        if left.rows() == 0 {
            return;
        }
        for (a, b) in left.means().iter().zip(right.means()) {
            assert!((a - b).abs() < 1e-9, "means {a} and {b}");
        }
        assert!((left.comoments() - right.comoments()).amax() < 1e-8);
    }

    proptest! {
        #[test]
        fn every_order_equals_the_table_of_its_windows(
            width in 1usize..8, rows in 0usize..60, lag in 0usize..5, seed in 0u64..1000,
            starts in proptest::collection::vec(0usize..60, 0..4), holes in proptest::collection::vec((0usize..8, 0usize..60), 0..4),
        ) {
            let mut starts = starts;
            starts.sort_unstable();
            let mut columns = noise(width, rows, seed);
            for (column, row) in holes {
                if column < width && row < rows {
                    columns[column][row] = if row % 2 == 0 { f64::NAN } else { f64::INFINITY };
                }
            }
            let lagged = LaggedMoments::from_columns(&columns, lag, &starts).unwrap();
            for order in 0..=lag {
                assert_close(&lagged.at(order).unwrap(), &by_hand(&columns, &starts, order));
            }
        }

        #[test]
        fn merging_equals_a_gap(width in 1usize..7, rows in 2usize..80, cut in 1usize..79, lag in 0usize..4, seed in 0u64..1000) {
            let columns = noise(width, rows, seed);
            let cut = cut.min(rows - 1);
            let part = |from: usize, to: usize| -> Vec<Vec<f64>> {
                columns.iter().map(|column| column[from..to].to_vec()).collect()
            };
            let mut merged = LaggedMoments::from_columns(&part(0, cut), lag, &[]).unwrap();
            merged.merge(&LaggedMoments::from_columns(&part(cut, rows), lag, &[]).unwrap()).unwrap();
            for order in 0..=lag {
                assert_close(&merged.at(order).unwrap(), &by_hand(&columns, &[cut], order));
            }
        }
    }

    #[test]
    fn merging_into_nothing_and_nothing_into_something() {
        let columns = noise(2, 30, 1);
        let some = LaggedMoments::from_columns(&columns, 2, &[]).unwrap();
        let mut merged = LaggedMoments::new(2, 2);
        merged.merge(&some).unwrap();
        merged.merge(&LaggedMoments::new(2, 2)).unwrap();
        assert_close(&merged.at(2).unwrap(), &some.at(2).unwrap());
        assert!(merged.merge(&LaggedMoments::new(3, 2)).is_err());
        assert!(merged.merge(&LaggedMoments::new(2, 3)).is_err());
        assert!(merged.at(3).is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lagged = LaggedMoments::from_columns(&noise(2, 30, 1), 2, &[11]).unwrap();
        let text = serde_json::to_string(&lagged).unwrap();
        let read: LaggedMoments = serde_json::from_str(&text).unwrap();
        assert_close(&read.at(2).unwrap(), &lagged.at(2).unwrap());
    }

    #[test]
    fn a_series_too_large_to_square_is_not_finite() {
        let large = noise(1, 50, 4).remove(0).iter().map(|value| value * 1e200).collect();
        let moments =
            LaggedMoments::from_columns(&[large, noise(1, 50, 3).remove(0)], 1, &[]).unwrap().at(1).unwrap();
        assert_eq!([0, 1, 2, 3].map(|column| moments.is_finite(column)), [false, true, false, true]);
    }

    #[test]
    fn a_constant_series_is_degenerate_at_every_lag() {
        let lagged =
            LaggedMoments::from_columns(&[vec![0.1; 50], noise(1, 50, 3).remove(0)], 2, &[]).unwrap();
        assert_eq!(lagged.at(2).unwrap().degenerate(), [0, 2, 4]);
    }
}
