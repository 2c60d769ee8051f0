//! [`NearestNeighbours`]: mutual information by counting neighbours.
//!
//! Around every row lies the box that just holds its k nearest rows in all columns together (in the maximum norm); how many
//! rows fall into it in some of the columns alone says how much those columns tell about the others. Without conditions these
//! are the two estimators of Kraskov, Stoegbauer and Grassberger ("Estimating mutual information", Physical Review E 69, 2004,
//! equations 8 and 9); given conditions it is that of Frenzel and Pompe ("Partial mutual information for coupling analysis of
//! multivariate time series", Physical Review Letters 99, 2007, equation 4), which extends the first.

use rayon::prelude::*;
use statrs::consts::EULER_MASCHERONI;

use super::neighbours::{Points, Reach};
use super::shuffle::{Shuffle, Shuffler, resampled_p_value};
use crate::{GrangerError, Reference, Statistic};

/// Which estimator of Kraskov, Stoegbauer and Grassberger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KsgVariant {
    /// Equation 8: one cube around each row. Less variance; the one that conditions extend.
    First,
    /// Equation 9: one rectangle around each row. Less bias in many columns; not defined given conditions.
    Second,
}

/// What is done to columns before distances are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// Nothing: the columns share a unit.
    None,
    /// Mean 0 and standard deviation 1.
    Standardised,
    /// Ranks, equal values apart in row order: information is unchanged by monotone changes of a column, and heavy tails do no
    /// harm.
    Ranks,
}

/// Nearest-neighbour estimator of mutual information, with or without conditions.
///
/// # Options
/// - [`with_variant`](Self::with_variant): [`KsgVariant::First`].
/// - [`with_scaling`](Self::with_scaling): [`Scaling::Standardised`].
/// - [`with_jitter`](Self::with_jitter): 1e-10 standard deviations, as Kraskov et al. advise, added only to columns in which a
///   value repeats, from a fixed seed.
///
/// # Complexity
/// O(n log n) in few columns, up to O(n^2) in many (about ten and more). Rows are shared among threads; the result is the same
/// on any number.
///
/// # When not to use it
/// On few distinct values (count them instead), with strong dependence and few rows (the estimate is far too low: Gao, Ver
/// Steeg and Galstyan, AISTATS 2015, need n to grow exponentially with the information), or given many conditions. For linear
/// dependence [`gaussian_information`](crate::gaussian_information) has a much smaller error.
///
/// # Example
///
/// ```
/// use etiology_granger::NearestNeighbours;
///
/// let x: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 500)).collect();
/// let y: Vec<f64> = x.iter().map(|x| (x - 250.0).powi(2)).collect();
/// let information = NearestNeighbours::new(4)?.information(&[&x], &[&y], &[])?;
/// assert!(information > 2.0);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearestNeighbours {
    neighbours: usize,
    variant: KsgVariant,
    scaling: Scaling,
    jitter: f64,
}

impl NearestNeighbours {
    /// With `neighbours` nearest rows, the k of the papers: 3 to 5 for an estimate (Kraskov et al., section III), a tenth or a
    /// fifth of the rows for a test (Runge 2018).
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for 0.
    pub fn new(neighbours: usize) -> Result<Self, GrangerError> {
        if neighbours == 0 {
            let expected = "at least 1";
            return Err(GrangerError::Parameter {
                parameter: "the number of neighbours",
                value: 0.0,
                expected,
            });
        }
        Ok(Self { neighbours, variant: KsgVariant::First, scaling: Scaling::Standardised, jitter: 1e-10 })
    }

    /// Which estimator without conditions; given conditions it is always the first.
    #[must_use]
    pub fn with_variant(mut self, variant: KsgVariant) -> Self {
        self.variant = variant;
        self
    }

    /// What is done to the columns first.
    #[must_use]
    pub fn with_scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// Half the width of the noise that tells repeated values apart, in standard deviations; 0 for none.
    #[must_use]
    pub fn with_jitter(mut self, jitter: f64) -> Self {
        self.jitter = if jitter.is_finite() { jitter.abs() } else { 0.0 };
        self
    }

