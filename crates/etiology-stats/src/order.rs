//! Order statistics by selection: quantiles, median, quartiles, interquartile range, median absolute deviation.
//!
//! A quantile needs one or two order statistics, not a sorted array, so the values are copied once into a [`Scratch`]
//! and partitioned around the wanted ranks (quickselect; each further rank is looked for only in the part that holds
//! it). Scoring thousands of metrics with one `Scratch` allocates once.
//!
//! Quantiles follow definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (The American
//! Statistician, 1996), which is numpy's and R's default: with `h = q (n - 1)`, the value is the linear interpolation
//! between the order statistics of rank `floor(h)` and `floor(h) + 1`.
//!
//! Missing values are the caller's to drop. A NaN or an infinity that slips in takes its place in the IEEE total order
//! (negative NaN, -inf, finite values, +inf, NaN): nothing panics, and extreme ranks may then be non-finite.

/// `1 / Phi^-1(3/4)`: the factor that turns the median absolute deviation of a normal sample into its standard
/// deviation. It is the reciprocal of statsmodels' and scipy's `0.6744897501960817`.
pub const MAD_TO_SIGMA: f64 = 1.482602218505602;

/// Working memory of the selection functions, reusable across calls so that only the longest slice allocates.
///
/// Its contents are overwritten by every call and never influence a result.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    buffer: Vec<f64>,
}

impl Scratch {
    /// An empty scratch, which grows to the longest slice it meets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A scratch that does not allocate for slices of up to `capacity` values.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { buffer: Vec::with_capacity(capacity) }
    }

    fn fill(&mut self, values: impl Iterator<Item = f64>) -> &mut [f64] {
        self.buffer.clear();
        self.buffer.extend(values);
        &mut self.buffer
    }
}

/// The three quartiles of a sample.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Quartiles {
    /// The 0.25 quantile.
    pub q1: f64,
    /// The 0.5 quantile.
    pub median: f64,
    /// The 0.75 quantile.
    pub q3: f64,
}

impl Quartiles {
    /// The interquartile range `q3 - q1`.
    #[must_use]
    pub fn iqr(&self) -> f64 {
        self.q3 - self.q1
    }
}

/// The `q` quantile, or `None` when `values` is empty or `q` is outside `[0, 1]`. Expected time O(n).
#[must_use]
pub fn quantile(values: &[f64], q: f64, scratch: &mut Scratch) -> Option<f64> {
    let rank = Rank::of(q, values.len())?;
    let sorted_at = scratch.fill(values.iter().copied());
    select_ranks(sorted_at, 0, &[rank.below, rank.above]);
    Some(rank.read(sorted_at))
}

/// Several quantiles from one copy of the values, in the order asked for; `None` when `values` is empty or any `q` is
/// outside `[0, 1]`. Expected time O(n log k) for k quantiles.
#[must_use]
pub fn quantiles(values: &[f64], qs: &[f64], scratch: &mut Scratch) -> Option<Vec<f64>> {
    let ranks = qs.iter().map(|&q| Rank::of(q, values.len())).collect::<Option<Vec<_>>>()?;
    let mut wanted: Vec<usize> = ranks.iter().flat_map(|rank| [rank.below, rank.above]).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let sorted_at = scratch.fill(values.iter().copied());
    select_ranks(sorted_at, 0, &wanted);
    Some(ranks.iter().map(|rank| rank.read(sorted_at)).collect())
}

/// The median: the middle value, or the mean of the middle two; `None` when `values` is empty. Expected time O(n).
#[must_use]
pub fn median(values: &[f64], scratch: &mut Scratch) -> Option<f64> {
    median_in_place(scratch.fill(values.iter().copied()))
}

