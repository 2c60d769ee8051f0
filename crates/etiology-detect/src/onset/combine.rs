//! From metrics to one answer: a p-value that there is an onset, and a likelihood profile of where it is.

use std::f64::consts::{FRAC_1_PI, PI};

use super::estimate::Finding;
use super::evidence::Evidence;
use super::series::Series;
use super::shapes::Shapes;

/// P-values above this count as this: they are upper bounds, and one of exactly 1 would outweigh everything.
const LARGEST: f64 = 0.9;
/// Share of the total weight that the symptoms have among them, when there are any.
const SYMPTOM_SHARE: f64 = 0.5;

/// Liu and Xie's combination: the weighted mean of `tan((1/2 - p) pi)` is nearly a standard Cauchy variable in its upper
/// tail, however the p-values depend on each other. 1 without metrics.
pub(crate) fn cauchy_combination(
    findings: &[Finding],
    symptoms: &[usize],
    p_value: impl Fn(&Finding) -> f64,
) -> f64 {
    let is_symptom = |finding: &&Finding| symptoms.contains(&finding.index);
    let (their, other): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(is_symptom);
    let (of_symptoms, of_others) = (mean_tangent(&their, &p_value), mean_tangent(&other, &p_value));
    let statistic = match (their.is_empty(), other.is_empty()) {
        (true, true) => return 1.0,
        (true, false) => of_others,
        (false, true) => of_symptoms,
        (false, false) => SYMPTOM_SHARE * of_symptoms + (1.0 - SYMPTOM_SHARE) * of_others,
    };
    // The arctangent loses all digits in the far tail, where it is the reciprocal.
    let p_value = if statistic > 1e6 { FRAC_1_PI / statistic } else { 0.5 - statistic.atan() * FRAC_1_PI };
    p_value.clamp(f64::MIN_POSITIVE, 1.0)
}

fn mean_tangent(findings: &[&Finding], p_value: impl Fn(&Finding) -> f64) -> f64 {
    let tangent = |p: f64| if p < 1e-6 { FRAC_1_PI / p } else { ((0.5 - p) * PI).tan() };
    let count = findings.len() as f64;
    findings.iter().map(|f| tangent(p_value(f).min(LARGEST)) / count).sum()
}

/// The log likelihood of an onset at each row of the frame, up to a constant.
#[derive(Debug)]
pub(crate) struct Profile {
    rows: Vec<f64>,
    metrics: usize,
}

/// One metric's log likelihood ratios: each with the first and last row of the frame it stands for. A row without a value
/// has that of the next row with one.
#[derive(Debug)]
pub(crate) struct Contribution(Vec<(usize, usize, f64)>);

impl Contribution {
    pub(crate) fn new(evidence: &Evidence, shapes: &Shapes, series: &Series) -> Self {
        let candidates = shapes.steps(series.reference);
        let mut first = 0;
        let mut ratios = Vec::with_capacity(candidates.len());
        for (at, &row) in series.rows.iter().enumerate().skip(series.reference) {
            if candidates.contains(&at) {
                ratios.push((first, row, evidence.log_likelihood(shapes, at)));
            }
            first = row + 1;
        }
        Self(ratios)
    }
}

impl Profile {
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows: vec![0.0; rows], metrics: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.metrics == 0
    }

    /// Adds `ln(1 - w + w LR(row))`; a row that can be no onset of this metric has a likelihood ratio of 1.
    pub(crate) fn add(&mut self, contribution: &Contribution, weight: f64) {
        self.metrics += 1;
        for &(first, last, log_ratio) in &contribution.0 {
            let mixed = log_ratio + ((1.0 - weight) * (-log_ratio).exp() + weight).ln();
            for slot in self.rows.iter_mut().take(last + 1).skip(first) {
                *slot += mixed;
            }
        }
    }

    /// The most likely row, and the first and last of the fewest rows that hold `level` of the mass.
    pub(crate) fn summary(&self, level: f64) -> (usize, usize, usize) {
        let last = self.rows.len().saturating_sub(1);
        if self.is_empty() {
            return (0, 0, last);
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let height = |row: usize| self.rows.get(row).copied().unwrap_or(f64::NEG_INFINITY);
        order.sort_by(|&a, &b| height(b).total_cmp(&height(a)));
        let Some(&best) = order.first() else { return (0, 0, last) };
        let mass = |row: usize| (height(row) - height(best)).exp();
        let total: f64 = order.iter().map(|&row| mass(row)).sum();
        let (mut first, mut last, mut held) = (best, best, 0.0);
        for row in order {
            if held >= level * total {
                break;
            }
            held += mass(row);
            first = first.min(row);
            last = last.max(row);
        }
        (best, first, last)
    }
}
