//! How well one ranking finds the true causes of one case, with ties treated as what they are.
//!
//! Three readings of the same ranking. *Worst*: inside every run of equal scores the true causes come last, so a method
//! gains nothing by failing to decide. *Expected*: the mean over all orders of the ties, exactly and without sampling.
//! *Listed*: the order in which the method happened to list them (the input's column order), which is how most published
//! numbers were made.
//!
//! With `m` candidates tied, `t` of them true, the number of true ones among `j` drawn first is hypergeometric with mean
//! `j t / m`, and the place of the first true one follows the negative hypergeometric law; both are used below.

use std::collections::BTreeSet;

use etiology_rank::{Level, Ranking};

/// Ranks that are scored: AC@1 to AC@5.
pub const DEPTH: usize = 5;

/// Accuracy at every depth and the reciprocal rank, under one reading of ties.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Marks {
    /// `ac[k - 1]`: true causes among the first `k`, out of `min(k, true causes)`.
    pub ac: [f64; DEPTH],
    /// One over the rank of the first true cause; 0 when none is ranked.
    pub reciprocal_rank: f64,
}

impl Marks {
    /// AC@k, 0 where `k` is not in 1 to 5.
    #[must_use]
    pub fn at(&self, k: usize) -> f64 {
        k.checked_sub(1).and_then(|index| self.ac.get(index)).copied().unwrap_or_default()
    }

    /// The mean of AC@1 to AC@5.
    #[must_use]
    pub fn avg5(&self) -> f64 {
        self.ac.iter().sum::<f64>() / DEPTH as f64
    }
}

/// One ranking's marks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Ties in the worst order for the method.
    pub worst: Marks,
    /// The mean over all orders of the ties.
    pub expected: Marks,
    /// Ties in the order in which they were listed.
    pub listed: Marks,
}

/// Candidates by falling score, with which of them are true and how they tie.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    /// `(candidates, true ones among them)` of each run of equal scores.
    runs: Vec<(usize, usize)>,
    /// Whether each candidate is true, in listed order.
    hits: Vec<bool>,
    /// How many true causes there are, ranked or not.
    truths: usize,
}

impl Listing {
    /// Lays the names of `ranking` at `level` beside the truth. A metric ranking is folded when entities are asked for.
    pub(crate) fn of(ranking: &Ranking, level: Level, truth: &BTreeSet<&str>) -> Self {
        let folded;
        let ranking = match level {
            Level::Entity => {
                folded = ranking.by_entity();
                &folded
            }
            Level::Metric => ranking,
        };
        let hits: Vec<bool> =
            ranking.entries().iter().map(|entry| truth.contains(entry.name(level))).collect();
        let runs = ranking
            .ties()
            .into_iter()
            .map(|run| (run.len(), hits.get(run).unwrap_or_default().iter().filter(|hit| **hit).count()))
            .collect();
        Self { runs, hits, truths: truth.len() }
    }