/// The quartiles from one copy of the values: the median first, then the first quartile in the lower part and the
/// third in the upper. `None` when `values` is empty. Expected time O(n).
#[must_use]
pub fn quartiles(values: &[f64], scratch: &mut Scratch) -> Option<Quartiles> {
    let n = values.len();
    let (low, middle, high) = (Rank::of(0.25, n)?, Rank::of(0.5, n)?, Rank::of(0.75, n)?);
    let sorted_at = scratch.fill(values.iter().copied());
    select_ranks(sorted_at, 0, &[low.below, low.above, middle.below, middle.above, high.below, high.above]);
    Some(Quartiles {
        q1: low.read(sorted_at),
        median: sorted_at[middle.below].midpoint(sorted_at[middle.above]),
        q3: high.read(sorted_at),
    })
}

/// The interquartile range, the 0.75 quantile minus the 0.25 quantile; `None` when `values` is empty.
/// Expected time O(n).
#[must_use]
pub fn iqr(values: &[f64], scratch: &mut Scratch) -> Option<f64> {
    quartiles(values, scratch).map(|quartiles| quartiles.iqr())
}

/// The median absolute deviation `median(|x - median(x)|)`, unscaled; `None` when `values` is empty.
/// Expected time O(n).
///
/// Multiply by [`MAD_TO_SIGMA`] for an estimate of a normal sample's standard deviation. It is 0 as soon as more than
/// half of the values are equal.
#[must_use]
pub fn mad(values: &[f64], scratch: &mut Scratch) -> Option<f64> {
    let centre = median(values, scratch)?;
    mad_about(values, centre, scratch)
}

/// `median(|x - centre|)`, unscaled; `None` when `values` is empty. Expected time O(n).
#[must_use]
pub fn mad_about(values: &[f64], centre: f64, scratch: &mut Scratch) -> Option<f64> {
    median_in_place(scratch.fill(values.iter().map(|value| (value - centre).abs())))
}

fn median_in_place(buffer: &mut [f64]) -> Option<f64> {
    let rank = Rank::of(0.5, buffer.len())?;
    select_ranks(buffer, 0, &[rank.below, rank.above]);
    Some(buffer[rank.below].midpoint(buffer[rank.above]))
}

/// Where a quantile lies among the order statistics of `n` values.
#[derive(Debug, Clone, Copy)]
struct Rank {
    below: usize,
    above: usize,
    weight_above: f64,
}

impl Rank {
    fn of(q: f64, n: usize) -> Option<Self> {
        let last = n.checked_sub(1)?;
        if !(0.0..=1.0).contains(&q) {
            return None;
        }
        let position = q * last as f64;
        let below = floor_index(position).min(last);
        let weight_above = position - below as f64;
        let above = if weight_above > 0.0 { (below + 1).min(last) } else { below };
        Some(Self { below, above, weight_above })
    }

    /// Interpolates as numpy does, from the nearer end, so that both give the same bits.
    fn read(&self, sorted_at: &[f64]) -> f64 {
        let (low, high) = (sorted_at[self.below], sorted_at[self.above]);
        let gap = high - low;
        if low.total_cmp(&high).is_eq() {
            low
        } else if gap.is_infinite() && low.is_finite() && high.is_finite() {
            low * (1.0 - self.weight_above) + high * self.weight_above
        } else if self.weight_above < 0.5 {
            low + gap * self.weight_above
        } else {
            high - gap * (1.0 - self.weight_above)
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates and the input is in 0..n"
)]
fn floor_index(position: f64) -> usize {
    position.floor() as usize
}

/// Puts the order statistic of each rank in `ranks` (ascending, counted from `offset`, the rank of `part[0]`) at its
/// place in `part`. Repeated ranks cost nothing.
fn select_ranks(part: &mut [f64], offset: usize, ranks: &[usize]) {
    let Some(&pivot) = ranks.get(ranks.len() / 2) else { return };
    let (lower, _, upper) = part.select_nth_unstable_by(pivot - offset, f64::total_cmp);
    let first = ranks.partition_point(|&rank| rank < pivot);
    let past = ranks.partition_point(|&rank| rank <= pivot);
    select_ranks(lower, offset, &ranks[..first]);
    select_ranks(upper, pivot + 1, &ranks[past..]);
}
