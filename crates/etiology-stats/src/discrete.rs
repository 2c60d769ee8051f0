//! Columns of category codes, the input of every discrete test, score and network.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::StatsError;

/// One categorical column: a code a row, and what the codes stand for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscreteColumn {
    codes: Vec<u16>,
    levels: Arc<[String]>,
}

impl DiscreteColumn {
    /// The code of a missing value.
    pub const MISSING: u16 = u16::MAX;

    /// Takes codes below `levels.len()`, or [`DiscreteColumn::MISSING`].
    ///
    /// # Errors
    /// [`StatsError::Parameter`] when a code stands for no level or there are more levels than codes.
    pub fn new(codes: Vec<u16>, levels: impl Into<Arc<[String]>>) -> Result<Self, StatsError> {
        let levels = levels.into();
        if levels.len() >= usize::from(Self::MISSING) {
            return Err(StatsError::Parameter {
                parameter: "the number of levels",
                value: levels.len() as f64,
                expected: "below 65535; group the rare ones",
            });
        }
        match codes.iter().find(|&&code| code != Self::MISSING && usize::from(code) >= levels.len()) {
            Some(&code) => Err(StatsError::Parameter {
                parameter: "a category code",
                value: f64::from(code),
                expected: "below the number of levels",
            }),
            None => Ok(Self { codes, levels }),
        }
    }

    /// Codes labels in lexicographic order of the distinct ones; `None` is missing.
    ///
    /// # Errors
    /// As [`DiscreteColumn::new`].
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = Option<&'a str>>) -> Result<Self, StatsError> {
        let labels: Vec<Option<&str>> = labels.into_iter().collect();
        let mut levels: Vec<&str> = labels.iter().flatten().copied().collect();
        levels.sort_unstable();
        levels.dedup();
        let code = |label: &Option<&str>| match label {
            Some(label) => levels.binary_search(label).ok().and_then(|i| u16::try_from(i).ok()),
            None => None,
        };
        let codes = labels.iter().map(|label| code(label).unwrap_or(Self::MISSING)).collect();
        Self::new(codes, levels.iter().map(|&level| level.to_owned()).collect::<Vec<_>>())
    }

    /// The same rows coded by other levels, in their order; they may hold more than occur.
    ///
    /// # Errors
    /// [`StatsError::UnknownLevel`] when a level that occurs is none of them; as [`DiscreteColumn::new`].
    pub fn with_levels(&self, levels: impl Into<Arc<[String]>>) -> Result<Self, StatsError> {
        let levels = levels.into();
        let places: Vec<Option<u16>> = self
            .levels
            .iter()
            .map(|level| levels.iter().position(|other| other == level).and_then(|at| u16::try_from(at).ok()))
            .collect();
        let code = |&code: &u16| match places.get(usize::from(code)) {
            None => Ok(Self::MISSING),
            Some(Some(place)) => Ok(*place),
            Some(None) => Err(StatsError::UnknownLevel {
                level: self.levels[usize::from(code)].clone(),
                levels: levels.join(", "),
            }),
        };
        let codes = self.codes.iter().map(code).collect::<Result<_, _>>()?;
        Self::new(codes, levels)
    }

    /// The codes, one a row.
    #[must_use]
    pub fn codes(&self) -> &[u16] {
        &self.codes
    }

    /// What the codes stand for.
    #[must_use]
    pub fn levels(&self) -> &Arc<[String]> {
        &self.levels
    }

    /// Number of levels, seen or not.
    #[must_use]
    pub fn cardinality(&self) -> usize {
        self.levels.len()
    }

    /// Number of missing values.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.codes.iter().filter(|&&code| code == Self::MISSING).count()
    }
}

/// Categorical columns of one length.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DiscreteTable {
    rows: usize,
    columns: Vec<DiscreteColumn>,
}

impl DiscreteTable {
    /// Takes columns of one length.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`].
    pub fn new(columns: Vec<DiscreteColumn>) -> Result<Self, StatsError> {
        let rows = columns.first().map_or(0, |column| column.codes.len());
        match columns.iter().find(|column| column.codes.len() != rows) {
            Some(other) => Err(StatsError::LengthMismatch {
                statistic: "a discrete table",
                left: rows,
                right: other.codes.len(),
            }),
            None => Ok(Self { rows, columns }),
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[DiscreteColumn] {
        &self.columns
    }

    /// Number of levels of a column; 0 for a number that is no column.
    #[must_use]
    pub fn cardinality(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, DiscreteColumn::cardinality)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn levels(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn levels_are_put_in_order_and_strangers_named() {
        let column = DiscreteColumn::from_labels([Some("b"), None, Some("a"), Some("b")]).unwrap();
        let again = column.with_levels(levels(&["c", "b", "a"])).unwrap();
        assert_eq!(again.codes(), [1, DiscreteColumn::MISSING, 2, 1]);
        assert_eq!(again.cardinality(), 3);
        let error = column.with_levels(levels(&["b", "c"])).unwrap_err().to_string();
        assert!(error.contains("`a`") && error.contains("b, c"), "{error}");
        // A level that is declared and does not occur may go.
        assert_eq!(
            again.with_levels(levels(&["a", "b"])).unwrap().codes(),
            [1, DiscreteColumn::MISSING, 0, 1]
        );
    }
}
