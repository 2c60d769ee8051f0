//! How much better than a straight line a series is described by a line with one change in it.
//!
//! Three changes are compared, each a regressor added to intercept and slope: a **step** at row k, a **ramp** that leaves
//! the line at row k (a leak), and a **bump** from row k to row l (an incident that ended). The gain of a regressor g is
//! the drop in the residual sum of squares, `(g'r)^2 / |Mg|^2`, where r are the residuals of the line and M projects
//! away intercept and slope. For equally spaced rows `|Mg|^2` has a closed form and `g'r` is a difference of prefix sums
//! of r, so all n steps and all n ramps cost O(n). The best of all O(n^2) bumps is approached from the largest range of the
//! prefix sums (Levin and Kline, "The CUSUM Test of Homogeneity", Statistics in Medicine, 1985) by optimising one end
//! at a time.

/// How a metric changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// The level moved at once and stayed.
    Step,
    /// It began to grow or shrink steadily, as a leak does.
    Ramp,
    /// The level moved and came back.
    Bump,
}

/// The best change of one shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) shape: Shape,
    /// First changed value.
    pub(crate) start: usize,
    /// First value after the change; the length of the series unless the shape is a bump.
    pub(crate) end: usize,
    /// Drop in the residual sum of squares.
    pub(crate) gain: f64,
    /// The regressor's coefficient: the height of a step or bump, the slope of a ramp in value per row.
    pub(crate) size: f64,
}

impl Change {
    fn none(shape: Shape, n: usize) -> Self {
        Self { shape, start: n, end: n, gain: 0.0, size: 0.0 }
    }

    /// The regressor at position `at`.
    pub(crate) fn regressor(&self, at: usize) -> f64 {
        match self.shape {
            _ if at < self.start || at >= self.end => 0.0,
            Shape::Ramp => (at - self.start + 1) as f64,
            Shape::Step | Shape::Bump => 1.0,
        }
    }
}

/// A series with its line removed, and the prefix sums that price every change.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    /// Residuals of the line.
    pub(crate) residuals: Vec<f64>,
    /// `sums[k]` is the sum of the residuals from k on.
    sums: Vec<f64>,
    /// `ramps[k]` is the sum of `(t - k + 1) r_t` from k on.
    ramps: Vec<f64>,
    /// Residual sum of squares of the line.
    pub(crate) rss: f64,
    min_rows: usize,
    /// `1 / n` and `1 / sum (t - mean t)^2`: every price needs them, and multiplying is cheaper than dividing.
    per_row: f64,
    per_square: f64,
}

/// Rows a ramp needs more than a step on either side: three rows cannot tell a bend from noise.
const EXTRA_FOR_RAMP: usize = 2;

impl Shapes {
    /// Removes the line and sums up. O(n).
    pub(crate) fn load(&mut self, values: &[f64], min_rows: usize) {
        self.min_rows = min_rows;
        let n = values.len() as f64;
        let (middle, mean) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
        let along: f64 =
            values.iter().enumerate().map(|(t, value)| (t as f64 - middle) * (value - mean)).sum();
        (self.per_row, self.per_square) = (1.0 / n.max(1.0), 1.0 / time_square_sum(n));
        let slope = along * self.per_square;
        self.residuals.clear();
        self.residuals
            .extend(values.iter().enumerate().map(|(t, value)| value - mean - slope * (t as f64 - middle)));
        self.rss = self.residuals.iter().map(|r| r * r).sum();
        self.sums.clear();
        self.ramps.clear();
        self.sums.resize(values.len() + 1, 0.0);
        self.ramps.resize(values.len() + 1, 0.0);
        let (mut sum, mut ramp) = (0.0, 0.0);
        let slots = self.sums.iter_mut().zip(self.ramps.iter_mut()).rev().skip(1);
        for ((sum_at, ramp_at), residual) in slots.zip(self.residuals.iter().rev()) {
            sum += residual;
            ramp += sum;
            (*sum_at, *ramp_at) = (sum, ramp);
        }
    }

    fn len(&self) -> usize {
        self.residuals.len()
    }

    fn sum_from(&self, at: usize) -> f64 {
        self.sums.get(at).copied().unwrap_or(0.0)
    }

    /// Every position a step may start at.
    pub(crate) fn steps(&self, first: usize) -> std::ops::Range<usize> {
        first.max(self.min_rows)..(self.len() + 1).saturating_sub(self.min_rows)
    }

    fn ramp_starts(&self, first: usize) -> std::ops::Range<usize> {
        let least = self.min_rows + EXTRA_FOR_RAMP;
        first.max(least)..(self.len() + 1).saturating_sub(least)
    }

    /// The gain of a step at `k`.
    pub(crate) fn step_gain(&self, k: usize) -> f64 {
        self.interval_gain(k, self.len())
    }

    /// The gain of a bump over `start..end`; a step when `end` is the length.
    pub(crate) fn interval_gain(&self, start: usize, end: usize) -> f64 {
        self.interval_price(start, end).gain()
    }

    fn interval_price(&self, start: usize, end: usize) -> Price {
        Price { inner: self.sum_from(start) - self.sum_from(end), norm: self.interval_norm(start, end) }
    }

    /// The gain of a ramp that leaves the line at `k`; 0 where no ramp may start.
    pub(crate) fn ramp_gain(&self, k: usize) -> f64 {
        if self.ramp_starts(0).contains(&k) { self.ramp_price(k).gain() } else { 0.0 }
    }

    fn ramp_price(&self, k: usize) -> Price {
        Price { inner: self.ramps.get(k).copied().unwrap_or(0.0), norm: self.ramp_norm(k) }
    }

