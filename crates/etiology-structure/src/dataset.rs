//! [`Dataset`]: named columns of numbers and categories, screened for what no learner can use.
//!
//! The way in for tables: an Arrow batch (a frame's own, or one of samples) becomes columns; columns that carry no
//! information are left out and listed; what a learner takes - sufficient statistics, coded columns - is made from the rest.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt32Type};
use arrow_array::{Array, RecordBatch};
use etiology_frame::{Omission, Reason, TIME_COLUMN};
use etiology_graph::Nodes;
use etiology_stats::{DiscreteColumn, DiscreteTable, MixedColumn};

use crate::StructureError;

/// Whether a row has no value.
fn is_missing(column: &MixedColumn, row: usize) -> bool {
    match column {
        MixedColumn::Continuous(values) => values.get(row).is_none_or(|value| value.is_nan()),
        MixedColumn::Discrete(column) => {
            column.codes().get(row).is_none_or(|&code| code == DiscreteColumn::MISSING)
        }
    }
}

fn length(column: &MixedColumn) -> usize {
    match column {
        MixedColumn::Continuous(values) => values.len(),
        MixedColumn::Discrete(column) => column.codes().len(),
    }
}

/// Only these rows.
fn keep(column: &MixedColumn, rows: &[usize]) -> Result<MixedColumn, StructureError> {
    Ok(match column {
        MixedColumn::Continuous(values) => {
            MixedColumn::Continuous(rows.iter().map(|&row| values[row]).collect())
        }
        MixedColumn::Discrete(column) => {
            let codes = rows.iter().map(|&row| column.codes()[row]).collect();
            MixedColumn::Discrete(DiscreteColumn::new(codes, column.levels().clone())?)
        }
    })
}

/// What a dataset's columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// Numbers only.
    Continuous,
    /// Categories only.
    Discrete,
    /// Both.
    Mixed,
}

/// Named columns of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    nodes: Nodes,
    rows: usize,
    variables: Vec<MixedColumn>,
    left_out: Vec<Omission>,
}

impl Dataset {
    /// Takes columns as they are.
    ///
    /// # Errors
    /// When their number is not that of the names, or their lengths differ.
    pub fn new(nodes: Nodes, variables: Vec<MixedColumn>) -> Result<Self, StructureError> {
        if nodes.len() != variables.len() {
            return Err(StructureError::Width {
                what: "the list of names",
                expected: variables.len(),
                got: nodes.len(),
            });
        }
        let rows = variables.first().map_or(0, length);
        match variables.iter().position(|variable| length(variable) != rows) {
            Some(odd) => Err(StructureError::NoData {
                message: format!(
                    "column `{}` has {} rows and the first has {rows}; give every column as many",
                    nodes.name(odd),
                    length(&variables[odd])
                ),
            }),
            None => Ok(Self { nodes, rows, variables, left_out: Vec::new() }),
        }
    }

    /// Takes the columns of an Arrow batch: `float64` as numbers, dictionaries of text as categories. The time column of a
    /// frame is passed over; any other type is left out.
    ///
    /// # Errors
    /// When two columns share a name or a dictionary has too many levels.
    pub fn from_batch(batch: &RecordBatch) -> Result<Self, StructureError> {
        let (mut names, mut variables, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            if field.name() == TIME_COLUMN {
                continue;
            }
            let variable = if let Some(values) = array.as_primitive_opt::<Float64Type>() {
                Some(MixedColumn::Continuous(values.iter().map(|value| value.unwrap_or(f64::NAN)).collect()))
            } else {
                categories(array.as_ref())?.map(MixedColumn::Discrete)
            };
            match variable {
                Some(variable) => {
                    names.push(field.name().clone());
                    variables.push(variable);
                }
                None => {
                    let example = field.data_type().to_string();
                    left_out.push(Omission::new(field.name(), Reason::NotNumeric { example }));
                }
            }
        }
        let mut dataset = Self::new(Nodes::new(names)?, variables)?;
        dataset.rows = batch.num_rows();
        dataset.left_out = left_out;
        Ok(dataset)
    }

