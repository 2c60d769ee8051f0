//! Discrete columns in the layouts that count fastest.

use crate::{DiscreteColumn, DiscreteTable, StatsError};

use super::CountSession;

/// Columns of at most this many levels are kept as bits too.
const BIT_LEVELS: usize = 8;

/// Discrete columns made ready for counting. O(rows x columns) to build; 1 byte a value, and 1 bit a value and level for
/// columns of at most 8 levels.
///
/// # Example
///
/// ```
/// use etiology_stats::{Counter, DiscreteColumn, DiscreteTable};
///
/// let column = |labels: [&str; 4]| DiscreteColumn::from_labels(labels.map(Some));
/// let table = DiscreteTable::new(vec![column(["a", "b", "a", "b"])?, column(["x", "x", "x", "y"])?])?;
/// let counter = Counter::new(&table)?;
/// let mut session = counter.session();
/// let family = session.family(1, &[0]).map(|family| family.rows().map(<[u32]>::to_vec).collect::<Vec<_>>());
/// assert_eq!(family, Some(vec![vec![2, 0], vec![1, 1]])); // x, y where a; x, y where b
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Counter {
    rows: usize,
    columns: Vec<Column>,
}

/// Codes of one column; a missing value has the code `levels`.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) levels: usize,
    pub(super) has_missing: bool,
    pub(super) codes: Codes,
    /// `levels` bitmaps of the rows, or none.
    pub(super) bits: Vec<Vec<u64>>,
}

#[derive(Debug, Clone)]
pub(super) enum Codes {
    Bytes(Vec<u8>),
    Wide(Vec<u16>),
}

impl Column {
    fn new(column: &DiscreteColumn) -> Self {
        let levels = column.cardinality();
        let has_missing = column.missing() > 0;
        let narrow = |code: u16| if code == DiscreteColumn::MISSING { levels } else { usize::from(code) };
        let codes = match u8::try_from(levels) {
            Ok(_) => Codes::Bytes(
                column.codes().iter().map(|&code| u8::try_from(narrow(code)).unwrap_or(u8::MAX)).collect(),
            ),
            Err(_) => Codes::Wide(
                column.codes().iter().map(|&code| u16::try_from(narrow(code)).unwrap_or(u16::MAX)).collect(),
            ),
        };
        let mut bits = Vec::new();
        if levels <= BIT_LEVELS {
            bits = vec![vec![0_u64; column.codes().len().div_ceil(64)]; levels];
            for (row, &code) in column.codes().iter().enumerate() {
                if let Some(bitmap) = bits.get_mut(usize::from(code)) {
                    bitmap[row / 64] |= 1 << (row % 64);
                }
            }
        }
        Self { levels, has_missing, codes, bits }
    }

    /// Levels as the codes count them, with one for missing values.
    pub(super) fn span(&self) -> usize {
        self.levels + usize::from(self.has_missing)
    }

    /// The code of a row, as wide as any.
    pub(super) fn code(&self, row: usize) -> usize {
        match &self.codes {
            Codes::Bytes(codes) => codes.get(row).map_or(self.levels, |&code| usize::from(code)),
            Codes::Wide(codes) => codes.get(row).map_or(self.levels, |&code| usize::from(code)),
        }
    }
}

impl Counter {
    /// # Errors
    /// [`StatsError::Parameter`] for more than 4 294 967 294 rows.
    pub fn new(table: &DiscreteTable) -> Result<Self, StatsError> {
        if table.rows() >= u32::MAX as usize {
            return Err(StatsError::Parameter {
                parameter: "the number of rows",
                value: table.rows() as f64,
                expected: "below 4294967295; count parts and merge them",
            });
        }
        Ok(Self { rows: table.rows(), columns: table.columns().iter().map(Column::new).collect() })
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

    /// Number of levels of a column; 0 for a number that is no column.
    #[must_use]
    pub fn cardinality(&self, column: usize) -> usize {
        self.columns.get(column).map_or(0, |column| column.levels)
    }

    /// Buffers and caches for one thread.
    #[must_use]
    pub fn session(&self) -> CountSession<'_> {
        CountSession::new(self)
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }
}