    fn interval_norm(&self, start: usize, end: usize) -> f64 {
        let n = self.len() as f64;
        let (q, centre) = ((end - start) as f64, ((start + end) as f64 - n) / 2.0);
        q - q * q * self.per_row - (q * centre) * (q * centre) * self.per_square
    }

    /// A ramp from k on and the mirrored ramp before k differ by a line, so the shorter one is measured: no digits are
    /// lost when the change is early.
    fn ramp_norm(&self, k: usize) -> f64 {
        let n = self.len() as f64;
        let m = (self.len() - k).min(k - 1) as f64;
        let (sum, squares) = (m * (m + 1.0) / 2.0, m * (m + 1.0) * (2.0 * m + 1.0) / 6.0);
        let along = (n - 1.0) / 2.0 * sum - (m * sum - squares);
        squares - sum * sum * self.per_row - along * along * self.per_square
    }

    /// The best step that starts at `first` or later.
    pub(crate) fn best_step(&self, first: usize) -> Change {
        let n = self.len();
        let start = strongest(self.steps(first), |k| self.interval_price(k, n));
        start.map_or(Change::none(Shape::Step, n), |start| self.interval(Shape::Step, start, n))
    }

    /// The best ramp that starts at `first` or later.
    pub(crate) fn best_ramp(&self, first: usize) -> Change {
        let n = self.len();
        let Some(start) = strongest(self.ramp_starts(first), |k| self.ramp_price(k)) else {
            return Change::none(Shape::Ramp, n);
        };
        let price = self.ramp_price(start);
        Change { shape: Shape::Ramp, start, end: n, gain: price.gain(), size: price.size() }
    }

    /// A bump that starts at `first` or later and cannot be improved by moving one of its ends.
    pub(crate) fn best_bump(&self, first: usize, step: &Change) -> Change {
        let n = self.len();
        let starts = self.steps(first);
        let (mut high, mut low) = ((n, f64::NEG_INFINITY), (n, f64::INFINITY));
        for k in starts.clone() {
            let sum = self.sum_from(k);
            high = if sum > high.1 { (k, sum) } else { high };
            low = if sum < low.1 { (k, sum) } else { low };
        }
        let from_range = self.improve_bump(&starts, high.0.max(low.0));
        let from_step = self.improve_bump(&starts, step.start);
        if from_step.gain > from_range.gain { from_step } else { from_range }
    }

    /// Optimises start and end in turn, beginning with the end at `end`.
    fn improve_bump(&self, starts: &std::ops::Range<usize>, mut end: usize) -> Change {
        let (mut best, mut start) = (Change::none(Shape::Bump, self.len()), None);
        for _ in 0..ROUNDS {
            let before = starts.start..starts.end.min((end + 1).saturating_sub(self.min_rows));
            start = strongest(before, |k| self.interval_price(k, end)).or(start);
            let Some(start) = start else { break };
            let after = (start + self.min_rows).max(starts.start)..starts.end;
            end = strongest(after, |k| self.interval_price(start, k)).unwrap_or(end);
            let next = self.interval(Shape::Bump, start, end);
            if next.gain <= best.gain {
                break;
            }
            best = next;
        }
        best
    }

    fn interval(&self, shape: Shape, start: usize, end: usize) -> Change {
        let n = self.len();
        if start >= end || start >= n {
            return Change::none(shape, n);
        }
        let price = self.interval_price(start, end);
        Change { shape, start, end, gain: price.gain(), size: price.size() }
    }

    /// What `change` leaves unexplained, appended to `out`. O(n).
    pub(crate) fn residuals_after(&self, change: &Change, out: &mut Vec<f64>) {
        out.clear();
        let n = self.len() as f64;
        let middle = (n - 1.0) / 2.0;
        let (mut sum, mut along) = (0.0, 0.0);
        for at in change.start..change.end {
            let g = change.regressor(at);
            sum += g;
            along += g * (at as f64 - middle);
        }
        let (mean, slope) = (sum / n, along / time_square_sum(n));
        out.extend(
            self.residuals.iter().enumerate().map(|(at, r)| {
                r - change.size * (change.regressor(at) - mean - slope * (at as f64 - middle))
            }),
        );
    }
}

/// `sum (t - mean t)^2` over `n` consecutive rows.
fn time_square_sum(n: f64) -> f64 {
    (n * (n * n - 1.0) / 12.0).max(f64::MIN_POSITIVE)
}

/// A regressor's inner product with the residuals, and its own squared length.
#[derive(Debug, Clone, Copy)]
struct Price {
    inner: f64,
    norm: f64,
}

/// A regressor shorter than this is a line but for rounding.
const SHORTEST: f64 = 1e-6;

impl Price {
    fn gain(self) -> f64 {
        if self.norm > SHORTEST { self.inner * self.inner / self.norm } else { 0.0 }
    }

    fn size(self) -> f64 {
        if self.norm > SHORTEST { self.inner / self.norm } else { 0.0 }
    }
}

/// The first position with the largest positive gain. Gains are compared crosswise: a division a row would be half of the
/// time.
fn strongest(positions: std::ops::Range<usize>, price: impl Fn(usize) -> Price) -> Option<usize> {
    let (mut best, mut square, mut norm) = (None, 0.0, 1.0);
    for at in positions {
        let next = price(at);
        let next_square = next.inner * next.inner;
        if next_square * norm > square * next.norm && next.norm > SHORTEST {
            (best, square, norm) = (Some(at), next_square, next.norm);
        }
    }
    best
}

/// Times that both ends of a bump are moved; the second round rarely gains anything.
const ROUNDS: usize = 2;

#[cfg(test)]
mod tests;
