//! A zero-copy view of one metric in a frame.

use arrow_array::{Array, Float64Array};

use crate::Metric;

/// One metric's values in a frame or window, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    metric: &'a Metric,
    array: &'a Float64Array,
}

impl<'a> Column<'a> {
    pub(crate) fn new(metric: &'a Metric, array: &'a Float64Array) -> Self {
        Self { metric, array }
    }

    pub(crate) fn array(&self) -> &'a Float64Array {
        self.array
    }

    /// What the column measures.
    #[must_use]
    pub fn metric(&self) -> &'a Metric {
        self.metric
    }

    /// The column's name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.metric.name
    }

    /// Number of rows, nulls included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether the window has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// Number of nulls.
    #[must_use]
    pub fn null_count(&self) -> usize {
        self.array.null_count()
    }

    /// The value in `row`, or `None` when it is null or there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<f64> {
        (row < self.len() && self.array.is_valid(row)).then(|| self.array.value(row))
    }

    /// Every row in order, nulls as `None`.
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> + use<'a> {
        self.array.iter()
    }

    /// The values as one slice when none is null: the fast path of every kernel.
    #[must_use]
    pub fn dense(&self) -> Option<&'a [f64]> {
        (self.null_count() == 0).then(|| self.raw())
    }

    /// All values as one slice; what stands at a null row is unspecified.
    #[must_use]
    pub fn raw(&self) -> &'a [f64] {
        self.array.values()
    }

    /// The values that are neither null nor infinite, in time order.
    pub fn finite(&self) -> impl Iterator<Item = f64> + use<'a> {
        self.iter().flatten().filter(|value| value.is_finite())
    }

    /// Appends the finite values to `out`: the way to fill a reused buffer.
    pub fn finite_into(&self, out: &mut Vec<f64>) {
        match self.dense() {
            Some(values) => out.extend(values.iter().copied().filter(|value| value.is_finite())),
            None => out.extend(self.finite()),
        }
    }

    /// The row and value of every finite value.
    pub fn finite_rows(&self) -> impl Iterator<Item = (usize, f64)> + use<'a> {
        self.iter().enumerate().filter_map(|(row, value)| value.filter(|v| v.is_finite()).map(|v| (row, v)))
    }

    /// The values that are neither null nor infinite, copied.
    #[must_use]
    pub fn to_finite(&self) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.len());
        self.finite_into(&mut out);
        out
    }

    /// Whether there is at least one finite value and all of them are equal.
    #[must_use]
    #[allow(clippy::float_cmp)] // constant means bitwise the same reading
    pub fn is_constant(&self) -> bool {
        let mut values = self.finite();
        values.next().is_some_and(|first| values.all(|value| value == first))
    }

    /// Number of infinite values.
    #[must_use]
    pub fn infinite_count(&self) -> usize {
        self.iter().flatten().filter(|value| value.is_infinite()).count()
    }
}
