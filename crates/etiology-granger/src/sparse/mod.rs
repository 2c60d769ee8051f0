//! Granger causality among many series by penalised regression.
//!
//! Each series is regressed on the past of all by the lasso (Arnold, Liu and Abe, "Temporal causal modeling with graphical
//! Granger methods", KDD 2007) or the group lasso, a group being all lags of one series (Lozano, Abe, Liu and Rosset,
//! Bioinformatics 25, 2009); what keeps a coefficient is a cause. The regressions read one matrix of lagged moments, so more
//! regressors than rows are no obstacle.

mod choice;
mod descent;

use etiology_graph::{Lag, LaggedEdge, LaggedGraph, Nodes};
use etiology_stats::LaggedMoments;
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::{GrangerError, Series};
use choice::{Equation, fold_problems};
pub(crate) use descent::Problem;

/// What is penalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SparsePenalty {
    /// The absolute value of each coefficient: single lags.
    Lasso,
    /// The length of each series' vector of coefficients, times the root of their number: all lags of a series or none.
    Group,
}

/// How the weight of the penalty is chosen, for each effect by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PenaltyChoice {
    /// This weight for every effect, in units of standardised series (0 for none; no coefficient survives 1).
    Fixed(f64),
    /// The least `n log(rss / n) + d log n + 2 gamma d log m` for d coefficients of m (Chen and Chen, "Extended Bayesian
    /// information criteria", Biometrika 95, 2008); gamma 0 is BIC.
    ExtendedBic {
        /// 0 to 1; 1 for many more series than rows.
        gamma: f64,
    },
    /// The least squared error ahead: each of `folds` blocks of rows is predicted, by the penalised fit, from the rows before
    /// it. Best for prediction; keeps more than the criterion does (Meinshausen and Buehlmann, Annals of Statistics 34, 2006,
    /// proposition 1).
    CrossValidation {
        /// At least 1.
        folds: usize,
    },
}

/// Lasso and group-lasso Granger causality.
///
/// # Options
/// - [`with_penalty`](Self::with_penalty): [`SparsePenalty::Lasso`].
/// - [`with_choice`](Self::with_choice): extended BIC with gamma .5, consistent where series are many (Chen and Chen 2008).
/// - [`with_refit`](Self::with_refit): true: the series kept are fitted again without the penalty, for the criterion and the
///   coefficients (the relaxed lasso at its end point; Meinshausen, CSDA 52, 2007), as the lasso's own are too small.
/// - [`with_path`](Self::with_path): 60 weights from the largest useful one down to 1/1000 of it (1/50 with more coefficients
///   than rows).
///
/// # Assumptions
/// Linear effects, stationary series, few causes an effect, and causes not too correlated with what is no cause (the
/// irrepresentable condition; for autoregressions Basu and Michailidis, Annals of Statistics 43, 2015). Rows in which every series
/// has an unbroken past are used.
///
/// # Complexity
/// O(n k^2 L) for the moments of k series and L lags; then for each effect, in parallel, O(k L) for each step of coordinate
/// descent. The result is the same on any number of threads.
///
/// # When not to use it
/// For p-values, or with few series and many rows, where tests given all others ([`GrangerScan`](crate::GrangerScan)) hold a level.
/// Of two series that say the same it keeps one, without preference.
///
/// # Example
///
/// ```
/// use etiology_granger::{Lag, Nodes, Series, SparseGranger};
///
/// let noise = |t: i64, s: i64| ((t * t * s + 7 * t) % 101) as f64 - 50.0;
/// let a: Vec<f64> = (0..300).map(|t| noise(t, 3)).collect();
/// let b: Vec<f64> = (0..300).map(|t| noise(t, 5) + 0.9 * noise(t - 2, 3)).collect();
/// let series = Series::new(Nodes::new(["a", "b"])?, vec![a, b])?;
/// let model = SparseGranger::new(2).fit(&series)?;
/// assert!(model.graph.has(0, 1, Lag::new(2)));
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SparseGranger {
    max_lag: usize,
    penalty: SparsePenalty,
    choice: PenaltyChoice,
    refit: bool,
    path: usize,
}

/// What [`SparseGranger`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseModel {
    /// An edge for each coefficient that is not 0, with it as strength; also from series to themselves.
    pub graph: LaggedGraph,
    /// One column an effect; row `(lag - 1) * k + cause`; in the units of the data.
    pub coefficients: DMatrix<f64>,
    /// The weight chosen for each effect, in units of standardised series; NaN never, 0 for an effect that is constant.
    pub penalties: Vec<f64>,
    /// Rows used.
    pub rows: u64,
    /// Series that are constant or not finite on those rows, and so neither cause nor effect.
    pub left_out: Vec<usize>,
}

impl SparseGranger {
    /// With lags 1 to `max_lag`.
    #[must_use]
    pub fn new(max_lag: usize) -> Self {
        Self {
            max_lag,
            penalty: SparsePenalty::Lasso,
            choice: PenaltyChoice::ExtendedBic { gamma: 0.5 },
            refit: true,
            path: 60,
        }
    }

    /// What is penalised.
    #[must_use]
    pub fn with_penalty(mut self, penalty: SparsePenalty) -> Self {
        self.penalty = penalty;
        self
    }

