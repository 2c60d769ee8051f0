//! What the marginal methods share: each metric of the anomalous window against the same metric's normal window, alone.
//!
//! A marginal method knows no graph and no pairs. Per metric it fits a location and a scale on the normal window and
//! asks how far the anomalous window goes from there. Standardising is increasing, so the largest score of a window
//! follows from the window's smallest and largest value: one pass over the anomalous rows finds both, and
//! [`Departure`] holds what any of the methods wants to know.
//!
//! *Missing values*: nulls and infinities are skipped, metric by metric, in both windows. A metric with fewer than
//! [`MIN_NORMAL`] usable normal values or without usable anomalous ones is left out and said, as is one that is
//! constant throughout: it holds no evidence.

use etiology_frame::{Column, Metric, Omission, Reason};
use etiology_stats::{Center, Floor, LocationScale, Scratch, Spread, StatsError};

use crate::{Case, Level, RankError, Ranking, Scored};

/// Fewest usable normal values from which a spread can be told at all.
pub(crate) const MIN_NORMAL: usize = 2;

/// How a metric is measured against its normal window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rule {
    /// What is subtracted.
    pub(crate) center: Center,
    /// What is divided by.
    pub(crate) spread: Spread,
    /// What the scale may not shrink below.
    pub(crate) floor: Floor,
    /// Which direction counts.
    pub(crate) side: Side,
    /// What becomes of metrics that are flat in one window only.
    pub(crate) flat: Flat,
}

/// Which departures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Upwards only: a fall scores below 0.
    Signed,
    /// Up or down.
    Both,
}

/// What becomes of a metric that is constant in one of the windows but not throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flat {
    /// It is scored like any other: a metric that was flat and then moved is clean evidence.
    Keep,
    /// It is dropped, as in RCAEval, which drops constant columns of each window and intersects what remains.
    Drop,
}

impl Rule {
    /// `(x - mean) / std`, two-sided, with scikit-learn's scale of 1 for a constant.
    pub(crate) const Z: Self = Self {
        center: Center::Mean,
        spread: Spread::Std { ddof: 0 },
        floor: Floor::UnitWhenZero,
        side: Side::Both,
        flat: Flat::Keep,
    };

    /// `(x - median) / IQR`, two-sided, with a scale of 1 for a collapsed IQR.
    pub(crate) const ROBUST: Self = Self { center: Center::Median, spread: Spread::Iqr, ..Self::Z };

    /// As RCAEval runs its scorers: signed, and without metrics that are flat in either window.
    pub(crate) const fn as_in_rcaeval(self) -> Self {
        Self { side: Side::Signed, flat: Flat::Drop, ..self }
    }

    /// With a scale of at least 1 % of the location.
    pub(crate) const fn floored(self) -> Self {
        Self { floor: Floor::relative(Floor::DEFAULT_RELATIVE), ..self }
    }
}

/// One metric's normal behaviour and how far the anomalous window went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Departure {
    /// Position among [`Case::metrics`].
    pub(crate) index: usize,
    /// Location and scale of the normal window.
    pub(crate) fit: LocationScale,
    /// The smallest anomalous value.
    pub(crate) low: f64,
    /// The largest anomalous value.
    pub(crate) high: f64,
}

impl Departure {
    /// The largest score of the anomalous window.
    pub(crate) fn score(&self, side: Side) -> f64 {
        let up = self.fit.standardize(self.high);
        match side {
            Side::Signed => up,
            Side::Both => up.max(-self.fit.standardize(self.low)),
        }
    }
}

/// Every metric that can be judged, in column order, and what was left out.
#[derive(Debug, Clone)]
pub(crate) struct Departures {
    pub(crate) found: Vec<Departure>,
    pub(crate) left_out: Vec<Omission>,
}

/// Fits and measures every metric of a case. `O((n + a) d)` in normal rows, anomalous rows, metrics.
///
/// # Errors
/// [`RankError::Window`] when a window has too few rows for any metric; [`RankError::Statistic`] when the floor is not a
/// floor. A metric whose values are too far apart to be measured is left out.
pub(crate) fn departures(case: &Case<'_>, rule: &Rule) -> Result<Departures, RankError> {
    require_rows(case)?;
    let mut all = Departures { found: Vec::new(), left_out: case.left_out().to_vec() };
    let (mut scratch, mut buffer) = (Scratch::with_capacity(case.normal().rows()), Vec::new());
    for (index, (normal, anomalous)) in case.pairs().enumerate() {
        match departure(index, &normal, &anomalous, rule, &mut scratch, &mut buffer)? {
            Ok(departure) => all.found.push(departure),
            Err(why) => all.left_out.push(Omission::new(normal.name(), why)),
        }
    }
    Ok(all)
}

