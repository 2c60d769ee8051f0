//! [`Series`]: named series over rows in time order, with the gaps between them.
//!
//! The way in for every method of this crate. A frame's metrics become columns in which NaN is a missing value; rows that
//! follow a gap in time start a new stretch; series that no method can use are left out and listed. Differencing happens only
//! when asked for, and then within stretches.

use etiology_frame::{MetricFrame, Omission, Reason};
use etiology_graph::Nodes;
use etiology_stats::LaggedMoments;

use crate::GrangerError;

/// Named columns of one length, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    nodes: Nodes,
    columns: Vec<Vec<f64>>,
    rows: usize,
    starts: Vec<usize>,
    left_out: Vec<Omission>,
}

impl Series {
    /// Takes columns as they are, without gaps in time; NaN is a missing value, and so is an infinity.
    ///
    /// # Errors
    /// [`GrangerError::Length`] when the columns differ in length; [`GrangerError::Unsuitable`] when there is not one name a
    /// column.
    pub fn new(nodes: Nodes, columns: Vec<Vec<f64>>) -> Result<Self, GrangerError> {
        if nodes.len() != columns.len() {
            return Err(GrangerError::Unsuitable {
                message: format!(
                    "{} names for {} series; give each series one name",
                    nodes.len(),
                    columns.len()
                ),
            });
        }
        let rows = columns.first().map_or(0, Vec::len);
        if let Some(odd) = columns.iter().position(|column| column.len() != rows) {
            let name = nodes.name(odd).to_owned();
            return Err(GrangerError::Length { name, expected: rows, got: columns[odd].len() });
        }
        Ok(Self { nodes, columns, rows, starts: Vec::new(), left_out: Vec::new() })
    }

    /// The metrics of a frame. A step of more than 1.5 median periods between rows is a gap.
    ///
    /// # Errors
    /// When two metrics share a name.
    pub fn from_frame(frame: &MetricFrame) -> Result<Self, GrangerError> {
        let nodes = Nodes::new(frame.metrics().iter().map(|metric| metric.name.as_str()))?;
        let columns = frame
            .columns()
            .map(|column| column.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
            .collect();
        let period = frame.period().map_or(0, |period| period.0);
        let steps = frame.ticks().windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let starts = steps
            .zip(1..)
            .filter(|&(step, _)| step > period.saturating_add(period / 2))
            .map(|(_, row)| row)
            .collect();
        Ok(Self::new(nodes, columns)?.with_starts(starts))
    }

    /// States the rows that follow a gap: no row from one of them on is paired with a row before it.
    #[must_use]
    pub fn with_starts(mut self, mut starts: Vec<usize>) -> Self {
        starts.retain(|&start| start > 0 && start < self.rows);
        starts.sort_unstable();
        starts.dedup();
        self.starts = starts;
        self
    }

    /// Leaves out, and lists, the series without a finite value and those that never change.
    #[must_use]
    pub fn screened(mut self) -> Self {
        let mut kept = Vec::new();
        for (number, column) in self.columns.iter().enumerate() {
            let mut finite = column.iter().copied().filter(|value| value.is_finite());
            let why = match finite.next() {
                None => Some(Reason::AllNull),
                Some(first) => {
                    finite.all(|value| value.to_bits() == first.to_bits()).then_some(Reason::Constant)
                }
            };
            match why {
                Some(why) => self.left_out.push(Omission::new(self.nodes.name(number), why)),
                None => kept.push(number),
            }
        }
        if kept.len() == self.width() { self } else { self.select(&kept) }
    }

    /// Only these series, in this order; numbers that are no series are passed over, and each is taken once.
    #[must_use]
    pub fn select(&self, series: &[usize]) -> Self {
        let mut kept: Vec<usize> = Vec::new();
        for &number in series {
            if number < self.width() && !kept.contains(&number) {
                kept.push(number);
            }
        }
        let names = kept.iter().map(|&number| self.nodes.name(number));
        Self {
            // Distinct positions of unique names are unique.
            nodes: Nodes::new(names).unwrap_or_else(|_| Nodes::numbered(kept.len())),
            columns: kept.iter().map(|&number| self.columns[number].clone()).collect(),
            rows: self.rows,
            starts: self.starts.clone(),
            left_out: self.left_out.clone(),
        }
    }

    /// The series with the marked ones replaced by their change from the row before, `times` times. The row that has no
    /// predecessor in its stretch becomes missing there, so every series keeps its rows.
    #[must_use]
    pub fn differenced(&self, series: &[usize], times: usize) -> Self {
        let mut changed = self.clone();
        for &number in series {
            let Some(column) = changed.columns.get_mut(number) else { continue };
            for _ in 0..times {
                for row in (0..column.len()).rev() {
                    let first = row == 0 || self.starts.binary_search(&row).is_ok();
                    column[row] = if first { f64::NAN } else { column[row] - column[row - 1] };
                }
            }
        }
        changed
    }

    /// The series' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Number of series.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A series' values, NaN or infinite where missing; empty for a number that is none.
    #[must_use]
    pub fn column(&self, number: usize) -> &[f64] {
        self.columns.get(number).map_or(&[], Vec::as_slice)
    }

    /// All series.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The rows that follow a gap in time, ascending.
    #[must_use]
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// What was left out, and why.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }

    /// Whether a value is missing anywhere.
    #[must_use]
    pub fn has_missing(&self) -> bool {
        self.columns.iter().any(|column| column.iter().any(|value| !value.is_finite()))
    }

    /// The lagged moments of all series, on the rows where every one has an unbroken past.
    ///
    /// # Errors
    /// None that a `Series` can cause; the type is that of the moments.
    pub fn moments(&self, max_lag: usize) -> Result<LaggedMoments, GrangerError> {
        Ok(LaggedMoments::from_columns(&self.columns, max_lag, &self.starts)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn series(columns: Vec<Vec<f64>>) -> Series {
        Series::new(Nodes::numbered(columns.len()), columns).unwrap()
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_listed() {
        let data =
            series(vec![vec![1.0, 2.0, 3.0], vec![5.0; 3], vec![f64::NAN; 3], vec![f64::INFINITY, 1.0, 1.0]]);
        let screened = data.screened();
        assert_eq!(screened.nodes().names(), ["X1"]);
        let why: Vec<String> =
            screened.left_out().iter().map(|o| format!("{}: {}", o.metric, o.why)).collect();
        assert_eq!(why, ["X2: constant", "X3: all values are null", "X4: constant"]);
    }

    #[test]
    fn differences_stay_within_stretches() {
        let data = series(vec![vec![1.0, 3.0, 6.0, 100.0, 104.0]]).with_starts(vec![3]);
        let column = data.differenced(&[0], 1).column(0).to_vec();
        assert!(column[0].is_nan() && column[3].is_nan());
        assert_eq!((column[1], column[2], column[4]), (2.0, 3.0, 4.0));
        assert!(data.differenced(&[0], 2).column(0)[4].is_nan());
    }

    #[test]
    fn odd_shapes_are_refused() {
        assert!(Series::new(Nodes::numbered(2), vec![vec![1.0]]).is_err());
        assert!(Series::new(Nodes::numbered(2), vec![vec![1.0], vec![]]).is_err());
        let none = series(vec![]).screened();
        assert_eq!((none.width(), none.rows()), (0, 0));
        assert_eq!(none.moments(3).unwrap().rows(0), 0);
    }
}
