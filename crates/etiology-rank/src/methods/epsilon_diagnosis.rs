//! Epsilon-Diagnosis: which metrics changed more than resampling their normal window explains.

use etiology_frame::{Column, Metric, Omission, Reason};
use etiology_stats::{Scratch, mean, pearson, quantile};
use nalgebra::DMatrix;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::energy::Energy;
use super::marginal::{Flat, MIN_NORMAL, Usable, require_rows, worth_scoring};
use super::ranked_correlation::best_of;
use crate::{Case, Level, MethodCard, Need, RankError, Ranking, RootCauseMethod, Scored, Variant};

/// Flags metrics whose two windows differ by more than a bootstrap of the normal window does.
///
/// *Published* is PyRCA's implementation, quirks included. The last `m` normal rows are paired with the first `m`
/// anomalous ones by position, `m` the shorter length; nulls become the window's mean; metrics constant in either window
/// are dropped. A metric's statistic is the squared correlation **in time order** of its two windows (covariance with `m -
/// 1`, variances with `m` in the denominator, so it can exceed 1), which measures whether they move alike and not whether
/// anything changed. Thresholds: in each of 200 replicates every column is resampled alone, all pairs of columns are
/// correlated, and the `1 - alpha` quantile over the pairs is taken; **column `i` gets replicate `i`'s**, so a threshold
/// has nothing to do with its metric, and columns past the 200th have none (the original stops with an error; here they are
/// left out). The three largest statistics over their threshold are kept; a tie at the cut is kept whole.
///
/// *Repaired* asks the paper's question, whether the distribution changed, with a two-sample energy statistic (Szekely
/// and Rizzo 2004): `H = (2 E|X-Y| - E|X-X'| - E|Y-Y'|) / (2 E|X-Y|)`, between 0 and 1 and free of units. Each metric's
/// threshold is the `1 - alpha` quantile of `H` between two resamples of its own normal window, of the sizes of the two
/// windows, from a generator seeded by the seed and the metric's name, so that neither column order nor threads matter.
/// All flagged metrics are ranked, by `H`; none flagged is an abstention.
///
/// # Options
/// * [`with_alpha`](Self::with_alpha): how rarely a quiet metric is flagged; 0.01, as RCAEval ran it (PyRCA's default: 0.05).
/// * [`with_bootstrap`](Self::with_bootstrap): replicates; 200, as in PyRCA.
/// * [`with_top_k`](Self::with_top_k): how many are kept; 3 when published, all when repaired.
///
/// # Assumptions
/// Independent rows: resampling destroys autocorrelation, so slowly varying metrics are flagged too often. `alpha` is per
/// metric and not corrected for their number.
///
/// # Complexity
/// `O(B m d^2)` published, `O((n + a) (B + log(n + a)) d)` repaired.
///
/// # When not to use it
/// Published: to find causes; it stands here to reproduce tables. Repaired: with windows of a few rows, where a resample
/// says little.
///
/// # References
/// H. Shan et al.: "epsilon-Diagnosis: Unsupervised and Real-time Diagnosis of Small-window Long-tail Latency in
/// Large-scale Microservice Platforms", WWW 2019. C. Liu et al.: "PyRCA", 2023 (arXiv 2306.11417).
#[derive(Debug, Clone, PartialEq)]
pub struct EpsilonDiagnosis {
    variant: Variant,
    alpha: f64,
    bootstrap: usize,
    top_k: Option<usize>,
}

const NAME: &str = "epsilon-diagnosis";

impl EpsilonDiagnosis {
    /// As in PyRCA.
    #[must_use]
    pub fn published() -> Self {
        Self { variant: Variant::Published, alpha: 0.01, bootstrap: 200, top_k: Some(3) }
    }

    /// By energy statistics, with a threshold per metric and no cut.
    #[must_use]
    pub fn repaired() -> Self {
        Self { variant: Variant::Repaired, top_k: None, ..Self::published() }
    }

    /// With another level, between 0 and 1.
    #[must_use]
    pub fn with_alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// With another number of replicates, at least 1.
    #[must_use]
    pub fn with_bootstrap(self, bootstrap: usize) -> Self {
        Self { bootstrap, ..self }
    }

    /// With only the `top_k` best kept, or all.
    #[must_use]
    pub fn with_top_k(self, top_k: Option<usize>) -> Self {
        Self { top_k, ..self }
    }