    /// The columns' names.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.variables.len()
    }

    /// The columns.
    #[must_use]
    pub fn variables(&self) -> &[MixedColumn] {
        &self.variables
    }

    /// Columns that were left out, and why.
    #[must_use]
    pub fn left_out(&self) -> &[Omission] {
        &self.left_out
    }

    /// Adds columns that were left out before.
    #[must_use]
    pub fn with_left_out(mut self, omissions: impl IntoIterator<Item = Omission>) -> Self {
        self.left_out.splice(0..0, omissions);
        self
    }

    /// What the columns are; `Continuous` when there is none.
    #[must_use]
    pub fn kind(&self) -> DataKind {
        let discrete = self.variables.iter().filter(|v| matches!(v, MixedColumn::Discrete(_))).count();
        if discrete == 0 {
            DataKind::Continuous
        } else if discrete == self.width() {
            DataKind::Discrete
        } else {
            DataKind::Mixed
        }
    }

    /// Without the columns that no learner can use: all missing, constant, with infinite values, or equal to an earlier
    /// column up to shift and scale (categories: up to renaming), which would make every test given the other singular.
    /// `O(p n)` and, for the duplicates, a sort of fingerprints.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn screened(mut self) -> Result<Self, StructureError> {
        let mut reasons: Vec<Option<Reason>> = self.variables.iter().map(useless).collect();
        self.find_copies(&mut reasons);
        let kept: Vec<usize> = (0..self.width()).filter(|&v| reasons[v].is_none()).collect();
        for (v, reason) in reasons.into_iter().enumerate() {
            if let Some(why) = reason {
                self.left_out.push(Omission::new(self.nodes.name(v), why));
            }
        }
        self.select(&kept)
    }

    /// Only these columns, in this order.
    ///
    /// # Errors
    /// When none is given.
    pub fn select(mut self, columns: &[usize]) -> Result<Self, StructureError> {
        if columns.is_empty() {
            let why: Vec<String> =
                self.left_out.iter().take(3).map(|o| format!("`{}`: {}", o.metric, o.why)).collect();
            return Err(StructureError::NoData {
                message: format!("no usable column is left ({}); give columns that vary", why.join("; ")),
            });
        }
        self.nodes = Nodes::new(columns.iter().map(|&v| self.nodes.name(v).to_owned()))?;
        self.variables = columns.iter().filter_map(|&v| self.variables.get(v).cloned()).collect();
        Ok(self)
    }

    /// Only these rows, in this order; a row may be given more than once.
    ///
    /// # Errors
    /// When a number is no row.
    pub fn select_rows(&self, rows: &[usize]) -> Result<Self, StructureError> {
        if let Some(beyond) = rows.iter().find(|&&row| row >= self.rows) {
            return Err(StructureError::NoData {
                message: format!("row {beyond} was asked for and there are {}", self.rows),
            });
        }
        let variables = self.variables.iter().map(|v| keep(v, rows)).collect::<Result<_, _>>()?;
        let (nodes, left_out) = (self.nodes.clone(), self.left_out.clone());
        Ok(Self { nodes, rows: rows.len(), variables, left_out })
    }

    /// The rows without a missing value, and how many others there were.
    ///
    /// # Errors
    /// When no row is complete.
    pub fn complete(mut self) -> Result<(Self, usize), StructureError> {
        let rows: Vec<usize> =
            (0..self.rows).filter(|&row| !self.variables.iter().any(|v| is_missing(v, row))).collect();
        let dropped = self.rows - rows.len();
        if rows.is_empty() && self.rows > 0 {
            let missing = |v: &MixedColumn| (0..self.rows).filter(|&row| is_missing(v, row)).count();
            let worst = (0..self.width()).max_by_key(|&v| missing(&self.variables[v])).unwrap_or(0);
            return Err(StructureError::NoData {
                message: format!(
                    "no row is without a missing value; leave out the emptiest columns, such as `{}`, or use a test that \
                     takes missing values",
                    self.nodes.name(worst)
                ),
            });
        }
        if dropped > 0 {
            self.variables = self.variables.iter().map(|v| keep(v, &rows)).collect::<Result<_, _>>()?;
            self.rows = rows.len();
        }
        Ok((self, dropped))
    }

    /// The numbers, when every column holds numbers.
    #[must_use]
    pub fn continuous(&self) -> Option<Vec<&[f64]>> {
        self.variables
            .iter()
            .map(|variable| match variable {
                MixedColumn::Continuous(values) => Some(values.as_slice()),
                MixedColumn::Discrete(_) => None,
            })
            .collect()
    }

    /// The categories, when every column holds categories.
    #[must_use]
    pub fn discrete(&self) -> Option<DiscreteTable> {
        let categories = |variable: &MixedColumn| match variable {
            MixedColumn::Continuous(_) => None,
            MixedColumn::Discrete(column) => Some(column.clone()),
        };
        DiscreteTable::new(self.variables.iter().map(categories).collect::<Option<_>>()?).ok()
    }

    /// Whether a value is missing.
    #[must_use]
    pub fn has_missing(&self) -> bool {
        self.variables.iter().any(|variable| match variable {
            MixedColumn::Continuous(values) => values.iter().any(|value| value.is_nan()),
            MixedColumn::Discrete(column) => column.missing() > 0,
        })
    }

    /// Every column as categories. Numbers with at most `bins` distinct values keep them as levels; others are cut into
    /// `bins` intervals of equal frequency, whose bounds name the levels, and are listed in the second result.
    ///
    /// # Errors
    /// When `bins` is below 2 or beyond what codes can count.
    pub fn discretised(mut self, bins: usize) -> Result<(Self, Vec<String>), StructureError> {
        if !(2..=1000).contains(&bins) {
            return Err(StructureError::Parameter {
                parameter: "the number of bins",
                value: bins as f64,
                expected: "between 2 and 1000",
            });
        }
        let mut cut = Vec::new();
        for (v, variable) in self.variables.iter_mut().enumerate() {
            if let MixedColumn::Continuous(values) = variable {
                let (column, was_cut) = discretise(values, bins)?;
                if was_cut {
                    cut.push(self.nodes.name(v).to_owned());
                }
                *variable = MixedColumn::Discrete(column);
            }
        }
        Ok((self, cut))
    }

    /// Marks columns that repeat an earlier one.
    fn find_copies(&self, reasons: &mut [Option<Reason>]) {
        let mut prints: Vec<(Vec<u64>, usize)> = (0..self.width())
            .filter(|&v| reasons[v].is_none())
            .map(|v| (fingerprint(&self.variables[v]), v))
            .collect();
        prints.sort();
        for run in prints.chunk_by(|a, b| a.0 == b.0) {
            let first = run[0].1;
            for &(_, copy) in &run[1..] {
                if same_information(&self.variables[first], &self.variables[copy]) {
                    let because = format!("it repeats `{}`", self.nodes.name(first));
                    reasons[copy] = Some(Reason::NotUsed { because });
                }
            }
        }
    }
}

