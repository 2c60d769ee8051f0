//! [`TransferEntropy`]: what the past of a series tells of another that the other's own past does not.
//!
//! Schreiber ("Measuring information transfer", Physical Review Letters 85, 2000): the mutual information of the effect and
//! the past of the cause given the past of the effect, and of further series for the conditional form. It is estimated on one
//! table of lagged columns by the estimators of mutual information this crate has.

use etiology_stats::Moments;

use crate::var::rows_with_past;
use crate::{GrangerError, NearestNeighbours, Reference, Series, Shuffle, Statistic, gaussian_information};

/// How the information is estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TransferEstimator {
    /// As if all were jointly Gaussian: half the log-likelihood ratio of the test of Granger, a row (Barnett, Barrett and Seth,
    /// Physical Review Letters 103, 2009), with its chi-squared p-value. Sees linear effects only.
    Gaussian,
    /// By nearest neighbours, with a p-value among shuffles. Sees effects of any form.
    Nearest(NearestNeighbours),
}

/// Transfer entropy between series, bivariate or given others.
///
/// # Options
/// - [`with_estimator`](Self::with_estimator): nearest neighbours, 5 of them.
/// - [`with_shuffle`](Self::with_shuffle): [`Shuffle::Local`] among 5 rows, which keeps the tie of the cause's past to what is given,
///   always the effect's past among it. [`Shuffle::Circular`] and [`Shuffle::Blocks`] keep the memory of the cause and break
///   that tie: for a cause the effect does not act on.
/// - [`with_resamples`](Self::with_resamples): 199.
/// - [`with_seed`](Self::with_seed): 0.
///
/// # Assumptions
/// Stationary series; the state of the effect is its last `lags` values. Rows with an unbroken past in the series looked at
/// are used.
///
/// # Complexity
/// That of [`NearestNeighbours`] in `lags` columns for each series, once for each resample; O(n m^2) for m columns if Gaussian.
///
/// # When not to use it
/// With few rows, many lags or many conditions: neighbours are then far, and nothing is found. For linear effects a test of
/// Granger is far stronger.
///
/// # Example
///
/// ```
/// use etiology_granger::{Nodes, Series, TransferEntropy};
///
/// // The square of one series drives another, which no correlation shows.
/// let noise = |t: i64, s: i64| ((t * t * s + 7 * t) % 101) as f64 / 50.0 - 1.0;
/// let a: Vec<f64> = (0..300).map(|t| noise(t, 3)).collect();
/// let b: Vec<f64> = (0..300).map(|t| 0.3 * noise(t, 5) + noise(t - 1, 3).powi(2)).collect();
/// let series = Series::new(Nodes::new(["a", "b"])?, vec![a, b])?;
/// let found = TransferEntropy::new(1).with_resamples(49)?.test(&series, 0, 1, &[])?;
/// assert!(found.entropy > 0.1 && found.test.p_value <= 0.02);
/// # Ok::<(), etiology_granger::GrangerError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TransferEntropy {
    lags: usize,
    estimator: Option<TransferEstimator>,
    shuffle: Shuffle,
    resamples: usize,
    seed: u64,
}

/// What [`TransferEntropy`] finds of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransferTest {
    /// The transfer entropy, in nats a row; by nearest neighbours it may fall below 0 where there is none.
    pub entropy: f64,
    /// Its test: the likelihood ratio `2 n` times the entropy if Gaussian, else the entropy among its resamples.
    pub test: Statistic,
    /// Rows used.
    pub rows: usize,
}

impl TransferEntropy {
    /// With the last `lags` values of every series.
    #[must_use]
    pub fn new(lags: usize) -> Self {
        Self { lags, estimator: None, shuffle: Shuffle::Local { neighbours: 5 }, resamples: 199, seed: 0 }
    }

    /// How the information is estimated.
    #[must_use]
    pub fn with_estimator(mut self, estimator: TransferEstimator) -> Self {
        self.estimator = Some(estimator);
        self
    }