    fn check_options(&self) -> Result<(), RankError> {
        let wrong = |message: String| Err(RankError::Statistic { metric: "all metrics".to_owned(), message });
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return wrong(format!("alpha is {} and must lie between 0 and 1", self.alpha));
        }
        if self.bootstrap == 0 {
            return wrong("the bootstrap has 0 replicates and needs at least 1".to_owned());
        }
        Ok(())
    }

    fn threshold(&self, null: &[f64], scratch: &mut Scratch) -> f64 {
        quantile(null, 1.0 - self.alpha, scratch).unwrap_or(0.0)
    }
}

impl RootCauseMethod for EpsilonDiagnosis {
    fn card(&self) -> MethodCard {
        let published = self.variant == Variant::Published;
        MethodCard {
            name: NAME,
            variant: self.variant,
            level: Level::Metric,
            summary: if published {
                "squared correlation of a metric's two windows in time order, over a bootstrap threshold, best three"
            } else {
                "energy distance between a metric's two windows, over the bootstrap threshold of its normal window"
            },
            needs: &[Need::Reference],
            assumes: "independent rows",
            repairs: if published {
                "keeps PyRCA's statistic, thresholds that belong to no metric, and the cut at three"
            } else {
                "a statistic that measures change; a threshold per metric; no cut; seeded by metric name"
            },
            cites: "Shan et al., WWW 2019; Liu et al., 2023 (PyRCA)",
            complexity: if published { "O(B m d^2)" } else { "O((n + a) (B + log(n + a)) d)" },
        }
    }

    fn rank(&self, case: &Case<'_>, seed: u64) -> Result<Ranking, RankError> {
        self.check_options()?;
        require_rows(case)?;
        let mut left_out = case.left_out().to_vec();
        let scored = match self.variant {
            Variant::Published => self.published_scores(case, seed, &mut left_out),
            Variant::Repaired => self.repaired_scores(case, seed, &mut left_out),
        };
        if scored.is_empty() {
            let why = "no metric changed more than a bootstrap of its normal window does";
            return Ok(Ranking::abstain(Level::Metric, why, left_out));
        }
        let best =
            best_of(scored, self.top_k, &mut left_out, "flagged, but not among the best that are kept");
        Ranking::new(NAME, Level::Metric, best, left_out)
    }
}

impl EpsilonDiagnosis {
    fn repaired_scores(&self, case: &Case<'_>, seed: u64, left_out: &mut Vec<Omission>) -> Vec<Scored> {
        let mut scored = Vec::new();
        let (mut scratch, mut energy) = (Scratch::new(), Energy::default());
        for (normal, anomalous) in case.pairs() {
            let metric = normal.metric();
            let why = match windows(&normal, &anomalous, Flat::Keep) {
                Err(why) => why,
                Ok((before, after)) => {
                    let observed = energy.between(&before, &after);
                    let mut random = generator(seed, &metric.name);
                    let replicates = 0..self.bootstrap;
                    let null: Vec<f64> =
                        replicates.map(|_| energy.resampled(&before, after.len(), &mut random)).collect();
                    if observed > self.threshold(&null, &mut scratch) {
                        scored.push(Scored::metric(metric, observed));
                        continue;
                    }
                    not_flagged()
                }
            };
            left_out.push(Omission::new(&metric.name, why));
        }
        scored
    }

    fn published_scores(&self, case: &Case<'_>, seed: u64, left_out: &mut Vec<Omission>) -> Vec<Scored> {
        let rows = case.normal().rows().min(case.anomalous().rows());
        let mut columns: Vec<Paired<'_>> = Vec::new();
        for (normal, anomalous) in case.pairs() {
            match Paired::of(&normal, &anomalous, rows) {
                Ok(paired) => columns.push(paired),
                Err(why) => left_out.push(Omission::new(normal.name(), why)),
            }
        }
        let thresholds = self.thresholds(&columns, rows, seed);
        let mut scored = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            let statistic = column.statistic();
            let why = match thresholds.get(index) {
                Some(&threshold) if statistic > threshold => {
                    scored.push(Scored::metric(column.metric, statistic));
                    continue;
                }
                Some(_) => not_flagged(),
                None => {
                    let because = format!(
                        "the published code has a threshold for the first {} metrics only",
                        self.bootstrap
                    );
                    Reason::NotUsed { because }
                }
            };
            left_out.push(Omission::new(&column.metric.name, why));
        }
        scored
    }

    /// Replicate `i`'s quantile over all pairs of resampled columns, for as many replicates as there are columns to use it.
    fn thresholds(&self, columns: &[Paired<'_>], rows: usize, seed: u64) -> Vec<f64> {
        let mut generators: Vec<StdRng> = columns.iter().map(|c| generator(seed, &c.metric.name)).collect();
        let mut scratch = Scratch::new();
        let mut standard = DMatrix::zeros(rows, columns.len());
        let mut squares = Vec::new();
        let mut thresholds = Vec::new();
        for _ in 0..self.bootstrap.min(columns.len()) {
            for ((mut target, column), random) in standard.column_iter_mut().zip(columns).zip(&mut generators)
            {
                target.iter_mut().for_each(|value| *value = pick(&column.normal, random));
                unit_norm(target.as_mut_slice());
            }
            let correlations = standard.tr_mul(&standard);
            squares.clear();
            for (index, column) in correlations.column_iter().enumerate() {
                squares.extend(column.iter().take(index).map(|r| r * r));
            }
            thresholds.push(self.threshold(&squares, &mut scratch));
        }
        thresholds
    }
}