fn categories(array: &dyn Array) -> Result<Option<DiscreteColumn>, StructureError> {
    let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>() else { return Ok(None) };
    let Some(values) = dictionary.values().as_string_opt::<i32>() else { return Ok(None) };
    let levels: Vec<String> = values.iter().map(|level| level.unwrap_or_default().to_owned()).collect();
    let missing = DiscreteColumn::MISSING;
    let code = |key: Option<u32>| key.map_or(missing, |key| u16::try_from(key).unwrap_or(missing));
    let codes = dictionary.keys().iter().map(code).collect();
    Ok(Some(DiscreteColumn::new(codes, levels)?))
}

/// Why no learner can use a column, if so.
fn useless(variable: &MixedColumn) -> Option<Reason> {
    match variable {
        MixedColumn::Continuous(values) => {
            let infinite = values.iter().filter(|value| value.is_infinite()).count();
            if infinite > 0 {
                let because = format!("{infinite} values are infinite; replace or drop them");
                return Some(Reason::NotUsed { because });
            }
            let mut known = values.iter().filter(|value| !value.is_nan());
            let Some(first) = known.next() else { return Some(Reason::AllNull) };
            known.all(|value| (value - first).abs() <= 0.0).then_some(Reason::Constant)
        }
        MixedColumn::Discrete(column) => {
            let mut known = column.codes().iter().filter(|&&code| code != DiscreteColumn::MISSING);
            let Some(first) = known.next() else { return Some(Reason::AllNull) };
            known.all(|code| code == first).then_some(Reason::Constant)
        }
    }
}

