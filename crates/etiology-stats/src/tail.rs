//! How surprising a window's largest score is, judged by the metric's own quiet past.
//!
//! A standardised score says how far a metric went in units of its usual spread, but not how often it goes that far by
//! itself: four spreads are rare for a metric with normal noise and routine for a bursty, autocorrelated queue length.
//! [`TailCalibration`] learns that from the reference scores: it cuts them into blocks, takes the maximum of each, and
//! asks how often the maximum of a fresh window of `m` rows would reach the observed one.
//!
//! *Inside the range of the block maxima* the answer is a rank. With K reference blocks and a window worth `r` blocks,
//! all exchangeable, the chance that at most j of the K lie at or above the largest of the r is
//! `1 - prod_{i=0..j} (K - i) / (K + r - i)`, which for `r = 1` is the familiar `(1 + j) / (1 + K)`. It is exact for any
//! distribution, since no parameter is estimated. *Beyond the largest block maximum* the rank is stuck at `r / (K + r)`;
//! from there the p-value falls along the predictive generalised Pareto tail of the largest block maxima, joined so that
//! it is continuous.
//!
//! *Block length.* Blocks have the window's length m where the reference holds at least [`TailOptions::min_blocks`] of
//! them, so that autocorrelation inside the window is answered by autocorrelation inside the blocks. Where it does not
//! (often the window is as long as the reference) the reference is cut into `min_blocks` shorter blocks, and the window
//! counts as `r = m / length` of them. This is the max-stability of stationary series (Leadbetter, Lindgren and Rootzen,
//! "Extremes and Related Properties of Random Sequences and Processes", 1983, chapter 3): exact when neighbouring blocks
//! are independent, conservative when they are positively dependent, as both sides of the comparison cluster alike.

use crate::error::{StatsError, require_finite, require_len};
use crate::pareto::PredictiveTail;
use serde::{Deserialize, Serialize};

const STATISTIC: &str = "tail calibration";

/// The tail is fitted on the largest tenth of the block maxima, within these bounds. Twenty are needed to tell a heavy
/// tail from a light one at all; beyond two hundred nothing is gained.
const EXCESSES: std::ops::RangeInclusive<usize> = 20..=200;

/// Settings of [`TailCalibration::fit`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TailOptions {
    /// Fewest blocks to cut the reference into, unless it has fewer rows than that. Default 30. More, shorter blocks follow
    /// the tail more closely; fewer, longer ones keep longer bursts whole. The choice matters little: on simulated quiet
    /// windows (normal, autoregressive with coefficient 0.95, and Student t with 3 degrees of freedom; references of 60 to
    /// 2000 rows) 15 to 100 blocks all kept their level of 0.05 within sampling error.
    pub min_blocks: usize,
    /// Smallest difference of scores that means anything, a lower bound on the scale of the fitted tail. It keeps the
    /// rounding noise of a metric that was flat in the reference from making any later change infinitely surprising.
    /// Default 0.1, a tenth of a standardised unit; set it to the scores' own unit if they are not standardised.
    pub resolution: f64,
}

impl Default for TailOptions {
    fn default() -> Self {
        Self { min_blocks: 30, resolution: 0.1 }
    }
}

/// Turns the largest score of a window into a p-value under the null hypothesis that the window is one more stretch of
/// the reference.
///
/// It assumes that the reference is stationary and holds no incident of its own, and that rows are evenly spaced. When a
/// reference of n rows is no longer than the window, a window that merely exceeds the whole reference has a p-value of
/// `m / (n + m)`, at least a half: small p-values then rest on the extrapolated tail alone, and are conservative. It is
/// the wrong tool for a small lasting shift, which hardly moves the maximum: compare the two samples
/// ([`mann_whitney`](crate::mann_whitney)) for that.
///
/// ```
/// use etiology_stats::{TailCalibration, TailOptions};
/// // |z| of a quiet reference, one row a second, and the largest |z| of the ten seconds after the alarm.
/// let reference: Vec<f64> = (0..600).map(|i| (f64::from(i * 7919 % 600) / 300.0 - 1.0).abs()).collect();
/// let tail = TailCalibration::fit(&reference, 10, &TailOptions::default())?;
/// assert_eq!(tail.p_value(0.5), 1.0);
/// assert!(tail.p_value(1.2) < 1.0 / 60.0);
/// assert!(tail.p_value(9.0) < tail.p_value(3.0));
/// # Ok::<(), etiology_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TailCalibration {
    /// Descending.
    maxima: Vec<f64>,
    blocks_in_window: f64,
    threshold: f64,
    tail: PredictiveTail,
    survival_of_largest: f64,
}

impl TailCalibration {
    /// The fewest reference rows from which anything is concluded.
    pub const MIN_REFERENCE: usize = 10;