    /// Names that all tie, as a guess would have them; `distinct` keeps their order instead.
    pub(crate) fn of_names<'a>(
        names: impl IntoIterator<Item = &'a str>,
        distinct: bool,
        truth: &BTreeSet<&str>,
    ) -> Self {
        let hits: Vec<bool> = names.into_iter().map(|name| truth.contains(name)).collect();
        let runs = if distinct {
            hits.iter().map(|&hit| (1, usize::from(hit))).collect()
        } else {
            vec![(hits.len(), hits.iter().filter(|hit| **hit).count())]
        };
        Self { runs, hits, truths: truth.len() }
    }

    pub(crate) fn score(&self) -> Score {
        let listed: Vec<(usize, usize)> = self.hits.iter().map(|&hit| (1, usize::from(hit))).collect();
        Score {
            worst: self.marks(
                &self.runs,
                |drawn, size, truths| (drawn + truths).saturating_sub(size) as f64,
                last_first,
            ),
            expected: self.marks(
                &self.runs,
                |drawn, size, truths| drawn as f64 * truths as f64 / size as f64,
                mean_reciprocal,
            ),
            listed: self.marks(
                &listed,
                |drawn, _, truths| drawn.min(truths) as f64,
                |before, _, _| 1.0 / (before + 1) as f64,
            ),
        }
    }

    /// `hits(drawn, size, truths)`: true ones among the first `drawn` of a run; `first(before, size, truths)`: the
    /// reciprocal rank of the first true one of a run that has one.
    fn marks(
        &self,
        runs: &[(usize, usize)],
        hits: impl Fn(usize, usize, usize) -> f64,
        first: impl Fn(usize, usize, usize) -> f64,
    ) -> Marks {
        let mut marks = Marks::default();
        let mut before = 0;
        for &(size, truths) in runs.iter().filter(|(size, _)| *size > 0) {
            for (index, ac) in marks.ac.iter_mut().enumerate() {
                let drawn = (index + 1).saturating_sub(before).min(size);
                *ac += hits(drawn, size, truths);
            }
            if truths > 0 && marks.reciprocal_rank == 0.0 {
                marks.reciprocal_rank = first(before, size, truths);
            }
            before += size;
        }
        for (index, ac) in marks.ac.iter_mut().enumerate() {
            *ac /= (index + 1).min(self.truths).max(1) as f64;
        }
        marks
    }
}

/// The first true one when all true ones come last in their run.
fn last_first(before: usize, size: usize, truths: usize) -> f64 {
    1.0 / (before + size - truths + 1) as f64
}