/// Equal for columns with the same information, and seldom otherwise: a few entries in standard form.
fn fingerprint(variable: &MixedColumn) -> Vec<u64> {
    const LOOK: usize = 32;
    match variable {
        MixedColumn::Continuous(values) => {
            let mut known = values.iter().copied().filter(|value| !value.is_nan());
            let first = known.next().unwrap_or(0.0);
            let scale = known.map(|value| value - first).find(|&d| d != 0.0).unwrap_or(1.0);
            let digits = |value: &f64| ((value - first) / scale * 1e6).round();
            std::iter::once(0).chain(values.iter().take(LOOK).map(|v| (digits(v) + 0.0).to_bits())).collect()
        }
        MixedColumn::Discrete(column) => {
            std::iter::once(1).chain(renamed(column.codes()).take(LOOK)).collect()
        }
    }
}

/// Codes in order of first appearance.
fn renamed(codes: &[u16]) -> impl Iterator<Item = u64> + '_ {
    let mut names: Vec<u16> = Vec::new();
    codes.iter().map(move |&code| {
        if code == DiscreteColumn::MISSING {
            return u64::MAX;
        }
        let at = names.iter().position(|&seen| seen == code).unwrap_or_else(|| {
            names.push(code);
            names.len() - 1
        });
        at as u64
    })
}

fn same_information(a: &MixedColumn, b: &MixedColumn) -> bool {
    match (a, b) {
        (MixedColumn::Continuous(a), MixedColumn::Continuous(b)) => affine(a, b),
        (MixedColumn::Discrete(a), MixedColumn::Discrete(b)) => renamed(a.codes()).eq(renamed(b.codes())),
        _ => false,
    }
}

/// Whether `b = c + d a` to rounding, on the same rows.
fn affine(a: &[f64], b: &[f64]) -> bool {
    let pairs = || a.iter().zip(b).filter(|(x, y)| !x.is_nan() && !y.is_nan());
    if a.iter().zip(b).any(|(x, y)| x.is_nan() != y.is_nan()) {
        return false;
    }
    let Some((&a0, &b0)) = pairs().next() else { return false };
    let far = pairs().map(|(&x, &y)| (x - a0, y - b0)).max_by(|p, q| p.0.abs().total_cmp(&q.0.abs()));
    let Some((da, db)) = far else { return false };
    let slope = db / da;
    let size = pairs().map(|(_, y)| (y - b0).abs()).fold(0.0, f64::max);
    slope.is_finite()
        && slope != 0.0
        && pairs().all(|(x, y)| (b0 + slope * (x - a0) - y).abs() <= 1e-9 * size)
}