/// Refuses windows in which no metric can have enough values.
pub(crate) fn require_rows(case: &Case<'_>) -> Result<(), RankError> {
    for (window, found, needed) in
        [("normal", case.normal().rows(), MIN_NORMAL), ("anomalous", case.anomalous().rows(), 1)]
    {
        if found < needed {
            return Err(RankError::Window { window, found, needed });
        }
    }
    Ok(())
}

fn departure(
    index: usize,
    normal: &Column<'_>,
    anomalous: &Column<'_>,
    rule: &Rule,
    scratch: &mut Scratch,
    buffer: &mut Vec<f64>,
) -> Result<Result<Departure, Reason>, RankError> {
    let after = Usable::of(anomalous, buffer);
    if let Err(why) = after.require(1, "anomalous") {
        return Ok(Err(why));
    }
    let (low, high) = (after.low, after.high);
    let before = Usable::of(normal, buffer);
    if let Err(why) =
        before.require(MIN_NORMAL, "normal").and_then(|()| worth_scoring(&before, low, high, rule.flat))
    {
        return Ok(Err(why));
    }
    match LocationScale::fit(before.values, rule.center, rule.spread, rule.floor, scratch) {
        Ok(fit) => Ok(Ok(Departure { index, fit, low, high })),
        Err(error) => refused(normal.name(), error).map(Err),
    }
}

/// A bad option is an error; values that a statistic cannot digest cost only their metric.
pub(crate) fn refused(metric: &str, error: StatsError) -> Result<Reason, RankError> {
    let message = error.to_string();
    match error {
        StatsError::Parameter { .. } => Err(RankError::Statistic { metric: metric.to_owned(), message }),
        _ => Ok(Reason::NotUsed { because: message }),
    }
}

/// Refuses a metric that is constant throughout (`low` and `high` are the anomalous extremes), or as `flat` says.
#[allow(clippy::float_cmp)] // constant means exactly the same reading
pub(crate) fn worth_scoring(before: &Usable<'_>, low: f64, high: f64, flat: Flat) -> Result<(), Reason> {
    let (flat_before, flat_after) = (before.is_constant(), low == high);
    if flat_before && flat_after && before.low == low {
        return Err(Reason::Constant);
    }
    let dropped = |window| {
        let because = format!("constant in the {window} window, and dropped for it as published");
        Err(Reason::NotUsed { because })
    };
    match flat {
        Flat::Drop if flat_before => dropped("normal"),
        Flat::Drop if flat_after => dropped("anomalous"),
        _ => Ok(()),
    }
}

/// A column's finite values with their extremes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usable<'a> {
    /// The values in time order.
    pub(crate) values: &'a [f64],
    /// The smallest; infinity when there is none.
    pub(crate) low: f64,
    /// The largest; minus infinity when there is none.
    pub(crate) high: f64,
}

impl<'a> Usable<'a> {
    /// Borrows the column when every row is finite, which its extremes tell; else copies what is into `buffer`.
    pub(crate) fn of(column: &Column<'a>, buffer: &'a mut Vec<f64>) -> Self {
        if let Some(values) = column.dense() {
            let (low, high) = extremes(values);
            if low.is_finite() && high.is_finite() {
                return Self { values, low, high };
            }
        }
        buffer.clear();
        column.finite_into(buffer);
        let (low, high) = extremes(buffer);
        Self { values: buffer, low, high }
    }

    /// Whether all values are the same.
    #[allow(clippy::float_cmp)] // constant means exactly the same reading
    pub(crate) fn is_constant(&self) -> bool {
        self.low == self.high
    }

    /// Why there are too few values, if there are.
    pub(crate) fn require(&self, needed: usize, window: &'static str) -> Result<(), Reason> {
        let found = self.values.len();
        if found < needed { Err(Reason::TooFew { window, found, needed }) } else { Ok(()) }
    }
}

