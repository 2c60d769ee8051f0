//! Standardised columns, screened for what no regression can use, and their correlations.

use etiology_frame::{Omission, Reason};
use etiology_graph::Nodes;
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::StructureError;

/// A column whose variance given the columns before it is below this share of its own counts as their linear function.
const COLLINEAR: f64 = 1e-10;

/// The usable columns, each of mean 0 and mean square 1.
pub(super) struct Columns {
    /// Numbers of the usable columns in the data.
    pub(super) kept: Vec<usize>,
    pub(super) values: Vec<Vec<f64>>,
    pub(super) scale: Vec<f64>,
    pub(super) correlation: DMatrix<f64>,
    pub(super) left_out: Vec<Omission>,
}

impl Columns {
    /// Standardises, and leaves out constant columns and those that are linear functions of columns before them. `O(p^2 n)`.
    ///
    /// # Errors
    /// When names and columns differ in number, columns in length, a value is missing or infinite, no column is usable, or
    /// rows are not more than two above the usable columns.
    pub(super) fn new(nodes: &Nodes, columns: &[&[f64]]) -> Result<Self, StructureError> {
        let rows = check(nodes, columns)?;
        let mut left_out = Vec::new();
        let standard: Vec<Option<(Vec<f64>, f64)>> =
            columns.par_iter().map(|column| standardised(column)).collect();
        let (mut kept, mut values, mut scale) = (Vec::new(), Vec::new(), Vec::new());
        for (v, column) in standard.into_iter().enumerate() {
            match column {
                Some((column, sd)) => {
                    kept.push(v);
                    values.push(column);
                    scale.push(sd);
                }
                None => left_out.push(Omission::new(nodes.name(v), Reason::Constant)),
            }
        }
        let correlation = correlations(&values);
        let independent = independent_columns(&correlation);
        for (v, &keep) in kept.iter().zip(&independent) {
            if !keep {
                let because = "it is a linear function of columns before it".to_owned();
                left_out.push(Omission::new(nodes.name(*v), Reason::NotUsed { because }));
            }
        }
        let chosen: Vec<usize> = (0..kept.len()).filter(|&i| independent[i]).collect();
        if chosen.is_empty() {
            return Err(StructureError::NoData {
                message: format!("none of the {} columns varies; give columns that do", columns.len()),
            });
        }
        if rows < chosen.len() + 3 {
            return Err(StructureError::NoData {
                message: format!(
                    "{rows} rows are too few for {} columns: the method regresses on all of them and needs at least \
                     {} rows; give more rows or fewer columns",
                    columns.len(),
                    chosen.len() + 3
                ),
            });
        }
        let mut values: Vec<Option<Vec<f64>>> = values.into_iter().map(Some).collect();
        Ok(Self {
            values: chosen.iter().filter_map(|&i| values[i].take()).collect(),
            scale: chosen.iter().map(|&i| scale[i]).collect(),
            correlation: correlation.select_rows(&chosen).select_columns(&chosen),
            kept: chosen.iter().map(|&i| kept[i]).collect(),
            left_out,
        })
    }

    pub(super) fn rows(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    pub(super) fn width(&self) -> usize {
        self.kept.len()
    }

    /// What a linear equation leaves of a column; numbers are those of the kept columns.
    pub(super) fn residual(&self, target: usize, parents: &[(usize, f64)]) -> Vec<f64> {
        let mut residual = self.values[target].clone();
        for &(parent, coefficient) in parents {
            for (value, x) in residual.iter_mut().zip(&self.values[parent]) {
                *value -= coefficient * x;
            }
        }
        residual
    }
}

/// The p-value of Jarque and Bera's test that a column of mean 0 is Gaussian (chi-squared with 2 degrees of freedom, good
/// from some hundred rows on).
pub(super) fn jarque_bera(column: &[f64]) -> f64 {
    let n = column.len().max(1) as f64;
    let moment = |power: i32| column.iter().map(|value| value.powi(power)).sum::<f64>() / n;
    let variance = moment(2).max(f64::MIN_POSITIVE);
    let skewness = moment(3) / variance.powf(1.5);
    let excess = moment(4) / (variance * variance) - 3.0;
    let statistic = n / 6.0 * (skewness * skewness + excess * excess / 4.0);
    (-statistic / 2.0).exp()
}

fn check(nodes: &Nodes, columns: &[&[f64]]) -> Result<usize, StructureError> {
    if nodes.len() != columns.len() {
        return Err(StructureError::Width {
            what: "the list of names",
            expected: columns.len(),
            got: nodes.len(),
        });
    }
    let rows = columns.first().map_or(0, |column| column.len());
    for (v, column) in columns.iter().enumerate() {
        if column.len() != rows {
            let message = format!(
                "column `{}` has {} rows and the first has {rows}; give every column as many",
                nodes.name(v),
                column.len()
            );
            return Err(StructureError::NoData { message });
        }
        if let Some(row) = column.iter().position(|value| !value.is_finite()) {
            let message = format!(
                "column `{}` is {} in row {row}; keep the rows without missing and infinite values",
                nodes.name(v),
                column[row]
            );
            return Err(StructureError::NoData { message });
        }
    }
    Ok(rows)
}

/// The column with mean 0 and mean square 1, and its standard deviation; `None` when it does not vary beyond rounding.
fn standardised(column: &[f64]) -> Option<(Vec<f64>, f64)> {
    let mean = etiology_stats::mean(column)?;
    let sd = etiology_stats::std_dev(column, 0)?;
    let size = column.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    let varies = sd.is_finite() && sd > 1e-14 * size;
    varies.then(|| (column.iter().map(|value| (value - mean) / sd).collect(), sd))
}

fn correlations(values: &[Vec<f64>]) -> DMatrix<f64> {
    let p = values.len();
    let rows: Vec<Vec<f64>> =
        (0..p).into_par_iter().map(|a| (0..=a).map(|b| dot_mean(&values[a], &values[b])).collect()).collect();
    DMatrix::from_fn(p, p, |a, b| rows[a.max(b)][a.min(b)])
}

/// The mean product of two columns, over eight interleaved sums.
pub(super) fn dot_mean(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    (lanes.iter().sum::<f64>() + rest) / a.len().max(1) as f64
}

/// Which columns are no linear function of the kept ones before them: a Cholesky factorisation that passes over them.
/// `O(p^3)`.
fn independent_columns(correlation: &DMatrix<f64>) -> Vec<bool> {
    let p = correlation.nrows();
    let mut factor: Vec<(usize, Vec<f64>)> = Vec::new();
    let mut keep = vec![false; p];
    for a in 0..p {
        let mut row: Vec<f64> = Vec::with_capacity(factor.len() + 1);
        for (b, other) in &factor {
            let inner: f64 = row.iter().zip(other).map(|(x, y)| x * y).sum();
            row.push((correlation[(a, *b)] - inner) / other[row.len()]);
        }
        let left = correlation[(a, a)] - row.iter().map(|x| x * x).sum::<f64>();
        if left > COLLINEAR {
            row.push(left.sqrt());
            factor.push((a, row));
            keep[a] = true;
        }
    }
    keep
}
