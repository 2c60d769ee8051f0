//! [`MixedColumn`]: numbers or categories, the input of tests, scores and networks over columns of both kinds.

use crate::DiscreteColumn;

/// A column of a table with columns of both kinds.
#[derive(Debug, Clone, PartialEq)]
pub enum MixedColumn {
    /// Numbers; NaN and infinities are missing.
    Continuous(Vec<f64>),
    /// Categories.
    Discrete(DiscreteColumn),
}

impl MixedColumn {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Continuous(values) => values.len(),
            Self::Discrete(column) => column.codes().len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in a row; `None` when it is missing, there is no such row, or the column holds categories.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Continuous(values) => values.get(row).copied().filter(|value| value.is_finite()),
            Self::Discrete(_) => None,
        }
    }

    /// The code of the category in a row; `None` when it is missing, there is no such row, or the column holds numbers.
    #[must_use]
    pub fn state(&self, row: usize) -> Option<usize> {
        match self {
            Self::Continuous(_) => None,
            Self::Discrete(column) => column
                .codes()
                .get(row)
                .filter(|&&code| code != DiscreteColumn::MISSING)
                .map(|&code| code.into()),
        }
    }
}