/// A metric's windows, cut to the same length and filled, as published.
#[derive(Debug)]
struct Paired<'a> {
    metric: &'a Metric,
    normal: Vec<f64>,
    anomalous: Vec<f64>,
}

impl<'a> Paired<'a> {
    fn of(normal: &Column<'a>, anomalous: &Column<'a>, rows: usize) -> Result<Self, Reason> {
        windows(normal, anomalous, Flat::Drop)?;
        let last = normal.len().saturating_sub(rows);
        Ok(Self {
            metric: normal.metric(),
            normal: filled(normal, last..normal.len(), "normal")?,
            anomalous: filled(anomalous, 0..rows, "anomalous")?,
        })
    }

    /// `r^2 (m / (m - 1))^2`; 0 when one side does not vary.
    fn statistic(&self) -> f64 {
        let m = self.normal.len() as f64;
        let r = pearson(&self.normal, &self.anomalous).map_or(0.0, |found| found.coefficient);
        if m > 1.0 { (r * m / (m - 1.0)).powi(2) } else { 0.0 }
    }
}

/// The rows of a column, nulls and infinities replaced by the mean of the rest.
fn filled(
    column: &Column<'_>,
    rows: std::ops::Range<usize>,
    window: &'static str,
) -> Result<Vec<f64>, Reason> {
    let values: Vec<Option<f64>> =
        rows.map(|row| column.get(row).filter(|value| value.is_finite())).collect();
    let present: Vec<f64> = values.iter().copied().flatten().collect();
    let mean = mean(&present).ok_or(Reason::TooFew { window, found: 0, needed: 1 })?;
    Ok(values.into_iter().map(|value| value.unwrap_or(mean)).collect())
}

/// The usable values of both windows, if they are worth comparing.
fn windows(normal: &Column<'_>, anomalous: &Column<'_>, flat: Flat) -> Result<(Vec<f64>, Vec<f64>), Reason> {
    let (mut of_normal, mut of_anomalous) = (Vec::new(), Vec::new());
    let before = Usable::of(normal, &mut of_normal);
    let after = Usable::of(anomalous, &mut of_anomalous);
    before.require(MIN_NORMAL, "normal")?;
    after.require(1, "anomalous")?;
    worth_scoring(&before, after.low, after.high, flat)?;
    Ok((before.values.to_vec(), after.values.to_vec()))
}

fn not_flagged() -> Reason {
    Reason::NotUsed { because: "not flagged: within what a bootstrap of normal windows gives".to_owned() }
}

/// A generator of the metric's own (FNV-1a of its name), so that other metrics do not shift its draws.
fn generator(seed: u64, name: &str) -> StdRng {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    StdRng::seed_from_u64(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn pick(values: &[f64], random: &mut StdRng) -> f64 {
    values.get(random.random_range(0..values.len().max(1))).copied().unwrap_or(0.0)
}

/// Centres the values and divides them by their length as a vector; values that do not vary become 0.
fn unit_norm(values: &mut [f64]) {
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest > 0.0 {
        values.iter_mut().for_each(|value| *value /= largest);
    }
    let centre = mean(values).unwrap_or(0.0);
    values.iter_mut().for_each(|value| *value -= centre);
    let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    values.iter_mut().for_each(|value| *value *= if scale.is_finite() { scale } else { 0.0 });
}