    /// How the weight is chosen.
    #[must_use]
    pub fn with_choice(mut self, choice: PenaltyChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Whether what is kept is fitted again without the penalty.
    #[must_use]
    pub fn with_refit(mut self, refit: bool) -> Self {
        self.refit = refit;
        self
    }

    /// How many weights are tried.
    #[must_use]
    pub fn with_path(mut self, path: usize) -> Self {
        self.path = path;
        self
    }

    /// Fits every series.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for no lag, an empty path, or a choice outside its range; [`GrangerError::TooShort`] for fewer
    /// than 4 rows with an unbroken past, in any fold.
    pub fn fit(&self, series: &Series) -> Result<SparseModel, GrangerError> {
        self.check()?;
        let whole = Whole::new(&series.moments(self.max_lag)?, self.max_lag)?;
        let folds = match self.choice {
            PenaltyChoice::CrossValidation { folds } => {
                fold_problems(series, self.max_lag, folds, &whole.scales)?
            }
            _ => Vec::new(),
        };
        self.solve(&whole, &folds, series.nodes())
    }

    /// Fits moments; not by cross-validation, which needs rows.
    ///
    /// # Errors
    /// As [`SparseGranger::fit`]; [`GrangerError::Unsuitable`] for cross-validation.
    pub fn fit_moments(&self, moments: &LaggedMoments, nodes: &Nodes) -> Result<SparseModel, GrangerError> {
        self.check()?;
        if matches!(self.choice, PenaltyChoice::CrossValidation { .. }) || nodes.len() != moments.width() {
            let message =
                "moments need one name a series and a choice of penalty other than cross-validation"
                    .to_owned();
            return Err(GrangerError::Unsuitable { message });
        }
        self.solve(&Whole::new(moments, self.max_lag)?, &[], nodes)
    }

    fn check(&self) -> Result<(), GrangerError> {
        let parameter =
            |parameter, value, expected| Err(GrangerError::Parameter { parameter, value, expected });
        if self.max_lag == 0 {
            return parameter("the maximum lag", 0.0, "at least 1");
        }
        if self.path == 0 {
            return parameter("the number of penalty weights", 0.0, "at least 1");
        }
        match self.choice {
            PenaltyChoice::Fixed(weight) if !weight.is_finite() || weight < 0.0 => {
                parameter("the penalty weight", weight, "finite and not negative")
            }
            PenaltyChoice::ExtendedBic { gamma } if !(0.0..=1.0).contains(&gamma) => {
                parameter("gamma of the extended BIC", gamma, "from 0 to 1")
            }
            PenaltyChoice::CrossValidation { folds: 0 } => {
                parameter("the number of folds", 0.0, "at least 1")
            }
            _ => Ok(()),
        }
    }

    fn solve(
        &self,
        whole: &Whole,
        folds: &[(Problem, Problem)],
        nodes: &Nodes,
    ) -> Result<SparseModel, GrangerError> {
        let k = whole.width;
        let size = k * self.max_lag;
        let solved: Vec<(f64, Vec<f64>)> = (0..k)
            .into_par_iter()
            .map(|effect| {
                if whole.scales[effect] == 0.0 {
                    return (0.0, vec![0.0; size]);
                }
                Equation { sparse: self, problem: &whole.problem, folds, effect }.solve()
            })
            .collect();
        let coefficients = DMatrix::from_fn(size, k, |row, effect| {
            let cause = whole.scales[row % k];
            if cause > 0.0 { solved[effect].1[row] * whole.scales[effect] / cause } else { 0.0 }
        });
        let edges =
            (0..k).flat_map(|effect| (0..size).map(move |row| (row, effect))).filter_map(|(row, effect)| {
                let strength = coefficients[(row, effect)];
                let edge = LaggedEdge::directed(row % k, effect, Lag::new(row / k + 1));
                (strength != 0.0).then_some(LaggedEdge { strength: Some(strength), ..edge })
            });
        Ok(SparseModel {
            graph: LaggedGraph::new(nodes.clone(), Lag::new(self.max_lag), edges.collect::<Vec<_>>())?,
            penalties: solved.iter().map(|(weight, _)| *weight).collect(),
            rows: whole.problem.rows,
            left_out: (0..k).filter(|&s| whole.scales[s] == 0.0).collect(),
            coefficients,
        })
    }
}

/// All rows, standardised.
struct Whole {
    width: usize,
    /// Standard deviation of each series; 0 where it cannot be used.
    scales: Vec<f64>,
    problem: Problem,
}

impl Whole {
    fn new(moments: &LaggedMoments, max_lag: usize) -> Result<Self, GrangerError> {
        let width = moments.width();
        let rows = moments.rows(max_lag);
        if rows < 4 {
            let got = usize::try_from(rows).unwrap_or(0);
            return Err(GrangerError::TooShort { model: "a sparse regression on the past", needed: 4, got });
        }
        let all = moments.at(max_lag)?;
        let degenerate = all.degenerate();
        let mut scales: Vec<f64> =
            (0..width).map(|s| (all.comoments()[(s, s)] / all.weight()).sqrt()).collect();
        for column in degenerate {
            scales[column % width] = 0.0;
        }
        let problem = Problem::new(&all, width, &scales);
        Ok(Self { width, scales, problem })
    }
}