    /// Learns the tail from the reference scores, in time order, for windows of `window` rows.
    ///
    /// Scores are expected to be larger for more unusual rows: pass `|z|`, not z, for a two-sided question. Time
    /// O(n + K log K) for n rows in K blocks, plus a constant of some 10 microseconds for the tail.
    ///
    /// # Errors
    ///
    /// [`StatsError::TooFew`] below [`Self::MIN_REFERENCE`] rows, [`StatsError::NotFinite`] when a score is NaN or
    /// infinite, and [`StatsError::Parameter`] when `window` or `min_blocks` is 0 or `resolution` is not positive.
    pub fn fit(scores: &[f64], window: usize, options: &TailOptions) -> Result<Self, StatsError> {
        require_len(scores, Self::MIN_REFERENCE, STATISTIC)?;
        require_finite(scores, STATISTIC)?;
        for (parameter, value) in [("window", window), ("min_blocks", options.min_blocks)] {
            if value == 0 {
                return Err(StatsError::Parameter { parameter, value: 0.0, expected: "at least 1" });
            }
        }
        let resolution = options.resolution;
        if !(resolution.is_finite() && resolution > 0.0) {
            return Err(StatsError::Parameter {
                parameter: "resolution",
                value: resolution,
                expected: "finite and positive",
            });
        }

        let n = scores.len();
        let blocks = (n / window).max(options.min_blocks.min(n));
        let mut maxima = block_maxima(scores, blocks);
        maxima.sort_unstable_by(|a, b| b.total_cmp(a));
        let largest = maxima[0];
        let threshold = threshold(&maxima);
        let excesses: Vec<f64> =
            maxima.iter().map(|maximum| maximum - threshold).take_while(|&excess| excess > 0.0).collect();
        if excesses.first().is_some_and(|excess| excess.is_infinite()) {
            return Err(StatsError::Overflow { statistic: STATISTIC });
        }
        let tail = PredictiveTail::fit(&excesses, resolution);
        let survival_of_largest = tail.survival(largest - threshold);
        let blocks_in_window = window as f64 * blocks as f64 / n as f64;
        Ok(Self { maxima, blocks_in_window, threshold, tail, survival_of_largest })
    }

    /// The probability that the largest score of a quiet window reaches `observed`: in `(0, 1]`, never increasing in
    /// `observed`, and still falling beyond the reference's largest score. An infinite score has the smallest positive
    /// number; NaN, which is no evidence, has 1. O(log K) inside the range of the reference, 150 powers beyond it.
    #[must_use]
    pub fn p_value(&self, observed: f64) -> f64 {
        if observed.is_nan() {
            return 1.0;
        }
        let p = match self.maxima.partition_point(|&maximum| maximum >= observed) {
            0 => self.extrapolate(observed),
            at_or_above => self.rank_p_value(at_or_above),
        };
        p.clamp(f64::MIN_POSITIVE, 1.0)
    }

    /// The p-value of a window that only just exceeds the whole reference: smaller ones are extrapolated.
    #[must_use]
    pub fn smallest_resolved(&self) -> f64 {
        self.rank_p_value(0)
    }

    /// Number of blocks the reference was cut into.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.maxima.len()
    }

    /// The posterior mean of the tail's shape: near 0 for a light (normal, exponential) tail, `1/df` for a Student t.
    #[must_use]
    pub fn shape(&self) -> f64 {
        self.tail.shape()
    }

    /// `1 - prod (K - i) / (K + r - i)` over i from 0 to j, in logarithms so that small values keep their digits.
    fn rank_p_value(&self, at_or_above: usize) -> f64 {
        let (blocks, fresh) = (self.maxima.len() as f64, self.blocks_in_window);
        if at_or_above >= self.maxima.len() {
            return 1.0;
        }
        let none_fresh: f64 = (0..=at_or_above).map(|i| -(fresh / (blocks - i as f64)).ln_1p()).sum();
        -none_fresh.exp_m1()
    }

    /// Continues [`Self::rank_p_value`] of 0 along the tail: the chance of one block is scaled by the tail's survival
    /// relative to the largest maximum, and the window has `r` blocks.
    fn extrapolate(&self, observed: f64) -> f64 {
        let fresh = self.blocks_in_window;
        let one_block = -((-self.rank_p_value(0)).ln_1p() / fresh).exp_m1();
        let relative = self.tail.survival(observed - self.threshold) / self.survival_of_largest;
        -(fresh * (-one_block * relative).ln_1p()).exp_m1()
    }
}

/// The maximum of each of `blocks` contiguous blocks that cover all scores and differ in length by at most one row.
fn block_maxima(scores: &[f64], blocks: usize) -> Vec<f64> {
    let (length, longer) = (scores.len() / blocks, scores.len() % blocks);
    let (head, rest) = scores.split_at(longer * (length + 1));
    head.chunks(length + 1)
        .chain(rest.chunks(length.max(1)))
        .map(|block| block.iter().fold(f64::NEG_INFINITY, |largest, &score| largest.max(score)))
        .collect()
}

/// The largest of the (descending) maxima that leaves the wanted number of them strictly above it, or the smallest of all
/// when ties leave fewer.
fn threshold(maxima: &[f64]) -> f64 {
    let wanted = (maxima.len() / 10).clamp(*EXCESSES.start(), *EXCESSES.end()).min(maxima.len());
    let last_above = maxima[wanted - 1];
    let first_below = maxima.partition_point(|&maximum| maximum >= last_above);
    maxima[first_below.min(maxima.len() - 1)]
}