/// The smallest and largest value in one pass; lanes that do not wait for each other let it run at memory speed.
fn extremes(values: &[f64]) -> (f64, f64) {
    const LANES: usize = 16;
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for ((low, high), &value) in low.iter_mut().zip(&mut high).zip(chunk) {
            *low = if value < *low { value } else { *low };
            *high = if value > *high { value } else { *high };
        }
    }
    let smallest = low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
    let largest = high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max);
    (smallest, largest)
}

/// Ranks metrics by their departures.
pub(crate) fn rank_metrics(name: &str, case: &Case<'_>, rule: &Rule) -> Result<Ranking, RankError> {
    let Departures { found, left_out } = departures(case, rule)?;
    let scored =
        found.iter().filter_map(|d| Some(Scored::metric(case.metrics().get(d.index)?, d.score(rule.side))));
    ranking_or_abstention(name, Level::Metric, scored.collect(), left_out)
}

/// The ranking, or an abstention when there is no candidate.
pub(crate) fn ranking_or_abstention(
    name: &str,
    level: Level,
    scored: Vec<Scored>,
    left_out: Vec<Omission>,
) -> Result<Ranking, RankError> {
    if scored.is_empty() {
        return Ok(Ranking::abstain(level, "no metric has enough varying values in both windows", left_out));
    }
    Ranking::new(name, level, scored, left_out)
}

/// What each entity's metrics add up to, entities in the order in which they first appear. `O(metrics)`.
pub(crate) fn by_entity<'m, T: Default>(
    scored: impl Iterator<Item = (&'m Metric, f64)>,
    mut add: impl FnMut(&mut T, &Metric, f64),
) -> Vec<(&'m str, T)> {
    let mut place = std::collections::HashMap::new();
    let mut entities: Vec<(&str, T)> = Vec::new();
    for (metric, score) in scored {
        let name = metric.entity_or_name();
        let index = *place.entry(name).or_insert(entities.len());
        if index == entities.len() {
            entities.push((name, T::default()));
        }
        if let Some((_, total)) = entities.get_mut(index) {
            add(total, metric, score);
        }
    }
    entities
}

/// The information-theoretic score `-ln((#{i : s_i >= s} + 1/2) / (n + 1/2))` of an anomaly score `s` among the `n`
/// scores of the normal window, in any order: how rarely the metric scores that high by itself, in nats. Between about 0
/// and `ln(2n + 1)`, where every score beyond the normal ones ties. `O(n)`.
pub(crate) fn it_score(normal_scores: impl Iterator<Item = f64>, s: f64) -> f64 {
    let (mut n, mut as_high) = (0.0, 0.0);
    for score in normal_scores {
        n += 1.0;
        as_high += f64::from(u8::from(score >= s));
    }
    // 0 - x, not -x: the score of an ordinary value is 0, not -0.
    0.0 - ((as_high + 0.5_f64) / (n + 0.5)).ln()
}

/// The one metric that somebody complained about: the first symptom that both windows have.
///
/// # Errors
/// [`RankError::Needs`].
pub(crate) fn require_symptom(case: &Case<'_>, method: &str) -> Result<usize, RankError> {
    case.symptoms().first().copied().ok_or_else(|| RankError::Needs {
        method: method.to_owned(),
        needs: "a symptom with values in both windows",
        remedy: "name the metric that somebody complained about with --symptom",
    })
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact by construction
mod tests {
    use super::*;

    #[test]
    fn extremes_of_any_length_and_content() {
        for length in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f64> = (0..length).map(|i| f64::from((i * 37) % 101) - 50.0).collect();
            let expected =
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
            assert_eq!(extremes(&values), expected, "{length}");
        }
        assert_eq!(extremes(&[1.0, f64::INFINITY]).1, f64::INFINITY);
    }

    #[test]
    fn it_scores_by_hand() {
        let normal = [1.0, 2.0, 3.0, 4.0];
        let score = |s| it_score(normal.iter().copied(), s);
        assert_eq!(score(5.0), -(0.5_f64 / 4.5).ln());
        assert_eq!(score(4.0), -(1.5_f64 / 4.5).ln());
        assert_eq!(score(0.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!(it_score(std::iter::empty(), 1.0), 0.0);
    }
}
