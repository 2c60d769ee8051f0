//! How much each arc of a fitted network matters: a test of the arc, and the score that its removal would cost.
//!
//! For an arc `x --> y` where `y` has other parents `Z`: the test is of `x _||_ y | Z`, in discrete data by G^2 or X^2, in
//! Gaussian data by Student's t of the coefficient (that of the partial correlation); the score difference is that of the BIC
//! of `y`'s family without and with `x`. Both are what bnlearn's `arc.strength` reports (Scutari, Journal of Statistical
//! Software 35, 2010). The p-values hold for a graph fixed in advance: where the same data chose the arcs they are too small,
//! and bootstrap frequencies are the better measure (Friedman, Goldszmidt and Wyner, UAI 1999).

use etiology_graph::Dag;
use etiology_stats::{
    ContingencyStatistic, ContingencyTest, CorrelationReference, DegreesOfFreedom, DiscreteTable,
    IndependenceTest, Moments, PartialCorrelationTest, TestResult,
};

use crate::estimate::{NetworkCounts, log_likelihood_of, normalise};
use crate::gaussian::{gaussian_log_density, require_finite};
use crate::regression::regress;
use crate::{BayesError, Variance};

/// The strength of one arc.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArcStrength {
    /// Tail of the arc.
    pub from: usize,
    /// Head of the arc.
    pub to: usize,
    /// Mutual information of the two given the other parents of the head, in nats per row; `None` where the test is.
    pub mutual_information: Option<f64>,
    /// The test of the arc: a small p-value speaks for it. `None` where the data cannot judge, as for a parent that is
    /// constant or collinear.
    pub test: Option<TestResult>,
    /// BIC of the head's family without the arc less that with it: negative for an arc that earns its parameters, and the
    /// more so the stronger it is.
    pub score_difference: f64,
}

/// The strength of every arc, by tail, then head. `O(n k)` per arc into a node of `k` parents.
///
/// # Errors
/// When graph and table disagree, or a table of counts would be too large.
pub fn discrete_arc_strength(
    dag: &Dag,
    table: &DiscreteTable,
    statistic: ContingencyStatistic,
) -> Result<Vec<ArcStrength>, BayesError> {
    let counts = NetworkCounts::from_table(dag, table)?;
    // The nominal degrees of freedom are those whose parameters the BIC counts.
    let nominal = |statistic| {
        Ok::<_, BayesError>(ContingencyTest::new(table, statistic)?.with_degrees(DegreesOfFreedom::Nominal))
    };
    let (test, ratio) = (nominal(statistic)?, nominal(ContingencyStatistic::LikelihoodRatio)?);
    let (mut session, mut ratio_session) = (test.session(), ratio.session());
    let edges = dag.edges().map(|(from, to)| {
        let others = other_parents(dag, from, to);
        let rows: f64 = counts.family(to).iter().sum();
        let information = ratio_session.test(from, to, &others).map(|r| r.statistic / (2.0 * rows.max(1.0)));
        Ok(ArcStrength {
            from,
            to,
            mutual_information: information,
            test: session.test(from, to, &others),
            score_difference: discrete_difference(&counts, from, to, rows),
        })
    });
    edges.collect()
}

fn discrete_difference(counts: &NetworkCounts, from: usize, to: usize, rows: f64) -> f64 {
    let states = counts.levels()[to].len();
    let card = |node: usize| counts.levels()[node].len();
    let inner: usize =
        counts.dag().parents(to).iter().filter(|&p| p > from).map(card).product::<usize>() * states;
    let with = counts.family(to);
    let mut without = vec![0.0; with.len() / card(from).max(1)];
    for (block, counts) in with.chunks((inner * card(from)).max(1)).enumerate() {
        for (cell, count) in counts.iter().enumerate() {
            without[block * inner + cell % inner] += count;
        }
    }
    let log_likelihood = |counts: &[f64]| {
        let mut table = counts.to_vec();
        normalise(&mut table, states);
        log_likelihood_of(counts, &table)
    };
    let configurations = |cells: &[f64]| (cells.len() / states.max(1)) as f64;
    let parameters = (states.max(1) - 1) as f64 * (configurations(with) - configurations(&without));
    log_likelihood(&without) - log_likelihood(with) + 0.5 * parameters * rows.max(1.0).ln()
}

/// The strength of every arc of a linear-Gaussian network, by tail, then head. `O(k^3)` per arc into a node of `k` parents.
///
/// # Errors
/// When graph and moments disagree, a column held a value that is not finite, or a family has too few rows.
pub fn gaussian_arc_strength(dag: &Dag, moments: &Moments) -> Result<Vec<ArcStrength>, BayesError> {
    if moments.width() != dag.len() {
        return Err(BayesError::Width { what: "the moments", expected: dag.len(), got: moments.width() });
    }
    let test = PartialCorrelationTest::new(moments, CorrelationReference::StudentT)?;
    let mut session = test.session();
    dag.edges()
        .map(|(from, to)| {
            let others = other_parents(dag, from, to);
            require_finite(&moments.select(&[from, to]), dag.nodes().name(to))?;
            let (without, with) = (gaussian_bic(dag, moments, to, &others)?, {
                let parents: Vec<usize> = dag.parents(to).iter().collect();
                gaussian_bic(dag, moments, to, &parents)?
            });
            // A constant or collinear parent conditions on nothing.
            let family: Vec<usize> = others.iter().copied().chain([to]).collect();
            let idle = regress(&moments.select(&family)).left_out;
            let given: Vec<usize> =
                others.iter().enumerate().filter(|(i, _)| !idle.contains(i)).map(|(_, &v)| v).collect();
            let result = session.test(from, to, &given);
            let information =
                result.map(|r| -0.5 * (1.0 - r.statistic * r.statistic).max(f64::MIN_POSITIVE).ln());
            Ok(ArcStrength {
                from,
                to,
                mutual_information: information,
                test: result
                    .map(|r| TestResult { statistic: student_t(r.statistic, r.df.unwrap_or(0.0)), ..r }),
                score_difference: without - with,
            })
        })
        .collect()
}

/// Student's t of a partial correlation.
fn student_t(r: f64, df: f64) -> f64 {
    r * (df / ((1.0 - r) * (1.0 + r)).max(f64::MIN_POSITIVE)).sqrt()
}

/// BIC of a family with the unbiased variance, as bnlearn's `bic-g`. A residual that vanishes counts as one rounding step
/// of the response's own variance.
fn gaussian_bic(dag: &Dag, moments: &Moments, node: usize, parents: &[usize]) -> Result<f64, BayesError> {
    let family: Vec<usize> = parents.iter().copied().chain([node]).collect();
    let part = moments.select(&family);
    let fit = regress(&part);
    let own = part.comoments()[(parents.len(), parents.len())];
    let squares = fit.rss.max(f64::EPSILON * own).max(f64::MIN_POSITIVE);
    let fit = crate::regression::Regression { rss: squares, ..fit };
    let rows = part.weight();
    let family = crate::gaussian::linear_gaussian(&fit, rows, Variance::Unbiased).ok_or_else(|| {
        BayesError::Family {
            node: dag.nodes().name(node).to_owned(),
            message: format!(
                "{rows} rows cannot fit {} parents and a variance; add rows or remove parents",
                parents.len()
            ),
        }
    })?;
    Ok(gaussian_log_density(rows, squares, family.sd) - 0.5 * (parents.len() as f64 + 2.0) * rows.ln())
}

fn other_parents(dag: &Dag, from: usize, to: usize) -> Vec<usize> {
    dag.parents(to).iter().filter(|&parent| parent != from).collect()
}
