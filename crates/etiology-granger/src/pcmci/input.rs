//! From series to a test of partial correlation over their lags.

use etiology_frame::{Omission, Reason};
use etiology_graph::Nodes;
use etiology_stats::{CorrelationReference, DETERMINED, LaggedMoments, Moments, PartialCorrelationTest};
use nalgebra::DMatrix;

use crate::{GrangerError, Series};

/// The series a test can use, and what was left out.
pub(crate) struct Usable {
    pub(crate) series: Series,
    pub(crate) moments: Moments,
    pub(crate) left_out: Vec<Omission>,
}

/// Leaves out constant and empty series, and those that repeat another one, at once or some rows later: given the one, no
/// test can say anything of the other.
///
/// # Errors
/// [`GrangerError::TooShort`] when no test would have a degree of freedom.
pub(crate) fn usable(series: &Series, order: usize) -> Result<Usable, GrangerError> {
    let mut series = series.clone().screened();
    let mut left_out = series.left_out().to_vec();
    loop {
        let moments = series.moments(order)?.at(order)?;
        if moments.rows() < FEWEST_ROWS as u64 {
            return Err(GrangerError::TooShort {
                model: "a partial correlation over lags",
                needed: FEWEST_ROWS,
                got: usize::try_from(moments.rows()).unwrap_or(0),
            });
        }
        let lost = unusable(&series, &moments, order);
        if lost.is_empty() {
            return Ok(Usable { series, moments, left_out });
        }
        let keep: Vec<usize> =
            (0..series.width()).filter(|v| lost.iter().all(|(gone, _)| gone != v)).collect();
        left_out.extend(lost.into_iter().map(|(v, why)| Omission::new(series.nodes().name(v), why)));
        series = series.select(&keep);
    }
}

/// An unconditional correlation needs three.
const FEWEST_ROWS: usize = 3;

fn unusable(series: &Series, moments: &Moments, order: usize) -> Vec<(usize, Reason)> {
    let p = series.width();
    let degenerate = moments.degenerate();
    let constant = |v: &usize| (0..=order).any(|lag| degenerate.binary_search(&(lag * p + v)).is_ok());
    let mut lost: Vec<(usize, Reason)> = (0..p).filter(constant).map(|v| (v, Reason::Constant)).collect();
    if lost.is_empty() {
        let correlation = moments.correlation();
        let repeats = |a: usize, b: usize| {
            (0..=order)
                .any(|lag| is_one(&correlation, a, lag * p + b) || is_one(&correlation, b, lag * p + a))
        };
        let mut kept: Vec<usize> = Vec::new();
        for v in 0..p {
            match kept.iter().find(|&&other| repeats(other, v)) {
                Some(&other) => {
                    let because = format!("it repeats `{}`", series.nodes().name(other));
                    lost.push((v, Reason::NotUsed { because }));
                }
                None => kept.push(v),
            }
        }
    }
    lost
}

fn is_one(correlation: &DMatrix<f64>, a: usize, b: usize) -> bool {
    let r = correlation[(a, b)];
    (1.0 - r) * (1.0 + r) <= DETERMINED
}

/// Partial correlation referred to Student's t, as the paper's `ParCorr`.
pub(crate) fn partial_correlation(moments: &Moments) -> Result<PartialCorrelationTest, GrangerError> {
    Ok(PartialCorrelationTest::new(moments, CorrelationReference::StudentT)?)
}

/// # Errors
/// When names and moments differ in number.
pub(super) fn check_width(nodes: &Nodes, moments: &LaggedMoments) -> Result<(), GrangerError> {
    if nodes.len() == moments.width() {
        return Ok(());
    }
    Err(GrangerError::Unsuitable {
        message: format!(
            "{} names for the moments of {} series; give each one name",
            nodes.len(),
            moments.width()
        ),
    })
}