    /// How the cause's past is exchanged among rows.
    #[must_use]
    pub fn with_shuffle(mut self, shuffle: Shuffle) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// How many shuffles.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for 0.
    pub fn with_resamples(mut self, resamples: usize) -> Result<Self, GrangerError> {
        if resamples == 0 {
            let expected = "at least 1";
            return Err(GrangerError::Parameter {
                parameter: "the number of resamples",
                value: 0.0,
                expected,
            });
        }
        self.resamples = resamples;
        Ok(self)
    }

    /// The seed of the shuffles.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// From `cause` to `effect`, given the past of the effect and of the series in `given`.
    ///
    /// # Errors
    /// [`GrangerError::Parameter`] for no lag; [`GrangerError::Unsuitable`] when the numbers are not those of different series, or
    /// the Gaussian estimate does not exist, with its reason; [`GrangerError::TooShort`] for too few rows with an unbroken past.
    pub fn test(
        &self,
        series: &Series,
        cause: usize,
        effect: usize,
        given: &[usize],
    ) -> Result<TransferTest, GrangerError> {
        if self.lags == 0 {
            let expected = "at least 1";
            return Err(GrangerError::Parameter { parameter: "the number of lags", value: 0.0, expected });
        }
        let used: Vec<usize> = [effect, cause].iter().chain(given).copied().collect();
        let part = series.select(&used);
        if part.width() != used.len() {
            let message = format!(
                "cause, effect and conditions must be different series, by numbers below {}",
                series.width()
            );
            return Err(GrangerError::Unsuitable { message });
        }
        let rows = rows_with_past(&part, self.lags);
        let needed = used.len() * self.lags + 4;
        if rows.len() < needed {
            return Err(GrangerError::TooShort { model: "transfer entropy", needed, got: rows.len() });
        }
        let past = |number: usize, lag: usize| -> Vec<f64> {
            rows.iter().map(|&row| part.column(number)[row - lag]).collect()
        };
        let lagged = |number: usize| (1..=self.lags).map(move |lag| past(number, lag));
        let now = [past(0, 0)];
        let cause: Vec<Vec<f64>> = lagged(1).collect();
        let conditions: Vec<Vec<f64>> = lagged(0).chain((2..part.width()).flat_map(lagged)).collect();
        let (entropy, test) = match self.estimator {
            Some(TransferEstimator::Gaussian) => self.gaussian(&now[0], &cause, &conditions)?,
            Some(TransferEstimator::Nearest(nearest)) => self.nearest(nearest, &now, &cause, &conditions)?,
            None => self.nearest(NearestNeighbours::new(5)?, &now, &cause, &conditions)?,
        };
        Ok(TransferTest { entropy, test, rows: rows.len() })
    }

    fn gaussian(
        &self,
        now: &[f64],
        cause: &[Vec<f64>],
        conditions: &[Vec<f64>],
    ) -> Result<(f64, Statistic), GrangerError> {
        let columns: Vec<&[f64]> =
            [now].into_iter().chain(cause.iter().chain(conditions).map(Vec::as_slice)).collect();
        let numbers: Vec<usize> = (0..columns.len()).collect();
        let (x, z) = numbers[1..].split_at(cause.len());
        let unsuitable = |message: String| GrangerError::Unsuitable { message };
        let entropy = gaussian_information(&Moments::from_columns(&columns)?, &[0], x, z).map_err(|why| {
            unsuitable(format!("{why} (column 0 is the effect, then the cause's past, then the rest)"))
        })?;
        let reference = Reference::ChiSquared { df: cause.len() as f64 };
        let test = Statistic::new(2.0 * now.len() as f64 * entropy, reference)
            .ok_or_else(|| unsuitable("the likelihood ratio is not finite".to_owned()))?;
        Ok((entropy, test))
    }

    fn nearest(
        &self,
        nearest: NearestNeighbours,
        now: &[Vec<f64>],
        cause: &[Vec<f64>],
        conditions: &[Vec<f64>],
    ) -> Result<(f64, Statistic), GrangerError> {
        let test = nearest.test((cause, now), conditions, self.shuffle, self.resamples, self.seed)?;
        Ok((test.value, test))
    }
}