    /// The estimate, in nats, of the information the columns `x` and `y` share given the columns `given` (none for plain mutual
    /// information). It may come out below 0 where there is none.
    ///
    /// # Errors
    /// [`GrangerError::Unsuitable`] for no column on a side, columns of different lengths or values that are not finite;
    /// [`GrangerError::TooShort`] for fewer than k + 2 rows.
    pub fn information<C: AsRef<[f64]>>(&self, x: &[C], y: &[C], given: &[C]) -> Result<f64, GrangerError> {
        let table = self.table(x, y, given)?;
        Ok(self.estimate(&table.x(), &table))
    }

    /// The estimate and its p-value among `resamples` in which the rows of `x` are exchanged. Given conditions take
    /// [`Shuffle::Local`]: any other order also breaks the tie of `x` to the conditions, and rejects where there is one.
    ///
    /// # Errors
    /// As [`information`](Self::information); [`GrangerError::Parameter`] for no resample.
    pub fn test<C: AsRef<[f64]>>(
        &self,
        (x, y): (&[C], &[C]),
        given: &[C],
        shuffle: Shuffle,
        resamples: usize,
        seed: u64,
    ) -> Result<Statistic, GrangerError> {
        if resamples == 0 {
            let expected = "at least 1";
            return Err(GrangerError::Parameter {
                parameter: "the number of resamples",
                value: 0.0,
                expected,
            });
        }
        let table = self.table(x, y, given)?;
        let value = self.estimate(&table.x(), &table);
        let shuffler = Shuffler::new(shuffle, table.rows(), &table.given());
        let resampled: Vec<f64> = (0..resamples)
            .into_par_iter()
            .map(|number| {
                let order = shuffler.order(seed, number);
                let x: Vec<Vec<f64>> =
                    table.x().iter().map(|column| order.iter().map(|&row| column[row]).collect()).collect();
                let x: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
                self.estimate(&x, &table)
            })
            .collect();
        let p_value = resampled_p_value(value, &resampled);
        Ok(Statistic { value, reference: Reference::Resampled { resamples }, p_value })
    }

    fn table<C: AsRef<[f64]>>(&self, x: &[C], y: &[C], given: &[C]) -> Result<Table, GrangerError> {
        let unsuitable = |message: &str| GrangerError::Unsuitable { message: message.to_owned() };
        if x.is_empty() || y.is_empty() {
            return Err(unsuitable(
                "mutual information is between two groups of columns; give each at least one",
            ));
        }
        let columns: Vec<&[f64]> = x.iter().chain(y).chain(given).map(AsRef::as_ref).collect();
        let rows = columns[0].len();
        if columns.iter().any(|column| column.len() != rows) {
            return Err(unsuitable("the columns differ in length; give rows in which every one has a value"));
        }
        if columns.iter().any(|column| column.iter().any(|value| !value.is_finite())) {
            return Err(unsuitable("a column holds missing values; leave out the rows that have any"));
        }
        let needed = self.neighbours + 2;
        if rows < needed {
            let model = "a nearest-neighbour estimate";
            return Err(GrangerError::TooShort { model, needed, got: rows });
        }
        let columns =
            columns.iter().enumerate().map(|(number, column)| self.prepared(column, number)).collect();
        Ok(Table { columns, sides: (x.len(), y.len()), before: digammas(rows) })
    }