/// The codes of numbers, and whether they had to be cut into intervals.
fn discretise(values: &[f64], bins: usize) -> Result<(DiscreteColumn, bool), StructureError> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let few = distinct.len() <= bins;
    let bounds: Vec<f64> = if few {
        distinct.iter().skip(1).copied().collect()
    } else {
        let mut bounds: Vec<f64> = (1..bins).map(|k| sorted[k * sorted.len() / bins]).collect();
        bounds.dedup();
        bounds.retain(|&bound| bound > sorted[0]);
        bounds
    };
    let levels: Vec<String> = if few {
        distinct.iter().map(ToString::to_string).collect()
    } else {
        let ends = |k: usize| (k.checked_sub(1).and_then(|i| bounds.get(i)), bounds.get(k));
        (0..=bounds.len())
            .map(|k| match ends(k) {
                (None, Some(high)) => format!("< {high}"),
                (Some(low), Some(high)) => format!("{low} to {high}"),
                (Some(low), None) => format!(">= {low}"),
                (None, None) => "any".to_owned(),
            })
            .collect()
    };
    let code = |value: &f64| {
        if value.is_nan() {
            DiscreteColumn::MISSING
        } else {
            u16::try_from(bounds.partition_point(|bound| bound <= value)).unwrap_or(DiscreteColumn::MISSING)
        }
    };
    Ok((DiscreteColumn::new(values.iter().map(code).collect(), levels)?, !few))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(columns: &[&[f64]]) -> Dataset {
        let variables = columns.iter().map(|c| MixedColumn::Continuous(c.to_vec())).collect();
        Dataset::new(Nodes::numbered(columns.len()), variables).unwrap()
    }

    fn reasons(dataset: &Dataset) -> Vec<String> {
        dataset.left_out().iter().map(|o| format!("{}: {}", o.metric, o.why)).collect()
    }

    #[test]
    fn useless_columns_are_left_out_and_said() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let dataset = numbers(&[
            &[1.0, 2.0, 4.0, 3.0],
            &[5.0; 4],
            &[nan; 4],
            &[1.0, inf, 2.0, 3.0],
            &[3.0, 1.0, -3.0, -1.0],
            &[1.0, 2.0, 4.0, 3.1],
        ])
        .screened()
        .unwrap();
        assert_eq!(dataset.nodes().names(), ["X1", "X6"]);
        assert_eq!(
            reasons(&dataset),
            [
                "X2: constant",
                "X3: all values are null",
                "X4: 1 values are infinite; replace or drop them",
                "X5: it repeats `X1`"
            ]
        );
        assert!(numbers(&[&[1.0, 1.0]]).screened().unwrap_err().to_string().contains("`X1`: constant"));
    }

    #[test]
    fn renamed_categories_repeat() {
        let column =
            |labels: [&str; 4]| MixedColumn::Discrete(DiscreteColumn::from_labels(labels.map(Some)).unwrap());
        let variables =
            vec![column(["a", "b", "a", "c"]), column(["z", "y", "z", "x"]), column(["a", "b", "b", "c"])];
        let dataset = Dataset::new(Nodes::numbered(3), variables).unwrap().screened().unwrap();
        assert_eq!(reasons(&dataset), ["X2: it repeats `X1`"]);
        assert_eq!(dataset.kind(), DataKind::Discrete);
    }

    #[test]
    fn complete_rows_are_kept() {
        let (dataset, dropped) = numbers(&[&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 5.0]]).complete().unwrap();
        assert_eq!((dataset.rows(), dropped), (2, 1));
        assert_eq!(dataset.continuous().unwrap()[0], [1.0, 3.0]);
        let none = numbers(&[&[1.0, f64::NAN], &[f64::NAN, 2.0]]).complete();
        assert!(none.unwrap_err().to_string().contains("no row is without a missing value"));
    }

    #[test]
    fn numbers_become_levels_or_intervals() {
        let many: Vec<f64> = (0..9).map(f64::from).collect();
        let few = [2.0, 1.0, 2.0, f64::NAN, 1.0, 2.0, 1.0, 1.0, 1.0];
        let (dataset, cut) = numbers(&[&many, &few]).discretised(3).unwrap();
        assert_eq!(cut, ["X1"]);
        let table = dataset.discrete().unwrap();
        assert_eq!(table.columns()[0].codes(), [0, 0, 0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(**table.columns()[0].levels(), ["< 3", "3 to 6", ">= 6"]);
        assert_eq!(**table.columns()[1].levels(), ["1", "2"]);
        assert_eq!(table.columns()[1].missing(), 1);
        assert!(numbers(&[&many]).discretised(1).is_err());
        let skewed = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0];
        let (dataset, _) = numbers(&[&skewed]).discretised(3).unwrap();
        assert_eq!(dataset.discrete().unwrap().cardinality(0), 2);
    }
}