/// The mean of `1 / (before + R)`, where `R` is the place of the first of `truths` true ones in a random order of `size`:
/// `P(R = r) = C(size - r, truths - 1) / C(size, truths)`, built up from `P(R = 1) = truths / size`.
fn mean_reciprocal(before: usize, size: usize, truths: usize) -> f64 {
    let mut probability = truths as f64 / size as f64;
    let mut mean = 0.0;
    for place in 1..=size - truths + 1 {
        mean += probability / (before + place) as f64;
        if place < size {
            probability *= (size - place + 1 - truths) as f64 / (size - place) as f64;
        }
    }
    mean
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // hand-computed values that floating point represents
mod tests {
    use super::*;
    use etiology_rank::Scored;
    use proptest::prelude::*;

    fn score(scores: &[(&str, f64)], truth: &[&str]) -> Score {
        let entries = scores.iter().map(|(name, score)| Scored::entity(*name, *score)).collect();
        let ranking = Ranking::new("test", Level::Entity, entries, Vec::new()).unwrap();
        Listing::of(&ranking, Level::Entity, &truth.iter().copied().collect()).score()
    }

    #[test]
    fn without_ties_the_three_readings_agree() {
        let score = score(&[("a", 3.0), ("b", 2.0), ("c", 1.0)], &["b"]);
        assert_eq!(score.worst.ac, [0.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!((score.worst, score.worst), (score.expected, score.listed));
        assert_eq!((score.worst.reciprocal_rank, score.worst.avg5()), (0.5, 0.8));
    }

    #[test]
    fn a_tie_of_three_costs_the_method_its_indecision() {
        // True cause listed first in a tie of three behind one other: ranks 2 to 4.
        let score = score(&[("x", 9.0), ("a", 1.0), ("b", 1.0), ("c", 1.0), ("d", 0.0)], &["a"]);
        assert_eq!(score.listed.ac, [0.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(score.worst.ac, [0.0, 0.0, 0.0, 1.0, 1.0]);
        assert_eq!(score.expected.ac, [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0]);
        assert_eq!((score.listed.reciprocal_rank, score.worst.reciprocal_rank), (0.5, 0.25));
        let mean = (1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0) / 3.0;
        assert!((score.expected.reciprocal_rank - mean).abs() < 1e-15);
    }

    #[test]
    fn infinite_scores_tie_like_any_other() {
        let score = score(&[("a", f64::INFINITY), ("b", f64::INFINITY)], &["a"]);
        assert_eq!((score.listed.at(1), score.expected.at(1), score.worst.at(1)), (1.0, 0.5, 0.0));
    }

    #[test]
    fn two_true_causes_are_counted_out_of_those_that_fit() {
        let score = score(&[("a", 3.0), ("x", 2.0), ("b", 1.0)], &["a", "b"]);
        assert_eq!(score.worst.ac, [1.0, 0.5, 1.0, 1.0, 1.0]);
        assert_eq!(score.worst.reciprocal_rank, 1.0);
    }

    #[test]
    fn a_cause_that_is_not_ranked_is_a_miss() {
        assert_eq!(score(&[("a", 1.0)], &["b"]), Score::default());
        assert_eq!(score(&[], &["b"]), Score::default());
        // One of two true causes ranked: half, from k = 2 on.
        assert_eq!(score(&[("a", 1.0)], &["a", "z"]).worst.ac, [1.0, 0.5, 0.5, 0.5, 0.5]);
    }

    /// Marks of one definite order, straight from the definition.
    fn definite(order: &[bool], truths: usize) -> Marks {
        let mut marks = Marks::default();
        for k in 1..=DEPTH {
            let found = order.iter().take(k).filter(|hit| **hit).count();
            marks.ac[k - 1] = found as f64 / k.min(truths) as f64;
        }
        marks.reciprocal_rank =
            order.iter().position(|hit| *hit).map_or(0.0, |place| 1.0 / (place + 1) as f64);
        marks
    }

    fn orders_of(group: &[bool]) -> Vec<Vec<bool>> {
        if group.is_empty() {
            return vec![Vec::new()];
        }
        let mut all = Vec::new();
        for first in 0..group.len() {
            let mut rest = group.to_vec();
            let head = rest.remove(first);
            all.extend(orders_of(&rest).into_iter().map(|mut order| {
                order.insert(0, head);
                order
            }));
        }
        all
    }

    /// Every order of every tie, one after another.
    fn all_orders(groups: &[Vec<bool>]) -> Vec<Vec<bool>> {
        groups.iter().fold(vec![Vec::new()], |orders, group| {
            orders
                .iter()
                .flat_map(|order: &Vec<bool>| {
                    orders_of(group)
                        .into_iter()
                        .map(|tail| [order.clone(), tail].concat())
                        .collect::<Vec<_>>()
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn expected_and_worst_agree_with_every_order_of_the_ties(
            groups in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 1..5), 1..4),
            unranked in 0_usize..2,
        ) {
            let names: Vec<String> = (0..groups.concat().len()).map(|index| format!("c{index}")).collect();
            let mut truth: Vec<&str> =
                groups.concat().iter().zip(&names).filter(|(hit, _)| **hit).map(|(_, name)| name.as_str()).collect();
            truth.extend(["gone"].iter().take(unranked));
            prop_assume!(!truth.is_empty());
            let mut values = groups.iter().enumerate().flat_map(|(run, group)| group.iter().map(move |_| -(run as f64)));
            let scores: Vec<(&str, f64)> =
                names.iter().map(|name| (name.as_str(), values.next().unwrap_or_default())).collect();
            let ours = score(&scores, &truth);
            let orders: Vec<Marks> =
                all_orders(&groups).iter().map(|order| definite(order, truth.len())).collect();
            let n = orders.len() as f64;
            for k in 0..DEPTH {
                let mean = orders.iter().map(|marks| marks.ac[k]).sum::<f64>() / n;
                let least = orders.iter().map(|marks| marks.ac[k]).fold(f64::INFINITY, f64::min);
                prop_assert!((ours.expected.ac[k] - mean).abs() < 1e-12, "{} {mean}", ours.expected.ac[k]);
                prop_assert!((ours.worst.ac[k] - least).abs() < 1e-12);
            }
            let mean = orders.iter().map(|marks| marks.reciprocal_rank).sum::<f64>() / n;
            let least = orders.iter().map(|marks| marks.reciprocal_rank).fold(f64::INFINITY, f64::min);
            prop_assert!((ours.expected.reciprocal_rank - mean).abs() < 1e-12);
            prop_assert!((ours.worst.reciprocal_rank - least).abs() < 1e-12);
            prop_assert_eq!(ours.listed, definite(&groups.concat(), truth.len()));
        }
    }
}