    /// A column scaled, and with noise if values repeat.
    fn prepared(&self, column: &[f64], number: usize) -> Vec<f64> {
        let mut rows: Vec<usize> = (0..column.len()).collect();
        rows.sort_by(|&a, &b| column[a].total_cmp(&column[b]).then(a.cmp(&b)));
        if self.scaling == Scaling::Ranks {
            let mut ranks = vec![0.0; column.len()];
            for (rank, &row) in rows.iter().enumerate() {
                ranks[row] = rank as f64;
            }
            return ranks;
        }
        // In units of the largest, so that no square overflows.
        let largest = column.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let scaled: Vec<f64> = column.iter().map(|value| value / unit).collect();
        let mean = etiology_stats::mean(&scaled).unwrap_or(0.0);
        let square: f64 = scaled.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (square / scaled.len() as f64).sqrt();
        let mut values = match self.scaling {
            Scaling::Standardised if deviation > 0.0 => {
                scaled.iter().map(|value| (value - mean) / deviation).collect()
            }
            Scaling::Standardised => vec![0.0; column.len()],
            _ => column.to_vec(),
        };
        let repeats = rows.windows(2).any(|pair| column[pair[0]].total_cmp(&column[pair[1]]).is_eq());
        if repeats && self.jitter > 0.0 {
            let own = if self.scaling == Scaling::None { deviation * unit } else { 1.0 };
            let width = self.jitter * if own > 0.0 { own } else { 1.0 };
            let mut state = number as u64;
            for value in &mut values {
                *value += width * (2.0 * next_uniform(&mut state) - 1.0);
            }
        }
        values
    }

    fn estimate(&self, x: &[&[f64]], table: &Table) -> f64 {
        let (y, given) = (table.y(), table.given());
        let join = |parts: &[&[&[f64]]]| Points::new(&parts.concat());
        let joint = join(&[x, &y, &given]);
        if self.variant == KsgVariant::Second && given.is_empty() {
            return self.second(x, &y, &joint, table);
        }
        let (with_x, with_y) = (join(&[x, &given]), join(&[&y, &given]));
        let conditions = (!given.is_empty()).then(|| join(&[&given]));
        let rows = table.rows();
        let psi = &table.before;
        let terms: Vec<f64> = (0..rows)
            .into_par_iter()
            .with_min_len(64)
            .map_init(Vec::new, |found, row| {
                let at = |columns: &[&[f64]]| columns.iter().map(|column| column[row]).collect::<Vec<f64>>();
                let (x, y, z) = (at(x), at(&y), at(&given));
                joint.nearest(&[&x[..], &y, &z].concat(), self.neighbours, row, found);
                let reach = Reach::Below(found.last().map_or(0.0, |last| last.0));
                // Strict counts include the row itself, which stands for the + 1 of the formulas.
                let count = |points: &Points, point: &[f64]| psi[points.within(point, reach).max(1)];
                let shared = conditions.as_ref().map_or(psi[rows], |points| count(points, &z));
                count(&with_x, &[&x[..], &z].concat()) + count(&with_y, &[&y[..], &z].concat()) - shared
            })
            .collect();
        psi[self.neighbours] - terms.iter().sum::<f64>() / rows as f64
    }

    fn second(&self, x: &[&[f64]], y: &[&[f64]], joint: &Points, table: &Table) -> f64 {
        let (with_x, with_y) = (Points::new(x), Points::new(y));
        let rows = table.rows();
        let psi = &table.before;
        let terms: Vec<f64> = (0..rows)
            .into_par_iter()
            .with_min_len(64)
            .map_init(Vec::new, |found, row| {
                let at = |columns: &[&[f64]]| columns.iter().map(|column| column[row]).collect::<Vec<f64>>();
                let point = [at(x), at(y)].concat();
                joint.nearest(&point, self.neighbours, row, found);
                // Half the sides of the rectangle that holds the neighbours.
                let side = |columns: &[&[f64]]| {
                    let distances = found.iter().flat_map(|&(_, other)| {
                        columns.iter().map(move |column| (column[row] - column[other]).abs())
                    });
                    Reach::UpTo(distances.fold(0.0, f64::max))
                };
                // The row itself is in reach and does not count.
                let count = |points: &Points, columns: &[&[f64]]| {
                    psi[(points.within(&at(columns), side(columns)) - 1).max(1)]
                };
                count(&with_x, x) + count(&with_y, y)
            })
            .collect();
        psi[self.neighbours] - 1.0 / self.neighbours as f64 + psi[rows]
            - terms.iter().sum::<f64>() / rows as f64
    }
}

/// Columns ready for an estimate: those of x, of y, then the conditions.
struct Table {
    columns: Vec<Vec<f64>>,
    sides: (usize, usize),
    /// Digamma of every count there can be.
    before: Vec<f64>,
}

impl Table {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    fn x(&self) -> Vec<&[f64]> {
        self.part(0, self.sides.0)
    }

    fn y(&self) -> Vec<&[f64]> {
        self.part(self.sides.0, self.sides.0 + self.sides.1)
    }

    fn given(&self) -> Vec<&[f64]> {
        self.part(self.sides.0 + self.sides.1, self.columns.len())
    }

    fn part(&self, from: usize, to: usize) -> Vec<&[f64]> {
        self.columns[from..to].iter().map(Vec::as_slice).collect()
    }
}

/// Digamma of 0 to n, that of 0 never asked for: `psi(1)` is minus Euler's constant and `psi(n + 1) = psi(n) + 1/n`.
fn digammas(n: usize) -> Vec<f64> {
    let mut psi = vec![-EULER_MASCHERONI; n + 1];
    for count in 1..n {
        psi[count + 1] = psi[count] + 1.0 / count as f64;
    }
    psi
}

fn next_uniform(state: &mut u64) -> f64 {
    // Steele, Lea and Flood's SplitMix64: enough to tell equal values apart.
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::entropy::testing::normals;

    fn table(rows: usize, seed: u64) -> [Vec<f64>; 4] {
        let e = normals(4, rows, seed);
        let map = |f: &dyn Fn(usize) -> f64| (0..rows).map(f).collect::<Vec<f64>>();
        let y = map(&|i| (2.0 * e[0][i]).sin() + 0.5 * e[1][i]);
        let z = map(&|i| 0.7 * e[0][i] + e[2][i]);
        let w = map(&|i| e[0][i] * e[3][i]);
        [e[0].clone(), y, z, w]
    }

    fn close(got: Result<f64, GrangerError>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() < 1e-11, "{got} and {want}");
    }

    /// Every distance taken and counted in Python, digamma of scipy 1.13; the first also as `mutual_info_regression` of
    /// scikit-learn 1.9 (.52938165).
    #[test]
    fn estimates_equal_those_of_another_program() {
        let [x, y, z, w] = table(300, 11);
        let first = NearestNeighbours::new(4).unwrap();
        close(first.information(&[&x], &[&y], &[]), 0.529381648350101);
        close(first.information(&[&x], &[&y, &z], &[]), 0.644498040786404);
        close(first.information(&[&x], &[&y], &[&z]), 0.444459120225844);
        close(first.information(&[&x], &[&y], &[&z, &w]), 0.305652490470208);
        let second = first.with_variant(KsgVariant::Second);
        close(second.information(&[&x], &[&y], &[]), 0.53623021177713);
        close(second.information(&[&x], &[&y, &z], &[]), 0.697245144784983);
    }

    #[test]
    fn gaussian_information_is_recovered() {
        let e = normals(3, 3000, 2);
        for r in [0.0_f64, 0.5, 0.9] {
            let mix = |a: &[f64], b: &[f64]| -> Vec<f64> {
                a.iter().zip(b).map(|(a, b)| r * a + (1.0 - r * r).sqrt() * b).collect()
            };
            let y = mix(&e[0], &e[1]);
            let truth = -0.5 * (1.0 - r * r).ln();
            for variant in [KsgVariant::First, KsgVariant::Second] {
                let estimator = NearestNeighbours::new(4).unwrap().with_variant(variant);
                let got = estimator.information(&[&e[0]], &[&y], &[]).unwrap();
                assert!((got - truth).abs() < 0.04, "{r}: {got} and {truth}");
            }
            // x and y both from e0: given it nothing is left.
            let x = mix(&e[0], &e[2]);
            let left = NearestNeighbours::new(4).unwrap().information(&[&x], &[&y], &[&e[0]]).unwrap();
            assert!(left.abs() < 0.05, "{left}");
        }
    }

    #[test]
    fn order_scale_and_monotone_changes_do_not_matter() {
        let [x, y, z, w] = table(200, 3);
        let estimator = NearestNeighbours::new(3).unwrap();
        let of = |e: &NearestNeighbours, x: &[f64], y: &[f64], z: [&[f64]; 2]| {
            e.information(&[x], &[y], &z).unwrap()
        };
        let base = of(&estimator, &x, &y, [&z, &w]);
        let scaled: Vec<f64> = x.iter().map(|x| -3e7 * x + 5e6).collect();
        assert!((of(&estimator, &scaled, &y, [&w, &z]) - base).abs() < 1e-12);
        assert!((of(&estimator, &y, &x, [&z, &w]) - base).abs() < 1e-12);
        let ranks = estimator.with_scaling(Scaling::Ranks);
        let bent: Vec<f64> = x.iter().map(|x| x.exp()).collect();
        assert!((of(&ranks, &bent, &y, [&z, &w]) - of(&ranks, &x, &y, [&z, &w])).abs() < 1e-12);
    }

    #[test]
    fn conditional_p_values_are_uniform_where_the_condition_explains_all() {
        let estimator = NearestNeighbours::new(10).unwrap();
        let (mut low, mut sum) = (0, 0.0);
        let runs = 100;
        for seed in 0..runs {
            let e = normals(3, 60, 900 + seed);
            let mix = |b: &[f64]| -> Vec<f64> { e[0].iter().zip(b).map(|(a, b)| a + b).collect() };
            let (x, y) = (mix(&e[1]), mix(&e[2]));
            let shuffle = Shuffle::Local { neighbours: 5 };
            let p = estimator.test((&[&x], &[&y]), &[&e[0]], shuffle, 19, seed).unwrap().p_value;
            low += usize::from(p <= 0.1);
            sum += p;
        }
        let mean = sum / runs as f64;
        assert!(low <= 18, "{low} of {runs} at or below .1");
        assert!((mean - 0.525).abs() < 0.09, "mean {mean}");
    }

    #[test]
    fn a_dependence_without_correlation_is_found() {
        let e = normals(2, 200, 6);
        let y: Vec<f64> = e[0].iter().zip(&e[1]).map(|(x, e)| x * x + 0.3 * e).collect();
        let estimator = NearestNeighbours::new(5).unwrap();
        let test = |seed| estimator.test((&[&e[0]], &[&y]), &[], Shuffle::Complete, 99, seed).unwrap();
        assert!(test(0).p_value <= 0.01);
        assert_eq!(test(0), test(0));
    }

    #[test]
    fn odd_columns_have_finite_estimates_or_reasons() {
        let normal = &normals(1, 40, 1)[0];
        let constant = vec![5.0; 40];
        let coarse: Vec<f64> = (0..40).map(|row| f64::from(row % 2)).collect();
        let huge: Vec<f64> = normal.iter().map(|v| v * 1e307).collect();
        let tiny: Vec<f64> = normal.iter().map(|v| v * 1e-310).collect();
        for scaling in [Scaling::None, Scaling::Standardised, Scaling::Ranks] {
            for variant in [KsgVariant::First, KsgVariant::Second] {
                for jitter in [0.0, 1e-10] {
                    let estimator = NearestNeighbours::new(3)
                        .unwrap()
                        .with_scaling(scaling)
                        .with_variant(variant)
                        .with_jitter(jitter);
                    for x in [normal, &constant, &coarse, &huge, &tiny] {
                        for y in [normal, &constant, &coarse, &huge] {
                            assert!(estimator.information(&[x], &[y], &[]).unwrap().is_finite());
                            assert!(estimator.information(&[x], &[y], &[x]).unwrap().is_finite());
                        }
                    }
                }
            }
        }
        let estimator = NearestNeighbours::new(3).unwrap();
        let none: [&Vec<f64>; 0] = [];
        assert!(estimator.information(&[normal], &none, &[]).is_err());
        assert!(estimator.information(&[normal], &[&vec![1.0]], &[]).is_err());
        assert!(estimator.information(&[&vec![f64::NAN; 40]], &[normal], &[]).is_err());
        assert!(estimator.information(&[&vec![1.0, 2.0]], &[&vec![1.0, 2.0]], &[]).is_err());
        assert!(estimator.test((&[normal], &[normal]), &[], Shuffle::Complete, 0, 0).is_err());
        assert!(NearestNeighbours::new(0).is_err());
    }
}
